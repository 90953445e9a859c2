"""Plain text and Word documents in the layouts that people and services write."""

import io

import docx
import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes


def read(text, name="s.txt"):
    (session,) = read_bytes(text.encode(), name)
    return session


def turns(text, name="s.txt"):
    return [(turn.speaker, turn.text) for turn in read(text, name).turns]


WANTED = [("Dana", "Tell me about it."), ("Sam", "It rained. All day."), ("Dana", "All day.")]
LAYOUTS = {
    "one a line": "Dana: Tell me about it.\nSam: It rained. All day.\nDana: All day.\n",
    "abutting": "Dana:Tell me about it.\nSam:It rained. All day.\nDana:All day.\n",
    "wrapped": "Dana: Tell me\nabout it.\n\nSam: It rained.\nAll day.\n\nDana: All day.\n",
    "timed in front": "[00:00:01] Dana: Tell me about it.\n[00:00:04] Sam: It rained. All day.\n[00:00:09] Dana: All day.\n",
    "times within": "Dana: Tell me [00:00:02] about it.\nSam: It rained. (sighs) All day.\nDana: [crosstalk] All day.\n",
    "heading and time": "Dana  0:01  \nTell me about it.\n\nSam  0:04  \nIt rained. All day.\n\nDana  1:00:09  \nAll day.\n\n"
    "Transcribed by https://otter.ai\n",
    "heading in brackets": "Dana (00:01):\nTell me about it.\n\nSam (00:04):\nIt rained. All day.\n\nDana (00:09):\nAll day.\n",
    "saved captions": "[Dana] 10:02:15\nTell me about it.\n\n[Sam] 10:02:19\nIt rained. All day.\n\n[Dana] 10:02:30\nAll day.\n",
    "with a head": "Session 12: the rainy one\nDate: 3 May\n\nDana: Tell me about it.\nSam: It rained. All day.\nDana: All day.\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    assert turns(LAYOUTS[layout]) == WANTED


def test_times_are_kept_and_the_time_of_day_starts_at_nothing():
    assert [t.start for t in read(LAYOUTS["timed in front"]).turns] == [1.0, 4.0, 9.0]
    assert [t.start for t in read(LAYOUTS["saved captions"]).turns] == [0.0, 4.0, 15.0]


def test_what_stands_before_the_first_speaker_is_left_out_and_counted():
    session = read("A long afternoon\nin the clinic\n\nDana: Hello.\nSam: Hi.\nDana: Sit where you like.\n")
    assert [t.text for t in session.turns] == ["Hello.", "Hi.", "Sit where you like."]
    assert [(n.where, n.text) for n in session.notices] == [
        ("line 1", "text before the first speaker was left out (2 times, here first)")
    ]


def test_a_colon_in_speech_makes_no_speaker():
    text = "Dana: The plan is this: we count.\nSam: My rule: never.\nDana: Remember: slow.\nSam: Fine.\n"
    assert [speaker for speaker, _ in turns(text)] == ["Dana", "Sam", "Dana", "Sam"]


def document(*paragraphs):
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


TEAMS = document(
    "Speech session-20260503\n3 May 2026, 10:00AM\n12m 3s",
    "Dana started transcription",
    "Dana   0:03\nTell me about it.",
    "Sam   0:09\nIt rained.",
    "Sam   0:12\nAll day.",
    "Dana   1:00:15\nAll day.",
    "Dana stopped transcription",
)
STREAM = document(
    *("00:00:03.000 --> 00:00:07.000", "Dana", "Tell me about it."),
    *("00:00:08.000 --> 00:00:11.000", "Sam", "It rained. All day."),
    *("00:00:12.000 --> 00:00:13.000", "Dana", "All day."),
)


@pytest.mark.parametrize("data", [TEAMS, STREAM], ids=["new", "old"])
def test_word_documents_of_video_platforms(data):
    (session,) = read_bytes(data, "s.docx")
    assert [(t.speaker, t.text) for t in session.turns] == WANTED
    assert session.turns[0].start == 3.0
    if data is STREAM:
        assert [turn.end for turn in session.turns] == [7.0, 11.0, 13.0]


def test_a_table_in_a_word_document():
    made = docx.Document()
    table = made.add_table(rows=0, cols=2)
    for speaker, words in WANTED:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = speaker, words
    out = io.BytesIO()
    made.save(out)
    (session,) = read_bytes(out.getvalue(), "s.docx")
    assert [(t.speaker, t.text) for t in session.turns] == WANTED


def test_a_document_that_unpacks_to_gigabytes_is_refused(monkeypatch):
    monkeypatch.setattr("analyzer.readers.archives.LARGEST_UNPACKED", 1000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read_bytes(TEAMS, "s.docx")


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"", "a.txt", "a.txt: is empty"),
        (b" \n\n", "a.vtt", "a.vtt: is empty"),
        (bytes(range(256)) * 20, "a.txt", "a.txt: is a binary file"),
        (b"PK\x03\x04rubbish", "a.docx", "a.docx: the document is damaged"),
        (TEAMS[: len(TEAMS) // 2], "a.docx", "a.docx: the document is damaged"),
        (b"PK\x03\x04rubbish", "a.zip", "a.zip: is an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx", "old .doc or is locked"),
        (b'{"a": 1,\n "b": }', "a.json", "a.json: line 2, column 7: not JSON"),
        (b'{"results": []}', "a.json", "a.json: is JSON of a kind"),
        (b"[" * 100_000, "a.json", "a.json: "),
        (b'{"segments": 3}', "a.json", '"segments" is not a list'),
        (b'{"format": "session/2", "turns": []}', "a.json", "a.json"),
    ],
)
def test_bad_input_gets_one_clear_line(data, name, why):
    with pytest.raises(InputError) as caught:
        read_bytes(data, name)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(encoding):
    text = "Zoë: I’m “fine” – really, it’s only the café that is très cher.\nSam: Naïve, I’d say.\n" * 4
    (session,) = read_bytes(text.encode(encoding), "s.txt")
    assert (session.turns[0].speaker, session.turns[1].text) == ("Zoë", "Naïve, I’d say.")
    assert bool(session.notices) == (encoding in ("utf-16-le", "cp1252"))


def bold_document(*paragraphs):
    made = docx.Document()
    for bold, rest in paragraphs:
        paragraph = made.add_paragraph()
        paragraph.add_run(bold).bold = True
        paragraph.add_run(rest)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_bold_names_with_a_time_behind_them_as_teams_writes_them():
    data = bold_document(
        ("Ruiz, Dana (Clinic)", " started transcription"),
        ("Ruiz, Dana (Clinic)", "   0:03\nTell me about it: all."),
        ("Sam", "   0:12\nIt rained. At 10:30 it stopped."),
        ("Ruiz, Dana (Clinic)", "   1:00:05\nAll day."),
        ("Ruiz, Dana (Clinic)", " stopped transcription"),
    )
    (session,) = read_bytes(data, "s.docx")
    assert [(turn.speaker, turn.start, turn.text) for turn in session.turns] == [
        ("Ruiz, Dana (Clinic)", 3.0, "Tell me about it: all."),
        ("Sam", 12.0, "It rained. At 10:30 it stopped."),
        ("Ruiz, Dana (Clinic)", 3605.0, "All day."),
    ]


def test_a_time_between_the_name_and_the_words_below():
    session = read("Speaker 1: (00:05)\nTell me.\n\nSpeaker 2: (00:07)\nIt rained.\n\nSpeaker 1: (00:11)\nAll day.\n")
    assert [(turn.speaker, turn.start) for turn in session.turns] == [
        ("Speaker 1", 5.0),
        ("Speaker 2", 7.0),
        ("Speaker 1", 11.0),
    ]


def test_saved_captions_keep_their_times_when_paragraphs_follow():
    session = read(
        "[Dana R.] 10:02:15\nTell me.\n\n[Sam Poe] 10:02:19\nIt rained.\nAll day: yes.\n\n[Dana R.] 10:02:30\nOh.\n"
    )
    assert [(turn.speaker, turn.start) for turn in session.turns] == [
        ("Dana R.", 0.0),
        ("Sam Poe", 4.0),
        ("Dana R.", 15.0),
    ]


def test_a_stage_direction_before_a_mark_takes_its_blank_along():
    assert turns("Dana: Well (laughs). Go on (pause), please.\nSam: (sighs) No. [crying]\n") == [
        ("Dana", "Well. Go on, please."),
        ("Sam", "No."),
    ]


def test_many_lines_of_one_paragraph_are_joined_once():
    text = "red or blue\n" * 20_000 + "\nyes\n"
    assert [len(turn.text) for turn in read(text).turns] == [20_000 * 12 - 1, 3]


def test_links_insertions_and_content_controls_are_read_and_deletions_are_not():
    import zipfile

    made = bold_document(("Dana:", " Tell me about it."), ("Sam:", " It rained. All day."), ("Dana:", " All day."))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as before, zipfile.ZipFile(out, "w") as after:
        for item in before.namelist():
            data = before.read(item)
            if item == "word/document.xml":
                text = data.decode()
                text = text.replace(
                    '<w:t xml:space="preserve"> It rained. All day.</w:t></w:r>',
                    '<w:t xml:space="preserve"> It </w:t></w:r><w:del w:id="1" w:author="x"><w:r><w:delText>snowed</w:delText></w:r></w:del>'
                    '<w:ins w:id="2" w:author="x"><w:r><w:t>rained. </w:t></w:r></w:ins><w:hyperlink><w:r><w:t>All day.</w:t></w:r></w:hyperlink>',
                )
                last = text.rindex("<w:p>")
                end = text.index("</w:p>", last) + len("</w:p>")
                text = f"{text[:last]}<w:sdt><w:sdtContent>{text[last:end]}</w:sdtContent></w:sdt>{text[end:]}"
                assert "<w:ins" in text
                data = text.encode()
            after.writestr(item, data)
    (session,) = read_bytes(out.getvalue(), "s.docx")
    assert [(turn.speaker, turn.text) for turn in session.turns] == WANTED
