"""The why of a label: which words carried it, and for criticism how the same intent could be said.

Words are weighed by occlusion (Zeiler and Fergus 2014, trial): the utterance is judged again without each of them.
Counterparts come from the contrast sets in ``corpora/contrast`` and are found by the model's own embedding; nothing is
generated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.context import Example, examples_of
from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.session import Counterpart, Explanation, Session, Utterance, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from analyzer.classify import Classifier

MOST_COUNTERPARTS = 2
_WORD = re.compile(r"\S+")


@dataclass
class Explainer:
    """Explains a classifier's labels.

    Attributes:
        classifier: whose labels.
        sets: the contrast sets: id, client, and a line for each evaluative label.
    """

    classifier: Classifier
    sets: Sequence[dict[str, Any]]

    @classmethod
    def load(cls, classifier: Classifier) -> Explainer:
        """Load the contrast sets that ship with the program.

        Raises:
            InputError: where they are missing or broken.
        """
        folder = Path(__file__).with_name("_contrast")
        try:
            lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
            sets = [json.loads(line) for line in lines]
        except (OSError, ValueError) as error:
            raise InputError(f"{folder}: the contrast sets cannot be read: {error}") from None
        return cls(classifier, sets)

    def explain(self, session: Session, wanted: Collection[int] | None = None) -> Session:
        """Return the session with explanations.

        Args:
            session: classified.
            wanted: numbers of therapist utterances, from 1; None for those that are flagged.
        """
        examples = examples_of(session)
        found: dict[int, Explanation] = {}
        for number, (_, _, utterance) in enumerate(session.therapist_utterances(), 1):
            if utterance.label is not None and (number in wanted if wanted is not None else utterance.flags):
                found[number] = self.why(examples[number - 1], utterance)
        numbers = iter(range(1, len(examples) + 1))

        def with_why(utterance: Utterance) -> Utterance:
            explanation = found.get(next(numbers))
            return utterance if explanation is None else replace(utterance, explanation=explanation)

        turns = tuple(
            replace(turn, utterances=tuple(map(with_why, turn.utterances)))
            if turn.role == "therapist" and turn.utterances
            else turn
            for turn in session.turns
        )
        return replace(session, turns=turns)

    def why(self, example: Example, utterance: Utterance) -> Explanation:
        """Explain one utterance.

        Args:
            example: the utterance as the classifier saw it.
            utterance: with its label, and its offset in the turn.
        """
        label = utterance.label or Label.OTHER
        spans = [match.span() for match in _WORD.finditer(example.text)]
        shorter = [
            replace(example, text=" ".join(example.text[a:b] for j, (a, b) in enumerate(spans) if j != i))
            for i in range(len(spans))
        ]
        chances = self._chances([example, *shorter], label)
        words = tuple(
            Word(utterance.start + start, utterance.start + end, round(float(chances[0] - without), 4))
            for (start, end), without in zip(spans, chances[1:], strict=True)
        )
        flagged = any(flag.reason == "criticism" for flag in utterance.flags)
        return Explanation(words, self.counterparts(example) if flagged or label == Label.CRITICISM else ())

    def counterparts(self, example: Example) -> tuple[Counterpart, ...]:
        """Return the contrast sets whose criticism is nearest, each with its constructive line, nearest first."""
        near = self._criticisms @ self.classifier.embed([replace(example, before="")])[0]
        return tuple(
            Counterpart(chosen["id"], chosen["client"], chosen["criticism"], chosen["constructive_feedback"])
            for chosen in (self.sets[i] for i in near.argsort()[::-1][:MOST_COUNTERPARTS])
        )

    def _chances(self, examples: Sequence[Example], label: Label) -> NDArray[np.float64]:
        logits = self.classifier.logits(examples)
        found: NDArray[np.float64] = self.classifier.calibration.probabilities(logits)[:, LABELS.index(label)]
        return found

    @cached_property
    def _criticisms(self) -> NDArray[np.float32]:
        return self.classifier.embed([Example(item["criticism"], item["client"]) for item in self.sets])


def strongest(explanation: Explanation, most: int = 5) -> list[Word]:
    """Return the words without which the label is least likely, in the utterance's order; only those that matter."""
    top = sorted(explanation.words, key=lambda word: -word.weight)[:most]
    limit = max((word.weight for word in top), default=0.0)
    return sorted((word for word in top if word.weight > max(0.01, 0.2 * limit)), key=lambda word: word.start)
