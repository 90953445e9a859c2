"""Tables, JSON of recognisers, session JSON, and our own reports read back."""

import datetime
import io
import json

import openpyxl
import pytest
from analyzer.errors import InputError
from analyzer.readers import pick, read_bytes
from analyzer.readers.cells import protect, restore
from analyzer.reports.table import render_csv, render_xlsx
from analyzer.session import session_to_json
from hypothesis import given
from hypothesis import strategies as st


def turns(data, name):
    (session,) = read_bytes(data if isinstance(data, bytes) else data.encode(), name)
    return [(t.speaker, t.text, t.start, t.end) for t in session.turns]


WANTED = [("Dana", 'You said "never", once.', 1.0, 2.5), ("Sam", "Did I?", 3.0, 4.0)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", 'speaker,start,end,text\nDana,1,2.5,"You said ""never"", once."\nSam,3,4,Did I?\n'),
        ("b.csv", 'Exported by X\n\nStart;End;Name;Words\n1,0;2,5;Dana;"You said ""never"", once."\n3;4;Sam;Did I?\n'),
        (
            "c.txt",
            'Speaker\tBegin\tEnd\tUtterance\nDana\t00:01\t0:02.5\t"You said ""never"",\n once."\nSam\t3\t4\tDid I?\n',
        ),
        ("d.tsv", 'start\tend\tspeaker\ttext\n1\t2.5\tDana\t"You said ""never"", once."\n3\t4\tSam\t[laughs] Did I?\n'),
    ],
)
def test_columns_have_many_names(name, data):
    assert turns(data, name) == WANTED
    assert turns(data.encode("utf-16"), name) == WANTED


def test_several_transcripts_in_one_file_are_picked_by_id():
    rows = "".join(
        f"{i},{who},{words}\n" for i in (7, 9) for who, words in (("therapist", "Hello."), ("client", "Hi."))
    )
    sessions = read_bytes(f"transcript_id,interlocutor,utterance_text\n{rows}".encode(), "many.csv")
    assert [s.id for s in sessions] == ["7", "9"]
    assert pick(sessions, "9", "many.csv").turns[0].text == "Hello."
    with pytest.raises(InputError, match="holds 2 sessions; choose one with --session ID: 7, 9"):
        pick(sessions, None, "many.csv")
    with pytest.raises(InputError, match="has no session 8; it has: 7, 9"):
        pick(sessions, "8", "many.csv")


def test_a_row_without_words_and_a_time_that_is_none_are_told():
    (session,) = read_bytes(b"speaker,start,text\nDana,soon,One.\nSam,2,\nDana,3,Two.\nSam,4,Three.\n", "a.csv")
    assert [n.where for n in session.notices] == ["row 2", "row 3"]
    assert session.turns[0].text == "One. Two."


def test_whisper_segments_join_and_a_missing_speaker_goes_on():
    segments = [
        {"start": 0.0, "end": 1.2, "text": " Show me.", "speaker": "SPEAKER_00"},
        {"start": 1.3, "end": 2.0, "text": " Seven."},
        {"start": 2.1, "end": 3.0, "text": " Here.", "speaker": "SPEAKER_01"},
        {"start": "x", "text": None},
    ]
    (session,) = read_bytes(json.dumps({"segments": segments, "text": "..."}).encode(), "w.json")
    assert [(t.speaker, t.text, t.start, t.end) for t in session.turns] == [
        ("SPEAKER_00", "Show me. Seven.", 0.0, 2.0),
        ("SPEAKER_01", "Here.", 2.1, 3.0),
    ]
    assert [notice.where for notice in session.notices] == ["segments[1]", "segments[3]"]


def test_session_json_keeps_its_turns_and_drops_its_labels(session):
    data = session_to_json(session)
    for turn in data["turns"]:
        for utterance in turn.get("utterances", []):
            utterance |= {"label": "criticism", "probabilities": {}, "flags": [1], "question": True}
    data["turns"][1]["speaker"] = "Dana"
    (found,) = read_bytes(json.dumps(data).encode(), "x.json")
    assert len(found.turns) == len(session.turns)
    assert found.turns[0].utterances == session.turns[0].utterances
    assert all(u.label is None for t in found.turns for u in t.utterances or ())


