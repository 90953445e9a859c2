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
_NOT_WORDS = {*_BLOCKS, "br"}
_UNREAD = {"script", "style", "head", "template", "noscript", "svg", "button", "select", "audio"}
_SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,9})?")
_SPACE = re.compile(r"[^\S\x1d\x1e]+")
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

    source.check_rows(markup.count("<"), "tags")
    try:
        text = "".join(_pieces(BeautifulSoup(markup, "lxml")))
    except RecursionError:
        raise InputError(f"{source.name}: the page is nested too deeply") from None
    lines: list[str] = []
    for paragraph in text.split(_PARAGRAPH):
        if paragraph.strip(f" {_LINE}"):
            lines += [line.strip(" ") for line in paragraph.split(_LINE)] + [""]
    return lines


def _pieces(page: Any) -> Iterator[str]:
    """Walk through a page once; yield its text, line ends and paragraph ends."""
    from bs4.element import PreformattedString, Tag

    waiting: list[Any] = [page]
    while waiting:
        node = waiting.pop()
        if isinstance(node, PreformattedString) or getattr(node, "name", None) in _UNREAD:
            continue
        if isinstance(node, str):
            yield node if node in (_LINE, _PARAGRAPH) else _SPACE.sub(" ", node)
        elif node.name == "br":
            yield _LINE
        elif node.name == "table" and not node.find("table"):
            rows = [[_words(cell) for cell in row.find_all(["td", "th"])] for row in node.find_all("tr")]
            yield _PARAGRAPH + _PARAGRAPH.join(lines_of_rows(rows)) + _PARAGRAPH
        elif node.name == "span" and (time := str(node.get("data-timestamp") or "")) and _SECONDS.fullmatch(time):
            # oTranscribe: the exact time is an attribute, the text is rounded.
            yield f"[{int(float(time)) // 60}:{float(time) % 60:06.3f}] "
        elif node.name in _BLOCKS:
            yield _PARAGRAPH
            waiting.append(_PARAGRAPH)
            if (named := _bold_name(node)) is not None:
                yield named
            else:
                waiting += reversed(node.contents)
        elif isinstance(node, Tag):
            waiting += reversed(node.contents)


def _bold_name(block: Any) -> str | None:
    """Return a paragraph that begins in bold with that part set apart; None where it holds more than words."""
    first = next((child for child in block.children if getattr(child, "name", None) or str(child).strip()), None)
    if first is None or getattr(first, "name", None) not in ("b", "strong"):
        return None
    if any(getattr(part, "name", None) in _NOT_WORDS for part in block.descendants):
        return None
    rest = "".join(part if isinstance(part, str) else part.get_text() for part in first.next_siblings)
    return with_bold_start(_words(first), _SPACE.sub(" ", rest))


def _words(node: Any) -> str:
    return _SPACE.sub(" ", node.get_text(" "))
