"""Join our labels with your own copy of AnnoMI, or write the overlay anew from labelled sessions.

python scripts/annomi.py AnnoMI-simple.csv -o annomi/       # writes annomi/train/*.json and annomi/dev/*.json
python scripts/annomi.py --make FOLDER                      # FOLDER/train and FOLDER/dev into corpora/annomi
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.session import session_to_json
from analyzer.training.annomi import COLUMNS, join, overlay_rows, read_overlay
from analyzer.training.data import load_folders

OVERLAY = Path(__file__).resolve().parent.parent / "corpora" / "annomi" / "labels.csv"


def main() -> int:
    """Join or make."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("table", nargs="?", type=Path, help="AnnoMI-simple.csv")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--make", type=Path)
    arguments = parser.parse_args()
    try:
        if arguments.make:
            return make(arguments.make)
        if not (arguments.table and arguments.output):
            parser.error("name AnnoMI-simple.csv and a folder with -o")
        sessions, skipped = join(read_overlay(OVERLAY), arguments.table)
    except (AnalyzerError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    for split, some in sessions.items():
        folder = arguments.output / split
        folder.mkdir(parents=True, exist_ok=True)
        for session in some:
            text = json.dumps(session_to_json(session), ensure_ascii=False, indent=1) + "\n"
            (folder / f"{session.id}.json").write_text(text, "utf-8")
    count = sum(map(len, sessions.values()))
    print(f"{count} sessions; {skipped} turns skipped, for their text differs or is missing", file=sys.stderr)
    return 0


def make(folder: Path) -> int:
    """Write the overlay: ids, digests, offsets and labels, no text."""
    OVERLAY.parent.mkdir(parents=True, exist_ok=True)
    with OVERLAY.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for split in ("train", "dev"):
            writer.writerows(overlay_rows(split, load_folders([folder / split])))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
