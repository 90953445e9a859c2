"""Therapist turns into utterances: sentences as the transcript punctuates them, found by the project's own spaCy senter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.session import Session, Utterance

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

# spaCy holds one text in memory with all its token features; a longer turn is cut at a blank.
LONGEST = 50_000
_BLANKS = re.compile(r"\s+")


class Segmenter:
    """A trained spaCy pipeline that finds where sentences begin."""

    def __init__(self, nlp: Language) -> None:
        """Wrap a pipeline whose components set sentence starts."""
        self._nlp = nlp

    @classmethod
    def load(cls, folder: Path) -> Segmenter:
        """Load the pipeline from a folder that spaCy wrote.

        Raises:
            InputError: where the folder is missing or broken.
        """
        import spacy

        try:
            return cls(spacy.load(folder))
        except (OSError, ValueError) as error:
            raise InputError(
                f"{folder}: the sentence segmenter cannot be loaded: {str(error).splitlines()[0]}"
            ) from None

    def segment(self, session: Session, *, resegment: bool = False) -> Session:
        """Return the session with utterances on every therapist turn.

        Args:
            session: with roles.
            resegment: find utterances anew where the input already has them.
        """
        wanted = [
            index
            for index, turn in enumerate(session.turns)
            if turn.role == "therapist" and (resegment or turn.utterances is None)
        ]
        turns = list(session.turns)
        texts = [turns[index].text for index in wanted]
        for index, spans in zip(wanted, self.spans(texts), strict=True):
            turns[index] = replace(turns[index], utterances=tuple(Utterance(start, end) for start, end in spans))
        return replace(session, turns=tuple(turns))

    def spans(self, texts: list[str]) -> Iterator[list[tuple[int, int]]]:
        """Yield for each text the spans of its sentences, white space trimmed, in code points."""
        pieces = [_pieces(text) for text in texts]
        flat = [text[start:end] for text, cuts in zip(texts, pieces, strict=True) for start, end in cuts]
        docs = self._nlp.pipe(flat, batch_size=256)
        for text, cuts in zip(texts, pieces, strict=True):
            starts: set[int] = set()
            for offset, _ in cuts:
                starts |= {offset + at for at in _sentence_starts(next(docs))}
            yield _trimmed(text, sorted(starts))


def _sentence_starts(doc: Doc) -> list[int]:
    return [token.idx for token in doc if token.is_sent_start and not token.is_space]


def _pieces(text: str) -> list[tuple[int, int]]:
    """Cut a very long text at blanks; a text of ordinary length is one piece."""
    cuts, start = [], 0
    while len(text) - start > LONGEST:
        blank = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        end = blank + 1 if blank > 0 else start + LONGEST
        cuts.append((start, end))
        start = end
    cuts.append((start, len(text)))
    return cuts


def _trimmed(text: str, starts: list[int]) -> list[tuple[int, int]]:
    """Return spans from each start to the next without outer white space; a part without a word joins its neighbour."""
    bounds = [0, *(start for start in starts if start > 0), len(text)]
    spans: list[tuple[int, int]] = []
    for start, end in zip(bounds, bounds[1:], strict=False):
        part = text[start:end]
        if not part.strip():
            continue
        low, high = start + len(part) - len(part.lstrip()), start + len(part.rstrip())
        if spans and not any(character.isalnum() for character in part):
            spans[-1] = (spans[-1][0], high)
        else:
            spans.append((low, high))
    return spans
