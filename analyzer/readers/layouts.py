"""The layouts of typed transcripts, brought into one: ``Name: words``.

People number their turns, set names apart by a dash, a tab or a line of their own, or explain codes in a legend. Each
function here takes the lines of a file and returns as many, so that a line keeps its number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from analyzer.readers.labels import is_metadata, is_name_like, is_plausible, is_role, speaker_labels
from analyzer.roles import read_name
from analyzer.session import Role

_HABIT = 0.6
"""A layout is one where this share of the lines follows it (expert opinion)."""
_SURE_HABIT = 0.9
"""What a layout needs that ordinary sentences could follow by chance (expert opinion)."""
_HEAD = 40
"""Lines in which a legend is looked for."""

_ROLES = ("therapist", "client", "other")
CLOCK = r"(?:\d{1,2}:)?\d{1,3}:\d{2}(?:[.,]\d{1,3})?"
LEADING_TIME = re.compile(rf"[\[(]?({CLOCK})[\])]?\s*(?:(?:-+>?|–)\s*[\[(]?({CLOCK})[\])]?\s*)?[-–]?\s*")
"""Matches the time, or the span of times, that a line begins with; the groups are its start and its end."""
_TIMED = re.compile(
    rf"([^\s\[\](:][^\[\](:]{{0,59}}?)\s{{0,3}}[\[(\s]({CLOCK})(?![:.,]?\d)[\])]?\s{{0,3}}:?\s{{0,3}}(?=[^\s:\])])(?!-+>)"
)
_LINE_NUMBER = re.compile(r"(\d{1,5})(?:[.):]|\s)\s*")
_TURN_NUMBER = re.compile(r"([A-Za-z]{1,12}?)[ .]?(\d{1,4})\s*(?:-{1,3}|[—–:.])\s*(?=\S)")
_DASHED = re.compile(r"([^\s\-–—:][^\-–—:]{0,39}?)\s{0,2}(?:\s[-–—]{1,2}|--|—)\s{1,2}(?=\S)")
_TABBED = re.compile(r"([^\t:]{1,40}):?\t+\s*(?=\S)")
_BRACKETED = re.compile(r"[\[<(]([^\[\]<>():]{1,40})[\]>)]\s+(?=\S)")
_CODED = re.compile(r"([A-Z]{1,4}\d?)\s+(?=\S)")
_LEGEND = re.compile(
    r"(?:^|[;,(|•·]|\band\b)\s*[*\"“]?([A-Za-z]{1,4}\d?)[*\"”]?\s*(=|:|–|—|-|\bis\b)\s*([^;,()|=]{2,60})"
)
_LEGEND_TITLE = re.compile(
    r"\W*(?:key|legend|speakers?|speaker key|participants?|abbreviations?|codes?)\W*", re.IGNORECASE
)
_LEGEND_PREFIX = re.compile(r"^\W*(?:(?:key|legend|speaker key|abbreviations?|codes?)\W+)?(?=\w)", re.IGNORECASE)
_HEADER = re.compile(r"([^:]{2,40}):\s*(\S.{0,80})")
_BEGIN = re.compile(
    r"\W*(?:begin(?:ning of)? |start (?:of )?)?transcript(?:ion)?(?: begins| starts)?\W*", re.IGNORECASE
)
_NOTES = re.compile(r"\W{0,4}(?:notes|summary|suggested next steps|details|📝.*)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file in the common layout.

    Attributes:
        lines: ``Name: words``, or whatever the line was.
        roles: what a legend or the head of the document says of speakers, by their label.
        dropped: how many lines stood before the transcript proper.
    """

    lines: list[str]
    roles: Mapping[str, Role] = field(default_factory=dict)
    dropped: int = 0


def normalised(raw: Sequence[str]) -> Lines:
    """Bring the lines of a transcript into the common layout.

    Args:
        raw: the lines as the file has them, tabs included.
    """
    tabbed = _by_habit(list(raw), _TABBED, _HABIT)
    lines, dropped = _after_notes([" ".join(line.split()) for line in tabbed])
    lines = _without_line_numbers(lines)
    lines = _with_time_first(_without_turn_numbers(lines))
    lines, roles = _with_legend(lines)
    labels = _labels(lines)
    for layout in (_coded, _bracketed, _dashed, _alone):
        if len(labels) > 1:
            break
        # What recurs alone before a colon may be speech ("More: ..."); two names set apart otherwise are surer.
        laid = layout(lines)
        found = _labels(laid) if laid != lines else labels
        if len(found) > len(labels):
            lines, labels = laid, found
    return Lines(lines, {**_roles_of_head(lines, labels), **roles}, dropped)


