"""CHAT (.cha), as CLAN and the TalkBank banks write it.

The words are those that CLAN counts (MacWhinney 2000, the CHAT manual): without retraced material, fillers marked by
``&``, events and pauses; replacements in place of what they replace; omitted letters filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.readers.words import single_spaced
from analyzer.session import Role, Session

name = "chat"
title = "CHAT (CLAN, TalkBank)"
suffixes = (".cha",)

ROLES: dict[str, Role] = {
    "Therapist": "therapist",
    "Clinician": "therapist",
    "Investigator": "therapist",
    "Interviewer": "therapist",
    "Target_Child": "client",
    "Child": "client",
    "Participant": "client",
    "Client": "client",
}
"""What CHAT's roles mean here; the others (Mother, Teacher, Observer, ...) are told from how people speak."""

_MAIN = re.compile(r"\*([A-Za-z0-9_-]{1,12}):\s*(.*)")
_TIME = re.compile(r"[\x15•](\d{1,9})_(\d{1,9})[\x15•]")
_ANGLED = re.compile(r"<([^<>]{0,500})>\s*\[(/{1,3}|/\?|/-)\]")
_RETRACED = re.compile(r"(?<!\S)\S+\s{0,9}\[(?:/{1,3}|/\?|/-)\]")
_REPLACED = re.compile(r"(?<!\S)(?:<[^<>]{0,200}>|\S+)\s{0,9}\[::?\s+([^\[\]]{1,200})\]")
_CODE = re.compile(r"\[[^\[\]]{0,300}\]")
_EVENT = re.compile(
    r"(?<!\S)(?:&[=~+*-]?\S+|0(?:[^\W\d]\w*)?|\+[<^,\"]|\+\+|xxx|yyy|www|\(\d*\.{1,3}\d*\)|\(\d+:[\d.]*\))(?!\S)"
)
_REPETITION = re.compile(r"\[(?:/{1,3}|/\?|/-)\]")
_FILLER = re.compile(r"(?<!\S)&[-~+](?=\w)")
_HAPPENED = re.compile(r"(?<!\S)&[=*](\S+)")
_LINK = re.compile(r"(?<!\S)(?:&\S+|0(?:[^\W\d]\w*)?|\+[<^,\"]|\+\+)(?!\S)")
_BREAK = re.compile(r"\+(?://|/|\"/|\")?[.?!]")
_TRAIL = re.compile(r"\+\.\.[.?]")
_FORM = re.compile(r"(?<=\w)@\w+(?::\w+)?(?:\$\w+)?")
_LENGTH = re.compile(r"(?<=[^\W\d]):(?=\w|\b)|(?<=[^\W\d]):+(?=\s|$)|[↑↓ˈˌ≠^∆∇☺♋⁎⌈⌉⌊⌋]")
_SPACED_MARK = re.compile(r"\s+([,.?!…—])")


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    role: Role | None


def sniff(source: Source) -> float:
    """Tell how surely the source is CHAT."""
    head = source.text[:4000].lstrip("\ufeff")
    if head.startswith(("@UTF8", "@Begin")):
        return 1.0
    return 0.9 if "@Participants:" in head and "\n*" in head else 0.0


def read(source: Source) -> list[Session]:
    """Read the main lines; a speaker who is not declared and a missing end are told."""
    skipped = Skipped()
    people: dict[str, _Person] = {}
    cues: list[Cue] = []
    ended = False
    for number, line in _joined(source.text):
        if line.startswith("@Participants:"):
            people = _people(line.partition(":")[2])
        elif line.strip() == "@End":
            ended = True
        elif found := _MAIN.fullmatch(line):
            code, said = found.groups()
            if code not in people:
                skipped.add("a speaker who is not among the @Participants", f"line {number}")
            person = people.get(code, _Person(code, None))
            time = _TIME.search(said)
            start, end = (int(time[1]) / 1000, int(time[2]) / 1000) if time else (None, None)
            cues.append(
                Cue(
                    counted(_TIME.sub(" ", said), verbatim=source.reading.verbatim),
                    person.name,
                    start,
                    end,
                    person.role,
                )
            )
        elif line.startswith("*"):
            skipped.add("a speaker's line that cannot be read was left out", f"line {number}")
    if not any(cue.text for cue in cues):
        raise InputError(f"{source.name}: holds no speaker's lines with words (*CODE: words)")
    if not ended:
        skipped.add("the file has no @End; it may be cut off", "end of file")
    return [session_of(source, cues, skipped)]


def counted(text: str, *, verbatim: bool = False) -> str:
    """Return the words of a main line that CLAN counts, without its codes.

    Args:
        text: the line without its speaker and time.
        verbatim: keep retraced words, marked fillers, events, pauses and what could not be understood.
    """
    if verbatim:
        text = _REPETITION.sub(" ", text)
    for _ in range(4):  # groups in groups, to a small depth
        shorter = _ANGLED.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    text = _REPLACED.sub(r" \1 ", text)
    text = _RETRACED.sub(" ", text)
    text = _CODE.sub(" ", text)
    text = _TRAIL.sub("…", text)
    text = _BREAK.sub("—", text)
    text = _LINK.sub(" ", _HAPPENED.sub(_shown, _FILLER.sub("", text))) if verbatim else _EVENT.sub(" ", text)
    text = _FORM.sub("", text)
    text = _LENGTH.sub("", text)
    text = text.replace("‡", ",").replace("„", ",").replace("<", " ").replace(">", " ").replace("_", " ")
    text = re.sub(r"\(([\w'’]{1,20})\)", r"\1", text).replace("+", " ")
    text = _SPACED_MARK.sub(r"\1", single_spaced(text))
    return text if any(character.isalnum() for character in text) else ""


def _shown(event: re.Match[str]) -> str:
    """Return an event, or what somebody else says meanwhile, as a notice."""
    return f"[{event[1].replace(':', ' ').replace('=', ' ').replace('_', ' ')}]"


def _joined(text: str) -> list[tuple[int, str]]:
    """Return the file's lines with their numbers, continuations (a tab at the start) joined to what they continue."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        if line.startswith(("\t", "  ")) and lines:
            first, before = lines[-1]
            lines[-1] = (first, f"{before} {line.strip()}")
        elif line.strip():
            lines.append((number, line.rstrip()))
    return lines


def _people(line: str) -> dict[str, _Person]:
    """Read ``CODE Name Role, CODE Role``: a person without a name goes by the role."""
    people = {}
    for part in line.split(","):
        words = part.split()
        if len(words) >= 2:
            shown = " ".join(words[1:-1]) or words[-1]
            people[words[0]] = _Person(shown.replace("_", " "), ROLES.get(words[-1]))
    return people
