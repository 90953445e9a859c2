"""Who speaks: labels before words, told apart from speech that happens to have a colon in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from analyzer.readers.words import STAGE_WORD, single_spaced

_LONGEST_NAME = 5
"""Words in a name; a longer one is speech (expert opinion)."""
_DENSE = 0.9
"""Where this share of the turns begins with a label, so does each of them, and one that comes once is a speaker too."""

_LABEL = re.compile(
    r"(?:\[(speaker[ _-]?\w{1,3})\]\s{0,2}:?|\[([^\[\]:]{1,60})\]\s{0,2}:"
    r"|([^\s:：\[\]<>\"“][^:：\[\]<>\"“]{0,59}?)\s{0,3}[:：])(?![/\\])\s*",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:(?:the|student|co-?)[ -]?)?(?:psycho|physio|hypno)?"
    r"(?:therapist|counsell?or|clinician|psychologist|psychiatrist|doctor|dr|coach|nurse|slp|ot|pt|th|t|interviewer"
    r"|interviewee|facilitator|practitioner|social worker|provider|client|patient|child|kid|mum|mom|mam|mother|dad"
    r"|father|parent|carer|caregiver|partner|husband|wife|son|daughter|student|participant|caller|respondent|cl|co|c|p"
    r"|r|i|speaker|unknown speaker|guest|host|interpreter|translator|observer|aide|supervisor|group member|member"
    r"|all|both)[\s.#_-]{0,2}(?:\d{1,3}|[A-Z])?",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]{0,60}\)$")
_METADATA = re.compile(
    r"(?:date|time|day|session|session (?:no|number|date|id|type)|title|subject|topic|file|file ?name|audio|video"
    r"|length|duration|location|place|setting|participants?|attendees|present|speakers?|speaker keys?|key|legend|names?"
    r"|transcripts?|transcript of|transcri(?:bed|ber|ption)(?: by)?|recording|recorded(?: by| on)?"
    r"|(?:case|client|patient) (?:no|id|number|name)|therapist name|diagnosis|notes?|summary|keywords"
    r"|summary keywords|version|language"
    r"|source|url|link|meeting|meeting (?:id|title)|start(?: time)?|end(?: time)?|project|page|status|id|age|gender"
    r"|warning|disclaimer|confidential)\W?(?:\d{1,4})?",
    re.IGNORECASE,
)
# Words that begin a sentence with a colon in it, not a name.
_NO_NAMES = frozenset(
    (
        "the a an and so but like because then okay ok yes yeah yep no nope well now remember note notice first "
        "second third fourth next last finally also what when where why how which who if that this these those it "
        "he she they we you i my your our his her their is are was were do does did here there one two three step "
        "question answer example reminder homework task goal plan option rule tip today tomorrow yesterday monday "
        "tuesday wednesday thursday friday saturday sunday maybe just think say said says look listen let's let "
        "right sure wait hey oh uh um mm mhm not for with at in on of to or as all thing things again always "
        "never try imagine breathe http https www ps nb fyi p.s thanks sorry please it's that's there's here's "
        "what's i'm we're you're i'd i've "
    ).split()
)


_NO_NAME_MARKS = frozenset("?!;=…")


def split_label(line: str) -> tuple[str, str] | None:
    """Return (label, rest) of a line that begins with something that could name a speaker."""
    found = _LABEL.match(line)
    if found is None:
        return None
    label = single_spaced(found[1] or found[2] or found[3]).strip("*_ ")
    if not is_plausible(label):
        return None
    rest = line[found.end() :]
    # "Meet at 10:30": a time, not a name that abuts its words.
    if label[-1].isdigit() and rest[:1].isdigit() and line[found.end() - 1] in ":：" and not found[1]:
        return None
    return label, rest


def is_plausible(label: str) -> bool:
    """Tell whether a text has the shape of a name: a few words, no sentence, no notice."""
    bare = _ASIDE.sub("", label).strip()
    parts = bare.split()
    if not parts or len(parts) > _LONGEST_NAME or not (bare[0].isalnum() or any(c.isalnum() for c in bare)):
        return False
    if not _NO_NAME_MARKS.isdisjoint(bare) or bare.count(",") > 1 or STAGE_WORD.fullmatch(bare):
        return False
    if any(part.endswith(".") and len(part) > 5 for part in parts):
        return False
    return parts[0].lower().strip(".,'") not in _NO_NAMES or len(bare) == 1 or bool(_ROLE.fullmatch(bare))


def is_role(label: str) -> bool:
    """Tell whether a label is the name of a role: "Therapist", "CLIENT 2", "T", "SPEAKER_00"."""
    return bool(_ROLE.fullmatch(_ASIDE.sub("", label).strip()))


def is_metadata(label: str) -> bool:
    """Tell whether a label belongs to the head of a document: "Date", "Participants"."""
    return bool(_METADATA.fullmatch(label)) and not is_role(label)


def is_name_like(label: str) -> bool:
    """Tell whether every word of a label is written as in a name: a capital, a digit, or letters without case."""
    parts = _ASIDE.sub("", label).split()
    small = {"de", "da", "di", "van", "von", "der", "den", "la", "le", "el", "al", "bin", "ben", "of", "and", "&", "-"}
    return bool(parts) and all(p in small or not p[:1].islower() for p in parts) and not parts[0][:1].islower()


def speaker_labels(lines: Sequence[str]) -> frozenset[str]:
    """Return the labels that are speakers, decided on the whole file.

    Args:
        lines: the file's lines or the cues' lines, an empty one where a paragraph or cue ends.

    A label is a speaker where it is shaped like a name and comes back, or names a role, or comes once in a file in
    which nearly every paragraph begins with a label; so is a full name that comes once between other speakers. At
    least two lines must have one.
    """
    found = [split_label(line) if line else None for line in lines]
    after_gap = [i == 0 or not lines[i - 1] for i in range(len(lines))]
    gaps = [after_gap[i] for i, pair in enumerate(found) if pair]
    # Where most labels follow a blank line, paragraphs are the turns; else each line is one.
    apart = sum(gaps) > len(gaps) / 2
    counts = Counter(pair[0] for pair in found if pair and not is_metadata(pair[0]))
    strong = {label for label, count in counts.items() if is_role(label) or (count > 1 and is_name_like(label))}
    seats = [i for i, pair in enumerate(found) if pair and pair[0] in strong and counts[pair[0]] > 1]
    first, last = (seats[0], seats[-1]) if seats else (0, len(lines) - 1)
    spoken = [i for i in range(first, last + 1) if lines[i]]
    apart = apart and _share(spoken, found, counts) < _DENSE
    starts = [bool(line) and (not apart or after_gap[i]) for i, line in enumerate(lines)]
    leading = Counter(pair[0] for pair, begins in zip(found, starts, strict=True) if pair and begins)
    within = [i for i in spoken if starts[i]]
    dense = _share(within, found, counts) >= _DENSE and len(within) > 1
    relatives = {label.split()[0] for label in strong if len(label) > 1}
    labels = set()
    for index, pair in enumerate(found):
        if pair is None or pair[0] not in counts or pair[0] in labels:
            continue
        label, count = pair[0], counts[pair[0]]
        if label in strong:
            # A role named once above the first turn belongs to the head of the document.
            accepted = count > 1 or index >= first
            accepted = accepted and (not apart or not dense or is_role(label) or leading[label] > 0)
        elif count > 1:
            # Small letters, "dana" or "the other one": names only where labels are the habit of the file.
            accepted = dense and leading[label] > 1 and count >= 0.02 * sum(counts.values())
        else:
            # A full name, or a known one written otherwise, is a speaker also where labels are rare.
            sure = dense or (strong and after_gap[index] and (" " in label or label in relatives))
            accepted = bool(sure) and starts[index] and index >= first and is_name_like(label)
        if accepted:
            labels.add(label)
    return frozenset(labels) if sum(counts[label] for label in labels) > 1 else frozenset()


def _share(places: Sequence[int], found: Sequence[tuple[str, str] | None], counts: Counter[str]) -> float:
    """Return the share of lines that begin with a label."""
    labelled = sum((pair := found[i]) is not None and pair[0] in counts for i in places)
    return labelled / len(places) if places else 0.0
