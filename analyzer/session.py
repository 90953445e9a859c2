"""The one structure that flows through the house, and its form on disk (``session/1`` JSON).

A :class:`Session` holds turns, a therapist's turn holds utterances, an utterance is a span of its turn's text that
gains a label, probabilities and flags. All are frozen; each step of the pipeline returns new values.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from analyzer.errors import InputError
from analyzer.labels import Label

FORMAT = "session/1"
Role = Literal["therapist", "client", "other"]
FlagReason = Literal["criticism", "unsure"]
ROLES: tuple[Role, ...] = get_args(Role)

# Written by the analysis, so never read from its input (docs/session-format.md).
_UTTERANCE_RESULTS = ("label", "probabilities", "flags", "question", "explanation")
_SESSION_RESULTS = ("summary", "model", "warnings")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know about a transcript: where (line, cue, path in the JSON) and what."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Why a person should look at an utterance: the reason's name and the reason in plain words."""

    reason: FlagReason
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an utterance and what it did: how much less likely the label is without it (negative: more likely)."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Counterpart:
    """How the same intent could be said: a line of a contrast set, its source, and the criticism it stands beside."""

    source: str
    client: str
    criticism: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an utterance has its label: the words that carried it, and for criticism how else it could be said.

    Attributes:
        words: in the utterance's order; offsets into the turn's text.
        counterparts: the nearest ones first; empty for other labels.
    """

    words: tuple[Word, ...]
    counterparts: tuple[Counterpart, ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thought unit of a therapist's turn.

    Attributes:
        start: offset into the turn's text in Unicode code points.
        end: offset, exclusive.
        label: the decision, or None before classification.
        probabilities: of all five labels, summing to 1; None before classification.
        question: whether the utterance asks the client for something; None before classification.
        flags: why a person should look; empty where nobody needs to.
        explanation: why it has its label, where that was asked for.
        extra: keys of the input that are not ours, kept on the way through.
    """

    start: int
    end: int
    label: Label | None = None
    probabilities: Mapping[Label, float] | None = None
    question: bool | None = None
    flags: tuple[Flag, ...] = ()
    explanation: Explanation | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says until another speaks.

    Attributes:
        speaker: the name as the transcript writes it, or None where it has none.
        role: who that is, or None before roles are told.
        start: seconds from the beginning of the session, or None.
        end: seconds, or None.
        text: the words.
        utterances: spans of a therapist's text in their order; None before segmentation.
        extra: keys of the input that are not ours.
    """

    speaker: str | None
    text: str
    role: Role | None = None
    start: float | None = None
    end: float | None = None
    utterances: tuple[Utterance, ...] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def words_of(self, utterance: Utterance) -> str:
        """Return the text of one of this turn's utterances."""
        return self.text[utterance.start : utterance.end]


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation from its first turn to its last.

    Attributes:
        id: a short name, by default the file's name without its suffix.
        turns: in the file's order.
        notices: what readers and later steps want people to know.
        role_confidence: how sure it is who the therapist is, in [0, 1]; None before roles are told.
        extra: keys of the input that are not ours.
    """

    id: str
    turns: tuple[Turn, ...]
    notices: tuple[Notice, ...] = ()
    role_confidence: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def therapist_utterances(self) -> Iterator[tuple[int, Turn, Utterance]]:
        """Yield (index of the turn, turn, utterance) for each therapist utterance in order."""
        for index, turn in enumerate(self.turns):
            if turn.role == "therapist":
                for utterance in turn.utterances or ():
                    yield index, turn, utterance

    def with_notices(self, *notices: Notice) -> Session:
        """Return the session with further notices at the end."""
        return replace(self, notices=self.notices + notices)


def session_from_json(data: object, *, name: str = "session", keep_labels: bool = False) -> Session:
    """Build a session from a decoded ``session/1`` object.

    Args:
        data: what ``json.loads`` returned.
        name: id for a session that has none, and the file's name in error messages.
        keep_labels: whether labels and ``question`` of the input are read. Only training and evaluation may ask for
            that; the analysis never sees them.

    Raises:
        InputError: naming the path in the JSON where it breaks the format.
    """
    root = _object(data, name, "the document")
    if root.get("format") != FORMAT:
        raise InputError(f'{name}: "format" is not "{FORMAT}"')
    raw_turns = root.get("turns")
    if not isinstance(raw_turns, list):
        raise InputError(f'{name}: "turns" is not a list')
    identifier = root.get("id", name)
    if not isinstance(identifier, str) or not identifier.strip():
        raise InputError(f'{name}: "id" is not a text')
    known = ("format", "id", "turns", *_SESSION_RESULTS)
    return Session(
        id=identifier,
        turns=tuple(_turn(turn, name, f"turns[{i}]", keep_labels) for i, turn in enumerate(raw_turns)),
        extra={key: value for key, value in root.items() if key not in known},
    )


def session_to_json(session: Session) -> dict[str, Any]:
    """Return the session as a ``session/1`` object; ``session_from_json`` reads it back without loss."""
    return {
        "format": FORMAT,
        "id": session.id,
        **session.extra,
        "turns": [_turn_to_json(turn) for turn in session.turns],
    }


def load_session(text: str, *, name: str = "session", keep_labels: bool = False) -> Session:
    """Read a ``session/1`` JSON text.

    Raises:
        InputError: where it is not JSON or not a session.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not readable as JSON: {error}") from None
    return session_from_json(data, name=name, keep_labels=keep_labels)


