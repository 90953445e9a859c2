"""Served libraries: in the process for routes, on a real socket for a real browser."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from analyzer.library import Library
from analyzer.library.people import add_person
from analyzer.web.app import Site, build_app
from starlette.testclient import TestClient

from tests.library.conftest import Clock, analysed, clock, kept, local  # noqa: F401

PASSWORD = "a long enough password"


@pytest.fixture
def library(local: Library) -> Library:  # noqa: F811
    """Two trainees, a supervisor and an administrator who can log in."""
    for code, role in (("T1", "trainee"), ("T2", "trainee"), ("S1", "supervisor"), ("A1", "administrator")):
        add_person(local, None, code, role, PASSWORD)
    return local


@pytest.fixture
def site(library: Library) -> Site:
    return Site(library)


@dataclass
class Visitor:
    """A client that sends forms as the pages do."""

    client: TestClient

    def get(self, path: str, **options):
        return self.client.get(path, **options)

    def csrf(self) -> str:
        page = self.client.get("/").text
        return page.split('name="csrf" value="')[1].split('"')[0]

    def post(self, path: str, **fields: str):
        return self.client.post(path, data={"csrf": self.csrf(), **fields}, headers={"origin": "http://127.0.0.1"})


@pytest.fixture
def visit(site: Site) -> Callable[[str | None], Visitor]:
    """Logs somebody in; None is a stranger."""

    def enter(code: str | None) -> Visitor:
        client = TestClient(build_app(site), base_url="http://127.0.0.1", follow_redirects=False)
        if code:
            answer = client.post(
                "/login", data={"code": code, "password": PASSWORD}, headers={"origin": "http://127.0.0.1"}
            )
            assert answer.status_code == 303
        return Visitor(client)

    return enter


@pytest.fixture
def serve() -> Iterator[Callable[[Site], str]]:
    """Serves a site on a port of its own; returns the address."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(site: Site) -> str:
        server = uvicorn.Server(uvicorn.Config(build_app(site), port=0, log_level="warning"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(5)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium of the system's."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
