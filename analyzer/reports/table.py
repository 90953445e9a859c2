"""The report as a table, one row an utterance: CSV and XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from analyzer.labels import LABELS
from analyzer.readers.cells import REPORT_HEADER, protect
from analyzer.session import Session, Turn, Utterance
from analyzer.summary import SessionReport

Cell = str | float | int | None
_WIDTHS = {"speaker": 16, "text": 80, "label": 22, "flags": 60, "session": 20}


def render_csv(report: SessionReport) -> bytes:
    """Return the table as CSV (RFC 4180), text cells neutralised."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(REPORT_HEADER)
    writer.writerows(rows(report.session))
    return out.getvalue().encode("utf-8", "replace")


def render_xlsx(report: SessionReport) -> bytes:
    """Return the table as a workbook; texts are string cells, never formulas."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("utterances")
    sheet.freeze_panes = "A2"
    for column, name in enumerate(REPORT_HEADER, 1):
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name, 12)

    def cell(value: Cell, *, bold: bool = False) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, value=None)
        if isinstance(value, str):
            made.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)[:32_767]
            made.data_type = "s"
            made.alignment = Alignment(wrap_text=True, vertical="top")
        else:
            made.value = value
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(name, bold=True) for name in REPORT_HEADER])
    for row in rows(report.session):
        sheet.append([cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(session: Session) -> Iterator[list[Cell]]:
    """Yield the table's rows; a turn of somebody else than the therapist is one row without a label."""
    for index, turn in enumerate(session.turns):
        if turn.role == "therapist" and turn.utterances:
            for number, utterance in enumerate(turn.utterances):
                yield [*_head(session, index, turn, number), protect(turn.words_of(utterance)), *_found(utterance)]
        else:
            yield [*_head(session, index, turn, None), protect(turn.text), *([None] * (len(LABELS) + 3))]


def _head(session: Session, index: int, turn: Turn, number: int | None) -> list[Cell]:
    return [protect(session.id), index, number, protect(turn.speaker or ""), turn.role or "", turn.start, turn.end]


def _found(utterance: Utterance) -> list[Cell]:
    chances = utterance.probabilities or {}
    return [
        str(utterance.label or ""),
        *(round(chances.get(label, 0.0), 4) for label in LABELS),
        "yes" if utterance.question else "no",
        protect("; ".join(f"{flag.reason}: {flag.text}" for flag in utterance.flags)),
    ]
