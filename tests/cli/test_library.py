"""upload, sessions, trend, flagged, users, review --terminal, corpus: as a person types them."""

import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time

import httpx
import pytest
from analyzer.library import Library
from analyzer.library.handover import items
from analyzer.library.review import act, queue

from tests.cli.test_analyze import one_line
from tests.conftest import ROOT


@pytest.fixture
def typed(tmp_path):
    """Runs the command line on a library of its own; returns the finished process."""

    def run(*arguments, given=b""):
        environment = os.environ | {"ANALYZER_LIBRARY": str(tmp_path / "kept" / "library.db"), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "analyzer", *map(str, arguments)]
        return subprocess.run(command, input=given, capture_output=True, env=environment, cwd=ROOT, check=False)

    return run


@pytest.fixture
def kept(typed, example):
    """The shipped session, kept for T1; returns its id."""
    done = typed("upload", example, "--trainee", "T1", "--client", "C1", "--date", "2026-03-02", "--tag", "intake")
    assert done.returncode == 0, done.stderr
    identifier, state, name = done.stdout.decode().strip().split("\t")
    assert (state, name) == ("new", "teletherapy-child")
    return identifier


def test_from_upload_to_deletion(typed, kept, example, tmp_path):
    assert stat.S_IMODE((tmp_path / "kept" / "library.db").stat().st_mode) == 0o600
    assert typed("upload", example, "--trainee", "T1").stdout.decode().split("\t")[:2] == [kept, "known"]
    (row,) = json.loads(typed("sessions", "list", "--format", "json").stdout)
    assert (row["id"], row["held"], row["tags"], row["open"]) == (kept, "2026-03-02", ["intake"], False)
    assert kept in typed("sessions", "list").stdout.decode()
    assert json.loads(typed("sessions", "show", kept, "--format", "json").stdout)["format"] == "session/1"
    assert b"criticism" in typed("flagged", kept).stdout
    page = tmp_path / "report.html"
    assert typed("sessions", "export", kept, "-o", page).returncode == 0
    assert b"<html" in page.read_bytes()
    assert typed("sessions", "export", kept, "-o", page).returncode == 2
    trend = typed("trend", "--trainee", "T1").stdout.decode()
    assert "two sessions" in trend
    assert "●" in trend
    chart = tmp_path / "trend.html"
    assert typed("trend", "--trainee", "T1", "-o", chart).returncode == 0
    assert "<svg" in chart.read_text("utf-8")
    assert json.loads(typed("trend", "--trainee", "T1", "--format", "json").stdout)[0]["session"] == kept
    asked = typed("sessions", "delete", kept, given=b"n\n")
    assert asked.returncode != 0
    done = typed("sessions", "delete", kept, "--yes")
    assert b"deleted, with" in done.stdout
    assert b"1 exported files" in done.stdout
    assert not page.exists()
    one_line(typed("sessions", "show", kept))


def test_the_command_line_keeps_to_the_same_rules(typed, kept):
    assert typed("users", "add", "S1", "--role", "supervisor").returncode == 0
    for refused in (
        ("sessions", "list"),
        ("sessions", "show", kept, "--as", "S1"),
        ("flagged", kept, "--as", "S1"),
        ("trend", "--trainee", "T1", "--as", "S1"),
        ("sessions", "open", kept, "--as", "S1", "--reason", "short"),
        ("sessions", "hand-over", kept, "--as", "S1"),
        ("users", "add", "T2", "--role", "trainee", "--as", "T1"),
    ):
        one_line(typed(*refused))
    assert typed("users", "add", "T2", "--role", "trainee", "--as", "S1").returncode == 0
    one_line(typed("flagged", kept, "--as", "T2"))
    people = json.loads(typed("users", "list", "--format", "json").stdout)
    assert [(p["code"], p["role"]) for p in people] == [("S1", "supervisor"), ("T1", "trainee"), ("T2", "trainee")]
    assert typed("sessions", "hand-over", kept, "--as", "T1").returncode == 0
    assert typed("flagged", kept, "--as", "S1").returncode == 0
    assert typed("users", "disable", "T2", "--as", "S1").returncode == 0
    one_line(typed("sessions", "settings", "open_after_days", "3", "--as", "T1"))
    assert typed("sessions", "settings", "open_after_days", "3", "--as", "S1").returncode == 0
    assert b"open_after_days\t3" in typed("sessions", "settings").stdout
    one_line(typed("sessions", "list", "--as", "T2"))


def test_batch_results_are_uploaded_as_they_are(typed, example, tmp_path):
    out = tmp_path / "out"
    subprocess.run([sys.executable, "-m", "analyzer", "batch", str(example), "-o", str(out)], check=True, cwd=ROOT)
    done = typed("upload", out, "--trainee", "T1")
    assert done.stdout.decode().split("\t")[1] == "new"
    assert typed("upload", example, "--trainee", "T1").stdout.decode().split("\t")[1] == "known"
    (tmp_path / "empty").mkdir()
    one_line(typed("upload", tmp_path / "empty", "--trainee", "T1"))


def test_one_bad_file_among_others(typed, example, tmp_path):
    bad = tmp_path / "bad.vtt"
    bad.write_text("WEBVTT\n")
    done = typed("upload", bad, example, "--trainee", "T1")
    assert done.returncode == 1
    assert done.stdout.decode().count("new") == 1
    assert b"1 of 2 files" in done.stderr


