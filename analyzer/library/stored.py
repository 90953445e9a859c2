"""A report as the library keeps it: its session/1 object, and back again without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analyzer.labels import LABELS, Label
from analyzer.session import (
    ROLES,
    Counterpart,
    Explanation,
    Flag,
    Notice,
    Session,
    Turn,
    Utterance,
    Word,
    session_from_json,
)
from analyzer.summary import LabelSummary, ModelInfo, Ratio, SessionReport, Summary, Talk

_FOOTER = ("flag_recall", "not_tested")


def to_stored(report: SessionReport) -> dict[str, Any]:
    """Return the report's session/1 object, with what its footer says of the model."""
    body = report.to_json()
    body["model"] |= {"flag_recall": report.model.flag_recall, "not_tested": list(report.model.not_tested)}
    return body


def to_exported(body: dict[str, Any]) -> dict[str, Any]:
    """Return the session/1 object alone."""
    model = {key: value for key, value in body["model"].items() if key not in _FOOTER}
    return {**body, "model": model}


def from_stored(body: dict[str, Any]) -> SessionReport:
    """Return the report that ``to_stored`` was given."""
    plain = session_from_json(body, keep_labels=True)
    turns = tuple(_turn(turn, raw) for turn, raw in zip(plain.turns, body["turns"], strict=True))
    found = body["summary"]
    session = Session(
        id=plain.id,
        turns=turns,
        notices=tuple(Notice(notice["where"], notice["text"]) for notice in body["warnings"]),
        role_confidence=found["role_confidence"],
        extra=plain.extra,
    )
    model = body["model"]
    return SessionReport(session, _summary(found), ModelInfo(**{**model, "not_tested": tuple(model["not_tested"])}))


def _turn(turn: Turn, raw: dict[str, Any]) -> Turn:
    if turn.utterances is None:
        return turn
    pairs = zip(turn.utterances, raw["utterances"], strict=True)
    return replace(turn, utterances=tuple(_utterance(utterance, item) for utterance, item in pairs))


def _utterance(utterance: Utterance, raw: dict[str, Any]) -> Utterance:
    why = raw.get("explanation")
    chances = raw.get("probabilities")
    return replace(
        utterance,
        probabilities=None if chances is None else {Label(name): value for name, value in chances.items()},
        question=raw.get("question"),
        flags=tuple(Flag(flag["reason"], flag["text"]) for flag in raw.get("flags", ())),
        explanation=None
        if why is None
        else Explanation(
            tuple(Word(**word) for word in why["words"]), tuple(Counterpart(**item) for item in why["counterparts"])
        ),
    )


def _summary(raw: dict[str, Any]) -> Summary:
    values: dict[str, Any] = {
        **_tuples(raw),
        "talk": {role: Talk(**raw["talk"][role]) for role in ROLES},
        "labels": {label: LabelSummary(**_tuples(raw["labels"][str(label)])) for label in LABELS},
        "ratios": {name: Ratio(**_tuples(ratio)) for name, ratio in raw["ratios"].items()},
    }
    return Summary(**values)


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
