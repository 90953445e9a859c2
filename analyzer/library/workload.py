"""Ten-minute calibration: thirty utterances labelled, and a threshold for the workload that a site can bear."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select

from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.tables import Drawn, Kept, Person, Spoken

ITEMS = 30
EDGES = (0.5, 0.2, 0.08, 0.02, 0.0)
"""Lower edges of the strata of P(criticism); each gives as many items as the others, where it has them."""
MOST_SESSIONS = 200
"""So many sessions, drawn by chance, are drawn from."""
LEAST_CRITICISMS = 10
"""Fewer found give no recall (our choice: with nine, the interval is wider than half the scale)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A threshold and what it means for this site.

    Attributes:
        threshold: of P(criticism).
        cards: flagged a session, on average over the library, with as many unsure ones as there may be.
        found: criticisms among the labelled utterances.
        recall: share of the criticisms that the threshold would flag; None under ten criticisms.
    """

    threshold: float
    cards: float
    found: int
    recall: float | None


def begin(library: Library, person: Person, rng: random.Random | None = None) -> int:
    """Draw the utterances for a supervisor; an earlier draw that was not finished is dropped.

    Returns:
        How many there are.

    Raises:
        InputError: where the person is no supervisor or the library holds too little.
    """
    if person.role != "supervisor":
        raise InputError("the calibration is a supervisor's")
    rng = rng or random.SystemRandom()
    with library.database.write() as transaction:
        transaction.execute(delete(Drawn).where(Drawn.person_id == person.id))
        names = sorted(transaction.scalars(select(Kept.id)))
        chosen = rng.sample(names, min(len(names), MOST_SESSIONS))
        strata: list[list[tuple[str, int]]] = [[] for _ in EDGES]
        inside = select(Spoken.session_id, Spoken.number, Spoken.criticism).where(Spoken.session_id.in_(chosen))
        for session, number, criticism in transaction.execute(inside):
            strata[next(i for i, edge in enumerate(EDGES) if criticism >= edge)].append((session, number))
        if sum(map(len, strata)) < ITEMS:
            raise InputError(f"the library holds fewer than {ITEMS} utterances; upload sessions first")
        takes = _takes([len(part) for part in strata])
        drawn: list[tuple[str, int, float]] = []
        for part, take in zip(strata, takes, strict=True):
            chance = len(chosen) / len(names) * take / len(part) if part else 0.0
            drawn += [(session, number, chance) for session, number in rng.sample(part, take)]
        rng.shuffle(drawn)
        for session, number, chance in drawn:
            transaction.add(Drawn(person_id=person.id, session_id=session, number=number, chance=chance))
        library.log(transaction, person, "calibrate", "begin")
    return len(drawn)


def _takes(sizes: Sequence[int]) -> list[int]:
    """Deal the items out evenly; what a small stratum cannot give, the others do."""
    takes = [0] * len(sizes)
    while sum(takes) < ITEMS:
        for index, size in enumerate(sizes):
            if takes[index] < size and sum(takes) < ITEMS:
                takes[index] += 1
    return takes


def following(library: Library, person: Person) -> tuple[Drawn | None, int, int]:
    """Return the next utterance to label (None at the end), how many are labelled, and how many there are."""
    with library.database.read() as transaction:
        drawn = list(transaction.scalars(select(Drawn).where(Drawn.person_id == person.id).order_by(Drawn.id)))
    left = [item for item in drawn if not item.label]
    return (left[0] if left else None), len(drawn) - len(left), len(drawn)


def label_drawn(library: Library, person: Person, item: int, label: str) -> None:
    """Write down the label of a drawn utterance.

    Raises:
        InputError: where it is not this person's, or the label is none.
    """
    if label not in LABELS:
        raise InputError(f"{label[:30]}: no label of the codebook")
    with library.database.write() as transaction:
        found = transaction.get(Drawn, item)
        if found is None or found.person_id != person.id:
            raise InputError("no such utterance in your calibration")
        found.label = label


def point_for(library: Library, person: Person, cards: float) -> Point:
    """Return the lowest threshold with at most so many flagged utterances a session, and the recall to expect.

    The recall weighs each labelled utterance with the inverse of its chance of being drawn.

    Args:
        library: whose sessions tell how many a threshold flags.
        person: whose labels tell what is found.
        cards: a session, on average.

    Raises:
        InputError: where the library is empty or the number is not positive.
    """
    if cards <= 0:
        raise InputError("the workload is a number of cards above 0")
    with library.database.read() as transaction:
        sessions = transaction.scalar(select(func.count()).select_from(Kept)) or 0
        if not sessions:
            raise InputError("the library is empty")
        # Unsure flags come on top, one for every two of criticism at most (flags.py).
        most = int(cards * sessions * 2 / 3)
        ranked = select(Spoken.criticism).order_by(Spoken.criticism.desc())
        edge = list(transaction.scalars(ranked.limit(2).offset(max(0, most - 1))))
        joined = (
            select(Drawn.label, Drawn.chance, Spoken.criticism)
            .join(Spoken, (Spoken.session_id == Drawn.session_id) & (Spoken.number == Drawn.number))
            .where(Drawn.person_id == person.id, Drawn.label != "")
        )
        labelled = list(transaction.execute(joined))
        threshold = _threshold(edge, most)
        flagged = transaction.scalar(select(func.count()).select_from(Spoken).where(Spoken.criticism >= threshold)) or 0
    criticisms = [(1 / chance, value) for label, chance, value in labelled if label == "criticism"]
    recall = None
    if len(criticisms) >= LEAST_CRITICISMS:
        total = sum(weight for weight, _ in criticisms)
        recall = sum(weight for weight, value in criticisms if value >= threshold) / total
    return Point(threshold, 1.5 * flagged / sessions, len(criticisms), recall)


def _threshold(edge: Sequence[float], most: int) -> float:
    """Lie between the last utterance that is flagged and the first that is not; ties stay unflagged together."""
    if most < 1 or not edge:
        return 1.0
    if len(edge) == 1:
        return 0.0
    last, first_out = edge
    return (last + first_out) / 2 if last > first_out else min(1.0, last + 1e-9)


def adopt(library: Library, person: Person, threshold: float) -> None:
    """Make a threshold the site's, for sessions that are uploaded from now on.

    Raises:
        InputError: where the person is no supervisor, or the threshold not in (0, 1].
    """
    if person.role != "supervisor":
        raise InputError("the site's threshold is a supervisor's")
    if not 0 <= threshold <= 1:
        raise InputError("a threshold lies between 0 and 1")
    library.choose(person, "threshold", threshold)
