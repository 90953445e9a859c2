"""``analyzer users``."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from analyzer.cli.common import library_options, open_library, table

EPILOG = """\b
Examples:
  analyzer users add S1 --role supervisor
  analyzer users list
"""


@click.group("users", epilog=EPILOG)
def command() -> None:
    """Add, list and disable the people of a library."""


@command.command("add", epilog="\b\nExample:\n  analyzer users add S1 --role supervisor --password\n")
@click.argument("new", metavar="CODE")
@click.option("--role", type=click.Choice(["trainee", "supervisor", "administrator"]), required=True)
@click.option("--password", is_flag=True, help="Ask for a password, for those who log in.")
@library_options
def add(new: str, role: str, password: bool, **how: Any) -> None:
    """Add somebody by code. The first person needs nobody's leave; after that an administrator or supervisor acts."""
    from analyzer.library.people import add_person, list_people

    library, code = open_library(how)
    keepers = [person for person in list_people(library) if person.role != "trainee" and not person.disabled]
    by = library.person(code) if keepers or code else None
    add_person(library, by, new, role, _password() if password else "")
    click.echo(f"{new}: added as {role}")


@command.command("password", epilog="\b\nExample:\n  analyzer users password S1 --as A1\n")
@click.argument("whose", metavar="CODE")
@library_options
def password_command(whose: str, **how: Any) -> None:
    """Set a password: your own, or as an administrator anybody's. It ends that person's logins."""
    from analyzer.library.people import set_password

    library, code = open_library(how)
    set_password(library, library.person(code), whose, _password())
    click.echo(f"{whose}: password set")


@command.command("list", epilog="\b\nExample:\n  analyzer users list --format json\n")
@click.option("--format", "fmt", type=click.Choice(["text", "json"]), default="text", show_default=True)
@library_options
def list_command(fmt: str, **how: Any) -> None:
    """List everybody: code, role, whether they can log in, whether disabled."""
    from analyzer.library.people import list_people

    library, _ = open_library(how)
    people = list_people(library)
    if fmt == "json":
        rows = [{"code": p.code, "role": p.role, "logs_in": bool(p.password), "disabled": p.disabled} for p in people]
        click.echo(json.dumps(rows, indent=1))
        return
    lines = [(p.code, p.role, "yes" if p.password else "no", "disabled" if p.disabled else "") for p in people]
    click.echo(table(("code", "role", "logs in", ""), lines))


@command.command("disable", epilog="\b\nExample:\n  analyzer users disable T7 --as S1\n")
@click.argument("whose", metavar="CODE")
@library_options
def disable_command(whose: str, **how: Any) -> None:
    """Close an account and its logins. What the person said stays."""
    from analyzer.library.people import disable

    library, code = open_library(how)
    disable(library, library.person(code), whose)
    click.echo(f"{whose}: disabled")


def _password() -> str:
    """Ask twice on a terminal; take the first line of standard input elsewhere."""
    if sys.stdin.isatty():
        found: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return found
    return sys.stdin.readline().rstrip("\n")
