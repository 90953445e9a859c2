"""What the out-of-fold predictions are worth, with intervals from resampling whole sessions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.classify import Calibration
from analyzer.labels import LABELS, Label
from analyzer.training.calibrate import (
    LEAST_SESSION,
    Predicted,
    SessionShares,
    fit_calibration,
    fit_estimator,
    share_intervals,
)
from analyzer.training.evaluate import Pair, average_precision, calibration_error, f1_scores, interval_score

if TYPE_CHECKING:
    from analyzer.estimate import Estimator

PARTS = 4
RESAMPLES = 300


def measure(sessions: Sequence[Predicted]) -> dict[str, Any]:
    """Measure out-of-fold predictions: labels, the int8 form, questions and the intervals of the shares.

    Calibration and estimator are fitted anew on three quarters of the sessions and judged on the last, in turn, so that
    no figure comes from sessions that its numbers were fitted on.
    """
    asked: list[tuple[bool, int]] = []
    shares: dict[str, list[tuple[float, float, float, float, float]]] = {}
    for judged, others in _parts(sessions):
        calibration = fit_calibration(others)
        estimator = fit_estimator(others, calibration)
        for session in judged:
            asked += _pairs(session, calibration)[1]
            if session.lifelike and len(session.labels) >= LEAST_SESSION:
                shares[session.id] = _shares(session, calibration, estimator)
    return {
        **measure_labels(sessions),
        "int8": _int8(sessions),
        "question": _questions(asked),
        "shares": _share_figures(shares),
    }


def measure_labels(sessions: Sequence[Predicted]) -> dict[str, Any]:
    """Measure the labels alone, each part calibrated on the others.

    Returns:
        For all sessions, the life-like and the dense ones: sessions, utterances, macro_f1, labels,
        criticism_average_precision, calibration_error, with 95 % intervals of the F1 figures.
    """
    pairs: dict[str, list[Pair]] = {}
    for judged, others in _parts(sessions):
        calibration = fit_calibration(others)
        pairs |= {session.id: _pairs(session, calibration)[0] for session in judged}
    groups = {
        "all": [s.id for s in sessions],
        "lifelike": [s.id for s in sessions if s.lifelike],
        "dense": [s.id for s in sessions if not s.lifelike],
    }
    return {name: _group([pairs[i] for i in ids]) for name, ids in groups.items() if ids}


def _parts(sessions: Sequence[Predicted]) -> Iterator[tuple[list[Predicted], list[Predicted]]]:
    """Yield each part of the sessions with all others."""
    for part in range(PARTS):
        judged = [s for i, s in enumerate(sessions) if i % PARTS == part]
        yield judged, [s for i, s in enumerate(sessions) if i % PARTS != part]


def _pairs(session: Predicted, calibration: Calibration) -> tuple[list[Pair], list[tuple[bool, int]]]:
    probabilities = calibration.of_session(session.logits)
    labels = calibration.decide(probabilities)
    questions = calibration.is_question(session.logits, labels)
    pairs: list[Pair] = [
        (LABELS[truth], LABELS[found], dict(zip(LABELS, map(float, row), strict=True)))
        for truth, found, row in zip(session.labels, labels, probabilities, strict=True)
    ]
    return pairs, [(bool(q), int(t)) for q, t in zip(questions, session.questions, strict=True) if t >= 0]


def _group(sessions: Sequence[list[Pair]]) -> dict[str, Any]:
    pairs = [pair for session in sessions for pair in session]
    per, macro = f1_scores(pairs)
    present = [label for label in LABELS if per[label]["support"]]

    def spread(figure: Callable[[list[Pair]], float | None]) -> list[float] | None:
        rng = random.Random(0)  # noqa: S311 - a repeatable resampling, not a secret
        drawn = (
            figure([pair for session in rng.choices(sessions, k=len(sessions)) for pair in session])
            for _ in range(RESAMPLES)
        )
        found = sorted(value for value in drawn if value is not None)
        return [round(found[int(q * len(found))], 4) for q in (0.025, 0.975)] if found else None

    return {
        "sessions": len(sessions),
        "utterances": len(pairs),
        "macro_f1": macro,
        "macro_f1_95": spread(lambda drawn: f1_scores(drawn, present)[1]),
        "labels": {str(label): {**per[label], "f1_95": spread(partial(_f1_of, label))} for label in LABELS},
        "criticism_average_precision": average_precision(pairs, Label.CRITICISM),
        "calibration_error": calibration_error(pairs),
    }


def _int8(sessions: Sequence[Predicted]) -> dict[str, float | None] | None:
    """Compare the form that ships with single precision: same decisions, and criticism's average precision in both."""
    import numpy as np

    if any(session.exact is None for session in sessions):
        return None
    calibration = fit_calibration(sessions)
    precise = [replace(session, logits=session.exact) for session in sessions if session.exact is not None]
    decided = [
        np.concatenate([calibration.decide(calibration.of_session(s.logits)) for s in some])
        for some in (sessions, precise)
    ]
    found = [
        average_precision([pair for s in some for pair in _pairs(s, calibration)[0]], Label.CRITICISM)
        for some in (sessions, precise)
    ]
    return {
        "agreement": float((decided[0] == decided[1]).mean()),
        "criticism_average_precision": found[0],
        "criticism_average_precision_exact": found[1],
    }


def _f1_of(label: Label, pairs: list[Pair]) -> float:
    return float(f1_scores(pairs)[0][label]["f1"])


def _questions(found: Sequence[tuple[bool, int]]) -> dict[str, float]:
    hit = sum(called and truth == 1 for called, truth in found)
    called, real = sum(called for called, _ in found), sum(truth == 1 for _, truth in found)
    return {"precision": hit / max(1, called), "recall": hit / max(1, real), "support": real, "judged": len(found)}


def _shares(
    session: Predicted, calibration: Calibration, estimator: Estimator
) -> list[tuple[float, float, float, float, float]]:
    case = SessionShares.of(session, calibration)
    return [
        (float(case.truth[i]), float(case.raw[i]), *found)
        for i, found in enumerate(share_intervals(case, estimator, 1000))
    ]


def _share_figures(shares: dict[str, list[tuple[float, float, float, float, float]]]) -> dict[str, Any]:
    def mean(values: Sequence[float]) -> float | None:
        return sum(values) / len(values) if values else None

    rows = [row for session in shares.values() for row in session]
    critical = [session[LABELS.index(Label.CRITICISM)] for session in shares.values()]
    return {
        "sessions": len(shares),
        "share_error": {
            str(label): mean([abs(s[i][0] - s[i][1]) for s in shares.values()]) for i, label in enumerate(LABELS)
        },
        "estimate_error": {
            str(label): mean([abs(s[i][0] - s[i][2]) for s in shares.values()]) for i, label in enumerate(LABELS)
        },
        "coverage": mean([low <= truth <= high for truth, _, _, low, high in rows]),
        "coverage_by_label": {
            str(label): mean([s[i][3] <= s[i][0] <= s[i][4] for s in shares.values()]) for i, label in enumerate(LABELS)
        },
        "coverage_criticism_present": mean([low <= t <= high for t, _, _, low, high in critical if t > 0]),
        "interval_width": mean([high - low for _, _, _, low, high in rows]),
        "interval_score": mean([interval_score(truth, low, high) for truth, _, _, low, high in rows]),
    }
