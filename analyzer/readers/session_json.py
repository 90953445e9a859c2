"""The project's own session JSON, one object or one a line."""

from __future__ import annotations

from analyzer.errors import InputError
from analyzer.readers.source import Source
from analyzer.session import FORMAT, Session, load_session, session_from_json

name = "session"
title = "Session JSON (session/1)"
suffixes = (".json", ".jsonl")

_MARK = '"format"'


def sniff(source: Source) -> float:
    """Tell how surely the source is session JSON."""
    head = source.text[:2000] + source.text[-2000:]
    return 1.0 if source.text.lstrip().startswith("{") and _MARK in head and FORMAT in head.replace("\\/", "/") else 0.0


def read(source: Source) -> list[Session]:
    """Read one session, or one from each line; labels of the input are dropped."""
    lines = [(number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip()]
    each = all(line.lstrip().startswith("{") for _, line in lines)
    if len(lines) > 1 and each and lines[0][1].rstrip().endswith("}"):
        sessions = [load_session(line, name=f"{source.name}: line {number}") for number, line in lines]
    else:
        sessions = [session_from_json(source.json, name=source.name)]
    named = [s if s.id != source.name else Session(source.stem, s.turns, extra=s.extra) for s in sessions]
    for session in named:
        if not any(turn.text.strip() for turn in session.turns):
            raise InputError(f"{source.name}: the session holds no spoken words")
    return [session.with_notices(*source.notices) for session in named]
