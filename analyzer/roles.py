"""Who is the therapist, who the client, who else.

A swap turns a client's self-blame into a therapist's criticism, so whatever is not clear stops with a question to the
person who owns the transcript. The evidence, strongest first: what the person says (``--therapist``), roles in the
input, speakers' names, and how each speaker talks.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from analyzer.errors import InputError, UnclearRolesError
from analyzer.session import Notice, Role, Session, Turn

FORMAT = "roles/1"

LEAST_CONFIDENCE = 0.9
"""Under this a person is asked (expert opinion): a question costs ten seconds, a swap that nobody notices spoils every
figure of the session. What it costs in practice is measured in models/roles.json under ``metrics``."""

NAME_CONFIDENCE = 0.99
"""How far names are believed (expert opinion): a transcript that says "Therapist" is rarely wrong, but recognisers and
hurried editors do swap the two for a whole file."""

MOST_UNNAMED = 0.1
"""The largest share of words without a speaker that is left aside; above it too much of the session would be lost."""

EXCERPT = 60
"""How many characters of a speaker's first words a person needs to recognise who that is."""

_Reading = Literal["therapist", "client", "other", "title", "second", "code-t", "code-c", "code-either"]
_SHOWN_SPEAKERS = 12

_WORDS: dict[_Reading, str] = {
    "therapist": """therapist psychotherapist physiotherapist physio psychologist psychiatrist psychoanalyst analyst
        clinician counsellor counselor interviewer coach nurse practitioner facilitator investigator provider
        interventionist physician pathologist dietitian dietician nutritionist midwife hypnotherapist caseworker
        responder moderator consultant slp slt salt ot cota coun couns ther clin lcsw lmft lpc
        ccc""",
    "client": """client patient child kid toddler baby boy girl son daughter brother sister sibling twin mum mom mam
        mummy mommy mama mother stepmother grandmother grandma granny nan gran dad daddy papa father stepfather
        grandfather grandpa grandad parent stepparent grandparent carer caregiver guardian aunt auntie uncle wife
        husband partner spouse fiance fiancee couple family student pupil learner member participant caller texter teen
        teenager adolescent youth interviewee respondent coachee counselee counsellee supervisee""",
    "other": "aide interpreter translator observer assistant notetaker narrator announcer receptionist",
    "second": "teacher tutor instructor trainer supervisor headteacher principal",
    "title": "dr doctor prof professor phd psyd md",
}
_READINGS: dict[str, _Reading] = {word: reading for reading, words in _WORDS.items() for word in words.split()}
_PHRASES = re.compile(r"\b(?:social|case|crisis|youth|health) (?:worker|visitor)\b")
_CODES: dict[str, _Reading] = {
    **dict.fromkeys(("t", "th", "i", "d"), "code-t"),
    **dict.fromkeys(("c", "cl", "p", "pat", "ch", "r", "s"), "code-c"),
    "pt": "code-either",
}


