"""Labels into per-session counts, shares, ratios and their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analyzer.labels import Label
from analyzer.session import Role, Session

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
        raise NotImplementedError
