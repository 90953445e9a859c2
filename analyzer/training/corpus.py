"""The written corpus as Hugging Face data sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.context import examples_of
from analyzer.errors import InputError
from analyzer.training.data import load_folders

if TYPE_CHECKING:
    from datasets import DatasetDict

SPLITS = {"train": "sessions", "held_out": "held_out"}
FACTS = ("writer", "discipline", "client_age", "style", "transcript", "english", "rates")


def load_corpus(folder: Path) -> DatasetDict:
    """Load ``corpora/``: a row for each labelled utterance with its context, and the contrast sets.

    Args:
        folder: with ``sessions/``, ``held_out/`` and ``contrast/``.

    Returns:
        The splits ``train`` and ``held_out`` (session, turn, start, end, text, client, before, label, question, and the
        facts of the session) and ``contrast`` (id, client, a line for each evaluative label, ...).

    Raises:
        InputError: where the folder is not the corpus.
    """
    from datasets import Dataset, DatasetDict

    found = {}
    for split, name in SPLITS.items():
        rows = []
        for session in load_folders([folder / name]):
            examples = examples_of(session)
            for example, (turn, _, utterance) in zip(examples, session.therapist_utterances(), strict=True):
                rows.append(
                    {
                        "session": session.id,
                        "turn": turn,
                        "start": utterance.start,
                        "end": utterance.end,
                        "text": example.text,
                        "client": example.client,
                        "before": example.before,
                        "label": str(utterance.label),
                        "question": bool(utterance.question),
                    }
                    | {fact: session.extra.get(fact) for fact in FACTS}
                )
        found[split] = Dataset.from_list(rows)
    paths = sorted((folder / "contrast").glob("*.jsonl"))
    if not paths:
        raise InputError(f"{folder}: has no contrast sets")
    found["contrast"] = Dataset.from_list(
        [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    )
    return DatasetDict(found)
