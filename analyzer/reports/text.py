"""The report in the terminal."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from analyzer.labels import LABELS, Label
from analyzer.reports import view
from analyzer.summary import SessionReport

if TYPE_CHECKING:
    from rich.console import Console

NARROWEST = 60
BAR = 30
LEAST_BAR = 10
STRIP_ROWS_OF = 10


def render_text(report: SessionReport, *, colour: bool, width: int) -> bytes:
    """Return the report as text for a terminal.

    Args:
        report: what an analysis found.
        colour: whether terminal colours may be used.
        width: columns.
    """
    console, out = _console(colour, width)
    found = view.moments(report.session)
    _head(console, report)
    _strengths(console, found)
    _numbers(console, report)
    _time_line(console, found)
    _flags(console, found)
    _foot(console, report)
    return _bytes(out)


def render_moments(found: list[view.Moment], *, colour: bool, width: int) -> bytes:
    """Return utterances in their place as text for a terminal, with what explains their labels.

    Args:
        found: the utterances.
        colour: whether terminal colours may be used.
        width: columns.
    """
    console, out = _console(colour, width)
    print_moments(console, found)
    if not found:
        console.print(view.NO_FLAGS)
    return _bytes(out)


def _console(colour: bool, width: int) -> tuple[Console, io.StringIO]:
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(NARROWEST, min(width, 140)),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
    )
    return console, out


def _bytes(out: io.StringIO) -> bytes:
    return "\n".join(line.rstrip() for line in out.getvalue().split("\n")).encode("utf-8", "replace")


def shown(text: str) -> str:
    """Return words as a terminal may show them: control and direction marks as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(title.upper(), style="bold")


def _head(console: Console, report: SessionReport) -> None:
    console.print(shown(view.title(report)), style="bold")
    for line in view.roles_lines(report.summary):
        console.print(shown(line))


def _strengths(console: Console, found: list[view.Moment]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    _section(console, "What may have helped")
    any_found = False
    for label in (Label.VALIDATION, Label.REFLECTION):
        for moment in view.strengths(found, label):
            any_found = True
            line = Text.assemble(
                (f"{label.style.key} ", label.style.terminal),
                (f"{moment.time or f'no. {moment.number}'}  ", "dim"),
                f"“{shown(moment.text)}”" if moment.text else "(words left out)",
                (f"  {label.style.name} {moment.chance}", "dim"),
            )
            console.print(Padding(line, (0, 0, 0, 2)))
    if not any_found:
        console.print("  No clear validation or reflection was found.")


def _numbers(console: Console, report: SessionReport) -> None:
    from rich.table import Table
    from rich.text import Text

    summary = report.summary
    _section(console, "In numbers")
    shares = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    rates = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for table, name in ((shares, "of all utterances"), (rates, "of the evaluative four")):
        table.add_column("")
        table.add_column(name, min_width=22, no_wrap=True)
    for name in ("count", "share", "estimate", "95 % interval"):
        shares.add_column(name, justify="right", no_wrap=True)
    for name in ("share", "estimate", "95 % interval", "per 100", "per 10 min"):
        rates.add_column(name, justify="right", no_wrap=True)
    bar = min(BAR, console.width - 68)
    if bar >= LEAST_BAR:
        shares.add_column(f"0{'100 %':>{bar - 1}}", no_wrap=True)
    for label in LABELS:
        row, style = summary.labels[label], label.style
        head = (Text(style.key, style.terminal), Text(style.name))
        drawn = [Text(_whisker(row.estimate, row.interval, bar), style.terminal)] if bar >= LEAST_BAR else []
        shares.add_row(*head, *map(Text, view.share_row(row)), *drawn)
        rates.add_row(*head, *map(Text, view.rate_row(row)))
    console.print(shares)
    console.print()
    console.print(rates)
    console.print()
    if summary.utterances < 20:
        console.print(view.FEW, style="dim")
    else:
        console.print(view.HOW_TO_READ, style="dim")
        if summary.estimate_method == "raw":
            console.print(view.RAW_STANDS, style="dim")
    console.print()
    for name, ratio in summary.ratios.items():
        console.print("  {}: {}".format(*view.ratio_line(name, ratio)))


def _whisker(estimate: float | None, interval: tuple[float, float] | None, width: int) -> str:
    """Draw the estimate and its interval on a line of so many characters."""
    if estimate is None or interval is None:
        return ""
    low, point, high = (min(width - 1, int(value * width)) for value in (interval[0], estimate, interval[1]))
    return "".join("●" if i == point else "─" if low <= i <= high else " " for i in range(width))


def _time_line(console: Console, found: list[view.Moment]) -> None:
    from rich.text import Text

    _section(console, "Time line")
    width = (console.width - 12) // STRIP_ROWS_OF * STRIP_ROWS_OF
    for start in range(0, len(found), width):
        row = found[start : start + width]
        line = Text(f"{row[0].time or f'no. {row[0].number}':>9}  ", "dim")
        for moment in row:
            critical = bool(moment.utterance.flags)
            key = "·" if moment.label == Label.OTHER else moment.label.style.key
            line.append(key, f"{moment.label.style.terminal}{' reverse' if critical else ''}")
        console.print(line)
    keys = ", ".join(f"{'·' if label == Label.OTHER else label.style.key} {label.style.name}" for label in LABELS)
    console.print(f"One character an utterance: {keys}.", style="dim")


def _flags(console: Console, found: list[view.Moment]) -> None:
    flagged = view.flagged(found)
    _section(console, f"Worth a second look ({len(flagged)})")
    if not flagged:
        console.print(view.NO_FLAGS)
    print_moments(console, flagged)


def print_moments(console: Console, found: list[view.Moment]) -> None:
    """Print utterances in their place: the client's words round them, the label, the reasons."""
    from rich.padding import Padding
    from rich.text import Text

    for moment in found:
        style = moment.label.style
        lines = Text()
        lines.append(f"{moment.time or f'no. {moment.number}'}  ", "bold")
        lines.append(f"{style.name} {moment.chance}\n", style.terminal)
        if moment.before:
            lines.append(f"  client:    {shown(moment.before)}\n", "dim")
        lines.append(f"  therapist: {shown(moment.text) if moment.text else '(words left out)'}\n")
        if moment.after:
            lines.append(f"  client:    {shown(moment.after)}\n", "dim")
        if moment.utterance.flags:
            lines.append(f"  why:       {moment.utterance.flags[0].text}")
        if moment.carried_by:
            lines.append(f"\n  {view.CARRIED}: {', '.join(map(shown, moment.carried_by))}")
        for other_way in moment.counterparts:
            lines.append(f"\n  {view.INSTEAD}: “{shown(other_way.text)}”")
            lines.append(f"\n    {view.SOURCE.format(other_way.source)}, to: “{shown(other_way.client)}”", "dim")
        console.print(Padding(lines, (0, 0, 1, 2)))


def _foot(console: Console, report: SessionReport) -> None:
    if report.session.notices:
        _section(console, "Warnings")
        for notice in report.session.notices:
            console.print(shown(f"  {notice.where}: {notice.text}"))
    console.print()
    for line in view.footer(report.model):
        console.print(shown(line), style="dim")
