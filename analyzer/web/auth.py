"""Who asks: logins by password, or on one's own machine by a one-time token."""

from __future__ import annotations

import hmac

from itsdangerous import BadSignature
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from analyzer.errors import InputError
from analyzer.library.people import LOGIN_LASTS, find_login, log_in, log_out, open_login
from analyzer.web.app import Site, site_of

COOKIE = "analyzer_login"
FREE = ("/login", "/static/")
"""Paths that need no login."""


class WhoAsks:
    """Finds the person behind a request; sends everybody else to the login."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app = app
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from starlette.concurrency import run_in_threadpool

        request = Request(scope)
        scope.setdefault("state", {})
        found = await run_in_threadpool(find_login, self.site.library, token_of(request, self.site))
        if found:
            scope["state"]["person"], scope["state"]["login"] = found
        elif not request.url.path.startswith(FREE):
            await (await run_in_threadpool(_stranger, request, self.site))(scope, receive, send)
            return
        await self.app(scope, receive, send)


def token_of(request: Request, site: Site) -> str:
    """Return the login's token from the signed cookie, or an empty text."""
    try:
        return site.signer.unsign(request.cookies.get(COOKIE, "")).decode()
    except (BadSignature, UnicodeDecodeError):
        return ""


def _stranger(request: Request, site: Site) -> Response:
    if site.local is None:
        return RedirectResponse("/login", 303)
    offered = request.query_params.get("token", "")
    with site.lock:
        right = bool(site.token) and hmac.compare_digest(offered.encode(), site.token.encode())
        if right:
            site.token = ""
    if not right:
        return PlainTextResponse(
            "This address has been used already, or lacks its token. Start analyzer review again and use the new one.",
            403,
        )
    token, _ = open_login(site.library, site.library.person(site.local))
    return _with_cookie(RedirectResponse("/", 303), token, site)


def _with_cookie(response: Response, token: str, site: Site) -> Response:
    response.set_cookie(
        COOKIE,
        site.signer.sign(token).decode(),
        max_age=int(LOGIN_LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=site.secure,
    )
    return response


def form(request: Request) -> Response:
    """Show the login."""
    if hasattr(request.state, "person"):
        return RedirectResponse("/", 303)
    return site_of(request).page(request, "login.html", reason="")


async def enter(request: Request) -> Response:
    """Check code and password."""
    from starlette.concurrency import run_in_threadpool

    site = site_of(request)
    if site.local is not None:
        return PlainTextResponse("This library is open to one person on this machine; there is no login.", 403)
    fields = await request.form()
    try:
        token, _ = await run_in_threadpool(
            log_in, site.library, str(fields.get("code", ""))[:64], str(fields.get("password", ""))[:1000]
        )
    except InputError as error:
        return site.page(request, "login.html", status=403, reason=str(error))
    return _with_cookie(RedirectResponse("/", 303), token, site)


async def fields_of(request: Request) -> dict[str, str]:
    """Return the text fields of a form, after its CSRF token was found right.

    Raises:
        InputError: where the token is not this login's.
    """
    fields = await request.form()
    offered = str(fields.get("csrf", ""))
    if not hmac.compare_digest(offered.encode(), request.state.login.csrf.encode()):
        raise InputError("this form has run out; load the page again")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


async def leave(request: Request) -> Response:
    """End the login."""
    from starlette.concurrency import run_in_threadpool

    site = site_of(request)
    await fields_of(request)
    await run_in_threadpool(log_out, site.library, token_of(request, site))
    response = RedirectResponse("/login", 303) if site.local is None else PlainTextResponse("You are logged out.")
    response.delete_cookie(COOKIE)
    return response
