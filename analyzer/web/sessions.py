"""Pages about sessions: the list, uploading, one session, its report."""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from analyzer import readers
from analyzer.errors import AnalyzerError, InputError
from analyzer.library.access import find, is_open, opens
from analyzer.library.handover import hand_over, history, open_early
from analyzer.library.review import queue
from analyzer.library.store import About, document, list_sessions, parse_tags, remove, upload
from analyzer.library.stored import from_stored
from analyzer.pipeline import Options
from analyzer.reports import render
from analyzer.web.app import site_of
from analyzer.web.auth import fields_of

PAGE = 50


def index(request: Request) -> Response:
    """List the sessions that the person may know of, fifty a page."""
    site = site_of(request)
    person = request.state.person
    number = max(1, int(n)) if (n := request.query_params.get("page", "1")).isdigit() else 1
    trainee = request.query_params.get("trainee") or None
    found, total = list_sessions(site.library, person, trainee=trainee, most=PAGE, skip=(number - 1) * PAGE)
    return site.page(
        request, "index.html", sessions=found, total=total, number=number, pages=-(-total // PAGE), trainee=trainee
    )


def upload_form(request: Request) -> Response:
    """Show the form for a transcript."""
    return site_of(request).page(request, "upload.html", reason="", today=date.today())


async def upload_file(request: Request) -> Response:
    """Analyse and keep what was sent."""
    fields = await fields_of(request)
    sent = (await request.form()).get("file")
    site = site_of(request)
    if not isinstance(sent, UploadFile) or not sent.filename:
        return site.page(request, "upload.html", status=400, reason="Choose a transcript file.", today=date.today())
    content, name = await sent.read(), sent.filename
    try:
        kept = await run_in_threadpool(_keep, request, content, name, fields)
    except AnalyzerError as error:
        return site.page(request, "upload.html", status=400, reason=str(error), today=date.today())
    return RedirectResponse(f"/sessions/{kept}", 303)


def _keep(request: Request, content: bytes, name: str, fields: dict[str, str]) -> str:
    site, person = site_of(request), request.state.person
    try:
        held = date.fromisoformat(fields["held"]) if fields.get("held") else None
    except ValueError:
        raise InputError("the date is not one; write it as 2026-03-02") from None
    trainee = person.code if person.role == "trainee" else fields.get("trainee", "").strip()
    if not trainee:
        raise InputError("whose session is it? give the trainee's code")
    about = About(trainee, fields.get("client", "").strip(), held, parse_tags(fields.get("tags", "").split(",")))
    therapists = tuple(filter(None, [fields.get("therapist", "").strip()]))
    options = Options(therapists, accept_roles="accept_roles" in fields)
    given = readers.read_bytes(content, name)
    with site.lock:
        kept = [upload(site.library, person, session, about, site.pipeline, options)[0] for session in given]
    return kept[0]


def overview(request: Request) -> Response:
    """Show one session: where it stands and what can be done."""
    site, person, name = site_of(request), request.state.person, request.path_params["session"]
    with site.library.database.read() as transaction:
        kept = find(transaction, person, name)
        ready = is_open(site.library, transaction, kept)
    return site.page(
        request,
        "session.html",
        kept=kept,
        ready=ready,
        opens=opens(kept, site.library.setting("open_after_days")),
        queue=queue(site.library, person, name),
        history=history(site.library, person, name),
        judged=person.role == "trainee" or ready,
    )


def report(request: Request) -> Response:
    """Show the whole report; decisions after this are not blind."""
    site = site_of(request)
    _, body = document(site.library, request.state.person, request.path_params["session"])
    page = render(from_stored(body), "html")
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


async def give(request: Request) -> Response:
    """Hand the session over to supervisors."""
    await fields_of(request)
    name = request.path_params["session"]
    await run_in_threadpool(hand_over, site_of(request).library, request.state.person, name)
    return RedirectResponse(f"/sessions/{name}", 303)


async def open_now(request: Request) -> Response:
    """Open the session early, with a reason."""
    fields = await fields_of(request)
    name = request.path_params["session"]
    await run_in_threadpool(open_early, site_of(request).library, request.state.person, name, fields.get("reason", ""))
    return RedirectResponse(f"/sessions/{name}", 303)


async def delete(request: Request) -> Response:
    """Delete the session for good, when its id was typed."""
    fields = await fields_of(request)
    name = request.path_params["session"]
    if fields.get("confirm", "").strip() != name:
        raise InputError("to delete the session, type its id into the field")
    await run_in_threadpool(remove, site_of(request).library, request.state.person, name)
    return RedirectResponse("/", 303)
