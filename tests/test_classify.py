"""The shipped model: probabilities, order, batches, questions, and model folders that are broken."""

import json
import shutil

import numpy as np
import pytest
from analyzer.classify import Calibration, Classifier, load_config
from analyzer.context import Example, examples_of
from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.shipped import find_model, models_folder
from analyzer.training.data import load_folders, rows_of
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ROOT

CLEAR = {
    "You should be ashamed of yourself, you never even try.": Label.CRITICISM,
    "That makes so much sense, anybody would have been scared.": Label.VALIDATION,
    "So you felt left out when they went without you.": Label.REFLECTION,
    "Next time, try putting your tongue behind your teeth before you start.": Label.FEEDBACK,
    "We have about ten minutes left.": Label.OTHER,
}


def test_clear_cases_get_their_label(pipeline):
    found = pipeline.classifier.predict([Example(text, "I don't know.") for text in CLEAR])
    assert [item.label for item in found] == list(CLEAR.values())


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=6))
def test_probabilities_are_a_distribution_over_all_labels(pipeline, texts):
    for item in pipeline.classifier.predict([Example(text) for text in texts]):
        assert list(item.probabilities) == list(LABELS)
        assert abs(sum(item.probabilities.values()) - 1) < 1e-6
        assert not item.question or item.label == Label.OTHER


def test_the_batch_an_utterance_stands_in_changes_nothing_that_matters(pipeline):
    examples = [Example(text, "Well.") for text in CLEAR] + [Example("Mm-hmm.")] * 3 + [Example("word " * 80)]
    together = pipeline.classifier.logits(examples)
    alone = np.concatenate([pipeline.classifier.logits([example]) for example in examples])
    assert np.abs(together - alone).max() < 0.35
    assert (together.argmax(axis=1) == alone.argmax(axis=1)).all()


@pytest.mark.parametrize("text", ["What happened next?", "what happened at school today", "tell me about your week"])
def test_questions_are_found_without_question_marks(pipeline, text):
    assert pipeline.classifier.predict([Example(text, "It was a bad day.")])[0].question


@pytest.mark.parametrize("text", ["Mm-hmm.", "Okay.", "It's your turn.", "You kept going."])
def test_what_asks_for_nothing_is_no_question(pipeline, text):
    assert not pipeline.classifier.predict([Example(text, "It was a bad day.")])[0].question


def test_temperature_and_bias_do_what_they_say():
    calibration = Calibration(2.0, (0.0, 0.0, 0.0, np.log(3.0), 0.0), 0.5)
    found = calibration.probabilities(np.zeros((1, 6), dtype=np.float32))
    assert found[0] == pytest.approx([1 / 7, 1 / 7, 1 / 7, 3 / 7, 1 / 7])


def test_nothing_to_classify_is_no_error(pipeline):
    assert pipeline.classifier.predict([]) == []


def _copy(target):
    shutil.copytree(find_model("default"), target)
    return target


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_model_folder_with_a_missing_file_is_refused(tmp_path, name):
    folder = _copy(tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        Classifier.load(folder)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_model_folder_with_a_broken_file_is_refused(tmp_path, name):
    folder = _copy(tmp_path / "model")
    (folder / name).write_text("nonsense")
    with pytest.raises(InputError, match=r"broken|JSON"):
        Classifier.load(folder)


def test_a_model_with_other_labels_is_refused(tmp_path):
    folder = _copy(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"labels": ["good", "bad"]}))
    with pytest.raises(InputError, match="labels"):
        load_config(folder)


def test_an_unknown_model_names_the_shipped_ones():
    with pytest.raises(InputError, match="default"):
        find_model("no-such-model")


def test_the_shipped_models_hold_no_pickle():
    suffixes = {path.suffix for path in models_folder().rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"}


def test_questions_of_unseen_writers_are_found_in_text_without_marks(pipeline):
    found = asked = right = 0
    for session in load_folders([ROOT / "corpora" / "held_out"]):
        if session.extra["transcript"] != "recogniser":
            continue
        marked = [row.question for row in rows_of(session)]
        called = [one.question for one in pipeline.classifier.predict(examples_of(session), session=True)]
        asked += sum(marked)
        found += sum(called)
        right += sum(one and other for one, other in zip(marked, called, strict=True))
    assert asked > 100
    assert right / asked > 0.8
    assert right / found > 0.8
