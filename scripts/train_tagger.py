"""Train the tagger of sentence starts in speech without punctuation, ``models/segmenter/tagger``.

python scripts/train_tagger.py --data FOLDER --also corpora/sessions -o models/segmenter/tagger
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.training.boundaries import build_tagger
from analyzer.training.data import load_folders


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Train on the folders named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", action="append", required=True, type=Path, help="sessions, some kept to judge on")
    parser.add_argument("--also", action="append", default=[], type=Path, help="trained on, never judged")
    parser.add_argument("--model", default=Path("models/default"), type=Path, help="the classifier that it reads")
    parser.add_argument("-o", "--output", default=Path("models/segmenter/tagger"), type=Path)
    arguments = parser.parse_args()
    try:
        sessions, also = load_folders(arguments.data), load_folders(arguments.also)
        metrics = build_tagger(sessions, arguments.model, arguments.output, also=also, log=_say)
    except AnalyzerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(metrics, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
