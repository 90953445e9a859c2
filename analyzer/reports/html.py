"""The report as one HTML file that needs nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from analyzer.labels import LABELS, Label
from analyzer.reports import view
from analyzer.session import Session, Turn
from analyzer.summary import LEAST_UTTERANCES, SessionReport


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of the transcript as the page shows it: its utterances, or for other speakers its words."""

    turn: Turn
    time: str
    moments: tuple[view.Moment, ...]


def render_html(report: SessionReport) -> bytes:
    """Return the page. Words of the transcript are escaped, control and direction marks shown as escapes."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = shown
    source = (files("analyzer.reports") / "templates" / "report.html.jinja").read_text("utf-8")
    return environment.from_string(source).render(**_page(report)).encode("utf-8", "replace")


def shown(text: str) -> str:
    """Return words as a page may show them: control and direction marks as escapes; Jinja escapes the markup."""
    return "".join(c if c.isprintable() or c == "\u200d" else c.encode("unicode_escape").decode("ascii") for c in text)


def _page(report: SessionReport) -> dict[str, Any]:
    found = view.moments(report.session)
    return {
        "title": view.title(report),
        "report": report,
        "view": view,
        "labels": LABELS,
        "other": Label.OTHER,
        "roles": list(view.roles_lines(report.summary)),
        "strengths": [m for label in (Label.VALIDATION, Label.REFLECTION) for m in view.strengths(found, label)],
        "moments": found,
        "flagged": view.flagged(found),
        "lines": _lines(report.session, found),
        "footer": view.footer(report.model),
        "few": report.summary.utterances < LEAST_UTTERANCES,
        "ratios": [view.ratio_line(name, ratio) for name, ratio in report.summary.ratios.items()],
        "marks": _minute_marks(report.session),
    }


def _lines(session: Session, found: list[view.Moment]) -> list[Line]:
    rest = iter(found)
    return [
        Line(
            turn,
            view.clock(turn.start),
            tuple(next(rest) for _ in turn.utterances or ()) if turn.role == "therapist" else (),
        )
        for turn in session.turns
    ]


def _minute_marks(session: Session) -> list[tuple[float, str]]:
    """Return where on the strip (0 to 100) a round minute falls, at most eight of them."""
    starts = [turn.start for _, turn, _ in session.therapist_utterances()]
    timed = [(index, start) for index, start in enumerate(starts) if start is not None]
    if len(timed) < 2:
        return []
    minutes = max(1, round((timed[-1][1] - timed[0][1]) / 60 / 6))
    marks: list[tuple[float, str]] = []
    wanted = (int(timed[0][1] // 60) // minutes + 1) * minutes
    for index, start in timed:
        if start >= 60 * wanted:
            marks.append((100 * index / len(starts), f"{wanted} min"))
            wanted = (int(start // 60) // minutes + 1) * minutes
    # A mark at the right edge would have no room for its words.
    return [mark for mark in marks if mark[0] <= 90]
