"""Fit the scorer that tells therapists from clients by how they talk, and measure it (``models/roles.json``)."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from analyzer.errors import InputError
from analyzer.roles import FORMAT, LEAST_CONFIDENCE, RoleScorer, features, join_turns
from analyzer.session import Session
from analyzer.strip import strip_session
from analyzer.training.data import load_folders

WORDS = frozenset(
    word
    for line in """
    i me my mine myself im ive id ill we us our ours were weve well lets you your yours yourself youre youve youd youll
    he him his she her hers hes shes they them their theyre it its itself this that these those thats theres heres
    a an the some any no none every each all both another other others something anything nothing everything someone
    somebody anyone nobody everybody everyone one ones
    what whats who whos whose which when where wheres why how hows whatever
    am is are was be been being do does did doing done have has had having can could will would shall should may might
    must wont wouldnt cant couldnt dont doesnt didnt isnt arent wasnt werent havent hasnt hadnt shouldnt aint gonna
    wanna gotta
    and or but so because cause cos if unless although though than then while until since as of in on at by for from to
    with about into over through after before between up down out off without around again not
    never always sometimes often usually ever already still yet just only even also too very really quite pretty much
    many more most lot lots bit little kind sort maybe perhaps probably definitely actually basically obviously like
    yes yeah yep yup nope nah ok okay right alright sure oh ah mm mhm hm hmm huh wow gosh good great nice exactly
    absolutely wonderful excellent fantastic fine sorry please thank thanks hi hello hey bye
    now today here there next last first time times once back later soon ago
    think thinking thought know knew mean means guess feel feels feeling feelings felt want wanted wants need needs try
    tried trying see look looking show sound sounds sounding hear hearing heard say saying said says tell telling told
    talk talking talked ask asking wonder wondering wondered notice noticed understand remember suppose hope imagine
    help make makes made keep put take give get got go going come let stop start use work works worked happen happened
    happens change point part thing things stuff way reason question idea sense example
    important possible able different hard difficult easy better best bad ready interested willing curious concerned
    worried careful together
    """.splitlines()
    for word in line.split()
)
"""The only words that the scorer sees. Chosen by hand as function words, question words, discourse markers, and verbs
and judgements that belong to talking itself; no word of a client's problem, age, family or work is here, so that what
is learnt from adults about drinking holds for children in speech lessons. Apostrophes are left out ("dont")."""

LEAST_SESSIONS = 12
"""A feature in fewer sessions is left out: its weight would tell of those sessions (by cross-validation, 6 to 20 make
no difference)."""

STRENGTH = 0.03
"""Inverse of the L2 penalty (by cross-validation between 0.003 and 0.1)."""

LENGTHS = (2, 4, 7, 11, 16, 24, 36, 54, 80)
"""Upper ends, in words, of the classes of turn length within which the two roles weigh the same in training. Without
that, weights learnt from 44 sessions of talkative therapists took the client for the therapist in 7 of 64 public
transcripts, most of them with full confidence; with it in none."""

WINDOWS = (4, 8, 16, 32, 64)
"""Sizes of session pieces, in turns, on which confidence is calibrated beside whole sessions: with whole sessions alone
there is no error to learn from, and short sessions would look as sure as long ones."""

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Talk:
    """A session as the scorer sees it: joined turns of nameless speakers.

    Attributes:
        session: its id.
        group: the writer, or the session where there is none; never torn apart in cross-validation.
        ours: whether it is of the project's own corpus (it names a writer).
        speakers: of each joined turn.
        features: of each joined turn.
        lengths: class of length of each joined turn.
        therapists: who of the speakers are therapists.
        others: who are neither therapist nor client; present when judged, not trained on.
    """

    session: str
    group: str
    ours: bool
    speakers: tuple[str, ...]
    features: tuple[frozenset[str], ...]
    lengths: tuple[int, ...]
    therapists: frozenset[str]
    others: frozenset[str]


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds of the features and the intercept."""

    of: dict[str, float]
    intercept: float

    def scores(self, talk: Talk) -> NDArray[np.float64]:
        """Return the log-odds of each joined turn."""
        return np.array([self.intercept + sum(self.of.get(name, 0.0) for name in found) for found in talk.features])