def test_passwords_come_from_standard_input(typed):
    assert (
        typed(
            "users", "add", "A1", "--role", "administrator", "--password", given=b"a long enough password\n"
        ).returncode
        == 0
    )
    one_line(typed("users", "add", "S1", "--role", "supervisor", "--password", "--as", "A1", given=b"short\n"))
    assert typed("users", "password", "A1", "--as", "A1", given=b"another long password\n").returncode == 0
    assert b"yes" in typed("users", "list").stdout


def test_serving_others_needs_tls_and_accounts(typed, kept, tmp_path):
    refused = typed("review", "--host", "0.0.0.0", "--no-browser")  # noqa: S104 - refused is what is tested
    one_line(refused)
    assert b"--tls-cert" in refused.stderr
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    tls = ("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    assert b"nobody can log in" in typed("review", "--host", "0.0.0.0", *tls).stderr  # noqa: S104


def in_terminal(tmp_path, *arguments):
    """Start the command on a terminal of its own; returns the process and the terminal's other end."""
    master, slave = pty.openpty()
    environment = os.environ | {"ANALYZER_LIBRARY": str(tmp_path / "kept" / "library.db"), "TERM": "xterm"}
    command = [sys.executable, "-m", "analyzer", *arguments]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=ROOT)
    os.close(slave)
    return process, master


def read_until(master, words, seconds=60):
    said, end = b"", time.monotonic() + seconds
    while words.encode() not in said:
        assert time.monotonic() < end, said.decode(errors="replace")
        if select.select([master], [], [], 1)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:
                break
    return said.decode(errors="replace")


def type_keys(master, keys):
    # Input from before the program reads single keys is thrown away by the terminal.
    time.sleep(0.7)
    os.write(master, keys)


def test_review_in_the_terminal_has_the_same_queue_and_keys(typed, kept, tmp_path):
    process, master = in_terminal(tmp_path, "review", "--terminal")
    first = read_until(master, "q stop")
    assert "0 of" in first
    assert " %" not in first, "nothing of the model before the decision"
    type_keys(master, b"v")
    assert "Model: " in read_until(master, "q stop")
    type_keys(master, b"u")
    assert "0 of" in read_until(master, "q stop")
    type_keys(master, b"m")
    read_until(master, "Comment")
    type_keys(master, b"worth a talk\n")
    type_keys(master, b"d")
    read_until(master, "for discussion")
    type_keys(master, b"s")
    read_until(master, "q stop")
    type_keys(master, b"c")
    assert "1 of" in read_until(master, "q stop")
    type_keys(master, b"q")
    read_until(master, "go on where you left")
    assert process.wait(30) == 0
    os.close(master)
    library = Library(tmp_path / "kept" / "library.db")
    trainee = library.person("T1")
    assert queue(library, trainee, kept).done == 1
    commented = [item for item in items(library, trainee, kept) if any(s.kind == "comment" for s in item.history)]
    assert commented[0].history[-2].kind == "discuss"
    library.close()


def test_reviews_become_training_data(typed, kept, tmp_path):
    typed("users", "add", "S1", "--role", "supervisor")
    typed("sessions", "hand-over", kept, "--as", "T1")
    one_line(typed("corpus", "export-reviews", "-o", tmp_path / "reviewed", "--as", "S1"))
    library = Library(tmp_path / "kept" / "library.db")
    item = items(library, library.person("S1"), kept)[0]
    for code in ("T1", "S1"):
        act(library, library.person(code), kept, item.card, "label", label="other")
    library.close()
    done = typed("corpus", "export-reviews", "-o", tmp_path / "reviewed", "--as", "S1")
    assert b"1 decisions" in done.stdout
    (path,) = (tmp_path / "reviewed").rglob("*.json")
    done = typed("evaluate", "--compare", "default", "default", path, "--json")
    found = json.loads(done.stdout)
    assert found["utterances"] == 1
    assert found["mcnemar"] == {"only_old_right": 0, "only_new_right": 0, "p": 1.0}
    assert found["flags_that_appear"] == found["flags_that_go"] == []
    assert typed("evaluate", "default", "default", path).returncode == 2
    one_line(typed("train", "--data", path, "--add", tmp_path / "kept", "-o", tmp_path / "m"))


def test_review_serves_this_machine_and_a_killed_server_loses_nothing(typed, kept, tmp_path):
    environment = os.environ | {"ANALYZER_LIBRARY": str(tmp_path / "kept" / "library.db")}
    command = [sys.executable, "-m", "analyzer", "review", "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, cwd=ROOT, text=True) as server:
        address = server.stderr.readline().split()[-1]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\S{20,}", address)
        home = address.split("?")[0].rstrip("/")
        browser = httpx.Client(follow_redirects=True)
        page = browser.get(address)
        assert page.status_code == 200
        assert kept in page.text
        assert httpx.get(address).status_code == 403, "the token works once"
        csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
        card = browser.get(f"{home}/sessions/{kept}/review").text.split("/cards/")[1].split('"')[0]
        fields = {"csrf": csrf, "action": "label", "label": "other"}
        answer = browser.post(f"{home}/sessions/{kept}/cards/{card}", data=fields, headers={"origin": home})
        assert "The model says" in answer.text
        server.kill()
    library = Library(tmp_path / "kept" / "library.db")
    assert queue(library, library.person("T1"), kept).done == 1
    library.close()