def test_session_json_one_a_line(session):
    line = json.dumps(session_to_json(session))
    found = read_bytes(f"{line}\n{line.replace('small', 'other')}\n".encode(), "two.jsonl")
    assert [s.id for s in found] == ["small", "other"]


def test_our_report_reads_back_as_the_session_that_it_tells_of(pipeline, session):
    report = pipeline.run(session)
    (found,) = read_bytes(render_csv(report), "report.csv")
    assert found.id == session.id
    assert [(t.speaker, t.role, t.text, t.start) for t in found.turns] == [
        (t.speaker, t.role, t.text, t.start) for t in session.turns
    ]
    assert [t.utterances for t in found.turns] == [t.utterances for t in session.turns]


def test_a_workbook_with_a_title_real_times_and_further_sheets():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Export of 3 May"])
    sheet.append(["Start", "Stop", "Who", "Utterance"])
    sheet.append([datetime.time(0, 0, 1), 2.5, "Dana", 'You said "never", once.'])
    sheet.append([3, 4.0, "Sam", "Did I?"])
    book.create_sheet("codes").append(["a", "b"])
    out = io.BytesIO()
    book.save(out)
    (session,) = read_bytes(out.getvalue(), "s.xlsx")
    assert [(t.speaker, t.text, t.start, t.end) for t in session.turns] == WANTED
    assert [notice.where for notice in session.notices] == ["sheet codes"]


@pytest.mark.parametrize(("render", "name"), [(render_csv, "r.csv"), (render_xlsx, "r.xlsx")])
def test_reports_in_both_table_forms_read_back_alike(pipeline, session, render, name):
    (found,) = read_bytes(render(pipeline.run(session)), name)
    assert [(t.speaker, t.role, t.text, t.start) for t in found.turns] == [
        (t.speaker, t.role, t.text, t.start) for t in session.turns
    ]


@given(st.text())
def test_exactly_one_apostrophe_comes_off_again(text):
    kept = protect(text)
    assert restore(kept) == text
    assert not kept.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_columns_of_a_workbook_can_be_named():

    import openpyxl
    from analyzer.readers.source import Reading

    book = openpyxl.Workbook()
    book.active.append(["notes", "nothing"])
    sheet = book.create_sheet("talk")
    sheet.append(["Wer", "Was"])
    sheet.append(["Dana", "Hello."])
    sheet.append(["Sam", "Hi."])
    out = io.BytesIO()
    book.save(out)
    with pytest.raises(InputError, match="--columns"):
        read_bytes(out.getvalue(), "s.xlsx")
    (session,) = read_bytes(out.getvalue(), "s.xlsx", reading=Reading(columns={"text": "Was", "speaker": "Wer"}))
    assert [(turn.speaker, turn.text) for turn in session.turns] == [("Dana", "Hello."), ("Sam", "Hi.")]


def test_whisper_speakers_of_words_and_times_that_are_none():
    text = (
        '{"segments": [{"start": NaN, "end": 1, "text": "Show me.", "speaker": 0},'
        ' {"start": 1.5, "end": 2, "text": "Seven.", "words": [{"word": "Seven.", "speaker": 1}]}]}'
    )
    (session,) = read_bytes(text.encode(), "w.txt")
    assert [(t.speaker, t.start) for t in session.turns] == [("Speaker 0", None), ("Speaker 1", 1.5)]
    assert [(notice.where, notice.text) for notice in session.notices] == [
        ("segments[0]", "a time that cannot be read was left out")
    ]


def told(data, name="s.csv"):
    (session,) = read_bytes(data.encode() if isinstance(data, str) else data, name)
    return [(turn.speaker, turn.text) for turn in session.turns], [notice.where for notice in session.notices]


def test_a_quotation_mark_that_is_never_closed_swallows_no_rows():
    text = 'speaker,text\nDana,"Show me.\nSam,"Seven, ""eight""."\nDana,Good "so" far.\nSam,"never\nDana,Hm.\n'
    assert told(text) == (
        [
            ("Dana", "Show me."),
            ("Sam", 'Seven, "eight".'),
            ("Dana", 'Good "so" far.'),
            ("Sam", "never"),
            ("Dana", "Hm."),
        ],
        ["line 2"],
    )


