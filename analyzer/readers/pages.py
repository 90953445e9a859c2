"""What readers of written documents share: rows of a table as lines, and the names that stand in bold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.readers import table
from analyzer.readers.times import seconds

BOLD_GAP = "\t"
"""Between a name in bold and the words after it; a colon there would be taken for speech where it is no name."""

_TIME = re.compile(r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?!\w)")


def lines_of_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Turn a table of turns into lines ``[time] Name: words``.

    Args:
        rows: the cells; merged ones are repeated. A header is used where there is one, else the column with the most
            words is speech, one with times is the start, and the one with the fewest different cells is the speaker.
    """
    cells = [[" ".join(cell.split()) for cell in row] for row in rows]
    width = max((len(row) for row in cells), default=0)
    if width < 2:
        return [" ".join(row) for row in cells]
    known = table.columns_of(cells)
    if known is None:
        body, places = cells, table.guessed(cells, width)
    else:
        first, places = known
        body = cells[first + 1 :]
    return [line for row in body for line in _line(row, places)]


def _line(row: Sequence[str], places: dict[str, int]) -> list[str]:
    cell = {key: row[column] for key, column in places.items() if column < len(row)}
    speaker, words = cell.get("speaker", "").rstrip(":").strip(), cell.get("text", "")
    if len({part for part in row if part}) == 1 and words == speaker:
        return [words]  # one cell over the whole width: a title, or a note
    time = cell.get("start", "")
    mark = f"[{time}] " if time and seconds(time.strip("[]()")) is not None else ""
    return [f"{mark}{speaker}: {words}" if speaker else f"{mark}{words}"] if words else []


def with_bold_start(bold: str, rest: str) -> str:
    """Return a paragraph that begins in bold, the bold part set apart unless its own colon does that."""
    name, words = bold.strip(), rest.strip()
    marked = name.endswith(":") or words.startswith((":", "(", "-", "–", "—")) or _TIME.match(words)
    if not name or not words or marked or len(name) > 40:
        return bold + rest
    return name + BOLD_GAP + words
