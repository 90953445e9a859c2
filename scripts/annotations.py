"""A second, blind labelling of the corpus: sheets out, labels in, agreement counted.

    python scripts/annotations.py sheets -o SHEETS      # a text for each session, without labels
    python scripts/annotations.py merge SECOND...       # SECOND: the annotator's labels
    python scripts/annotations.py disputes -o FILE      # where the two differ, with context
    python scripts/annotations.py settle FINAL...       # FINAL: labels for the disputed utterances
    python scripts/annotations.py agreement             # Cohen's kappa

Labels come a session a line: its id, a tab, then each utterance's number with the letter of its label (``1O 2V 3C``).
``corpora/annotations.csv`` keeps both labels as given. ``settle`` writes the final label there and into the sessions;
where nothing is settled yet, the writer's label stands.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

CORPORA = Path(__file__).resolve().parent.parent / "corpora"
PARTS = ("sessions", "held_out")
COLUMNS = ("session", "turn", "start", "end", "writer", "second", "final")
KEYS = {
    "V": "validation",
    "R": "empathic_reflection",
    "F": "constructive_feedback",
    "C": "criticism",
    "O": "other",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One utterance with the labels that it was given; ``second`` is empty until there is one."""

    session: str
    turn: int
    start: int
    end: int
    writer: str
    second: str
    final: str


Place = tuple[str, int]


