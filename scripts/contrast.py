"""How well a model tells the four wordings of one intent apart (contrast sets, Gardner et al. 2020).

    python scripts/contrast.py [--model default] corpora/contrast/priya.jsonl

Only sets of writers that the model was not trained on say something: priya's, for the shipped one. Prints for each
label the share of lines labelled so, the share of sets with all four right, and the share of sets whose criticism has
the highest probability of criticism; with 95 % intervals (Wilson 1927, theory).
"""

from __future__ import annotations

import argparse
import sys
from math import sqrt
from pathlib import Path

from analyzer.labels import EVALUATIVE, LABELS, Label
from analyzer.pipeline import Pipeline
from analyzer.training.data import load_contrast


def wilson(hits: int, total: int) -> str:
    """Return a share with its 95 % interval in words."""
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{share:.3f} ({middle - half:.3f} to {middle + half:.3f}), {hits} of {total}"


def main() -> int:
    """Judge the sets and print the shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--model", default="default")
    arguments = parser.parse_args()
    rows = [row for path in arguments.sets for row in load_contrast(path)]
    found = Pipeline(arguments.model).classifier.predict([row.example for row in rows])
    right = [LABELS[row.label] == one.label for row, one in zip(rows, found, strict=True)]
    for label in EVALUATIVE:
        mine = [hit for row, hit in zip(rows, right, strict=True) if LABELS[row.label] == label]
        print(f"{label:24} {wilson(sum(mine), len(mine))}")
    sets = range(0, len(rows), len(EVALUATIVE))
    print(f"{'all four':24} {wilson(sum(all(right[i : i + 4]) for i in sets), len(sets))}")
    place = EVALUATIVE.index(Label.CRITICISM)
    first = 0
    for start in sets:
        chances = [one.probabilities[Label.CRITICISM] for one in found[start : start + 4]]
        first += chances.index(max(chances)) == place
    print(f"{'criticism first':24} {wilson(first, len(sets))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
