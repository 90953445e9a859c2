"""Cards and decisions: what a reviewer is asked, in which order, and what was said."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.access import find, find_judged
from analyzer.library.tables import Card, CardKind, Document, Event, Kept, Person, Spoken

STRATA = ((0.2, 0.5), (0.3, 0.3), (0.5, 0.2))
"""Unflagged utterances by falling P(criticism): the part of them that makes a stratum, and its part of the sample (our
choice: half of the looks where a missed criticism is likeliest, some everywhere)."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A card to be: the number of its utterance, its kind and stratum, the chance of being drawn, its place."""

    number: int
    kind: CardKind
    stratum: int
    chance: float
    place: int


def draw_cards(
    utterances: Sequence[tuple[int, float, bool]], sample: int, rng: random.Random | None = None
) -> list[Drawing]:
    """Take every flagged utterance and a stratified sample of the others, in random order.

    Args:
        utterances: number, P(criticism) and whether it is flagged.
        sample: how many unflagged ones, where there are so many.
        rng: chance; by default the system's.
    """
    rng = rng or random.SystemRandom()
    rest = sorted((item for item in utterances if not item[2]), key=lambda item: (-item[1], item[0]))
    drawn: list[tuple[int, CardKind, int, float]] = [
        (number, "flagged", 0, 1.0) for number, _, flag in utterances if flag
    ]
    sizes = _sizes(len(rest), sample)
    start = 0
    for stratum, (size, take) in enumerate(sizes, 1):
        part = rest[start : start + size]
        start += size
        drawn += [(number, "sample", stratum, take / size) for number, _, _ in rng.sample(part, take)]
    rng.shuffle(drawn)
    return [Drawing(*card, place) for place, card in enumerate(drawn)]


def _sizes(count: int, sample: int) -> list[tuple[int, int]]:
    """Return size and sample of each stratum; what a small stratum cannot give, the others do."""
    sizes = [round(count * share) for share, _ in STRATA[:-1]]
    sizes.append(count - sum(sizes))
    takes = [min(size, round(sample * part)) for size, (_, part) in zip(sizes, STRATA, strict=True)]
    # Each stratum gives at least one: one that is never looked at could hide anything.
    takes = [max(take, min(size, 1)) if sample else 0 for take, size in zip(takes, sizes, strict=True)]
    for index in range(len(sizes)):
        takes[index] += max(0, min(sizes[index] - takes[index], sample - sum(takes)))
    return [(size, take) for size, take in zip(sizes, takes, strict=True) if size]


@dataclass(slots=True)
class Standing:
    """What one person has said of one card by now."""

    label: str = ""
    blind: bool = False
    skipped: bool = False
    discuss: bool = False
    comments: list[str] = field(default_factory=list)


