"""Every page in a real browser: by keyboard, at desktop and phone width, light and dark, without a mouse."""

import os
import re
from pathlib import Path

import pytest
from analyzer.library.handover import hand_over, items
from analyzer.library.review import queue
from analyzer.library.store import list_sessions
from analyzer.library.tables import Event
from analyzer.web.app import Site
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import select

from tests.web.conftest import PASSWORD

SHOTS = os.environ.get("SCREENSHOTS")
"""A folder, where somebody wants to look at the pages."""


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    found = context.new_page()
    problems: list[str] = []
    found.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: problems.append(str(error)))
    yield found
    context.close()
    assert [problem for problem in problems if "40" not in problem] == []


def log_in(page, address: str, code: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("Code").fill(code)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")


def look(page, name: str) -> None:
    """Find no violation of accessibility, nothing wider than the screen, in light and dark, wide and narrow."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            if SHOTS:
                page.screenshot(path=str(Path(SHOTS) / f"{name}-{scheme}-{width}.png"), full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        results = Axe().run(page)
        assert results.violations_count == 0, (name, scheme, results.generate_report())


def test_upload_blind_review_by_keyboard_and_hand_over(page, serve, site, library, example):
    address = serve(site)
    log_in(page, address, "T1")
    look(page, "empty")
    page.get_by_role("link", name="Upload", exact=True).click()
    look(page, "upload")
    page.locator("#file").set_input_files(str(example))
    page.get_by_label("Client's code").fill("C1")
    page.get_by_role("button", name="Analyse and keep").click()
    page.wait_for_url(re.compile("/sessions/"), timeout=60_000)
    look(page, "session")
    trainee = library.person("T1")
    (listed,), _ = list_sessions(library, trainee)
    page.get_by_role("link", name="Begin").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    look(page, "card")
    assert not re.search(r"\d %", page.inner_text("main")), "no probability before the decision"
    total = queue(library, trainee, listed.id).total
    with page.expect_navigation():
        page.keyboard.press("s")
    for number, key in enumerate("vrfco"):
        page.keyboard.press(key)
        page.wait_for_url("**/answer")
        assert "The model says" in page.inner_text("main")
        if number == 0:
            look(page, "answer")
            page.keyboard.press("u")
            page.wait_for_url("**/review")
            assert queue(library, trainee, listed.id).done == 0
            page.keyboard.press("v")
            page.wait_for_url("**/answer")
        page.keyboard.press("Enter")
        page.wait_for_url("**/review")
    assert queue(library, trainee, listed.id).done == 5
    page.keyboard.press("m")
    page.keyboard.type("vrfco is what I typed")
    assert queue(library, trainee, listed.id).done == 5, "keys in a text field are words"
    with page.expect_navigation():
        page.get_by_role("button", name="Keep the comment").click()
    with page.expect_navigation():
        page.keyboard.press("d")
    page.goto(f"{address}/sessions/{listed.id}")
    with page.expect_navigation():
        page.get_by_role("link", name="Go on").click()
    for _ in range(total - 5):
        page.keyboard.press("o")
        page.wait_for_url("**/answer")
        page.keyboard.press("Enter")
        page.wait_for_url("**/review")
    assert f"All {total} cards are labelled" in page.inner_text("h1")
    look(page, "finished")
    with library.database.read() as transaction:
        kinds = [event.kind for event in transaction.scalars(select(Event).order_by(Event.id))]
    assert {"label", "undo", "skip", "comment", "discuss"} <= set(kinds)
    page.keyboard.press("Enter")
    with page.expect_navigation():
        page.get_by_role("button", name="Hand over to supervision").click()
    assert "handed over" in page.inner_text("main")
    page.get_by_role("link", name="What was said").click()
    look(page, "items-trainee")
    page.goto(f"{address}/trainees/T1")
    look(page, "trend")
    page.goto(f"{address}/agreement")
    look(page, "agreement")
    page.goto(f"{address}/sessions/{listed.id}/report")
    assert "default-src" not in page.inner_text("body")
    page.goto(address)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    look(page, "login")
    page.goto(f"{address}/sessions/{listed.id}")
    assert page.url.endswith("/login")


def test_send_back_answer_and_adjudication(page, chromium, serve, site, library, kept):
    name = kept(library)
    trainee = library.person("T1")
    address = serve(site)
    log_in(page, address, "S1")
    look(page, "sessions")
    page.goto(f"{address}/sessions/{name}")
    look(page, "session-closed")
    page.goto(f"{address}/sessions/{name}/items")
    assert "still with its trainee" in page.inner_text("main")
    look(page, "refused")
    hand_over(library, trainee, name)
    page.goto(f"{address}/sessions/{name}/items")
    first = page.locator("section").first
    first.get_by_text("Answer").click()
    first.get_by_label("Note to the trainee").fill("what did he hear?")
    with page.expect_navigation():
        first.get_by_role("button", name="Send back").click()
    look(page, "items-supervisor")
    other = chromium.new_context().new_page()
    log_in(other, address, "T1")
    other.goto(f"{address}/sessions/{name}/items?show=sent%20back")
    assert "what did he hear?" in other.text_content("main")
    look(other, "items-sent-back")
    other.get_by_label("Your label").select_option("constructive_feedback")
    with other.expect_navigation():
        other.get_by_role("button", name="Keep", exact=True).click()
    other.context.close()
    page.goto(f"{address}/sessions/{name}/items")
    first = page.locator("section").first
    if not first.get_by_label("Settle as").is_visible():
        first.get_by_text("Answer").click()
    first.get_by_label("Settle as").select_option("validation")
    with page.expect_navigation():
        first.get_by_role("button", name="Settle").click()
    item = items(library, trainee, name)[0]
    assert (item.status, item.final, item.trainee) == ("settled", "validation", "constructive_feedback")


def test_calibration_by_keyboard(page, serve, site, library, kept):
    for _ in range(2):
        kept(library)
    address = serve(site)
    log_in(page, address, "S1")
    page.get_by_role("link", name="Calibrate").click()
    look(page, "calibrate-empty")
    with page.expect_navigation():
        page.get_by_role("button", name="Begin").click()
    look(page, "calibrate-card")
    for number in range(30):
        assert f"{number} of 30 labelled" in page.inner_text("main")
        with page.expect_navigation():
            page.keyboard.press("c" if number % 2 else "o")
    look(page, "calibrate")
    assert "of the criticisms" in page.inner_text("main")
    with page.expect_navigation():
        page.get_by_role("button", name="Use it").click()
    assert library.setting("threshold") is not None


def test_accounts(page, serve, site):
    address = serve(site)
    log_in(page, address, "A1")
    look(page, "administrator")
    page.get_by_role("link", name="People").click()
    look(page, "people")
    page.get_by_label("Code (no name)").fill("T5")
    page.get_by_label("Password (at least").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Add").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Disable T5").click()
    assert "disabled" in page.inner_text("main")


def test_ones_own_machine_needs_the_token_once(page, serve, library):
    site = Site(library, local="T1")
    token = site.token
    address = serve(site)
    page.goto(f"{address}/?token={token}")
    assert page.url == f"{address}/", "the token does not stay in the address"
    assert "T1" in page.inner_text("header")
    page.context.clear_cookies()
    page.goto(f"{address}/?token={token}")
    assert "used already" in page.inner_text("body")


def test_it_works_without_scripts(chromium, serve, site, library, kept):
    name = kept(library)
    address = serve(site)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, address, "T1")
    page.goto(f"{address}/sessions/{name}/review")
    page.get_by_role("button", name="validation").click()
    page.wait_for_url("**/answer")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**/review")
    assert queue(library, library.person("T1"), name).done == 1
    context.close()
