"""Praat TextGrid: a tier for each person."""

from __future__ import annotations

import re
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.session import Session

name = "textgrid"
title = "Praat TextGrid"
suffixes = (".textgrid",)

LABEL_TIER = "labels of "
"""How the names of tiers begin that hold our labels, not speech."""
# What forced aligners write: a tier of words and one of sounds for each person.
_PART = re.compile(r"(.*?)[\s_:-]*\b(words?|phones?|phonemes?)", re.IGNORECASE)


def sniff(source: Source) -> float:
    """Tell how surely the source is a TextGrid, long or short."""
    head = source.text[:300]
    return 1.0 if "ooTextFile" in head and "TextGrid" in head else 0.0


def read(source: Source) -> list[Session]:
    """Read the intervals of all tiers in the order of their times; point tiers are no speech of their own."""
    from praatio.utilities.textgrid_io import parseTextgridStr

    source.check_rows(source.text.count("\n") // 3, "intervals")
    try:
        tiers: list[dict[str, Any]] = parseTextgridStr(source.text)["tiers"]
        for tier in tiers:
            if tier["class"] == "IntervalTier":
                tier["entries"] = [(_seconds(start), _seconds(end), label) for start, end, label in tier["entries"]]
    except Exception as error:
        raise InputError(f"{source.name}: the TextGrid is damaged or cut off ({type(error).__name__})") from None
    skipped = Skipped()
    cues: list[Cue] = []
    parts = [_part_of(tier) for tier in tiers]
    for tier, (who, part) in zip(tiers, parts, strict=True):
        called = " ".join(str(tier["name"]).split())
        if tier["class"] != "IntervalTier":
            skipped.add("a tier of points is no speech and was left out", f"tier {called!r}")
        elif called.startswith(LABEL_TIER):
            skipped.add("a tier of labels was left out", f"tier {called!r}")
        elif part == "p" and (who, "w") in parts:
            skipped.add("a tier of sounds was left out", f"tier {called!r}")
        else:
            if part == "w" and (who, "p") in parts:
                called = who
            for start, end, label in tier["entries"]:
                words = source.clean(label)
                if words:
                    cues.append(Cue(words, called or None, start, end))
    return [session_of(source, sorted(cues, key=lambda cue: cue.start or 0.0), skipped)]


def _part_of(tier: dict[str, Any]) -> tuple[str, str]:
    """Return whose tier it is and w for words, p for sounds, or nothing where its name does not say."""
    called = " ".join(str(tier["name"]).split())
    found = _PART.fullmatch(called)
    return (found[1], found[2][0].lower()) if found else (called, "")


def _seconds(value: Any) -> float:
    found = float(value)
    if not 0 <= found < 1e7:
        raise ValueError(f"a time of {found} seconds")
    return found
