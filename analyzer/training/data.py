"""Labelled sessions as training examples."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.context import Example, examples_of
from analyzer.errors import InputError
from analyzer.labels import EVALUATIVE, LABELS
from analyzer.session import Session, load_session
from analyzer.strip import strip_text

_TAG = re.compile(r"(?:^|\W)(okay|ok|all ?right|right|yeah|yes|huh|hm+|you know|see)\W*$", re.IGNORECASE)

CONTRAST = "contrast"
"""The source of rows from contrast sets."""
REVIEWED = "reviewed"
"""The source of rows that people settled in reviews, and the value of ``rates`` in such a session."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled utterance.

    Attributes:
        session: id of its session.
        group: what cross-validation must not tear apart: the writer, or the session where there is none.
        index: its place among the session's rows.
        example: what the classifier sees.
        label: index into LABELS.
        question: 1 or 0, or -1 where the data do not say.
        source: where it comes from: "recorded", "written" with the rates of the labels there, "contrast" or "reviewed".
    """

    session: str
    group: str
    index: int
    example: Example
    label: int
    question: int
    source: str = "recorded"


def load_folders(folders: Iterable[Path]) -> list[Session]:
    """Read every session JSON under the folders, labels kept, sorted by path.

    Raises:
        InputError: where a folder holds none, or a file is not a session.
    """
    sessions = []
    for folder in folders:
        paths = sorted(folder.rglob("[!.]*.json")) if folder.is_dir() else [folder]
        if not paths or not paths[0].is_file():
            raise InputError(f"{folder}: no session JSON found")
        sessions += [load_session(path.read_text("utf-8"), name=path.stem, keep_labels=True) for path in paths]
    return sessions


def load_contrast(path: Path) -> list[Row]:
    """Read a file of contrast sets: four rows for each, the same client's words answered in four ways.

    Args:
        path: JSON lines with ``id``, ``client`` and a line for each evaluative label.

    Raises:
        InputError: where a line is not a contrast set.
    """
    rows: list[Row] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            item = json.loads(line)
            rows += [
                Row(
                    item["id"],
                    path.stem,
                    place,
                    Example(item[str(label)], item["client"]),
                    LABELS.index(label),
                    -1,
                    CONTRAST,
                )
                for place, label in enumerate(EVALUATIVE)
            ]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path}: line {number} is not a contrast set; see corpora/README.md") from None
    return rows


def rows_of(session: Session) -> list[Row]:
    """Return the labelled utterances of a session; unlabelled ones are left out."""
    group = str(session.extra.get("writer") or session.id)
    source = f"written, {session.extra.get('rates')}" if "writer" in session.extra else "recorded"
    if session.extra.get("rates") == REVIEWED:
        source = REVIEWED
    rows: list[Row] = []
    spans = session.therapist_utterances()
    for example, (_, _, utterance) in zip(examples_of(session), spans, strict=True):
        if utterance.label is not None:
            question = _question(
                utterance.label == "other", utterance.question, example.text, "writer" in session.extra
            )
            rows.append(Row(session.id, group, len(rows), example, LABELS.index(utterance.label), question, source))
    return rows


def _question(other: bool, marked: bool | None, text: str, ours: bool) -> int:
    """Tell whether an utterance asks the client for something, as far as the data know.

    Our corpus marks it. Professional transcripts show it by the question mark, tags apart; what they leave
    without a mark is no question with few exceptions.
    """
    if marked is not None:
        return int(marked)
    if not other or ours:
        return 0
    asks = text.rstrip("\"' ”’)").endswith("?")
    return -1 if asks and len(text.split()) <= 2 and _TAG.search(text) else int(asks)


def as_recogniser(row: Row) -> Row:
    """Return the row with its words as a recogniser without punctuation writes them."""
    example = row.example
    return replace(
        row,
        example=Example(strip_text(example.text), strip_text(example.client), strip_text(example.before)),
    )


def split_groups(rows: Sequence[Row], folds: int, seed: int) -> list[set[str]]:
    """Deal whole groups into folds of about equal size, the largest first.

    Returns:
        For each fold the groups that are held out in it.
    """
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.group] = sizes.get(row.group, 0) + 1
    order = sorted(sizes, key=lambda group: (-sizes[group], group))
    rng = random.Random(seed)  # noqa: S311 - a repeatable split, not a secret
    held: list[set[str]] = [set() for _ in range(folds)]
    load = [0] * folds
    for group in order:
        least = min(load)
        fold = rng.choice([i for i in range(folds) if load[i] == least])
        held[fold].add(group)
        load[fold] += sizes[group]
    return held
