"""``analyzer explain``."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from analyzer.cli.common import colourful, reading_of, reading_options, warn, write_stdout

EPILOG = """\b
Examples:
  analyzer explain session.vtt
  analyzer explain session.vtt --utterance 17
"""


@click.command("explain", epilog=EPILOG)
@click.argument("file", metavar="FILE|-")
@click.option(
    "--utterance", "numbers", type=click.IntRange(1), multiple=True, metavar="N",
    help="The therapist's Nth utterance (repeatable); without it those that are flagged.",
)  # fmt: skip
@click.option("--therapist", "therapists", multiple=True, metavar="NAME", help="A therapist's name (repeatable).")
@click.option("--accept-roles", is_flag=True, help="Go on where it is unclear who the therapist is.")
@click.option("--session", metavar="ID", help="Which session, in a file of several.")
@click.option(
    "--model", default="default", show_default=True, metavar="NAME|DIR", help="A shipped model or a model folder."
)
@reading_options
def command(
    file: str,
    numbers: tuple[int, ...],
    therapists: tuple[str, ...],
    accept_roles: bool,
    session: str | None,
    model: str,
    **how: Any,
) -> None:
    """Tell which words carried a label, and for criticism how the same intent could be said.

    Each word is left out once, and the utterance judged again. The other ways of saying it are lines of the contrast
    sets that ship with the program, the nearest ones; nothing is generated.
    """
    from analyzer import readers
    from analyzer.errors import InputError
    from analyzer.pipeline import Options, Pipeline
    from analyzer.reports.text import render_moments
    from analyzer.reports.view import moments

    options = Options(therapists, accept_roles, reading=reading_of(how))
    if file == "-":
        given = readers.read_bytes(sys.stdin.buffer.read(), "stdin", reading=options.reading)
        chosen = readers.pick(given, session, "stdin")
    else:
        chosen = readers.read(file, session=session, reading=options.reading)
    pipeline = Pipeline(model)
    report = pipeline.run(chosen, options)
    for notice in report.session.notices:
        warn(f"{notice.where}: {notice.text}")
    count = report.summary.utterances
    if numbers and max(numbers) > count:
        raise InputError(f"{chosen.id}: the therapist has {count} utterances; there is no number {max(numbers)}")
    found = moments(pipeline.explainer.explain(report.session, numbers or None))
    wanted = [moment for moment in found if (moment.number in numbers if numbers else moment.utterance.flags)]
    width = shutil.get_terminal_size((100, 40)).columns
    write_stdout(render_moments(wanted, colour=colourful(), width=width))
