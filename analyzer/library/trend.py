"""A trainee's sessions in their order: shares with intervals, and what moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from analyzer.labels import LABELS, Label
from analyzer.library import Library
from analyzer.library.store import list_sessions
from analyzer.library.tables import Person


@dataclass(frozen=True, slots=True)
class Point:
    """One session: when, which, how many therapist utterances, and for each label count, estimate and interval.

    ``estimate`` and ``interval`` are None under 20 utterances.
    """

    session: str
    name: str
    held: date
    utterances: int
    counts: dict[Label, int]
    estimates: dict[Label, float | None]
    intervals: dict[Label, tuple[float, float] | None]


def trend(library: Library, person: Person, trainee: str, *, most: int = 100) -> list[Point]:
    """Return a trainee's sessions, the earliest first; those that the person may not see yet are left out.

    Args:
        library: to look in.
        person: who asks.
        trainee: code.
        most: the latest so many.
    """
    found, _ = list_sessions(library, person, trainee=trainee, most=most)
    points = [point_of(item.id, item.name, item.held, item.figures) for item in found if item.figures is not None]
    return points[::-1]


def point_of(session: str, name: str, held: date, summary: dict[str, Any]) -> Point:
    """Return the point of one session from its summary."""
    labels = {label: summary["labels"][str(label)] for label in LABELS}
    return Point(
        session,
        name,
        held,
        summary["utterances"],
        {label: part["count"] for label, part in labels.items()},
        {label: part["estimate"] for label, part in labels.items()},
        {label: tuple(part["interval"]) if part["interval"] else None for label, part in labels.items()},
    )


def overlap(one: tuple[float, float], two: tuple[float, float]) -> bool:
    """Tell whether two intervals have a point in common."""
    return one[0] <= two[1] and two[0] <= one[1]


def what_moved(points: Sequence[Point], label: Label) -> str:
    """Say in one line what changed between the first and the latest session, for one label.

    Where the intervals overlap no change is claimed. Where they do not, the line tells whether the count of the label
    (the numerator) or the number of utterances (the denominator) moved more, on a scale of ratios.
    """
    name = label.style.name
    shown = [point for point in points if point.intervals[label] is not None]
    if len(shown) < 2:
        return f"{name}: two sessions of at least 20 utterances are needed to compare."
    first, last = shown[0], shown[-1]
    before, after = first.intervals[label], last.intervals[label]
    assert before is not None  # noqa: S101 - shown has no others
    assert after is not None  # noqa: S101
    counts = ", ".join(f"{point.counts[label]} of {point.utterances} on {point.held}" for point in (first, last))
    if overlap(before, after):
        return f"{name}: {counts}; the intervals overlap, so no change can be told."
    numerator = abs(math.log((last.counts[label] + 0.5) / (first.counts[label] + 0.5)))
    denominator = abs(math.log(last.utterances / first.utterances))
    moved = "the number of these utterances" if numerator >= denominator else "the length of the session"
    direction = "higher" if after[0] > before[1] else "lower"
    return f"{name}: {direction} ({counts}); what moved most is {moved}."
