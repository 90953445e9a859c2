"""Cues that become turns: what all readers of cue-like formats share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from analyzer.errors import InputError
from analyzer.readers.labels import is_name_like, is_plausible, is_role, split_label
from analyzer.readers.source import Source
from analyzer.readers.times import TIME_OF_DAY, from_first
from analyzer.session import Notice, Role, Session, Turn

_DAY = 86400.0
_PARENTHESISED = re.compile(r"(?:[-–]\s{0,3})?\(([^():]{1,60})\)\s{0,3}")


@dataclass(frozen=True, slots=True)
class Cue:
    """A piece of speech as a file holds it: clean words of one speaker, times in seconds where the file has them."""

    text: str
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    role: Role | None = None


@dataclass(slots=True)
class Skipped:
    """What a reader left out and why, counted, with the first place."""

    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, why: str, where: str) -> None:
        """Count one thing that was left out."""
        self.counts[why] += 1
        self.first.setdefault(why, where)

    def notices(self) -> tuple[Notice, ...]:
        """Return a notice for each reason."""
        return tuple(
            Notice(self.first[why], why if count == 1 else f"{why} ({count} times, here first)")
            for why, count in self.counts.items()
        )


def take_label(line: str, labels: frozenset[str]) -> tuple[str | None, str]:
    """Return (speaker, words) of a line; the speaker is None where the line goes on without a known label."""
    found = split_label(line)
    return found if found and found[0] in labels else (None, line)


def with_colons(cues: Sequence[list[str]]) -> list[list[str]]:
    """Return the lines of cues with ``Name:`` for ``(Name)``, if such lines are the habit of the file."""
    alone = Counter(found[1] for lines in cues for line in lines if (found := _PARENTHESISED.fullmatch(line)))
    names = {name for name, count in alone.items() if (count > 1 or is_role(name)) and is_name_like(name)}
    names = {name for name in names if is_plausible(name)}
    if len(names) < 2:
        return [list(lines) for lines in cues]

    def changed(line: str) -> str:
        found = _PARENTHESISED.match(line)
        return f"{found[1]}: {line[found.end() :].strip()}".strip() if found and found[1] in names else line

    return [[changed(line) for line in lines] for lines in cues]


def pieces_of(
    source: Source, lines: Sequence[str], labels: frozenset[str], speaker: str | None
) -> list[tuple[str | None, str]]:
    """Cut the lines of one cue where somebody else begins.

    Args:
        source: whose words they are.
        lines: without markup.
        labels: what stands for a speaker in this file.
        speaker: who spoke last; lines before the first label are theirs.

    Returns:
        (speaker, clean words), in order. Where two lines begin with a dash, as subtitles mark two speakers, each is a
        piece of its own, of nobody known.
    """
    dashed = sum(line.lstrip().startswith(("- ", "– ")) for line in lines) > 1
    found: list[tuple[str | None, list[str]]] = [(speaker, [])]
    for line in lines:
        bare = line.strip()
        after = bare[2:].lstrip() if bare.startswith(("- ", "– ")) else bare
        name, words = take_label(after, labels)
        if name is not None:
            found.append((name, [words]))
        elif found[-1] == (found[-1][0], [""]) and after != bare:
            found[-1][1].append(after)  # the name stood on the line above
        elif dashed and after != bare:
            found.append((None, [after]))
        else:
            found[-1][1].append(bare)
    spoken = [(name, source.clean(" ".join(parts))) for name, parts in found]
    return [(name, words) for name, words in spoken if words]


def turns_of(cues: Iterable[Cue]) -> tuple[Turn, ...]:
    """Merge neighbouring cues of one speaker: the first start, the last end, words joined by a blank.

    Cues without a speaker stay apart, for nothing says that they belong together.
    """
    runs: list[list[Cue]] = []
    for cue in cues:
        if not cue.text:
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and cue.speaker is not None and (last.speaker, last.role) == (cue.speaker, cue.role):
            runs[-1].append(cue)
        else:
            runs.append([cue])
    return tuple(
        Turn(run[0].speaker, " ".join(cue.text for cue in run), run[0].role, run[0].start, run[-1].end) for run in runs
    )


def from_midnight(cues: Sequence[Cue]) -> list[Cue]:
    """Count from the first cue where a file gives the time of day."""
    first = next((cue.start for cue in cues if cue.start is not None), 0.0)
    if first < TIME_OF_DAY:
        return list(cues)
    times = from_first([time for cue in cues for time in (cue.start, cue.end)])
    return [replace(cue, start=s, end=e) for cue, s, e in zip(cues, times[::2], times[1::2], strict=True)]


def session_of(
    source: Source,
    cues: Sequence[Cue],
    notices: Skipped | Iterable[Notice] = (),
    *,
    id: str | None = None,
) -> Session:
    """Build a session from cues.

    Args:
        source: for the id and the notices of decoding.
        cues: in the file's order; those without words are dropped.
        notices: what the reader wants people to know.
        id: where it is not the file's name.

    Raises:
        InputError: where nobody says anything.
    """
    source.check_rows(len(cues), "cues")
    if source.reading.alternate and not any(cue.speaker for cue in cues):
        spoken = [cue for cue in cues if cue.text]
        cues = [replace(cue, speaker=f"Speaker {number % 2 + 1}") for number, cue in enumerate(spoken)]
    turns = turns_of(cues)
    if not turns:
        raise InputError(f"{source.name}: holds no spoken words; check that it is the transcript and not cut off")
    further = notices.notices() if isinstance(notices, Skipped) else tuple(notices)
    return Session(id or source.stem, turns, source.notices + further + _odd_times(cues).notices())


def _odd_times(cues: Iterable[Cue]) -> Skipped:
    """Tell of times that no session has: backwards, or beyond a day."""
    odd = Skipped()
    last = 0.0
    for number, cue in enumerate((cue for cue in cues if cue.text), 1):
        if cue.start is not None and cue.start < last:
            odd.add("it starts before the one above it; the order of the file is kept", f"cue {number}")
        if max(cue.start or 0.0, cue.end or 0.0) > _DAY:
            odd.add("a time beyond 24 hours", f"cue {number}")
        last = cue.start if cue.start is not None else last
    return odd
