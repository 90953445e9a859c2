"""What is written in one of the common forms is read back: the same speakers, the same words."""

import string

import pytest
from analyzer.readers import read_bytes
from analyzer.session import Session, Turn
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.readers.exports import FORMS

WORD = st.text(string.ascii_letters + "éüñß’'0123456789", min_size=1, max_size=9)
MARK = st.sampled_from(["", "", "", ",", ".", "?", "!", ";", " -", " &", "%", ' "so"', " <3", " =", "…"])
SPEECH = st.lists(st.tuples(WORD, MARK).map("".join), min_size=1, max_size=12).map(" ".join)
NAMES = st.sampled_from(
    [("Dana", "Sam"), ("Dr. Ruiz", "Kofi (iPad)"), ("THERAPIST", "CLIENT"), ("Speaker 1", "Speaker 2")]
)


@st.composite
def sessions(draw):
    names = draw(NAMES)
    said = draw(st.lists(SPEECH, min_size=4, max_size=12))
    return Session("s", tuple(Turn(names[i % 2], words) for i, words in enumerate(said)))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(session=sessions())
def test_round_trip(form, session):
    (found,) = read_bytes(FORMS[form](session), f"s.{form}")
    assert [(t.speaker, t.text) for t in found.turns] == [(t.speaker, t.text) for t in session.turns]


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=400), head=st.sampled_from([b"", b"WEBVTT\n\n", b"PK\x03\x04", b'{"segments": [', b"a,b\n"])
)
def test_no_bytes_break_the_readers(data, head):
    from analyzer.errors import InputError

    try:
        sessions = read_bytes(head + data, "s.txt")
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert all(turn.text == " ".join(turn.text.split()) for s in sessions for turn in s.turns)
