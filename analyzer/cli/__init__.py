"""The command line: thin commands over the package, one module a command."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from analyzer import __version__

COMMANDS = {
    "analyze": "Read a transcript and report what the therapist's words did.",
    "batch": "Analyse folders of transcripts, only what is new or changed.",
    "classify": "Label single utterances, JSON lines in and out.",
    "completion": "Print the completion script for a shell.",
    "convert": "Bring transcripts into session JSON and other forms.",
    "corpus": "Write reviewed sessions as training data.",
    "evaluate": "Compare a model with coded sessions.",
    "explain": "Tell which words carried a label, and how else to say it.",
    "flagged": "Show the flagged utterances of a kept session.",
    "formats": "List the transcript formats that can be read.",
    "model": "Show what a model is and what was measured.",
    "review": "Review kept sessions, in the browser or the terminal.",
    "sessions": "List, show, export and delete kept sessions.",
    "train": "Train a model on coded sessions.",
    "trend": "Show a trainee's sessions over time.",
    "upload": "Analyse transcripts and keep them in the library.",
    "users": "Add, list and disable accounts.",
}

EPILOG = """\b
Examples:
  analyzer analyze session.vtt
  analyzer analyze session.docx --therapist "Dana Ruiz" -o report.html
  analyzer batch recordings/ -o out/
"""


class LazyGroup(click.Group):
    """Imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"analyzer.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="analyzer")
def cli() -> None:
    """What did the therapist's words do for the client?

    Reads session transcripts and labels each therapist utterance as validation, empathic reflection, constructive
    feedback, criticism or other. Nothing leaves this machine. A mirror for supervision, not a diagnostic or an
    employment tool.
    """


def main() -> None:
    """Run the command line; errors are one line on stderr, never a traceback."""
    from analyzer.errors import AnalyzerError

    try:
        cli.main(prog_name="analyzer", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except AnalyzerError as error:
        _say(str(error))
        for name, words in getattr(error, "speakers", ()):
            click.echo(f'  {name}: "{words}"', err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away; nothing is wrong, and the interpreter must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _say(f"{error.filename or 'input or output'}: {error.strerror or type(error).__name__}")
        sys.exit(1)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        _say(
            f"internal error: {type(error).__name__} in {Path(place.filename).name} line {place.lineno}; "
            "please report this line"
        )
        sys.exit(1)


def _say(message: str) -> None:
    from analyzer.cli.common import printable

    click.echo(f"analyzer: {printable(message)}", err=True)
