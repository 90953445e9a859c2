"""Flags: the threshold, the cap on unsure ones, and reasons in plain words."""

from analyzer.flags import Thresholds, flag
from analyzer.labels import LABELS, Label
from analyzer.session import Session, Turn, Utterance
from hypothesis import given
from hypothesis import strategies as st

POINT = Thresholds(criticism=0.3, unsure=0.5)


def _session(rows):
    spans = []
    for place, row in enumerate(rows):
        chances = dict(zip(LABELS, row, strict=True))
        spans.append(Utterance(place, place + 1, max(chances, key=chances.__getitem__), chances, False))
    return Session("s", (Turn("Dana", "x" * len(rows), "therapist", utterances=tuple(spans)),))


def _flags(rows):
    return [[f.reason for f in u.flags] for _, _, u in flag(_session(rows), POINT).therapist_utterances()]


def test_the_threshold_decides_and_not_the_label():
    assert _flags([[0.1, 0.1, 0.48, 0.30, 0.02], [0.1, 0.1, 0.5, 0.29, 0.01]]) == [["criticism"], []]


def test_unsure_ones_come_nearest_to_criticism_first():
    rows = [[0, 0, 0, 0.9, 0.1]] * 2 + [[0.3, 0.3, 0.2, 0.1, 0.1], [0.3, 0.2, 0.2, 0.25, 0.05]]
    assert _flags(rows) == [["criticism"], ["criticism"], [], ["unsure"]]


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=40))
def test_unsure_ones_are_at_most_a_third(rows):
    found = _flags([[value / sum(row) for value in row] for row in rows])
    unsure = found.count(["unsure"])
    assert 3 * unsure <= sum(map(bool, found))
    assert all(len(item) <= 1 for item in found)


def test_reasons_name_what_was_read_and_judge_nobody():
    session = flag(_session([[0.1, 0.1, 0.2, 0.55, 0.05], [0.1, 0.05, 0.45, 0.35, 0.05]]), POINT)
    texts = [u.flags[0].text for _, _, u in session.therapist_utterances()]
    assert "55 %" in texts[0]
    assert "constructive feedback (45 %)" in texts[1]
    assert not any(word in " ".join(texts).lower() for word in ("guilty", "bad therapist", "fail"))


def test_a_client_is_never_flagged():
    turn = Turn("Sam", "x", "client", utterances=(Utterance(0, 1, Label.CRITICISM, {Label.CRITICISM: 1.0}),))
    assert flag(Session("s", (turn,)), POINT).turns[0].utterances[0].flags == ()
