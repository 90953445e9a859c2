"""Every route: who gets in, what is refused, what answers carry."""

import re
from datetime import timedelta

import pytest
from analyzer.library.handover import hand_over, items
from analyzer.library.review import act, queue
from analyzer.library.store import list_sessions
from analyzer.web.app import POLICY, Site, build_app
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD

HOME = {"origin": "http://127.0.0.1"}


def routes(site: Site) -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for route in build_app(site).routes
        if isinstance(route, Route)
        for method in sorted(route.methods - {"HEAD"})
    ]


def filled(path: str, session: str, card: int) -> str:
    return path.replace("{session}", session).replace("{card:int}", str(card)).replace("{code}", "T1")


def test_strangers_see_the_login_alone(site, visit, library, kept):
    name = kept(library)
    stranger = visit(None)
    for method, path in routes(site):
        if path == "/login":
            continue
        answer = stranger.client.request(method, filled(path, name, 1), headers=HOME, data={"csrf": "x"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), (method, path)
    assert stranger.get("/login").status_code == 200


def test_a_trainee_reaches_no_session_of_another_by_any_route(site, visit, library, kept):
    """Object by object: every route with a session or a trainee in it, for a trainee and for an administrator."""
    name = kept(library, "T1")
    card = queue(library, library.person("T1"), name).card.id
    forms = {
        "label": "other", "action": "label", "reason": "a reason that is long", "confirm": name, "note": "n",
    }  # fmt: skip
    for code in ("T2", "A1"):
        visitor = visit(code)
        for method, path in routes(site):
            if "{session}" not in path and "{code}" not in path:
                continue
            if code == "A1" and path.endswith("/delete"):
                continue  # an administrator may delete, and reads nothing
            address = filled(path, name, card)
            answer = visitor.get(address) if method == "GET" else visitor.post(address, **forms)
            assert answer.status_code == 404, (code, method, path)
            assert "no such" in answer.text
    assert list_sessions(library, library.person("T1"))[1] == 1
    assert queue(library, library.person("T1"), name).done == 0


def test_unknown_and_foreign_sessions_answer_alike(visit, library, kept):
    name = kept(library, "T1")
    visitor = visit("T2")
    foreign, unknown = visitor.get(f"/sessions/{name}"), visitor.get("/sessions/" + "0" * 16)
    assert foreign.status_code == unknown.status_code == 404

    def bare(answer, identifier):
        return re.sub(r'value="[^"]*"', "", answer.text.replace(identifier, "ID"))

    assert bare(foreign, name) == bare(unknown, "0" * 16)


def test_a_supervisor_waits_for_the_trainee(visit, library, kept):
    name = kept(library)
    trainee = library.person("T1")
    card = queue(library, trainee, name).card.id
    act(library, trainee, name, card, "label", label="criticism")
    visitor = visit("S1")
    for path in ("items", "report"):
        assert visitor.get(f"/sessions/{name}/{path}").status_code == 403
    for action in ({"action": "adjudicate", "label": "other"}, {"action": "send_back", "note": "look"}):
        assert visitor.post(f"/sessions/{name}/items/{card}", **action).status_code == 403
    assert visitor.get(f"/sessions/{name}").status_code == 200
    assert "criticism" not in visitor.get(f"/sessions/{name}").text
    assert visitor.post(f"/sessions/{name}/open", reason="the client named a risk").status_code == 303
    assert visitor.get(f"/sessions/{name}/items").status_code == 200
    page = visit("T1").get(f"/sessions/{name}").text
    assert "the client named a risk" in page
    assert "opened early" in page


def test_forms_need_their_token_and_their_own_site(visit, library, kept):
    name = kept(library)
    visitor = visit("T1")
    card = queue(library, library.person("T1"), name).card.id
    path, fields = f"/sessions/{name}/cards/{card}", {"action": "label", "label": "other"}
    refused = [
        visitor.client.post(path, data=fields, headers=HOME),
        visitor.client.post(path, data={**fields, "csrf": "guess"}, headers=HOME),
        visitor.client.post(path, data={**fields, "csrf": visit("T1").csrf()}, headers=HOME),
        visitor.client.post(path, data={**fields, "csrf": visitor.csrf()}),
        visitor.client.post(path, data={**fields, "csrf": visitor.csrf()}, headers={"origin": "http://evil.example"}),
        visitor.client.post(path, data={**fields, "csrf": visitor.csrf()}, headers={"origin": "null"}),
    ]
    assert [answer.status_code for answer in refused] == [400, 400, 400, 403, 403, 403]
    assert queue(library, library.person("T1"), name).done == 0
    assert visitor.post(path, **fields).status_code == 303
    assert queue(library, library.person("T1"), name).done == 1


def test_other_hosts_are_refused(site):
    client = TestClient(build_app(site), base_url="http://evil.example", follow_redirects=False)
    assert client.get("/login").status_code == 400
    assert TestClient(build_app(site), base_url="http://localhost:8765").get("/login").status_code == 200


def test_every_answer_carries_the_policy(visit, library, kept):
    name = kept(library)
    visitor = visit("T1")
    paths = ("/", "/upload", f"/sessions/{name}", f"/sessions/{name}/review", "/agreement", "/trainees/T1", "/nowhere")
    for path in (*paths, "/static/style.css", "/login"):
        headers = visitor.get(path).headers
        assert headers["content-security-policy"] == POLICY, path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    assert "unsafe" not in POLICY
    report = visitor.get(f"/sessions/{name}/report").headers["content-security-policy"]
    assert "script" not in report
    assert "default-src 'none'" in report


def test_pages_hold_no_inline_script_style_or_foreign_address(visit, library, kept):
    name = kept(library)
    visitor = visit("T1")
    for path in ("/", "/upload", f"/sessions/{name}", f"/sessions/{name}/review", "/trainees/T1", "/agreement"):
        page = visitor.get(path).text
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/keys.js" defer>']
        assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", page), path


def test_the_cookie_is_signed_hidden_and_dies_at_logout(visit, site):
    visitor = visit("T1")
    cookie = visitor.client.cookies["analyzer_login"]
    answer = visit(None).client.post("/login", data={"code": "T1", "password": PASSWORD}, headers=HOME)
    shown = answer.headers["set-cookie"].lower()
    assert "httponly" in shown
    assert "samesite=strict" in shown
    tampered = cookie[:-1] + ("A" if cookie[-1] != "A" else "B")
    stranger = visit(None)
    stranger.client.cookies.set("analyzer_login", tampered)
    assert stranger.get("/").status_code == 303
    visitor.post("/logout")
    copied = visit(None)
    copied.client.cookies.set("analyzer_login", cookie)
    assert copied.get("/").status_code == 303
    secure = TestClient(
        build_app(Site(site.library, secure=True)), base_url="https://127.0.0.1", follow_redirects=False
    )
    answer = secure.post("/login", data={"code": "T1", "password": PASSWORD}, headers={"origin": "https://127.0.0.1"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_wrong_passwords_are_throttled(visit, library, clock):
    stranger = visit(None)

    def attempt(password):
        return stranger.client.post("/login", data={"code": "T1", "password": password}, headers=HOME)

    for _ in range(5):
        assert attempt("guess").status_code == 403
    assert attempt(PASSWORD).status_code == 403
    clock.now += timedelta(minutes=2)
    assert attempt(PASSWORD).status_code == 303


def test_the_one_time_token_works_once(library):
    site = Site(library, local="T1")
    token = site.token
    client = TestClient(build_app(site), base_url="http://127.0.0.1", follow_redirects=False)
    assert client.get("/").status_code == 403
    assert client.get("/?token=guess").status_code == 403
    assert client.get(f"/?token={token}").status_code == 303
    assert client.get("/").status_code == 200
    other = TestClient(build_app(site), base_url="http://127.0.0.1", follow_redirects=False)
    assert other.get(f"/?token={token}").status_code == 403
    login = {"code": "S1", "password": PASSWORD}
    assert client.post("/login", data=login, headers=HOME).status_code == 403


def test_uploading_in_the_browser(visit, library, example):
    visitor = visit("T1")
    fields = {"csrf": visitor.csrf(), "held": "2026-02-01", "client": "C9", "tags": "intake, school"}
    sent = {"file": ("session.vtt", example.read_bytes())}
    answer = visitor.client.post("/upload", data=fields, files=sent, headers=HOME)
    assert answer.status_code == 303
    (listed,), _ = list_sessions(library, library.person("T1"))
    assert answer.headers["location"] == f"/sessions/{listed.id}"
    assert (listed.client, listed.tags, str(listed.held)) == ("C9", ("intake", "school"), "2026-02-01")
    for name, content, field in (
        ("a.vtt", b"", {}),
        ("x.bin", b"\x00\x01\x02" * 50, {}),
        ("a.vtt", b"x", {"held": "soon"}),
    ):
        answer = visitor.client.post("/upload", data={**fields, **field}, files={"file": (name, content)}, headers=HOME)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
    assert visitor.client.post("/upload", data=fields, headers=HOME).status_code == 400
    huge = visitor.client.post("/upload", content=b"x", headers=HOME | {"content-length": "30000000"})
    assert huge.status_code == 413


HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"'& \u202egnp.exe \x07 \U0001f600 {{ 7*7 }}"


def test_hostile_text_is_text_everywhere(visit, library, analysed):
    from dataclasses import replace

    from analyzer.library.store import About, keep
    from analyzer.session import Notice

    session = analysed.report.session
    turns = tuple(
        replace(turn, speaker=HOSTILE if turn.role == "client" else turn.speaker, text=turn.text + HOSTILE)
        for turn in session.turns
    )
    hostile = replace(session, id=HOSTILE, turns=turns, notices=(Notice(HOSTILE, HOSTILE),))
    name = keep(
        library,
        None,
        replace(analysed, report=replace(analysed.report, session=hostile)),
        About("T1", HOSTILE, None, (HOSTILE[:30],)),
    )
    trainee = library.person("T1")
    card = queue(library, trainee, name).card.id
    act(library, trainee, name, card, "label", label="criticism")
    act(library, trainee, name, card, "comment", note=HOSTILE)
    hand_over(library, trainee, name)
    for code in ("T1", "S1"):
        visitor = visit(code)
        for path in (
            "/",
            *(f"/sessions/{name}{end}" for end in ("", "/review", f"/cards/{card}/answer", "/items", "/report")),
        ):
            if code == "S1" and path.endswith("answer"):
                continue
            answer = visitor.get(path)
            assert answer.status_code == 200, path
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert "\u202e" not in answer.text
            assert "\x07" not in answer.text
            assert "{{" in answer.text or "7*7" not in answer.text
    assert "\U0001f600" in visit("T1").get(f"/sessions/{name}/items").text


def test_pages_of_supervision(visit, library, kept):
    name = kept(library)
    trainee = library.person("T1")
    card = queue(library, trainee, name).card.id
    visit("T1").post(f"/sessions/{name}/hand-over")
    supervisor = visit("S1")
    assert (
        supervisor.post(f"/sessions/{name}/items/{card}", action="send_back", note="and the client?").status_code == 303
    )
    page = visit("T1").get(f"/sessions/{name}/items").text
    assert "and the client?" in page
    assert "The model&#39;s label appears after yours" in page or "appears after yours" in page
    assert visit("T1").post(f"/sessions/{name}/items/{card}", action="label", label="validation").status_code == 303
    answer = supervisor.post(f"/sessions/{name}/items/{card}", action="adjudicate", label="other", note="done")
    assert answer.status_code == 303
    assert next(i for i in items(library, trainee, name) if i.card == card).status == "settled"
    assert supervisor.get(f"/sessions/{name}/items?show=settled").text.count("<section") == 1
    assert not queue(library, library.person("S1"), name).blind, "who has read the items is not blind any more"
    assert supervisor.post(f"/sessions/{name}/items/{card}", action="burn").status_code == 400


def test_accounts_in_the_browser(visit, library):
    administrator = visit("A1")
    new = {"code": "T7", "role": "trainee", "password": PASSWORD}
    assert administrator.post("/people", action="add", **new).status_code == 303
    assert "T7" in administrator.get("/people").text
    assert visit("T7").get("/").status_code == 200
    assert administrator.post("/people", action="disable", code="T7").status_code == 303
    stranger = visit(None)
    answer = stranger.client.post("/login", data={"code": "T7", "password": PASSWORD}, headers=HOME)
    assert answer.status_code == 403
    trainee = visit("T1")
    assert trainee.get("/people").status_code == 400
    assert trainee.post("/people", action="add", **new).status_code == 400
    assert visit("S1").post("/people", action="add", code="S9", role="supervisor").status_code == 400
    assert administrator.post("/people", action="sing").status_code == 400


def test_calibration_is_a_supervisors(visit, library, kept):
    for _ in range(2):
        kept(library)
    assert visit("T1").get("/calibrate").status_code == 400
    supervisor = visit("S1")
    assert supervisor.post("/calibrate", action="begin").status_code == 303
    for _ in range(30):
        page = supervisor.get("/calibrate").text
        item = page.split('name="item" value="')[1].split('"')[0]
        assert not re.search(r"\d+ %", page), "nothing of the model shows"
        assert supervisor.post("/calibrate", action="label", item=item, label="other").status_code == 303
    page = supervisor.get("/calibrate?cards=4").text
    assert "cannot be measured" in page
    threshold = page.split('name="threshold" value="')[1].split('"')[0]
    assert supervisor.post("/calibrate", action="adopt", threshold=threshold).status_code == 303
    assert library.setting("threshold") == float(threshold)
    for bad in ("many", "-1"):
        assert supervisor.get(f"/calibrate?cards={bad}").status_code == 400


@pytest.mark.parametrize("page", ["0", "99", "x", "-1"])
def test_pages_that_are_not_there(visit, library, kept, page):
    kept(library)
    assert visit("T1").get(f"/?page={page}").status_code == 200
