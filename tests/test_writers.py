"""What each form keeps comes back: read(write(s)) is s reduced to that."""

import re
import string
from dataclasses import replace
from itertools import pairwise

import pytest
from analyzer.readers import read_bytes
from analyzer.readers.cues import Cue, turns_of
from analyzer.session import Session, Turn, Utterance
from analyzer.writers import WRITERS
from hypothesis import given, settings
from hypothesis import strategies as st

WORD = st.text(string.ascii_letters + "éüñ’0123456789", min_size=1, max_size=9)
PLAIN = st.lists(st.text(string.ascii_letters + "éüñ", min_size=1, max_size=9), min_size=1, max_size=9).map(
    lambda words: " ".join(words) + "."
)
ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=60)
TIME = st.integers(0, 20_000_000).map(lambda ms: ms / 1000)


@st.composite
def free_sessions(draw):
    """Turns of any text, with or without speaker, role, times and utterances."""
    turns = []
    for _ in range(draw(st.integers(1, 6))):
        text = draw(ANYTHING)
        role = draw(st.sampled_from([None, "therapist", "client", "other"]))
        edges = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
        spans = tuple(Utterance(a, b) for a, b in pairwise(edges))
        turns.append(
            Turn(
                draw(st.one_of(st.none(), ANYTHING)),
                text,
                role,
                draw(st.one_of(st.none(), st.floats(0, 1e6))),
                draw(st.one_of(st.none(), st.floats(0, 1e6))),
                draw(st.sampled_from([None, spans])),
            )
        )
    turns.append(Turn("Dana", "Hello."))
    return Session(draw(WORD), tuple(turns))


@pytest.mark.parametrize("form", ["session", "csv"])
@settings(max_examples=200, deadline=None)
@given(session=free_sessions())
def test_session_and_csv_keep_everything(form, session):
    (found,) = read_bytes(WRITERS[form].render(session), f"x{WRITERS[form].suffix}")
    assert found == session


@st.composite
def spoken_sessions(draw):
    """Two speakers by turns, times in order, words that no form takes for codes."""
    names = draw(st.sampled_from([("Dana", "Sam"), ("Dr. Ruiz", "Kofi (iPad)"), ("Speaker 1", "Speaker 2")]))
    said = draw(st.lists(PLAIN, min_size=4, max_size=10))
    times = sorted(draw(st.lists(TIME, min_size=2 * len(said), max_size=2 * len(said), unique=True)))
    order = draw(st.lists(st.sampled_from([0, 1]), min_size=len(said), max_size=len(said)))
    order[:4] = [0, 1, 0, 1]
    turns = [
        Turn(names[who], words, ("therapist", "client")[who], times[2 * i], times[2 * i + 1])
        for i, (who, words) in enumerate(zip(order, said, strict=True))
    ]
    return Session("s", tuple(turns))


CHAT_CODES = re.compile(r"(?<!\S)(?:xxx|yyy|www)(?=\s|[.?!…—,;:]*$)")


def reduced(session, form):
    """The session as far as the form keeps it."""
    kept = WRITERS[form]
    cues = [
        Cue(
            CHAT_CODES.sub(lambda found: found[0].upper(), t.text) if form == "chat" else t.text,
            t.speaker.replace(".", "").replace("(", "").replace(")", "") if form == "chat" else t.speaker,
            t.start,
            None if kept.times == "start" else t.end,
            t.role if kept.roles else None,
        )
        for t in session.turns
    ]
    return replace(session, turns=turns_of(cues))


@pytest.mark.parametrize("form", ["vtt", "srt", "text", "chat", "textgrid", "elan"])
@settings(max_examples=60, deadline=None)
@given(session=spoken_sessions())
def test_other_forms_keep_what_they_say(form, session):
    (found,) = read_bytes(WRITERS[form].render(session), f"s{WRITERS[form].suffix}")
    wanted = reduced(session, form)
    assert [(t.speaker, t.text, t.role) for t in found.turns] == [(t.speaker, t.text, t.role) for t in wanted.turns]
    for a, b in zip(found.turns, wanted.turns, strict=True):
        assert a.start == pytest.approx(b.start, abs=0.0011)
        assert a.end is None if b.end is None else a.end == pytest.approx(b.end, abs=0.0011)


LABELLED = Session(
    "s",
    (
        Turn("Dana", "You came. Try again?", "therapist", 1.0, 5.0,
             (Utterance(0, 9, "validation"), Utterance(10, 20, "constructive_feedback"))),
        Turn("Sam", "Okay.", "client", 5.0, 6.0),
        Turn("Dana", "Good.", "therapist", 6.0, 7.0, (Utterance(0, 5, "validation"),)),
    ),
)  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "chat", "textgrid", "elan"])
def test_labels_are_in_the_file_and_never_read_back(form):
    data = WRITERS[form].render(LABELLED)
    assert b"constructive_feedback" in data
    (found,) = read_bytes(data, f"s{WRITERS[form].suffix}")
    assert [t.text for t in found.turns] == [t.text for t in LABELLED.turns]
    assert all(u.label is None for t in found.turns for u in t.utterances or ())


def test_chat_keeps_words_between_utterances_and_how_they_end():
    turn = Turn("Dana", "Hm, well… At 10:30 then— Yes?", "therapist", 1.0, 2.0, (Utterance(4, 9),))
    data = WRITERS["chat"].render(Session("s", (turn,)))
    (session,) = read_bytes(data, "s.cha")
    assert [t.text for t in session.turns] == ["Hm. well… At 10:30 then— Yes?"]


def test_words_that_are_codes_in_chat_are_said_otherwise():
    turns = (Turn("Dana", "www.", "therapist"), Turn("Sam", "It was 0 then, xxx yyy.", "client"))
    (session,) = read_bytes(WRITERS["chat"].render(Session("s", turns)), "s.cha")
    assert [t.text for t in session.turns] == ["WWW.", "It was zero then, XXX YYY."]


def test_session_json_is_utf8_whatever_it_holds():
    data = b'{"format": "session/1", "id": "s", "turns": [{"speaker": "D", "text": "half \\ud83d a pair"}]}'
    (session,) = read_bytes(data, "s.json")
    written = WRITERS["session"].render(session)
    assert "\\ud83d" in written.decode("utf-8")
    assert read_bytes(written, "s.json") == [session]
