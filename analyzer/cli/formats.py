"""``analyzer formats``."""

from __future__ import annotations

import click

EPILOG = """\b
Example:
  analyzer formats
"""


@click.command("formats", epilog=EPILOG)
def command() -> None:
    """List the transcript formats that can be read.

    A file's content decides which of them it is, not only its suffix.
    """
    from analyzer.readers import READERS

    for reader in READERS:
        click.echo(f"{reader.name:<10}{reader.title} ({', '.join(reader.suffixes)})")
