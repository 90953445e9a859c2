"""JSON of speech engines: AWS Transcribe, Deepgram, AssemblyAI, Azure, Google Speech-to-Text, Rev.ai."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.readers.words import single_spaced
from analyzer.session import Session

name = "engines"
title = "JSON of AWS Transcribe, Deepgram, AssemblyAI, Azure, Google Speech-to-Text, Rev.ai"
suffixes = (".json", ".jsonl")

TICKS = 10_000_000
"""Azure counts time in units of 100 nanoseconds."""

_ISO = re.compile(r"PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an engine; ``glued`` marks sit on the word before without a blank."""

    text: str
    speaker: str | None
    start: float | None = None
    end: float | None = None
    glued: bool = False


def sniff(source: Source) -> float:
    """Tell how surely the source is the JSON of a speech engine."""
    if not source.looks_like_json:
        return 0.0
    try:
        return 0.95 if _engine(_load(source)) else 0.0
    except InputError:
        return 0.0


def read(source: Source) -> list[Session]:
    """Read what was said, word by word or phrase by phrase; pieces without words are counted."""
    data = _load(source)
    engine = _engine(data)
    if engine is None:
        raise InputError(f"{source.name}: is JSON of a kind that this program does not read")
    skipped = Skipped()
    cues = [replace(cue, text=source.clean(cue.text)) for cue in engine(data, skipped)]
    return [session_of(source, cues, skipped)]


def _load(source: Source) -> Any:
    """Parse the JSON; lines of JSON, as applications log them, become a list."""
    try:
        return source.json
    except InputError:
        lines = [line for line in source.text.split("\n") if line.strip()]
        if len(lines) < 2 or not all(line.lstrip().startswith("{") for line in lines):
            raise
        try:
            return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise InputError(f"{source.name}: one of its lines is not JSON") from None


Engine = Callable[[Any, Skipped], Iterator[Cue]]


def _engine(data: Any) -> Engine | None:
    """Tell the engine by the keys that only it writes."""
    if isinstance(data, list):
        logged = data and all(isinstance(item, dict) and {"SpeakerId", "OffsetInTicks"} <= item.keys() for item in data)
        return _azure_log if logged else None
    if not isinstance(data, dict):
        return None
    results = data.get("results")
    if isinstance(results, dict):
        if "items" in results or "channel_labels" in results:
            return _aws
        return _deepgram if "channels" in results or "utterances" in results else None
    if isinstance(results, list):
        return _google if any("alternatives" in item for item in _dicts(results)) else None
    for keys, engine in (
        ({"monologues"}, _rev),
        ({"recognizedPhrases"}, _azure),
        ({"AudioFileResults"}, _azure_old),
        ({"phrases", "durationMilliseconds"}, _azure_fast),
        ({"utterances", "words"}, _assemblyai),
    ):
        if keys <= data.keys():
            return engine
    return None


def _aws(data: Any, skipped: Skipped) -> Iterator[Cue]:
    results = data["results"]
    channels = _dicts(_at(results, "channel_labels", "channels"))
    if channels:
        # One channel after the other: woven by time.
        words = [
            word
            for channel in channels
            for word in _aws_words(_dicts(channel.get("items")), _text(channel, "channel_label"))
        ]
        cues = list(_cues_of(words))
        yield from sorted(cues, key=lambda cue: cue.start if cue.start is not None else math.inf)
        return
    named = {
        str(item.get("start_time")): _text(item, "speaker_label") or _text(segment, "speaker_label")
        for segment in _dicts(_at(results, "speaker_labels", "segments"))
        for item in _dicts(segment.get("items"))
    }
    yield from _cues_of(_aws_words(_dicts(results.get("items")), None, named))