def test_commas_in_words_without_quotation_marks_are_kept():
    text = "speaker;text\nDana;Show me; please.\nSam;Seven.\n"
    assert told(text) == ([("Dana", "Show me; please."), ("Sam", "Seven.")], ["row 2"])


def test_cells_beyond_the_header_are_told():
    text = "text,speaker\nShow me.,Dana,warm\nSeven.,Sam\n"
    assert told(text) == ([("Dana", "Show me."), ("Sam", "Seven.")], ["row 2"])


def test_rows_of_several_annotators_are_one_utterance():
    text = (
        "transcript_id,utterance_id,interlocutor,timestamp,utterance_text,annotator_id\n"
        "7,0,therapist,00:00:01,Show me.,3\n7,0,therapist,00:00:01,Show me.,4\n"
        "7,1,client,00:00:05,Seven.,3\n7,2,client,00:00:06,Seven.,3\n"
    )
    assert told(text) == ([("therapist", "Show me."), ("client", "Seven. Seven.")], ["row 3"])


@pytest.mark.parametrize(
    "text",
    ["0:01,T,Show me.\n0:04,C,Seven.\n0:06,T,Good.\n", "T,Show me.\nC,Seven.\nT,Good.\n"],
)
def test_tables_without_a_header(text):
    assert told(text) == ([("T", "Show me."), ("C", "Seven."), ("T", "Good.")], [])


def test_a_table_of_words_alone():
    assert told("text\nShow me.\nSeven.\n") == ([(None, "Show me."), (None, "Seven.")], [])


def test_a_table_with_unknown_columns_asks_for_their_names():
    with pytest.raises(InputError, match="its columns are: Wer, Wann, Was; name them with --columns"):
        read_bytes(b"Wer,Wann,Was\nT,0:01,Show me.\nC,0:05,Seven.\n", "s.csv")


def test_times_of_day_and_dates_count_from_the_first():
    text = "time,speaker,text\n2026-03-01 10:02:15,Dana,Show me.\n2026-03-01T10:02:25Z,Sam,Seven.\n"
    (session,) = read_bytes(text.encode(), "s.csv")
    assert [turn.start for turn in session.turns] == [0.0, 10.0]


def test_words_for_roles_in_a_column():
    text = "speaker,role,text\nDana,Clinician,Show me.\nSam,Patient,Seven.\nKim,,Hm.\n"
    (session,) = read_bytes(text.encode(), "s.csv")
    assert [turn.role for turn in session.turns] == ["therapist", "client", None]


def test_a_broken_line_of_session_json_is_named():
    line = '{"format": "session/1", "id": "a", "turns": [{"speaker": "D", "text": "hello"}]}\n'
    with pytest.raises(InputError, match="line 2: not readable as JSON: Unterminated"):
        read_bytes((line + line[:20]).encode(), "s.jsonl")


def test_an_error_names_headings_and_never_what_was_said():
    with pytest.raises(InputError) as headings:
        read_bytes(b"Foo,Bar\n1,2\n3,4\n", "t.csv")
    assert "Foo, Bar" in str(headings.value)
    with pytest.raises(InputError) as said:
        read_bytes(b"17;33;I never told anybody about that night\n18;34;no\n", "t.csv")
    assert "told anybody" not in str(said.value)
    with pytest.raises(InputError) as broken:
        read_bytes(b'p"s;\nr"DF-lD";"x\n y"', "t.csv")
    assert "\n" not in str(broken.value)


def test_a_zip_of_a_version_that_nobody_reads_is_one_clear_error():
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    data = bytearray(out.getvalue())
    data[data.index(b"PK\x01\x02") + 6] = 242
    with pytest.raises(InputError) as error:
        read_bytes(bytes(data), "s.docx")
    assert "\n" not in str(error.value)


def test_blanks_around_the_only_heading():
    (session,) = read_bytes(b" text \nWell done.\nThanks.\n", "t.csv")
    assert [turn.text for turn in session.turns] == ["Well done.", "Thanks."]
    with pytest.raises(InputError):
        read_bytes(b"\x0c\x14ext\n", "t.csv")
