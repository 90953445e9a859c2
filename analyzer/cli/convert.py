"""``analyzer convert``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli.common import reading_of, reading_options, warn, write_stdout

if TYPE_CHECKING:
    from analyzer.session import Session

FORMS = ("session", "vtt", "srt", "csv", "chat", "textgrid", "elan", "text")
EPILOG = """\b
Examples:
  analyzer convert session.docx > session.json
  analyzer convert --to chat -o session.cha session.json
  analyzer convert --to textgrid -o grids/ recordings/*.json
"""


@click.command("convert", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE|-...")
@click.option("--to", "form", type=click.Choice(FORMS), default="session", show_default=True, help="The form to write.")
@click.option("-o", "--output", metavar="PATH", help="A file, or a folder for several sessions.")
@click.option("--labels", is_flag=True, help="Keep the labels of session JSON, for CSV, CHAT, Praat and ELAN.")
@click.option("--force", is_flag=True, help="Replace existing files.")
@reading_options
def command(files: tuple[str, ...], form: str, output: str | None, labels: bool, force: bool, **how: Any) -> None:
    """Bring transcripts of any kind into session JSON, and sessions into the forms in which people work.

    Without -o the result goes to standard output: one session as it is, several as JSON Lines. Who is therapist and
    client is written where it can be told.
    """
    from analyzer import readers
    from analyzer.files import write_whole
    from analyzer.writers import WRITERS

    reading = reading_of(how)
    sessions: list[Session] = []
    for file in files:
        if labels and (labelled := _labelled(file)):
            sessions += labelled
        elif file == "-":
            sessions += readers.read_bytes(sys.stdin.buffer.read(), "stdin", reading=reading)
        else:
            sessions += readers.read_all(file, reading=reading)
    writer = WRITERS[form]
    ready = [_with_roles(session) for session in sessions]
    for session in ready:
        for notice in session.notices:
            warn(f"{session.id}: {notice.where}: {notice.text}")
    if output is None:
        if len(ready) > 1 and form != "session":
            raise click.UsageError(f"{len(ready)} sessions make {len(ready)} files; name a folder with -o DIR")
        write_stdout(b"".join(writer.render(session) for session in ready))
        return
    contents = [(path, writer.render(session)) for path, session in _targets(output, ready, writer.suffix, force)]
    for path, content in contents:
        write_whole(path, content)
        click.echo(f"{path}: written", err=True)


def _labelled(file: str) -> list[Session]:
    """Read a session JSON with its labels, which reading for an analysis drops; nothing where it is another form."""
    from analyzer.errors import InputError
    from analyzer.session import load_session

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        return [load_session(text, name=Path(file).stem, keep_labels=True)]
    except (OSError, UnicodeDecodeError, InputError):
        if file == "-":
            raise InputError("stdin: --labels needs session JSON there") from None
        return []


def _with_roles(session: Session) -> Session:
    from analyzer.errors import InputError
    from analyzer.roles import RoleScorer, assign_roles
    from analyzer.shipped import models_folder

    try:
        return assign_roles(session, scorer=RoleScorer.load(models_folder() / "roles.json"))
    except InputError:
        return session


def _targets(output: str, sessions: list[Session], suffix: str, force: bool) -> list[tuple[Path, Session]]:
    """Return where each session goes, nothing of which exists unless it may be replaced."""
    from analyzer.files import refuse_existing

    path = Path(output)
    if len(sessions) == 1 and not output.endswith("/") and not path.is_dir():
        refuse_existing(path, force=force)
        return [(path, sessions[0])]
    path.mkdir(mode=0o700, exist_ok=True)
    targets: list[tuple[Path, Session]] = []
    taken: set[str] = set()
    for session in sessions:
        stem = "".join(c if c.isalnum() or c in "-_. " else "-" for c in session.id).strip(". ")[:100] or "session"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        refuse_existing(path / f"{name}{suffix}", force=force)
        targets.append((path / f"{name}{suffix}", session))
    return targets