def _object(value: object, name: str, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name}: {path} is not an object")
    return value


def _turn(value: object, name: str, path: str, keep_labels: bool) -> Turn:
    raw = _object(value, name, path)
    text, speaker, role = raw.get("text"), raw.get("speaker"), raw.get("role")
    if not isinstance(text, str):
        raise InputError(f"{name}: {path}.text is not a text")
    if speaker is not None and not isinstance(speaker, str):
        raise InputError(f"{name}: {path}.speaker is not a text")
    if role is not None and role not in ROLES:
        raise InputError(f"{name}: {path}.role is not one of {', '.join(ROLES)}")
    utterances = raw.get("utterances")
    if utterances is not None:
        utterances = _utterances(utterances, text, name, f"{path}.utterances", keep_labels)
    known = ("speaker", "role", "start", "end", "text", "utterances")
    return Turn(
        speaker=speaker,
        role=role,
        start=_seconds(raw.get("start"), name, f"{path}.start"),
        end=_seconds(raw.get("end"), name, f"{path}.end"),
        text=text,
        utterances=utterances,
        extra={key: item for key, item in raw.items() if key not in known},
    )


def _seconds(value: object, name: str, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise InputError(f"{name}: {path} is not a number of seconds")
    return float(value)


def _utterances(value: object, text: str, name: str, path: str, keep_labels: bool) -> tuple[Utterance, ...]:
    if not isinstance(value, list):
        raise InputError(f"{name}: {path} is not a list")
    found: list[Utterance] = []
    last = 0
    for index, item in enumerate(value):
        raw = _object(item, name, f"{path}[{index}]")
        start, end = raw.get("start"), raw.get("end")
        if type(start) is not int or type(end) is not int or not last <= start < end <= len(text):
            raise InputError(f"{name}: {path}[{index}] is not a span of its turn's text that follows the one before")
        last = end
        kept = {key: item for key, item in raw.items() if key not in ("start", "end", *_UTTERANCE_RESULTS)}
        label, question = None, None
        if keep_labels and "label" in raw:
            try:
                label = Label(raw["label"])
            except ValueError:
                raise InputError(f"{name}: {path}[{index}].label is not a label of the codebook") from None
            question = raw.get("question") if isinstance(raw.get("question"), bool) else None
        found.append(Utterance(start, end, label=label, question=question, extra=kept))
    return tuple(found)


def _turn_to_json(turn: Turn) -> dict[str, Any]:
    out: dict[str, Any] = {"speaker": turn.speaker}
    if turn.role is not None:
        out["role"] = turn.role
    out |= {"start": turn.start, "end": turn.end, "text": turn.text, **turn.extra}
    if turn.utterances is not None:
        out["utterances"] = [_utterance_to_json(utterance) for utterance in turn.utterances]
    return out


def _utterance_to_json(utterance: Utterance) -> dict[str, Any]:
    out: dict[str, Any] = {"start": utterance.start, "end": utterance.end}
    if utterance.label is not None:
        out["label"] = str(utterance.label)
    if utterance.probabilities is not None:
        out["probabilities"] = {str(label): value for label, value in utterance.probabilities.items()}
    if utterance.question is not None:
        out["question"] = utterance.question
    if utterance.label is not None:
        out["flags"] = [{"reason": flag.reason, "text": flag.text} for flag in utterance.flags]
    if utterance.explanation is not None:
        out["explanation"] = asdict(utterance.explanation)
    return out | dict(utterance.extra)
