"""Reports that say less: without spoken words, or with initials in place of names."""

from __future__ import annotations

import re
from dataclasses import replace

from analyzer.roles import read_name
from analyzer.session import Notice, Session, Turn, Utterance, Word
from analyzer.summary import SessionReport

_WORD = re.compile(r"[^\W\d_]+")
_NO_NAMES = frozenset("the and of my his her their speaker guest host unknown user person mr mrs ms miss dr".split())


def without_text(report: SessionReport) -> SessionReport:
    """Return the report without any spoken word: turns are empty, foreign keys are dropped.

    Utterances keep their offsets, so that lengths can still be seen, and their labels, probabilities and flags.
    """
    turns = tuple(
        replace(
            turn, text="", extra={}, utterances=None if turn.utterances is None else tuple(map(_bare, turn.utterances))
        )
        for turn in report.session.turns
    )
    return replace(report, session=replace(report.session, turns=turns, extra={}))


def _bare(utterance: Utterance) -> Utterance:
    return replace(utterance, explanation=None, extra={})


def with_initials(report: SessionReport) -> SessionReport:
    """Return the report with initials in place of the speakers' names: as speakers, in the text, the id and notices.

    Names of roles ("Therapist", "Mum") are no names and stay. Two people with the same initials get a number.
    """
    session = report.session
    names = list(dict.fromkeys(turn.speaker for turn in session.turns if turn.speaker))
    initials = _initials(names)
    pattern, table = _pattern(initials)

    def hide(text: str) -> str:
        return _replaced(text, pattern, table)

    turns = tuple(_hidden(turn, initials, pattern, table) for turn in session.turns)
    notices = tuple(Notice(hide(notice.where), hide(notice.text)) for notice in session.notices)
    summary = replace(
        report.summary,
        therapists=tuple(initials.get(name, name) for name in report.summary.therapists),
        clients=tuple(initials.get(name, name) for name in report.summary.clients),
    )
    return replace(
        report, session=Session(hide(session.id), turns, notices, session.role_confidence, {}), summary=summary
    )


def _initials(names: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    taken: dict[str, int] = {}
    for name in names:
        parts = [word for word in _WORD.findall(name) if _is_name(word)]
        if not parts:
            continue
        short = "".join(f"{part[0].upper()}." for part in parts)
        taken[short] = taken.get(short, 0) + 1
        found[name] = short if taken[short] == 1 else f"{short}{taken[short]}"
    return found


def _is_name(word: str) -> bool:
    """Tell whether a part of a speaker's label is a name, and not a role or a title."""
    return len(word) > 1 and word.lower() not in _NO_NAMES and read_name(word) is None


def _pattern(initials: dict[str, str]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """Build the search for whole names and their parts, longest first, and what each becomes."""
    table: dict[str, str] = {}
    for name, short in initials.items():
        table.setdefault(" ".join(name.lower().split()), short)
    for name in initials:
        for part in _WORD.findall(name):
            if _is_name(part):
                table.setdefault(part.lower(), f"{part[0].upper()}.")
    if not table:
        return None, table
    names = sorted(table, key=len, reverse=True)
    joined = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in names)
    return re.compile(rf"(?<![^\W_])(?:{joined})(?![^\W_])", re.IGNORECASE), table


def _replaced(text: str, pattern: re.Pattern[str] | None, table: dict[str, str]) -> str:
    if pattern is None:
        return text
    return pattern.sub(lambda found: table[" ".join(found[0].lower().split())], text)


def _hidden(turn: Turn, initials: dict[str, str], pattern: re.Pattern[str] | None, table: dict[str, str]) -> Turn:
    """Replace the names in a turn, utterance by utterance and in the gaps between them."""
    parts: list[str] = []
    moved: list[Utterance] = []
    last = length = 0
    for utterance in turn.utterances or ():
        gap = _replaced(turn.text[last : utterance.start], pattern, table)
        words = _replaced(turn.words_of(utterance), pattern, table)
        start = length + len(gap)
        length, last = start + len(words), utterance.end
        parts += [gap, words]
        explanation = utterance.explanation
        if explanation is not None:
            # A name in front of a word moves it.
            def moved_to(at: int, first: int = start, old: int = utterance.start) -> int:
                return first + len(_replaced(turn.text[old:at], pattern, table))

            kept = (Word(moved_to(word.start), moved_to(word.end), word.weight) for word in explanation.words)
            explanation = replace(explanation, words=tuple(kept))
        moved.append(replace(utterance, start=start, end=length, explanation=explanation, extra={}))
    return replace(
        turn,
        speaker=initials.get(turn.speaker or "", turn.speaker),
        text="".join([*parts, _replaced(turn.text[last:], pattern, table)]),
        utterances=None if turn.utterances is None else tuple(moved),
        extra={},
    )
