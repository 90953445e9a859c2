"""Our labels for AnnoMI without its text: an overlay that joins with a user's own copy of the data set.

AnnoMI (Wu et al. 2022) is public but its text is its owners'. The overlay holds, for each utterance, where it stands,
our label, and the SHA-256 of its turn's text, so that a copy that differs is noticed and never labelled wrongly.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.readers.times import seconds
from analyzer.session import Session, Turn, Utterance

COLUMNS = ("split", "transcript_id", "utterance_id", "text_sha256", "start", "end", "label")
NEEDED = ("transcript_id", "utterance_id", "interlocutor", "timestamp", "utterance_text")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labelled utterances of one turn, and the digest of the text that they belong to."""

    split: str
    digest: str
    utterances: tuple[Utterance, ...]


Overlay = Mapping[tuple[str, str], Labelled]


def digest_of(text: str) -> str:
    """Return the SHA-256 of a turn's text, outer white space apart, as hexadecimal."""
    return hashlib.sha256(text.strip().encode("utf-8")).hexdigest()


def overlay_rows(split: str, sessions: Iterable[Session]) -> Iterable[tuple[str, ...]]:
    """Yield the overlay's rows for labelled sessions whose turns keep AnnoMI's ``utterance_id``."""
    for session in sessions:
        transcript = session.id.removeprefix("annomi-")
        for turn in session.turns:
            for utterance in turn.utterances or ():
                place = (
                    str(turn.extra["utterance_id"]),
                    digest_of(turn.text),
                    str(utterance.start),
                    str(utterance.end),
                )
                yield split, transcript, *place, str(utterance.label)


def read_overlay(path: Path) -> Overlay:
    """Read an overlay, by transcript and utterance id of AnnoMI.

    Raises:
        InputError: where the file is not an overlay, with the line.
    """
    found: dict[tuple[str, str], tuple[str, str, list[Utterance]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"{path}: not a label overlay; its columns must be {', '.join(COLUMNS)}")
        for row in reader:
            try:
                utterance = Utterance(int(row["start"]), int(row["end"]), label=Label(row["label"]))
            except ValueError:
                raise InputError(f"{path}: line {reader.line_num}: an offset or label that cannot be read") from None
            key = (row["transcript_id"], row["utterance_id"])
            found.setdefault(key, (row["split"], row["text_sha256"], []))[2].append(utterance)
    return {key: Labelled(split, digest, tuple(some)) for key, (split, digest, some) in found.items()}


def join(overlay: Overlay, table: Path) -> tuple[dict[str, list[Session]], int]:
    """Join the overlay with AnnoMI-simple.csv.

    Args:
        overlay: as :func:`read_overlay` gives it.
        table: the user's copy.

    Returns:
        The sessions of each split, with our utterances and labels, and how many turns were left without labels because
        their text differs or is missing.

    Raises:
        InputError: where the table is not AnnoMI's.
    """
    turns: dict[str, list[tuple[int, Turn]]] = defaultdict(list)
    splits = {transcript: labelled.split for (transcript, _), labelled in overlay.items()}
    joined = 0
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{table}: not AnnoMI-simple.csv (missing columns: {', '.join(missing)})")
        for row in reader:
            transcript = row["transcript_id"]
            if transcript not in splits:
                continue
            text = row["utterance_text"].strip()
            labelled = overlay.get((transcript, row["utterance_id"]))
            same = labelled is not None and labelled.digest == digest_of(text)
            joined += same
            speaker = row["interlocutor"].strip()
            turn = Turn(
                speaker.title(),
                text,
                "therapist" if speaker == "therapist" else "client",
                seconds(row["timestamp"]),
                utterances=labelled.utterances if labelled is not None and same else None,
                extra={"utterance_id": int(row["utterance_id"])},
            )
            turns[transcript].append((int(row["utterance_id"]), turn))
    sessions: dict[str, list[Session]] = defaultdict(list)
    for transcript, some in turns.items():
        ordered = tuple(turn for _, turn in sorted(some, key=lambda pair: pair[0]))
        sessions[splits[transcript]].append(Session(f"annomi-{transcript}", ordered))
    return dict(sessions), len(overlay) - joined


def label_counts(overlay: Overlay) -> dict[str, int]:
    """Count the overlay's labels."""
    labels = [utterance.label for labelled in overlay.values() for utterance in labelled.utterances]
    return {str(label): labels.count(label) for label in LABELS}
