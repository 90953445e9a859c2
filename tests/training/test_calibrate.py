"""Calibration, thresholds and estimator on predictions whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest
from analyzer.classify import Calibration
from analyzer.flags import Thresholds
from analyzer.labels import LABELS
from analyzer.training.calibrate import (
    DENSE,
    KINDS,
    MOST_FLAGS,
    WANTED_RECALL,
    Predicted,
    find_kinds,
    fit_calibration,
    fit_estimator,
    fit_thresholds,
    flag_count,
)

PLAIN = Calibration(1.0, (0.0,) * 5, 0.5)
MIX = np.array([0.12, 0.2, 0.1, 0.06, 0.52])


def macro_f1(truth, found):
    return np.mean(
        [2 * ((truth == k) & (found == k)).sum() / max(1, (truth == k).sum() + (found == k).sum()) for k in range(5)]
    )


def _sessions(count, scale=1.0, strength=3.0, lifelike=True, seed=0):
    """Labels from a mix; logits that point at them with noise, times ``scale`` (over-confidence)."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        labels = rng.choice(5, size=60, p=MIX)
        logits = np.log(MIX) + rng.normal(0, 1, (60, 5))
        logits[np.arange(60), labels] += strength
        questions = (labels == 4) & (rng.random(60) < 0.4)
        asked = np.where(questions, 2.0, -2.0) + rng.normal(0, 1, 60)
        outputs = np.column_stack([logits * scale, asked]).astype(np.float32)
        found.append(Predicted(f"s{number}", lifelike, outputs, labels, questions.astype(int)))
    return found


def test_overconfident_outputs_are_cooled():
    sessions = _sessions(20, scale=4.0)
    calibration = fit_calibration(sessions)
    # Normal noise of width 1 round a shift of 3 makes 3 times these logits the true log-odds, so 4 times want 4 / 3.
    assert calibration.temperature == pytest.approx(4 / 3, rel=0.1)

    def loss(used):
        chances = np.concatenate([used.probabilities(s.logits) for s in sessions])
        truth = np.concatenate([s.labels for s in sessions])
        return -np.log(chances[np.arange(len(truth)), truth] + 1e-12).mean()

    assert loss(calibration) < loss(PLAIN)


def test_decisions_are_no_worse_than_plain_ones():
    sessions = _sessions(20, strength=1.5)
    calibration = fit_calibration(sessions)
    truth = np.concatenate([s.labels for s in sessions])
    plain = np.concatenate([s.logits[:, :5].argmax(axis=1) for s in sessions])
    tuned = np.concatenate([calibration.decide(calibration.of_session(s.logits)) for s in sessions])
    assert macro_f1(truth, tuned) >= macro_f1(truth, plain)


def test_a_session_has_its_own_mix_of_labels():
    rng = np.random.default_rng(1)
    labels = rng.choice(5, size=400, p=[0.05, 0.05, 0.05, 0.55, 0.3])
    logits = rng.normal(0, 1, (400, 6))
    logits[np.arange(400), labels] += 1.5
    kinds = (tuple(MIX), (0.1, 0.1, 0.1, 0.4, 0.3))
    usual = Calibration(1.0, tuple(np.log(MIX)), 0.5, tuple(MIX), kinds, (0.9, 0.1), 0.4, 0.3)
    single, whole = usual.probabilities(logits), usual.of_session(logits)
    truth = np.bincount(labels, minlength=5) / 400
    assert np.abs(whole.mean(axis=0) - truth).max() < 0.5 * np.abs(single.mean(axis=0) - truth).max()
    assert macro_f1(labels, whole.argmax(axis=1)) > macro_f1(labels, single.argmax(axis=1))
    assert np.allclose(whole.sum(axis=1), 1)
    # A single utterance says next to nothing of its session.
    assert np.abs(usual.of_session(logits[:1]) - single[:1]).max() < 0.15
    assert usual.alone(logits[:3])[1:2] == pytest.approx(usual.of_session(logits[1:2]))


def test_a_stretch_of_a_session_has_a_mix_of_its_own():
    """Sixty quiet utterances, then twenty of a scolding run: unclear ones are judged by their neighbours."""
    quiet, harsh = (0.2, 0.2, 0.1, 0.01, 0.49), (0.05, 0.05, 0.1, 0.5, 0.3)
    usual = Calibration(1.0, tuple(np.log(quiet)), 0.5, quiet, (quiet, harsh), (0.8, 0.2), 0.0, 0.5)
    logits = np.zeros((80, 6), dtype=np.float32)
    logits[:60:2, 4] = 3.0
    logits[60::2, 3] = 4.0
    found = usual.of_session(logits)[1::2, 3]
    assert found[:20].max() < 0.05
    assert found[33:37].min() > 5 * found[:20].max()


def test_a_lean_calls_criticism_before_it_is_the_most_probable():
    chances = np.array([[0.1, 0.1, 0.1, 0.3, 0.4], [0.1, 0.1, 0.1, 0.1, 0.6]])
    assert PLAIN.decide(chances).tolist() == [4, 4]
    assert replace(PLAIN, lean=0.5).decide(chances).tolist() == [3, 4]


def test_kinds_of_sessions_are_their_mixes():
    sessions = _sessions(30) + [
        Predicted(f"d{i}", False, s.logits, np.full_like(s.labels, 3), s.questions) for i, s in enumerate(_sessions(6))
    ]
    kinds, prior = find_kinds(sessions, MIX)
    assert len(kinds) == len(prior) <= KINDS
    assert sum(prior) == pytest.approx(1)
    assert [sum(kind) for kind in kinds] == pytest.approx([1] * len(kinds))
    assert sum(p for kind, p in zip(kinds, prior, strict=True) if kind[3] > 0.8) == pytest.approx(DENSE)


@pytest.mark.parametrize("strength", [4.0, 0.3])
def test_flags_keep_to_ten_in_a_hundred_and_reach_the_recall_where_they_can(strength):
    sessions = _sessions(20, strength=strength)
    found = fit_thresholds(sessions, PLAIN)
    load = np.mean(
        [
            flag_count(PLAIN.probabilities(s.logits), Thresholds(found["criticism"], found["unsure"])) / 60
            for s in sessions
        ]
    )
    assert load <= MOST_FLAGS + 1e-9
    assert found["flags_per_100"] == pytest.approx(100 * load)
    hits = [PLAIN.probabilities(s.logits)[s.labels == 3, 3] >= found["criticism"] for s in sessions]
    assert found["recall"] == pytest.approx(np.concatenate(hits).mean())
    assert (found["recall"] >= WANTED_RECALL) is (strength == 4.0)


def test_the_estimator_knows_the_errors_of_questions():
    found = fit_estimator(_sessions(6), PLAIN)
    assert 0.8 < found.question_precision <= 1
    assert 0 <= found.question_omission < 0.1
    assert len(found.spread) == len(LABELS)
    assert all(0 < value <= 1 for value in found.mix)
