"""A trainee's sessions over time, as a chart for the terminal and as one HTML page."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from analyzer.labels import Label
from analyzer.reports import view
from analyzer.reports.html import shown

if TYPE_CHECKING:
    from analyzer.library.trend import Point

NOTE = "Each bar is a 95 % interval, the mark in it the estimate. Sessions stand by date and are not ranked."


def render_trend_text(trainee: str, points: Sequence[Point], labels: Sequence[Label], *, width: int) -> bytes:
    """Return the chart for a terminal: for each label a line a session, and one line on what moved."""
    from analyzer.library.trend import what_moved

    out = io.StringIO()
    room = max(10, width - 44)
    out.write(f"{shown(trainee)}: {len(points)} sessions, {points[0].held} to {points[-1].held}\n{NOTE}\n")
    for label in labels:
        top = _top(points, label)
        out.write(f"\n{label.style.name}, share of the therapist's utterances (0 to {view.percent(top)})\n")
        for point in points:
            estimate, interval = point.estimates[label], point.intervals[label]
            if estimate is None or interval is None:
                out.write(f"  {point.held}  {point.counts[label]} of {point.utterances}: too few for a share\n")
                continue
            low, middle, high = (
                min(room - 1, round(value / top * (room - 1))) for value in (interval[0], estimate, interval[1])
            )
            bar = "".join("●" if i == middle else "─" if low <= i <= high else " " for i in range(room))
            out.write(f"  {point.held}  {bar}  {view.percent(estimate):>5} ({view.interval(interval)})\n")
        out.write(f"  {what_moved(points, label)}\n")
    return out.getvalue().encode("utf-8", "replace")


def render_trend_html(trainee: str, points: Sequence[Point], labels: Sequence[Label]) -> bytes:
    """Return the chart as a page that needs nothing from outside."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = shown
    source = (files("analyzer.reports") / "templates" / "trend.html.jinja").read_text("utf-8")
    page = environment.from_string(source).render(trainee=trainee, charts=charts(points, labels), note=NOTE)
    return page.encode("utf-8", "replace")


def charts(points: Sequence[Point], labels: Sequence[Label]) -> list[dict[str, Any]]:
    """Return what a page needs for each label: rows with positions in per cent of the chart's width."""
    from analyzer.library.trend import what_moved

    found = []
    for label in labels:
        top = _top(points, label)
        rows = []
        for point in points:
            estimate, interval = point.estimates[label], point.intervals[label]
            row: dict[str, Any] = {"point": point, "count": point.counts[label], "chart": None}
            if estimate is not None and interval is not None:
                low, middle, high = (round(100 * value / top, 2) for value in (interval[0], estimate, interval[1]))
                row["chart"] = {"low": low, "width": round(high - low, 2), "middle": middle}
                row["shown"] = f"{view.percent(estimate)} ({view.interval(interval)})"
            rows.append(row)
        found.append({"label": label, "top": view.percent(top), "rows": rows, "moved": what_moved(points, label)})
    return found


def _top(points: Sequence[Point], label: Label) -> float:
    """Return the end of the scale: the highest interval, rounded up to a tenth."""
    highest = max((interval[1] for point in points if (interval := point.intervals[label])), default=0.1)
    return min(1.0, -(-highest * 10 // 1) / 10) or 0.1
