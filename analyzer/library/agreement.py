"""How far reviewers agree with the model and with each other, and how much criticism the flags missed.

Only blind decisions count, and each weighs as much as the utterances that it stands for: the inverse of its card's
chance of being drawn (Horvitz and Thompson 1952, theory). So the figures are for whole sessions, not for flagged cards.
Intervals come from drawing whole sessions with replacement (cluster bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from analyzer.labels import LABELS, Label
from analyzer.library import DEFAULTS, Library
from analyzer.library.access import opens
from analyzer.library.review import standings
from analyzer.library.tables import Card, Event, Kept, Person, Setting, Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_ITEMS = 50
LEAST_OF_LABEL = 5
"""Fewer blind items than these give counts, no kappa (our choice: below, an interval spans most of the scale)."""
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Pair:
    """One utterance with two labels: whose session it is in, what it weighs, and the two labels' places in LABELS."""

    session: str
    weight: float
    one: int
    two: int


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's kappa with its 95 % interval; both None where there are too few items, then the counts speak.

    Attributes:
        name: of the label, or "all".
        items: blind items; for a label those to which either gave it.
        agreed: of these, how many both labelled alike.
        value: kappa.
        interval: 95 %; None as well where there is a single session.
    """

    name: str
    items: int
    agreed: int
    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters: their codes (the model's is "model"), their sessions, and kappa for all labels and each."""

    one: str
    two: str
    sessions: int
    kappas: tuple[Kappa, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """Criticisms that the flags missed, from the unflagged cards.

    Attributes:
        sessions: reviewed blind, with at least one unflagged card.
        cards: unflagged cards looked at.
        found: of these, labelled criticism.
        utterances: unflagged utterances that they stand for.
        estimate: missed criticisms in these sessions; None before any card.
        interval: 95 % by session; None under two sessions.
        bound: of one session alone: at most so many, with 95 % confidence.
    """

    sessions: int
    cards: int
    found: int
    utterances: int
    estimate: float | None
    interval: tuple[float, float] | None
    bound: int | None


def kappas(pairs: Sequence[Pair], *, seed: int = 1) -> tuple[Kappa, ...]:
    """Return weighted kappa (Cohen 1960) over all labels, then for each label against the rest.

    Args:
        pairs: blind items only.
        seed: of the bootstrap.
    """
    import numpy as np

    sessions = sorted({pair.session for pair in pairs})
    place = {name: i for i, name in enumerate(sessions)}
    tables = np.zeros((len(sessions), len(LABELS), len(LABELS)))
    for pair in pairs:
        tables[place[pair.session], pair.one, pair.two] += pair.weight
    enough = len(pairs) >= LEAST_ITEMS
    draws = _draws(len(sessions), seed)
    found = []
    for index, name in enumerate(["all", *map(str, LABELS)]):
        label = index - 1
        touched = [pair for pair in pairs if label < 0 or label in (pair.one, pair.two)]
        agreed = sum(pair.one == pair.two for pair in touched)
        table = tables if label < 0 else _one_against_rest(tables, label)
        if not enough or (label >= 0 and len(touched) < LEAST_OF_LABEL):
            found.append(Kappa(name, len(touched), agreed, None, None))
            continue
        value = _kappa(table.sum(axis=0)[None])[0]
        spread = _kappa(np.tensordot(draws, table, axes=(1, 0)))
        spread = spread[np.isfinite(spread)]
        interval = None
        if len(sessions) > 1 and len(spread):
            interval = (float(np.quantile(spread, 0.025)), float(np.quantile(spread, 0.975)))
        found.append(Kappa(name, len(touched), agreed, float(value) if np.isfinite(value) else None, interval))
    return tuple(found)


def _draws(sessions: int, seed: int) -> NDArray[np.float64]:
    """Return how often each session is drawn in each resample, (RESAMPLES, sessions)."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return rng.multinomial(sessions, np.full(sessions, 1 / max(1, sessions)), size=RESAMPLES).astype(float)


def _one_against_rest(tables: NDArray[np.float64], label: int) -> NDArray[np.float64]:
    import numpy as np

    both = tables[:, label, label]
    one, two, total = tables[:, label, :].sum(1), tables[:, :, label].sum(1), tables.sum((1, 2))
    rows = [[both, one - both], [two - both, total - one - two + both]]
    return np.moveaxis(np.array(rows), 2, 0)


def _kappa(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    total = tables.sum((1, 2))
    observed = np.trace(tables, axis1=1, axis2=2) / total
    expected = (tables.sum(2) * tables.sum(1)).sum(1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
    return found


def agreements(library: Library, person: Person) -> list[Agreement]:
    """Return the agreement of each reviewer with the model, then of each two reviewers.

    A trainee sees the own with the model. A supervisor sees everybody's in sessions that are open.
    """
    rows = _blind(library, person)
    reviewers = sorted({row.code for row in rows})
    found = []
    for code in reviewers:
        pairs = [
            Pair(row.card.session_id, 1 / row.card.chance, row.label, row.model) for row in rows if row.code == code
        ]
        found.append(Agreement(code, "model", len({pair.session for pair in pairs}), kappas(pairs)))
    for one, two in combinations(reviewers, 2):
        theirs = {row.card.id: row.label for row in rows if row.code == two}
        pairs = [
            Pair(row.card.session_id, 1 / row.card.chance, row.label, theirs[row.card.id])
            for row in rows
            if row.code == one and row.card.id in theirs
        ]
        if pairs:
            found.append(Agreement(one, two, len({pair.session for pair in pairs}), kappas(pairs)))
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    card: Card
    code: str
    label: int
    model: int
    trainee: str


def _blind(library: Library, person: Person, trainee: str | None = None) -> list[_Row]:
    """Return the blind decisions that a person may see."""
    with library.database.read() as transaction:
        visible = _visible(library, transaction, person, trainee)
        wanted = select(Event).where(Event.kind.in_(("label", "undo"))).order_by(Event.id)
        wanted = wanted.where(Event.session_id.in_(select(Event.session_id).where(Event.blind.is_(True))))
        events = [event for event in transaction.scalars(wanted) if event.session_id in visible]
        if person.role == "trainee":
            events = [event for event in events if event.person_id == person.id]
        codes = {event.person_id: event.person.code for event in events}
        touched = sorted({event.session_id for event in events})
        cards: dict[int, tuple[Card, str]] = {}
        for start in range(0, len(touched), 500):
            joined = (
                select(Card, Spoken.label)
                .join(Spoken, (Spoken.session_id == Card.session_id) & (Spoken.number == Card.number))
                .where(Card.session_id.in_(touched[start : start + 500]))
            )
            cards |= {card.id: (card, label) for card, label in transaction.execute(joined)}
    rows = []
    for (card_id, person_id), standing in standings(events).items():
        if standing.label and standing.blind:
            card, model = cards[card_id]
            label = LABELS.index(Label(standing.label))
            rows.append(_Row(card, codes[person_id], label, LABELS.index(Label(model)), visible[card.session_id]))
    return rows


def _visible(library: Library, transaction: Transaction, person: Person, trainee: str | None) -> dict[str, str]:
    """Return the ids of the sessions whose judgements a person may see, with the trainees' codes."""
    if person.role == "administrator":
        return {}
    wanted = select(Kept.id, Kept.uploaded, Kept.handed_over, Kept.opened_early, Person.code, Kept.trainee_id).join(
        Person, Kept.trainee_id == Person.id
    )
    if person.role == "trainee":
        wanted = wanted.where(Kept.trainee_id == person.id)
    if trainee is not None:
        wanted = wanted.where(Person.code == trainee)
    setting = transaction.get(Setting, "open_after_days")
    days = DEFAULTS["open_after_days"] if setting is None else setting.value
    now = library.clock()
    return {
        row.id: row.code
        for row in transaction.execute(wanted)
        if person.role == "trainee" or opens(row, days) <= now  # type: ignore[arg-type]  # has the three moments
    }


def missed(library: Library, person: Person, trainee: str, *, seed: int = 1) -> tuple[Missed, dict[str, Missed]]:
    """Estimate how many criticisms the flags missed in a trainee's sessions.

    Each session's bound adds, stratum by stratum, an exact upper limit (Clopper and Pearson 1934, theory) at a level
    that makes them hold together. The estimate is pooled over sessions, for one alone has too few cards.

    Args:
        library: to look in.
        person: who asks.
        trainee: code.
        seed: of the bootstrap.

    Returns:
        The pooled estimate, and for each session its bound.
    """
    first: dict[int, _Row] = {}
    rows = [row for row in _blind(library, person, trainee) if row.card.kind == "sample"]
    # Of several reviewers of one card the supervisor's label counts, then the trainee's own.
    for row in sorted(rows, key=lambda row: (row.card.id, row.code == trainee)):
        first.setdefault(row.card.id, row)
    sessions: dict[str, list[_Row]] = {}
    for row in first.values():
        sessions.setdefault(row.card.session_id, []).append(row)
    single = {name: _missed_in(found) for name, found in sessions.items()}
    return _pooled(single.values(), seed), single


def _missed_in(rows: Sequence[_Row]) -> Missed:
    criticism = LABELS.index(Label.CRITICISM)
    strata: dict[int, list[_Row]] = {}
    for row in rows:
        strata.setdefault(row.card.stratum, []).append(row)
    estimate, bound, size = 0.0, 0.0, 0
    for part in strata.values():
        # The chance was cards over utterances of the stratum; looking at fewer cards weighs each one more.
        cards = len(part)
        utterances = max(cards, round(cards / part[0].card.chance)) if cards else 0
        found = sum(row.label == criticism for row in part)
        estimate += found / part[0].card.chance
        bound += utterances * upper_limit(found, cards, 0.05 / len(strata))
        size += utterances
    found = sum(row.label == criticism for row in rows)
    return Missed(1, len(rows), found, size, estimate, None, min(size, int(bound)))


def _pooled(parts: Iterable[Missed], seed: int) -> Missed:
    import numpy as np

    found = list(parts)
    if not found:
        return Missed(0, 0, 0, 0, None, None, None)
    estimates = np.array([part.estimate or 0.0 for part in found])
    sizes = np.array([part.utterances for part in found], dtype=float)
    interval = None
    if len(found) > 1:
        draws = _draws(len(found), seed)
        rates = (draws @ estimates) / (draws @ sizes) * sizes.sum()
        interval = (float(np.quantile(rates, 0.025)), float(np.quantile(rates, 0.975)))
    return Missed(
        len(found),
        sum(part.cards for part in found),
        sum(part.found for part in found),
        int(sizes.sum()),
        float(estimates.sum()),
        interval,
        None,
    )


def upper_limit(found: int, looked: int, level: float) -> float:
    """Return the exact one-sided upper limit of a share: ``found`` of ``looked``, wrong with chance ``level``.

    Solves the binomial tail by halving, so that no statistics library is needed at run time.
    """
    from math import comb

    if looked == 0 or found >= looked:
        return 1.0
    low, high = found / looked, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(comb(looked, k) * middle**k * (1 - middle) ** (looked - k) for k in range(found + 1))
        low, high = (middle, high) if tail > level else (low, middle)
    return high
