"""``analyzer trend``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import library_options, open_library, write_stdout

EPILOG = """\b
Examples:
  analyzer trend --trainee T7
  analyzer trend --trainee T7 --label criticism -o trend.html
"""


@click.command("trend", epilog=EPILOG)
@click.option("--trainee", required=True, metavar="CODE", help="Whose sessions.")
@click.option(
    "--label",
    "names",
    multiple=True,
    type=click.Choice(["validation", "empathic_reflection", "constructive_feedback", "criticism", "other"]),
    help="Only this one (repeatable); by default the four evaluative ones.",
)
@click.option(
    "--format", "fmt", type=click.Choice(["text", "json", "html"]), help="By default the suffix of -o, or text."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
@library_options
def command(
    trainee: str, names: tuple[str, ...], fmt: str | None, output: Path | None, force: bool, **how: Any
) -> None:
    """Show a trainee's sessions over time: shares with their intervals, and what moved.

    Sessions stand in the order of their dates, never ranked. A change is named only where intervals do not overlap.
    """
    import shutil
    from dataclasses import asdict

    from analyzer.errors import InputError
    from analyzer.files import refuse_existing, write_whole
    from analyzer.labels import EVALUATIVE, Label
    from analyzer.library.trend import trend
    from analyzer.reports.trend import render_trend_html, render_trend_text

    if output:
        refuse_existing(output, force=force)
        fmt = fmt or {".html": "html", ".json": "json"}.get(output.suffix.lower(), "text")
    labels = tuple(map(Label, names)) or EVALUATIVE
    library, code = open_library(how)
    person = library.person(code)
    points = trend(library, person, trainee)
    library.record(person, "read trend", trainee)
    if not points:
        raise InputError(f"{trainee}: no sessions that you may see the figures of")
    if fmt == "json":
        rows = [{**asdict(point), "held": point.held.isoformat()} for point in points]
        content = (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode()
    elif fmt == "html":
        content = render_trend_html(trainee, points, labels)
    else:
        content = render_trend_text(trainee, points, labels, width=shutil.get_terminal_size((100, 40)).columns)
    if output:
        write_whole(output, content)
        click.echo(f"{output}: written", err=True)
    else:
        write_stdout(content)
