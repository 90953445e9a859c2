"""``analyzer analyze`` as people type it: a process of its own, real files, exit statuses."""

import json
import os
import pty
import stat
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SPEECH = [
    ("Dana", "Hello again. How was your week with the new exercises?"),
    ("Sam", "I did them twice and my arm was really tired after."),
    (
        "Dana",
        "You did them twice although your arm was tired. That took effort. Try it with the lighter ball next time.",
    ),
    ("Sam", "I don't like the lighter ball because it is for babies."),
]


def run(*arguments, stdin=None, env=None, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        check=False,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture
def transcript(tmp_path):
    path = tmp_path / "tuesday.txt"
    path.write_text("".join(f"{name}: {words}\n\n" for name, words in SPEECH))
    return path


def one_line(done, status=2):
    assert done.returncode == status, done.stderr
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) == 1, lines
    assert "Traceback" not in lines[0]
    return lines[0]


def test_the_shipped_session_is_reported(example):
    done = run("analyze", example)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "Josie" in text
    assert "criticism" in text
    assert "\x1b[" not in text


@pytest.mark.parametrize("fmt", ["text", "json", "html", "csv", "xlsx"])
def test_the_suffix_decides_the_format_and_the_file_is_private(example, tmp_path, fmt):
    target = tmp_path / f"report.{'txt' if fmt == 'text' else fmt}"
    done = run("analyze", example, "-o", target)
    assert done.returncode == 0, done.stderr
    assert done.stdout == b""
    start = {"text": None, "json": b"{", "html": b"<!doctype html", "csv": b"session,turn", "xlsx": b"pk"}[fmt]
    content = target.read_bytes()
    assert content.strip()
    assert start is None or content.lower().startswith(start)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_an_existing_report_is_kept_without_force(example, tmp_path):
    target = tmp_path / "report.json"
    target.write_text("mine")
    assert "--force" in one_line(run("analyze", example, "-o", target))
    assert target.read_text() == "mine"
    assert run("analyze", example, "-o", target, "--force").returncode == 0
    assert json.loads(target.read_text())["format"] == "session/1"


def test_standard_input_and_the_therapists_name(transcript):
    done = run("analyze", "-", "--therapist", "Dana", "--format", "json", stdin=transcript.read_bytes())
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["therapists"] == ["Dana"]
    assert report["summary"]["clients"] == ["Sam"]


def test_an_unknown_therapist_lists_the_speakers(transcript):
    message = one_line(run("analyze", transcript, "--therapist", "Nobody"))
    assert "Dana" in message
    assert "Sam" in message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.vtt", None),
        ("empty.txt", b""),
        ("blank.srt", b" \n\n "),
        ("binary.vtt", bytes(range(256)) * 20),
        ("broken.json", b'{"format": "session/1", "turns": ['),
        ("other.json", b'{"what": "is this"}'),
        ("prose.txt", b"A page without any speaker at all. It goes on for a while and nobody says anything to anyone."),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    target = tmp_path / "report.html"
    message = one_line(run("analyze", path, "-o", target))
    assert name in message or name.split(".")[0] in message
    assert not target.exists()
    assert {item.name for item in tmp_path.iterdir()} <= {name}


def test_an_unknown_model_folder_is_status_2(example):
    assert "nowhere" in one_line(run("analyze", example, "--model", "nowhere"))


