"""Word documents: "Name: words" in paragraphs, Teams' two forms, and tables."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from analyzer.errors import InputError
from analyzer.readers import text
from analyzer.readers.archives import archive_score, check_unpacked
from analyzer.readers.source import Source
from analyzer.session import Session

name = "docx"
title = "Word document (DOCX)"
suffixes = (".docx",)

_PART = "word/document.xml"
_TEAMS_HEAD = re.compile(r"^(.{1,80}?)\s{2,4}((?:\d{1,2}:)?\d{1,2}:\d{2})$")
_TIMING = re.compile(r"((?:\d{1,2}:)?\d{1,2}:\d{2}(?:\.\d+)?)\s*-->\s*(?:\d{1,2}:)?\d{1,2}:\d{2}(?:\.\d+)?")
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
    return text.read(Source(source.name, "\n".join(lines).encode("utf-8", "replace")))


def _lines(document: object) -> Iterator[str]:
    """Yield the document's lines in their order, tables as "speaker: words" and Teams' headings with their time."""
    from docx.table import Table

    pending: str | None = None
    for block in document.iter_inner_content():  # type: ignore[attr-defined]
        if isinstance(block, Table):
            yield from _table_lines(block)
            continue
        for line in block.text.split("\n"):
            timing = _TIMING.fullmatch(line.strip())
            if timing:
                pending = timing[1]
            elif pending is not None and line.strip():
                # Teams' older form: a paragraph with the times, one with the name, one with the words.
                yield f"{line.strip()}  {pending.split('.')[0]}"
                pending = None
            elif not _NOTICE.fullmatch(line.strip()):
                head = _TEAMS_HEAD.match(line.strip())
                yield f"{head[1]}  {head[2]}" if head else line


def _table_lines(table: object) -> Iterator[str]:
    for row in table.rows:  # type: ignore[attr-defined]
        cells: list[str] = []
        for cell in row.cells:
            words = " ".join(cell.text.split())
            if not cells or words != cells[-1]:
                cells.append(words)
        filled = [cell for cell in cells if cell]
        if len(filled) > 1:
            yield f"{filled[-2].rstrip(':')}: {filled[-1]}"
        else:
            yield from filled
