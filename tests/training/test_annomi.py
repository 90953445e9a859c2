"""Our labels find their places in somebody's own copy of AnnoMI, and only there."""

import csv

import pytest
from analyzer.errors import InputError
from analyzer.labels import Label
from analyzer.session import Session, Turn, Utterance
from analyzer.training.annomi import COLUMNS, join, label_counts, overlay_rows, read_overlay

from tests.conftest import ROOT

SESSION = Session(
    "annomi-7",
    (
        Turn(
            "Therapist",
            "You made it here. What brings you?",
            "therapist",
            utterances=(Utterance(0, 17, label=Label.VALIDATION), Utterance(18, 34, label=Label.OTHER)),
            extra={"utterance_id": 0},
        ),
        Turn("Client", "My wife.", "client", extra={"utterance_id": 1}),
        Turn(
            "Therapist",
            "Your wife.",
            "therapist",
            utterances=(Utterance(0, 10, label=Label.REFLECTION),),
            extra={"utterance_id": 2},
        ),
    ),
)


@pytest.fixture
def overlay(tmp_path):
    path = tmp_path / "labels.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *overlay_rows("train", [SESSION])])
    return path


def table(path, changed=None):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["transcript_id", "utterance_id", "interlocutor", "timestamp", "utterance_text"])
        for index, turn in enumerate(SESSION.turns):
            text = changed if changed and index == 2 else f" {turn.text} "
            writer.writerow([7, index, turn.speaker.lower(), f"00:00:0{index}", text])
        writer.writerow([8, 0, "client", "00:00:00", "Somebody else's."])
    return path


def test_the_overlay_holds_no_text(overlay):
    assert "wife" not in overlay.read_text()
    assert "You made" not in overlay.read_text()


def test_it_joins(overlay, tmp_path):
    sessions, skipped = join(read_overlay(overlay), table(tmp_path / "a.csv"))
    assert skipped == 0
    (session,) = sessions["train"]
    assert session.id == "annomi-7"
    assert [turn.utterances for turn in session.turns] == [turn.utterances for turn in SESSION.turns]
    assert [turn.start for turn in session.turns] == [0.0, 1.0, 2.0]


def test_a_turn_that_differs_is_skipped_and_counted(overlay, tmp_path):
    sessions, skipped = join(read_overlay(overlay), table(tmp_path / "a.csv", changed="Your wife!"))
    assert skipped == 1
    assert sessions["train"][0].turns[2].utterances is None


def test_another_table_is_refused(overlay, tmp_path):
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match=r"not AnnoMI-simple\.csv"):
        join(read_overlay(overlay), tmp_path / "b.csv")
    with pytest.raises(InputError, match="not a label overlay"):
        read_overlay(tmp_path / "b.csv")


def test_the_shipped_overlay_is_whole():
    overlay = read_overlay(ROOT / "corpora" / "annomi" / "labels.csv")
    assert sum(label_counts(overlay).values()) == 5282 + 1068
    assert label_counts(overlay)["criticism"] == 30 + 49
