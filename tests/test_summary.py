"""Counts, shares, ratios and minutes of sessions that can be counted by hand."""

from dataclasses import replace

import pytest
from analyzer.estimate import Estimator
from analyzer.labels import EVALUATIVE, LABELS, Label
from analyzer.session import Session, Turn, Utterance
from analyzer.summary import summarise

SURE = Estimator((0.1, 0.2, 0.1, 0.05, 0.55), (0.05,) * 5, 0.0, (0.02, 0.03, 0.04, 0.05, 0.06), 1.0, 0.0)
KEYS = {"V": Label.VALIDATION, "R": Label.REFLECTION, "F": Label.FEEDBACK, "C": Label.CRITICISM, "O": Label.OTHER}


def _sure(label):
    return {other: 0.96 if other == label else 0.01 for other in LABELS}


def _session(keys, questions=0, **times):
    """A therapist who says one letter an utterance, then a client."""
    spans, asked = [], questions
    for place, key in enumerate(keys):
        label = KEYS[key]
        question = label == Label.OTHER and asked > 0
        asked -= question
        spans.append(Utterance(2 * place, 2 * place + 1, label, _sure(label), question))
    text = " ".join(keys)
    turns = (
        Turn("Dana", text, "therapist", utterances=tuple(spans), start=times.get("start"), end=times.get("end")),
        Turn("Sam", "one two three four five", "client", start=times.get("next")),
    )
    return Session("s", turns, role_confidence=0.97)


def test_counts_shares_and_rates():
    summary = summarise(_session("VVVVRRRRRFFFFFFCCCCCOOOOO", 5, start=0.0, end=100.0, next=118.0), SURE)
    assert [summary.labels[label].count for label in LABELS] == [4, 5, 6, 5, 5]
    assert summary.utterances == 25
    assert summary.questions == 5
    assert summary.labels[Label.CRITICISM].share == pytest.approx(0.2)
    assert summary.labels[Label.CRITICISM].per_100_utterances == pytest.approx(20)
    assert summary.minutes == pytest.approx(2.0)
    assert summary.labels[Label.CRITICISM].per_10_minutes == pytest.approx(25)
    assert summary.labels[Label.VALIDATION].evaluative_share == pytest.approx(4 / 20)
    assert summary.labels[Label.OTHER].evaluative_share is None
    assert summary.therapists == ("Dana",)
    assert summary.clients == ("Sam",)
    assert summary.role_confidence == 0.97


def test_ratios_and_their_least_denominator():
    summary = summarise(_session("VVVVRRRRRFFFFFFCCCCCOOOO", 4), SURE)
    assert summary.ratios["feedback_to_criticism"].value == pytest.approx(6 / 5)
    assert summary.ratios["support_to_criticism"].value == pytest.approx(9 / 5)
    low, high = summary.ratios["feedback_to_criticism"].interval
    assert low < 6 / 5 < high
    few = summary.ratios["reflections_to_questions"]
    assert (few.numerator, few.denominator, few.value, few.interval) == (5, 4, None, None)


def test_under_twenty_utterances_there_are_counts_and_no_shares():
    summary = summarise(_session("V" * 10 + "C" * 9), SURE)
    for label in LABELS:
        found = summary.labels[label]
        assert found.share is found.estimate is found.interval is found.per_100_utterances is None
        assert found.evaluative_share is found.evaluative_estimate is None
    assert summary.labels[Label.CRITICISM].count == 9
    assert summarise(_session("V" * 20), SURE).labels[Label.VALIDATION].share == 1.0


def test_estimates_lie_between_zero_and_one_and_sum_to_one():
    summary = summarise(_session("VRFCO" * 8), SURE)
    estimates = [summary.labels[label].estimate for label in LABELS]
    assert sum(estimates) == pytest.approx(1)
    assert sum(summary.labels[label].evaluative_estimate for label in EVALUATIVE) == pytest.approx(1, abs=0.02)
    for label in LABELS:
        low, high = summary.labels[label].interval
        assert 0 <= low <= summary.labels[label].estimate <= high <= 1


def test_an_unstable_correction_gives_the_raw_share_with_a_wider_interval():
    wild = replace(SURE, spread=(1.6,) * 5, trust=1.0)
    keys = "C" * 200 + "V" * 100
    summary = summarise(_session(keys), wild)
    assert summary.estimate_method == "raw"
    found = summary.labels[Label.CRITICISM]
    assert found.estimate == found.share == pytest.approx(2 / 3)
    assert found.interval == pytest.approx((2 / 3 - 0.05, 2 / 3 + 0.05))


@pytest.mark.parametrize(
    ("times", "minutes", "estimated"),
    [
        ({"start": 0.0, "end": 10.0, "next": 12.0}, 14 / 60, True),
        ({"start": 0.0, "next": 12.0}, 14 / 60, True),
        ({}, None, False),
    ],
)
def test_a_missing_end_is_the_next_start_or_counted_from_words(times, minutes, estimated):
    summary = summarise(_session("V" * 20, **times), SURE)
    assert summary.minutes == (None if minutes is None else pytest.approx(minutes))
    assert summary.minutes_estimated is estimated


def test_talk_shares_in_words_and_minutes():
    summary = summarise(_session("V" * 20, start=0.0, next=60.0), SURE)
    assert summary.talk["therapist"].words == 20
    assert summary.talk["client"].word_share == pytest.approx(5 / 25)
    assert summary.talk["therapist"].minutes == pytest.approx(1.0)
    assert summary.talk["client"].minutes == pytest.approx(2 / 60)
    assert summary.talk["other"].words == 0


def test_times_that_run_backwards_make_no_negative_minutes():
    summary = summarise(_session("V" * 20, start=50.0, end=40.0, next=10.0), SURE)
    assert summary.minutes >= 0
    assert summary.talk["therapist"].minutes >= 0
