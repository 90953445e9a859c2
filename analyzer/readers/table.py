"""CSV and TSV with whatever names their columns have, several transcripts in one file, and our own reports."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.errors import InputError
from analyzer.readers.cells import REPORT_HEADER, TURNS_HEADER, restore
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import LARGEST, Reading, Source
from analyzer.readers.times import seconds
from analyzer.readers.words import single_spaced
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
    source.check_rows(len(rows))
    layout = _asked(source, rows) if source.reading.columns else _layout(rows[:_MOST_TITLE_ROWS])
    if layout is None:
        first = next((row for row in rows if sum(bool(cell.strip()) for cell in row) > 1), [])
        found = f"; its columns are: {', '.join(cell.strip()[:30] for cell in first[:20])}" if first else ""
        raise InputError(
            f"{source.name}: no column for the spoken words was found{found}; name them with "
            "--columns text=NAME,speaker=NAME,start=NAME"
        )
    body = list(enumerate(rows[layout.row + 1 :], layout.row + 2))
    if layout.ours and "utterances" in layout.columns:
        return [session.with_notices(*source.notices) for session in _converted(source, layout, body)]
    return _report(source, layout, body) if layout.ours else _turns(source, layout, body)


def _asked(source: Source, rows: Sequence[Sequence[str]]) -> _Layout:
    """Return the layout that a person names; the header is the first row that has all of these names."""
    wanted = {key: _bare(header) for key, header in source.reading.columns.items()}
    unknown = [key for key in wanted if key not in _SYNONYMS]
    if unknown or "text" not in wanted:
        what = f"{unknown[0]!r} is no column of ours" if unknown else "text is missing"
        raise InputError(
            f"--columns: {what}; give text=NAME and any of {', '.join(k for k in _SYNONYMS if k != 'text')}"
        )
    missing = ""
    for number, row in enumerate(rows[:_MOST_TITLE_ROWS]):
        names = [_bare(cell) for cell in row]
        absent = [header for key, header in source.reading.columns.items() if wanted[key] not in names]
        if not absent:
            return _Layout(number, {key: names.index(header) for key, header in wanted.items()}, ours=False)
        missing = missing or absent[0]
    raise InputError(f"{source.name}: --columns: no column is called {missing!r}")


def _bare(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().lower().lstrip("\ufeff"))


def _turns(source: Source, layout: _Layout, rows: Sequence[tuple[int, list[str]]]) -> list[Session]:
    """Read a table of somebody else's making: a row is a cue."""
    skipped = Skipped()
    unit = _unit(layout, rows)
    sessions: dict[str, list[Cue]] = {}
    for number, row in rows:
        cells = layout.cells(row)
        words = source.clean(cells["text"])
        if not words:
            if any(cell.strip() for cell in row):
                skipped.add("a row without words was left out", f"row {number}")
            continue
        cue = Cue(
            words,
            single_spaced(cells.get("speaker") or cells.get("role") or "") or None,
            _time(cells.get("start", ""), skipped, number, unit),
            _time(cells.get("end", ""), skipped, number, unit),
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


def _converted(source: Source, layout: _Layout, rows: Sequence[tuple[int, list[str]]]) -> list[Session]:
    """Read a table that ``analyzer convert`` wrote: a row a turn, nothing merged."""
    sessions: dict[str, list[Turn]] = {}
    for number, row in rows:
        cells = layout.cells(row)
        if not any(row):
            continue
        role = _role(cells)
        spans = _spans(cells["utterances"], len(restore(cells["text"])))
        if (role is None and cells["role"]) or spans is False:
            raise InputError(f"{source.name}: row {number}: the role or the spans of the utterances cannot be read")
        sessions.setdefault(restore(cells["session"]), []).append(
            Turn(
                restore(cells["speaker"]) if cells["speaker"] else None,
                restore(cells["text"]),
                role,
                _exact(cells["start"]),
                _exact(cells["end"]),
                spans,
            )
        )
    if not any(turn.text.strip() for turns in sessions.values() for turn in turns):
        raise InputError(f"{source.name}: the table holds no spoken words")
    return [Session(key or source.stem, tuple(turns)) for key, turns in sessions.items()]


def _exact(cell: str) -> float | None:
    """Return seconds as ``repr`` wrote them, to the last bit."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _spans(cell: str, length: int) -> tuple[Utterance, ...] | Literal[False] | None:
    """Return the utterances of a turn, None where it was not segmented, False where the cell is broken."""
    if not cell:
        return None
    found: list[Utterance] = []
    for part in cell.split() if cell != "none" else ():
        match = re.fullmatch(r"(\d{1,9})-(\d{1,9})(?::\w+)?", part)
        start, end = (int(match[1]), int(match[2])) if match else (1, 0)
        if not (found[-1].end if found else 0) <= start < end <= length:
            return False
        found.append(Utterance(start, end))
    return tuple(found)


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


def columns_of(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]] | None:
    """Return the header's row and our name of each known column, None where no row is a header."""
    layout = _layout(rows[:_MOST_TITLE_ROWS])
    return None if layout is None else (layout.row, layout.columns)


def is_table(rows: Sequence[Sequence[str]], reading: Reading) -> bool:
    """Tell whether one of the first rows names a column for the spoken words, or all columns that a person names."""
    first = rows[:_MOST_TITLE_ROWS]
    if not reading.columns:
        return _layout(first) is not None
    return any({_bare(name) for name in reading.columns.values()} <= {_bare(cell) for cell in row} for row in first)


def _layout(rows: Sequence[Sequence[str]]) -> _Layout | None:
    for number, row in enumerate(rows):
        names = [_bare(cell) for cell in row]
        if tuple(names) == TURNS_HEADER:
            return _Layout(number, {key: names.index(key) for key in names}, ours=True)
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


def _unit(layout: _Layout, rows: Sequence[tuple[int, list[str]]]) -> float:
    """Return how many of the column's units make a second: Whisper's tables count whole milliseconds.

    They have both a start and an end, whole numbers without a colon, and speech of seconds takes thousands.
    """
    pairs = [(c["start"], c["end"]) for _, row in rows if (c := layout.cells(row)).get("start") and c.get("end")]
    whole = pairs and all(a.isdecimal() and b.isdecimal() for a, b in pairs)
    if not whole or sum(int(b) - int(a) for a, b in pairs) < 200 * len(pairs):
        return 1.0
    return 1000.0


def _time(cell: str, skipped: Skipped, row: int, unit: float) -> float | None:
    if not cell:
        return None
    found = float(cell) if unit != 1 and len(cell) < 12 else seconds(cell)
    if found is None:
        skipped.add("a time that cannot be read was left out", f"row {row}")
        return None
    return found / unit


def _role(cells: dict[str, str]) -> Role | None:
    said = cells.get("role", "").lower()
    return next((role for role in ROLES if said == role), None)
