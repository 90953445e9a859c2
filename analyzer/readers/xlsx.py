"""Excel workbooks (XLSX): the first sheet that has a column for the spoken words."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterable
from typing import Any

from analyzer.errors import InputError
from analyzer.readers import table
from analyzer.readers.archives import archive_score, check_unpacked
from analyzer.readers.source import Source
from analyzer.session import Notice, Session

name = "xlsx"
title = "Excel workbook (XLSX)"
suffixes = (".xlsx",)


def sniff(source: Source) -> float:
    """Tell how surely the source is an Excel workbook."""
    return archive_score(source, "xl/workbook.xml", ".xlsx")


def read(source: Source) -> list[Session]:
    """Read a workbook like a table; further sheets are told of, not read."""
    import openpyxl

    check_unpacked(source)
    try:
        book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=True)
        sheets = {sheet.title: _rows(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    except Exception as error:
        raise InputError(f"{source.name}: the workbook is damaged ({type(error).__name__})") from None
    for number, (_, rows) in enumerate(sheets.items()):
        if table.is_table(rows, source.reading):
            others = [Notice(f"sheet {title}", "was not read") for title in list(sheets)[number + 1 :] if sheets[title]]
            # No bytes: what the rows came from is no text to decode.
            found = table.read_rows(Source(source.name, b"", source.reading), rows)
            return [session.with_notices(*others) for session in found]
    wanted = "the columns that --columns names" if source.reading.columns else "a column for the spoken words"
    raise InputError(f"{source.name}: no sheet has {wanted}; name them with --columns text=NAME,speaker=NAME")


def _rows(rows: Iterable[tuple[Any, ...]]) -> list[list[str]]:
    found = [[_text(value) for value in row] for row in rows]
    while found and not any(found[-1]):
        found.pop()
    return found


def _text(value: Any) -> str:
    """Return a cell as CSV would have it; a time of a clock in seconds, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        value = value.time()
    if isinstance(value, datetime.time):
        value = datetime.datetime.combine(datetime.date.min, value) - datetime.datetime.min
    if isinstance(value, datetime.timedelta):
        return f"{value.total_seconds():g}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
