"""Word documents: "Name: words" in paragraphs, Teams' two forms, and tables."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from analyzer.errors import InputError
from analyzer.readers import text
from analyzer.readers.archives import archive_score, check_unpacked
from analyzer.readers.pages import lines_of_rows, with_bold_start
from analyzer.readers.source import Source
from analyzer.session import Session

name = "docx"
title = "Word document (DOCX)"
suffixes = (".docx",)

_PART = "word/document.xml"
_TEAMS_HEAD = re.compile(r"^(.{1,80}?)\s{2,4}((?:\d{1,2}:)?\d{1,2}:\d{2})$")
_TIMING = re.compile(r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:\.\d{1,3})?\s*-->\s*(?:\d{1,2}:)?\d{1,2}:\d{2}(?:\.\d{1,3})?")
_NOTICE = re.compile(r".{1,80} (?:started|stopped) transcription")


def sniff(source: Source) -> float:
    """Tell how surely the source is a Word document."""
    if source.data[:4] == b"\xd0\xcf\x11\xe0" and source.suffix in (".doc", ".docx"):
        return 1.0
    return archive_score(source, _PART, ".docx")


def read(source: Source) -> list[Session]:
    """Read a document through the layouts of plain text."""
    import docx

    if source.data[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError(f"{source.name}: is an old .doc or is locked by a password; save it as .docx without one")
    check_unpacked(source)
    try:
        document = docx.Document(io.BytesIO(source.data))
    except Exception as error:
        raise InputError(f"{source.name}: the document is damaged ({type(error).__name__})") from None
    lines = list(_lines(document))
    if not any(line.strip() for line in lines):
        raise InputError(f"{source.name}: the document holds no text")
    return [text.read_lines(source, lines)]


def _lines(document: object) -> Iterator[str]:
    """Yield the document's lines in their order, tables as "speaker: words" and Teams' headings with their time."""
    from docx.table import Table

    pending: str | None = None
    for block in _blocks(document.element.body, document):  # type: ignore[attr-defined]
        if isinstance(block, Table):
            yield from lines_of_rows([[_cell(cell) for cell in row.cells] for row in block.rows])
            continue
        for line in _paragraph(block).split("\n"):
            timing = _TIMING.fullmatch(line.strip())
            if timing:
                pending = timing[0]
            elif pending is not None and line.strip():
                # Teams' older form: a paragraph with the times, one with the name, one with the words.
                yield f"{line.strip()}  {pending}"
                pending = None
            elif not _NOTICE.fullmatch(line.strip()):
                head = _TEAMS_HEAD.match(line.strip())
                yield f"{head[1]}  {head[2]}" if head else line


def _blocks(parent: Any, document: object) -> Iterator[Any]:
    """Yield paragraphs and tables in their order, those in content controls and tracked insertions too."""
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for child in parent:
        kind = str(child.tag).rpartition("}")[2]
        if kind == "p":
            yield Paragraph(child, document)  # type: ignore[arg-type]
        elif kind == "tbl":
            yield Table(child, document)  # type: ignore[arg-type]
        elif kind in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag"):
            yield from _blocks(child, document)


def _paragraph(block: Any) -> str:
    """Return a paragraph's text, a beginning in bold set apart from the rest."""
    runs = list(_runs(block))
    bold = ""
    for run in runs:
        if not run.bold and run.text.strip():
            break
        bold += run.text
    whole = "".join(run.text for run in runs)
    return with_bold_start(bold, whole[len(bold) :]) if bold.strip() else whole


def _cell(cell: Any) -> str:
    from docx.text.paragraph import Paragraph

    paragraphs = (Paragraph(p, cell) for p in cell._tc.xpath(".//w:p"))
    return "\n".join("".join(run.text for run in _runs(paragraph)) for paragraph in paragraphs)


def _runs(block: Any) -> Iterator[Any]:
    """Yield the runs of a paragraph, those in links and tracked insertions too, none that were deleted."""
    from docx.text.run import Run

    gone = "ancestor::w:del or ancestor::w:moveFrom or ancestor::w:txbxContent"
    for run in block._p.xpath(f".//w:r[not({gone})]"):
        yield Run(run, block)
