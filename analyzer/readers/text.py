"""Plain text in which each turn begins with who speaks, in the layouts that services and people use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from analyzer.readers.cues import Cue, Skipped, from_midnight, session_of, take_label
from analyzer.readers.labels import speaker_labels
from analyzer.readers.layouts import CLOCK, LEADING_TIME, normalised, without_time
from analyzer.readers.source import Source
from analyzer.readers.times import seconds
from analyzer.readers.words import single_spaced
from analyzer.session import Session

name = "text"
title = 'Plain text, "Name: words"'
suffixes = (".txt", ".text", ".md")

# A line that only names who speaks now: "Name  0:03", "Name (00:05):", "[Name] 10:02:15".
_HEADING = re.compile(
    rf"(?:\[([^\[\]]{{1,60}})\]|([^\s\[\](:][^\[\](:]{{0,59}}?(?:\([^()\[\]:]{{1,40}}\))?))\s{{1,10}}"
    rf"[\[(]?({CLOCK})(?:\s?-+>?\s?({CLOCK}))?[\])]?\s*:?\s*"
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
    if labels or headings:
        cues = _labelled(source, lines, labels, headings, skipped)
        cues = [replace(cue, role=laid.roles.get(cue.speaker or "")) for cue in cues]
    else:
        cues = _paragraphs(source, lines)
    return session_of(source, from_midnight(cues), skipped)


def _labelled(
    source: Source, lines: Sequence[str], labels: frozenset[str], headings: frozenset[str], skipped: Skipped
) -> list[Cue]:
    """Return a cue for each line; a time stands before the name, behind it, or on a line above."""
    # "10:30 suits me" goes on with a turn, unless bare times before names are the habit of the file.
    bare_times = any(line[:1].isdigit() and take_label(without_time(line), labels)[0] for line in lines)
    cues: list[Cue] = []
    speaker: str | None = None
    span: _Span = None, None
    last: float | None = None  # the end of the span that the lines before belong to
    for number, line in enumerate(lines, 1):
        heading = _HEADING.fullmatch(line)
        if heading and (heading[1] or heading[2]) in headings:
            speaker, span = (heading[1] or heading[2]).strip(), _span(heading[3], heading[4])
            last = None
            continue
        time = LEADING_TIME.match(line)
        said = line[time.end() :] if time else line
        who, words = take_label(said, labels)
        if time and not (who is None and said and line[:1].isdigit() and time[1].count(":") == 1 and not bare_times):
            span, last = _span(time[1], time[2]), None
        else:
            words = words if who is not None else line
        if who is not None:
            speaker = who
            last = None
            if span[0] is None and (inner := LEADING_TIME.match(words)):
                span, words = _span(inner[1], inner[2]), words[inner.end() :]
        if not words:
            continue  # the name or the time stands alone, the words below it
        if speaker is None:
            skipped.add("text before the first speaker was left out", f"line {number}")
            continue
        last = span[1] if span[1] is not None else last
        cues.append(Cue(source.clean(words), speaker, span[0], last))
        span = None, None
    return cues


def _paragraphs(source: Source, lines: Sequence[str]) -> list[Cue]:
    """Return a cue for each paragraph or timed line of a text in which nobody is named."""
    joined = any(not line for line in lines)
    cues: list[Cue] = []
    words: list[list[str]] = []  # of each cue, joined at the end
    span: _Span = None, None
    for number, line in enumerate(lines):
        time = LEADING_TIME.match(line)
        if time:
            span = _span(time[1], time[2])
        said = source.clean(line[time.end() :] if time else line)
        if joined and cues and span[0] is None and number and lines[number - 1]:
            words[-1].append(said)
        elif said:
            cues.append(Cue(said, None, *span))
            words.append([said])
            span = None, None
    return [replace(cue, text=" ".join(parts).strip()) for cue, parts in zip(cues, words, strict=True)]


_Span = tuple[float | None, float | None]


def _span(start: str, end: str | None) -> _Span:
    return seconds(start), seconds(end) if end else None


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
