"""How well labelled sessions match what trained coders gave: the figures and names of the project's scorer."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.session import Session, Turn, Utterance
from analyzer.strip import strip_session
from analyzer.summary import LEAST_UTTERANCES, SessionReport
from analyzer.training.data import load_folders

if TYPE_CHECKING:
    from analyzer.pipeline import Pipeline

Pair = tuple[Label, Label, Mapping[Label, float]]
"""What coders said, what was found, and the probabilities behind it."""

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Scored:
    """One session: its pairs, boundary counts (hit, extra, missed), and the summary's shares."""

    pairs: list[Pair]
    boundaries: tuple[int, int, int]
    report: SessionReport


def score(gold: Sequence[Session], reports: Sequence[SessionReport], *, resamples: int = 500) -> dict[str, Any]:
    """Compare reports with the coders' labels.

    Every character of a gold utterance that is not white space takes the label of the found utterance that covers it;
    the gold utterance's found label is the one that covers most of it, ``other`` where nothing does.

    Args:
        gold: sessions with labels.
        reports: of the same sessions, in the same order, with the same turns.
        resamples: how often whole sessions are drawn for the interval of macro-F1.

    Returns:
        sessions, utterances, macro_f1, macro_f1_95, accuracy, labels (precision, recall, f1, support),
        criticism_average_precision, calibration_error, share_error, estimate_error, coverage, interval_width,
        interval_score, coverage_criticism_present, boundary_f1. None where nothing can be measured.
    """
    scored = [
        Scored(list(_align(one, report.session)), _boundaries(one, report.session), report)
        for one, report in zip(gold, reports, strict=True)
    ]
    pairs = [pair for item in scored for pair in item.pairs]
    per, macro = f1_scores(pairs)
    present = [label for label in LABELS if per[label]["support"]]
    hit, extra, missed = (sum(item.boundaries[i] for item in scored) for i in range(3))
    return {
        "sessions": len(scored),
        "utterances": len(pairs),
        "macro_f1": macro,
        "macro_f1_95": _resampled(scored, present, resamples),
        "accuracy": sum(truth == found for truth, found, _ in pairs) / len(pairs) if pairs else None,
        "labels": {str(label): per[label] for label in LABELS},
        "criticism_average_precision": average_precision(pairs, Label.CRITICISM),
        "calibration_error": calibration_error(pairs),
        **_shares([item for item in scored if len(item.pairs) >= LEAST_UTTERANCES]),
        "boundary_f1": 2 * hit / (2 * hit + extra + missed) if hit + extra + missed else None,
    }


def f1_scores(
    pairs: Sequence[Pair], present: Sequence[Label] | None = None
) -> tuple[dict[Label, dict[str, float]], float]:
    """Return precision, recall, F1 and support of each label, and the mean F1 over the labels that occur."""
    per = {}
    for label in LABELS:
        hit = sum(truth == found == label for truth, found, _ in pairs)
        called = sum(found == label for _, found, _ in pairs)
        support = sum(truth == label for truth, _, _ in pairs)
        precision, recall = (hit / called if called else 0.0), (hit / support if support else 0.0)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        per[label] = {"precision": precision, "recall": recall, "f1": f1, "support": support}
    counted = present if present is not None else [label for label in LABELS if per[label]["support"]]
    return per, sum(per[label]["f1"] for label in counted) / len(counted) if counted else 0.0


def average_precision(pairs: Sequence[Pair], label: Label) -> float | None:
    """Return the area under precision over recall when pairs are ranked by the label's probability."""
    total = sum(truth == label for truth, _, _ in pairs)
    if not total or not any(chances for _, _, chances in pairs):
        return None
    hit, area = 0, 0.0
    for rank, (truth, _, _) in enumerate(sorted(pairs, key=lambda pair: -pair[2].get(label, 0.0)), 1):
        if truth == label:
            hit += 1
            area += hit / rank
    return area / total


def calibration_error(pairs: Sequence[Pair], bins: int = 10) -> float | None:
    """Return the expected calibration error of the decisions' probabilities (Naeini et al. 2015, trial)."""
    cells: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for truth, found, chances in pairs:
        if chances:
            chance = chances.get(found, 0.0)
            cells[min(int(chance * bins), bins - 1)].append((chance, truth == found))
    total = sum(map(len, cells.values()))
    if not total:
        return None
    return sum(abs(sum(chance - right for chance, right in cell)) for cell in cells.values()) / total


def interval_score(truth: float, low: float, high: float) -> float:
    """Return the width of a 95 % interval plus its charge for missing the truth (Gneiting and Raftery 2007, proof)."""
    return high - low + 2 / ALPHA * (max(low - truth, 0.0) + max(truth - high, 0.0))


