"""CSV and TSV with whatever names their columns have, several transcripts in one file, and our own reports."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.errors import InputError
from analyzer.readers.cells import REPORT_HEADER, restore
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import LARGEST, Source
from analyzer.readers.times import seconds
from analyzer.readers.words import plain, single_spaced
from analyzer.session import ROLES, Role, Session, Turn, Utterance

name = "table"
title = "CSV, TSV and Excel text"
suffixes = (".csv", ".tsv", ".tab")

_SYNONYMS = {
    "text": ("text", "utterance_text", "utterance", "words", "transcript", "transcription", "content", "sentence",
             "message", "speech"),
    "speaker": ("speaker", "speaker_name", "interlocutor", "name", "who", "participant", "person", "voice", "type",
                "speaker_label"),
    "role": ("role", "speaker_role"),
    "start": ("start", "start_time", "starttime", "begin", "from", "timestamp", "time", "onset"),
    "end": ("end", "end_time", "endtime", "to", "stop", "offset"),
    "session": ("transcript_id", "session", "session_id", "conversation_id", "file"),
}  # fmt: skip
_MOST_TITLE_ROWS = 10


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a table keeps what: the header's row and, for each of our names, the column."""

    row: int
    columns: dict[str, int]
    ours: bool

    def cells(self, row: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row under our names, empty where it is too short."""
        cut = str if self.ours else str.strip
        return {key: cut(row[column]) if column < len(row) else "" for key, column in self.columns.items()}


def sniff(source: Source) -> float:
    """Tell how surely the source is a table of turns."""
    head = "\n".join(source.text.split("\n", _MOST_TITLE_ROWS)[:_MOST_TITLE_ROWS])
    rows = _rows(head[:100_000], _delimiter(head))
    return 0.8 if _layout(rows) else 0.0


def read(source: Source) -> list[Session]:
    """Read a table; one session for each id where it has several."""
    return read_rows(source, _rows(source.text, _delimiter(source.text[:20_000])))


def read_rows(source: Source, rows: Sequence[list[str]]) -> list[Session]:
    """Read the rows of a table, whatever file they come from.

    Raises:
        InputError: where no column holds spoken words.
    """
    layout = _layout(rows[:_MOST_TITLE_ROWS])
    if layout is None:
        raise InputError(f"{source.name}: no column for the spoken words was found in the first lines")
    body = list(enumerate(rows[layout.row + 1 :], layout.row + 2))
    return _report(source, layout, body) if layout.ours else _turns(source, layout, body)


def _turns(source: Source, layout: _Layout, rows: Sequence[tuple[int, list[str]]]) -> list[Session]:
    """Read a table of somebody else's making: a row is a cue."""
    skipped = Skipped()
    sessions: dict[str, list[Cue]] = {}
    for number, row in rows:
        cells = layout.cells(row)
        words = plain(cells["text"])
        if not words:
            if any(cell.strip() for cell in row):
                skipped.add("a row without words was left out", f"row {number}")
            continue
        cue = Cue(
            words,
            single_spaced(cells.get("speaker") or cells.get("role") or "") or None,
            _time(cells.get("start", ""), skipped, number),
            _time(cells.get("end", ""), skipped, number),
            _role(cells),
        )
        sessions.setdefault(cells.get("session", ""), []).append(cue)
    if not sessions:
        raise InputError(f"{source.name}: the table holds no spoken words")
    several = len(sessions) > 1
    return [session_of(source, cues, skipped, id=key if several else None) for key, cues in sessions.items()]


def _report(source: Source, layout: _Layout, rows: Sequence[tuple[int, list[str]]]) -> list[Session]:
    """Read a report of ours: the rows of one turn are its utterances, and their boundaries stay."""
    sessions: dict[str, dict[str, Turn]] = {}
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = layout.cells(row)
        words = restore(cells["text"])
        if not words.strip():
            continue
        role = _role(cells)
        if role is None and cells["role"]:
            raise InputError(
                f"{source.name}: row {number}: the role {cells['role'][:20]!r} is none of {', '.join(ROLES)}"
            )
        turns = sessions.setdefault(restore(cells["session"]), {})
        turn = turns.get(cells["turn"])
        text = words if turn is None else f"{turn.text} {words}"
        utterances = (turn.utterances or () if turn else ()) + (Utterance(len(text) - len(words), len(text)),)
        turns[cells["turn"]] = Turn(
            restore(cells["speaker"]) or None,
            text,
            role,
            seconds(cells["start"]),
            seconds(cells["end"]),
            utterances if role == "therapist" and cells["utterance"] else None,
        )
    if not sessions:
        raise InputError(f"{source.name}: the report holds no spoken words; was it made with --no-text?")
    return [Session(key or source.stem, tuple(turns.values()), source.notices) for key, turns in sessions.items()]


def _delimiter(text: str) -> str:
    first = next((line for line in text.split("\n") if sum(line.count(d) for d in ",;\t") > 0), "")
    return max("\t;,", key=lambda mark: (first.count(mark), mark == ","))


def _rows(text: str, delimiter: str) -> list[list[str]]:
    # A cell of any length that a file of the size we accept can hold.
    csv.field_size_limit(LARGEST)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"the table cannot be read: {error}") from None


def is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether one of the first rows names a column for the spoken words."""
    return _layout(rows[:_MOST_TITLE_ROWS]) is not None


def _layout(rows: Sequence[Sequence[str]]) -> _Layout | None:
    for number, row in enumerate(rows):
        names = [re.sub(r"[\s-]+", "_", cell.strip().lower().lstrip("\ufeff")) for cell in row]
        if tuple(names) == REPORT_HEADER:
            wanted = ("session", "speaker", "role", "start", "end", "text", "turn", "utterance")
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
    said = cells.get("role", "").lower()
    return next((role for role in ROLES if said == role), None)