def test_an_unclear_therapist_stops_with_the_names_to_type(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("Alex: Yes, I know.\nRobin: Me too, I think.\nAlex: Okay then.\nRobin: Okay.\n")
    done = run("analyze", path)
    assert done.returncode == 2
    assert b"--therapist" in done.stderr
    assert b"Alex" in done.stderr
    again = run("analyze", path, "--accept-roles", "--format", "json")
    assert again.returncode == 0, again.stderr
    assert b"warning" in again.stderr


def test_another_language_stops_and_can_be_forced(tmp_path):
    path = tmp_path / "deutsch.txt"
    lines = [
        ("Therapist", "Guten Morgen, wie geht es dir heute? Hast du in der letzten Woche gut geschlafen?"),
        ("Client", "Nicht so gut, ich musste immer an die Schule denken und konnte lange nicht einschlafen."),
        ("Therapist", "Das verstehe ich gut. Vielen Kindern geht es so, wenn eine Arbeit geschrieben wird."),
    ]
    path.write_text("".join(f"{name}: {words}\n" for name, words in lines * 3))
    assert "German" in one_line(run("analyze", path))
    assert run("analyze", path, "--force-language").returncode == 0


def test_several_sessions_in_a_file_ask_for_one(tmp_path):
    path = tmp_path / "two.csv"
    rows = ["transcript_id,interlocutor,timestamp,utterance_text"]
    for number in (7, 8):
        rows += [
            f"{number},therapist,00:00:01,How have you been since we talked last week?",
            f"{number},client,00:00:05,I have been all right I suppose",
        ]
    path.write_text("\n".join(rows) + "\n")
    message = one_line(run("analyze", path))
    assert "--session" in message
    assert "7" in message
    assert "8" in message
    done = run("analyze", path, "--session", "8", "--format", "json")
    assert done.returncode == 0, done.stderr


def test_a_workbook_is_not_written_to_a_terminal(example):
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", "analyze", str(example), "--format", "xlsx"],
        stdout=follower, stderr=subprocess.PIPE, cwd=ROOT, check=False,
    )  # fmt: skip
    os.close(follower)
    os.close(leader)
    assert done.returncode == 2
    assert b"-o" in done.stderr


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colour_is_for_terminals_that_want_it(example, no_color, coloured):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "analyzer", "analyze", str(example)],
        stdout=follower, stderr=subprocess.DEVNULL, cwd=ROOT,
        env={**os.environ, "NO_COLOR": no_color, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(follower)
    seen = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(leader)
    assert process.wait() == 0
    assert (b"\x1b[" in seen) is coloured


def test_labels_and_codes_in_the_input_change_nothing(tmp_path):
    """The test that no answer leaks: all labels and experts' codes are changed, the output is the same."""
    session = json.loads(next((ROOT / "corpora" / "sessions").glob("wren-0*.json")).read_text("utf-8"))
    plain, changed = tmp_path / "a" / "s.json", tmp_path / "b" / "s.json"
    for number, (path, label) in enumerate([(plain, "criticism"), (changed, "validation")]):
        for turn in session["turns"]:
            turn["expert_behaviour"] = f"code {number}"
            for utterance in turn.get("utterances", ()):
                utterance |= {
                    "label": label,
                    "question": bool(number),
                    "probabilities": {},
                    "flags": [],
                    "expert": number,
                }
        session |= {
            "quality": ["low", "high"][number],
            "summary": {"utterances": number},
            "model": {"name": str(number)},
        }
        path.parent.mkdir()
        path.write_text(json.dumps(session))
    reports = []
    for path in (plain, changed):
        report = json.loads(run("analyze", path, "--format", "json").stdout)
        del report["quality"]
        for turn in report["turns"]:
            turn.pop("expert_behaviour")
            for utterance in turn.get("utterances", ()):
                utterance.pop("expert")
        reports.append(report)
    assert reports[0] == reports[1]


def test_a_private_report_holds_no_spoken_word_and_no_name(example, tmp_path):
    unheard = "perambulator"
    path = tmp_path / "s.txt"
    path.write_text(
        "".join(f"{name}: {words} {unheard}\n" for name, words in SPEECH * 6).replace("Dana:", "Dana Ruiz:")
    )
    for fmt in ("text", "json", "html", "csv", "xlsx"):
        done = run("analyze", path, "--therapist", "Dana Ruiz", "--no-text", "--initials", "--format", fmt)
        assert done.returncode == 0, done.stderr
        assert unheard.encode() not in done.stdout
        assert b"Ruiz" not in done.stdout
