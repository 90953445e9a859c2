"""oTranscribe's own files (.otr): JSON around HTML."""

from __future__ import annotations

from analyzer.errors import InputError
from analyzer.readers.html import lines_of
from analyzer.readers.source import Source
from analyzer.readers.text import read_lines
from analyzer.session import Session

name = "otranscribe"
title = "oTranscribe (.otr)"
suffixes = (".otr",)


def sniff(source: Source) -> float:
    """Tell how surely the source is oTranscribe's JSON."""
    if not source.looks_like_json or '"text"' not in source.text or '"media' not in source.text:
        return 0.0
    return 1.0 if source.suffix == ".otr" else 0.9


def read(source: Source) -> list[Session]:
    """Read the HTML in it with its time marks."""
    data = source.json
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{source.name}: "text" is not a string; not a file of oTranscribe')
    return [read_lines(source, lines_of(source, text))]
