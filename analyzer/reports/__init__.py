"""What people get to see: one module a format, all made from the same report."""

from __future__ import annotations

import json
from typing import Literal

from analyzer.summary import SessionReport

Format = Literal["text", "json", "html", "csv", "xlsx"]


def render(
    report: SessionReport,
    fmt: Format,
    *,
    no_text: bool = False,
    initials: bool = False,
    colour: bool = False,
    width: int = 100,
) -> bytes:
    """Return a report in one of its forms.

    Args:
        report: what an analysis found.
        fmt: text, json, html, csv or xlsx.
        no_text: leave every spoken word out.
        initials: put initials in place of the speakers' names, in the text too.
        colour: whether text may hold terminal colours.
        width: of text, in columns.
    """
    from analyzer.reports import html, privacy, table, text

    if initials:
        report = privacy.with_initials(report)
    if no_text:
        report = privacy.without_text(report)
    if fmt == "json":
        return (json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
    if fmt == "html":
        return html.render_html(report)
    if fmt == "csv":
        return table.render_csv(report)
    if fmt == "xlsx":
        return table.render_xlsx(report)
    return text.render_text(report, colour=colour, width=width)
