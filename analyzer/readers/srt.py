"""SRT, also the dirty kind: missing numbers, points for commas, tags, two speakers in a cue."""

from __future__ import annotations

import re

from analyzer.readers.cues import Cue, Skipped, pieces_of, session_of, with_colons
from analyzer.readers.labels import speaker_labels
from analyzer.readers.source import Source
from analyzer.readers.times import mend, number
from analyzer.readers.words import single_spaced, without_markup
from analyzer.session import Session

name = "srt"
title = "SRT (SubRip)"
suffixes = (".srt",)

_TIMING = re.compile(r"^\s*-?\d{1,3}:\d{2}:\d{2}[.,]\d{1,3}\s*-->\s*\d{1,3}:\d{2}:\d{2}[.,]\d{1,3}", re.MULTILINE)


def sniff(source: Source) -> float:
    """Tell how surely the source is SRT."""
    head = source.text[:20_000].lstrip("\ufeff\n ")
    return 0.9 if _TIMING.search(head) and not head.startswith("WEBVTT") else 0.0


def read(source: Source) -> list[Session]:
    """Read the cues of an SRT file.

    A cue whose time cannot be read keeps its words and is told by its line.
    """
    import pysubs2

    mended, timings = mend(source.text)
    skipped = Skipped()
    for timing in timings:
        if timing.problem:
            skipped.add(f"a cue: {timing.problem}", f"line {timing.line}")
    events = pysubs2.SSAFile.from_string(mended, format_="srt", keep_html_tags=True, keep_unknown_html_tags=True)
    texts = with_colons([_lines(event.text) for event in events])
    labels = speaker_labels([line for lines in texts for line in ("", *lines)])
    cues: list[Cue] = []
    speaker: str | None = None
    for event, lines in zip(events, texts, strict=True):
        timing = timings[number(event.start)]
        spoken = pieces_of(source, lines, labels, speaker)
        cues += [Cue(words, who, timing.start, timing.end) for who, words in spoken]
        speaker = spoken[-1][0] if spoken else speaker
    return [session_of(source, cues, skipped)]


def _lines(text: str) -> list[str]:
    lines = text.replace("\\N", "\n").split("\n")
    return [single_spaced(without_markup(line, overrides=True)) for line in lines]
