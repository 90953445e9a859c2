"""What several commands share: printing that a terminal can bear."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analyzer.library import Library
    from analyzer.readers.source import Reading


def printable(text: str) -> str:
    """Return the text on one line, with control and direction-changing characters shown as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def write_stdout(content: bytes) -> None:
    """Write bytes to standard output and flush."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def colourful() -> bool:
    """Tell whether standard output may have colour: a terminal, and NO_COLOR not set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def warn(message: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"warning: {printable(message)}", err=True)


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how files are read; ``reading_of`` takes them."""
    for option in reversed(
        (
            click.option("--input-format", metavar="NAME", help="What the file is, as analyzer formats calls it."),
            click.option(
                "--columns",
                metavar="text=NAME,...",
                help="A table's columns: text, speaker, role, start, end, session.",
            ),
            click.option("--verbatim", is_flag=True, help="Keep stage directions, notices and marked fillers."),
            click.option(
                "--turns",
                type=click.Choice(["alternate"]),
                help="Where nobody is named: each paragraph or cue is the other speaker's turn.",
            ),
            click.option(
                "--max-size",
                type=click.IntRange(1, 2000),
                default=20,
                show_default=True,
                metavar="MB",
                help="Largest text to read; other limits of size grow with it.",
            ),
        )
    ):
        command = option(command)
    return command


def reading_of(options: dict[str, Any]) -> Reading:
    """Take the options of ``reading_options`` out of a command's arguments.

    Raises:
        click.UsageError: where --columns or --input-format cannot be understood.
    """
    from analyzer.readers import READERS
    from analyzer.readers.source import Reading

    form = options.pop("input_format")
    if form is not None and form not in {reader.name for reader in READERS}:
        raise click.UsageError(f"--input-format {form}: no such format; analyzer formats lists them")
    columns: dict[str, str] = {}
    for part in filter(None, (options.pop("columns") or "").split(",")):
        ours, found, theirs = part.partition("=")
        if not found or not theirs.strip():
            raise click.UsageError(f"--columns {part}: not our column=their column, such as text=Utterance")
        columns[ours.strip()] = theirs.strip()
    return Reading(
        form, columns, options.pop("verbatim"), options.pop("turns") == "alternate", options.pop("max_size") / 20
    )


def library_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--library`` and ``--as``; ``open_library`` takes them."""
    for option in reversed(
        (
            click.option(
                "--library", "where", envvar="ANALYZER_LIBRARY", metavar="FILE|URL",
                help="The library: a file, or an SQLAlchemy URL (also ANALYZER_LIBRARY).",
            ),
            click.option("--as", "code", metavar="CODE", help="Who you are, where there is more than one person."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def open_library(options: dict[str, Any]) -> tuple[Library, str | None]:
    """Take the options of ``library_options`` out of a command's arguments and open the library.

    Raises:
        InputError: where the address is none.
        AnalyzerError: where the library does not open.
    """
    from analyzer.library import Library

    return Library(options.pop("where")), options.pop("code")


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as columns of equal width; cells that hold control characters are shown with escapes."""
    cells = [head, *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)
