"""``analyzer analyze``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import colourful, reading_of, reading_options, warn, write_stdout
from analyzer.files import refuse_existing, write_whole

SUFFIXES = {".txt": "text", ".json": "json", ".html": "html", ".htm": "html", ".csv": "csv", ".xlsx": "xlsx"}
EPILOG = """\b
Examples:
  analyzer analyze session.vtt
  analyzer analyze session.docx --therapist "Dana Ruiz" -o report.html
  analyzer analyze - --format json < session.srt
"""


@click.command("analyze", epilog=EPILOG)
@click.argument("file", metavar="FILE|-")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the report to this file.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "json", "html", "csv", "xlsx"]),
    help="Form of the report; without it the suffix of -o decides, else text.",
)
@click.option(
    "--therapist",
    "therapists",
    multiple=True,
    metavar="NAME",
    help="A therapist's name as the transcript has it (repeatable).",
)
@click.option("--accept-roles", is_flag=True, help="Go on where it is unclear who the therapist is.")
@click.option("--resegment", is_flag=True, help="Find utterances anew where the input has them.")
@click.option(
    "--model", default="default", show_default=True, metavar="NAME|DIR", help="A shipped model or a model folder."
)
@click.option("--session", metavar="ID", help="Which session, in a file of several.")
@click.option("--force", is_flag=True, help="Replace an existing output file.")
@click.option("--force-language", is_flag=True, help="Go on where the session is not in English.")
@click.option("--explain", is_flag=True, help="Tell why flagged utterances have their label, and how else to say it.")
@click.option("--no-text", is_flag=True, help="Leave every spoken word out of the report.")
@click.option("--initials", is_flag=True, help="Put initials in place of the speakers' names, in the text too.")
@reading_options
def command(
    file: str,
    output: Path | None,
    fmt: str | None,
    therapists: tuple[str, ...],
    accept_roles: bool,
    resegment: bool,
    model: str,
    session: str | None,
    force: bool,
    force_language: bool,
    explain: bool,
    no_text: bool,
    initials: bool,
    **how: Any,
) -> None:
    """Read a transcript and report what the therapist's words did.

    FILE is a transcript in any form that analyzer formats lists, or - for standard input. The report goes to standard
    output unless -o names a file.
    """
    from analyzer import readers
    from analyzer.pipeline import Options, Pipeline
    from analyzer.reports import render

    fmt = fmt or SUFFIXES.get(output.suffix.lower() if output else "", "text")
    if output:
        refuse_existing(output, force=force)
    elif fmt == "xlsx" and sys.stdout.isatty():
        raise click.UsageError("a workbook is nothing for a terminal; name a file with -o report.xlsx")
    options = Options(therapists, accept_roles, resegment, force_language, reading_of(how), explain)
    if file == "-":
        sessions = readers.read_bytes(sys.stdin.buffer.read(), "stdin", reading=options.reading)
        given = readers.pick(sessions, session, "stdin")
    else:
        given = readers.read(file, session=session, reading=options.reading)
    report = Pipeline(model).run(given, options)
    for notice in report.session.notices:
        warn(f"{notice.where}: {notice.text}")
    content = render(
        report,
        fmt,  # type: ignore[arg-type]  # click has checked the choice
        no_text=no_text,
        initials=initials,
        colour=output is None and colourful(),
        width=shutil.get_terminal_size((100, 40)).columns if output is None else 100,
    )
    if output:
        write_whole(output, content)
        click.echo(f"{output}: written", err=True)
    else:
        write_stdout(content)
