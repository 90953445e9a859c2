"""CHAT for CLAN: a line an utterance, labels on a tier of their own (%xlab)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.readers.words import single_spaced
from analyzer.session import Role, Session, Turn

_ROLES: dict[Role | None, str] = {
    "therapist": "Therapist",
    "client": "Participant",
    "other": "Unidentified",
    None: "Unidentified",
}
_MARKS = re.compile(r"[\[\]<>@&+^%*_{}|=~\"“”„‡()\x00-\x1f]|/(?=\W)")
_CODES = re.compile(r"(?<!\S)(?:xxx|yyy|www|0)(?!\S)")
"""Words that stand for something else in CHAT: not understood, not transcribed, a word left out."""

_ENDS = {".": ".", "?": "?", "!": "!", "…": "+...", "—": "+/."}


def to_chat(session: Session) -> bytes:
    """Write the session as CHAT; characters that are codes there become blanks."""
    codes = _codes(session)
    people = ", ".join(f"{code} {_word(speaker)} {_ROLES[role]}" for (speaker, role), code in codes.items())
    lines = ["@UTF8", "@Begin", "@Languages:\teng", f"@Participants:\t{people}"]
    lines += [f"@ID:\teng|analyzer|{code}|||||{_ROLES[role]}|||" for (_, role), code in codes.items()]
    for turn in session.turns:
        lines += _main_lines(turn, codes[turn.speaker, turn.role])
    return ("\n".join([*lines, "@End"]) + "\n").encode("utf-8", "replace")


def _codes(session: Session) -> dict[tuple[str | None, Role | None], str]:
    """Give each speaker three capitals: of the name where they are free, else numbered."""
    codes: dict[tuple[str | None, Role | None], str] = {}
    for turn in session.turns:
        if (turn.speaker, turn.role) not in codes:
            letters = re.sub(r"[^A-Za-z]", "", turn.speaker or "").upper()[:3]
            code = letters.ljust(3, "X") if letters else "UNK"
            number = 1
            while code in codes.values():
                number += 1
                code = f"{letters[:2] or 'S'}{number}"
            codes[turn.speaker, turn.role] = code
    return codes


def _main_lines(turn: Turn, code: str) -> list[str]:
    time = ""
    if turn.start is not None and turn.end is not None:
        time = f" \x15{round(turn.start * 1000)}_{round(turn.end * 1000)}\x15"
    lines = []
    for words, label in _parts(turn):
        clean = single_spaced(_MARKS.sub(" ", words))
        if not any(character.isalnum() for character in clean):
            continue
        end = _ENDS.get(clean[-1], ".")
        said = _CODES.sub(lambda found: "zero" if found[0] == "0" else found[0].upper(), clean.rstrip(".?!…—,;: "))
        lines.append(f"*{code}:\t{said} {end}{time}")
        if label:
            lines.append(f"%xlab:\t{label}")
    return lines


def _parts(turn: Turn) -> Iterator[tuple[str, str]]:
    """Yield the utterances of a turn with their labels, and the words between them without one."""
    last = 0
    for utterance in turn.utterances or ():
        yield turn.text[last : utterance.start], ""
        yield turn.words_of(utterance), str(utterance.label or "")
        last = utterance.end
    yield turn.text[last:], ""


def _word(name: str | None) -> str:
    return "_".join(re.findall(r"\w+", name or "Unknown")) or "Unknown"
