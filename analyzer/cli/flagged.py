"""``analyzer flagged``."""

from __future__ import annotations

import shutil
from typing import Any

import click

from analyzer.cli.common import colourful, library_options, open_library, write_stdout

EPILOG = """\b
Example:
  analyzer flagged 3f9a51c2d4e6b708
"""


@click.command("flagged", epilog=EPILOG)
@click.argument("session", metavar="ID")
@library_options
def command(session: str, **how: Any) -> None:
    """Show the flagged utterances of a kept session, each between the client's lines.

    Whoever has seen them decides no longer blind: review first, if your labels are to count for agreement.
    """
    from analyzer.library.store import document
    from analyzer.library.stored import from_stored
    from analyzer.reports.text import render_moments
    from analyzer.reports.view import flagged, moments

    library, code = open_library(how)
    _, body = document(library, library.person(code), session)
    found = flagged(moments(from_stored(body).session))
    if not found:
        click.echo("Nothing is flagged in this session.")
        return
    width = shutil.get_terminal_size((100, 40)).columns
    write_stdout(render_moments(found, colour=colourful(), width=width))
