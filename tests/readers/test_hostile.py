"""Broken and hostile files: turns with a warning that names the place, or one clear error. Never a crash."""

import io
import json
import os
import zipfile

import pytest
from analyzer.errors import InputError
from analyzer.readers import READERS, read_all, read_bytes, readable
from analyzer.readers import source as limits
from analyzer.readers.source import Reading
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.test_documents import opendocument, portable
from tests.readers.test_research import EAF, LONG, SALT, SHORT
from tests.readers.test_text import STREAM, TEAMS

TALK = "Dana: Tell me about it.\nSam: It rained.\nDana: All day.\nSam: Yes.\n"
VTT = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nDana: Hello.\n\n2\n00:00:02.000 --> 00:00:03.000\nSam: Hi.\n"


def refused(data, name, why=""):
    with pytest.raises(InputError) as caught:
        read_bytes(data, name)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def archive(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def test_zip_bombs(monkeypatch):
    monkeypatch.setattr(limits, "LARGEST_UNPACKED", 2_000_000)
    monkeypatch.setattr("analyzer.readers.archives.LARGEST_UNPACKED", 2_000_000)
    for name, part in (("a.docx", "word__document_xml"), ("a.xlsx", "xl__workbook_xml"), ("a.odt", "content_xml")):
        refused(archive(**{part: b"<a/>", "rest": bytes(3_000_000)}), name, "--max-size")


def test_a_zip_that_lies_about_its_size():
    data = bytearray(archive(word__document_xml=b"<a>" + b"x" * 500_000))
    size = (500_003).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (7).to_bytes(4, "little")
    refused(bytes(data), "a.docx", "damaged")


BILLION = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
FILE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("head", [BILLION, FILE])
def test_entities_are_never_resolved(head):
    refused(archive(content_xml=head + "<x>&a;</x>", META_INF="", **{"META-INF__manifest_xml": ""}), "a.odt", "damaged")
    refused(EAF.replace("<ANNOTATION_DOCUMENT", head + "<ANNOTATION_DOCUMENT", 1).encode(), "a.eaf")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"segments":' * 50_000,
        '{"segments": [' + "[" * 50_000,
        '{"segments": [{"text": 3}, null, "x"]}',
        '{"segments": [{"text": "Hi", "start": NaN, "end": Infinity}]}',
        '{"results": {"utterances": [{"transcript": ["x"], "speaker": {}}]}}',
        '{"format": "session/1", "turns": [{"text": "x", "start": NaN}]}',
        '{"format": "session/1", "turns": {"a": 1}}',
        '{"format": "session/1", "turns": [{"text": 3}]}',
        '{"text": 3, "media": "a"}',
        '{"recognizedPhrases": [{"nBest": 3}], "source": "x"}',
    ],
)
def test_json_of_any_shape(text):
    try:
        sessions = read_bytes(text.encode(), "a.json")
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(turn.start is None or 0 <= turn.start < 1e7 for s in sessions for turn in s.turns)


def test_long_lines_and_cells():
    long = "word " * 200_000
    (session,) = read_bytes(f"Dana: {long}\nSam: Hi.\nDana: So.\n".encode(), "a.txt")
    assert len(session.turns[0].text.split()) == 200_000
    (session,) = read_bytes(f'speaker,text\nDana,"{long}"\nSam,Hi.\n'.encode(), "a.csv")
    assert len(session.turns[0].text.split()) == 200_000


def test_limits_are_said_and_can_be_raised(monkeypatch):
    monkeypatch.setattr(limits, "LARGEST", 1000)
    refused(TALK.encode() * 20, "a.txt", "--max-size")
    assert read_bytes(TALK.encode() * 20, "a.txt", reading=Reading(size=10))
    monkeypatch.setattr(limits, "LARGEST", 1_000_000)
    monkeypatch.setattr(limits, "MOST_ROWS", 50)
    refused(TALK.encode() * 20, "a.txt", "more than 50")
    refused(("speaker,text\n" + "Dana,x\n" * 60).encode(), "a.csv", "more than 50")


