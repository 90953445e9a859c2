"""Labels into per-session counts, shares, ratios and their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from analyzer.estimate import Estimator, Worlds, draw_worlds, estimate_shares, weighted_interval
from analyzer.labels import EVALUATIVE, LABELS, Label
from analyzer.session import ROLES, Role, Session, Turn, Utterance, session_to_json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_UTTERANCES = 20
"""Under this many therapist utterances a share would move by five points with one utterance: counts only."""

LEAST_DENOMINATOR = 5
"""Under this many in the denominator a ratio says little: counts only."""

WORDS_PER_SECOND = 2.5
"""How fast people talk when a last turn has no end: 150 words a minute (folklore of speech teaching)."""

Interval = tuple[float, float]
EstimateMethod = Literal["corrected", "raw"]


@dataclass(frozen=True, slots=True)
class Talk:
    """How much one role talks: words, their share of all words in [0, 1], minutes (None without times)."""

    words: int
    word_share: float | None
    minutes: float | None


@dataclass(frozen=True, slots=True)
class LabelSummary:
    """One label in one session.

    Attributes:
        count: how many therapist utterances were given it.
        share: count over all therapist utterances, in [0, 1]; None under 20 utterances.
        estimate: the share that trained coders would give, corrected for the classifier's error; None like the share.
        interval: 95 % around the estimate.
        evaluative_share: among the four evaluative labels; None for other, and where there are none.
        evaluative_estimate: its corrected form.
        evaluative_interval: 95 % around that.
        per_100_utterances: count per 100 therapist utterances; None under 20.
        per_10_minutes: count per ten minutes of the session; None without times.
    """

    count: int
    share: float | None
    estimate: float | None
    interval: Interval | None
    evaluative_share: float | None
    evaluative_estimate: float | None
    evaluative_interval: Interval | None
    per_100_utterances: float | None
    per_10_minutes: float | None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two counts; value and interval are None where the denominator is under 5."""

    numerator: int
    denominator: int
    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in numbers, with the names of the JSON (docs/session-format.md).

    Attributes:
        therapists: speakers taken for therapists, in order of appearance.
        clients: speakers taken for clients.
        role_confidence: how sure that is, in [0, 1].
        utterances: therapist utterances.
        questions: those that ask the client for something.
        flagged: those a person should look at.
        minutes: length of the session; None without times.
        minutes_estimated: whether an end time had to be estimated.
        talk: for each of the three roles.
        labels: for each of the five labels.
        ratios: feedback_to_criticism, support_to_criticism, reflections_to_questions.
        estimate_method: ``corrected``, or ``raw`` where the correction was unstable for this session.
    """

    therapists: tuple[str, ...]
    clients: tuple[str, ...]
    role_confidence: float
    utterances: int
    questions: int
    flagged: int
    minutes: float | None
    minutes_estimated: bool
    talk: Mapping[Role, Talk]
    labels: Mapping[Label, LabelSummary]
    ratios: Mapping[str, Ratio]
    estimate_method: EstimateMethod


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which weights judged: name, version, sha256 of the ONNX file, version of the codebook, and what footers say.

    Attributes:
        flag_recall: out-of-fold recall of criticism at the flag threshold, in [0, 1].
        not_tested: for whom the model was not tested, as clauses for the footer.
    """

    name: str
    version: str
    sha256: str
    codebook: str
    flag_recall: float
    not_tested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionReport:
    """What one analysis found: the labelled session, its summary and the model that judged."""

    session: Session
    summary: Summary
    model: ModelInfo

    def to_json(self) -> dict[str, Any]:
        """Return the report as a ``session/1`` object with ``summary``, ``model`` and ``warnings``."""
        return {
            **session_to_json(self.session),
            "summary": {
                **asdict(self.summary),
                "talk": {role: asdict(talk) for role, talk in self.summary.talk.items()},
                "labels": {str(label): asdict(found) for label, found in self.summary.labels.items()},
                "ratios": {name: asdict(ratio) for name, ratio in self.summary.ratios.items()},
            },
            "model": {
                "name": self.model.name,
                "version": self.model.version,
                "sha256": self.model.sha256,
                "codebook": self.model.codebook,
            },
            "warnings": [{"where": notice.where, "text": notice.text} for notice in self.session.notices],
        }


def summarise(session: Session, estimator: Estimator) -> Summary:
    """Count what the classifier found in a session.

    Args:
        session: with roles, and labelled and flagged utterances.
        estimator: what is known of the classifier's errors.
    """
    utterances = [utterance for _, _, utterance in session.therapist_utterances()]
    counts = {label: sum(u.label == label for u in utterances) for label in LABELS}
    questions = sum(bool(u.question) for u in utterances)
    spans = _spans(session.turns)
    minutes = _minutes(spans)
    worlds = _worlds(utterances, estimator)
    method: EstimateMethod = "corrected" if worlds.stable else "raw"
    return Summary(
        therapists=_speakers(session, "therapist"),
        clients=_speakers(session, "client"),
        role_confidence=1.0 if session.role_confidence is None else session.role_confidence,
        utterances=len(utterances),
        questions=questions,
        flagged=sum(bool(u.flags) for u in utterances),
        minutes=minutes,
        minutes_estimated=any(span is not None and span[2] for span in spans),
        talk=_talk(session, spans),
        labels=_label_summaries(counts, len(utterances), minutes, worlds, estimator, method),
        ratios=_ratios(counts, questions, worlds),
        estimate_method=method,
    )


