"""Plain text in which each turn begins with who speaks, in the layouts that services and people use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from analyzer.readers.cues import Cue, Skipped, session_of, take_label
from analyzer.readers.labels import speaker_labels
from analyzer.readers.layouts import CLOCK, LEADING_TIME, normalised, without_time
from analyzer.readers.source import Source
from analyzer.readers.times import TIME_OF_DAY, from_first, seconds
from analyzer.readers.words import single_spaced
from analyzer.session import Session

name = "text"
title = 'Plain text, "Name: words"'
suffixes = (".txt", ".text", ".md")

# A line that only names who speaks now: "Name  0:03", "Name (00:05):", "[Name] 10:02:15".
_HEADING = re.compile(
    rf"(?:\[([^\[\]]{{1,60}})\]|([^\s\[\](:][^\[\](:]{{0,59}}?(?:\([^()\[\]:]{{1,40}}\))?))\s{{1,10}}"
    rf"[\[(]?({CLOCK})[\])]?\s*:?\s*"
)
_FOOTER = re.compile(
    r"transcribed by https?://\S+|\W*end (?:of )?(?:the )?(?:transcript(?:ion)?|audio|recording|session|interview)\W*"
    r"|(?:meeting|transcription|recording) ended(?: after)?[\s\d:]*\W*"
    r"|this editable transcript was computer generated.*"
    r"|.{1,80} (?:started|stopped) transcription|(?:page )?\d{1,4} of \d{1,4}|\W{0,3}page \d{1,4}\W{0,3}"
    r"|[-–—] ?\d{1,4} ?[-–—]",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\b(?:page|p\.) ?\d{1,4}(?: ?(?:of|/) ?\d{1,4})?(?: ?\|)?$|^(?:\| ?)?page \d{1,4}\b", re.IGNORECASE)


def sniff(source: Source) -> float:
    """Tell how surely the source is a labelled text; any text may be one, so it is the last resort."""
    laid = normalised(source.text[:200_000].split("\n"))
    lines = [single_spaced(line) for line in laid.lines]
    return 0.5 if speaker_labels([without_time(line) for line in lines]) or _headings(lines) else 0.1


def read(source: Source) -> list[Session]:
    """Read turns from lines; lines before the first speaker are left out and counted."""
    return [read_lines(source, source.text.split("\n"))]


def read_lines(source: Source, raw: Sequence[str]) -> Session:
    """Read a session from the lines of a document, whatever kind of file they come from.

    Args:
        source: the file.
        raw: its lines, an empty one between paragraphs where the file has that.

    Raises:
        InputError: where nobody says anything.
    """
    source.check_rows(len(raw), "lines")
    laid = normalised(raw)
    skipped = Skipped()
    if laid.dropped:
        skipped.add(f"{laid.dropped} lines above the transcript were left out", "line 1")
    lines = _without_margins([single_spaced(line) for line in laid.lines], skipped)
    headings = _headings(lines)
    labels = speaker_labels([without_time(line) for line in lines])
    cues: list[Cue] = []
    words: list[list[str]] = []  # of each cue, joined at the end
    speaker: str | None = None
    start: float | None = None
    labelled = bool(labels or headings)
    paragraphs = not labelled and any(not line for line in lines)
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        heading = _HEADING.fullmatch(line)
        if heading and (heading[1] or heading[2]) in headings:
            speaker, start = (heading[1] or heading[2]).strip(), seconds(heading[3])
            continue
        time = LEADING_TIME.match(line)
        said = line[time.end() :] if time else line
        if time:
            start = seconds(time[1])
            if not said:
                continue
        who, said = take_label(said, labels)
        if who is not None:
            speaker = who
            if start is None and (inner := LEADING_TIME.match(said)):
                start, said = seconds(inner[1]), said[inner.end() :]
            if not said:
                continue  # the name stands alone, the words below it
        elif labelled and speaker is None:
            skipped.add("text before the first speaker was left out", f"line {number}")
            continue
        cue = Cue(source.clean(said), speaker, start, None, laid.roles.get(speaker or ""))
        if paragraphs and cues and start is None and number > 1 and lines[number - 2]:
            words[-1].append(cue.text)
        else:
            cues.append(cue)
            words.append([cue.text])
        start = None
    cues = [replace(cue, text=" ".join(parts).strip()) for cue, parts in zip(cues, words, strict=True)]
    return session_of(source, _from_midnight(cues), skipped)


def _without_margins(lines: Sequence[str], skipped: Skipped) -> list[str]:
    """Empty the lines that a program puts at the end, and heads that come back with the number of each page."""
    paged = {line for line in lines if len(line) < 120 and _PAGE.search(line)}
    counts = Counter(re.sub(r"\d+", "#", line) for line in paged)
    kept = list(lines)
    for index, line in enumerate(lines):
        if line and (_FOOTER.fullmatch(line) or (line in paged and counts[re.sub(r"\d+", "#", line)] > 1)):
            skipped.add("a line that is no speech (head or foot of a page, end) was left out", f"line {index + 1}")
            kept[index] = ""
    return kept


def _headings(lines: list[str]) -> frozenset[str]:
    """Return the names that stand alone on a line with a time, if that is how the file tells its speakers."""
    found = [match for line in lines if (match := _HEADING.fullmatch(line))]
    return frozenset((match[1] or match[2]) for match in found) if len(found) > 1 else frozenset()


def _from_midnight(cues: list[Cue]) -> list[Cue]:
    """Count from the first cue where a file gives the time of day."""
    times = [cue.start for cue in cues]
    first = next((time for time in times if time is not None), 0.0)
    if first < TIME_OF_DAY:
        return cues
    return [replace(cue, start=time) for cue, time in zip(cues, from_first(times), strict=True)]
