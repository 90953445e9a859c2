"""Train the sentence segmenter ``models/segmenter`` and write what it achieves into its ``metrics.json``.

python scripts/train_segmenter.py --data FOLDER --also corpora/sessions --evaluate FOLDER -o models/segmenter
python scripts/train_segmenter.py --evaluate FOLDER -o models/segmenter      # only measures the one that is there
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.training.data import load_folders
from analyzer.training.segmenter import build_segmenter, evaluate_segmenter


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Train on the folders named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", action="append", default=[], type=Path, help="folder of sessions; repeatable")
    parser.add_argument("--also", action="append", default=[], type=Path, help="trained on, not cross-validated")
    parser.add_argument("--evaluate", action="append", default=[], type=Path, help="only measured, at the end")
    parser.add_argument("-o", "--output", default=Path("models/segmenter"), type=Path)
    arguments = parser.parse_args()
    try:
        evaluation = load_folders(arguments.evaluate)
        if arguments.data:
            also = load_folders(arguments.also)
            metrics = build_segmenter(
                load_folders(arguments.data), arguments.output, also=also, evaluation=evaluation, log=_say
            )
        else:
            metrics = {"evaluation": evaluate_segmenter(arguments.output, evaluation)}
            (arguments.output / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    except AnalyzerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(metrics, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
