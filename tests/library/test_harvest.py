"""Reviewed sessions as training data."""

import json

import pytest
from analyzer.errors import InputError
from analyzer.library.handover import adjudicate, hand_over, items
from analyzer.library.harvest import HELD_OUT, export_reviews
from analyzer.library.review import act
from analyzer.library.store import remove
from analyzer.training.data import load_folders, rows_of


def test_settled_decisions_become_labelled_sessions(library, people, kept, tmp_path):
    trainee, _, supervisor = people(library)
    names = [kept(library) for _ in range(12)]
    for name in names[:-1]:
        hand_over(library, trainee, name)
    with pytest.raises(InputError, match="settled yet"):
        export_reviews(library, supervisor, tmp_path / "empty")
    expected = {}
    for name in names[:-2]:
        first, second, third, *_ = items(library, supervisor, name)
        adjudicate(library, supervisor, name, first.card, "criticism", "as we said")
        for person in (trainee, supervisor):
            act(library, person, name, second.card, "label", label="validation")
        act(library, trainee, name, third.card, "label", label="other")
        expected[name] = {first.number: "criticism", second.number: "validation"}
    with pytest.raises(InputError, match="by a supervisor"):
        export_reviews(library, trainee, tmp_path / "out")
    found = export_reviews(library, supervisor, tmp_path / "out")
    assert (found.train + found.held_out, found.decisions, found.empty) == (10, 20, 1)
    written = {path.stem: path for path in (tmp_path / "out").rglob("*.json")}
    assert set(written) == set(expected)
    for name, path in written.items():
        body = json.loads(path.read_text("utf-8"))
        utterances = [u for turn in body["turns"] for u in turn.get("utterances", ())]
        assert {n: u["label"] for n, u in enumerate(utterances, 1) if "label" in u} == expected[name]
        assert {turn["speaker"] for turn in body["turns"]} <= {"Therapist", "Client", "Other"}
        assert all(set(u) <= {"start", "end", "label"} for u in utterances)
    for part in ("train", "held_out"):
        if (tmp_path / "out" / part).exists():
            for session in load_folders([tmp_path / "out" / part]):
                rows = rows_of(session)
                assert [row.source for row in rows] == ["reviewed", "reviewed"]
    again = export_reviews(library, supervisor, tmp_path / "again")
    assert again == found, "which sessions are held out never changes"
    assert HELD_OUT == 5
    gone = next(iter(written))
    removed = remove(library, trainee, gone)
    assert str(written[gone]) in removed.files
