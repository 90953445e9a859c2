"""Kappa, missed criticisms, workload, trend, strengths: figures against known answers."""

import random
from datetime import date

import numpy as np
import pytest
from analyzer.errors import InputError
from analyzer.labels import LABELS, Label
from analyzer.library.agreement import Pair, agreements, kappas, missed, reviewers, upper_limit
from analyzer.library.handover import hand_over
from analyzer.library.review import act, draw_cards, queue
from analyzer.library.strengths import own_strength
from analyzer.library.tables import Card, Spoken
from analyzer.library.trend import Point, overlap, trend, what_moved
from analyzer.library.workload import ITEMS, adopt, begin, following, label_drawn, point_for
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import func, select


def test_kappa_is_cohens_with_weights():
    rng = random.Random(3)
    pairs = [
        Pair(f"s{i % 9}", rng.choice([1.0, 4.0, 9.0]), rng.randrange(5), rng.randrange(5) if rng.random() < 0.4 else 1)
        for i in range(300)
    ]
    one, two = [pair.one for pair in pairs], [pair.two for pair in pairs]
    weights = [pair.weight for pair in pairs]
    found = kappas(pairs)
    assert found[0].value == pytest.approx(cohen_kappa_score(one, two, sample_weight=weights))
    for index, kappa in enumerate(found[1:]):
        expected = cohen_kappa_score([x == index for x in one], [x == index for x in two], sample_weight=weights)
        assert kappa.value == pytest.approx(expected)
        assert kappa.interval[0] <= kappa.value <= kappa.interval[1]


def test_few_items_give_counts_alone():
    pairs = [Pair("a", 1.0, 0, 0)] * 49
    assert all(kappa.value is None and kappa.interval is None for kappa in kappas(pairs))
    more = [Pair("a", 1.0, i % 2, i % 2) for i in range(96)] + [Pair("b", 1.0, 3, 3)] * 4
    found = {kappa.name: kappa for kappa in kappas(more)}
    assert found["all"].value == pytest.approx(1)
    assert found["criticism"].value is None
    assert (found["criticism"].items, found["criticism"].agreed) == (4, 4)


def test_weights_undo_the_choice_of_cards():
    """Flags pick the disputed lines; kappa of the cards alone is far off, the weighted one is the whole session's."""
    rng = random.Random(5)
    weighted, whole, plain = [], [], []
    for session in range(60):
        truth = [3 if rng.random() < 0.1 else 4 for _ in range(100)]
        model = [t if rng.random() < 0.95 else 7 - t for t in truth]
        utterances = [(i, 0.9 if m == 3 else rng.random() * 0.1, m == 3) for i, m in enumerate(model)]
        whole += [Pair(str(session), 1.0, t, m) for t, m in zip(truth, model, strict=True)]
        for card in draw_cards(utterances, 10, rng):
            weighted.append(Pair(str(session), 1 / card.chance, truth[card.number], model[card.number]))
            plain.append(Pair(str(session), 1.0, truth[card.number], model[card.number]))
    target = kappas(whole)[0].value
    assert abs(kappas(weighted)[0].value - target) < 0.08
    assert abs(kappas(plain)[0].value - target) > abs(kappas(weighted)[0].value - target)


@given(st.integers(1, 60), st.data(), st.sampled_from([0.05, 0.05 / 3, 0.2]))
def test_the_upper_limit_is_clopper_and_pearsons(looked, data, level):
    found = data.draw(st.integers(0, looked))
    expected = 1.0 if found == looked else beta.ppf(1 - level, found + 1, looked - found)
    assert upper_limit(found, looked, level) == pytest.approx(expected, abs=1e-9)


def test_nothing_looked_at_bounds_nothing():
    assert upper_limit(0, 0, 0.05) == 1.0


def label_cards(library, person, name, labels):
    """Label every card of a session: with the model's label, or by what ``labels`` says of a kind."""
    with library.database.read() as transaction:
        joined = select(Card, Spoken).join(
            Spoken, (Spoken.session_id == Card.session_id) & (Spoken.number == Card.number)
        )
        cards = transaction.execute(joined.where(Card.session_id == name).order_by(Card.place)).all()
    for card, spoken in cards:
        act(library, person, name, card.id, "label", label=labels.get(card.kind, spoken.label))
    return [card for card, _ in cards]


