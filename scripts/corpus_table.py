"""Write the tables of the corpus's data sheet: what it holds, counted.

python scripts/corpus_table.py            # prints them
python scripts/corpus_table.py --write    # puts them into corpora/README.md, between its two marks
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHEET = ROOT / "corpora" / "README.md"
MARKS = ("<!-- counted -->\n", "<!-- end of counted -->\n")
LABELS = ("validation", "empathic_reflection", "constructive_feedback", "criticism", "other")
AGES = ((12, "under 13"), (17, "13 to 17"), (64, "18 to 64"), (200, "65 and over"))


def main() -> int:
    """Print or write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    held_out = _load("held_out")
    sets = sum(len(path.read_text("utf-8").splitlines()) for path in (ROOT / "corpora" / "contrast").glob("*.jsonl"))
    lines = [*tables(_load("sessions")), "", "Held out:", "", *tables(held_out), "", f"Contrast sets: {sets}."]
    text = "\n".join(lines) + "\n"
    if arguments.write:
        before, rest = SHEET.read_text("utf-8").split(MARKS[0])
        SHEET.write_text(before + MARKS[0] + text + MARKS[1] + rest.split(MARKS[1])[1], "utf-8")
    else:
        print(text, end="")
    return 0


def _load(folder: str) -> list[dict[str, Any]]:
    paths = sorted((ROOT / "corpora" / folder).glob("*.json"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def tables(sessions: list[dict[str, Any]]) -> list[str]:
    """Return the lines of all tables."""
    rows = [
        "| | sessions | utterances | " + " | ".join(LABELS) + " |",
        "|---|---|---|" + "---|" * len(LABELS),
        _row("all", sessions),
    ]
    for rates in ("dense", "lifelike"):
        rows.append(_row(rates, [s for s in sessions if s["rates"] == rates]))
    for writer in sorted({s["writer"] for s in sessions}):
        rows.append(_row(f"writer {writer}", [s for s in sessions if s["writer"] == writer]))
    for key in ("discipline", "style", "transcript", "english"):
        counted = Counter(s[key] for s in sessions)
        rows += ["", f"{key}: " + ", ".join(f"{name} {count}" for name, count in counted.most_common()) + "."]
    ages = Counter(next(name for top, name in AGES if s["client_age"] <= top) for s in sessions)
    rows += ["", "client's age: " + ", ".join(f"{name} {ages[name]}" for _, name in AGES) + "."]
    return rows


def _row(name: str, sessions: list[dict[str, Any]]) -> str:
    counts = Counter(u["label"] for s in sessions for t in s["turns"] for u in t.get("utterances", ()))
    cells = " | ".join(str(counts[label]) for label in LABELS)
    return f"| {name} | {len(sessions)} | {counts.total()} | {cells} |"


if __name__ == "__main__":
    raise SystemExit(main())
