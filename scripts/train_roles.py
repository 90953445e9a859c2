"""Fit the weights of ``models/roles.json``, which tell therapists from clients, and write what they achieve into it.

python scripts/train_roles.py --data corpora/sessions --data FOLDER -o models/roles.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from analyzer.errors import AnalyzerError
from analyzer.training.roles import train_roles


def main() -> int:
    """Train on the folders named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", action="append", required=True, type=Path, help="folder of sessions; repeatable")
    parser.add_argument("-o", "--output", default=Path("models/roles.json"), type=Path)
    arguments = parser.parse_args()
    try:
        metrics = train_roles(arguments.data, arguments.output)
    except AnalyzerError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for form, measured in metrics["held_out"].items():
        for source, counts in measured["sessions"].items():
            print(form, source, counts)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
