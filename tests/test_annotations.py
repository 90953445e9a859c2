"""The second labelling: sheets without labels, labels merged, disputes shown, the settled ones written back."""

import csv
import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SESSION = {
    "format": "session/1",
    "id": "a-01",
    "writer": "a",
    "turns": [
        {"speaker": "Sam", "role": "client", "start": None, "end": None, "text": "I forgot."},
        {
            "speaker": "Dana",
            "role": "therapist",
            "start": None,
            "end": None,
            "text": "Again? You forgot it. What came up?",
            "utterances": [
                {"start": 0, "end": 6, "label": "criticism"},
                {"start": 7, "end": 21, "label": "empathic_reflection"},
                {"start": 22, "end": 35, "label": "other", "question": True},
            ],
        },
    ],
}


@pytest.fixture
def corpora(tmp_path):
    (tmp_path / "sessions").mkdir()
    (tmp_path / "held_out").mkdir()
    (tmp_path / "sessions" / "a-01.json").write_text(json.dumps(SESSION))
    return tmp_path


def run(corpora, *arguments):
    command = [sys.executable, ROOT / "scripts" / "annotations.py", *map(str, arguments), "--corpora", str(corpora)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def table(corpora):
    with (corpora / "annotations.csv").open(newline="") as file:
        return [(row["writer"], row["second"], row["final"]) for row in csv.DictReader(file)]


def test_the_whole_round(corpora):
    run(corpora, "sheets", "-o", corpora / "sheets")
    sheet = (corpora / "sheets" / "a-01.txt").read_text()
    assert "<2> You forgot it." in sheet
    assert "criticism" not in sheet
    (corpora / "second.txt").write_text("a-01\t1O 2R 3O\n")
    merged = run(corpora, "merge", corpora / "second.txt")
    assert merged.returncode == 0, merged.stderr
    assert table(corpora)[0] == ("criticism", "other", "criticism")
    run(corpora, "disputes", "-o", corpora / "disputes.txt")
    disputes = (corpora / "disputes.txt").read_text()
    assert ">>>Again?<<<" in disputes
    assert disputes.count(">>>") == 1
    (corpora / "final.txt").write_text("a-01\t1C\n")
    done = run(corpora, "settle", corpora / "final.txt")
    assert "3 utterances labelled twice, kappa 0.500" in done.stderr
    assert table(corpora)[0] == ("criticism", "other", "criticism")
    (corpora / "final.txt").write_text("a-01\t2F\n")
    run(corpora, "settle", corpora / "final.txt")
    assert table(corpora)[1] == ("empathic_reflection", "empathic_reflection", "constructive_feedback")
    written = json.loads((corpora / "sessions" / "a-01.json").read_text())
    assert [u["label"] for u in written["turns"][1]["utterances"]] == ["criticism", "constructive_feedback", "other"]
    # What was given stays as it was given, also after the sessions have the final labels.
    run(corpora, "merge")
    assert table(corpora)[1][0] == "empathic_reflection"


def test_a_slip_is_told_by_file_and_line(corpora):
    (corpora / "second.txt").write_text("a-01\t1O 2X\n")
    done = run(corpora, "merge", corpora / "second.txt")
    assert done.returncode == 1
    assert "second.txt:1: '2X'" in done.stderr
