"""Turn corpus drafts in the writers' short notation into session JSON.

A draft is a text file. Lines that start with ``@`` describe the session, every other line is a turn::

    @writer ines
    @discipline speech-language
    @therapist Dana
    @client Maya
    Maya: I did it!
    Dana: [V] You did, and you kept going. [F] Now keep the tip of your tongue behind your teeth. [O?] Ready?

Each therapist utterance has its label in brackets before it: V, R, F, C, O, or ``O?`` for an utterance labelled other
that asks the client for something. A label followed by ``~`` says that the utterance stands inside a sentence that an
unpunctuated transcript runs together; it changes nothing and is accepted for convenience.

    python scripts/import_drafts.py DRAFT... -o corpora/sessions
    python scripts/import_drafts.py DRAFT... --check
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import sys
from pathlib import Path

LABELS = {
    "V": "validation",
    "R": "empathic_reflection",
    "F": "constructive_feedback",
    "C": "criticism",
    "O": "other",
    "O?": "other",
}
REQUIRED = ("writer", "discipline", "client_age", "style", "transcript", "english", "rates")
MARK = re.compile(r"\[([VRFCO]\??)~?\]\s*")


class DraftError(ValueError):
    """A draft that cannot be read; the message names the file and the line."""


def parse_draft(path: Path) -> dict[str, object]:
    """Read one draft and return it as a ``session/1`` object.

    Raises:
        DraftError: where a line has no known speaker, a therapist's turn no label, or a header is missing.
    """
    head: dict[str, str] = {}
    roles: dict[str, str] = {}
    turns: list[dict[str, object]] = []
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        where = f"{path}:{number}"
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            key, _, value = line[1:].partition(" ")
            if key in ("therapist", "client", "other"):
                roles[value.strip()] = key
            else:
                head[key] = value.strip()
            continue
        speaker, colon, text = line.partition(":")
        if not colon or speaker.strip() not in roles:
            raise DraftError(f"{where}: no known speaker at the start of the line (known: {', '.join(roles)})")
        turns.append(_turn(speaker.strip(), roles[speaker.strip()], text.strip(), where))
    missing = [key for key in REQUIRED if not head.get(key)]
    if missing:
        raise DraftError(f"{path}: header lines missing: {', '.join('@' + key for key in missing)}")
    identifier = f"{head['writer']}-{path.stem}" if not path.stem.startswith(head["writer"]) else path.stem
    return {"format": "session/1", "id": identifier, **head, "client_age": int(head["client_age"]), "turns": turns}


def _turn(speaker: str, role: str, text: str, where: str) -> dict[str, object]:
    turn: dict[str, object] = {"speaker": speaker, "role": role, "start": None, "end": None}
    if role != "therapist":
        if MARK.search(text):
            raise DraftError(f"{where}: a label in a turn that is not the therapist's")
        return {**turn, "text": text}
    parts = MARK.split(text)
    if parts[0].strip() or len(parts) < 3:
        raise DraftError(f"{where}: every therapist utterance needs its label in front, as in '[O] Hello.'")
    words, utterances = "", []
    for mark, raw in zip(parts[1::2], parts[2::2], strict=True):
        piece = " ".join(raw.split())
        if not piece:
            raise DraftError(f"{where}: a label without words after it")
        start = len(words) + 1 if words else 0
        words = f"{words} {piece}" if words else piece
        utterance: dict[str, object] = {"start": start, "end": len(words), "label": LABELS[mark]}
        if mark == "O?":
            utterance["question"] = True
        utterances.append(utterance)
    return {**turn, "text": words, "utterances": utterances}


def main() -> int:
    """Convert or check the drafts named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("drafts", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--check", action="store_true", help="only read and count")
    arguments = parser.parse_args()
    counts: collections.Counter[str] = collections.Counter()
    failed = 0
    for path in arguments.drafts:
        try:
            session = parse_draft(path)
        except (DraftError, ValueError, UnicodeDecodeError) as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        turns = session["turns"]
        assert isinstance(turns, list)
        counts.update(u["label"] for t in turns for u in t.get("utterances", ()))
        if arguments.output and not arguments.check:
            arguments.output.mkdir(parents=True, exist_ok=True)
            target = arguments.output / f"{session['id']}.json"
            target.write_text(json.dumps(session, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(
        f"{len(arguments.drafts) - failed} drafts, {sum(counts.values())} utterances: {dict(counts)}", file=sys.stderr
    )
    return 2 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
