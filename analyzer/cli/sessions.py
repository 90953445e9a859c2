"""``analyzer sessions``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click

from analyzer.cli.common import colourful, library_options, open_library, table, warn, write_stdout

EPILOG = """\b
Examples:
  analyzer sessions list --trainee T7
  analyzer sessions show 3f9a51c2d4e6b708
  analyzer sessions export 3f9a51c2d4e6b708 -o session.html
"""


@click.group("sessions", epilog=EPILOG)
def command() -> None:
    """List, show, export and delete the sessions in the library."""


@command.command("list", epilog="\b\nExample:\n  analyzer sessions list --trainee T7 --format json\n")
@click.option("--trainee", metavar="CODE", help="Only this one's.")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True)
@library_options
def list_command(trainee: str | None, fmt: str, **how: Any) -> None:
    """List the sessions that you may know of, the latest first.

    Figures stand only where you may see a session's judgements; a supervisor may once it is open.
    """
    from analyzer.library.store import list_sessions

    library, code = open_library(how)
    found, _ = list_sessions(library, library.person(code), trainee=trainee)
    if fmt == "json":
        rows = [
            {
                "id": item.id,
                "name": item.name,
                "trainee": item.trainee,
                "client": item.client,
                "held": item.held.isoformat(),
                "tags": list(item.tags),
                "uploaded": item.uploaded.isoformat(),
                "opens": item.opens.isoformat(),
                "open": item.is_open,
                "summary": item.figures,
            }
            for item in found
        ]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    head = ("id", "held", "trainee", "client", "utterances", "flagged", "state", "name")
    lines = []
    for item in found:
        figures = item.figures or {}
        state = "open" if item.is_open else f"with the trainee until {item.opens:%Y-%m-%d}"
        counts = (str(figures.get("utterances", "-")), str(figures.get("flagged", "-")))
        lines.append((item.id, str(item.held), item.trainee, item.client, *counts, state, item.name))
    click.echo(table(head, lines))


@command.command("show", epilog="\b\nExample:\n  analyzer sessions show 3f9a51c2d4e6b708\n")
@click.argument("session", metavar="ID")
@click.option("--format", "fmt", type=click.Choice(["text", "json", "html"]), default="text", show_default=True)
@library_options
def show(session: str, fmt: str, **how: Any) -> None:
    """Show a session's report.

    Whoever has seen it decides no longer blind: labels given in its review after this count for no agreement.
    """
    library, code = open_library(how)
    write_stdout(_render(library, code, session, fmt, width=shutil.get_terminal_size((100, 40)).columns))


@command.command("export", epilog="\b\nExample:\n  analyzer sessions export 3f9a51c2d4e6b708 -o session.html\n")
@click.argument("session", metavar="ID")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="File to write.")
@click.option(
    "--format", "fmt", type=click.Choice(["text", "json", "html", "csv", "xlsx"]), help="By default the suffix."
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@library_options
def export(session: str, output: Path, fmt: str | None, force: bool, **how: Any) -> None:
    """Write a session's report to a file; deleting the session later removes the file as well."""
    from analyzer.cli.analyze import SUFFIXES
    from analyzer.files import refuse_existing
    from analyzer.library.store import export as write

    refuse_existing(output, force=force)
    library, code = open_library(how)
    content = _render(
        library, code, session, fmt or SUFFIXES.get(output.suffix.lower(), "text"), width=100, colour=False
    )
    write(library, library.person(code), session, output, content)
    click.echo(f"{output}: written", err=True)


@command.command("delete", epilog="\b\nExample:\n  analyzer sessions delete 3f9a51c2d4e6b708 --yes\n")
@click.argument("sessions", nargs=-1, required=True, metavar="ID...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@library_options
def delete(sessions: tuple[str, ...], yes: bool, **how: Any) -> None:
    """Delete sessions for good: words, figures, decisions, and files exported from them."""
    from analyzer.library.store import remove

    library, code = open_library(how)
    person = library.person(code)
    for session in sessions:
        if not yes:
            click.confirm(f"Delete {session} with its words and decisions? This cannot be undone", abort=True, err=True)
        found = remove(library, person, session)
        files = f", {len(found.files)} exported files" if found.files else ""
        click.echo(f"{session}: deleted, with {found.utterances} utterances, {found.events} steps of review{files}")
        for path in found.kept_files:
            warn(f"{path}: was changed since it was exported, so it is still there")


@command.command("hand-over", epilog="\b\nExample:\n  analyzer sessions hand-over 3f9a51c2d4e6b708\n")
@click.argument("session", metavar="ID")
@library_options
def hand_over(session: str, **how: Any) -> None:
    """Open a session to supervisors: you, its trainee, have finished your review."""
    from analyzer.library.handover import hand_over as give

    library, code = open_library(how)
    give(library, library.person(code), session)
    click.echo(f"{session}: handed over")


@command.command(
    "open", epilog='\b\nExample:\n  analyzer sessions open 3f9a51c2d4e6b708 --reason "risk named by the client"\n'
)
@click.argument("session", metavar="ID")
@click.option("--reason", required=True, help="The trainee will read it.")
@library_options
def open_session(session: str, reason: str, **how: Any) -> None:
    """Open a session to supervisors before its trainee hands it over, with a written reason."""
    from analyzer.library.handover import open_early

    library, code = open_library(how)
    open_early(library, library.person(code), session, reason)
    click.echo(f"{session}: open")


@command.command("settings", epilog="\b\nExample:\n  analyzer sessions settings open_after_days 21 --as S1\n")
@click.argument("name", required=False)
@click.argument("value", required=False, type=float)
@library_options
def settings(name: str | None, value: float | None, **how: Any) -> None:
    """Show the site's settings, or set one.

    open_after_days: when a session opens to supervisors by itself. sample: unflagged cards a session, for sessions
    uploaded from now on. threshold: of P(criticism) for a flag; the calibration sets it.
    """
    from analyzer.library import DEFAULTS

    library, code = open_library(how)
    if name is None or value is None:
        for setting in DEFAULTS:
            click.echo(f"{setting}\t{json.dumps(library.setting(setting))}")
        return
    library.choose(library.person(code), name, value)
    click.echo(f"{name}\t{json.dumps(library.setting(name))}")


def _render(library: Any, code: str | None, session: str, fmt: str, *, width: int, colour: bool | None = None) -> bytes:
    from analyzer.library.store import document
    from analyzer.library.stored import from_stored, to_exported
    from analyzer.reports import render

    _, body = document(library, library.person(code), session)
    if fmt == "json":
        return (json.dumps(to_exported(body), ensure_ascii=False, indent=1) + "\n").encode()
    show_colour = colourful() if colour is None else colour
    return render(from_stored(body), fmt, colour=show_colour, width=width)  # type: ignore[arg-type]  # click checked it
