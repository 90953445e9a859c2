"""``analyzer formats``."""

from __future__ import annotations

import click

EPILOG = """\b
Example:
  analyzer formats
"""


@click.command("formats", epilog=EPILOG)
def command() -> None:
    """List the transcript formats that can be read, each with an example.

    A file's content decides which of them it is, not only its suffix; --input-format NAME overrules. docs/formats.md
    tells for each product how to export.
    """
    from analyzer.readers import READERS
    from analyzer.readers.catalogue import EXAMPLES

    for reader in READERS:
        click.echo(f"{reader.name:<12}{reader.title} ({', '.join(reader.suffixes)})\n{'':12}{EXAMPLES[reader.name]}")
