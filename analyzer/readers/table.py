"""CSV and TSV with whatever names their columns have, several transcripts in one file, and our own reports."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analyzer.errors import InputError
from analyzer.readers.cells import REPORT_HEADER, TURNS_HEADER, restore
from analyzer.readers.cues import Cue, Skipped, from_midnight, session_of
from analyzer.readers.labels import is_role
from analyzer.readers.source import LARGEST, Reading, Source
from analyzer.readers.times import seconds
from analyzer.readers.words import single_spaced
from analyzer.roles import read_name
from analyzer.session import ROLES, Role, Session, Turn, Utterance

name = "table"
title = "CSV, TSV and Excel text"
suffixes = (".csv", ".tsv", ".tab")

_SYNONYMS = {
    "text": ("text", "utterance_text", "utterance", "utterances", "words", "transcript", "transcription", "content",
             "sentence", "message", "speech", "dialogue", "spoken_text", "transcript_text", "caption"),
    "speaker": ("speaker", "speaker_name", "interlocutor", "name", "who", "participant", "person", "voice", "type",
                "speaker_label", "speaker_id", "speakers", "talker"),
    "role": ("role", "speaker_role"),
    "start": ("start", "start_time", "starttime", "begin", "begin_time", "from", "timestamp", "time", "onset",
              "timecode", "start_s", "start_sec", "start_seconds", "start_ms"),
    "end": ("end", "end_time", "endtime", "to", "stop", "offset", "end_s", "end_sec", "end_seconds", "end_ms"),
    "session": ("transcript_id", "session", "session_id", "conversation_id", "file"),
    "utterance": ("utterance_id",),
}  # fmt: skip
_MOST_TITLE_ROWS = 10
_DATE = re.compile(r"(?:\d{4}-\d\d-\d\d[T ]|\d{1,2}[/.]\d{1,2}[/.]\d{4},? )|(?:Z|[+-]\d\d:\d\d)$")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a table keeps what: the header's row (-1: none) and width and, for each of our names, the column."""

    row: int
    columns: dict[str, int]
    ours: bool
    width: int = 0

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
    broken: list[int] = []
    delimiter = _delimiter(source.text[:20_000])
    rows = _rows(source.text, delimiter, broken)
    skipped = Skipped()
    for line in broken:
        skipped.add("a quotation mark that is never closed was left out", f"line {line}")
    return [session.with_notices(*skipped.notices()) for session in read_rows(source, rows, delimiter)]


def read_rows(source: Source, rows: Sequence[list[str]], delimiter: str | None = None) -> list[Session]:
    """Read the rows of a table, whatever file they come from.

    Args:
        source: the file.
        rows: its rows.
        delimiter: what stands between the cells, for words that hold one; None where cells are cells.

    Raises:
        InputError: where no column holds spoken words.
    """
    source.check_rows(len(rows))
    layout = _asked(source, rows) if source.reading.columns else _layout(rows[:_MOST_TITLE_ROWS])
    if layout is None and not source.reading.columns:
        layout = _without_header(rows)
    if layout is None:
        first = next((row for row in rows if sum(bool(cell.strip()) for cell in row) > 1), [])
        names = [" ".join(cell.split()) for cell in first[:20]]
        # Headings are short; a row of anything else may be what was said, and stays out of the message.
        short = all(len(name) <= 30 and len(name.split()) <= 3 for name in names)
        found = f"; its columns are: {', '.join(names)}" if names and short else ""
        raise InputError(
            f"{source.name}: no column for the spoken words was found{found}; name them with "
            "--columns text=NAME,speaker=NAME,start=NAME"
        )
    body = list(enumerate(rows[layout.row + 1 :], layout.row + 2))
    if layout.ours and "utterances" in layout.columns:
        return [session.with_notices(*source.notices) for session in _converted(source, layout, body)]
    return _report(source, layout, body) if layout.ours else _turns(source, layout, body, delimiter)


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
            return _Layout(number, {key: names.index(name) for key, name in wanted.items()}, False, _width(row))
        missing = missing or absent[0]
    raise InputError(f"{source.name}: --columns: no column is called {missing!r}")


def _bare(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().lower().lstrip("\ufeff"))


