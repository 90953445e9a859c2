"""From out-of-fold predictions to probabilities, thresholds and what is known of the classifier's errors.

Everything here is computed on predictions of models that never saw the session (or its writer). ``Predicted`` sessions
with life-like rates of the labels decide: calibration on sessions full of criticism would expect it everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analyzer.classify import Calibration
from analyzer.estimate import Estimator, draw_worlds, weighted_interval, weighted_mean
from analyzer.flags import Thresholds
from analyzer.labels import LABELS, Label

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CRITICISM = LABELS.index(Label.CRITICISM)
OTHER = LABELS.index(Label.OTHER)
MOST_FLAGS = 0.10
WANTED_RECALL = 0.90
LEAST_SESSION = 20
STRENGTHS = (15.0, 30.0, 60.0, 100.0, 200.0, 500.0)


@dataclass(frozen=True, slots=True)
class Predicted:
    """One session with what the coders said and what an out-of-fold model said.

    Attributes:
        id: of the session.
        lifelike: whether its rates of the labels are those of ordinary sessions.
        logits: (n, 6), from the form that ships (int8).
        exact: (n, 6), in single precision; None where they are not known.
        labels: (n,), indices into LABELS.
        questions: (n,), 1, 0 or -1 where unknown.
    """

    id: str
    lifelike: bool
    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    questions: NDArray[np.int64]
    exact: NDArray[np.float32] | None = None


def fit_calibration(sessions: Sequence[Predicted]) -> Calibration:
    """Fit temperature and biases on the life-like sessions by maximum likelihood, then the rest on all sessions.

    The strength of the usual mix of labels is the one with the least cross-entropy, the life-like and the dense
    sessions counted as one body each. The decision offsets have the best macro-F1 over all sessions, so that the rare
    labels have enough examples to choose by.
    """
    import numpy as np
    from scipy.optimize import minimize

    lifelike = [s for s in sessions if s.lifelike] or list(sessions)
    logits = np.concatenate([s.logits[:, : len(LABELS)] for s in lifelike]).astype(np.float64)
    truth = np.concatenate([s.labels for s in lifelike])

    def loss(values: NDArray[np.float64]) -> float:
        scaled = logits / np.exp(values[0]) + np.append(values[1:], 0.0)
        top = scaled.max(axis=1, keepdims=True)
        logsum = np.log(np.exp(scaled - top).sum(axis=1)) + top[:, 0]
        # A weak pull to zero keeps a label that hardly occurs from running away.
        return float((logsum - scaled[np.arange(len(truth)), truth]).mean() + 1e-4 * (values**2).sum())

    best = minimize(loss, np.zeros(len(LABELS)), method="L-BFGS-B").x
    plain = Calibration(float(np.exp(best[0])), (*map(float, best[1:]), 0.0), (0.0,) * len(LABELS), 0.5)
    mix = np.concatenate([plain.probabilities(s.logits) for s in lifelike]).mean(axis=0)
    plain = replace(plain, mix=tuple(map(float, mix)))
    plain = min((replace(plain, strength=value) for value in STRENGTHS), key=lambda c: _surprise(c, sessions))
    return replace(plain, decision=_decision(plain, sessions), question=_question_threshold(sessions))


def _surprise(calibration: Calibration, sessions: Sequence[Predicted]) -> float:
    """Return the cross-entropy in nats, the life-like and the dense sessions counted as one body each."""
    import numpy as np

    bodies: dict[bool, list[NDArray[np.float64]]] = {}
    for session in sessions:
        chances = calibration.of_session(session.logits)[np.arange(len(session.labels)), session.labels]
        bodies.setdefault(session.lifelike, []).append(-np.log(chances + 1e-12))
    return float(np.mean([np.concatenate(body).mean() for body in bodies.values()]))


def _decision(calibration: Calibration, sessions: Sequence[Predicted]) -> tuple[float, ...]:
    """Climb, label by label, to the offsets with the best macro-F1."""
    import numpy as np

    logs = np.log(np.concatenate([calibration.of_session(s.logits) for s in sessions]) + 1e-12)
    truth = np.concatenate([s.labels for s in sessions])
    offsets = np.zeros(len(LABELS))
    best = macro_f1(truth, logs.argmax(axis=1))
    for _ in range(3):
        for index in range(len(LABELS) - 1):
            for value in np.arange(-1.0, 4.01, 0.1):
                trial = offsets.copy()
                trial[index] = value
                score = macro_f1(truth, (logs + trial).argmax(axis=1))
                if score > best + 1e-6:
                    best, offsets = score, trial
    return tuple(float(round(value, 3)) for value in offsets)


def macro_f1(truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the mean F1 over the labels that occur in truth."""
    import numpy as np

    scores = []
    for label in np.unique(truth):
        hit = int(((truth == label) & (found == label)).sum())
        scores.append(2 * hit / max(1, int((truth == label).sum() + (found == label).sum())))
    return float(np.mean(scores))


