"""The web application: routes, and what every answer and request must keep to."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from itsdangerous import Signer
from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analyzer.errors import AnalyzerError, InputError
from analyzer.labels import LABELS
from analyzer.library import Library
from analyzer.library.access import ClosedError
from analyzer.pipeline import Pipeline
from analyzer.reports import view
from analyzer.reports.html import shown

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it browsers send "null" as the origin of our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
LARGEST_REQUEST = 25_000_000
"""Bytes; a transcript may hold 20 MB (readers), and a form has a little around it."""
STEPS = {
    "label": "labelled",
    "undo": "took the label back",
    "skip": "skipped",
    "comment": "commented",
    "discuss": "marked or unmarked for discussion",
    "send_back": "sent back",
    "adjudicate": "settled as",
}
"""How the steps of a history are told."""


@dataclass
class Site:
    """What all pages share.

    Attributes:
        library: behind the pages.
        model: name or folder, for uploads.
        local: the code of the person whose machine this is, let in by a one-time token; None where people log in.
        token: the one-time token, empty once it was used.
        secure: whether pages are served over TLS, so that cookies are marked so.
    """

    library: Library
    model: str = "default"
    local: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secure: bool = False
    signer: Signer = field(default_factory=lambda: Signer(secrets.token_bytes(32), salt="analyzer.login"))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The model, loaded at the first upload."""
        return Pipeline(self.model)

    @cached_property
    def templates(self) -> Environment:
        """The pages' templates; every value is escaped."""
        environment = Environment(
            loader=PackageLoader("analyzer.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters["shown"] = shown
        environment.globals |= {
            "view": view,
            "labels": LABELS,
            "names": {str(label): label.style.name for label in LABELS},
            "steps": STEPS,
        }
        return environment

    def page(self, request: Request, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a page for whoever asks."""
        login = getattr(request.state, "login", None)
        body = self.templates.get_template(name).render(
            person=getattr(request.state, "person", None),
            csrf=login.csrf if login else "",
            local=self.local is not None,
            **values,
        )
        return HTMLResponse(body.encode("utf-8", "replace"), status)


def build_app(site: Site, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> Starlette:
    """Return the application.

    Args:
        site: what its pages share.
        hosts: names under which it may be asked for; any other Host is refused.
    """
    from analyzer.web import auth, calibrate, people, review, sessions, supervise

    routes = [
        Route("/", sessions.index),
        Route("/upload", sessions.upload_form),
        Route("/upload", sessions.upload_file, methods=["POST"]),
        Route("/sessions/{session}", sessions.overview),
        Route("/sessions/{session}/report", sessions.report),
        Route("/sessions/{session}/hand-over", sessions.give, methods=["POST"]),
        Route("/sessions/{session}/open", sessions.open_now, methods=["POST"]),
        Route("/sessions/{session}/delete", sessions.delete, methods=["POST"]),
        Route("/sessions/{session}/review", review.card),
        Route("/sessions/{session}/cards/{card:int}", review.act_on, methods=["POST"]),
        Route("/sessions/{session}/cards/{card:int}/answer", review.answer),
        Route("/sessions/{session}/items", supervise.items_page),
        Route("/sessions/{session}/items/{card:int}", supervise.act_on, methods=["POST"]),
        Route("/trainees/{code}", supervise.trainee),
        Route("/agreement", supervise.agreement),
        Route("/calibrate", calibrate.page),
        Route("/calibrate", calibrate.act_on, methods=["POST"]),
        Route("/people", people.page),
        Route("/people", people.act_on, methods=["POST"]),
        Route("/login", auth.form),
        Route("/login", auth.enter, methods=["POST"]),
        Route("/logout", auth.leave, methods=["POST"]),
        Mount("/static", StaticFiles(directory=Path(__file__).with_name("static"))),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts)),
            Middleware(Careful),
            Middleware(auth.WhoAsks, site=site),
        ],
        exception_handlers={AnalyzerError: _refused, 404: _missing},
    )
    app.state.site = site
    return app


def site_of(request: Request) -> Site:
    """Return what all pages share."""
    found: Site = request.app.state.site
    return found


class Careful:
    """Adds the headers to every answer, and refuses posts from elsewhere and requests that are too large."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [
                    (name.lower().encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.lower().encode() not in have
                ]
            await send(message)

        refusal = _refusal(request)
        await (refusal or self.app)(scope, receive, send_with_headers)


def _refusal(request: Request) -> Response | None:
    if request.method not in ("GET", "HEAD"):
        origin = request.headers.get("origin")
        if origin is None or urlsplit(origin).netloc != request.headers.get("host"):
            return PlainTextResponse("This form was sent from another site.", 403)
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            return PlainTextResponse("This is larger than a transcript may be (25 MB).", 413)
    return None


def _refused(request: Request, error: Exception) -> Response:
    status = 403 if isinstance(error, ClosedError) else 400 if isinstance(error, InputError) else 500
    if "no such session" in str(error) or "no such card" in str(error):
        status = 404
    return site_of(request).page(request, "refused.html", status=status, reason=str(error))


def _missing(request: Request, error: Exception) -> Response:
    return site_of(request).page(request, "refused.html", status=404, reason="There is no such page.")
