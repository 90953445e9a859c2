"""OpenDocument text (ODT), as LibreOffice writes it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.readers.archives import archive_score, check_unpacked
from analyzer.readers.pages import lines_of_rows, with_bold_start
from analyzer.readers.source import Source
from analyzer.readers.text import read_lines
from analyzer.session import Session

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

name = "odt"
title = "OpenDocument text (ODT)"
suffixes = (".odt",)

_PART = "content.xml"
_OASIS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _STYLE, _OFFICE = (_OASIS % part for part in ("text", "table", "style", "office"))
_BOLD = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}font-weight"


def sniff(source: Source) -> float:
    """Tell how surely the source is an OpenDocument text."""
    return archive_score(source, _PART, ".odt")


def read(source: Source) -> list[Session]:
    """Read paragraphs and tables through the layouts of plain text; entities are refused, nothing is loaded."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    check_unpacked(source)
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            if any(
                "encryption-data" in item for item in [archive.read("META-INF/manifest.xml").decode("utf-8", "replace")]
            ):
                raise InputError(f"{source.name}: is locked by a password; save it without one")
            root = fromstring(archive.read(_PART))
    except (LookupError, ParseError, DefusedXmlException, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise InputError(f"{source.name}: the document is damaged ({type(error).__name__})") from None
    body = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if body is None:
        raise InputError(f"{source.name}: holds no text document; save the transcript as text (ODT)")
    bold = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        if any(properties.get(_BOLD) == "bold" for properties in style)
    }
    return [read_lines(source, list(_lines(body, bold)))]


def _lines(body: Element, bold: set[str | None]) -> Iterator[str]:
    waiting = list(reversed(list(body)))
    while waiting:
        block = waiting.pop()
        if block.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            yield from _paragraph(block, bold)
            yield ""
        elif block.tag == f"{_TABLE}table":
            rows = [
                [" ".join("".join(_words(part)) for part in cell) for cell in row.iter(f"{_TABLE}table-cell")]
                for row in block.iter(f"{_TABLE}table-row")
            ]
            yield from lines_of_rows(rows)
        elif block.tag != f"{_TEXT}tracked-changes":
            waiting += reversed(list(block))


def _paragraph(block: Element, bold: set[str | None]) -> list[str]:
    first = next(iter(block), None)
    if first is not None and not (block.text or "").strip() and first.get(f"{_TEXT}style-name") in bold:
        start = "".join(_words(first))
        return with_bold_start(start, "".join(_words(block))[len(block.text or "") + len(start) :]).split("\n")
    return "".join(_words(block)).split("\n")


def _words(element: Element) -> Iterator[str]:
    """Yield the text of an element in order, without notes and annotations, tabs and line ends as characters."""
    stack: list[tuple[str, Element | None]] = [("", element)]
    while stack:
        text, node = stack.pop()
        if node is None:
            yield text
            continue
        kind = node.tag.rpartition("}")[2]
        yield {"tab": "\t", "line-break": "\n", "s": " " * min(int(node.get(f"{_TEXT}c") or 1), 80)}.get(kind, "")
        if kind in ("note", "annotation"):
            continue
        for child in reversed(list(node)):
            stack += [(child.tail or "", None), ("", child)]
        yield node.text or ""
