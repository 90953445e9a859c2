"""Confirm what is shipped on the coded sessions beside the project (``make check-shared``).

    SHARED=../shared python scripts/check_shared.py

Every development session goes through ``batch`` and must end with status 0. The same sessions, written as VTT, SRT,
TXT, CSV and DOCX, must give the same speakers, roles and text, and the same label on at least 99 % of the therapist's
characters. Then our figures must equal the outside scorer's. Prints the figures; status 1 where something fails.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from analyzer import readers  # noqa: E402
from analyzer.pipeline import Options, Pipeline, without_results  # noqa: E402
from analyzer.session import Session, load_session  # noqa: E402
from tests.readers.exports import FORMS  # noqa: E402

LEAST_AGREEMENT = 0.99
NOTICE = re.compile(r"\[[^\[\]]*\]")


def merged(session: Session) -> list[tuple[str, str, str]]:
    """Return (speaker, role, text) with neighbouring turns joined, notices out, white space single."""
    found: list[tuple[str, str, str]] = []
    for turn in session.turns:
        text = " ".join(NOTICE.sub(" ", turn.text).split())
        if not text:
            continue
        key = (turn.speaker or "", turn.role or "")
        if found and found[-1][:2] == key:
            text = f"{found.pop()[2]} {text}"
        found.append((*key, text))
    return found


def labelled_characters(session: Session) -> list[str]:
    """Return the label of each of the therapist's characters that is neither white space nor in a notice."""
    labels: list[str] = []
    for turn in session.turns:
        if turn.role != "therapist":
            continue
        hidden = {i for found in NOTICE.finditer(turn.text) for i in range(*found.span())}
        covering = {i: str(u.label) for u in turn.utterances or () for i in range(u.start, u.end)}
        labels += [covering.get(i, "") for i, c in enumerate(turn.text) if not c.isspace() and i not in hidden]
    return labels


def check_forms(pipeline: Pipeline, gold: list[Session]) -> bool:
    """Analyse each session in five further forms and compare."""
    options = Options(accept_roles=True)
    fine = True
    for form, write in FORMS.items():
        same = total = 0
        for session in gold:
            plain = pipeline.run(without_results(session), options).session
            again = pipeline.run(readers.read_bytes(write(session), f"{session.id}.{form}")[0], options).session
            if merged(plain) != merged(again):
                print(f"{form}: {session.id}: speakers, roles or text differ")
                fine = False
            one, two = labelled_characters(plain), labelled_characters(again)
            same += sum(a == b for a, b in zip(one, two, strict=False))
            total += max(len(one), len(two))
        print(f"{form}: same label on {same / total:.4f} of the therapist's characters")
        fine = fine and same / total >= LEAST_AGREEMENT
    return fine


def check_batch(dev: Path, tools: Path, work: Path) -> bool:
    """Run ``batch`` on the sessions without their results, and the outside scorer on what it wrote."""
    blind, out = work / "blind", work / "out"
    blind.mkdir()
    for path in sorted(dev.glob("*.json")):
        data = json.loads(path.read_text("utf-8"))
        for turn in data["turns"]:
            turn.pop("utterances", None)
        (blind / path.name).write_text(json.dumps(data), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", "batch", str(blind), "-o", str(out)], cwd=ROOT, check=False
    )
    command = [sys.executable, str(tools / "score.py"), str(dev), str(out / "sessions"), "--json"]
    theirs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    command = [sys.executable, "-m", "analyzer", "evaluate", "default", str(dev), "--json"]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    far = [name for name in theirs if name != "macro_f1_95" and not _near(ours[name], theirs[name])]
    print(json.dumps(theirs, indent=1))
    if far:
        print(f"our figures differ from the scorer's: {', '.join(far)}")
    return done.returncode == 0 and not far


def _near(one: Any, two: Any) -> bool:
    if isinstance(one, dict):
        return all(_near(one[key], two[key]) for key in two)
    return one == two or (one is not None and two is not None and abs(one - two) < 1e-6)


def main() -> int:
    """Run all checks."""
    shared = Path(os.environ.get("SHARED", "../shared")).resolve()
    dev = shared / "data" / "annomi" / "dev"
    if not dev.is_dir():
        print(f"{dev}: no such folder; set SHARED", file=sys.stderr)
        return 2
    gold = [load_session(path.read_text("utf-8"), name=path.stem) for path in sorted(dev.glob("*.json"))]
    with tempfile.TemporaryDirectory() as work:
        fine = check_batch(dev, shared / "tools", Path(work))
    return 0 if check_forms(Pipeline(), gold) and fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
