"""Transcripts as a recogniser without punctuation writes them."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from analyzer.session import Session, Turn


def strip_session(session: Session) -> Session:
    """Return the session in lower case and without punctuation, its utterances moved along.

    Every character of a Unicode category P* is deleted, except an apostrophe or hyphen between letters; white space is
    joined. Utterances without anything left are dropped.
    """
    return replace(session, turns=tuple(_strip_turn(turn) for turn in session.turns))


def strip_text(text: str) -> str:
    """Return one text in that form."""
    return _strip(text)[0]


def _strip_turn(turn: Turn) -> Turn:
    text, places = _strip(turn.text)
    if turn.utterances is None:
        return replace(turn, text=text)
    moved = []
    for utterance in turn.utterances:
        kept = [at for at in places[utterance.start : utterance.end] if at is not None]
        if kept:
            moved.append(replace(utterance, start=kept[0], end=kept[-1] + 1))
    return replace(turn, text=text, utterances=tuple(moved))


def _strip(text: str) -> tuple[str, list[int | None]]:
    """Return the stripped text, and for each character of the original its new place (None where it is gone)."""
    out: list[str] = []
    places: list[int | None] = []
    blank = False
    for index, character in enumerate(text):
        if character.isspace():
            blank = bool(out)
            places.append(None)
        elif unicodedata.category(character).startswith("P") and not _inside_word(text, index):
            places.append(None)
        else:
            if blank:
                out.append(" ")
                blank = False
            # One character may have two in lower case (İ); they stay together, the first is the place.
            places.append(len(out))
            out.extend(character.lower())
    return "".join(out), places


def _inside_word(text: str, index: int) -> bool:
    return (
        text[index] in "'’-" and 0 < index < len(text) - 1 and text[index - 1].isalpha() and text[index + 1].isalpha()
    )
