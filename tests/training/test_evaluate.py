"""Figures that can be counted by hand, and bounds that always hold."""

from dataclasses import replace

import pytest
from analyzer.labels import LABELS, Label
from analyzer.session import Session, Turn, Utterance
from analyzer.summary import SessionReport
from analyzer.training.evaluate import average_precision, calibration_error, f1_scores, interval_score, score
from hypothesis import given
from hypothesis import strategies as st

C, F, O = Label.CRITICISM, Label.FEEDBACK, Label.OTHER  # noqa: E741


def test_f1_of_a_known_table():
    pairs = [(C, C, {})] * 3 + [(C, O, {})] + [(O, C, {})] * 2 + [(O, O, {})] * 4
    per, macro = f1_scores(pairs)
    assert per[C] == {"precision": 3 / 5, "recall": 3 / 4, "f1": pytest.approx(2 / 3), "support": 4}
    assert macro == pytest.approx((2 / 3 + 8 / 11) / 2)


def test_average_precision_of_a_known_ranking():
    pairs = [(C, C, {C: 0.9}), (O, O, {C: 0.8}), (C, C, {C: 0.7}), (O, O, {C: 0.1})]
    assert average_precision(pairs, C) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([(O, O, {C: 0.1})], C) is None


def test_calibration_error_of_a_known_cell():
    pairs = [(C, C, {C: 0.8})] * 6 + [(O, C, {C: 0.8})] * 4
    assert calibration_error(pairs) == pytest.approx(0.2)
    assert calibration_error([(C, C, {})]) is None


def test_an_interval_that_misses_is_charged():
    assert interval_score(0.5, 0.4, 0.6) == pytest.approx(0.2)
    assert interval_score(0.3, 0.4, 0.6) == pytest.approx(0.2 + 40 * 0.1)


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS), st.just({})), min_size=1, max_size=50))
def test_f1_lies_between_zero_and_one_and_is_one_only_without_error(pairs):
    per, macro = f1_scores(pairs)
    assert 0 <= macro <= 1
    assert (macro == pytest.approx(1)) is all(truth == found for truth, found, _ in pairs)
    assert sum(row["support"] for row in per.values()) == len(pairs)


def _report(pipeline, session):
    return SessionReport(session, pipeline.run(session).summary, pipeline.classifier.info)


def test_a_label_is_that_of_the_utterance_that_covers_most(pipeline, session):
    text = session.turns[0].text
    gold = replace(session, turns=(replace(session.turns[0], utterances=(Utterance(0, len(text), F),)),))
    found = (Utterance(0, 9, C, {C: 1.0}), Utterance(10, len(text), F, {F: 1.0}))
    report = _report(pipeline, session)
    report = replace(report, session=replace(session, turns=(replace(session.turns[0], utterances=found),)))
    result = score([gold], [report], resamples=10)
    assert result["labels"]["constructive_feedback"]["support"] == 1
    assert result["accuracy"] == 1
    assert result["boundary_f1"] == 0


def test_what_nothing_covers_counts_as_other(pipeline, session):
    gold = Session("g", (Turn("Dana", "Hm. Well.", "therapist", utterances=(Utterance(0, 3, O), Utterance(4, 9, C))),))
    bare = replace(gold, turns=(replace(gold.turns[0], utterances=()),))
    report = replace(_report(pipeline, session), session=bare)
    result = score([gold], [report], resamples=10)
    assert result["accuracy"] == 0.5
    assert result["criticism_average_precision"] is None
