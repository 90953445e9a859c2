"""``analyzer review``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analyzer.cli.common import library_options, open_library

if TYPE_CHECKING:
    from analyzer.library import Library

EPILOG = """\b
Examples:
  analyzer review
  analyzer review --as T7 --terminal
  analyzer review --host 10.0.0.5 --name review.clinic.example --tls-cert cert.pem --tls-key key.pem
"""


@click.command("review", epilog=EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; others than loopback need TLS and accounts.",
)
@click.option("--name", "names", multiple=True, metavar="NAME", help="A name under which others reach it (repeatable).")
@click.option("--tls-cert", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--terminal", is_flag=True, help="Review here, with the same queue and keys.")
@click.option("--session", metavar="ID", help="With --terminal: which session; by default the latest with open cards.")
@click.option("--model", default="default", show_default=True, metavar="NAME|DIR", help="For uploads in the browser.")
@library_options
def command(
    port: int,
    no_browser: bool,
    host: str,
    names: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    terminal: bool,
    session: str | None,
    model: str,
    **how: Any,
) -> None:
    """Review kept sessions: label first, then see what the model says.

    Opens the pages in the browser, for you alone: bound to this machine, with a one-time token in the address. For
    several people it asks for --host, TLS and accounts (analyzer users).
    """
    library, code = open_library(how)
    if terminal:
        from analyzer.cli.review_terminal import review_here

        review_here(library, library.person(code), session)
        return
    _serve(library, code, host, port, names, (tls_cert, tls_key), model, not no_browser)


def _serve(
    library: Library,
    code: str | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    tls: tuple[Path | None, Path | None],
    model: str,
    browser: bool,
) -> None:
    import socket
    import webbrowser

    import uvicorn

    from analyzer.errors import AnalyzerError, InputError
    from analyzer.web.app import Site, build_app

    local = _is_loopback(host) and not names
    if not local:
        if None in tls:
            raise InputError(f"{host}: others can reach this address; give --tls-cert and --tls-key")
        _need_accounts(library)
        if code is not None:
            raise InputError("--as is for this machine alone; others log in with their code and password")
    site = Site(library, model=model, local=library.person(code).code if local else None, secure=tls[0] is not None)
    app = build_app(site, hosts=(*names, host, *(("127.0.0.1", "localhost") if local else ())))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise AnalyzerError(f"{host} port {port}: {error.strerror}; choose another with --port") from None
    scheme = "https" if tls[0] else "http"
    shown = names[0] if names else f"[{host}]" if ":" in host else host
    address = f"{scheme}://{shown}:{listener.getsockname()[1]}/" + (f"?token={site.token}" if local else "")
    click.echo(f"Review at {address}\nStop with Ctrl-C.", err=True)
    if local and browser:
        webbrowser.open(address)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=str(tls[0]) if tls[0] else None,
        ssl_keyfile=str(tls[1]) if tls[1] else None,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _need_accounts(library: Library) -> None:
    from analyzer.errors import InputError
    from analyzer.library.people import list_people

    if not any(person.password and not person.disabled for person in list_people(library)):
        raise InputError("nobody can log in yet; add accounts first: analyzer users add CODE --role ... --password")
