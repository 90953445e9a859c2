"""Therapist turns into utterances: sentences as the transcript punctuates them, found by our own spaCy senter.

Turns without punctuation go to a tagger (analyzer.boundaries) instead, which reads them among their neighbours.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from analyzer.boundaries import Tagger
from analyzer.errors import InputError
from analyzer.session import Session, Utterance

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

THRESHOLD_KEY = "sentence_start_threshold"
"""Where a pipeline's meta.json says from which probability on a word begins a sentence."""

# A turn is read in pieces of this many words, each with a few words of the one before, and about so many words at a
# time: memory stays bounded.
PIECE, OVERLAP, AT_ONCE = 1_000, 30, 2_000
# Longer "words" are links or noise; the middle of them says nothing about sentences.
LONGEST_WORD = 60

# A turn counts as punctuated where it ends a sentence at least once in so many words (our choice: longer sentences are
# rare in speech, and one full stop in a long run of words is not punctuation).
WORDS_TO_A_SENTENCE = 60

_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.?!…。？！]\W*$")
_TITLE = re.compile(r"\W*(?:Dr|Mr|Mrs|Ms|Mx|Prof|St|Fr|Sr|Rev|vs|e\.g|i\.e)\.$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some words of one text, of which the first ``known`` are only there as context."""

    text: str
    starts: tuple[int, ...]
    known: int


class Segmenter:
    """A trained spaCy pipeline that finds where sentences begin."""

    def __init__(self, nlp: Language, tagger: tuple[Path, Path] | None = None) -> None:
        """Wrap a pipeline that has a senter.

        Args:
            nlp: the pipeline.
            tagger: folder of a tagger for turns without punctuation, and folder of the classifier whose layers it
                reads; where there is none, the senter cuts them too.
        """
        self._nlp = nlp
        self._senter = cast(Any, nlp.get_pipe("senter"))
        self._tokenizer = cast(Any, nlp.tokenizer)
        self._start_column = self._senter.labels.index("S")
        self._folders = tagger
        self._threshold = float(nlp.meta.get(THRESHOLD_KEY, 0.5))

    @classmethod
    def load(cls, folder: Path) -> Segmenter:
        """Load the pipeline from a folder that spaCy wrote, with its tagger if it has one.

        The tagger reads the classifier that stands beside the folder under the name ``default``.

        Raises:
            InputError: where the folder is missing or broken.
        """
        if not (folder / "config.cfg").is_file():
            raise InputError(f"{folder}: no sentence segmenter in this folder (config.cfg is missing)")
        from spacy.util import load_model_from_path

        try:
            tagger = folder / "tagger"
            return cls(load_model_from_path(folder), (tagger, folder.parent / "default") if tagger.is_dir() else None)
        except Exception as error:  # spaCy raises many kinds for a broken folder, msgpack's and numpy's among them
            message = f"{folder}: the sentence segmenter cannot be read ({type(error).__name__}); install it again"
            raise InputError(message) from None

    def segment(self, session: Session, *, resegment: bool = False) -> Session:
        """Return the session with utterances on every turn of a therapist.

        Args:
            session: with roles; turns of other roles, or of none, stay as they are.
            resegment: find utterances anew where the input already has them.
        """
        wanted = [
            index
            for index, turn in enumerate(session.turns)
            if turn.role == "therapist" and (resegment or turn.utterances is None)
        ]
        texts = [turn.text for turn in session.turns]
        # A bare turn in a punctuated session is a sentence that was cut off; its commas and capitals still tell.
        bare = [index for index in wanted if is_bare(texts[index])] if is_bare("\n".join(texts)) else []
        if bare and self._folders:
            # Loaded for this session and let go: beside the classifier it would take too much memory.
            tagger = Tagger.load(*self._folders)
            session = self.cut(session, tagger.chances(texts, bare), tagger.threshold)
            del tagger
            _give_memory_back()
        else:
            bare = []
        turns = list(session.turns)
        written = sorted(set(wanted) - set(bare))
        for index, spans in zip(written, self.spans([turns[index].text for index in written]), strict=True):
            turns[index] = replace(turns[index], utterances=tuple(Utterance(*span) for span in spans))
        return replace(session, turns=tuple(turns))

    @staticmethod
    def cut(session: Session, chances: Mapping[int, Sequence[float]], threshold: float) -> Session:
        """Return the session with utterances on some of its turns.

        Args:
            session: with any utterances on these turns, which are replaced.
            chances: for each of these turns the probability of each of its words that a sentence begins with it.
            threshold: the probability from which one does.
        """
        turns = list(session.turns)
        for index, some in chances.items():
            text = turns[index].text
            places = [match.span() for match in _WORD.finditer(text)]
            starts = [word for word, chance in enumerate(some) if word and chance >= threshold]
            turns[index] = replace(
                turns[index], utterances=tuple(Utterance(*span) for span in spans_between(text, places, starts))
            )
        return replace(session, turns=tuple(turns))

    def spans(self, texts: Sequence[str]) -> Iterator[list[tuple[int, int]]]:
        """Yield for each text the spans of its sentences in code points.

        The spans are in order, without outer white space, and leave out nothing but white space. A blank text has none.
        """
        words = [[match.span() for match in _WORD.finditer(text)] for text in texts]
        pieces = [_pieces(text, places) for text, places in zip(texts, words, strict=True)]
        scores = self._scores(piece for some in pieces for piece in some)
        for text, places, some in zip(texts, words, pieces, strict=True):
            chances = [chance for piece in some for chance in next(scores)[piece.known :]]
            yield spans_between(text, places, self._starts(text, places, chances))

    def _scores(self, pieces: Iterable[_Piece]) -> Iterator[list[float]]:
        """Yield for each piece the probability of each of its words that a sentence begins with it."""
        for batch in _batches(pieces):
            # The zone frees the words of the transcript, which spaCy's vocabulary would keep.
            with self._nlp.memory_zone():
                docs = list(self._tokenizer.pipe(piece.text for piece in batch))
                scored = self._senter.model.predict(docs)
                found = [
                    _word_scores(piece, doc, matrix[:, self._start_column].tolist())
                    for piece, doc, matrix in zip(batch, docs, scored, strict=True)
                ]
            yield from found

    def _starts(self, text: str, places: Sequence[tuple[int, int]], chances: Sequence[float]) -> list[int]:
        """Return the indexes of the words that begin a sentence, the first word left out.

        Where a turn is punctuated, a sentence begins only after a mark that ends one: so the codebook counts units, and
        in professional transcripts there is no exception. A dash, a comma or a bracket ends none, nor does the full
        stop of a title.
        """
        closes = _closes(text, places)
        punctuated = _is_punctuated(closes)
        return [
            index
            for index in range(1, len(places))
            if chances[index] >= self._threshold
            and (closes[index - 1] or not punctuated)
            and not _TITLE.match(text[slice(*places[index - 1])])
        ]


def _give_memory_back() -> None:
    """Ask the C library to return freed memory to the system; only glibc knows how."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def is_bare(text: str) -> bool:
    """Tell whether a text of two or more words has no punctuation to go by."""
    places = [match.span() for match in _WORD.finditer(text)]
    return len(places) > 1 and not _is_punctuated(_closes(text, places))


def _closes(text: str, places: Sequence[tuple[int, int]]) -> list[bool]:
    return [bool(_SENTENCE_END.search(text, *_tail(place))) for place in places]


def _is_punctuated(closes: Sequence[bool]) -> bool:
    return sum(closes) * WORDS_TO_A_SENTENCE >= len(closes)


def spans_between(text: str, places: Sequence[tuple[int, int]], starts: Iterable[int]) -> list[tuple[int, int]]:
    """Return spans of the text from each word that begins a sentence to the last word before the next one.

    Args:
        text: of a turn.
        places: the span of each of its words.
        starts: indexes of words that begin a sentence, in order; the first word always does.

    A sentence without a letter or digit joins the one before it, or the next where it is the first.
    """
    if not places:
        return []

    def has_word(first: int, after: int) -> bool:
        return any(character.isalnum() for character in text[places[first][0] : places[after - 1][1]])

    kept = [0]
    for start, after in pairwise([*starts, len(places)]):
        if has_word(kept[-1], start) and has_word(start, after):
            kept.append(start)
    return [(places[first][0], places[after - 1][1]) for first, after in pairwise([*kept, len(places)])]


def _pieces(text: str, places: Sequence[tuple[int, int]]) -> list[_Piece]:
    pieces = []
    for first in range(0, len(places), PIECE):
        known = min(first, OVERLAP)
        words = [_short(text[low:high]) for low, high in places[first - known : first + PIECE]]
        starts, offset = [], 0
        for word in words:
            starts.append(offset)
            offset += len(word) + 1
        pieces.append(_Piece(" ".join(words), tuple(starts), known))
    return pieces


def _batches(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    batch: list[_Piece] = []
    words = 0
    for piece in pieces:
        batch.append(piece)
        words += len(piece.starts)
        if words >= AT_ONCE:
            yield batch
            batch, words = [], 0
    if batch:
        yield batch


def _short(word: str) -> str:
    return word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD // 2] + word[-LONGEST_WORD // 2 :]


def _tail(place: tuple[int, int]) -> tuple[int, int]:
    """Return the end of a word, where its closing marks are."""
    return max(place[0], place[1] - 8), place[1]


def _word_scores(piece: _Piece, doc: Doc, scores: Sequence[float]) -> list[float]:
    """Pick the scores of those tokens with which a word begins."""
    by_offset = {token.idx: score for token, score in zip(doc, scores, strict=True)}
    return [by_offset.get(start, 0.0) for start in piece.starts]
