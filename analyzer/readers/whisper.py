"""JSON of Whisper and WhisperX."""

from __future__ import annotations

from typing import Any

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.session import Session

name = "whisper"
title = "Whisper and WhisperX JSON"
suffixes = (".json",)


def sniff(source: Source) -> float:
    """Tell how surely the source is the JSON of a Whisper program."""
    if not source.looks_like_json or '"segments"' not in source.text:
        return 0.0
    return 0.9


def read(source: Source) -> list[Session]:
    """Read the segments; one without a speaker goes on with the speaker before."""
    data = source.json
    segments = data.get("segments") if isinstance(data, dict) else None
    if not isinstance(segments, list):
        raise InputError(f'{source.name}: "segments" is not a list')
    skipped = Skipped()
    cues: list[Cue] = []
    speaker: str | None = None
    for index, segment in enumerate(segments):
        where = f"segments[{index}]"
        if not isinstance(segment, dict) or not isinstance(segment.get("text"), str):
            skipped.add("a segment without text was left out", where)
            continue
        found = segment.get("speaker")
        if isinstance(found, str) and found.strip():
            speaker = found.strip()
        cues.append(Cue(source.clean(segment["text"]), speaker, _time(segment, "start"), _time(segment, "end")))
    return [session_of(source, cues, skipped)]


def _time(segment: dict[str, Any], key: str) -> float | None:
    value = segment.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        return None
    return float(value)