def test_rows_of_any_length_and_unclosed_quotes():
    (session,) = read_bytes(b'speaker,text,time\nDana,Hello.\n\nSam\nSam,Hi.,0:04,more\nDana,"So. ', "a.csv")
    assert [turn.text for turn in session.turns] == ["Hello.", "Hi.", "So."]
    assert any("row" in notice.where for notice in session.notices)


@pytest.mark.parametrize(
    "times",
    [
        ("00:00:05.000", "00:00:02.000"),
        ("99:59:59.000", "100:00:00.000"),
        ("00:00:xx.000", "00:00:02.000"),
        ("-00:00:01.000", "00:00:02.000"),
    ],
)
def test_times_of_any_kind(times):
    text = VTT.replace("00:00:01.000 --> 00:00:02.000", " --> ".join(times))
    (session,) = read_bytes(text.encode(), "a.vtt")
    assert [turn.text for turn in session.turns] == ["Hello.", "Hi."]


def test_direction_marks_and_controls_never_reach_a_turn():
    text = "Dana\u202e: Hel\u200blo \x07there.\nSam: H\u2066i.\nDana\u202e: So.\nSam: Ok.\n"
    (session,) = read_bytes(text.encode(), "a.txt")
    assert [(t.speaker, t.text) for t in session.turns[:2]] == [("Dana", "Hello there."), ("Sam", "Hi.")]


@pytest.mark.parametrize(
    "line",
    ["a:" * 20_000, "[" * 20_000, "(" * 20_000 + "laughs", "<v " * 9_000, "- " * 20_000, "A" * 60_000, "[00:" * 9_000,
     "**a" * 9_000, "{\\" * 9_000, "&#" * 9_000, "T1--" * 9_000, "0:0" * 9_000, " \t" * 20_000 + "x"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.txt", "a.vtt", "a.srt", "a.md", "a.html", "a.cha", "a.slt", "a.rtf"])
def test_patterns_that_a_careless_regex_would_die_of(line, name):
    heads = {"a.vtt": VTT, "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n", "a.cha": "@UTF8\n@Begin\n*DAN:\thi .\n*DAN:\t",
             "a.html": "<p>", "a.slt": SALT + "E ", "a.rtf": "{\\rtf1 "}  # fmt: skip
    try:
        read_bytes((heads.get(name, TALK) + line + "\n" + TALK).encode(), name)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.srt", b"1\nW0:00:01,00 0--> 00:00:02,000\nDan.\n\n2\n00:00:02,000 --> 00:00:03,000\nSam: From 0:00:01.5 to 0:00:02.5, hi.\n"),
        ("a.eaf", EAF.replace("UTF-8", "UTF-9").encode()),
        ("a.TextGrid", LONG.replace("xmin = 7", "xmin = seven").encode()),
        ("a.TextGrid", LONG.replace("xmin = 7", "xmin = nan").encode()),
        ("a.pdf", portable([["Dana: Hello.", "Sam: Hi."]]).replace(b"/FlateDecode", b"/FlateDecoDe")),
    ],
)  # fmt: skip
def test_what_fuzzing_found(name, data):
    try:
        read_bytes(data, name)
    except InputError as error:
        assert "\n" not in str(error)


def test_times_in_speech_stay_speech():
    text = "1\n00:00:01,000 --> 00:00:02,000\nDana: From 00:00:01,500 to 00:00:02,500?\n\n2\n00:00:02,000 --> 00:00:03,000\nSam: Hi.\n"
    (session,) = read_bytes(text.encode(), "a.srt")
    assert [turn.text for turn in session.turns] == ["From 00:00:01,500 to 00:00:02,500?", "Hi."]


def test_a_thousand_speakers():
    text = "".join(f"Speaker {n}: Hello there.\n" for n in range(1000))
    (session,) = read_bytes(text.encode(), "a.txt")
    assert len({turn.speaker for turn in session.turns}) == 1000


