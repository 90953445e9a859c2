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
        return 0.95 if _engine(_unwrapped(_load(source, Skipped()))) else 0.0
    except InputError:
        return 0.0


def read(source: Source) -> list[Session]:
    """Read what was said, word by word or phrase by phrase; pieces without words are counted."""
    skipped = Skipped()
    data = _unwrapped(_load(source, skipped))
    engine = _engine(data)
    if engine is None:
        raise InputError(f"{source.name}: is JSON of a kind that this program does not read")
    cues = [replace(cue, text=source.clean(cue.text)) for cue in engine(data, skipped)]
    spoken = [cue for cue in cues if cue.text]
    if any(cue.start is not None for cue in spoken):
        for number, cue in enumerate(spoken, 1):
            if cue.start is None:
                skipped.add("a piece of speech without a time that can be read", f"piece {number}")
    return [session_of(source, cues, skipped)]


def _load(source: Source, skipped: Skipped) -> Any:
    """Parse the JSON; lines of JSON, as applications log them, become a list, lines that break are counted."""
    try:
        return source.json
    except InputError:
        lines = [(number, line) for number, line in enumerate(source.text.split("\n"), 1) if line.strip()]
        found = []
        for number, line in lines:
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                found.append(None)
                skipped.add("a line that is not JSON was left out", f"line {number}")
        if sum(isinstance(item, dict) for item in found) < 2:
            raise
        return found


def _unwrapped(data: Any) -> Any:
    """Return the result in what Google's long-running operations answer."""
    inner = _at(data, "response")
    return inner if isinstance(inner, dict) and "results" in inner else data


Engine = Callable[[Any, Skipped], Iterator[Cue]]


def _engine(data: Any) -> Engine | None:
    """Tell the engine by the keys that only it writes."""
    if isinstance(data, list):
        return _azure_log if any(_is_logged(_plain_keys(item)) for item in data) else None
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
        ({"RecognizedPhrases"}, _azure),
        ({"AudioFileResults"}, _azure),
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
        yield from _woven(
            _aws_words(_dicts(channel.get("items")), _text(channel, "channel_label")) for channel in channels
        )
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
    if utterances:
        several = len({str(item.get("channel")) for item in utterances}) > 1
        cues = [
            _phrase(
                item,
                "transcript",
                _in_channel(item, item.get("channel") if several else None),
                _seconds(item.get("start")),
                _seconds(item.get("end")),
            )
            for item in utterances
        ]
        yield from _by_time(cues) if several else cues
        return
    channels = [_dicts(channel.get("alternatives")) for channel in _dicts(results.get("channels"))]
    woven = list(
        _woven(
            [
                Word(
                    _text(item, "punctuated_word") or _text(item, "word") or "",
                    _in_channel(item, number if len(channels) > 1 else None),
                    _seconds(item.get("start")),
                    _seconds(item.get("end")),
                )
                for item in _dicts(alternatives[0].get("words") if alternatives else None)
            ]
            for number, alternatives in enumerate(channels)
        )
    )
    yield from woven
    if not woven:
        skipped.add("the file has no times of words", "results.channels")
        for number, alternatives in enumerate(channels):
            who = _speaker(number) if len(channels) > 1 else None
            yield from (_phrase(part, "transcript", who, None, None) for part in alternatives[:1])


def _in_channel(item: dict[str, Any], channel: Any) -> str | None:
    """Return a speaker's name; where each channel counts its speakers from 0, the channel tells them apart."""
    speaker = item.get("speaker")
    if channel is None:
        return _speaker(speaker if speaker is not None else item.get("channel"))
    return f"Speaker {channel}.{speaker}" if isinstance(speaker, int) and speaker > 0 else _speaker(channel)


def _assemblyai(data: Any, skipped: Skipped) -> Iterator[Cue]:
    utterances = _dicts(data.get("utterances"))
    for item in utterances:
        speaker = _speaker(item.get("speaker"))
        yield _phrase(item, "text", speaker, _seconds(item.get("start"), 1000), _seconds(item.get("end"), 1000))
    if not utterances:
        skipped.add("the file tells no speakers apart (speaker_labels was off)", "utterances")
        yield from _cues_of(
            Word(
                _text(item, "text") or "",
                _speaker(item.get("speaker")),
                _seconds(item.get("start"), 1000),
                _seconds(item.get("end"), 1000),
            )
            for item in _dicts(data.get("words"))
        )


def _azure(data: Any, skipped: Skipped) -> Iterator[Cue]:
    """Read a batch transcription; version 2 wrote its keys with capitals, before that its phrases by audio file."""
    root = _small(data)
    path, phrases = "recognizedPhrases", _dicts(root.get("recognizedPhrases"))
    if not phrases:
        path = "SegmentResults"
        phrases = [s for part in _dicts(root.get("audioFileResults")) for s in _dicts(part.get("SegmentResults"))]
    cues: list[Cue] = []
    channels = set()
    for index, item in enumerate(map(_small, phrases)):
        best = [_small(part) for part in _dicts(item.get("nBest"))]
        if item.get("recognitionStatus", "Success") != "Success" or not best:
            skipped.add("a phrase that was not recognised was left out", f"{path}[{index}]")
            continue
        channel = item.get("channel", item.get("channelNumber"))
        channels.add(str(channel))
        who = _speaker(item.get("speaker") or item.get("speakerId") or channel)
        start = _azure_time(item, "offset")
        cues.append(_phrase(best[0], "display", who, start, _sum(start, _azure_time(item, "duration"))))
    yield from _by_time(cues) if len(channels) > 1 else cues


def _azure_time(item: dict[str, Any], key: str) -> float | None:
    seconds = _seconds(item.get(f"{key}InSeconds"))
    ticks = _seconds(item.get(f"{key}InTicks", item.get(key)), TICKS)
    return next((time for time in (seconds, ticks, _iso(item.get(key))) if time is not None), None)