def without_time(line: str) -> str:
    """Return a line without the time that it begins with."""
    time = LEADING_TIME.match(line)
    return line[time.end() :] if time else line


def _labels(lines: Sequence[str]) -> frozenset[str]:
    return speaker_labels([without_time(line) for line in lines])


def _after_notes(lines: list[str]) -> tuple[list[str], int]:
    """Leave out what stands above the line "Transcript": a title, people, a machine's notes."""
    for index, line in enumerate(lines):
        begins = _BEGIN.fullmatch(line) and (index < _HEAD or any(_NOTES.fullmatch(above) for above in lines[:index]))
        if begins or line.startswith("📖"):
            # A legend or a list of people above it still tells who is who.
            kept = [above if _legend(above) or _tells_role(above) else "" for above in lines[:index]]
            lost = sum(bool(above) and not keep for above, keep in zip(lines, kept, strict=False))
            return [*kept, "", *lines[index + 1 :]], lost
    return lines, 0


def _tells_role(line: str) -> bool:
    found = _HEADER.fullmatch(line)
    return bool(found and is_role(found[1]) and len(found[2].split()) <= 4)


def _without_line_numbers(lines: list[str]) -> list[str]:
    found = [(index, match) for index, line in enumerate(lines) if (match := _LINE_NUMBER.match(line))]
    filled = sum(bool(line) for line in lines)
    numbers = [int(match[1]) for _, match in found]
    steps = sum(b - a == 1 for a, b in pairwise(numbers))
    if len(found) < max(3, 0.5 * filled) or steps < 0.9 * (len(found) - 1):
        return lines
    out = list(lines)
    for index, match in found:
        out[index] = lines[index][match.end() :]
    return out


def _without_turn_numbers(lines: list[str]) -> list[str]:
    """``T12-- words`` to ``T: words``, where the numbers count turns and not people."""
    found = {index: match for index, line in enumerate(lines) if (match := _TURN_NUMBER.match(line))}
    names = Counter(match[1] for match in found.values())
    each = {(match[1], match[2]) for match in found.values()}
    counted = len(each) > 0.9 * len(found) and 1 < len(names) < 7 and len(found) > 2 * len(names)
    filled = sum(bool(line) for line in lines)
    if len(found) < max(4, 0.3 * filled) or not counted:
        return lines
    return [
        f"{found[i][1]}: {line[found[i].end() :]}" if i in found and names[found[i][1]] > 1 else line
        for i, line in enumerate(lines)
    ]


def _legend(line: str) -> dict[str, Role]:
    """Return the codes that a line explains by roles, and by nothing else: "T = Therapist, C = Client (mother)"."""
    roles: dict[str, Role] = {}
    line = _LEGEND_PREFIX.sub("", line)
    if not _LEGEND.match(line):
        return {}
    for code, _, meaning in _LEGEND.findall(line):
        reading = read_name(meaning)
        if reading is None:
            return {}
        if reading in _ROLES:
            roles[code] = reading  # type: ignore[assignment]  # mypy narrows no literals in tuples
        elif reading in ("title", "second"):
            roles[code] = "therapist"
    return roles


def _with_legend(lines: list[str]) -> tuple[list[str], dict[str, Role]]:
    """Use a legend in the head: its codes become labels, also where no colon follows them.

    With equals signs a legend stands anywhere in the head. With colons it looks like speech, so it must have a title,
    or stand on top, two lines or more with a blank line after them.
    """
    roles: dict[str, Role] = {}
    out = list(lines)
    titled, on_top = False, True
    block: list[int] = []
    for index, line in enumerate([*lines[:_HEAD], ""]):
        found = _legend(line)
        if found and (titled or "=" in _LEGEND.findall(_LEGEND_PREFIX.sub("", line))[0][1]):
            roles |= found
            out[index] = ""
        elif found and on_top:
            block.append(index)
        elif not line and len(block) > 1:
            for place in block:
                roles |= _legend(lines[place])
                out[place] = ""
            block, on_top = [], False
        elif block or (line and speaker_labels([line, line])):
            block, on_top = [], False
        titled = bool(_LEGEND_TITLE.fullmatch(line)) or (titled and (bool(found) or not line))
    for index, line in enumerate(out):
        code, _, rest = line.partition(" ")
        if code in roles and rest and not rest.startswith(("=", ":", "-", "–")):
            out[index] = f"{code}: {rest}"
    return out, roles


def _coded(lines: list[str]) -> list[str]:
    """``TH words`` without a legend, where nearly each line begins with such a code for a role."""
    return _by_habit(lines, _CODED, _SURE_HABIT, lambda label: label != "I" and is_role(label))


def _bracketed(lines: list[str]) -> list[str]:
    return _by_habit(lines, _BRACKETED, _HABIT)