def test_agreement_and_missed_criticisms_of_sessions(library, people, kept):
    trainee, other, supervisor = people(library)
    names = [kept(library) for _ in range(6)]
    cards = [label_cards(library, trainee, name, {}) for name in names]
    label_cards(library, supervisor, names[0], {"sample": "criticism"})
    (own,) = agreements(library, trainee, "T1")
    assert (own.one, own.two, own.sessions) == ("T1", "model", 6)
    assert own.kappas[0].items == sum(map(len, cards))
    assert own.kappas[0].value == pytest.approx(1)
    assert agreements(library, supervisor, "T1") == [], "nothing is open yet"
    assert reviewers(library, supervisor) == ["S1", "T1"]
    assert reviewers(library, other) == []
    for code in ("T1", "S1", "T2"):
        with pytest.raises(InputError, match="nobody"):
            agreements(library, other, code)
    for name in names:
        hand_over(library, trainee, name)
    for one, other_one in (("S1", "T1"), ("T1", "S1")):
        found = agreements(library, supervisor, one)
        assert [(a.one, a.two) for a in found] == [(one, "model"), (one, other_one)]
    pooled, single = missed(library, trainee, "T1")
    assert (pooled.sessions, pooled.found, pooled.estimate) == (6, 0, 0)
    # The supervisor's blind labels count before the trainee's.
    pooled, single = missed(library, supervisor, "T1")
    samples = [card for card in cards[0] if card.kind == "sample"]
    assert single[names[0]].found == len(samples)
    assert single[names[0]].estimate == pytest.approx(sum(1 / card.chance for card in samples))
    assert single[names[0]].bound == single[names[0]].utterances
    assert 0 < single[names[1]].bound < single[names[1]].utterances
    assert pooled.interval[0] <= pooled.estimate <= pooled.interval[1]


def test_unblind_labels_count_for_no_agreement(local, people, kept):
    from analyzer.library.store import document

    trainee, *_ = people(local)
    name = kept(local)
    document(local, trainee, name)
    label_cards(local, trainee, name, {})
    assert reviewers(local, trainee) == []
    assert missed(local, trainee, "T1")[0].sessions == 0


def test_calibration_for_a_workload(library, people, kept):
    trainee, _, supervisor = people(library)
    with pytest.raises(InputError, match="fewer than"):
        begin(library, supervisor, random.Random(1))
    for _ in range(3):
        kept(library)
    with pytest.raises(InputError, match="supervisor's"):
        begin(library, trainee)
    assert begin(library, supervisor, random.Random(1)) == ITEMS
    strata = []
    while (item := following(library, supervisor)[0]) is not None:
        with library.database.read() as transaction:
            spoken = transaction.get(Spoken, (item.session_id, item.number))
        strata.append(spoken.criticism)
        label_drawn(library, supervisor, item.id, "criticism" if spoken.criticism > 0.05 else "other")
    assert len(strata) == ITEMS
    assert sum(value >= 0.08 for value in strata) >= 8, "likely criticisms are drawn far above their share"
    for cards in (2, 8, 30):
        point = point_for(library, supervisor, cards)
        with library.database.read() as transaction:
            flagged = transaction.scalar(
                select(func.count()).select_from(Spoken).where(Spoken.criticism >= point.threshold)
            )
        assert point.cards == pytest.approx(1.5 * flagged / 3)
        assert point.cards <= cards
        assert point.found == sum(value > 0.05 for value in strata)
        assert (point.recall is None) == (point.found < 10)
    generous, strict = point_for(library, supervisor, 60), point_for(library, supervisor, 1)
    assert generous.threshold <= strict.threshold
    if generous.recall is not None:
        assert generous.recall >= strict.recall
    with pytest.raises(InputError, match="above 0"):
        point_for(library, supervisor, 0)
    adopt(library, supervisor, strict.threshold)
    assert library.setting("threshold") == strict.threshold
    with pytest.raises(InputError):
        adopt(library, trainee, 0.5)
    with pytest.raises(InputError, match="your calibration"):
        label_drawn(library, trainee, 1, "other")


