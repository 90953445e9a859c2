"""Session JSON goes both ways without loss, and wrong input is told by its path."""

import json
from itertools import pairwise

import pytest
from analyzer.errors import InputError
from analyzer.session import Session, Turn, Utterance, load_session, session_from_json, session_to_json
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
EXTRA = st.dictionaries(st.sampled_from(["site", "quality", "note"]), st.integers() | TEXT | st.none(), max_size=2)


@st.composite
def turns(draw):
    text = draw(TEXT)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=4)))
    spans = tuple(Utterance(a, b, extra=draw(EXTRA)) for a, b in pairwise(cuts))
    role = draw(st.sampled_from([None, "therapist", "client", "other"]))
    time = st.none() | st.floats(0, 90_000, allow_nan=False)
    return Turn(
        draw(st.none() | TEXT), text, role, draw(time), draw(time), draw(st.sampled_from([None, spans])), draw(EXTRA)
    )


SESSIONS = st.builds(Session, id=TEXT.filter(str.strip), turns=st.lists(turns(), max_size=4).map(tuple), extra=EXTRA)


@given(SESSIONS)
def test_a_session_comes_back_from_json_as_it_was(session):
    text = json.dumps(session_to_json(session), ensure_ascii=False)
    assert load_session(text, name="other") == session


def test_results_of_an_earlier_analysis_are_not_read(session):
    data = session_to_json(session)
    data |= {"summary": {"utterances": 9}, "model": {"name": "x"}, "warnings": []}
    data["turns"][0]["utterances"][0] |= {"label": "criticism", "probabilities": {}, "flags": [], "question": True}
    assert session_from_json(data) == session
    labelled = session_from_json(data, keep_labels=True)
    assert labelled.turns[0].utterances[0].label == "criticism"
    assert labelled.turns[0].utterances[0].question is True


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.update(format="session/9"), '"format"'),
        (lambda d: d.update(turns={}), '"turns"'),
        (lambda d: d["turns"][1].update(text=7), "turns[1].text"),
        (lambda d: d["turns"][0].update(role="judge"), "turns[0].role"),
        (lambda d: d["turns"][0].update(start=float("nan")), "turns[0].start"),
        (lambda d: d["turns"][0].update(start=-3), "turns[0].start"),
        (lambda d: d["turns"][0].update(start=True), "turns[0].start"),
        (lambda d: d["turns"][0]["utterances"][1].update(start=3), "turns[0].utterances[1]"),
        (lambda d: d["turns"][0]["utterances"][1].update(end=99), "turns[0].utterances[1]"),
    ],
)
def test_a_wrong_value_is_told_by_its_path(session, change, place):
    data = session_to_json(session)
    change(data)
    with pytest.raises(InputError) as caught:
        session_from_json(data, name="tuesday.json")
    assert place in str(caught.value)
    assert str(caught.value).startswith("tuesday.json")


def test_deep_nesting_is_an_error_and_no_crash():
    with pytest.raises(InputError):
        load_session("[" * 100_000)
