"""What the text and the HTML report both say: selections, sentences and numbers, without any markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.explain import strongest
from analyzer.labels import Label
from analyzer.session import Counterpart, Session, Turn, Utterance
from analyzer.summary import LabelSummary, ModelInfo, Ratio, SessionReport, Summary

MOST_STRENGTHS = 3
LEAST_STRENGTH_WORDS = 4
RATIO_NAMES = {
    "feedback_to_criticism": "feedback : criticism",
    "support_to_criticism": "validation and reflection : criticism",
    "reflections_to_questions": "reflections : questions",
}
HOW_TO_READ = (
    "Share: what the model decided. Estimate: the share that trained coders would give this very session, corrected "
    "for the model's known errors; the interval holds it in 95 of 100 sessions. It carries the model's error, "
    "nothing else."
)
RAW_STANDS = (
    "The correction was unstable for this session. The raw share stands in place of the estimate, with a wider "
    "interval; it is assumed that the model errs here as it did on the sessions it was measured on."
)
FEW = "Fewer than 20 therapist utterances: counts only, since one utterance would move a share by five points."
NO_FLAGS = "Nothing was flagged. That does not prove that there was nothing to find."
CARRIED = "words that carried it"
INSTEAD = "the same intent could be said as"
SOURCE = "example from the contrast set {}, written for this program"
MIRROR = "A mirror for supervision, not a diagnostic or an employment tool. It describes utterances, not people."


@dataclass(frozen=True, slots=True)
class Moment:
    """One utterance in its place.

    Attributes:
        number: its place among the therapist's utterances, from 1.
        time: when its turn starts, as people write it; empty without times.
        speaker: who says it.
        text: the words; empty where they are left out.
        before: the client's words before the turn.
        after: the client's words after the turn.
        utterance: label, probabilities and flags.
    """

    number: int
    time: str
    speaker: str
    text: str
    before: str
    after: str
    utterance: Utterance

    @property
    def chance(self) -> str:
        """The probability of the decision, in percent."""
        return percent((self.utterance.probabilities or {}).get(self.label))

    @property
    def carried_by(self) -> list[str]:
        """The words that carried the decision, as they stand in the text; empty where nobody asked."""
        found = self.utterance.explanation
        start = self.utterance.start
        return [self.text[w.start - start : w.end - start].strip(".,;:?!…") for w in strongest(found)] if found else []

    @property
    def counterparts(self) -> tuple[Counterpart, ...]:
        """How the same intent could be said, from the contrast sets."""
        return self.utterance.explanation.counterparts if self.utterance.explanation else ()

    @property
    def label(self) -> Label:
        """The decision."""
        return self.utterance.label or Label.OTHER


def moments(session: Session) -> list[Moment]:
    """Return every therapist utterance with what the client said before and after its turn."""
    found = []
    for number, (index, turn, utterance) in enumerate(session.therapist_utterances(), 1):
        found.append(
            Moment(
                number,
                clock(turn.start),
                turn.speaker or "",
                turn.words_of(utterance),
                _neighbour(session.turns[:index][::-1]),
                _neighbour(session.turns[index + 1 :]),
                utterance,
            )
        )
    return found


def _neighbour(turns: tuple[Turn, ...]) -> str:
    return next((turn.text for turn in turns if turn.role == "client"), "")


def strengths(found: list[Moment], label: Label) -> list[Moment]:
    """Return the clearest utterances of a label: long enough to stand alone, of different turns, surest first."""
    chosen: list[Moment] = []
    seen: set[tuple[str, str]] = set()
    for moment in sorted(found, key=lambda m: -(m.utterance.probabilities or {}).get(label, 0.0)):
        words = len(moment.text.split())
        place = (moment.time, moment.before)
        if moment.label != label or moment.utterance.flags or 0 < words < LEAST_STRENGTH_WORDS or place in seen:
            continue
        seen.add(place)
        chosen.append(moment)
        if len(chosen) == MOST_STRENGTHS:
            break
    return chosen


def flagged(found: list[Moment]) -> list[Moment]:
    """Return the utterances that a person should look at, in the session's order."""
    return [moment for moment in found if moment.utterance.flags]


def clock(value: float | None) -> str:
    """Return seconds as ``m:ss`` or ``h:mm:ss``; nothing for None."""
    if value is None:
        return ""
    whole = int(value)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(value: float | None) -> str:
    """Return a fraction in percent, with one decimal under ten."""
    if value is None:
        return "-"
    return f"{100 * value:.0f} %" if value >= 0.0995 or value == 0 else f"{100 * value:.1f} %"


def interval(value: tuple[float, float] | None) -> str:
    """Return an interval of fractions in percent."""
    return "-" if value is None else f"{percent(value[0]).removesuffix(' %')} to {percent(value[1])}"


def number(value: float | None) -> str:
    """Return a number with one decimal."""
    return "-" if value is None else f"{value:.1f}"


def ratio_line(name: str, ratio: Ratio) -> tuple[str, str]:
    """Return a ratio's name and its value in words; counts where the denominator is small."""
    counts = f"{ratio.numerator} to {ratio.denominator}"
    if ratio.value is None or ratio.interval is None:
        return RATIO_NAMES[name], f"{counts} (too few for a ratio)"
    low, high = ratio.interval
    return RATIO_NAMES[name], f"{ratio.value:.1f} ({counts}; 95 % interval {low:.1f} to {high:.1f})"


def roles_lines(summary: Summary) -> Iterator[str]:
    """Yield who was taken for whom, how sure that is, and how much each talks."""
    sure = f"{100 * summary.role_confidence:.0f} %"
    who = f"Therapist: {', '.join(summary.therapists)}. Client: {', '.join(summary.clients) or '-'}."
    yield f"{who} Sure of that: {sure}."
    parts = []
    for role in ("therapist", "client", "other"):
        talk = summary.talk[role]
        if talk.words:
            minutes = f", {talk.minutes:.1f} min" if talk.minutes is not None else ""
            parts.append(f"{role} {percent(talk.word_share)} of the words{minutes}")
    if parts:
        yield "Talk: " + "; ".join(parts) + (" (minutes estimated)." if summary.minutes_estimated else ".")
    length = f" in {summary.minutes:.1f} minutes" if summary.minutes is not None else ""
    yield f"{summary.utterances} therapist utterances{length}, {summary.questions} of them questions."


def share_row(found: LabelSummary) -> tuple[str, ...]:
    """Return a label's cells among all utterances: count, share, estimate, interval."""
    return str(found.count), percent(found.share), percent(found.estimate), interval(found.interval)


def rate_row(found: LabelSummary) -> tuple[str, ...]:
    """Return a label's further cells: evaluative share, estimate and interval, per 100 utterances, per 10 minutes."""
    return (
        percent(found.evaluative_share),
        percent(found.evaluative_estimate),
        interval(found.evaluative_interval),
        number(found.per_100_utterances),
        number(found.per_10_minutes),
    )


def footer(model: ModelInfo) -> list[str]:
    """Return what the reader must know of the model."""
    return [
        f"Model {model.name} {model.version}, codebook {model.codebook}. Not tested on: {'; '.join(model.not_tested)}.",
        f"At the flag threshold the model found {100 * model.flag_recall:.0f} % of the criticism in sessions it had "
        "not seen; the rest went unflagged.",
        MIRROR,
    ]


def title(report: SessionReport) -> str:
    """Return the report's title."""
    return f"Session {report.session.id}"
