"""``analyzer corpus``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import library_options, open_library

EPILOG = """\b
Examples:
  analyzer corpus export-reviews -o reviewed/ --as S1
  analyzer train --data corpora/sessions --add reviewed/ -o my-model
"""


@click.group("corpus", epilog=EPILOG)
def command() -> None:
    """Write reviewed sessions as training data."""


@command.command("export-reviews", epilog="\b\nExample:\n  analyzer corpus export-reviews -o reviewed/ --as S1\n")
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@library_options
def export_reviews_command(output: Path, **how: Any) -> None:
    """Write settled decisions as session JSON.

    Settled is what a supervisor adjudicated, or trainee and supervisor labelled alike. DIR gets train/ and held_out/;
    about one session in five is held out as a whole, for analyzer evaluate --compare. Names are written as roles; the
    words themselves are those of the session.
    """
    from analyzer.library.harvest import export_reviews

    library, code = open_library(how)
    found = export_reviews(library, library.person(code), output)
    click.echo(
        f"{output}: {found.train} sessions to train on, {found.held_out} held out, {found.decisions} decisions; "
        f"{found.empty} open sessions have nothing settled yet"
    )
