"""Transcripts in poorer written forms, first of all as a recogniser without punctuation writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace

from analyzer.session import Session, Turn

Keep = Callable[[str, int], bool]
Case = Callable[[str], str]


def strip_session(session: Session) -> Session:
    """Return the session in lower case and without punctuation, its utterances moved along.

    Every character of a Unicode category P* is deleted, except an apostrophe or hyphen between letters; white space is
    joined. Utterances without anything left are dropped. Turns stay, so that the session has as many as before.
    """
    return replace(session, turns=tuple(restyle(turn, is_word_part, str.lower) for turn in session.turns))


def strip_text(text: str) -> str:
    """Return one text in that form."""
    return _rewrite(text, is_word_part, str.lower)[0]


def is_word_part(text: str, index: int) -> bool:
    """Tell whether a character is no punctuation, or an apostrophe or hyphen between letters."""
    if not is_punctuation(text[index]):
        return True
    inside = 0 < index < len(text) - 1 and text[index - 1].isalpha() and text[index + 1].isalpha()
    return inside and text[index] in "'’-"


def is_punctuation(character: str) -> bool:
    """Tell whether a character is of a Unicode category P*."""
    return unicodedata.category(character).startswith("P")


def restyle(turn: Turn, keep: Keep, case: Case) -> Turn:
    """Return a turn with other characters and case, its utterances moved along.

    Args:
        turn: with or without utterances.
        keep: whether the character of a text at an index stays; white space is joined and never asked for.
        case: what one character becomes (a text of any length but none).
    """
    text, places = _rewrite(turn.text, keep, case)
    if turn.utterances is None:
        return replace(turn, text=text)
    moved = []
    for utterance in turn.utterances:
        kept = [place for place in places[utterance.start : utterance.end] if place]
        if kept:
            moved.append(replace(utterance, start=kept[0][0], end=kept[-1][1]))
    return replace(turn, text=text, utterances=tuple(moved))


def _rewrite(text: str, keep: Keep, case: Case) -> tuple[str, list[tuple[int, int] | None]]:
    """Return the new text, and for each character of the old one its new span (None where it is gone)."""
    places: list[tuple[int, int] | None] = []
    blank = False
    pieces: list[str] = []
    length = 0
    for index, character in enumerate(text):
        if character.isspace():
            blank = length > 0
            places.append(None)
        elif not keep(text, index):
            places.append(None)
        else:
            if blank:
                pieces.append(" ")
                length += 1
                blank = False
            # A character may be longer in the other case (İ, ß).
            piece = case(character)
            places.append((length, length + len(piece)))
            pieces.append(piece)
            length += len(piece)
    return "".join(pieces), places
