"""Typed transcripts in the many layouts that people use."""

import pytest
from analyzer.readers import read_bytes
from analyzer.readers.source import Reading


def read(text, name="s.txt", **reading):
    (session,) = read_bytes(text.encode(), name, reading=Reading(**reading))
    return session


def turns(text, name="s.txt", **reading):
    return [(turn.speaker, turn.text) for turn in read(text, name, **reading).turns]


SPEECH = [
    ("Tell me about it.", "It rained. All day."),
    ("All day.", "And the roof leaks."),
    ("What did you do?", "I put a bucket under it."),
]


def laid(therapist, client, gap="\n"):
    return gap.join(f"{therapist}{a}{gap}{client}{b}" for a, b in SPEECH) + "\n"


def wanted(therapist, client):
    return [(who, words) for a, b in SPEECH for who, words in ((therapist, a), (client, b))]


@pytest.mark.parametrize(
    ("text", "therapist", "client"),
    [
        (laid("Therapist - ", "Client - "), "Therapist", "Client"),
        (laid("Dana Ruiz – ", "Sam – ", "\n\n"), "Dana Ruiz", "Sam"),
        (laid("Dana\t", "Sam\t"), "Dana", "Sam"),
        (laid("[Dana] ", "[Sam] "), "Dana", "Sam"),
        (laid("THERAPIST\n", "CLIENT\n", "\n\n"), "THERAPIST", "CLIENT"),
        (laid("Speaker 1\n", "Speaker 2\n"), "Speaker 1", "Speaker 2"),
        (laid("TH ", "CL "), "TH", "CL"),
        ("TH = Therapist, CL = Client\n\n" + laid("TH ", "CL "), "TH", "CL"),
        ("A: Therapist\nB: Client\n\n" + laid("A: ", "B: "), "A", "B"),
        ("Key:\nXA = counsellor\nXB = client (mother)\n\n" + laid("XA ", "XB "), "XA", "XB"),
        (
            "TRANSCRIPT OF AUDIO FILE: 12\nBEGIN TRANSCRIPT:\n\n"
            + laid("THERAPIST: ", "CLIENT: ")
            + "END TRANSCRIPT\n",
            "THERAPIST",
            "CLIENT",
        ),
        ("Case 4: the roof\n" + laid("DR: ", "SP: ", "\n\n"), "DR", "SP"),
        (laid("[00:01:05] Counselor: ", "[00:01:09] Client: "), "Counselor", "Client"),
        (laid("Dana (00:05): ", "Sam (00:09): "), "Dana", "Sam"),
    ],
)
def test_layouts(text, therapist, client):
    assert turns(text) == wanted(therapist, client)


def numbered(first, second, mark):
    return "\n".join(f"{first}{n}{mark}{a}\n{second}{n}{mark}{b}" for n, (a, b) in enumerate(SPEECH, 1))


@pytest.mark.parametrize("mark", ["-- ", ": ", " - ", ". "])
def test_turn_numbers_are_no_part_of_the_name(mark):
    assert turns(numbered("T", "P", mark)) == wanted("T", "P")


def test_numbered_people_stay_apart():
    text = laid("P1: ", "P2: ")
    assert turns(text) == wanted("P1", "P2")


def test_line_numbers_are_left_out():
    lines = laid("Dana: ", "Sam: ").splitlines()
    assert turns("\n".join(f"{n} {line}" for n, line in enumerate(lines, 1))) == wanted("Dana", "Sam")


def test_a_legend_tells_roles():
    session = read("PA = physiotherapist; PB = patient\n\n" + laid("PA ", "PB "))
    assert [turn.role for turn in session.turns[:2]] == ["therapist", "client"]


def test_the_head_of_a_document_tells_roles():
    session = read("Therapist: Dana Ruiz\nClient: Sam P.\n\n" + laid("DR: ", "Sam: "))
    assert [turn.role for turn in session.turns[:2]] == ["therapist", "client"]


def test_notes_of_a_machine_are_left_out():
    head = "📝 Notes\nRoof talk\nDana: will send the plan.\nSam: will call the roofer.\n\n📖 Transcript\n00:00:00\n"
    tail = "Transcription ended after 00:31:10\nThis editable transcript was computer generated and might contain errors.\n"
    session = read(head + laid("Dana: ", "Sam: ", "\n\n") + tail)
    assert [(t.speaker, t.text) for t in session.turns] == wanted("Dana", "Sam")
    assert "above the transcript" in session.notices[0].text


def test_unlabelled_paragraphs():
    text = "Tell me\nabout it.\n\nIt rained.\n\nAll day.\n"
    assert turns(text) == [(None, "Tell me about it."), (None, "It rained."), (None, "All day.")]
    assert [speaker for speaker, _ in turns(text, alternate=True)] == ["Speaker 1", "Speaker 2", "Speaker 1"]


