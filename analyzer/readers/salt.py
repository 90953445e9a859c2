"""SALT (.slt), as the Systematic Analysis of Language Transcripts writes it.

The words are those that SALT counts (Miller and Iglesias, SALT conventions, version 20): without mazes, omissions,
unfinished words and codes; bound morphemes joined to their words again.
"""

from __future__ import annotations

import re

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.readers.times import seconds
from analyzer.readers.words import single_spaced
from analyzer.session import Role, Session

name = "salt"
title = "SALT (.slt)"
suffixes = (".slt", ".salt")

_ROLES: dict[str, Role] = {
    "examiner": "therapist",
    "clinician": "therapist",
    "therapist": "therapist",
    "teacher": "therapist",
    "child": "client",
    "client": "client",
    "student": "client",
    "adult": "client",
}
_PEOPLE = re.compile(r"^\$ ?(\w[^\n]*)", re.MULTILINE)
_CLOCK = re.compile(r"-\s*((?:\d{1,2}:)?\d{1,3}:\d{2})\s*")
_NO_SPEECH = re.compile(r"[-+=;:%$]")
_MAZE = re.compile(r"\([^()]{0,2000}\)")
_CODE = re.compile(r"\[[^\[\]]{0,300}\]|\{[^{}]{0,500}\}")
_UNHEARD = re.compile(r"(?<!\S)(?:X{1,3}|\*\S+|[^\s*]*\w\*)(?=[.,!?~^>\s]|$)")
_OMITTED = re.compile(r"/\*[\w']+")
_MORPHEME = re.compile(
    r"(?<![\w'’-])(\w[\w'’-]*)/((?:3s|[szd]|ed|ing|en|er|est|ly|y|n't|h'|[a-z]?['’][a-z]{1,3})(?:/(?:z|s))?)(?!\w)"
)
_ENDS = {"~": "…", "^": "—", ">": "…"}


def sniff(source: Source) -> float:
    """Tell how surely the source is SALT: people after a dollar sign, entries that begin with their letters."""
    people = _people(source.text[:5000])
    entries = sum(source.text.count(f"\n{letter}{gap}") for letter in people for gap in " \t")
    return 0.95 if people and entries > 1 else 0.0


def read(source: Source) -> list[Session]:
    """Read the entries; a line that begins with no mark goes on with the entry before."""
    people = _people(source.text)
    skipped = Skipped()
    cues: list[Cue] = []
    said: list[str] = []
    who: str | None = None
    start: float | None = None

    def take() -> None:
        nonlocal said, start
        if who is not None and said:
            role = _ROLES.get(people[who].lower())
            words = counted(" ".join(said), verbatim=source.reading.verbatim)
            cues.append(Cue(words, people[who], start, None, role))
            start = None
        said = []

    for number, line in enumerate(source.text.split("\n"), 1):
        first, _, rest = line.replace("\t", " ", 1).strip().partition(" ")
        if first in people:
            take()
            who, said = first, [rest]
        elif clock := _CLOCK.fullmatch(line):
            take()
            start = seconds(clock[1])
        elif _NO_SPEECH.match(line):
            take()
            who = None
        elif line.strip() and who is not None:
            said.append(line.strip())
        elif line.strip():
            skipped.add("a line of nobody who is declared was left out", f"line {number}")
    take()
    if not any(cue.text for cue in cues):
        raise InputError(f"{source.name}: holds no entries with words after the $ line")
    return [session_of(source, cues, skipped)]


def counted(text: str, *, verbatim: bool = False) -> str:
    """Return the words of an entry that SALT counts.

    Args:
        text: the entry without its letter.
        verbatim: keep what mazes hold.
    """
    text = _CODE.sub(" ", text)
    for _ in range(4):  # mazes in mazes, to a small depth
        shorter = text.replace("(", " ").replace(")", " ") if verbatim else _MAZE.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    text = _OMITTED.sub("", text)
    text = _UNHEARD.sub(" ", text)
    text = _MORPHEME.sub(lambda found: _joined(found[1], found[2]), text)
    end = text.rstrip()[-1:]
    ending = _ENDS.get(end, "")
    if ending and not (end == ">" and text.count("<") >= text.count(">")):
        text = text.rstrip()[:-1].rstrip() + ending
    text = single_spaced(re.sub(r"[<>~^|]", " ", text).replace("_", " "))
    text = re.sub(r"\s+([.,!?…—])", r"\1", text)
    return text if any(character.isalnum() for character in text) else ""


def _joined(word: str, endings: str) -> str:
    """Join a word and its bound morphemes by the rules of spelling that need no dictionary."""
    for ending in endings.split("/"):
        match ending:
            case "z":
                word += "'" if word.endswith("s") else "'s"
            case "s" | "3s":
                if word.endswith(("s", "x", "o", "sh", "ch")):
                    word += "es"
                else:
                    word = f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
            case "ed" | "d":
                word = f"{_stem(word)}ed"
            case "ing":
                word = f"{_stem(word, 'ing')}ing"
            case _:
                word += ending
    return word


def _stem(word: str, ending: str = "ed") -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou" and ending == "ed":
        return f"{word[:-1]}i"
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")):
        return word[:-1]
    short = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", word)
    return word + word[-1] if short else word


def _people(text: str) -> dict[str, str]:
    found = _PEOPLE.search(text)
    names = [part.strip() for part in found[1].split(",")] if found else []
    return {name[0].upper(): name for name in reversed(names) if name and name[0].isalpha()}
