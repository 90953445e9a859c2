"""Two models on the same reviewed sessions: what a swap would change. Nothing is swapped here."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.training.data import load_folders
from analyzer.training.evaluate import Pair, f1_scores, without_labels

if TYPE_CHECKING:
    from analyzer.pipeline import Pipeline

RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled utterance: whose, which, what people settled on, and for each model its label and flag."""

    session: str
    number: int
    truth: Label
    old: Label
    new: Label
    old_flag: bool
    new_flag: bool


def compare(old: Pipeline, new: Pipeline, data: Path) -> dict[str, Any]:
    """Judge two models on labelled sessions that neither was trained on.

    Args:
        old: the model in use.
        new: the one that might follow it.
        data: what ``analyzer corpus export-reviews`` wrote (its held-out sessions are used, no others), or a folder of
            labelled session JSON.

    Returns:
        sessions, utterances; for each label support and F1 of both with the difference and its 95 % interval by
        session (None with a single session); macro_f1 likewise; mcnemar (counts of utterances that only one model has
        right, exact two-sided p, McNemar 1947); flags that appear and that go, each with session, number and label.

    Raises:
        InputError: where there are no labels.
    """
    cases = _cases(old, new, data / "held_out" if (data / "held_out").is_dir() else data)
    sessions = sorted({case.session for case in cases})
    groups = [[case for case in cases if case.session == name] for name in sessions]
    return {
        "sessions": len(sessions),
        "utterances": len(cases),
        "labels": {
            str(label): _difference(groups, label) for label in LABELS if any(case.truth == label for case in cases)
        },
        "macro_f1": _difference(groups, None),
        "mcnemar": mcnemar(
            sum(case.old == case.truth != case.new for case in cases),
            sum(case.new == case.truth != case.old for case in cases),
        ),
        "flags_that_appear": [_told(case) for case in cases if case.new_flag and not case.old_flag],
        "flags_that_go": [_told(case) for case in cases if case.old_flag and not case.new_flag],
    }


def mcnemar(only_old: int, only_new: int) -> dict[str, Any]:
    """Return the two counts and the exact two-sided p of McNemar's test; 1 where nothing differs."""
    total = only_old + only_new
    # At one half the binomial is symmetric: twice the smaller tail is the exact two-sided p.
    tail = sum(comb(total, k) for k in range(min(only_old, only_new) + 1))
    return {
        "only_old_right": only_old,
        "only_new_right": only_new,
        "p": min(1.0, 2 * tail / 2**total),
    }


def _cases(old: Pipeline, new: Pipeline, data: Path) -> list[Case]:
    from analyzer.pipeline import Options

    options = Options(accept_roles=True, force_language=True)
    cases: list[Case] = []
    for session in load_folders([data]):
        truth = [utterance.label for _, _, utterance in session.therapist_utterances()]
        if not any(truth):
            continue
        reports = [model.run(without_labels(session), options).session for model in (old, new)]
        found = [[utterance for _, _, utterance in report.therapist_utterances()] for report in reports]
        for number, (label, one, other) in enumerate(zip(truth, *found, strict=True), 1):
            if label is not None:
                mine, theirs = one.label or Label.OTHER, other.label or Label.OTHER
                cases.append(Case(session.id, number, label, mine, theirs, bool(one.flags), bool(other.flags)))
    if not cases:
        raise InputError(f"{data}: no session with labels on the therapist's utterances")
    return cases


def _difference(groups: Sequence[Sequence[Case]], label: Label | None) -> dict[str, Any]:
    cases = [case for group in groups for case in group]
    old, new = _f1(cases, label)
    interval = None
    if len(groups) > 1:
        rng = random.Random(0)  # noqa: S311 - a repeatable resampling, not a secret
        drawn = (
            _f1([c for group in rng.choices(groups, k=len(groups)) for c in group], label) for _ in range(RESAMPLES)
        )
        found = sorted(after - before for before, after in drawn)
        interval = [found[int(0.025 * RESAMPLES)], found[int(0.975 * RESAMPLES)]]
    support = len(cases) if label is None else sum(case.truth == label for case in cases)
    return {"support": support, "old": old, "new": new, "difference": new - old, "interval": interval}


def _f1(cases: Sequence[Case], label: Label | None) -> tuple[float, float]:
    found = []
    for new in (False, True):
        pairs: list[Pair] = [(case.truth, case.new if new else case.old, {}) for case in cases]
        scores, macro = f1_scores(pairs)
        found.append(macro if label is None else scores[label]["f1"])
    return found[0], found[1]


def _told(case: Case) -> dict[str, Any]:
    return {"session": case.session, "utterance": case.number, "settled": str(case.truth)}