def main() -> int:
    """Run one of the steps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("step", choices=["sheets", "merge", "disputes", "settle", "agreement"])
    parser.add_argument("labels", nargs="*", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder with sessions/ and held_out/")
    arguments = parser.parse_args()
    paths = {path.stem: path for part in PARTS for path in sorted((arguments.corpora / part).glob("*.json"))}
    target = arguments.corpora / "annotations.csv"
    sessions = {name: json.loads(path.read_text("utf-8")) for name, path in paths.items()}
    if arguments.step == "sheets":
        arguments.output.mkdir(parents=True, exist_ok=True)
        for name, session in sessions.items():
            (arguments.output / f"{name}.txt").write_text("\n".join(sheet(session)) + "\n", "utf-8")
        return 0
    rows = table(sessions, target)
    given = dict(read_labels(arguments.labels))
    if arguments.step == "merge":
        rows = {place: replace(row, second=given.get(place, row.second)) for place, row in rows.items()}
        write_table(rows.values(), target)
    elif arguments.step == "disputes":
        differing = [(place, row) for place, row in rows.items() if row.second and row.second != row.writer]
        lines = [line for place, row in differing for line in dispute(sessions[place[0]], place, row)]
        arguments.output.write_text("\n".join(lines) + "\n", "utf-8")
    elif arguments.step == "settle":
        rows = {place: replace(row, final=given.get(place, row.final)) for place, row in rows.items()}
        write_table(rows.values(), target)
        for name, path in paths.items():
            settled = {(row.turn, row.start): row.final for row in rows.values() if row.session == name}
            path.write_text(
                json.dumps(with_labels(sessions[name], settled), ensure_ascii=False, indent=1) + "\n", "utf-8"
            )
    print(agreement(rows.values()), file=sys.stderr)
    return 0


def utterances(session: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], dict[str, Any]]]:
    """Yield (turn's index, turn, utterance) in order."""
    for index, turn in enumerate(session["turns"]):
        for utterance in turn.get("utterances", ()):
            yield index, turn, utterance


def sheet(session: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a session without labels, its utterances numbered from 1."""
    yield f"@session {session['id']}"
    number = 0
    for turn in session["turns"]:
        if not turn.get("utterances"):
            yield f"{turn['speaker']}: {turn['text']}"
            continue
        parts = []
        for utterance in turn["utterances"]:
            number += 1
            parts.append(f"<{number}> {turn['text'][utterance['start'] : utterance['end']]}")
        yield f"{turn['speaker']} (therapist): {' '.join(parts)}"


def table(sessions: dict[str, dict[str, Any]], path: Path) -> dict[Place, Row]:
    """Return the rows of all sessions, what is known of their labels already included."""
    known: dict[tuple[str, int, int], dict[str, str]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            known = {(row["session"], int(row["turn"]), int(row["start"])): row for row in csv.DictReader(file)}
    rows: dict[Place, Row] = {}
    for name, session in sessions.items():
        for number, (turn, _, utterance) in enumerate(utterances(session), 1):
            old = known.get((name, turn, utterance["start"]), {})
            label = utterance["label"]
            place = (name, turn, utterance["start"], utterance["end"])
            rows[name, number] = Row(*place, old.get("writer", label), old.get("second", ""), old.get("final", label))
    return rows


def read_labels(paths: Iterable[Path]) -> Iterator[tuple[Place, str]]:
    """Yield the labels of an annotator's files.

    Raises:
        SystemExit: where a line cannot be read, with file and line.
    """
    for path in paths:
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not text.strip():
                continue
            session, _, given = text.partition("\t")
            for item in given.split():
                if not item[:-1].isdecimal() or item[-1] not in KEYS:
                    raise SystemExit(f"{path}:{line}: {item!r} is no number with one of {', '.join(KEYS)}")
                yield (session.strip(), int(item[:-1])), KEYS[item[-1]]


def dispute(session: dict[str, Any], place: Place, row: Row) -> list[str]:
    """Return an utterance on which the two differ, with the two turns before and one after it, in no telling order."""
    turns = session["turns"]
    before = [f"  {t['speaker']}: {t['text']}" for t in turns[max(0, row.turn - 2) : row.turn]]
    after = [f"  {t['speaker']}: {t['text']}" for t in turns[row.turn + 1 : row.turn + 2]]
    text = turns[row.turn]["text"]
    marked = f"{text[: row.start]}>>>{text[row.start : row.end]}<<<{text[row.end :]}"
    keys = {label: key for key, label in KEYS.items()}
    either = " or ".join(sorted((keys[row.writer], keys[row.second])))
    return [
        f"{place[0]}\t{place[1]}\t{either}",
        *before,
        f"  {turns[row.turn]['speaker']} (therapist): {marked}",
        *after,
        "",
    ]


def with_labels(session: dict[str, Any], labels: dict[tuple[int, int], str]) -> dict[str, Any]:
    """Return the session with these labels; an utterance that is no longer other is no question."""
    for turn, _, utterance in utterances(session):
        utterance["label"] = labels[turn, utterance["start"]]
        if utterance["label"] != "other":
            utterance.pop("question", None)
    return session


def write_table(rows: Iterable[Row], path: Path) -> None:
    """Write corpora/annotations.csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([[getattr(row, column) for column in COLUMNS] for row in rows])


def agreement(rows: Iterable[Row]) -> str:
    """Return Cohen's kappa (1960) between writer and second annotator, over all labels and for each apart."""
    pairs = [(row.writer, row.second) for row in rows if row.second]
    if not pairs:
        return "no second labels"
    lines = [f"{len(pairs)} utterances labelled twice, kappa {kappa(pairs):.3f}"]
    for label in KEYS.values():
        lines.append(f"{label}: kappa {kappa([(str(a == label), str(b == label)) for a, b in pairs]):.3f}")
    return "\n".join(lines)


def kappa(pairs: list[tuple[str, str]]) -> float:
    """Return Cohen's kappa of pairs of labels; 1.0 where chance alone would agree always."""
    names = {name for pair in pairs for name in pair}
    same = sum(a == b for a, b in pairs) / len(pairs)
    chance = (
        sum(sum(a == name for a, _ in pairs) * sum(b == name for _, b in pairs) for name in names) / len(pairs) ** 2
    )
    return 1.0 if chance == 1 else (same - chance) / (1 - chance)


if __name__ == "__main__":
    raise SystemExit(main())