@dataclass(frozen=True, slots=True)
class RoleScorer:
    """A logistic regression that tells from the words of a turn whether a therapist speaks.

    Only a closed list of function words, question words, discourse markers and common verbs is looked at, singly and
    with the word before. No topic is among them, so that nothing is learnt about smoking or school; neither is
    punctuation or case, so that a recogniser's text is scored like an edited one; nor the length of turns, because
    some therapists lecture and some clients hardly speak.

    Attributes:
        words: the closed list.
        weights: log-odds for each feature; absent ones count nothing.
        intercept: log-odds of a turn without any feature.
        slope: of the calibration: what the sum of the turns' log-odds is multiplied by.
        ceiling: the most that speech alone may claim: how often it was right when sure (Laplace's rule of succession).
    """

    words: frozenset[str]
    weights: Mapping[str, float]
    intercept: float
    slope: float
    ceiling: float

    @classmethod
    def load(cls, path: str | Path) -> RoleScorer:
        """Read the weights.

        Raises:
            InputError: where the file is missing or broken.
        """
        try:
            data: Any = json.loads(Path(path).read_text("utf-8"))
            if data["format"] != FORMAT:
                raise InputError(f'{path}: "format" is not "{FORMAT}"; install the package again')
            words = frozenset(str(word) for word in data["words"])
            weights = {str(name): float(value) for name, value in data["weights"].items()}
            numbers = [float(data[key]) for key in ("intercept", "slope", "ceiling")]
        except OSError as error:
            raise InputError(f"{path}: the role weights cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError(f"{path}: the role weights are broken; install the package again") from None
        if not all(map(math.isfinite, (*weights.values(), *numbers))):
            raise InputError(f"{path}: the role weights are broken; install the package again")
        return cls(words, weights, *numbers)

    def score(self, text: str) -> float:
        """Return the log-odds that a therapist says this turn."""
        return self.intercept + sum(self.weights.get(name, 0.0) for name in features(text, self.words))

    def probabilities(self, turns: Iterable[tuple[str, str]]) -> dict[str, float]:
        """Return for each speaker the probability to be the therapist, given that exactly one of them is.

        Args:
            turns: (speaker, text) in the session's order.
        """
        joined = join_turns(turns)
        totals: dict[str, float] = {speaker: 0.0 for speaker, _ in joined}
        for speaker, text in joined:
            totals[speaker] += self.score(text)
        return _softmax({speaker: self.slope * total for speaker, total in totals.items()})


def features(text: str, words: Collection[str]) -> frozenset[str]:
    """Return the names of a turn's features: known words, and pairs with a known word.

    Fillers and what stands in brackets are left out, because transcribers differ in them more than speakers do.
    """
    text = _ASIDE.sub(" ", text.lower().replace("'", "").replace("’", ""))
    known = [w if w in words else "_" for w in _WORD.findall(text) if w not in _FILLERS]
    pairs = {f"{a} {b}" for a, b in pairwise(["<", *known]) if (a, b) != ("_", "_")}
    return frozenset(pairs | (set(known) - {"_"}))


_ASIDE = re.compile(r"\[[^\]]*\]|<[^>]*>|\*[^*]*\*")
_WORD = re.compile(r"[^\W\d_]+")
_FILLERS = frozenset({"um", "uh", "er", "erm", "uhm", "umm", "eh", "em"})


def join_turns(turns: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join neighbouring turns of one speaker, so that captions count like edited turns; wordless ones are dropped."""
    joined: list[tuple[str, str]] = []
    for speaker, text in turns:
        if not _WORD.search(text):
            continue
        if joined and joined[-1][0] == speaker:
            joined[-1] = (speaker, f"{joined[-1][1]} {text}")
        else:
            joined.append((speaker, text))
    return joined


def assign_roles(
    session: Session, *, therapists: Sequence[str] = (), accept: bool = False, scorer: RoleScorer
) -> Session:
    """Return the session with a role on every turn and its ``role_confidence``.

    Args:
        session: as a reader returns it.
        therapists: names of the therapists as a person gives them; they are believed.
        accept: go on with a notice where it is not clear who the therapist is.
        scorer: tells speakers apart by how they talk.

    Raises:
        UnclearRolesError: where the confidence is under ``LEAST_CONFIDENCE``, unless accepted.
        InputError: where a name is not among the speakers, or speakers are not told apart at all.
    """
    session = _set_unnamed_aside(session)
    names = _names(session)
    if therapists:
        return _give(session, _by_request(session, names, therapists), 1.0)
    given = _roles_in_input(session)
    if "therapist" in given.values() or any(turn.role == "therapist" for turn in session.turns):
        kept = {speaker: given.get(speaker) or _by_name(names).get(speaker) or "client" for speaker in names}
        return _give(session, kept, 1.0, keep=True)
    if len(names) < 2:
        raise InputError(
            f"{session.id}: {'only one speaker' if names else 'no speaker'} in the transcript; separate the speakers "
            "(a name and a colon before each turn), or, where two people speak by turns, add --turns alternate"
        )
    known: dict[str, Role | None] = {**_by_name(names), **given}
    roles, confidence = _weigh(session, known, scorer)
    assigned = _give(session, roles, confidence)
    if confidence >= LEAST_CONFIDENCE:
        return assigned
    if not accept:
        raise _unclear(session, names, roles, confidence)
    best = " and ".join(shown(names[speaker]) for speaker, role in roles.items() if role == "therapist")
    text = f"unclear who the therapist is; taken for it: {best} (confidence {confidence:.2f})"
    return assigned.with_notices(Notice("speakers", text))


def shown(name: str) -> str:
    """Return a speaker's name on one line, control and direction-changing characters as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)


def _key(name: str | None) -> str:
    return " ".join((name or "").split()).casefold()


def _names(session: Session) -> dict[str, str]:
    """Return each speaker's key and name as first written, in order of appearance."""
    names: dict[str, str] = {}
    for turn in session.turns:
        if _key(turn.speaker):
            names.setdefault(_key(turn.speaker), " ".join((turn.speaker or "").split()))
    return names


def _set_unnamed_aside(session: Session) -> Session:
    """Give turns with neither speaker nor role the role other, where they are few."""
    unnamed = [index for index, turn in enumerate(session.turns) if not _key(turn.speaker) and turn.role is None]
    if not unnamed:
        return session
    words = [len(turn.text.split()) for turn in session.turns]
    if sum(words[index] for index in unnamed) > MOST_UNNAMED * sum(words):
        raise InputError(
            f"{session.id}: {len(unnamed)} of {len(words)} turns have no speaker (the first is turn {unnamed[0] + 1}); "
            "separate the speakers (a name and a colon before each turn, or a label for each cue), or, where two "
            "people speak by turns, add --turns alternate"
        )
    turns = list(session.turns)
    for index in unnamed:
        turns[index] = replace(turns[index], role="other")
    text = f"{len(unnamed)} turns without a speaker are not analysed"
    return replace(session, turns=tuple(turns)).with_notices(Notice(f"turn {unnamed[0] + 1}", text))


def _by_request(session: Session, names: Mapping[str, str], therapists: Sequence[str]) -> dict[str, Role]:
    """Return the roles that follow from the therapists' names: everybody else is a client, or other by name."""
    wanted = set()
    for name in therapists:
        # What an error message shows of a name can be typed; its control characters cannot.
        found = {key for key, written in names.items() if _key(name) in (key, _key(shown(written)))}
        if not found:
            raise InputError(
                f"{session.id}: no speaker is called {shlex.quote(shown(name))}; the speakers are: {_listed(names)}"
            )
        wanted |= found
    given, read = _roles_in_input(session), _by_name(names)
    roles: dict[str, Role] = {}
    for speaker in names:
        other = "other" in (given.get(speaker), read[speaker])
        roles[speaker] = "therapist" if speaker in wanted else "other" if other else "client"
    return roles


def _listed(names: Mapping[str, str]) -> str:
    first = [shlex.quote(shown(name)) for name in list(names.values())[:_SHOWN_SPEAKERS]]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _roles_in_input(session: Session) -> dict[str, Role]:
    """Return for each speaker the role that the input gives most of their turns."""
    counts: dict[str, Counter[Role]] = {}
    for turn in session.turns:
        if turn.role is not None and _key(turn.speaker):
            counts.setdefault(_key(turn.speaker), Counter())[turn.role] += 1
    return {speaker: found.most_common(1)[0][0] for speaker, found in counts.items()}


def _by_name(names: Mapping[str, str]) -> dict[str, Role | None]:
    """Read roles from names, each in the light of the others.

    A title or a single letter means little alone: "T" beside "C" is a therapist, beside "M" it may be Tom. A teacher
    or supervisor is other where somebody else is the therapist, and may be it where nobody is.
    """
    read = {speaker: read_name(name) for speaker, name in names.items()}
    found = list(read.values())
    clients = any(r in ("client", "code-c") for r in found)
    leads = any(r in ("therapist", "title", "code-t") for r in found)
    titles = all(r in ("therapist", "title", "other") for r in found)
    roles: dict[str, Role | None] = {}
    for speaker, reading in read.items():
        match reading:
            case "therapist" | "client" | "other":
                roles[speaker] = reading
            case "title":
                roles[speaker] = None if titles else "therapist"
            case "code-t":
                roles[speaker] = "therapist" if clients or "code-either" in found else None
            case "code-c":
                roles[speaker] = "client" if leads or "code-either" in found else None
            case "code-either":
                roles[speaker] = "client" if leads else "therapist" if clients and found.count(reading) == 1 else None
            case _:
                roles[speaker] = None
    if "therapist" in roles.values():
        roles |= {speaker: "other" for speaker, reading in read.items() if reading == "second"}
    return roles


def read_name(name: str) -> _Reading | None:
    """Tell what one name says by itself ("Dana Ruiz (SLP)", "Client 2", "Maya's mum"), None where nothing.

    The last role word of a part is its head ("student therapist", "parent coach"); the part before the bracket counts
    more than the one inside, and any role more than a title.
    """
    plain = re.sub(r"(?<=\b[^\W\d_])\.", "", name.lower().replace("’", "'"))
    plain = re.sub(r"\w+'s\b|s'(?=\s)|\d|#|_", " ", plain)
    parts = [" ".join(_WORD.findall(part)) for part in re.split(r"[()\[\],;/|&+]|\s-\s|\band\b", plain)]
    readings: list[_Reading] = []
    for part in parts:
        words = [_READINGS[word] for word in part.split() if word in _READINGS]
        sure = [reading for reading in words if reading != "title"]
        if part in _CODES:
            readings.append(_CODES[part])
        elif _PHRASES.search(part):
            readings.append("therapist")
        elif words:
            readings.append((sure or words)[-1])
    if re.search(r"[/&+]|\band\b", plain) and len(set(readings)) > 1:
        return None
    return next((r for r in readings if r != "title"), readings[0] if readings else None)


def _weigh(session: Session, known: Mapping[str, Role | None], scorer: RoleScorer) -> tuple[dict[str, Role], float]:
    """Return everybody's role and the confidence, from what is known by name and from how people talk.

    Speech can only lower the confidence in names, as a second witness whose odds are multiplied (Bayes' rule): at
    0.99, names stand until the scorer gives their therapist less than about 0.08.
    """
    turns = [(_key(turn.speaker), turn.text) for turn in session.turns if _key(turn.speaker)]
    spoken = {speaker for speaker, _ in join_turns(turns)}
    open_ = [speaker for speaker, role in known.items() if role is None and speaker in spoken]
    named = [speaker for speaker, role in known.items() if role == "therapist"]
    implied = not named and len(open_) == 1 and "client" in known.values()
    if named or implied:
        chosen = named or open_
        speech = scorer.probabilities((s, text) for s, text in turns if known.get(s) != "other")
        against = _logit(max(sum(speech.get(speaker, 0.0) for speaker in chosen), 1 - scorer.ceiling))
        confidence = _sigmoid(_logit(NAME_CONFIDENCE) + min(0.0, against))
    elif open_:
        speech = scorer.probabilities((s, text) for s, text in turns if s in open_)
        chosen = [max(open_, key=lambda speaker: speech.get(speaker, 0.0))]
        confidence = min(speech.get(chosen[0], 0.0), scorer.ceiling) if len(open_) > 1 else 0.5
    else:
        raise InputError(
            f"{session.id}: by their names none of the speakers is the therapist; say who is with --therapist "
            f"({', '.join(shlex.quote(shown(name)) for name in list(_names(session).values())[:_SHOWN_SPEAKERS])})"
        )
    roles: dict[str, Role] = {
        speaker: "therapist" if speaker in chosen else role or "client" for speaker, role in known.items()
    }
    return roles, confidence


def _unclear(
    session: Session, names: Mapping[str, str], roles: Mapping[str, Role], confidence: float
) -> UnclearRolesError:
    candidates = sorted((s for s in names if roles[s] != "other"), key=lambda s: roles[s] != "therapist")
    options = " or ".join(f"--therapist {shlex.quote(shown(names[s]))}" for s in candidates[:_SHOWN_SPEAKERS])
    message = f"{session.id}: unclear who the therapist is (best guess first, {confidence:.2f} sure): add {options}"
    first = {s: next((t.text for t in session.turns if _key(t.speaker) == s and t.text.strip()), "") for s in names}
    return UnclearRolesError(message, tuple((shown(names[s]), _excerpt(first[s])) for s in names), confidence)


def _excerpt(text: str) -> str:
    words = shown(" ".join(text.split()))
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + "…"


def _give(session: Session, roles: Mapping[str, Role], confidence: float, *, keep: bool = False) -> Session:
    def role_of(turn: Turn) -> Role:
        if turn.role is not None and (keep or not _key(turn.speaker)):
            return turn.role
        return roles[_key(turn.speaker)]

    turns = tuple(replace(turn, role=role_of(turn)) for turn in session.turns)
    if not any(turn.role == "therapist" and turn.text.strip() for turn in turns):
        raise InputError(f"{session.id}: the therapist says nothing; check the roles, or use --therapist NAME")
    return replace(session, turns=turns, role_confidence=confidence)


def _softmax(values: Mapping[str, float]) -> dict[str, float]:
    top = max(values.values(), default=0.0)
    powers = {key: math.exp(value - top) for key, value in values.items()}
    total = sum(powers.values())
    return {key: value / total for key, value in powers.items()}


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def _logit(probability: float) -> float:
    clipped = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(clipped / (1 - clipped))
