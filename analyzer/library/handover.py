"""Whose turn it is: the trainee first, then the supervisor, with every step on record for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.access import find, find_judged, is_open
from analyzer.library.review import Standing, standings
from analyzer.library.tables import Card, Event, Kept, Person, Spoken

Status = Literal["not reviewed", "agreed", "open", "sent back", "settled"]
LEAST_REASON = 10
"""Characters of a reason that can be read later."""


@dataclass(frozen=True, slots=True)
class Item:
    """One card as trainee and supervisor see it once the session is open.

    Attributes:
        card: id.
        number: of the utterance.
        text: its words.
        model: the model's label.
        trainee: the trainee's label, empty before there is one.
        supervisors: labels of supervisors, by code.
        final: the adjudicated label, empty before there is one.
        status: where it stands.
        discuss: whether somebody wants to talk about it in supervision.
        history: every step, the oldest first.
    """

    card: int
    number: int
    text: str
    model: str
    trainee: str
    supervisors: dict[str, str]
    final: str
    status: Status
    discuss: bool
    history: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step on record: when, who, what, the label and the words that came with it."""

    at: datetime
    person: str
    kind: str
    label: str
    note: str


def hand_over(library: Library, person: Person, session: str) -> None:
    """Open a session to supervisors: the trainee has finished.

    Raises:
        InputError: where it is not this trainee's, or was handed over before.
    """
    with library.database.write() as transaction:
        kept = find(transaction, person, session)
        if person.role != "trainee":
            raise InputError("a session is handed over by its trainee")
        if kept.handed_over is not None:
            raise InputError(f"{kept.id}: was handed over before")
        kept.handed_over = library.clock()
        transaction.add(_event(library, kept, person, "hand_over"))
        library.log(transaction, person, "hand_over", kept.id)


def open_early(library: Library, person: Person, session: str, reason: str) -> None:
    """Open a session before its trainee hands it over; the trainee sees who did it and why.

    Raises:
        InputError: where the person is no supervisor, no reason is given, or the session is open.
    """
    with library.database.write() as transaction:
        kept = find(transaction, person, session)
        if person.role != "supervisor":
            raise InputError("only a supervisor opens a session early")
        if len(reason.strip()) < LEAST_REASON:
            raise InputError("opening early needs a written reason that the trainee will read")
        if is_open(library, transaction, kept):
            raise InputError(f"{kept.id}: is open")
        kept.opened_early = library.clock()
        transaction.add(_event(library, kept, person, "open_early", note=reason))
        library.log(transaction, person, "open_early", kept.id)


def send_back(library: Library, person: Person, session: str, card: int, note: str) -> None:
    """Give an item back to the trainee with a note.

    Raises:
        InputError: where the person is no supervisor, there is no such card, or the note is empty.
        ClosedError: where the session is not open yet.
    """
    if not note.strip():
        raise InputError("say in the note what the trainee should look at")
    _supervise(library, person, session, card, "send_back", note=note)


def adjudicate(library: Library, person: Person, session: str, card: int, label: str, note: str = "") -> None:
    """Settle an item with a final label.

    Raises:
        InputError: where the person is no supervisor, there is no such card, or the label is none.
        ClosedError: where the session is not open yet.
    """
    if label not in LABELS:
        raise InputError(f"{label[:30]}: no label of the codebook")
    _supervise(library, person, session, card, "adjudicate", label=label, note=note)


def _supervise(
    library: Library, person: Person, session: str, card: int, kind: str, *, label: str = "", note: str = ""
) -> None:
    with library.database.write() as transaction:
        kept = find_judged(library, transaction, person, session)
        if person.role != "supervisor":
            raise InputError("this is a supervisor's")
        found = transaction.get(Card, card)
        if found is None or found.session_id != kept.id:
            raise InputError(f"{session[:40]}: no such card")
        transaction.add(_event(library, kept, person, kind, card=card, label=label, note=note))
        library.log(transaction, person, kind, kept.id)


def _event(
    library: Library, kept: Kept, person: Person, kind: str, *, card: int | None = None, label: str = "", note: str = ""
) -> Event:
    return Event(
        session_id=kept.id,
        card_id=card,
        person_id=person.id,
        at=library.clock(),
        kind=kind,
        label=label,
        note=note.strip()[:4000],
    )


def items(library: Library, person: Person, session: str) -> list[Item]:
    """Return a session's cards with everything that was said of them, in the order of the session.

    The trainee sees the own decisions at once and the supervisors' as soon as the session is open.

    Raises:
        InputError: where there is no such session for this person.
        ClosedError: where a supervisor may not see it yet.
    """
    with library.database.read() as transaction:
        kept = find_judged(library, transaction, person, session)
        ready = is_open(library, transaction, kept)
        found = transaction.execute(
            select(Card, Spoken)
            .join(Spoken, (Spoken.session_id == Card.session_id) & (Spoken.number == Card.number))
            .where(Card.session_id == kept.id)
            .order_by(Card.number)
        )
        cards = [(card, spoken) for card, spoken in found]
        wanted = select(Event).where(Event.session_id == kept.id).order_by(Event.id)
        events = list(transaction.scalars(wanted))
    if not ready:
        events = [event for event in events if event.person_id == person.id]
    return [item_of(card, spoken, events, kept.trainee_id) for card, spoken in cards]


def item_of(card: Card, spoken: Spoken, events: Sequence[Event], trainee: int) -> Item:
    """Fold the events of one card into where it stands."""
    mine = [event for event in events if event.card_id == card.id]
    said = standings(mine)
    own = said.get((card.id, trainee), Standing()).label
    others = {
        event.person.code: said[card.id, event.person_id].label
        for event in mine
        if event.person_id != trainee and said[card.id, event.person_id].label
    }
    return Item(
        card.id,
        card.number,
        spoken.text,
        spoken.label,
        own,
        others,
        next((event.label for event in reversed(mine) if event.kind == "adjudicate"), ""),
        _status(mine, trainee, own, {spoken.label, *others.values()}),
        any(standing.discuss for standing in said.values()),
        tuple(Step(e.at, e.person.code, e.kind, e.label, e.note) for e in mine if e.kind != "looked"),
    )


def _status(events: Sequence[Event], trainee: int, own: str, others: set[str]) -> Status:
    steps = [
        e for e in events if e.kind in ("adjudicate", "send_back") or (e.kind == "label" and e.person_id == trainee)
    ]
    if steps and steps[-1].kind == "adjudicate":
        return "settled"
    if steps and steps[-1].kind == "send_back":
        return "sent back"
    if not own:
        return "not reviewed"
    return "agreed" if others <= {own} else "open"


def history(library: Library, person: Person, session: str) -> list[Step]:
    """Return the steps of the session as a whole (handed over, opened early), the oldest first.

    Raises:
        InputError: where there is no such session for this person.
    """
    with library.database.read() as transaction:
        kept = find(transaction, person, session)
        wanted = select(Event).where(
            Event.session_id == kept.id, Event.card_id.is_(None), Event.kind.in_(("hand_over", "open_early"))
        )
        return [
            Step(e.at, e.person.code, e.kind, e.label, e.note) for e in transaction.scalars(wanted.order_by(Event.id))
        ]
