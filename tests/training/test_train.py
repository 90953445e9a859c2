"""``analyzer train`` from labelled sessions to a folder that analyses; a small random encoder stands for the base."""

import json
import random
import shutil
import subprocess
import sys

import pytest
from analyzer.shipped import find_model

from tests.conftest import ROOT

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    config = transformers.BertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48, vocab_size=30600
    )
    transformers.BertModel(config).save_pretrained(str(folder))
    shutil.copy(find_model("default") / "tokenizer.json", folder)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    paths = sorted((ROOT / "corpora" / "sessions").glob("*.json"))
    for path in random.Random(4).sample(paths, 6):
        shutil.copy(path, folder)
    # Cross-validation is by writer; a handful of sessions needs a writer each.
    for number, path in enumerate(sorted(folder.glob("*.json"))):
        session = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(session | {"writer": f"w{number}", "rates": "lifelike"}), "utf-8")
    return folder


def _train(*arguments):
    command = [sys.executable, "-m", "analyzer", "train", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.fixture(scope="module")
def trained(base, data, tmp_path_factory):
    target = tmp_path_factory.mktemp("out") / "mine"
    done = _train("--data", data, "-o", target, "--base", base, "--epochs", 1, "--folds", 2)
    assert done.returncode == 0, done.stderr
    return target


def test_a_trained_folder_is_a_peer_of_the_shipped_one(trained, example):
    assert {path.name for path in trained.iterdir()} >= {
        "model.onnx", "tokenizer.json", "config.json", "card.md", "metrics.json",
    }  # fmt: skip
    command = [sys.executable, "-m", "analyzer", "analyze", str(example), "--model", str(trained), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout)["model"]["name"] == "mine"


def test_the_card_is_generated_from_the_figures(trained):
    metrics = json.loads((trained / "metrics.json").read_text())
    card = (trained / "card.md").read_text()
    assert f"{metrics['out_of_fold']['all']['macro_f1']:.3f}" in card


def test_nothing_of_the_text_is_kept(trained, data):
    session = json.loads(next(data.glob("*.json")).read_text("utf-8"))
    longest = max((turn["text"] for turn in session["turns"]), key=len)
    for name in ("metrics.json", "config.json", "card.md", "out_of_fold.json"):
        assert longest not in (trained / name).read_text("utf-8")


def test_an_existing_folder_is_kept(trained, base, data):
    done = _train("--data", data, "-o", trained, "--base", base)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert (trained / "model.onnx").is_file()


def test_data_without_labels_are_refused(tmp_path, base):
    (tmp_path / "a.json").write_text('{"format": "session/1", "turns": [{"speaker": "A", "text": "Hm."}]}')
    done = _train("--data", tmp_path, "-o", tmp_path / "m", "--base", base)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "m").exists()
