"""What several commands share: printing that a terminal can bear."""

from __future__ import annotations

import os
import sys

import click


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
