"""``analyzer completion``."""

from __future__ import annotations

import click

EPILOG = """\b
Examples:
  analyzer completion bash > ~/.local/share/bash-completion/completions/analyzer
  analyzer completion fish > ~/.config/fish/completions/analyzer.fish
"""


@click.command("completion", epilog=EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell."""
    from click.shell_completion import get_completion_class

    from analyzer.cli import cli

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(found(cli, {}, "analyzer", "_ANALYZER_COMPLETE").source())
