"""Pages of the ten-minute calibration."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from analyzer.errors import InputError
from analyzer.library.review import show
from analyzer.library.store import words_of
from analyzer.library.workload import ITEMS, adopt, begin, following, label_drawn, point_for
from analyzer.web.app import site_of
from analyzer.web.auth import fields_of

DEFAULT_CARDS = 8.0


def page(request: Request) -> Response:
    """Show the next utterance to label, or at the end what a workload means."""
    site, person = site_of(request), request.state.person
    if person.role != "supervisor":
        raise InputError("the calibration is a supervisor's")
    item, done, total = following(site.library, person)
    if item is not None:
        _, body = words_of(site.library, person, item.session_id)
        card = show(body, item.number)
        return site.page(request, "calibrate_card.html", item=item, card=card, done=done, total=total)
    wanted = request.query_params.get("cards", "")
    try:
        cards = float(wanted) if wanted else DEFAULT_CARDS
    except ValueError:
        raise InputError("the workload is a number of cards") from None
    point = point_for(site.library, person, cards) if total else None
    return site.page(
        request, "calibrate.html", items=ITEMS, total=total, cards=cards, point=point,
        threshold=site.library.setting("threshold"),
    )  # fmt: skip


async def act_on(request: Request) -> Response:
    """Draw the utterances, label one, or adopt a threshold."""
    fields = await fields_of(request)
    library, person = site_of(request).library, request.state.person
    match fields.get("action"):
        case "begin":
            await run_in_threadpool(begin, library, person)
        case "label" if fields.get("item", "").isdigit():
            await run_in_threadpool(label_drawn, library, person, int(fields["item"]), fields.get("label", ""))
        case "adopt":
            try:
                threshold = float(fields.get("threshold", ""))
            except ValueError:
                raise InputError("a threshold lies between 0 and 1") from None
            await run_in_threadpool(adopt, library, person, threshold)
        case _:
            raise InputError("no such action")
    return RedirectResponse("/calibrate", 303)