def _aws_words(
    items: Iterable[dict[str, Any]], speaker: str | None, named: dict[str, str | None] | None = None
) -> Iterator[Word]:
    for item in items:
        alternatives = _dicts(item.get("alternatives"))
        text = (_text(alternatives[0], "content") if alternatives else None) or ""
        start = _seconds(item.get("start_time"))
        if item.get("type") == "punctuation":
            yield Word(text, None, glued=True)
            continue
        who = _text(item, "speaker_label") or (named or {}).get(str(item.get("start_time"))) or speaker
        yield Word(text, who, start, _seconds(item.get("end_time")))


def _deepgram(data: Any, skipped: Skipped) -> Iterator[Cue]:
    results = data["results"]
    utterances = _dicts(results.get("utterances"))
    for item in utterances:
        speaker = _speaker(item.get("speaker", item.get("channel")))
        yield _phrase(item, "transcript", speaker, _seconds(item.get("start")), _seconds(item.get("end")))
    if utterances:
        return
    channels = _dicts(results.get("channels"))
    cues = []
    for number, channel in enumerate(channels):
        alternatives = _dicts(channel.get("alternatives"))
        words = [
            Word(
                _text(item, "punctuated_word") or _text(item, "word") or "",
                _speaker(item.get("speaker", number if len(channels) > 1 else None)),
                _seconds(item.get("start")),
                _seconds(item.get("end")),
            )
            for item in _dicts(alternatives[0].get("words") if alternatives else None)
        ]
        cues += list(_cues_of(words))
    yield from sorted(cues, key=lambda cue: cue.start if cue.start is not None else math.inf)


def _assemblyai(data: Any, skipped: Skipped) -> Iterator[Cue]:
    utterances = _dicts(data.get("utterances"))
    for item in utterances:
        speaker = _speaker(item.get("speaker"))
        yield _phrase(item, "text", speaker, _seconds(item.get("start"), 1000), _seconds(item.get("end"), 1000))
    if not utterances:
        skipped.add("the file tells no speakers apart (speaker_labels was off)", "utterances")
        for item in _dicts(data.get("words")):
            start, end = _seconds(item.get("start"), 1000), _seconds(item.get("end"), 1000)
            yield _phrase(item, "text", _speaker(item.get("speaker")), start, end)


def _azure(data: Any, skipped: Skipped) -> Iterator[Cue]:
    phrases = _dicts(data.get("recognizedPhrases"))
    for index, item in enumerate(phrases):
        best = _dicts(item.get("nBest"))
        if item.get("recognitionStatus", "Success") != "Success" or not best:
            skipped.add("a phrase that was not recognised was left out", f"recognizedPhrases[{index}]")
            continue
        start = _seconds(item.get("offsetInTicks"), TICKS)
        start = _iso(item.get("offset")) if start is None else start
        length = _seconds(item.get("durationInTicks"), TICKS)
        length = _iso(item.get("duration")) if length is None else length
        who = _speaker(item.get("speaker", item.get("channel")))
        yield _phrase(best[0], "display", who, start, _sum(start, length))


def _azure_old(data: Any, skipped: Skipped) -> Iterator[Cue]:
    segments = [s for part in _dicts(data.get("AudioFileResults")) for s in _dicts(part.get("SegmentResults"))]
    for index, item in enumerate(segments):
        best = _dicts(item.get("NBest"))
        if item.get("RecognitionStatus", "Success") != "Success" or not best:
            skipped.add("a phrase that was not recognised was left out", f"SegmentResults[{index}]")
            continue
        start = _seconds(item.get("OffsetInSeconds"))
        start = _seconds(item.get("Offset"), TICKS) if start is None else start
        length = _seconds(item.get("DurationInSeconds"))
        length = _seconds(item.get("Duration"), TICKS) if length is None else length
        who = _speaker(item.get("SpeakerId") or item.get("ChannelNumber"))
        yield _phrase(best[0], "Display", who, start, _sum(start, length))


def _azure_fast(data: Any, skipped: Skipped) -> Iterator[Cue]:
    for item in _dicts(data.get("phrases")):
        start, length = _seconds(item.get("offsetMilliseconds"), 1000), _seconds(item.get("durationMilliseconds"), 1000)
        yield _phrase(item, "text", _speaker(item.get("speaker", item.get("channel"))), start, _sum(start, length))