def _dashed(lines: list[str]) -> list[str]:
    return _by_habit(lines, _DASHED, _HABIT)


def _with_time_first(lines: list[str]) -> list[str]:
    """``Name (0:05): words`` to ``[0:05] Name: words``."""
    found = {i: match for i, line in enumerate(lines) if (match := _TIMED.match(line)) and _is_name(match[1])}
    counts = Counter(match[1] for match in found.values())
    filled = sum(bool(line) for line in lines)
    if len(found) < max(2, 0.2 * filled) or len(counts) > max(2, len(found) // 2):
        return lines
    return [
        f"[{found[i][2]}] {found[i][1]}: {line[found[i].end() :]}" if i in found else line
        for i, line in enumerate(lines)
    ]


def _by_habit(
    lines: list[str], mark: re.Pattern[str], share: float, accept: Callable[[str], bool] | None = None
) -> list[str]:
    """Put a colon after the names that a mark sets apart, if that is how the file does it."""
    found = {i: match for i, line in enumerate(lines) if (match := mark.match(line)) and _is_name(match[1])}
    counts = Counter(" ".join(match[1].split()) for match in found.values())
    filled = sum(bool(line.strip()) for line in lines)
    dense = len(found) >= _SURE_HABIT * filled and len(counts) < len(found)
    names = {n for n, c in counts.items() if (c > 1 or dense or is_role(n)) and (accept or is_name_like)(n)}
    marked = {i: match for i, match in found.items() if " ".join(match[1].split()) in names}
    starts = [i for i, line in enumerate(lines) if line.strip() and (i == 0 or not lines[i - 1].strip())]
    spaced = [i for i in starts if i in marked]
    habit = len(marked) >= share * filled or (len(starts) > 2 and len(spaced) >= share * len(starts))
    if len(names) < 2 or len(marked) < 3 or not habit:
        return lines
    return [
        f"{' '.join(marked[i][1].split())}: {line[marked[i].end() :]}" if i in marked else line
        for i, line in enumerate(lines)
    ]


def _alone(lines: list[str]) -> list[str]:
    """A name on a line of its own, perhaps behind a time, the words below it."""
    bare = [without_time(line) for line in lines]
    times = [line[: len(line) - len(rest)] for line, rest in zip(lines, bare, strict=True)]
    bare = [line.strip("*_ ") for line in bare]
    heads = [i for i, line in enumerate(bare) if _is_name(line) and is_name_like(line)]
    filled = sum(bool(line) for line in lines)
    places = _recurring(bare, [i for i in heads if i + 1 < len(bare) and bare[i + 1]], max(3, 0.1 * filled))
    # Where each paragraph stands apart, so does the name; then names must be a third of them.
    places = places or _recurring(bare, [i for i in heads if any(bare[i + 1 : i + 3])], max(3, 0.3 * filled))
    return [f"{times[i]}{bare[i]}:" if i in places else line for i, line in enumerate(lines)]


def _recurring(bare: Sequence[str], heads: Sequence[int], least: float) -> set[int]:
    """Return the lines that hold a name of two or more that come back, nothing where they are too few."""
    counts = Counter(bare[i] for i in heads)
    named = {name for name, count in counts.items() if count > 1 or is_role(name)}
    places = {i for i in heads if bare[i] in named}
    return places if len(named) > 1 and len(places) >= least else set()


def _is_name(label: str) -> bool:
    label = " ".join(label.split()).strip("*_ ")
    last = label[-1:]
    return bool(label) and is_plausible(label) and not is_metadata(label) and (last.isalnum() or last in ").'")


def _roles_of_head(lines: Sequence[str], labels: frozenset[str]) -> dict[str, Role]:
    """Read "Therapist: Dana Ruiz" in the head of a document whose turns begin with "Dana" or "DR"."""
    roles: dict[str, Role] = {}
    for line in lines[:_HEAD]:
        found = _HEADER.fullmatch(line)
        reading = read_name(found[1]) if found and is_role(found[1]) else None
        if found is None or reading not in _ROLES:
            continue
        for label in labels:
            if label != found[1] and read_name(label) not in _ROLES and _same_person(label, found[2]):
                roles[label] = reading  # type: ignore[assignment]
    return roles


def _same_person(label: str, name: str) -> bool:
    parts = re.findall(r"[^\W\d_]+", name)
    short = label.strip(". ").casefold()
    initials = "".join(part[0] for part in parts).casefold()
    return len(parts) <= 5 and (
        short in {part.casefold() for part in parts}
        or short == " ".join(parts).casefold()
        or (len(parts) > 1 and label.isupper() and short.replace(".", "") == initials)
    )
