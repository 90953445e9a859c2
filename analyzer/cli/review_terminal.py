"""The review in the terminal: the same queue, the same keys, the same order of things."""

from __future__ import annotations

import click

from analyzer.cli.common import printable
from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.access import ClosedError
from analyzer.library.review import Shown, act, queue, reveal, show_card
from analyzer.library.store import list_sessions
from analyzer.library.strengths import own_strength
from analyzer.library.tables import Card, Person
from analyzer.reports import view

KEYS = {label.style.key.lower(): str(label) for label in LABELS}
HELP = "  ".join(f"{key} {name.replace('_', ' ')}" for key, name in KEYS.items())
MORE = "u undo  s skip  d discuss  m comment  q stop"


def review_here(library: Library, person: Person, session: str | None) -> None:
    """Ask about one card after the other until the queue or the person has had enough.

    Raises:
        InputError: where there is no session with open cards.
    """
    name = session or _latest(library, person)
    while (where := queue(library, person, name)).card is not None:
        click.echo(f"\n{'─' * 60}\n{where.done} of {where.total} labelled{'' if where.blind else ' (not blind)'}")
        _print(show_card(library, person, name, where.card))
        library.record(person, "read card", name)
        click.echo(f"\n{HELP}\n{MORE}")
        if not _ask(library, person, name, where.card, where.last):
            click.echo("Stopped; you go on where you left.")
            return
    click.echo(f"All {where.total} cards are labelled. Hand over with: analyzer sessions hand-over {name}")


def _latest(library: Library, person: Person) -> str:
    found, _ = list_sessions(library, person)
    for item in found:
        if queue(library, person, item.id).card is not None:
            return item.id
    raise InputError("there is no session with cards left to label")


def _ask(library: Library, person: Person, name: str, card: Card, last: Card | None) -> bool:
    """Take one key and do what it says; tell whether to go on."""
    while True:
        key = click.getchar().lower()
        if key in ("q", "\x03", "\x04", "\x1b"):
            return False
        if key in KEYS:
            act(library, person, name, card.id, "label", label=KEYS[key])
            _answer(library, person, name, card)
            return True
        if key == "u" and last is not None:
            act(library, person, name, last.id, "undo")
            return True
        if key in ("s", "d"):
            act(library, person, name, card.id, "skip" if key == "s" else "discuss")
            click.echo("skipped" if key == "s" else "marked or unmarked for discussion")
            if key == "s":
                return True
        if key == "m" and (note := click.prompt("Comment", default="", show_default=False)).strip():
            act(library, person, name, card.id, "comment", note=note)


def _print(card: Shown) -> None:
    if card.start is not None:
        click.echo(view.clock(card.start))
    for speaker, text in card.before:
        click.echo(f"  {printable(speaker)}: {printable(text)}")
    before, after = (printable(part) for part in card.within)
    click.echo(f"> {before}[{click.style(printable(card.text), bold=True)}]{after}")
    if card.after:
        click.echo(f"  {printable(card.after[0])}: {printable(card.after[1])}")


def _answer(library: Library, person: Person, name: str, card: Card) -> None:
    try:
        _, _, judgement, standing = reveal(library, person, name, card.id)
    except ClosedError:
        return  # a supervisor before the session is open: no judgement yet
    said = f"You: {standing.label.replace('_', ' ')}. Model: {judgement.label.replace('_', ' ')}"
    click.echo(f"\n{said} ({view.percent(judgement.probability)}), criticism {view.percent(judgement.criticism)}.")
    if judgement.flagged:
        click.echo(judgement.reason)
        strength = own_strength(library, name, card.number)
        if strength:
            click.echo(f'A line of your own that comes near ({strength.held}): "{printable(strength.text)}"')
        elif judgement.counterparts:
            click.echo(f'How the same could be said: "{printable(judgement.counterparts[0]["text"])}"')
