"""Which utterances a person should look at, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from analyzer.labels import LABELS, Label
from analyzer.session import Flag, Session, Utterance


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The operating point, from out-of-fold predictions (config.json, ``flags``).

    Attributes:
        criticism: an utterance is flagged from this P(criticism) on.
        unsure: an utterance may be flagged as unsure when no label reaches this probability.
    """

    criticism: float
    unsure: float

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Thresholds:
        """Build it from a model's configuration."""
        return cls(float(config["criticism"]), float(config["unsure"]))


def flag(session: Session, thresholds: Thresholds) -> Session:
    """Return the session with flags on the utterances that a person should look at.

    Every utterance whose P(criticism) reaches the threshold is flagged. Of those in which no label stands out, the ones
    nearest to criticism are flagged as unsure; there is at most one for every two criticism flags, so that they make at
    most a third.
    """
    found = [(i, u) for i, (_, _, u) in enumerate(session.therapist_utterances()) if u.probabilities]
    reasons: dict[int, Flag] = {
        i: Flag("criticism", _criticism_reason(u)) for i, u in found if _criticism(u) >= thresholds.criticism
    }
    unsure = [
        (i, u) for i, u in found if i not in reasons and max((u.probabilities or {}).values()) < thresholds.unsure
    ]
    unsure.sort(key=lambda item: (-_criticism(item[1]), item[0]))
    reasons |= {i: Flag("unsure", _unsure_reason(u)) for i, u in unsure[: len(reasons) // 2]}
    position = 0
    turns = []
    for turn in session.turns:
        if turn.role != "therapist" or not turn.utterances:
            turns.append(turn)
            continue
        utterances = []
        for utterance in turn.utterances:
            flags = (reasons[position],) if position in reasons else ()
            utterances.append(replace(utterance, flags=flags))
            position += 1
        turns.append(replace(turn, utterances=tuple(utterances)))
    return replace(session, turns=tuple(turns))


def _criticism(utterance: Utterance) -> float:
    return (utterance.probabilities or {}).get(Label.CRITICISM, 0.0)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _criticism_reason(utterance: Utterance) -> str:
    chance = _percent(_criticism(utterance))
    others = [(label, p) for label, p in (utterance.probabilities or {}).items() if label != Label.CRITICISM]
    second, likely = max(others, key=lambda item: item[1])
    if utterance.label == Label.CRITICISM:
        return (
            f"A client may hear fault found here, or a feeling disputed (criticism {chance}). "
            f"The next reading is {second.style.name} ({_percent(likely)})."
        )
    return (
        f"Read as {second.style.name} ({_percent(likely)}), but criticism is not ruled out ({chance}). "
        "The tone and the moment decide; a person who was there knows better."
    )


def _unsure_reason(utterance: Utterance) -> str:
    ranked = sorted(
        ((p, LABELS.index(label), label) for label, p in (utterance.probabilities or {}).items()), reverse=True
    )
    (first, _, one), (second, _, two) = ranked[:2]
    return (
        f"The model cannot decide between {one.style.name} ({_percent(first)}) and {two.style.name} "
        f"({_percent(second)}). Your reading counts."
    )