def _question_threshold(sessions: Sequence[Predicted]) -> float:
    import numpy as np

    logits = np.concatenate([s.logits[:, len(LABELS)] for s in sessions]).astype(np.float64)
    truth = np.concatenate([s.questions for s in sessions])
    chance, truth = 1 / (1 + np.exp(-logits[truth >= 0])), truth[truth >= 0]

    def f1(threshold: float) -> float:
        called = chance >= threshold
        return 2 * float((called & (truth == 1)).sum()) / max(1.0, float(called.sum() + (truth == 1).sum()))

    return float(max((round(t, 2) for t in np.arange(0.2, 0.81, 0.05)), key=lambda t: (f1(t), -abs(t - 0.5))))


def fit_thresholds(sessions: Sequence[Predicted], calibration: Calibration) -> dict[str, float]:
    """Choose the flag thresholds: the highest criticism threshold with recall >= 0.90, within ten flags per 100.

    Flags per 100 utterances are averaged over the life-like sessions; recall is counted over every criticism. If both
    cannot hold, the number of flags wins.

    Returns:
        ``criticism`` and ``unsure`` thresholds, ``recall``, ``criticisms`` it was measured on, ``flags_per_100``.
    """
    import numpy as np

    unsure = 0.5
    chances = [calibration.of_session(s.logits) for s in sessions]
    hits = np.sort(
        np.concatenate([p[s.labels == CRITICISM, CRITICISM] for p, s in zip(chances, sessions, strict=True)])
    )
    candidates = np.unique(np.concatenate([p[:, CRITICISM] for p in chances]))
    candidates = np.unique(np.quantile(candidates, np.linspace(0, 1, 2001)))

    def load(threshold: float) -> float:
        rates = [
            flag_count(p, Thresholds(threshold, unsure)) / len(p)
            for p, s in zip(chances, sessions, strict=True)
            if s.lifelike
        ]
        return float(np.mean(rates))

    def recall(threshold: float) -> float:
        return float((hits >= threshold).mean()) if len(hits) else 0.0

    reaching = [t for t in candidates if recall(t) >= WANTED_RECALL]
    chosen = max(reaching, default=float(candidates[0]))
    if load(chosen) > MOST_FLAGS:
        chosen = min((t for t in candidates if load(t) <= MOST_FLAGS), default=1.0)
    return {
        "criticism": float(chosen),
        "unsure": unsure,
        "recall": recall(chosen),
        "criticisms": len(hits),
        "flags_per_100": 100 * load(chosen),
    }


