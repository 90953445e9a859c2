"""The tagger of sentence starts: what it is shown, and a small one trained from start to folder."""

import json
import shutil
from pathlib import Path

import pytest
from analyzer.boundaries import CORE, MARGIN, Stream, Tagger, stream_of
from analyzer.session import load_session
from analyzer.strip import strip_session
from analyzer.training.boundaries import THRESHOLDS, TaggerRecipe, build_tagger, mark
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = ROOT / "models" / "segmenter" / "tagger" / "tokenizer.json"


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(TOKENIZER))


@pytest.fixture(scope="module")
def sessions():
    paths = sorted((ROOT / "corpora" / "sessions").glob("*.json"))[:6]
    return [load_session(path.read_text("utf-8"), name=path.stem, keep_labels=True) for path in paths]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """An MPNet of two thin layers with random weights."""
    from transformers import MPNetConfig, MPNetModel

    folder = tmp_path_factory.mktemp("base") / "tiny"
    size = Tokenizer.from_file(str(TOKENIZER)).get_vocab_size()
    config = MPNetConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    shutil.copyfile(TOKENIZER, folder / "tokenizer.json")
    return folder


def test_a_stream_has_a_separator_before_each_turn_and_a_place_for_each_word(tokenizer):
    stream = stream_of(tokenizer, ["So, unbelievably: YES!", "", "-- no"])
    assert stream.ids.count(tokenizer.token_to_id("</s>")) == 3
    assert [place for place in stream.places if place] == [(0, 0), (0, 1), (0, 2), (2, 1)]
    assert len(stream.ids) == len(stream.places) > 7


def test_windows_decide_every_piece_once():
    for size in (1, CORE - 1, CORE, CORE + 1, 5 * CORE + 7):
        windows = list(Stream([0] * size, [None] * size).windows())
        assert [piece for _, first, after, _ in windows for piece in range(first, after)] == list(range(size))
        assert all(first - low <= MARGIN and high - after <= MARGIN for low, first, after, high in windows)


def test_marks_are_the_starts_inside_turns(tokenizer, sessions):
    for session in sessions:
        marked = mark(tokenizer, session)
        stripped = strip_session(session)
        inside = sum(len(turn.utterances[1:]) for turn in stripped.turns if turn.utterances)
        # The client's turns have their punctuation's starts besides.
        assert marked.starts.count(1.0) >= inside > 0
        assert len(marked.starts) == len(marked.ids)


def test_a_tagger_learns_and_its_folder_works(tmp_path, sessions, base):
    folder = tmp_path / "tagger"
    lines = []
    recipe = TaggerRecipe(epochs=3, late=1, rate=3e-3, judged=3)
    metrics = build_tagger(sessions[:3], base, folder, also=sessions[3:], recipe=recipe, log=lines.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in lines]
    assert len(losses) == 6
    assert losses[2] < losses[0]
    assert metrics["threshold"] in THRESHOLDS
    assert metrics["judged"]["sessions"] == 1
    assert json.loads((folder / "metrics.json").read_text("utf-8")) == metrics
    found = Tagger.load(folder).chances(["hello there how are you", "fine thanks"], [1])
    assert [len(chances) for chances in found.values()] == [2]
    assert not list(tmp_path.glob("*.new"))
