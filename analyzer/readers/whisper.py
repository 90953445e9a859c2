"""JSON of Whisper and WhisperX."""

from __future__ import annotations

from collections import Counter
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
        found = _speaker(segment) or _speaker_of_words(segment)
        if found is None and speaker is not None:
            skipped.add("a segment without a speaker goes on with the speaker before", where)
        speaker = found or speaker
        start, end = _time(segment, "start"), _time(segment, "end")
        if start is None or end is None:
            skipped.add("a time that cannot be read was left out", where)
        cues.append(Cue(source.clean(segment["text"]), speaker, start, end))
    return [session_of(source, cues, skipped)]


def _speaker(item: dict[str, Any]) -> str | None:
    value = item.get("speaker")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"Speaker {value}"
    return (value.strip() or None) if isinstance(value, str) else None


def _speaker_of_words(segment: dict[str, Any]) -> str | None:
    """Return who says most words of a segment that names nobody itself."""
    words = segment.get("words")
    found = [_speaker(word) for word in words if isinstance(word, dict)] if isinstance(words, list) else []
    counts = Counter(name for name in found if name)
    return counts.most_common(1)[0][0] if counts else None


def _time(segment: dict[str, Any], key: str) -> float | None:
    value = segment.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        return None
    return float(value)