def _turns(
    source: Source, layout: _Layout, rows: Sequence[tuple[int, list[str]]], delimiter: str | None
) -> list[Session]:
    """Read a table of somebody else's making: a row is a cue."""
    skipped = Skipped()
    unit = _unit(layout, rows)
    sessions: dict[str, list[Cue]] = {}
    seen: set[tuple[str, ...]] = set()
    for number, row in rows:
        cells = layout.cells(row)
        if any(cell.strip() for cell in row[layout.width :]) and layout.width:
            if delimiter and layout.columns["text"] == layout.width - 1:
                cells["text"] = delimiter.join(row[layout.width - 1 :]).strip()
                skipped.add("cells beyond the header were taken for words", f"row {number}")
            else:
                skipped.add("cells beyond the header were left out", f"row {number}")
        if cells.get("utterance"):
            # A row for each annotator repeats the utterance.
            once = tuple(cells.get(key, "") for key in ("session", "utterance", "speaker", "text"))
            if once in seen:
                skipped.add("a row that repeats an utterance was left out", f"row {number}")
                continue
            seen.add(once)
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
    return [
        session_of(source, from_midnight(cues), skipped, id=key if several else None) for key, cues in sessions.items()
    ]


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


def _rows(text: str, delimiter: str, broken: list[int] | None = None) -> list[list[str]]:
    """Return the rows of a table; the numbers of lines whose quotation mark is never closed are added to ``broken``.

    Such a mark would swallow the rows below: the line is read once more without its marks.
    """
    # A cell of any length that a file of the size we accept can hold.
    csv.field_size_limit(max(LARGEST, len(text) + 1))
    lines = text.split("\n")
    rows: list[list[str]] = []
    first = 0
    while first < len(lines):
        reader = csv.reader((f"{lines[i]}\n" for i in range(first, len(lines))), delimiter=delimiter, strict=True)
        read = 0
        try:
            for row in reader:
                rows.append(row)
                read = reader.line_num
            break
        except csv.Error as error:
            start, several = first + read, reader.line_num - read > 1
            if several or "unexpected end" in str(error):
                if broken is not None:
                    broken.append(start + 1)
                rows += csv.reader([lines[start].replace('"', "")], delimiter=delimiter)
            else:
                rows += csv.reader([lines[start]], delimiter=delimiter)
            first = start + 1
    if rows and not rows[-1]:
        rows.pop()
    return rows


def columns_of(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]] | None:
    """Return the header's row and our name of each known column, None where no row is a header."""
    layout = _layout(rows[:_MOST_TITLE_ROWS])
    return None if layout is None else (layout.row, layout.columns)


def guessed(cells: Sequence[Sequence[str]], width: int) -> dict[str, int]:
    """Return our name of each column of a table without a header, by what is in it."""
    columns = [[row[i] for row in cells if i < len(row) and row[i]] for i in range(width)]
    timed = [i for i, column in enumerate(columns) if column and _share_of_times(column) > 0.6]
    rest = [i for i in range(width) if i not in timed and columns[i]]
    places = {"start": timed[0]} if timed else {}
    if rest:
        places["text"] = max(rest, key=lambda i: sum(len(cell) for cell in columns[i]))
        others = [i for i in rest if i != places["text"] and len(set(columns[i])) <= max(2, len(columns[i]) // 2)]
        if others:
            places["speaker"] = min(others, key=lambda i: len(set(columns[i])))
    return places


def _share_of_times(column: Sequence[str]) -> float:
    return sum(":" in cell and seconds(cell.strip("[]()")) is not None for cell in column) / len(column)


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
            return _Layout(number, columns, ours=False, width=_width(row))
    return None


def _without_header(rows: Sequence[Sequence[str]]) -> _Layout | None:
    """Return the layout of a table of nothing but words, or of one whose first row is a turn like the others."""
    numbers = [number for number, row in enumerate(rows) if any(cell.strip() for cell in row)]
    filled = [[cell.strip() for cell in rows[number]] for number in numbers]
    if filled and len(filled[0]) == 1:
        heads = _bare(filled[0][0]) in _SYNONYMS["text"]
        return _Layout(numbers[0], {"text": 0}, False, 1) if heads else None
    data = any(
        _share_of_times(column[:1]) or is_role(column[0]) or column[0] in column[1:]
        for column in zip(*filled, strict=False)
    )
    places = guessed(filled, len(_first(filled)))
    return _Layout(-1, places, ours=False) if data and {"text", "speaker"} <= places.keys() else None


def _first(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    return rows[0] if rows else ()


def _width(row: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)


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
    found = float(cell) if unit != 1 and len(cell) < 12 else seconds(_DATE.sub("", cell))
    if found is None:
        skipped.add("a time that cannot be read was left out", f"row {row}")
        return None
    return found / unit


def _role(cells: dict[str, str]) -> Role | None:
    said = cells.get("role", "").lower()
    reading = said if said in ROLES else read_name(said) if said else None
    return next((role for role in ROLES if reading == role), None)
