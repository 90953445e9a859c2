"""The corpus that ships: whole, labelled, its splits apart."""

import re
from collections import Counter
from pathlib import Path

import pytest
from analyzer.errors import InputError
from analyzer.labels import LABELS

pytest.importorskip("datasets")

from analyzer.training.corpus import load_corpus

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def corpus():
    return load_corpus(ROOT / "corpora")


def test_every_utterance_is_labelled_and_whole(corpus):
    for split in ("train", "held_out"):
        assert {*corpus[split]["label"]} == set(map(str, LABELS))
        assert all(text.strip() for text in corpus[split]["text"])
        assert all(writer for writer in corpus[split]["writer"])


def test_no_writer_is_in_two_splits(corpus):
    assert not {*corpus["train"]["writer"]} & {*corpus["held_out"]["writer"]}
    assert len({*corpus["held_out"]["writer"]}) >= 6


def _shingles(text):
    words = re.findall(r"[a-z0-9']+", text.lower())
    return frozenset(" ".join(words[i : i + 5]) for i in range(len(words) - 4))


def test_hardly_anything_is_said_twice_and_nothing_across_the_splits(corpus):
    sets = [(split, _shingles(text)) for split in ("train", "held_out") for text in corpus[split]["text"]]
    sets = [(split, found) for split, found in sets if found]
    where = {}
    for number, (_, found) in enumerate(sets):
        for shingle in found:
            where.setdefault(shingle, set()).add(number)
    twice, across = set(), []
    for number, (split, found) in enumerate(sets):
        near = Counter(other for shingle in found for other in where[shingle] if other != number)
        for other, count in near.items():
            if count / len(found | sets[other][1]) >= 0.6:
                twice.add(number)
                if split != sets[other][0]:
                    across.append(sorted(found)[0])
    assert len(twice) <= 0.01 * len(sets)
    assert not across


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no session JSON"):
        load_corpus(Path(tmp_path))
