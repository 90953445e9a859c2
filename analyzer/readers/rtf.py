"""RTF, as word processors write it."""

from __future__ import annotations

from analyzer.errors import InputError
from analyzer.readers.source import Source
from analyzer.readers.text import read_lines
from analyzer.session import Session

name = "rtf"
title = "RTF document"
suffixes = (".rtf",)


def sniff(source: Source) -> float:
    """Tell how surely the source is RTF."""
    return 1.0 if source.text.lstrip().startswith("{\\rtf") else 0.0


def read(source: Source) -> list[Session]:
    """Read the document's text through the layouts of plain text."""
    from striprtf.striprtf import rtf_to_text

    try:
        text: str = rtf_to_text(source.text, errors="replace")  # type: ignore[no-untyped-call]
    except Exception as error:
        raise InputError(f"{source.name}: the RTF is damaged ({type(error).__name__})") from None
    # In a table of RTF a bar ends each cell.
    lines = [line.rstrip("| ").replace("|", "\t", 1) if line.count("|") >= 2 else line for line in text.split("\n")]
    return [read_lines(source, lines)]