def test_the_sites_threshold_decides_the_next_upload(local, pipeline, example, people):
    from analyzer.library.store import analyse
    from analyzer.readers import read

    _, _, supervisor = people(local)
    loose = analyse(local, read(example), pipeline)
    adopt(local, supervisor, 0.9)
    strict = analyse(local, read(example), pipeline)
    assert strict.threshold == 0.9
    assert strict.report.summary.flagged < loose.report.summary.flagged


def test_trend_leaves_out_what_may_not_be_seen(library, people, kept, clock):
    trainee, other, supervisor = people(library)
    first, second = kept(library, held=date(2026, 1, 1)), kept(library, held=date(2026, 2, 1))
    assert [point.session for point in trend(library, trainee, "T1")] == [first, second]
    assert trend(library, supervisor, "T1") == []
    assert trend(library, other, "T1") == []
    hand_over(library, trainee, second)
    assert [point.session for point in trend(library, supervisor, "T1")] == [second]


def point(day, count, utterances, interval):
    return Point(
        f"s{day}",
        "n",
        date(2026, 1, day),
        utterances,
        dict.fromkeys(LABELS, count),
        dict.fromkeys(LABELS, count / utterances),
        dict.fromkeys(LABELS, interval),
    )


def test_what_moved_claims_no_more_than_the_intervals_bear():
    early, same = point(1, 10, 100, (0.06, 0.15)), point(2, 8, 90, (0.05, 0.13))
    assert "no change can be told" in what_moved([early, same], Label.CRITICISM)
    fewer = point(3, 1, 95, (0.0, 0.03))
    assert "lower" in what_moved([early, fewer], Label.CRITICISM)
    assert "the number of these utterances" in what_moved([early, fewer], Label.CRITICISM)
    longer = point(4, 9, 400, (0.01, 0.04))
    assert "the length of the session" in what_moved([early, longer], Label.CRITICISM)
    assert "higher" in what_moved([fewer, early], Label.CRITICISM)
    assert "two sessions" in what_moved([early], Label.CRITICISM)


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)), st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_overlap(one, two):
    one, two = tuple(sorted(one)), tuple(sorted(two))
    assert overlap(one, two) == (max(one[0], two[0]) <= min(one[1], two[1]))
    assert overlap(one, two) == overlap(two, one)


def test_a_strength_is_the_trainees_own_nearest_clear_line(library, people, kept, analysed):
    people(library)
    earlier = kept(library, held=date(2026, 1, 1))
    theirs = kept(library, "T2", held=date(2026, 1, 2))
    later = kept(library, held=date(2026, 2, 1))
    with library.database.read() as transaction:
        spoken = list(transaction.scalars(select(Spoken).where(Spoken.session_id == later).order_by(Spoken.number)))
    flagged = [line for line in spoken if line.flagged]
    clear = {
        line.text
        for line in spoken
        if line.label in ("validation", "constructive_feedback") and line.likely >= 0.7 and not line.flagged
    }
    found = [own_strength(library, later, line.number) for line in flagged]
    assert any(found)
    for strength in filter(None, found):
        assert strength.session == earlier
        assert strength.session != theirs
        assert strength.text in clear
    assert own_strength(library, earlier, flagged[0].number) is None, "nothing is earlier than the first session"
    assert own_strength(library, later, next(line.number for line in spoken if line.vector is None)) is None


def test_vectors_are_kept_in_half_precision(local, kept, analysed):
    name = kept(local)
    with local.database.read() as transaction:
        line = transaction.scalar(select(Spoken).where(Spoken.session_id == name, Spoken.flagged))
    vector = np.frombuffer(line.vector, np.float16)
    assert vector.shape == analysed.vectors.shape[1:]
    assert np.linalg.norm(vector.astype(float)) == pytest.approx(1, abs=0.01)


def test_queue_of_an_unknown_session(local, people):
    trainee, *_ = people(local)
    with pytest.raises(InputError, match="no such session"):
        queue(local, trainee, "0" * 16)
