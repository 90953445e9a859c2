"""``analyzer batch``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import reading_of, reading_options, warn

EPILOG = """\b
Examples:
  analyzer batch recordings/ -o out/
  analyzer batch monday.vtt tuesday.vtt -o out/ --therapist "Dana Ruiz"
"""


@click.command("batch", epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder for the results."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=None, help="Processes; by default one for each core, four at most."
)
@click.option(
    "--therapist",
    "therapists",
    multiple=True,
    metavar="NAME",
    help="A therapist's name (repeatable); only sessions that have it.",
)
@click.option("--accept-roles", is_flag=True, help="Go on where it is unclear who the therapist is.")
@click.option(
    "--model", default="default", show_default=True, metavar="NAME|DIR", help="A shipped model or a model folder."
)
@reading_options
def command(
    paths: tuple[Path, ...],
    output: Path,
    workers: int | None,
    therapists: tuple[str, ...],
    accept_roles: bool,
    model: str,
    **how: Any,
) -> None:
    """Analyse every transcript in the folders and files given.

    DIR gets sessions/ with one session JSON each, summary.csv and errors.csv. A second run does only what is new or
    changed; an interrupted run loses nothing that was finished. Status 1 where some files could not be analysed.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from analyzer.batch import Batch
    from analyzer.pipeline import Options

    batch = Batch(paths, output, model=model, options=Options(therapists, accept_roles, reading=reading_of(how)))
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("sessions", total=len(batch.todo), rate="")
        for done in batch.run(workers or min(4, os.cpu_count() or 1)):
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, advance=done, rate=f"{60 * speed:.0f} files a minute" if speed else "")
    found = batch.outcome
    click.echo(
        f"{found.analysed} analysed, {found.unchanged} unchanged, {found.skipped} skipped (unknown kind), "
        f"{found.failed} with errors; results in {output}",
        err=True,
    )
    if found.failed:
        warn(f"{found.failed} could not be analysed; the reasons are in {output / 'errors.csv'}")
        sys.exit(1)
