"""The tagger of sentence starts: what it is shown, and a small one trained from start to folder."""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from analyzer.boundaries import CORE, MARGIN, LowerLayers, Stream, Tagger, stream_of
from analyzer.session import load_session
from analyzer.strip import strip_session
from analyzer.training.boundaries import SHIFTS, THRESHOLDS, TaggerRecipe, build_tagger, read_session
from analyzer.training.tagger_network import export_tagger, network

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "default"


@pytest.fixture(scope="module")
def lower():
    return LowerLayers.load(MODEL)


@pytest.fixture(scope="module")
def sessions():
    paths = sorted((ROOT / "corpora" / "sessions").glob("*.json"))[:6]
    return [load_session(path.read_text("utf-8"), name=path.stem, keep_labels=True) for path in paths]


def test_a_stream_has_a_separator_before_each_turn_and_a_place_for_each_word(lower):
    stream = stream_of(lower.tokenizer, ["So, unbelievably: YES!", "", "-- no"])
    assert stream.ids.count(lower.tokenizer.token_to_id("</s>")) == 3
    assert [place for place in stream.places if place] == [(0, 0), (0, 1), (0, 2), (2, 1)]
    assert len(stream.ids) == len(stream.places) > 7


@pytest.mark.parametrize("shift", SHIFTS)
def test_windows_decide_every_piece_once(shift):
    for size in (1, CORE - 1, CORE, CORE + 1, 5 * CORE + 7):
        windows = list(Stream([0] * size, [None] * size).windows(shift))
        assert [piece for _, first, after, _ in windows for piece in range(first, after)] == list(range(size))
        assert all(first - low <= MARGIN and high - after <= MARGIN for low, first, after, high in windows)


def test_what_is_read_holds_the_starts_inside_turns(lower, sessions):
    for session in sessions[:2]:
        stripped = strip_session(session)
        inside = sum(len(turn.utterances[1:]) for turn in stripped.turns if turn.utterances)
        marks = [
            sum((window.starts == 1).sum() for window in windows) for windows in read_session(lower, session).values()
        ]
        # The client's turns have their punctuation's starts besides; each shift decides each of them once.
        assert marks[0] == marks[1] >= inside > 0


def test_the_lower_layers_read_a_piece_among_its_neighbours(lower):
    ids = stream_of(lower.tokenizer, ["so you went home", "yeah i did"]).ids
    states = lower.states(ids)
    assert states.shape == (len(ids), 768)
    # Context counts, but the states of the same pieces stay alike.
    shorter = lower.states(ids[:5])
    assert np.corrcoef(states[0], shorter[0])[0, 1] > 0.5
    assert not np.allclose(states[0], shorter[0], atol=1e-3)


def test_an_exported_network_says_what_torch_says(tmp_path):
    torch.manual_seed(3)
    net = network(24, 8, 0.3).eval()
    export_tagger(net, tmp_path / "tagger.onnx")
    states = torch.randn(17, 1, 24)
    runtime = onnxruntime.InferenceSession(tmp_path / "tagger.onnx", providers=["CPUExecutionProvider"])
    found = runtime.run(["logits"], {"hidden": states.numpy()})[0]
    assert np.allclose(found, net(states)[:, 0].detach().numpy(), atol=2e-3)


def test_a_tagger_learns_and_its_folder_works(tmp_path, sessions):
    folder = tmp_path / "tagger"
    lines = []
    recipe = TaggerRecipe(epochs=3, late=1, hidden=16, dropout=0.0, judged=3)
    metrics = build_tagger(sessions[:3], MODEL, folder, also=sessions[3:], recipe=recipe, log=lines.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in lines]
    assert len(losses) == 6
    assert losses[2] < losses[0]
    assert metrics["threshold"] in THRESHOLDS
    assert metrics["judged"]["sessions"] == 1
    assert json.loads((folder / "metrics.json").read_text("utf-8")) == metrics
    found = Tagger.load(folder, MODEL).chances(["hello there how are you", "fine thanks"], [1])
    assert [len(chances) for chances in found.values()] == [2]
    assert not list(tmp_path.glob("*.new"))
