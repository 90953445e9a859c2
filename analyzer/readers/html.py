"""HTML: paragraphs or tables with names, in bold or with a colon; oTranscribe's files, which hold HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.pages import lines_of_rows, with_bold_start
from analyzer.readers.source import Source
from analyzer.readers.text import read_lines
from analyzer.session import Session

name = "html"
title = "HTML page"
suffixes = (".html", ".htm", ".xhtml")

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype html|html|head|body|table|p|div)\b",
    re.I | re.S,
)
_BLOCKS = [
    "p",
    "div",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "dt",
    "dd",
    "blockquote",
    "section",
    "article",
    "header",
    "footer",
    "ul",
    "ol",
    "table",
]
_LINE, _PARAGRAPH = "\x1e", "\x1d"


def sniff(source: Source) -> float:
    """Tell how surely the source is HTML."""
    return 0.95 if _HTML.match(source.text[:5000].lstrip("\ufeff")) else 0.0


def read(source: Source) -> list[Session]:
    """Read the text of a page, never its scripts; nothing that it refers to is loaded."""
    return [read_lines(source, lines_of(source, source.text))]


def lines_of(source: Source, markup: str) -> list[str]:
    """Return the lines of a page in reading order, an empty one between paragraphs.

    Raises:
        InputError: where the page is nested beyond reason.
    """
    from bs4 import BeautifulSoup
    from bs4.element import PreformattedString

    try:
        page = BeautifulSoup(markup, "lxml")
        for tag in page(["script", "style", "head", "template", "noscript", "svg", "button", "select", "audio"]):
            tag.decompose()
        for text in page.find_all(string=True):
            if isinstance(text, PreformattedString):
                text.extract()  # a comment, a doctype
            else:
                text.replace_with(re.sub(r"\s+", " ", text))
        return list(_lines(page))
    except RecursionError:
        raise InputError(f"{source.name}: the page is nested too deeply") from None


def _lines(page: Any) -> Iterator[str]:
    for stamp in page.select("span.timestamp"):
        # oTranscribe: the exact time is an attribute, the text is rounded.
        exact = str(stamp.get("data-timestamp") or "")
        if re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?", exact):
            stamp.string = f"[{int(float(exact)) // 60}:{float(exact) % 60:06.3f}] "
    for found in page.find_all("table"):
        if not found.find("table") and not found.find_parent("table"):
            rows = [[cell.get_text(" ") for cell in row.find_all(["td", "th"])] for row in found.find_all("tr")]
            found.replace_with(_PARAGRAPH + _PARAGRAPH.join(lines_of_rows(rows)) + _PARAGRAPH)
    for line_break in page.find_all("br"):
        line_break.replace_with(_LINE)
    for block in page.find_all(_BLOCKS):
        block.insert_before(_PARAGRAPH)
        block.insert_after(_PARAGRAPH)
        first = next((child for child in block.children if getattr(child, "name", None) or str(child).strip()), None)
        if first is not None and getattr(first, "name", None) in ("b", "strong") and not block.find(_BLOCKS):
            bold = first.get_text()
            rest = "".join(part if isinstance(part, str) else part.get_text() for part in first.next_siblings)
            if _LINE not in rest:
                block.string = with_bold_start(bold, rest)
    for paragraph in page.get_text().split(_PARAGRAPH):
        if paragraph.strip(f" {_LINE}"):
            yield from (line.strip(" ") for line in paragraph.split(_LINE))
            yield ""
