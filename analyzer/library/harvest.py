"""Reviewed sessions as training data: decisions that people settled, and a held-out part for comparisons."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.library import Library
from analyzer.library.handover import Item, items
from analyzer.library.store import export, list_sessions, words_of
from analyzer.library.tables import Person
from analyzer.session import FORMAT

HELD_OUT = 5
"""One session in so many is set aside as a whole; which ones hangs on their content and never changes."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was written: sessions to train on, sessions held out, settled decisions, sessions without any."""

    train: int
    held_out: int
    decisions: int
    empty: int


def export_reviews(library: Library, person: Person, folder: Path) -> Harvest:
    """Write settled decisions as session JSON: ``train/`` and ``held_out/``.

    A decision is settled when a supervisor adjudicated it, or when trainee and supervisor gave the same label. Speakers
    are written as their roles; utterances without a settled decision carry no label. Deleting a session later takes
    these files along.

    Args:
        library: to read.
        person: a supervisor.
        folder: to write to; it is made.

    Raises:
        InputError: where the person is no supervisor or nothing is settled yet.
    """
    if person.role != "supervisor":
        raise InputError("reviews are exported by a supervisor")
    counts = {"train": 0, "held_out": 0}
    decisions = empty = 0
    found, _ = list_sessions(library, person)
    for listed in found:
        if not listed.is_open:
            continue
        labels = {item.number: label for item in items(library, person, listed.id) if (label := settled(item))}
        if not labels:
            empty += 1
            continue
        kept, body = words_of(library, person, listed.id)
        part = "held_out" if int(kept.content[:8], 16) % HELD_OUT == 0 else "train"
        (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        content = json.dumps(reviewed(kept.content, body, labels), ensure_ascii=False, indent=1) + "\n"
        export(library, person, kept.id, folder / part / f"{kept.id}.json", content.encode())
        counts[part] += 1
        decisions += len(labels)
    if not decisions:
        raise InputError("no decision is settled yet: adjudicate, or let trainee and supervisor label the same cards")
    return Harvest(counts["train"], counts["held_out"], decisions, empty)


def settled(item: Item) -> str:
    """Return the label that people settled on, or nothing."""
    if item.status == "settled":
        return item.final
    return item.trainee if item.trainee and set(item.supervisors.values()) == {item.trainee} else ""


def reviewed(content: str, body: dict[str, Any], labels: dict[int, str]) -> dict[str, Any]:
    """Return a session/1 object with the settled labels and no other result.

    Args:
        content: hash of the session, which becomes its name.
        body: as the library keeps it.
        labels: by number of the utterance.
    """
    number = 0
    turns = []
    for turn in body["turns"]:
        role = turn.get("role") or "other"
        written: dict[str, Any] = {
            "speaker": role.capitalize(),
            "role": role,
            "start": None,
            "end": None,
            "text": turn["text"],
        }
        if role == "therapist" and turn.get("utterances") is not None:
            written["utterances"] = []
            for utterance in turn["utterances"]:
                number += 1
                span = {"start": utterance["start"], "end": utterance["end"]}
                if number in labels:
                    span["label"] = labels[number]
                written["utterances"].append(span)
        turns.append(written)
    name = "reviewed-" + hashlib.sha256(content.encode()).hexdigest()[:12]
    return {"format": FORMAT, "id": name, "rates": "reviewed", "turns": turns}
