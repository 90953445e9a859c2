"""What the classifier sees of a session: an utterance, the turn so far, and the client's words before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import InputError
from analyzer.session import Session

if TYPE_CHECKING:
    from tokenizers import Tokenizer


LISTENING_SOUND = 2
"""A client's turn of at most so many words leaves the therapist's turn unbroken (expert opinion)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance with its context.

    Attributes:
        text: the utterance.
        client: what was said to the therapist just before this turn.
        before: the therapist's turn so far.
    """

    text: str
    client: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """How many tokens of each part the classifier reads: an utterance's first, a context's last ones."""

    utterance: int = 64
    client: int = 40
    before: int = 40


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one example and, for each, the segment it belongs to (0 context, 1 utterance)."""

    ids: tuple[int, ...]
    types: tuple[int, ...]


def examples_of(session: Session) -> list[Example]:
    """Return an example for each therapist utterance, in the order of ``session.therapist_utterances()``.

    Neighbouring turns of one therapist count as one turn, so that a transcript gives the same examples whether or not
    its writer broke long turns into lines. A client's turn of one or two words ("Mm-hmm", "I guess") ends nothing: the
    therapist's turn goes on, and the client's words before it stay in sight.
    """
    examples: list[Example] = []
    client: list[str] = []
    before: list[str] = []
    heard: list[str] = []
    speaker: str | None = None
    for turn in session.turns:
        if turn.role != "therapist":
            heard.append(turn.text)
            continue
        name = turn.speaker or "therapist"
        if heard and len(" ".join(heard).split()) > LISTENING_SOUND:
            client, before = heard, []
        else:
            client = client + heard
            before = before if name == speaker else []
        heard, speaker = [], name
        for utterance in turn.utterances or ():
            words = turn.words_of(utterance)
            examples.append(Example(words, " ".join(client), " ".join(before)))
            before.append(words)
    return examples


def encode(tokenizer: Tokenizer, examples: Sequence[Example], window: Window) -> list[Encoded]:
    """Turn examples into token ids: ``[CLS] client [SEP] before [SEP] utterance [SEP]``, or ``<s>`` and ``</s>``.

    Args:
        tokenizer: the model folder's WordPiece tokenizer, without truncation or padding.
        examples: what to encode.
        window: how much of each part is kept.

    Raises:
        InputError: where the tokenizer is of neither BERT's nor MPNet's kind.
    """
    first, gap = (
        next((found for mark in marks if (found := tokenizer.token_to_id(mark)) is not None), None)
        for marks in (("<s>", "[CLS]"), ("</s>", "[SEP]"))
    )
    if first is None or gap is None:
        raise InputError("the model's tokenizer.json has no [CLS] and [SEP]; it is not a BERT or MPNet tokenizer")
    known: dict[str, list[int]] = {}
    # A token has at least one character, so this many characters hold more tokens than any window keeps. It bounds the
    # work for a very long turn, whose words would otherwise be encoded again for each of its utterances.
    reach = 40 * max(window.utterance, window.client, window.before)
    parts = [(e.client[-reach:], e.before[-reach:], e.text[:reach]) for e in examples]
    texts = sorted({text for part in parts for text in part})
    for text, encoding in zip(texts, tokenizer.encode_batch_fast(texts, add_special_tokens=False), strict=True):
        known[text] = encoding.ids
    encoded = []
    for client, before, text in parts:
        context = [first, *known[client][-window.client :], gap, *known[before][-window.before :], gap]
        words = [*known[text][: window.utterance], gap]
        encoded.append(Encoded((*context, *words), (0,) * len(context) + (1,) * len(words)))
    return encoded
