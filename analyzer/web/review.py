"""Pages of the review: a card, and the answer to it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from analyzer.library.access import ClosedError
from analyzer.library.review import act, queue, reveal, show_card
from analyzer.library.strengths import own_strength
from analyzer.web.app import site_of
from analyzer.web.auth import fields_of


def card(request: Request) -> Response:
    """Show the next card: the words in their place, and nothing of what the model says."""
    site, person, name = site_of(request), request.state.person, request.path_params["session"]
    where = queue(site.library, person, name)
    if where.card is None:
        return site.page(request, "finished.html", session=name, queue=where)
    shown = show_card(site.library, person, name, where.card)
    site.library.record(person, "read card", name)
    return site.page(request, "card.html", session=name, queue=where, card=shown)


async def act_on(request: Request) -> Response:
    """Write down what was done with a card, and go where it leads."""
    fields = await fields_of(request)
    site, person, name = site_of(request), request.state.person, request.path_params["session"]
    number, kind = request.path_params["card"], fields.get("action", "")
    await run_in_threadpool(
        act, site.library, person, name, number, kind, label=fields.get("label", ""), note=fields.get("note", "")
    )
    if kind in ("label", "looked") or (kind in ("comment", "discuss") and fields.get("back") == "answer"):
        return RedirectResponse(f"/sessions/{name}/cards/{number}/answer", 303)
    return RedirectResponse(f"/sessions/{name}/review", 303)


def answer(request: Request) -> Response:
    """Show what the model says of a card, now that the person has decided."""
    site, person, name = site_of(request), request.state.person, request.path_params["session"]
    number = request.path_params["card"]
    try:
        found, shown, judgement, standing = reveal(site.library, person, name, number)
    except ClosedError:
        return RedirectResponse(f"/sessions/{name}/review", 303)
    strength = own_strength(site.library, name, found.number) if judgement.flagged else None
    return site.page(
        request,
        "answer.html",
        session=name,
        queue=queue(site.library, person, name),
        card=shown,
        judgement=judgement,
        standing=standing,
        strength=strength,
    )