def _azure_log(data: Any, skipped: Skipped) -> Iterator[Cue]:
    for item in data:
        start, length = _seconds(item.get("OffsetInTicks"), TICKS), _seconds(item.get("DurationInTicks"), TICKS)
        key = "Text" if "Text" in item else "DisplayText"
        yield _phrase(item, key, _speaker(item.get("SpeakerId")), start, _sum(start, length))


def _google(data: Any, skipped: Skipped) -> Iterator[Cue]:
    best = [alternatives[0] for item in _dicts(data["results"]) if (alternatives := _dicts(item.get("alternatives")))]
    tagged = [part for part in best if any(word.get("speakerTag") for word in _dicts(part.get("words")))]
    if tagged:
        # With diarisation the last result repeats every word, now with its speaker.
        words = _dicts(tagged[-1].get("words"))
        yield from _cues_of(
            Word(
                _text(w, "word") or "", _speaker(w.get("speakerTag")), _google_time(w, "start"), _google_time(w, "end")
            )
            for w in words
        )
        return
    for part in best:
        words = _dicts(part.get("words"))
        start = _google_time(words[0], "start") if words else None
        yield _phrase(part, "transcript", None, start, _google_time(words[-1], "end") if words else None)


def _google_time(word: dict[str, Any], which: str) -> float | None:
    value = word.get(f"{which}Time", word.get(f"{which}_time", word.get(f"{which}Offset")))
    if isinstance(value, dict):
        return _sum(_seconds(value.get("seconds", 0)), _seconds(value.get("nanos", 0), 1e9))
    return _seconds(value.removesuffix("s")) if isinstance(value, str) else _seconds(value)


def _rev(data: Any, skipped: Skipped) -> Iterator[Cue]:
    for monologue in _dicts(data.get("monologues")):
        elements = _dicts(monologue.get("elements"))
        starts = [time for item in elements if (time := _seconds(item.get("ts"))) is not None]
        ends = [time for item in elements if (time := _seconds(item.get("end_ts"))) is not None]
        text = "".join(_text(item, "value") or "" for item in elements)
        who = _speaker(monologue.get("speaker"))
        yield Cue(single_spaced(text), who, min(starts, default=None), max(ends, default=None))


def _cues_of(words: Iterable[Word]) -> Iterator[Cue]:
    """Join the words of one speaker after another; glued marks belong to the word before them."""
    run: list[Word] = []
    for word in words:
        if run and not word.glued and word.speaker != run[0].speaker:
            yield _joined(run)
            run = []
        run.append(word)
    if run:
        yield _joined(run)


def _joined(run: list[Word]) -> Cue:
    text = "".join(word.text if word.glued else f" {word.text}" for word in run)
    timed = [word for word in run if word.start is not None]
    last = max((word.end for word in run if word.end is not None), default=None)
    return Cue(single_spaced(text), run[0].speaker, timed[0].start if timed else None, last)


def _phrase(item: dict[str, Any], key: str, speaker: str | None, start: float | None, end: float | None) -> Cue:
    return Cue(single_spaced(_text(item, key) or ""), speaker, start, end)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(item: dict[str, Any], key: str) -> str | None:
    value = item.get(key)
    return value if isinstance(value, str) else None


def _speaker(value: Any) -> str | None:
    """Return a speaker's name; engines count people, and a bare number is no name."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return f"Speaker {value}"
    text = single_spaced(value) if isinstance(value, str) else ""
    return (f"Speaker {text}" if len(text) == 1 else text) or None


def _seconds(value: Any, per_second: float = 1) -> float | None:
    try:
        found = float(value) / per_second if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        return None
    return found if 0 <= found < 1e6 else None


def _iso(value: Any) -> float | None:
    found = _ISO.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def _sum(start: float | None, length: float | None) -> float | None:
    return None if start is None or length is None else start + length