def standings(events: Iterable[Any]) -> dict[tuple[int, int], Standing]:
    """Fold events (or rows with their columns), in their order, into what stands: by card and person."""
    found: dict[tuple[int, int], Standing] = {}
    for event in events:
        if event.card_id is None:
            continue
        standing = found.setdefault((event.card_id, event.person_id), Standing())
        match event.kind:
            case "label":
                standing.label, standing.blind, standing.skipped = event.label, event.blind, False
            case "undo":
                standing.label, standing.blind, standing.skipped = "", False, False
            case "skip":
                standing.skipped = True
            case "discuss":
                standing.discuss = not standing.discuss
            case "comment":
                standing.comments.append(event.note)
    return found


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a person is in a session's cards.

    Attributes:
        done: cards with a label.
        total: all cards.
        card: the next one; None at the end.
        last: the card of the latest label, which undo takes back; None where there is none.
        blind: whether a decision now counts as blind.
    """

    done: int
    total: int
    card: Card | None
    last: Card | None
    blind: bool


def queue(library: Library, person: Person, session: str) -> Queue:
    """Return the next card for a person; skipped ones come at the end.

    Raises:
        InputError: where there is no such session for this person.
    """
    with library.database.read() as transaction:
        kept = find(transaction, person, session)
        return _queue(transaction, person, kept)


def _queue(transaction: Transaction, person: Person, kept: Kept) -> Queue:
    cards = list(transaction.scalars(select(Card).where(Card.session_id == kept.id).order_by(Card.place)))
    events = _events(transaction, kept.id, person)
    found = standings(events)
    standing = {card.id: found.get((card.id, person.id), Standing()) for card in cards}
    left = [card for card in cards if not standing[card.id].label]
    left.sort(key=lambda card: (_skips(events, card.id), card.place))
    labelled = [
        event.card_id for event in events if event.kind == "label" and event.card_id and standing[event.card_id].label
    ]
    last = next((card for card in cards if labelled and card.id == labelled[-1]), None)
    return Queue(len(cards) - len(left), len(cards), left[0] if left else None, last, not _looked(events))


def _skips(events: Sequence[Event], card: int) -> int:
    """Return a number by which skipped cards come in the order of their last skip, after all others."""
    return max((event.id for event in events if event.card_id == card and event.kind == "skip"), default=0)


def _looked(events: Sequence[Event], card: int | None = None) -> bool:
    return any(event.kind == "looked" and event.card_id in (None, card) for event in events)


def _events(transaction: Transaction, session: str, person: Person | None = None) -> list[Event]:
    wanted = select(Event).where(Event.session_id == session).order_by(Event.id)
    return list(transaction.scalars(wanted if person is None else wanted.where(Event.person_id == person.id)))


def act(
    library: Library, person: Person, session: str, card: int, kind: str, *, label: str = "", note: str = ""
) -> None:
    """Write down what a person does with a card: label, undo, skip, comment, discuss, or looked (shown unblinded).

    A label is blind unless the person has seen the model's labels of this session, or this card's, before.

    Raises:
        InputError: where there is no such card for this person, the label is none, or a comment is empty.
    """
    if kind not in ("label", "undo", "skip", "comment", "discuss", "looked"):
        raise InputError(f"{kind[:20]}: no such action")
    if kind == "label" and label not in LABELS:
        raise InputError(f"{label[:30]}: no label of the codebook")
    if kind == "comment" and not note.strip():
        raise InputError("the comment is empty")
    with library.database.write() as transaction:
        kept = find(transaction, person, session)
        found = transaction.get(Card, card)
        if found is None or found.session_id != kept.id:
            raise InputError(f"{session[:40]}: no such card")
        events = _events(transaction, kept.id, person)
        standing = standings(events).get((card, person.id), Standing())
        if kind == "undo" and not standing.label:
            raise InputError("there is no decision to take back")
        # Who took a decision back after the model's label was shown is not blind any more.
        shown = _looked(events, card) or any(e.kind == "label" and e.card_id == card for e in events)
        transaction.add(
            Event(
                session_id=kept.id,
                card_id=card,
                person_id=person.id,
                at=library.clock(),
                kind=kind,
                label=label if kind == "label" else "",
                blind=kind == "label" and not shown,
                note=note.strip()[:4000] if kind == "comment" else "",
            )
        )
        library.log(transaction, person, kind, kept.id)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows before the decision: the words, what stood around them, the time in seconds."""

    card: int
    text: str
    before: tuple[tuple[str, str], ...]
    after: tuple[str, str] | None
    start: float | None
    within: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a card shows after the decision."""

    label: str
    probability: float
    criticism: float
    flagged: bool
    reason: str
    counterparts: tuple[dict[str, Any], ...]


def show(body: dict[str, Any], number: int, card: int = 0) -> Shown:
    """Return an utterance in its place: two turns before, its own turn around it, the client's line after.

    Args:
        body: the session/1 object.
        number: the therapist's Nth utterance, from 1.
        card: id, passed on.
    """
    turns = body["turns"]
    index, utterance = _place(turns, number)
    turn = turns[index]
    after = next(((t["speaker"] or "", t["text"]) for t in turns[index + 1 :] if t.get("role") == "client"), None)
    return Shown(
        card,
        turn["text"][utterance["start"] : utterance["end"]],
        tuple((t["speaker"] or "", t["text"]) for t in turns[max(0, index - 2) : index]),
        after,
        turn["start"],
        (turn["text"][: utterance["start"]], turn["text"][utterance["end"] :]),
    )


def judgement(body: dict[str, Any], number: int) -> Judgement:
    """Return what the model says of an utterance."""
    _, utterance = _place(body["turns"], number)
    chances = utterance["probabilities"]
    return Judgement(
        utterance["label"],
        chances[utterance["label"]],
        chances["criticism"],
        bool(utterance["flags"]),
        " ".join(flag["text"] for flag in utterance["flags"]),
        tuple((utterance.get("explanation") or {}).get("counterparts", ())),
    )


def _place(turns: list[dict[str, Any]], number: int) -> tuple[int, dict[str, Any]]:
    count = 0
    for index, turn in enumerate(turns):
        if turn.get("role") == "therapist":
            for utterance in turn.get("utterances") or ():
                count += 1
                if count == number:
                    return index, utterance
    raise InputError(f"the therapist has {count} utterances; there is no number {number}")


def show_card(library: Library, person: Person, session: str, card: Card) -> Shown:
    """Return what a card shows before the decision.

    Raises:
        InputError: where there is no such session for this person.
    """
    import json

    with library.database.read() as transaction:
        kept = find(transaction, person, session)
        return show(json.loads(transaction.get_one(Document, kept.id).body), card.number, card.id)


def reveal(library: Library, person: Person, session: str, card: int) -> tuple[Card, Shown, Judgement, Standing]:
    """Return a card with the model's judgement, after the person has decided or asked to see it.

    For a supervisor this is a judgement of one utterance that the supervisor has just labelled; the trainee's labels
    stay hidden until the session is open.

    Raises:
        InputError: where there is no such card, or the person has not decided yet.
    """
    import json

    with library.database.read() as transaction:
        kept = find(transaction, person, session)
        found = transaction.get(Card, card)
        events = _events(transaction, kept.id, person)
        standing = standings(events).get((card, person.id), Standing())
        if found is None or found.session_id != kept.id or not (standing.label or _looked(events, card)):
            raise InputError("the model's label appears after your decision")
        if person.role == "supervisor":
            find_judged(library, transaction, person, session)
        body = json.loads(transaction.get_one(Document, kept.id).body)
    return found, show(body, found.number, card), judgement(body, found.number), standing


def spoken(library: Library, person: Person, session: str) -> list[Spoken]:
    """Return a session's utterances with the model's labels.

    Raises:
        InputError: where there is none for this person.
        ClosedError: where its judgements are not open to a supervisor yet.
    """
    with library.database.read() as transaction:
        kept = find_judged(library, transaction, person, session)
        return list(transaction.scalars(select(Spoken).where(Spoken.session_id == kept.id).order_by(Spoken.number)))
