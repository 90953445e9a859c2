"""Times of transcripts, and time lines of cues brought into one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:[.,](\d{1,9}))?(?:\s?([ap])\.?m\.?)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,12})?")
_LONGEST = 1e6
_ARROW = re.compile(r"\s*(\S+?)\s*(?:-{1,2}|–|—)>\s*(\S+)(.*)")
_STAMP_COLON = re.compile(r"(?<=\d):(?=\d)")
_INDEX = re.compile(r"\s*\d{1,7}\s*")

TIME_OF_DAY = 3 * 3600.0
"""A first time beyond this many seconds is the time of day (folklore): nobody is silent so long before a session."""


def seconds(text: str) -> float | None:
    """Return the seconds of ``[h:]mm:ss[.fff]``, with AM or PM or without, or of a plain number; else None."""
    text = text.strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, whole, fraction, half = found.groups()
        hour = int(hours or 0)
        if half:
            hour = hour % 12 + (12 if half in "pP" else 0)
        value = hour * 3600 + int(minutes) * 60 + int(whole) + float(f"0.{fraction or 0}")
    elif _NUMBER.fullmatch(text):
        value = float(text.replace(",", "."))
    else:
        return None
    return value if value < _LONGEST else None


def from_first(times: list[float | None]) -> list[float | None]:
    """Return times of day as seconds from the first of them; past midnight they go on."""
    first = next((time for time in times if time is not None), 0.0)
    counted: list[float | None] = []
    last, days = first, 0
    for time in times:
        if time is not None:
            if last - time > 12 * 3600:
                days += 1
            last = time
        counted.append(None if time is None else max(0.0, time + days * 86400 - first))
    return counted


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of one cue, and where its time line stands.

    Attributes:
        start: seconds, or None where the line cannot be read.
        end: seconds, or None.
        line: number in the file, from 1.
        problem: what is wrong with the line, for people, or None.
    """

    start: float | None
    end: float | None
    line: int
    problem: str | None = None


def mend(text: str) -> tuple[str, list[Timing]]:
    """Put every time line of a cue file into the form that any library reads, so that no cue is lost to a typing error.

    The mended start is the cue's number in seconds: ``number(start)`` finds the true times in the list again. An index
    stands right above each time line, after a blank line, so that no number is taken for words and no words for a
    number.
    """
    lines = text.split("\n")
    out: list[str] = []
    timings: list[Timing] = []
    for row, line in enumerate(lines, 1):
        found = _ARROW.fullmatch(line) if ">" in line else None
        if found is None or not _is_timing(line, found, out):
            # pysubs2 takes any line with two time stamps for a time line; a word joiner, dropped later, hides them.
            out.append(_STAMP_COLON.sub("\u2060:", line.replace("-->", "->")))
            continue
        timings.append(_timing(found, row))
        identifier = _take_identifier(out)
        number = len(timings) - 1
        stamp = f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000"
        out += ["", identifier, f"{stamp} --> {stamp}"]
    return "\n".join([*out, "", "0", ""]), timings


def number(start: str | int) -> int:
    """Return the index of a cue from its mended start, a stamp or milliseconds."""
    return start // 1000 if isinstance(start, int) else int(seconds(start) or 0)


def _is_timing(line: str, found: re.Match[str], above: list[str]) -> bool:
    """Tell a time line, even a broken one, from speech with an arrow in it."""
    if seconds(found[1]) is not None and seconds(found[2]) is not None:
        return ":" in found[1] or ":" in found[2]
    digits = sum(c.isdigit() for c in found[1] + found[2])
    opens = not above or not above[-1].strip() or len(above) < 2 or not above[-2].strip()
    return "-->" in line and (digits >= 4 or (opens and digits > 0))


def _timing(found: re.Match[str], line: int) -> Timing:
    start, end = (seconds(part) if ":" in part else None for part in (found[1], found[2]))
    if start is None or end is None:
        return Timing(start, end, line, "its time cannot be read, so it has none; mend the line with the arrow")
    if end < start:
        return Timing(start, None, line, "it ends before it starts, so its end is left out")
    return Timing(start, end, line)


def _take_identifier(out: list[str]) -> str:
    """Take the cue's number or name from the end of the lines so far; "0" where it has none."""
    last = len(out) - 1
    while last >= 0 and not out[last].strip():
        last -= 1
    if last < 0:
        return "0"
    directly = last == len(out) - 1
    apart = last == 0 or not out[last - 1].strip()
    if (_INDEX.fullmatch(out[last]) and (directly or apart)) or (directly and apart and last > 0):
        taken = out[last].strip()
        del out[last:]
        if out and _INDEX.fullmatch(out[-1]) and (len(out) == 1 or not out[-2].strip()):
            out.pop()  # a number written twice
        return taken
    return "0"
