"""Training rows: groups stay whole, questions are known or unknown, recognisers' text."""

import numpy as np
import pytest
from analyzer.context import Example
from analyzer.labels import LABELS
from analyzer.session import Session, Turn, Utterance
from analyzer.training.data import Row, as_recogniser, rows_of, split_groups
from analyzer.training.finetune import label_mix
from hypothesis import given
from hypothesis import strategies as st


def _row(group, index=0):
    return Row(f"{group}-{index}", group, index, Example("It's YOUR turn, well-done!"), 4, 0)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=60), st.integers(2, 5), st.integers(0, 9))
def test_every_group_is_held_out_once(groups, folds, seed):
    held = split_groups([_row(group) for group in groups], folds, seed)
    assert len(held) == folds
    assert sorted(group for part in held for group in part) == sorted(set(groups))


def test_a_recogniser_keeps_apostrophes_and_hyphens_inside_words():
    assert as_recogniser(_row("a")).example.text == "it's your turn well-done"


def _labelled(text, label, question=None, **extra):
    spans = (Utterance(0, len(text), LABELS[label], question=question),)
    return Session("s", (Turn("Dana", text, "therapist", utterances=spans),), extra=extra)


def test_questions_are_marked_guessed_or_unknown():
    assert rows_of(_labelled("Tell me more", 4, question=True, writer="w"))[0].question == 1
    assert rows_of(_labelled("Which one?", 4, writer="w"))[0].question == 0
    assert rows_of(_labelled("Which one?", 4))[0].question == 1
    assert rows_of(_labelled("Okay?", 4))[0].question == -1
    assert rows_of(_labelled("You were late?", 1))[0].question == 0


def test_the_mix_of_labels_is_taken_out_source_by_source():
    rows = [Row("s", "g", i, Example("x"), 4 if i else 3, 0, "recorded") for i in range(8)]
    rows += [Row("w", "g", i, Example("x"), 3, 0, "written, dense") for i in range(3)]
    mix = label_mix(rows, 1.0)
    assert np.exp(mix["recorded"]) == pytest.approx(np.array([1, 1, 1, 2, 8]) / 13)
    assert np.exp(mix["written, dense"]) == pytest.approx(np.array([1, 1, 1, 4, 1]) / 8)
    assert label_mix(rows, 0.0)["recorded"] == [0.0] * 5


def test_the_writer_is_the_group():
    assert rows_of(_labelled("Hm.", 4, writer="w"))[0].group == "w"
    assert rows_of(_labelled("Hm.", 4))[0].group == "s"
