"""WebVTT, with voices or names, as Zoom, Teams, recognisers and people write it."""

from __future__ import annotations

import html
import io
import re

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, clean, seconds, session_of, speaker_labels, split_label
from analyzer.readers.source import Source
from analyzer.session import Session

name = "vtt"
title = "WebVTT"
suffixes = (".vtt", ".webvtt")

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]{1,200})>")
_TIMING = re.compile(r"^([^\n]*-->[^\n]*)$", re.MULTILINE)
_TIME = re.compile(
    r"\s*((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})\s+-->\s+((?:\d{1,3}:)?\d{1,2}:\d{2}[.,]\d{1,3})(?:\s|$)"
)


def sniff(source: Source) -> float:
    """Tell how surely the source is WebVTT."""
    return 1.0 if source.text.lstrip("\ufeff\n ")[:6] == "WEBVTT" else 0.0


def read(source: Source) -> list[Session]:
    """Read the cues of a WebVTT file; one with a broken time is told by its line."""
    import webvtt

    text = source.text.lstrip("\ufeff\n ")
    skipped = Skipped()
    for found in _TIMING.finditer(text):
        if not _TIME.match(found[1]):
            line = text.count("\n", 0, found.start()) + 1
            skipped.add("a cue with a time that cannot be read was left out", f"line {line}")
    try:
        captions = list(webvtt.from_buffer(io.StringIO(text)))
    except webvtt.errors.MalformedFileError as error:
        raise InputError(f"{source.name}: not WebVTT: {error}") from None
    except (webvtt.errors.MalformedCaptionError, ValueError) as error:
        raise InputError(f"{source.name}: a cue cannot be read: {error}") from None
    lines = [html.unescape(line) for caption in captions for line in caption.raw_text.split("\n")]
    labels = speaker_labels(lines) if not any(_VOICE.search(line) for line in lines) else frozenset()
    cues: list[Cue] = []
    speaker: str | None = None
    for caption in captions:
        start, end = seconds(caption.start), seconds(caption.end)
        for voice, words in _voices(caption.raw_text):
            if voice is not None:
                cues.append(Cue(clean(words), clean(voice), start, end))
                continue
            for line in words.split("\n"):
                said = html.unescape(line).strip()
                label = split_label(said)
                if label and label[0] in labels:
                    speaker, said = label
                cues.append(Cue(clean(said), speaker, start, end))
    return [session_of(source, _whole(cues), skipped)]


def _voices(text: str) -> list[tuple[str | None, str]]:
    """Cut a cue at its voice spans; words before the first voice have none."""
    parts = _VOICE.split(text)
    found: list[tuple[str | None, str]] = [(None, parts[0])] if parts[0].strip() else []
    found += [(html.unescape(voice).strip(), words) for voice, words in zip(parts[1::2], parts[2::2], strict=True)]
    return found


def _whole(cues: list[Cue]) -> list[Cue]:
    """Join the lines of one cue that has no speaker at all."""
    joined: list[Cue] = []
    for cue in cues:
        last = joined[-1] if joined else None
        if last and cue.speaker is None and last.speaker is None and (last.start, last.end) == (cue.start, cue.end):
            joined[-1] = Cue(f"{last.text} {cue.text}".strip(), None, cue.start, cue.end)
        else:
            joined.append(cue)
    return joined