@pytest.mark.parametrize("name", ["line\nend.txt", "quo'te\".txt", "-o.txt", "sp ace.txt"])
def test_file_names(tmp_path, name):
    path = tmp_path / name
    path.write_text(TALK)
    assert readable(path)
    assert len(read_all(path)[0].turns) == 4


def test_a_file_name_that_is_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe.txt"
    with open(path, "w") as file:  # noqa: PTH123 - a name in bytes
        file.write(TALK)
    assert len(read_all(os.fsdecode(path))[0].turns) == 4


def test_a_symlink_loop_is_told(tmp_path):
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    with pytest.raises(InputError, match="cannot be read"):
        read_all(tmp_path / "a.txt")


SEEDS = {
    "a.txt": TALK.encode(),
    "a.vtt": VTT.encode(),
    "a.srt": b"1\n00:00:01,000 --> 00:00:02,000\nDana: Hello.\n\n2\n00:00:02,000 --> 00:00:03,000\nSam: Hi.\n",
    "a.csv": b"speaker,start,text\nDana,0:01,Hello.\nSam,0:02,Hi.\n",
    "a.json": json.dumps({"segments": [{"start": 0, "end": 1.5, "text": " Hello.", "speaker": "A"}]}).encode(),
    "a.cha": b"@UTF8\n@Begin\n@Participants:\tTHE Dana Therapist, CHI Sam Target_Child\n*THE:\thello . \x150_900\x15\n*CHI:\thi <I I> [/] you .\n@End\n",
    "a.slt": SALT.encode(),
    "a.TextGrid": LONG.encode(),
    "b.TextGrid": SHORT.encode("utf-16"),
    "a.eaf": EAF.encode(),
    "a.html": b"<table><tr><td>Dana</td><td>Hello.</td></tr><tr><td>Sam</td><td>Hi.</td></tr></table>",
    "a.md": b"**Dana:** Hello.\n\n**Sam:** Hi.\n",
    "a.rtf": rb"{\rtf1\ansi {\b Dana:} Hello.\par Sam: Hi \u8217?\par}",
    "a.docx": TEAMS,
    "b.docx": STREAM,
    "a.odt": opendocument(("Dana", "Hello."), ("Sam", "Hi.")),
    "a.pdf": portable([["Dana: Hello.", "Sam: Hi."]]),
    "a.otr": b'{"text": "<p>Dana: Hello.<br />Sam: Hi.</p>", "media": "a.mp3"}',
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDS)
def test_every_cut_of_a_file_ends_well(name):
    data = SEEDS[name]
    read_bytes(data, name)
    for cut in range(1, len(data), max(1, len(data) // 25)):
        try:
            read_bytes(data[:cut], name)
        except InputError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_mutations_end_well(name, data):
    changed = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
        if not changed:
            return
    try:
        sessions = read_bytes(bytes(changed), name)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(turn.text == " ".join(turn.text.split()) for s in sessions for turn in s.turns)


def test_every_reader_has_a_seed():
    read = {name.partition(".")[2].lower() for name in SEEDS}
    wanted = {reader.suffixes[0].lstrip(".") for reader in READERS} - {"xlsx"}
    assert wanted <= read | {"json"}


@pytest.mark.parametrize("name", ["s", "s.txt", "s.xls", "s.xlsx"])
def test_an_old_or_locked_office_document_is_named_as_such(name):
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
    with pytest.raises(InputError, match="old Office document or locked by a password"):
        read_bytes(data, name)


def test_zeros_are_no_utf16():
    with pytest.raises(InputError, match="binary"):
        read_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500), "s.csv")


def test_a_file_name_that_is_no_utf8_makes_an_id_that_is():
    (session,) = read_bytes(b"Dana: Hello.\nSam: Hi.\n", os.fsdecode(b"caf\xe9.txt"))
    assert session.id == "caf?"
