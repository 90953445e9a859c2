"""PDF with a text layer."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence

from analyzer.errors import InputError
from analyzer.readers.labels import is_metadata, split_label
from analyzer.readers.source import MOST_PAGES, RAISE, Source
from analyzer.readers.text import read_lines
from analyzer.session import Notice, Session

name = "pdf"
title = "PDF with text"
suffixes = (".pdf",)


def sniff(source: Source) -> float:
    """Tell how surely the source is a PDF."""
    return 1.0 if source.data[:1024].lstrip()[:5] == b"%PDF-" else 0.0


def read(source: Source) -> list[Session]:
    """Read the text of all pages, without the lines that head or foot each of them."""
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document
    most = int(MOST_PAGES * source.reading.size)
    try:
        document = pypdf.PdfReader(io.BytesIO(source.data))
        locked = document.is_encrypted and not document.decrypt("")
        count = 0 if locked else len(document.pages)
        pages = [page.extract_text().split("\n") for page in document.pages] if 0 < count <= most else []
    except Exception as error:  # a damaged file makes pypdf raise nearly anything
        raise InputError(f"{source.name}: the PDF is damaged ({type(error).__name__})") from None
    if locked:
        raise InputError(f"{source.name}: is locked by a password; save it without one")
    if count > most:
        raise InputError(f"{source.name}: has more than {most} pages; {RAISE}")
    kept = without_margins(pages)
    lines = [line for page in kept for line in page]
    if not any(line.strip() for line in lines):
        raise InputError(f"{source.name}: holds pictures of pages, no text; run a text recognition (OCR) over it first")
    lost = sum(bool(line.strip()) for page in pages for line in page) - len(lines)
    found = Notice("page 1", f"{lost} lines at the head or foot of pages were left out")
    session = read_lines(source, lines)
    return [session.with_notices(found) if lost else session]


def without_margins(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Leave out the first and last lines that come back on most pages, whatever their numbers, and page numbers."""
    kept = [[line.strip() for line in page if line.strip()] for page in pages]
    for end in (0, -1):
        for _ in range(2):
            marks = Counter(_mark(page[end]) for page in kept if page)
            often = {m for m, count in marks.items() if count > 0.6 * len(kept) and len(kept) > 1}
            # "C: Yes." may end most pages by chance; a head without a number in it has no speaker.
            common = {m for m in often if "#" in m or split_label(m) is None or is_metadata(m.partition(":")[0])}
            common |= marks.keys() & {"#", "Page #", "- # -"}
            for page in kept:
                if page and _mark(page[end]) in common:
                    page.pop(end)
    return kept


def _mark(line: str) -> str:
    return re.sub(r"\d+", "#", line).strip()
