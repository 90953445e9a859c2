"""How far reviewers agree with the model and with each other, and how much criticism the flags missed.

Only blind decisions count, and each weighs as much as the utterances that it stands for: the inverse of its card's
chance of being drawn (Horvitz and Thompson 1952, theory). So the figures are for whole sessions, not for flagged cards.
Intervals come from drawing whole sessions with replacement (cluster bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.library import DEFAULTS, Library
from analyzer.library.access import opens
from analyzer.library.review import Standing, standings
from analyzer.library.tables import Card, Event, Kept, Person, Setting, Spoken

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_ITEMS = 50
LEAST_OF_LABEL = 5
"""Fewer blind items than these give counts, no kappa (our choice: below, an interval spans most of the scale)."""
MOST_SESSIONS = 200
"""So many of the latest sessions count, which keeps a page quick; more would hardly narrow an interval."""
MOST_OTHERS = 10
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
    draws = _draws(len(sessions), seed) if enough else None
    found = []
    for index, name in enumerate(["all", *map(str, LABELS)]):
        label = index - 1
        touched = [pair for pair in pairs if label < 0 or label in (pair.one, pair.two)]
        agreed = sum(pair.one == pair.two for pair in touched)
        table = tables if label < 0 else _one_against_rest(tables, label)
        if draws is None or (label >= 0 and len(touched) < LEAST_OF_LABEL):
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


def reviewers(library: Library, person: Person) -> list[str]:
    """Return the codes of those who labelled blind and whose agreement the person may see, sorted."""
    with library.database.read() as transaction:
        wanted = select(Person.code).where(
            Person.id.in_(select(Event.person_id).where(Event.blind.is_(True), Event.kind == "label"))
        )
        codes = sorted(transaction.scalars(wanted))
    if person.role == "supervisor":
        return codes
    return [code for code in codes if code == person.code]


def agreements(library: Library, person: Person, reviewer: str) -> list[Agreement]:
    """Return one reviewer's agreement with the model, then with those who share most cards.

    The reviewer's latest sessions count, at most MOST_SESSIONS. A trainee sees the own with the model. A supervisor
    sees everybody's in sessions that are open.

    Raises:
        InputError: where the person may not see this reviewer's.
    """
    if reviewer not in reviewers(library, person):
        raise InputError(f"{reviewer[:40]}: nobody of this code has labelled blind where you may see it")
    rows = _blind(library, person, reviewer=reviewer)
    own = {row.card: row for row in rows if row.code == reviewer}
    pairs = [Pair(row.session, 1 / row.chance, row.label, row.model) for row in own.values()]
    found = [Agreement(reviewer, "model", len({pair.session for pair in pairs}), kappas(pairs))] if pairs else []
    others: dict[str, list[Pair]] = {}
    for row in rows:
        if row.code != reviewer and row.card in own:
            pair = Pair(row.session, 1 / row.chance, own[row.card].label, row.label)
            others.setdefault(row.code, []).append(pair)
    most = sorted(others.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_OTHERS]
    for code, theirs in most:
        found.append(Agreement(reviewer, code, len({pair.session for pair in theirs}), kappas(theirs)))
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    """One blind decision: the card's id, session, kind, stratum and chance, whose it is, and the two labels' places."""

    card: int
    session: str
    kind: str
    stratum: int
    chance: float
    code: str
    label: int
    model: int


def _blind(library: Library, person: Person, *, trainee: str | None = None, reviewer: str | None = None) -> list[_Row]:
    """Return the blind decisions that a person may see, in the latest sessions of a trainee or of a reviewer."""
    places = {str(label): place for place, label in enumerate(LABELS)}
    rows: list[_Row] = []
    with library.database.read() as transaction:
        codes = {one.id: one.code for one in transaction.scalars(select(Person))}
        sessions = _sessions(library, transaction, person, trainee, reviewer)
        for start in range(0, len(sessions), 300):
            part = sessions[start : start + 300]
            said = (
                select(Event.card_id, Event.person_id, Event.kind, Event.label, Event.blind, Event.note)
                .where(Event.session_id.in_(part), Event.kind.in_(("label", "undo")))
                .order_by(Event.id)
            )
            if person.role == "trainee":
                said = said.where(Event.person_id == person.id)
            standing: dict[tuple[int, int], Standing] = standings(transaction.execute(said))
            joined = (
                select(Card.id, Card.session_id, Card.kind, Card.stratum, Card.chance, Spoken.label)
                .join(Spoken, (Spoken.session_id == Card.session_id) & (Spoken.number == Card.number))
                .where(Card.session_id.in_(part))
            )
            cards = {row.id: row for row in transaction.execute(joined)}
            for (card, who), found in standing.items():
                if found.label and found.blind:
                    on = cards[card]
                    label, model = places[found.label], places[on.label]
                    about = (card, on.session_id, on.kind, on.stratum, on.chance)
                    rows.append(_Row(*about, codes[who], label, model))
    return rows


def _sessions(
    library: Library, transaction: Transaction, person: Person, trainee: str | None, reviewer: str | None
) -> list[str]:
    """Return the latest sessions with blind labels whose judgements a person may see."""
    if person.role == "administrator":
        return []
    labelled = select(Event.session_id).where(Event.kind == "label", Event.blind.is_(True))
    if reviewer is not None:
        labelled = labelled.join(Person, Event.person_id == Person.id).where(Person.code == reviewer)
    wanted = (
        select(Kept.id, Kept.uploaded, Kept.handed_over, Kept.opened_early)
        .where(Kept.id.in_(labelled))
        .order_by(Kept.held.desc(), Kept.uploaded.desc(), Kept.id)
    )
    if person.role == "trainee":
        wanted = wanted.where(Kept.trainee_id == person.id)
    if trainee is not None:
        wanted = wanted.join(Person, Kept.trainee_id == Person.id).where(Person.code == trainee)
    setting = transaction.get(Setting, "open_after_days")
    days = DEFAULTS["open_after_days"] if setting is None else setting.value
    now = library.clock()
    found = [row.id for row in transaction.execute(wanted) if person.role == "trainee" or opens(row, days) <= now]
    return found[:MOST_SESSIONS]


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
    rows = [row for row in _blind(library, person, trainee=trainee) if row.kind == "sample"]
    # Of several reviewers of one card the supervisor's label counts, then the trainee's own.
    for row in sorted(rows, key=lambda row: (row.card, row.code == trainee)):
        first.setdefault(row.card, row)
    sessions: dict[str, list[_Row]] = {}
    for row in first.values():
        sessions.setdefault(row.session, []).append(row)
    single = {name: _missed_in(found) for name, found in sessions.items()}
    return _pooled(single.values(), seed), single


def _missed_in(rows: Sequence[_Row]) -> Missed:
    criticism = LABELS.index(Label.CRITICISM)
    strata: dict[int, list[_Row]] = {}
    for row in rows:
        strata.setdefault(row.stratum, []).append(row)
    estimate, bound, size = 0.0, 0.0, 0
    for part in strata.values():
        # The chance was cards over utterances of the stratum; looking at fewer cards weighs each one more.
        cards = len(part)
        utterances = max(cards, round(cards / part[0].chance)) if cards else 0
        found = sum(row.label == criticism for row in part)
        estimate += found / part[0].chance
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
