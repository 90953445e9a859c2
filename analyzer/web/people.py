"""The page of accounts."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from analyzer.errors import InputError
from analyzer.library.people import add_person, disable, list_people, set_password
from analyzer.web.app import site_of
from analyzer.web.auth import fields_of


def page(request: Request) -> Response:
    """List everybody, for administrators and supervisors."""
    site = site_of(request)
    if request.state.person.role == "trainee":
        raise InputError("accounts are an administrator's")
    return site.page(request, "people.html", people=list_people(site.library))


async def act_on(request: Request) -> Response:
    """Add somebody, set a password, or close an account."""
    fields = await fields_of(request)
    library, person = site_of(request).library, request.state.person
    if person.role == "trainee":
        raise InputError("accounts are an administrator's")
    code, password = fields.get("code", "").strip(), fields.get("password", "")
    match fields.get("action"):
        case "add":
            await run_in_threadpool(add_person, library, person, code, fields.get("role", ""), password)
        case "password":
            await run_in_threadpool(set_password, library, person, code, password)
        case "disable":
            await run_in_threadpool(disable, library, person, code)
        case _:
            raise InputError("no such action")
    return RedirectResponse("/people", 303)
