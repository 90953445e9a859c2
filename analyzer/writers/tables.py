"""Session JSON, and CSV that keeps a whole session: one row a turn."""

from __future__ import annotations

import csv
import io
import json

from analyzer.readers.cells import TURNS_HEADER, protect
from analyzer.session import Session, Utterance, session_to_json


def to_session(session: Session) -> bytes:
    """Write ``session/1`` on one line, so that several make JSON Lines."""
    # Half of a surrogate pair, which JSON may hold escaped, is no character of UTF-8: it stays escaped.
    return (json.dumps(session_to_json(session), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def to_csv(session: Session) -> bytes:
    """Write a row for each turn; spans of utterances and their labels as ``0-17:criticism 18-62``."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(TURNS_HEADER)
    for index, turn in enumerate(session.turns):
        spoken = None if turn.utterances is None else " ".join(map(_span, turn.utterances)) or "none"
        speaker = None if turn.speaker is None else f"'{turn.speaker}"
        times = [None if value is None else repr(value) for value in (turn.start, turn.end)]
        writer.writerow([protect(session.id), index, speaker, turn.role, *times, f"'{turn.text}", spoken])
    return out.getvalue().encode("utf-8", "replace")


def _span(utterance: Utterance) -> str:
    return f"{utterance.start}-{utterance.end}" + (f":{utterance.label}" if utterance.label else "")