def flag_count(probabilities: NDArray[np.float64], thresholds: Thresholds) -> int:
    """Return how many utterances of a session ``analyzer.flags`` flags, for both reasons."""
    critical = probabilities[:, CRITICISM] >= thresholds.criticism
    unsure = ~critical & (probabilities.max(axis=1) < thresholds.unsure)
    return int(critical.sum()) + min(int(unsure.sum()), int(critical.sum()) // 2)


def fit_estimator(sessions: Sequence[Predicted], calibration: Calibration) -> Estimator:
    """Fit how the classifier's errors differ between life-like sessions, for the intervals of the shares.

    The spreads and the trust are those with the least mean interval score (Gneiting and Raftery 2007, proof), with a
    charge where a label's coverage is under 95 %.
    """
    import numpy as np

    used = [s for s in sessions if s.lifelike and len(s.labels) >= LEAST_SESSION] or list(sessions)
    data = [SessionShares.of(s, calibration) for s in used]
    # The mix that the calibrated probabilities themselves expect: moving all log-odds by nothing must change nothing.
    everyone = np.concatenate([case.probabilities for case in data])
    mix = tuple(float(value) for value in np.maximum(everyone.mean(axis=0), 1e-4))
    raw_error = tuple(
        float(np.quantile([abs(c.raw[label] - c.truth[label]) for c in data], 0.95, method="higher"))
        for label in range(len(LABELS))
    )
    precision, omission = _question_error(sessions, calibration)

    def build(spread: Sequence[float], trust: float) -> Estimator:
        return Estimator(mix, tuple(spread), trust, raw_error, precision, omission)

    spread, trust = [0.4] * len(LABELS), 0.1
    best = _penalty(data, build(spread, trust))
    for _ in range(2):
        for trial in (0.0, 0.05, 0.1, 0.2, 0.4):
            if (score := _penalty(data, build(spread, trial))) < best:
                best, trust = score, trial
        for label in range(len(LABELS)):
            for value in (0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0, 1.3, 1.6):
                moved = [*spread[:label], value, *spread[label + 1 :]]
                if (score := _penalty(data, build(moved, trust))) < best:
                    best, spread = score, moved
    return build(spread, trust)


@dataclass(frozen=True, slots=True)
class SessionShares:
    """One session's probabilities, question decisions, coders' shares and raw shares."""

    probabilities: NDArray[np.float64]
    asked: NDArray[np.bool_]
    truth: NDArray[np.float64]
    raw: NDArray[np.float64]

    @classmethod
    def of(cls, session: Predicted, calibration: Calibration) -> SessionShares:
        """Calibrate and count a predicted session."""
        import numpy as np

        probabilities = calibration.of_session(session.logits)
        labels = calibration.decide(probabilities)
        n = len(session.labels)
        return cls(
            probabilities,
            calibration.is_question(session.logits, labels),
            np.bincount(session.labels, minlength=len(LABELS)) / n,
            np.bincount(labels, minlength=len(LABELS)) / n,
        )


def share_intervals(case: SessionShares, estimator: Estimator, worlds: int) -> list[tuple[float, float, float]]:
    """Return estimate, low and high of each label's share, as the summary gives them."""
    drawn = draw_worlds(case.probabilities, case.asked, estimator, worlds)
    found = []
    for label in range(len(LABELS)):
        if not drawn.stable:
            margin = estimator.raw_error[label]
            raw = float(case.raw[label])
            found.append((raw, max(0.0, raw - margin), min(1.0, raw + margin)))
            continue
        values = drawn.counts[:, label] / len(case.probabilities)
        found.append((weighted_mean(values, drawn.weights), *weighted_interval(values, drawn.weights)))
    return found


def _penalty(data: Sequence[SessionShares], estimator: Estimator) -> float:
    import numpy as np

    scores = np.zeros((len(data), len(LABELS)))
    covered = np.zeros((len(data), len(LABELS)))
    for row, case in enumerate(data):
        for label, (_, low, high) in enumerate(share_intervals(case, estimator, 300)):
            truth = case.truth[label]
            scores[row, label] = high - low + 40 * (max(low - truth, 0.0) + max(truth - high, 0.0))
            covered[row, label] = low <= truth <= high
    short = np.maximum(0.95 - covered.mean(axis=0), 0.0)
    return float(scores.mean() + 0.5 * short.mean())


def _question_error(sessions: Sequence[Predicted], calibration: Calibration) -> tuple[float, float]:
    """Return the precision of ``question`` and the share of questions among what is not called one."""
    import numpy as np

    called, truth = [], []
    for session in sessions:
        labels = calibration.decide(calibration.of_session(session.logits))
        known = session.questions >= 0
        called.append(calibration.is_question(session.logits, labels)[known])
        truth.append(session.questions[known] == 1)
    found, real = np.concatenate(called), np.concatenate(truth)
    return float(real[found].mean()) if found.any() else 0.5, float(real[~found].mean()) if (~found).any() else 0.0
