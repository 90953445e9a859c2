"""WebVTT, SRT and plain text."""

from __future__ import annotations

from analyzer.readers.words import single_spaced
from analyzer.session import Session, Turn
from analyzer.writers.timing import clock, spans

NOBODY = "Unknown speaker"
"""The name of a turn without a speaker, in forms where the turn would else belong to the speaker before."""


def to_vtt(session: Session) -> bytes:
    """Write a cue a turn, the speaker as voice, the role as the voice's class."""
    cues = []
    for turn, (start, end) in zip(session.turns, spans(session), strict=True):
        words = _escaped(single_spaced(turn.text))
        role = f".{turn.role}" if turn.role else ""
        voice = f"<v{role} {_escaped(_name(turn))}>" if turn.speaker else ""
        cues.append(f"{clock(start)} --> {clock(end)}\n{voice}{words}\n")
    return ("WEBVTT\n\n" + "\n".join(cues)).encode("utf-8", "replace")


def to_srt(session: Session) -> bytes:
    """Write a cue a turn, ``Name: words``."""
    cues = [
        f"{number}\n{clock(start, ',')} --> {clock(end, ',')}\n{_label(turn)}: {single_spaced(turn.text)}\n"
        for number, (turn, (start, end)) in enumerate(zip(session.turns, spans(session), strict=True), 1)
    ]
    return "\n".join(cues).encode("utf-8", "replace")


def to_text(session: Session) -> bytes:
    """Write a paragraph a turn, ``[time] Name: words``, the time where there is one."""
    lines = []
    for turn in session.turns:
        time = f"[{clock(turn.start)}] " if turn.start is not None else ""
        lines.append(f"{time}{_label(turn)}: {single_spaced(turn.text)}\n")
    return "\n".join(lines).encode("utf-8", "replace")


def _name(turn: Turn) -> str:
    return single_spaced(turn.speaker or NOBODY) or NOBODY


def _label(turn: Turn) -> str:
    return _name(turn).replace(":", " ").replace("[", "(").replace("]", ")")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