@dataclass(frozen=True, slots=True)
class Judged:
    """One piece of a held-out session: each speaker's sum of log-odds, and who is the therapist.

    Attributes:
        size: turns asked for; 0 for the whole session.
    """

    talk: Talk
    size: int
    totals: dict[str, float]

    def confidence(self, slope: float) -> tuple[float, bool]:
        """Return the confidence of the best guess, and whether it is right."""
        values = {speaker: slope * total for speaker, total in self.totals.items()}
        best = max(values, key=lambda speaker: values[speaker])
        odds = sum(math.exp(value - values[best]) for value in values.values())
        return 1 / odds, self.talk.therapists & set(self.totals) == {best}


def train_roles(data: Sequence[Path], target: Path, *, log: Log = print) -> dict[str, Any]:
    """Fit the scorer on all sessions, measure it on held-out ones, and write its file.

    Args:
        data: folders of session JSON with a role on every turn.
        target: the JSON file to write.
        log: where progress goes.

    Returns:
        What was measured, as it stands in the file under ``metrics``.

    Raises:
        InputError: where there are no sessions, or fewer than ten with a therapist and a client.
    """
    sessions = load_folders(data)
    plain, stripped = (_talks(sessions), _talks(map(strip_session, sessions)))
    if len(plain) < 10:
        raise InputError("fewer than ten sessions with therapist and client; give more with --data")
    log(f"{len(plain)} sessions, {sum(len(talk.features) for talk in plain)} turns")
    held = _out_of_group(plain, stripped, log)
    pieces = [piece for form in held.values() for piece in form]
    slope = _calibrate(pieces)
    ceiling = _ceiling(held["as_is"], slope)
    log(f"slope {slope:.3f}, ceiling {ceiling:.3f}")
    metrics = {
        "sessions": {"public": sum(not t.ours for t in plain), "corpus": sum(t.ours for t in plain)},
        "held_out": {form: _measured(pieces, slope) for form, pieces in held.items()},
        "across": _across(plain, stripped, log),
    }
    weights = _fit([*plain, *stripped])
    scorer = RoleScorer(WORDS, weights.of, weights.intercept, slope, ceiling)
    target.write_text(json.dumps(_as_json(scorer, metrics), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return metrics


def _as_json(scorer: RoleScorer, metrics: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "intercept": scorer.intercept,
        "slope": round(scorer.slope, 4),
        "ceiling": round(scorer.ceiling, 4),
        "metrics": metrics,
        "words": sorted(scorer.words),
        "weights": dict(sorted(scorer.weights.items())),
    }


def _talks(sessions: Iterable[Session]) -> list[Talk]:
    """Return the sessions that have a therapist and somebody else, speakers told apart by name and role."""
    talks = []
    for session in sessions:
        roles = {f"{turn.speaker}/{turn.role}": turn.role for turn in session.turns}
        joined = join_turns((f"{turn.speaker}/{turn.role}", turn.text) for turn in session.turns)
        if {"therapist", "client"} <= {roles[speaker] for speaker, _ in joined}:
            talks.append(
                Talk(
                    session=session.id,
                    group=str(session.extra.get("writer") or session.id),
                    ours="writer" in session.extra,
                    speakers=tuple(speaker for speaker, _ in joined),
                    features=tuple(features(text, WORDS) for _, text in joined),
                    lengths=tuple(bisect_left(LENGTHS, len(text.split())) for _, text in joined),
                    therapists=frozenset(s for s, role in roles.items() if role == "therapist"),
                    others=frozenset(s for s, role in roles.items() if role == "other"),
                )
            )
    return talks


def _fit(talks: Sequence[Talk]) -> Weights:
    """Fit one logistic regression over turns.

    A session weighs the root of its turns, so that long ones do not rule; within each class of length, the two roles
    weigh the same in each source, so that a long turn speaks for nobody.
    """
    seen = Counter[str]()
    for talk in talks:
        seen.update(set().union(*talk.features))
    # Both forms of a session are in the list, so each session counts twice. Small data get by with less.
    least = min(2 * LEAST_SESSIONS, len(talks) // 4)
    rows, cells, weights = [], [], []
    for talk in talks:
        for speaker, found, length in zip(talk.speakers, talk.features, talk.lengths, strict=True):
            if speaker not in talk.others:
                rows.append({name: 1.0 for name in found if seen[name] >= least})
                cells.append((talk.ours, length, int(speaker in talk.therapists)))
                weights.append(len(talk.features) ** -0.5)
    vectoriser = DictVectorizer()
    matrix = vectoriser.fit_transform(rows)
    # Two forms of each turn would count as two witnesses.
    model = LogisticRegression(C=STRENGTH / 2, max_iter=500)
    model.fit(matrix, [role for _, _, role in cells], _balanced(cells, weights))
    names = vectoriser.get_feature_names_out()
    return Weights(
        {str(name): round(float(weight), 4) for name, weight in zip(names, model.coef_[0], strict=True)},
        round(float(model.intercept_[0]), 4),
    )


def _balanced(cells: Sequence[tuple[bool, int, int]], weights: Sequence[float]) -> NDArray[np.float64]:
    """Return weights of mean 1 with which both roles weigh the same in each class of length of each source."""
    totals: dict[tuple[bool, int, int], float] = {}
    for cell, weight in zip(cells, weights, strict=True):
        totals[cell] = totals.get(cell, 0.0) + weight
    balanced: NDArray[np.float64] = np.zeros(len(cells))
    for index, (cell, weight) in enumerate(zip(cells, weights, strict=True)):
        other = totals.get((cell[0], cell[1], 1 - cell[2]))
        if other is not None:
            balanced[index] = weight * (totals[cell] + other) / (2 * totals[cell])
    balanced *= len(cells) / balanced.sum()
    return balanced


def _out_of_group(plain: Sequence[Talk], stripped: Sequence[Talk], log: Log) -> dict[str, list[Judged]]:
    """Judge each session by weights that have not seen it: leave one session out, in our corpus one writer."""
    held: dict[str, list[Judged]] = {"as_is": [], "stripped": []}
    groups = sorted({talk.group for talk in plain})
    for count, group in enumerate(groups, 1):
        weights = _fit([talk for talk in (*plain, *stripped) if talk.group != group])
        for form, talks in zip(held, (plain, stripped), strict=True):
            held[form] += [piece for talk in talks if talk.group == group for piece in _judge(talk, weights)]
        if count % 10 == 0:
            log(f"{count} of {len(groups)} groups held out")
    return held


def _judge(talk: Talk, weights: Weights) -> list[Judged]:
    """Judge the whole session and its pieces; a piece needs the therapist and somebody else in it."""
    scores = weights.scores(talk)
    found = []
    for size in (0, *WINDOWS):
        step = size or len(scores)
        for start in range(0, len(scores), step):
            totals: dict[str, float] = {}
            for speaker, score in zip(talk.speakers[start : start + step], scores[start : start + step], strict=True):
                totals[speaker] = totals.get(speaker, 0.0) + float(score)
            enough = len(scores) - start >= min(step, WINDOWS[0])
            if enough and len(totals) > 1 and talk.therapists & set(totals):
                found.append(Judged(talk, size, totals))
    return found


def _calibrate(pieces: Sequence[Judged]) -> float:
    """Fit the slope by likelihood (Platt 1999, without his intercept: speakers are interchangeable).

    Every piece counts the same. Dividing the sum by powers of the number of turns did not fit better: a short session
    is less sure because less is summed.
    """

    def loss(slope: float) -> float:
        lost = 0.0
        for piece in pieces:
            values = {speaker: slope * total for speaker, total in piece.totals.items()}
            top = max(values.values())
            whole = sum(math.exp(value - top) for value in values.values())
            right = sum(math.exp(value - top) for speaker, value in values.items() if speaker in piece.talk.therapists)
            lost -= math.log(max(right / whole, 1e-300))
        return lost

    return min((math.exp(step / 20) for step in range(-60, 31)), key=loss)


def _ceiling(pieces: Sequence[Judged], slope: float) -> float:
    """Return how often whole held-out sessions were right when sure, by Laplace's rule of succession (1814)."""
    found = [piece.confidence(slope) for piece in pieces if piece.size == 0]
    sure = [right for confidence, right in found if confidence >= LEAST_CONFIDENCE]
    return (sum(sure) + 1) / (len(sure) + 2)


def _measured(pieces: Sequence[Judged], slope: float) -> dict[str, Any]:
    """Return figures for whole sessions of each source, and the reliability of confidence by the pieces' size."""
    whole = {
        source: _counts([p for p in pieces if p.size == 0 and p.talk.ours == ours], slope)
        for source, ours in (("public", False), ("corpus", True))
        if any(p.talk.ours == ours for p in pieces)
    }
    sizes = {str(size): _counts([p for p in pieces if p.size == size], slope) for size in WINDOWS}
    return {"sessions": whole, "pieces_by_turns": sizes, "reliability": _reliability(pieces, slope)}


def _counts(pieces: Sequence[Judged], slope: float) -> dict[str, Any]:
    """Return how many best guesses are right, how many stop under 0.9, and how many go on though wrong."""
    found = [piece.confidence(slope) for piece in pieces]
    sure = [right for confidence, right in found if confidence >= LEAST_CONFIDENCE]
    return {
        "judged": len(found),
        "right": sum(right for _, right in found),
        "stopped": len(found) - len(sure),
        "wrong_and_sure": len(sure) - sum(sure),
    }


def _reliability(pieces: Sequence[Judged], slope: float) -> list[dict[str, float]]:
    """Return for bins of confidence the mean confidence and the share that is right, over pieces of all sizes."""
    found = [piece.confidence(slope) for piece in pieces]
    edges = (0.0, 0.6, 0.8, LEAST_CONFIDENCE, 0.97, 0.99, 1.000001)
    bins = []
    for low, high in pairwise(edges):
        inside = [(confidence, right) for confidence, right in found if low <= confidence < high]
        if inside:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            share = sum(right for _, right in inside) / len(inside)
            bins.append({"from": low, "pieces": len(inside), "confidence": round(mean, 4), "right": round(share, 4)})
    return bins


def _across(plain: Sequence[Talk], stripped: Sequence[Talk], log: Log) -> dict[str, Any]:
    """Train on one source, test on the other, each calibrated on what it was trained on; by writer.

    Empty where a source is missing or has fewer than two writers.
    """
    groups = {talk.group: talk.ours for talk in plain}
    if min(sum(groups.values()), len(groups) - sum(groups.values())) < 2:
        return {}
    found: dict[str, Any] = {}
    for name, trained_on_ours in (("public_to_corpus", False), ("corpus_to_public", True)):
        own = [[talk for talk in talks if talk.ours == trained_on_ours] for talks in (plain, stripped)]
        slope = _calibrate([piece for form in _out_of_group(own[0], own[1], log).values() for piece in form])
        weights = _fit([talk for talks in own for talk in talks])
        found[name] = {}
        for form, talks in (("as_is", plain), ("stripped", stripped)):
            pieces = [p for t in talks if t.ours != trained_on_ours for p in _judge(t, weights)]
            writers = sorted({p.talk.group for p in pieces}) if not trained_on_ours else []
            found[name][form] = _measured(pieces, slope) | {
                "by_writer": {
                    writer: _counts([p for p in pieces if p.size == 0 and p.talk.group == writer], slope)
                    for writer in writers
                }
            }
    return found


def nameless(session: Session) -> Session:
    """Return the session with speakers called "Speaker 1", "Speaker 2" in order of appearance, and without roles."""
    names: dict[str | None, str] = {}
    for turn in session.turns:
        names.setdefault(turn.speaker, f"Speaker {len(names) + 1}")
    return replace(session, turns=tuple(replace(t, speaker=names[t.speaker], role=None) for t in session.turns))
