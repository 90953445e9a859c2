"""Markdown: ``**Name:** words``, as note-taking programs and recognisers export it."""

from __future__ import annotations

import re

from analyzer.readers.html import lines_of
from analyzer.readers.source import Source
from analyzer.readers.text import read_lines
from analyzer.session import Session

name = "markdown"
title = "Markdown"
suffixes = (".md", ".markdown")

_BOLD_NAME = re.compile(r"^(?:[-*>]\s+)?(?:[\[(]?[\d:.,]{4,12}[\])]?\s+)?(\*\*|__)[^*_\n]{1,60}\1", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)


def sniff(source: Source) -> float:
    """Tell how surely the source is Markdown with names in bold; other Markdown reads like plain text."""
    head = source.text[:100_000]
    bold = len(_BOLD_NAME.findall(head)) + (len(_HEADING.findall(head)) if source.suffix in suffixes else 0)
    return 0.7 if bold > 1 and not source.text.lstrip().startswith(("{", "WEBVTT")) else 0.0


def read(source: Source) -> list[Session]:
    """Read a Markdown file through the HTML that it stands for; HTML inside it is text."""
    from markdown_it import MarkdownIt

    page = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").render(source.text)
    return [read_lines(source, lines_of(source, page))]
