"""CSV and TSV with whatever names their columns have, several transcripts in one file, and our own reports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.errors import InputError
from analyzer.readers.cells import REPORT_HEADER, restore
from analyzer.readers.cues import Cue, Skipped, clean_plain, seconds, session_of
from analyzer.readers.source import Source
from analyzer.session import ROLES, Role, Session

name = "table"
title = "CSV, TSV and Excel text"
suffixes = (".csv", ".tsv", ".tab")

_SYNONYMS = {
    "text": ("text", "utterance_text", "utterance", "words", "transcript", "transcription", "content", "sentence", "message", "speech"),
    "speaker": ("speaker", "speaker_name", "interlocutor", "name", "who", "participant", "person", "voice", "type", "speaker_label"),
    "role": ("role", "speaker_role"),
    "start": ("start", "start_time", "starttime", "begin", "from", "timestamp", "time", "onset"),
    "end": ("end", "end_time", "endtime", "to", "stop", "offset"),
    "session": ("transcript_id", "session", "session_id", "conversation_id", "file"),
}  # fmt: skip
_MILLISECONDS = re.compile(r"\d{4,}")
_MOST_TITLE_ROWS = 10


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a table keeps what: the header's row and, for each of our names, the column."""

    row: int
    columns: dict[str, int]
    ours: bool


def sniff(source: Source) -> float:
    """Tell how surely the source is a table of turns."""
    head = "\n".join(source.text.split("\n", _MOST_TITLE_ROWS)[:_MOST_TITLE_ROWS])
    rows = _rows(head[:100_000], _delimiter(head))
    return 0.8 if _layout(rows) else 0.0


def read(source: Source) -> list[Session]:
    """Read a table; one session for each id where it has several."""
    rows = _rows(source.text, _delimiter(source.text[:20_000]))
    layout = _layout(rows[:_MOST_TITLE_ROWS])
    if layout is None:
        raise InputError(f"{source.name}: no column for the spoken words was found in the first lines")
    skipped = Skipped()
    sessions: dict[str, list[Cue]] = {}
    for number, row in enumerate(rows[layout.row + 1 :], layout.row + 2):
        cells = {key: row[column].strip() if column < len(row) else "" for key, column in layout.columns.items()}
        if layout.ours:
            cells |= {key: restore(cells[key]) for key in ("session", "speaker", "text")}
        words = cells["text"] if layout.ours else clean_plain(cells["text"])
        if not words:
            if any(cell.strip() for cell in row):
                skipped.add("a row without words was left out", f"row {number}")
            continue
        cue = Cue(
            " ".join(words.split()),
            cells.get("speaker") or cells.get("role") or None,
            _time(cells.get("start", ""), skipped, number),
            _time(cells.get("end", ""), skipped, number),
            _role(cells),
        )
        sessions.setdefault(cells.get("session", ""), []).append(cue)
    if not sessions:
        raise InputError(f"{source.name}: the table holds no spoken words")
    several = len(sessions) > 1
    return [
        session_of(source, cues, skipped, id=key if key and (several or layout.ours) else None)
        for key, cues in sessions.items()
    ]


def _delimiter(text: str) -> str:
    first = next((line for line in text.split("\n") if sum(line.count(d) for d in ",;\t") > 0), "")
    return max("\t;,", key=lambda mark: (first.count(mark), mark == ","))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(10_000_000)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"the table cannot be read: {error}") from None


def _layout(rows: Sequence[Sequence[str]]) -> _Layout | None:
    for number, row in enumerate(rows):
        names = [re.sub(r"[\s-]+", "_", cell.strip().lower().lstrip("\ufeff")) for cell in row]
        if tuple(names) == REPORT_HEADER:
            wanted = ("session", "speaker", "role", "start", "end", "text", "turn")
            return _Layout(number, {key: names.index(key) for key in wanted}, ours=True)
        columns = {
            key: names.index(found)
            for key, synonyms in _SYNONYMS.items()
            if (found := next((word for word in synonyms if word in names), None))
        }
        if "text" in columns and len(columns) > 1 and len(names) > 1:
            return _Layout(number, columns, ours=False)
    return None


def _time(cell: str, skipped: Skipped, row: int) -> float | None:
    if not cell:
        return None
    found = seconds(cell)
    if found is None:
        skipped.add("a time that cannot be read was left out", f"row {row}")
    return found


def _role(cells: dict[str, str]) -> Role | None:
    for key in ("role", "speaker"):
        value = cells.get(key, "").lower()
        if key == "role" or value in ("therapist", "client"):
            for role in ROLES:
                if value == role:
                    return role
    return None