def _azure_fast(data: Any, skipped: Skipped) -> Iterator[Cue]:
    cues = []
    phrases = _dicts(data.get("phrases"))
    for item in phrases:
        start, length = _seconds(item.get("offsetMilliseconds"), 1000), _seconds(item.get("durationMilliseconds"), 1000)
        who = _speaker(item.get("speaker", item.get("channel")))
        cues.append(_phrase(item, "text", who, start, _sum(start, length)))
    yield from _by_time(cues) if len({str(item.get("channel")) for item in phrases}) > 1 else cues


def _azure_log(data: Any, skipped: Skipped) -> Iterator[Cue]:
    """Read the lines that an application logged; how it spells the keys is its own affair."""
    for number, line in enumerate(data, 1):
        if line is None:  # no JSON, counted already
            continue
        item = _plain_keys(line)
        if not _is_logged(item):
            skipped.add("a line that is no result of a conversation was left out", f"line {number}")
            continue
        if str(item.get("reason", "")).lower().startswith(("recognizing", "transcribing")):
            skipped.add("a guess before the final result was left out", f"line {number}")
            continue
        start = _seconds(item.get("offsetinticks", item.get("offset")), TICKS)
        length = _seconds(item.get("durationinticks", item.get("duration")), TICKS)
        key = "text" if "text" in item else "displaytext"
        yield _phrase(item, key, _speaker(item.get("speakerid")), start, _sum(start, length))


def _is_logged(item: dict[str, Any]) -> bool:
    return "speakerid" in item and ("text" in item or "displaytext" in item)


def _plain_keys(value: Any) -> dict[str, Any]:
    return {key.lower().replace("_", ""): item for key, item in value.items()} if isinstance(value, dict) else {}


def _small(item: dict[str, Any]) -> dict[str, Any]:
    """Return an object with keys that begin with a small letter."""
    return {key[:1].lower() + key[1:]: value for key, value in item.items()}


def _google(data: Any, skipped: Skipped) -> Iterator[Cue]:
    best = [alternatives[0] for item in _dicts(data["results"]) if (alternatives := _dicts(item.get("alternatives")))]
    tagged = [words for part in best if any(map(_google_speaker, words := _dicts(part.get("words"))))]
    if tagged:
        # With diarisation the last result repeats every word, now with its speaker; where it does not, all count.
        first, last = (_google_time(words[0], "start") or 0.0 for words in (tagged[0], tagged[-1]))
        repeated = len(tagged) == 1 or last <= first
        yield from _cues_of(
            Word(_text(w, "word") or "", _google_speaker(w), _google_time(w, "start"), _google_time(w, "end"))
            for words in (tagged[-1:] if repeated else tagged)
            for w in words
        )
        return
    for part in best:
        words = _dicts(part.get("words"))
        start = _google_time(words[0], "start") if words else None
        yield _phrase(part, "transcript", None, start, _google_time(words[-1], "end") if words else None)


def _google_speaker(word: dict[str, Any]) -> str | None:
    """Return who says a word; 0 stands for nobody known."""
    return _speaker(word.get("speakerTag") or word.get("speaker_tag") or word.get("speakerLabel") or None)


def _google_time(word: dict[str, Any], which: str) -> float | None:
    value = word.get(f"{which}Time", word.get(f"{which}_time", word.get(f"{which}Offset")))
    if isinstance(value, dict):
        return _sum(_seconds(value.get("seconds", 0)), _seconds(value.get("nanos", 0), 1e9))
    return _seconds(value.removesuffix("s")) if isinstance(value, str) else _seconds(value)


def _rev(data: Any, skipped: Skipped) -> Iterator[Cue]:
    names = {item.get("id"): _text(item, "name") for item in _dicts(data.get("speakers")) if _is_plain(item.get("id"))}
    for monologue in _dicts(data.get("monologues")):
        elements = _dicts(monologue.get("elements"))
        starts = [time for item in elements if (time := _seconds(item.get("ts"))) is not None]
        ends = [time for item in elements if (time := _seconds(item.get("end_ts"))) is not None]
        text = "".join(_rev_text(item) for item in elements)
        number = monologue.get("speaker")
        who = (names.get(number) if _is_plain(number) else None) or _speaker(number)
        yield Cue(single_spaced(text), who, min(starts, default=None), max(ends, default=None))


def _rev_text(element: dict[str, Any]) -> str:
    """Return what an element adds to the text; what was not understood is a notice."""
    text = _text(element, "value") or ""
    return f"[{text.strip('<>[]')}]" if element.get("type") == "unknown" else text


def _woven(channels: Iterable[Iterable[Word]]) -> Iterator[Cue]:
    """Weave the words of several channels by time; a mark stays behind its word."""
    groups: list[list[Word]] = []
    for words in channels:
        first = True
        for word in words:
            if first or not word.glued:
                groups.append([])
            groups[-1].append(word)
            first = False
    last = 0.0
    starts = []
    for group in groups:  # a word without a time follows the one before it
        last = group[0].start if group[0].start is not None else last
        starts.append(last)
    order = sorted(range(len(groups)), key=lambda index: starts[index])
    yield from _cues_of(word for index in order for word in groups[index])


def _by_time(cues: Iterable[Cue]) -> list[Cue]:
    return sorted(cues, key=lambda cue: cue.start if cue.start is not None else math.inf)


def _cues_of(words: Iterable[Word]) -> Iterator[Cue]:
    """Join the words of one speaker after another; glued marks belong to the word before them."""
    run: list[Word] = []
    for word in words:
        if not word.text:
            continue
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


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | str)


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
