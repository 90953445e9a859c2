"""SRT, also the dirty kind: missing numbers, points for commas, tags, two speakers in a cue."""

from __future__ import annotations

import re

from analyzer.readers.cues import Cue, Skipped, clean, session_of, speaker_labels, split_label
from analyzer.readers.source import Source
from analyzer.session import Session

name = "srt"
title = "SRT (SubRip)"
suffixes = (".srt",)

_TIMING = re.compile(r"^\s*(\d{1,3}:\d{2}:\d{2}[.,]\d{1,3})\s*-->\s*(\d{1,3}:\d{2}:\d{2}[.,]\d{1,3})", re.MULTILINE)
_ANY_TIMING = re.compile(r"^[^\n]*-->[^\n]*$", re.MULTILINE)


def sniff(source: Source) -> float:
    """Tell how surely the source is SRT."""
    return (
        0.9 if _TIMING.search(source.text[:20_000]) and not source.text.lstrip("\ufeff").startswith("WEBVTT") else 0.0
    )


def read(source: Source) -> list[Session]:
    """Read the cues of an SRT file; one with a broken time is told by its line."""
    import pysubs2

    skipped = Skipped()
    for found in _ANY_TIMING.finditer(source.text):
        if not _TIMING.match(found[0]):
            line = source.text.count("\n", 0, found.start()) + 1
            skipped.add("a cue with a time that cannot be read was left out", f"line {line}")
    events = pysubs2.SSAFile.from_string(source.text, format_="srt", keep_html_tags=True, keep_unknown_html_tags=True)
    lines = [line.strip() for event in events for line in event.text.replace("\\N", "\n").split("\n")]
    labels = speaker_labels(lines)
    cues: list[Cue] = []
    speaker: str | None = None
    for event in events:
        start, end = max(event.start, 0) / 1000, max(event.end, 0) / 1000
        for line in event.text.replace("\\N", "\n").split("\n"):
            said = line.strip()
            label = split_label(said.removeprefix("- "))
            if label and label[0] in labels:
                speaker, said = label
            cues.append(Cue(clean(said), speaker, start, end))
    return [session_of(source, cues, skipped)]
