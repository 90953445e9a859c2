"""The five labels of the codebook: their names, what they mean, how they look, and their order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CODEBOOK_VERSION = "1"


class Label(StrEnum):
    """What a therapist's utterance does for the client (docs/codebook.md)."""

    VALIDATION = "validation"
    REFLECTION = "empathic_reflection"
    FEEDBACK = "constructive_feedback"
    CRITICISM = "criticism"
    OTHER = "other"

    @property
    def style(self) -> LabelStyle:
        """How this label is written and drawn for people."""
        return STYLES[self]


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How a label is shown.

    Attributes:
        key: one letter, for tables and the time line.
        name: in words, lower case.
        meaning: one short clause for legends.
        colour: a hex colour with a contrast of at least 4.5 to white text (WCAG 2.2, 2023, standard).
        terminal: the nearest of the sixteen terminal colours, as rich names it.
    """

    key: str
    name: str
    meaning: str
    colour: str
    terminal: str


LABELS: tuple[Label, ...] = tuple(Label)
"""All labels in the order in which they are always shown and stored."""

EVALUATIVE: tuple[Label, ...] = LABELS[:4]
"""The four labels that respond to what the client said or did; the fifth is other."""

STYLES: dict[Label, LabelStyle] = {
    Label.VALIDATION: LabelStyle("V", "validation", "accepts, appreciates, encourages", "#1b7f4d", "green"),
    Label.REFLECTION: LabelStyle(
        "R", "empathic reflection", "gives back what the client said or feels", "#1f6fb2", "blue"
    ),
    Label.FEEDBACK: LabelStyle("F", "constructive feedback", "says what to do, try or change", "#8a5a00", "yellow"),
    Label.CRITICISM: LabelStyle("C", "criticism", "finds fault, judges or dismisses", "#a83264", "magenta"),
    Label.OTHER: LabelStyle("O", "other", "questions, information, structure, fillers", "#5f6670", "bright_black"),
}
