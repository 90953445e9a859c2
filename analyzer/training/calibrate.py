"""From out-of-fold predictions to probabilities, thresholds and what is known of the classifier's errors.

Everything here is computed on predictions of models that never saw the session (or its writer). ``Predicted`` sessions
with life-like rates of the labels decide: calibration on sessions full of criticism would expect it everywhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyzer.classify import Calibration
from analyzer.estimate import Estimator, draw_worlds, estimate_shares
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
KINDS = 16
DENSE = 0.2
"""How many of the sessions out there are expected to hold as much evaluation as the dense ones (our choice)."""
WHOLE = (0.1, 0.2, 0.4, 0.7)
NEAR = (0.0, 0.15, 0.3, 0.5)
LEANS = tuple(round(0.1 * step, 1) for step in range(11))
SMOOTHING = 5.0
"""Utterances of the usual mix that are added to each session's own before it serves as an example of a kind."""


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
    """Fit temperature and biases on the life-like sessions by maximum likelihood, then the kinds of sessions on all.

    How much the utterances of a session count as evidence for its kind is what gives the least cross-entropy, one
    session in five being dense.
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
    plain = Calibration(float(np.exp(best[0])), (*map(float, best[1:]), 0.0), _question_threshold(sessions))
    mix = np.concatenate([plain.probabilities(s.logits) for s in lifelike]).mean(axis=0)
    kinds, prior = find_kinds(sessions, mix)
    plain = replace(plain, mix=tuple(map(float, mix)), kinds=kinds, prior=prior)
    tries = [replace(plain, whole=whole, near=near) for whole in WHOLE for near in NEAR]
    best_kinds = min(tries, key=lambda calibration: _surprise(calibration, sessions))
    return replace(best_kinds, lean=_lean(best_kinds, sessions))


def _lean(calibration: Calibration, sessions: Sequence[Predicted]) -> float:
    """Return the lean to criticism with the best macro-F1 over all sessions."""
    import numpy as np

    truth = np.concatenate([s.labels for s in sessions])
    chances = np.concatenate([calibration.of_session(s.logits) for s in sessions])

    def score(lean: float) -> float:
        found = replace(calibration, lean=lean).decide(chances)
        hits = np.bincount(truth[truth == found], minlength=len(LABELS))
        both = np.bincount(truth, minlength=len(LABELS)) + np.bincount(found, minlength=len(LABELS))
        return float((2 * hits[both > 0] / both[both > 0]).mean())

    return max(LEANS, key=score)


def find_kinds(
    sessions: Sequence[Predicted], usual: NDArray[np.float64]
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    """Return the mixes of labels that sessions have, at most KINDS, and how often each is to be expected.

    The sessions' own mixes, as the coders gave them, are grouped by k-means on square roots (Hellinger's distance).
    """
    import numpy as np
    from scipy.cluster.vq import kmeans2

    counts = np.array([np.bincount(s.labels, minlength=len(LABELS)) for s in sessions]) + SMOOTHING * usual
    mixes = counts / counts.sum(axis=1, keepdims=True)
    weights = np.array(_weights(sessions))
    groups = np.arange(len(sessions))
    if len(sessions) > KINDS:
        with warnings.catch_warnings(action="ignore"):  # a group may run empty; then there is one kind less
            groups = kmeans2(np.sqrt(mixes), KINDS, minit="++", iter=50, rng=1)[1]
    members = [groups == group for group in np.unique(groups)]
    kinds = [np.average(mixes[some], axis=0, weights=weights[some]) for some in members]
    return (
        tuple(tuple(map(float, kind)) for kind in kinds),
        tuple(float(weights[some].sum()) for some in members),
    )


def _weights(sessions: Sequence[Predicted]) -> list[float]:
    """Return a weight for each session, summing to 1: the dense ones have DENSE together, where there are both."""
    lifelike = sum(session.lifelike for session in sessions)
    dense = len(sessions) - lifelike
    if not lifelike or not dense:
        return [1 / len(sessions)] * len(sessions)
    return [(1 - DENSE) / lifelike if session.lifelike else DENSE / dense for session in sessions]


def _surprise(calibration: Calibration, sessions: Sequence[Predicted]) -> float:
    """Return the cross-entropy in nats of an utterance, dense sessions as rare as they are expected to be."""
    import numpy as np

    bodies: dict[bool, list[NDArray[np.float64]]] = {}
    for session in sessions:
        chances = calibration.of_session(session.logits)[np.arange(len(session.labels)), session.labels]
        bodies.setdefault(session.lifelike, []).append(-np.log(chances + 1e-12))
    shares = {True: 1 - DENSE, False: DENSE} if len(bodies) == 2 else dict.fromkeys(bodies, 1.0)
    return sum(shares[kind] * float(np.concatenate(body).mean()) for kind, body in bodies.items())


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
    """Fit how the classifier's errors differ between sessions, for the intervals of the shares.

    The spreads and the trust are those with the least mean interval score (Gneiting and Raftery 2007, proof), with a
    charge where a label's coverage is under 95 %, or criticism's on the sessions that have any. One session in five
    is dense.
    """
    import numpy as np

    data = [SessionShares.of(s, calibration) for s in _as_expected(sessions)]
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


def _as_expected(sessions: Sequence[Predicted]) -> list[Predicted]:
    """Return the life-like sessions of enough utterances and as many dense ones as are expected among them."""
    enough = [s for s in sessions if len(s.labels) >= LEAST_SESSION] or list(sessions)
    lifelike = [s for s in enough if s.lifelike]
    dense = [s for s in enough if not s.lifelike]
    if not lifelike or not dense:
        return enough
    wanted = max(1, round(len(lifelike) * DENSE / (1 - DENSE)))
    return lifelike + dense[:: max(1, len(dense) // wanted)][:wanted]


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
    if drawn.stable:
        return [(one.value, one.low, one.high) for one in estimate_shares(drawn.counts, drawn.weights)]
    margins = zip(case.raw.tolist(), estimator.raw_error, strict=True)
    return [(raw, max(0.0, raw - margin), min(1.0, raw + margin)) for raw, margin in margins]


def _penalty(data: Sequence[SessionShares], estimator: Estimator) -> float:
    import numpy as np

    scores = np.zeros((len(data), len(LABELS)))
    covered = np.zeros((len(data), len(LABELS)))
    for row, case in enumerate(data):
        for label, (_, low, high) in enumerate(share_intervals(case, estimator, 300)):
            truth = case.truth[label]
            scores[row, label] = high - low + 40 * (max(low - truth, 0.0) + max(truth - high, 0.0))
            covered[row, label] = low <= truth <= high
    critical = np.array([case.truth[CRITICISM] > 0 for case in data])
    reached = [*covered.mean(axis=0), covered[critical, CRITICISM].mean() if critical.any() else 1.0]
    return float(scores.mean() + 0.5 * np.maximum(0.95 - np.array(reached), 0.0).mean())


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
