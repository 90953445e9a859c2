"""Pages of the supervision: items of an open session, a trainee over time, agreement."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from analyzer.errors import InputError
from analyzer.labels import EVALUATIVE
from analyzer.library.access import find_judged
from analyzer.library.agreement import agreements, missed, reviewers
from analyzer.library.handover import adjudicate, items, send_back
from analyzer.library.review import act
from analyzer.library.store import note_look
from analyzer.library.trend import trend
from analyzer.reports.trend import NOTE, charts
from analyzer.web.app import site_of
from analyzer.web.auth import fields_of


def items_page(request: Request) -> Response:
    """Show every card with what was said of it; a trainee sees the model's label where a decision was made."""
    site, person, name = site_of(request), request.state.person, request.path_params["session"]
    found = items(site.library, person, name)
    with site.library.database.read() as transaction:
        kept = find_judged(site.library, transaction, person, name)
    site.library.record(person, "read items", name)
    if person.role == "supervisor":
        note_look(site.library, person, name)
    wanted = request.query_params.get("show", "all")
    listed = [item for item in found if wanted in ("all", item.status)]
    counts = {status: sum(item.status == status for item in found) for status in dict.fromkeys(i.status for i in found)}
    return site.page(request, "items.html", session=name, kept=kept, items=listed, counts=counts, wanted=wanted)


async def act_on(request: Request) -> Response:
    """Send an item back, settle it, or label it anew."""
    fields = await fields_of(request)
    library, person, name = site_of(request).library, request.state.person, request.path_params["session"]
    number, action = request.path_params["card"], fields.get("action", "")
    label, note = fields.get("label", ""), fields.get("note", "")
    if action == "send_back":
        await run_in_threadpool(send_back, library, person, name, number, note)
    elif action == "adjudicate":
        await run_in_threadpool(adjudicate, library, person, name, number, label, note)
    elif action == "label":
        await run_in_threadpool(act, library, person, name, number, "label", label=label)
    elif action == "comment":
        await run_in_threadpool(act, library, person, name, number, "comment", note=note)
    else:
        raise InputError("no such action")
    return RedirectResponse(f"/sessions/{name}/items#card-{number}", 303)


def trainee(request: Request) -> Response:
    """Show a trainee's sessions over time, and what the flags may have missed."""
    site, person, code = site_of(request), request.state.person, request.path_params["code"]
    if person.role == "administrator" or (person.role == "trainee" and person.code != code):
        raise InputError("no such session: there is nobody of this code whose sessions you may see")
    site.library.record(person, "read trend", code)
    points = trend(site.library, person, code)
    pooled, single = missed(site.library, person, code)
    return site.page(
        request, "trainee.html", code=code, charts=charts(points, EVALUATIVE), note=NOTE, points=points,
        missed=pooled, single=single,
    )  # fmt: skip


def agreement(request: Request) -> Response:
    """Show how far reviewers agree with the model and with each other."""
    site, person = site_of(request), request.state.person
    known = reviewers(site.library, person)
    wanted = request.query_params.get("reviewer") or (person.code if person.code in known else "")
    found = agreements(site.library, person, wanted) if wanted else []
    site.library.record(person, "read agreement", wanted)
    return site.page(request, "agreement.html", reviewers=known, wanted=wanted, agreements=found)