def test_notices_stay_on_request():
    text = "Dana: So. [sighs] Again?\nSam: (laughs) Yes.\nDana: Good.\n"
    assert [words for _, words in turns(text)] == ["So. Again?", "Yes.", "Good."]
    assert [words for _, words in turns(text, verbatim=True)] == ["So. [sighs] Again?", "(laughs) Yes.", "Good."]


def test_sentences_with_dashes_make_no_speakers():
    text = "Dana: We tried - twice.\nSam: Well - no.\nDana: Well - yes.\nSam: Fine.\n"
    assert [speaker for speaker, _ in turns(text)] == ["Dana", "Sam", "Dana", "Sam"]


@pytest.mark.parametrize(
    "columns", [{"text": "Was", "speaker": "Wer"}, {"text": "was", "speaker": "wer", "start": "Zeit"}]
)
def test_columns_by_name(columns):
    table = "Zeit,Wer,Was\n0:01,Dana,Hello.\n0:04,Sam,Hi.\n"
    assert turns(table, "s.csv", columns=columns) == [("Dana", "Hello."), ("Sam", "Hi.")]


def test_whisper_tables_count_milliseconds():
    session = read("start\tend\ttext\n0\t2500\tHello there.\n2500\t61000\tGood.\n", "s.tsv")
    assert [(t.start, t.end) for t in session.turns] == [(0.0, 2.5), (2.5, 61.0)]


def test_a_full_name_that_comes_once_is_a_speaker():
    text = (
        "Dana Ruiz: Is it cold?\n\nSam: Yes.\n\nAnd so is the sea.\n\nMaria de Souza: May I come in?\n\nDana: Please.\n\n"
        "Homework: three walks.\n\nDana Ruiz: Go on.\n\nSam: No.\n"
    )
    assert turns(text) == [
        ("Dana Ruiz", "Is it cold?"),
        ("Sam", "Yes. And so is the sea."),
        ("Maria de Souza", "May I come in?"),
        ("Dana", "Please. Homework: three walks."),
        ("Dana Ruiz", "Go on."),
        ("Sam", "No."),
    ]


def test_lines_under_times_are_turns():
    text = "[00:00:01]\nDana: Is it cold?\nSam: Yes.\n[00:00:09]\nDana: Go on.\n"
    assert turns(text) == [("Dana", "Is it cold?"), ("Sam", "Yes."), ("Dana", "Go on.")]


def test_heads_of_pages_are_no_speech():
    text = (
        "Intake - Page 1\n\nDana: Is it cold on\n\nIntake - Page 2\n\nthe coast?\nSam: I read to\npage 2\n\n"
        "- 3 -\n\nIntake - Page 3\n\nDana: Go on.\nSam: No.\n"
    )
    session = read(text)
    assert [(t.speaker, t.text) for t in session.turns] == [
        ("Dana", "Is it cold on the coast?"),
        ("Sam", "I read to"),
        ("Dana", "Go on."),
        ("Sam", "No."),
    ]
    assert [notice.where for notice in session.notices] == ["line 1"]


def test_a_time_and_a_name_on_a_line_of_their_own():
    text = "".join(f"00:00:{10 + i} {'Sam' if i % 2 else 'Dana Ruiz'}\nIt was {i}.\n\n" for i in range(4))
    assert [(t.speaker, t.text, t.start) for t in read(text).turns] == [
        ("Sam" if i % 2 else "Dana Ruiz", f"It was {i}.", 10.0 + i) for i in range(4)
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("".join(f"{'Sam' if i % 2 else 'Dana'}\n\nIt was {i}.\n\n" for i in range(4)), "s.txt"),
        ("<html><dl>" + "".join(f"<dt>{'Sam' if i % 2 else 'Dana'}<dd>It was {i}." for i in range(4)), "s.html"),
        ("<html>" + "".join(f"<h3>{'Sam' if i % 2 else 'Dana'}</h3><p>It was {i}." for i in range(4)), "s.html"),
    ],
)
def test_names_in_paragraphs_of_their_own(text, name):
    assert turns(text, name) == [("Sam" if i % 2 else "Dana", f"It was {i}.") for i in range(4)]


def test_spans_of_time_keep_their_ends():
    text = "[00:00:01.250 --> 00:00:03.500] Dana: Is it cold?\n00:00:04 - 00:00:06 Sam: Yes.\nVery.\n00:00:07 Dana: Go on.\nSam: No.\n"
    assert [(t.speaker, t.start, t.end) for t in read(text).turns] == [
        ("Dana", 1.25, 3.5),
        ("Sam", 4.0, 6.0),
        ("Dana", 7.0, None),
        ("Sam", None, None),
    ]


def test_a_time_that_begins_a_line_of_speech_is_speech():
    text = "Dana: When do we meet?\nSam: I can come at\n10:30 or so.\n[00:01:05] Or later.\nDana: Fine.\nSam: Good.\n"
    assert turns(text) == [
        ("Dana", "When do we meet?"),
        ("Sam", "I can come at 10:30 or so. Or later."),
        ("Dana", "Fine."),
        ("Sam", "Good."),
    ]
