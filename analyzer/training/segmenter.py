"""Training the sentence segmenter: spaCy's senter on our boundaries, in both written forms."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from analyzer.session import Session, Turn
from analyzer.training.strip import strip_session

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

WIDTH, DEPTH, WINDOW = 96, 4, 1
ROWS = (5000, 1000, 2500, 2500)


def train_segmenter(
    sessions: Sequence[Session],
    *,
    epochs: int = 12,
    seed: int = 1,
    start: Language | None = None,
    depth: int = DEPTH,
    log: Callable[[str], None] | None = None,
) -> Language:
    """Train a senter on the utterance boundaries of labelled sessions, each as it is written and stripped.

    Args:
        sessions: with utterances on the therapist's turns.
        epochs: passes over the turns.
        seed: of all chance in it.
        start: a pipeline whose tok2vec gives the first weights.
        depth: layers of the window encoder.
        log: takes a line of progress.
    """
    import spacy
    from spacy.util import compounding, fix_random_seed, minibatch

    fix_random_seed(seed)
    rng = random.Random(seed)  # noqa: S311 - a repeatable order, not a secret
    nlp = spacy.blank("en")
    senter = nlp.add_pipe("senter", config={"model": _model_config(depth, start)})
    plain = examples(nlp, sessions)
    bare = examples(nlp, map(strip_session, sessions))
    nlp.initialize(lambda: plain[:200])
    if start is not None:
        senter.model.get_ref("tok2vec").from_bytes(start.get_pipe("tok2vec").model.to_bytes())
    optimiser = nlp.create_optimizer()
    optimiser.learn_rate = 0.001
    for epoch in range(epochs):
        optimiser.learn_rate = 0.001 * (1 - 0.9 * epoch / epochs)
        chosen = [*plain, *bare, *bare]
        rng.shuffle(chosen)
        losses: dict[str, float] = {}
        for batch in minibatch(chosen, size=compounding(16.0, 64.0, 1.01)):
            nlp.update(batch, sgd=optimiser, drop=0.2, losses=losses)
        if log:
            log(f"epoch {epoch + 1}/{epochs}, loss {losses['senter']:.1f}")
    return nlp


def _model_config(depth: int, start: Language | None) -> dict[str, Any]:
    if start is not None:
        tok2vec = dict(start.config.interpolate()["components"]["tok2vec"]["model"])
    else:
        tok2vec = {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": WIDTH,
                "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                "rows": list(ROWS),
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": WIDTH,
                "window_size": WINDOW,
                "maxout_pieces": 3,
                "depth": depth,
            },
        }
    return {"@architectures": "spacy.Tagger.v2", "nO": None, "normalize": False, "tok2vec": tok2vec}


def examples(nlp: Language, sessions: Iterable[Session]) -> list[Example]:
    """Return a training example for each therapist turn with utterances."""
    from spacy.training import Example

    found = []
    for session in sessions:
        for turn in _lines(session):
            doc = nlp.make_doc(turn.text)
            starts = {utterance.start for utterance in turn.utterances or ()}
            marks = [token.idx in starts for token in doc]
            if len(doc) and sum(marks) == len(starts):
                found.append(Example.from_dict(doc, {"sent_starts": [1 if mark else -1 for mark in marks]}))
    return found


def _lines(session: Session) -> Iterable[Turn]:
    return (turn for turn in session.turns if turn.role == "therapist" and turn.utterances)


def boundary_f1(gold: Sequence[Session], found: Sequence[Session]) -> float:
    """Return F1 of the utterance starts inside turns, the first of each turn left out."""
    hit = extra = missed = 0
    for one, other in zip(gold, found, strict=True):
        for turn, twin in zip(one.turns, other.turns, strict=True):
            if turn.utterances:
                wanted = {utterance.start for utterance in turn.utterances[1:]}
                got = {utterance.start for utterance in (twin.utterances or ())[1:]}
                hit, extra, missed = hit + len(wanted & got), extra + len(got - wanted), missed + len(wanted - got)
    return 2 * hit / (2 * hit + extra + missed) if hit else 0.0