def _align(gold: Session, found: Session) -> Iterator[Pair]:
    for one, other in zip(gold.turns, found.turns, strict=True):
        for utterance in one.utterances or ():
            if utterance.label is not None:
                yield utterance.label, *_covering(one, utterance, other.utterances or ())


def _covering(turn: Turn, utterance: Utterance, found: Sequence[Utterance]) -> tuple[Label, Mapping[Label, float]]:
    cover: Counter[Label] = Counter()
    largest: dict[Label, tuple[int, Mapping[Label, float]]] = {}
    for other in found:
        low, high = max(utterance.start, other.start), min(utterance.end, other.end)
        size = sum(not character.isspace() for character in turn.text[low:high]) if high > low else 0
        if size and other.label is not None:
            cover[other.label] += size
            if size > largest.get(other.label, (0, {}))[0]:
                largest[other.label] = (size, other.probabilities or {})
    if not cover:
        return Label.OTHER, {}
    label = max(cover, key=lambda key: (cover[key], key))
    return label, largest[label][1]


def _boundaries(gold: Session, found: Session) -> tuple[int, int, int]:
    hit = extra = missed = 0
    for one, other in zip(gold.turns, found.turns, strict=True):
        if one.utterances:
            wanted = {utterance.start for utterance in one.utterances[1:]}
            got = {utterance.start for utterance in (other.utterances or ())[1:]}
            hit, extra, missed = hit + len(wanted & got), extra + len(got - wanted), missed + len(wanted - got)
    return hit, extra, missed


def _resampled(scored: Sequence[Scored], present: Sequence[Label], times: int) -> list[float] | None:
    rng = random.Random(0)  # noqa: S311 - a repeatable resampling, not a secret
    found = sorted(
        f1_scores([pair for item in rng.choices(scored, k=len(scored)) for pair in item.pairs], present)[1]
        for _ in range(times if scored else 0)
    )
    return [found[int(0.025 * len(found))], found[int(0.975 * len(found))]] if found else None


def _shares(scored: Sequence[Scored]) -> dict[str, Any]:
    raw: dict[str, list[float]] = defaultdict(list)
    corrected: dict[str, list[float]] = defaultdict(list)
    covered: list[bool] = []
    widths: list[float] = []
    charges: list[float] = []
    with_criticism: list[bool] = []
    for item in scored:
        for label in LABELS:
            truth = sum(pair[0] == label for pair in item.pairs) / len(item.pairs)
            raw[label].append(abs(truth - sum(pair[1] == label for pair in item.pairs) / len(item.pairs)))
            said = item.report.summary.labels[label]
            if said.estimate is not None:
                corrected[label].append(abs(truth - said.estimate))
            if said.interval is not None:
                low, high = said.interval
                covered.append(low <= truth <= high)
                widths.append(high - low)
                charges.append(interval_score(truth, low, high))
                if label == Label.CRITICISM and truth > 0:
                    with_criticism.append(covered[-1])
    return {
        "share_error": {label: _mean(values) for label, values in raw.items()},
        "estimate_error": {label: _mean(values) for label, values in corrected.items()},
        "coverage": _mean(covered),
        "interval_width": _mean(widths),
        "interval_score": _mean(charges),
        "coverage_criticism_present": _mean(with_criticism),
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def evaluate(pipeline: Pipeline, data: Path, *, gold_boundaries: bool = False, strip: bool = False) -> dict[str, Any]:
    """Analyse coded sessions and score the result.

    Args:
        pipeline: the model to judge.
        data: a folder of labelled session JSON, or one file.
        gold_boundaries: keep the coders' utterances; otherwise they are taken away before the analysis sees them.
        strip: write the sessions as a recogniser without punctuation would.

    Raises:
        InputError: where the data hold no labels, or a session cannot be analysed.
    """
    from analyzer.pipeline import Options, without_results

    options = Options(accept_roles=True, force_language=True)
    gold, reports = [], []
    for session in load_folders([data]):
        coded = strip_session(session) if strip else session
        if not any(utterance.label for _, _, utterance in coded.therapist_utterances()):
            continue
        blind = without_labels(coded) if gold_boundaries else without_results(coded)
        gold.append(coded)
        reports.append(pipeline.run(blind, options))
    if not gold:
        raise InputError(f"{data}: no session with labels on the therapist's utterances")
    return score(gold, reports)


def without_labels(session: Session) -> Session:
    """Return the session with its utterances' spans alone."""
    return replace(
        session,
        turns=tuple(
            replace(
                t, utterances=None if t.utterances is None else tuple(Utterance(u.start, u.end) for u in t.utterances)
            )
            for t in session.turns
        ),
    )
