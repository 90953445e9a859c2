"""``analyzer upload``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import library_options, open_library, printable, reading_of, reading_options, warn

EPILOG = """\b
Examples:
  analyzer upload session.vtt --trainee T7
  analyzer upload monday/*.docx --trainee T7 --client C12 --date 2026-03-02 --tag intake
  analyzer upload out/ --trainee T7        (what analyzer batch wrote)
"""


@click.command("upload", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option("--trainee", required=True, metavar="CODE", help="Whose session it is; a new code is added.")
@click.option("--client", default="", metavar="CODE", help="With whom; a code, no name.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="When it was held; without it today.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A word to find it by (repeatable).")
@click.option("--therapist", "therapists", multiple=True, metavar="NAME", help="A therapist's name (repeatable).")
@click.option("--accept-roles", is_flag=True, help="Go on where it is unclear who the therapist is.")
@click.option(
    "--model", default="default", show_default=True, metavar="NAME|DIR", help="A shipped model or a model folder."
)
@library_options
@reading_options
def command(
    files: tuple[Path, ...],
    trainee: str,
    client: str,
    date: datetime | None,
    tags: tuple[str, ...],
    therapists: tuple[str, ...],
    accept_roles: bool,
    model: str,
    **how: Any,
) -> None:
    """Analyse transcripts and keep them in the library.

    FILE is a transcript in any form that analyzer formats lists, or a folder that analyzer batch wrote. What is kept
    already is recognised by its words. Prints a line for each session: its id in the library, "new" or "known", its
    name. The trainee reviews first: analyzer review.
    """
    from analyzer import readers
    from analyzer.errors import AnalyzerError
    from analyzer.library.store import About, parse_tags, upload
    from analyzer.pipeline import Options, Pipeline

    library, code = open_library(how)
    options = Options(therapists, accept_roles, reading=reading_of(how))
    person = None if code is None else library.person(code)
    about = About(trainee, client, date.date() if date else None, parse_tags(tags))
    pipeline = Pipeline(model)
    paths = list(_files(files))
    failed = 0
    for path in paths:
        try:
            for session in readers.read_all(path, reading=options.reading):
                identifier, new = upload(library, person, session, about, pipeline, options)
                click.echo(f"{identifier}\t{'new' if new else 'known'}\t{printable(session.id)}")
        except AnalyzerError as error:
            if len(paths) == 1:
                raise
            failed += 1
            warn(str(error))
    if failed:
        warn(f"{failed} of {len(paths)} files could not be kept; the others are in the library")
        sys.exit(1)


def _files(given: tuple[Path, ...]) -> Iterator[Path]:
    """Yield files, and for a folder of batch results its sessions."""
    from analyzer.batch import MARKER
    from analyzer.errors import InputError

    for path in given:
        if not path.is_dir():
            yield path
        elif (path / MARKER).is_file():
            yield from sorted((path / "sessions").rglob("[!.]*.json"))
        else:
            raise InputError(
                f"{path}: is a folder, but not of batch results; name files, or analyse it with batch first"
            )
