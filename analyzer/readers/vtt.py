"""WebVTT, with voices or names, as Zoom, Teams, recognisers and people write it."""

from __future__ import annotations

import io
import re
from collections import Counter

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, pieces_of, session_of, with_colons
from analyzer.readers.labels import is_name_like, is_plausible, speaker_labels
from analyzer.readers.source import Source
from analyzer.readers.times import mend, number
from analyzer.readers.words import single_spaced, without_markup
from analyzer.session import ROLES, Session

name = "vtt"
title = "WebVTT"
suffixes = (".vtt", ".webvtt")

_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]{1,200})>")
_ROLE = re.compile(r"<v\.(therapist|client|other)[ \t]")  # as our own writer marks them
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


def sniff(source: Source) -> float:
    """Tell how surely the source is WebVTT."""
    return 1.0 if source.text.lstrip("\ufeff\n ")[:6] == "WEBVTT" else 0.0


def read(source: Source) -> list[Session]:
    """Read the cues of a WebVTT file.

    A cue whose time cannot be read keeps its words and is told by its line.
    """
    import webvtt

    mended, timings = mend(_closed(source.text.lstrip("\ufeff\n ")))
    skipped = Skipped()
    for timing in timings:
        if timing.problem:
            skipped.add(f"a cue: {timing.problem}", f"line {timing.line}")
    try:
        captions = webvtt.from_buffer(io.StringIO(mended)).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError, ValueError) as error:
        raise InputError(f"{source.name}: not WebVTT: {type(error).__name__}") from None
    voiced = any(_VOICE.search(caption.raw_text) for caption in captions)
    texts = with_colons([_lines(caption.raw_text) for caption in captions])
    named = not voiced and _identified([caption.identifier or "" for caption in captions])
    labels = frozenset() if voiced or named else speaker_labels([line for lines in texts for line in ("", *lines)])
    cues: list[Cue] = []
    speaker: str | None = None
    for caption, lines in zip(captions, texts, strict=True):
        timing = timings[number(caption.start)]
        if named:
            speaker = single_spaced(caption.identifier or "") or speaker
        spoken = _voices(source, caption.raw_text) if voiced else pieces_of(source, lines, labels, speaker)
        marked = _ROLE.match(caption.raw_text)
        role = next((role for role in ROLES if marked and role == marked[1]), None)
        cues += [Cue(words, who, timing.start, timing.end, role) for who, words in spoken]
        speaker = spoken[-1][0] if spoken else speaker
    return [session_of(source, cues, skipped)]


def _identified(identifiers: list[str]) -> bool:
    """Tell whether the cues' identifiers are names of speakers: nearly every cue has one, and they come back."""
    counts = Counter(single_spaced(identifier) for identifier in identifiers)
    names = [name for name in counts if is_name_like(name) and is_plausible(name) and not name.isdigit()]
    return sum(counts[name] for name in names) > 0.9 * len(identifiers) and 1 < len(names) <= len(identifiers) / 2


def _lines(text: str) -> list[str]:
    return [single_spaced(without_markup(line)) for line in text.split("\n")]


def _voices(source: Source, text: str) -> list[tuple[str | None, str]]:
    """Cut a cue at its voice spans; words before the first voice are of nobody known."""
    parts = _VOICE.split(text)
    found: list[tuple[str | None, str]] = [(None, parts[0])]
    found += [
        (single_spaced(without_markup(voice)), words) for voice, words in zip(parts[1::2], parts[2::2], strict=True)
    ]
    return [(voice, words) for voice, part in found if (words := source.clean(without_markup(part)))]


def _closed(text: str) -> str:
    """Close the gaps in cues: words after a stray blank line belong to the cue above, not to nobody.

    The standard ends a cue at a blank line; what follows without a time would be lost.
    """
    blocks = re.split(r"\n[ \t]*\n\s*", text)
    kept = blocks[:1]
    for block in blocks[1:]:
        stray = "-->" not in block and not _BLOCK.match(block) and "-->" in kept[-1] and not _BLOCK.match(kept[-1])
        named = len(block.split("\n")) == 1
        if stray and not (named and block.strip().isdigit()):
            kept[-1] += "\n" + block
        else:
            kept.append(block)
    return "\n\n".join(kept)
