"""``analyzer convert``, and the options of reading."""

import json

import pytest

from tests.cli.test_analyze import run
from tests.conftest import ROOT

TALK = "Therapist: What was it like?\nClient: Loud. I hid.\nTherapist: You hid. That makes sense.\nClient: Yeah.\n" * 3


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text(TALK)
    return path


def test_to_session_on_stdout_with_roles(talk):
    done = run("convert", talk)
    assert done.returncode == 0
    session = json.loads(done.stdout)
    assert session["format"] == "session/1"
    assert [turn["role"] for turn in session["turns"][:2]] == ["therapist", "client"]


def test_several_are_json_lines_or_files(talk, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text(TALK)
    done = run("convert", talk, other)
    assert [json.loads(line)["id"] for line in done.stdout.decode().splitlines()] == ["talk", "other"]
    assert run("convert", "--to", "vtt", talk, other).returncode == 2
    done = run("convert", "--to", "chat", "-o", tmp_path / "out", talk, other)
    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["other.cha", "talk.cha"]
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_an_existing_file_is_kept(talk, tmp_path):
    target = tmp_path / "out.vtt"
    target.write_text("mine")
    done = run("convert", "--to", "vtt", "-o", target, talk)
    assert (done.returncode, target.read_text()) == (2, "mine")
    assert run("convert", "--to", "vtt", "-o", target, "--force", talk).returncode == 0
    assert target.read_text().startswith("WEBVTT")


def test_a_file_without_speakers_keeps_its_text(tmp_path):
    path = tmp_path / "bare.txt"
    path.write_text("It rained.\n\nAll day.\n")
    turns = json.loads(run("convert", path).stdout)["turns"]
    assert [(turn["speaker"], turn["text"]) for turn in turns] == [(None, "It rained."), (None, "All day.")]
    done = run("analyze", path)
    assert done.returncode == 2
    assert b"--turns alternate" in done.stderr


def test_labels_only_on_request(tmp_path):
    session = {
        "format": "session/1",
        "id": "s",
        "turns": [
            {
                "speaker": "Dana",
                "role": "therapist",
                "start": None,
                "end": None,
                "text": "You came.",
                "utterances": [{"start": 0, "end": 9, "label": "validation"}],
            },
            {"speaker": "Sam", "role": "client", "start": None, "end": None, "text": "Yes."},
        ],
    }
    path = tmp_path / "s.json"
    path.write_text(json.dumps(session))
    assert b"validation" not in run("convert", "--to", "chat", path).stdout
    assert b"%xlab:\tvalidation" in run("convert", "--to", "chat", "--labels", path).stdout


def test_names_that_look_like_options(tmp_path):
    path = tmp_path / "-o.txt"
    path.write_text(TALK)
    done = run("convert", "--", "-o.txt", cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--input-format", "word", "no such format"),
        ("--columns", "text", "not our column=their column"),
        ("--columns", "words=x", "no column of ours"),
        ("--columns", "text=Nothing", "no column is called 'Nothing'"),
    ],
)
def test_wrong_options_are_told(talk, option, value, why):
    done = run("convert", option, value, talk)
    assert done.returncode == 2
    assert why in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_the_format_can_be_overruled(tmp_path):
    path = tmp_path / "s.json"
    path.write_text("Dana: one\nSam: two\nDana: three\n")
    turns = json.loads(run("convert", "--input-format", "text", path).stdout)["turns"]
    assert [turn["text"] for turn in turns] == ["one", "two", "three"]