def _speakers(session: Session, role: Role) -> tuple[str, ...]:
    return tuple(dict.fromkeys(turn.speaker or "" for turn in session.turns if turn.role == role))


def _spans(turns: Sequence[Turn]) -> list[tuple[float, float, bool] | None]:
    """Return start, end and whether the end is estimated for each turn, in seconds; None for a turn without a start."""
    spans: list[tuple[float, float, bool] | None] = []
    following: float | None = None
    for turn in reversed(turns):
        if turn.start is None:
            spans.append(None)
            continue
        if turn.end is not None:
            spans.append((turn.start, max(turn.start, turn.end), False))
        elif following is not None:
            spans.append((turn.start, max(turn.start, following), True))
        else:
            spans.append((turn.start, turn.start + len(turn.text.split()) / WORDS_PER_SECOND, True))
        following = turn.start
    return spans[::-1]


def _minutes(spans: Sequence[tuple[float, float, bool] | None]) -> float | None:
    timed = [span for span in spans if span is not None]
    if not timed:
        return None
    return (max(end for _, end, _ in timed) - min(start for start, _, _ in timed)) / 60


def _talk(session: Session, spans: Sequence[tuple[float, float, bool] | None]) -> dict[Role, Talk]:
    words = dict.fromkeys(ROLES, 0)
    seconds = dict.fromkeys(ROLES, 0.0)
    for turn, span in zip(session.turns, spans, strict=True):
        role = turn.role or "other"
        words[role] += len(turn.text.split())
        if span is not None:
            seconds[role] += span[1] - span[0]
    total = sum(words.values())
    timed = any(span is not None for span in spans)
    return {
        role: Talk(words[role], words[role] / total if total else None, seconds[role] / 60 if timed else None)
        for role in ROLES
    }


def _worlds(utterances: Sequence[Utterance], estimator: Estimator) -> Worlds:
    import numpy as np

    rows = [[(u.probabilities or {}).get(label, 0.0) for label in LABELS] for u in utterances]
    probabilities: NDArray[np.float64] = np.array(rows, dtype=np.float64).reshape(len(rows), len(LABELS))
    return draw_worlds(probabilities, np.array([bool(u.question) for u in utterances], dtype=bool), estimator)


def _label_summaries(
    counts: Mapping[Label, int],
    total: int,
    minutes: float | None,
    worlds: Worlds,
    estimator: Estimator,
    method: EstimateMethod,
) -> dict[Label, LabelSummary]:
    enough = total >= LEAST_UTTERANCES
    evaluative = sum(counts[label] for label in EVALUATIVE)
    corrected = method == "corrected"
    columns = [LABELS.index(label) for label in EVALUATIVE]
    whole = estimate_shares(worlds.counts, worlds.weights)
    among = dict(zip(EVALUATIVE, estimate_shares(worlds.counts[:, columns], worlds.weights), strict=True))
    found = {}
    for index, label in enumerate(LABELS):
        share = estimate = interval = part = part_estimate = part_interval = None
        margin = estimator.raw_error[index]
        if enough:
            share = counts[label] / total
            estimate = whole[index].value if corrected else share
            interval = (whole[index].low, whole[index].high) if corrected else _around(share, margin)
        if enough and label in EVALUATIVE and evaluative:
            part = counts[label] / evaluative
            part_estimate = among[label].value if corrected else part
            part_interval = (
                (among[label].low, among[label].high) if corrected else _around(part, margin * total / evaluative)
            )
        found[label] = LabelSummary(
            count=counts[label],
            share=share,
            estimate=estimate,
            interval=interval,
            evaluative_share=part,
            evaluative_estimate=part_estimate,
            evaluative_interval=part_interval,
            per_100_utterances=100 * counts[label] / total if enough else None,
            per_10_minutes=10 * counts[label] / minutes if minutes else None,
        )
    return found


def _around(share: float, margin: float) -> Interval:
    return max(0.0, share - margin), min(1.0, share + margin)


def _ratios(counts: Mapping[Label, int], questions: int, worlds: Worlds) -> dict[str, Ratio]:
    column = {label: worlds.counts[:, index] for index, label in enumerate(LABELS)}
    support = (Label.VALIDATION, Label.REFLECTION)
    criticism, feedback, reflection = Label.CRITICISM, Label.FEEDBACK, Label.REFLECTION
    return {
        "feedback_to_criticism": _ratio(
            counts[feedback], counts[criticism], column[feedback], column[criticism], worlds
        ),
        "support_to_criticism": _ratio(
            sum(counts[label] for label in support),
            counts[criticism],
            column[support[0]] + column[support[1]],
            column[criticism],
            worlds,
        ),
        "reflections_to_questions": _ratio(counts[reflection], questions, column[reflection], worlds.questions, worlds),
    }


def _ratio(
    numerator: int, denominator: int, above: NDArray[np.int64], below: NDArray[np.int64], worlds: Worlds
) -> Ratio:
    """Build a ratio; half a count is added on both sides of the drawn ratios (Haldane 1956, Anscombe 1956)."""
    if denominator < LEAST_DENOMINATOR:
        return Ratio(numerator, denominator, None, None)
    interval = weighted_interval((above + 0.5) / (below + 0.5), worlds.weights)
    return Ratio(numerator, denominator, numerator / denominator, interval)
