"""Cards, decisions, and whose turn it is."""

import random
from collections import Counter

import pytest
from analyzer.errors import InputError
from analyzer.labels import LABELS
from analyzer.library.access import ClosedError
from analyzer.library.handover import adjudicate, hand_over, history, items, open_early, send_back
from analyzer.library.people import add_person
from analyzer.library.review import act, draw_cards, queue, reveal, show, show_card
from analyzer.library.store import document, list_sessions, note_look, words_of
from analyzer.library.tables import Card
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=120), st.integers(0, 30), st.integers(0, 1000))
def test_cards_hold_every_flag_and_stand_for_every_utterance(found, sample, seed):
    utterances = [(i, p, flag) for i, (p, flag) in enumerate(found, 1)]
    cards = draw_cards(utterances, sample, random.Random(seed))
    flagged = {number for number, _, flag in utterances if flag}
    assert {card.number for card in cards if card.kind == "flagged"} == flagged
    assert len({card.number for card in cards}) == len(cards)
    assert sorted(card.place for card in cards) == list(range(len(cards)))
    rest = len(utterances) - len(flagged)
    drawn = [card for card in cards if card.kind == "sample"]
    if sample == 0:
        assert not drawn
    else:
        assert min(rest, sample) <= len(drawn) <= max(sample, 3)
        assert all(0 < card.chance <= 1 for card in cards)
        # Each card weighs as much as the utterances that it stands for; together they are the session.
        assert sum(1 / card.chance for card in drawn) == pytest.approx(rest)


def test_likely_ones_are_drawn_more_often():
    utterances = [(i, i / 100, False) for i in range(100)]
    counts = Counter(card.number for seed in range(300) for card in draw_cards(utterances, 10, random.Random(seed)))
    top, rest = sum(counts[i] for i in range(80, 100)), sum(counts[i] for i in range(50))
    assert top / 20 > 4 * rest / 50
    assert rest > 0


def test_the_queue_resumes_skips_and_takes_back(library, people, kept):
    trainee, *_ = people(library)
    name = kept(library)
    first = queue(library, trainee, name)
    assert (first.done, first.last, first.blind) == (0, None, True)
    act(library, trainee, name, first.card.id, "skip")
    second = queue(library, trainee, name).card
    assert second.id != first.card.id
    act(library, trainee, name, second.id, "label", label="criticism")
    where = queue(library, trainee, name)
    assert (where.done, where.last.id) == (1, second.id)
    act(library, trainee, name, second.id, "undo")
    assert queue(library, trainee, name).card.id == second.id
    seen = []
    while (card := queue(library, trainee, name).card) is not None:
        seen.append(card.id)
        act(library, trainee, name, card.id, "label", label="other")
    assert len(seen) == where.total
    assert seen[-1] == first.card.id, "the skipped card comes last"


def test_a_label_is_blind_until_something_was_seen(library, people, kept):
    trainee, *_ = people(library)
    name = kept(library)

    def blind(card):
        from analyzer.library.tables import Event

        with library.database.read() as transaction:
            wanted = select(Event).where(Event.card_id == card, Event.kind == "label").order_by(Event.id)
            return [event.blind for event in transaction.scalars(wanted)]

    one = queue(library, trainee, name).card.id
    act(library, trainee, name, one, "label", label="other")
    act(library, trainee, name, one, "undo")
    act(library, trainee, name, one, "label", label="validation")
    assert blind(one) == [True, False], "after the answer was shown, a new label is not blind"
    two = queue(library, trainee, name).card.id
    act(library, trainee, name, two, "looked")
    act(library, trainee, name, two, "label", label="other")
    assert blind(two) == [False]
    three = queue(library, trainee, name).card.id
    act(library, trainee, name, three, "label", label="other")
    assert blind(three) == [True]
    document(library, trainee, name)
    assert not queue(library, trainee, name).blind
    four = queue(library, trainee, name).card.id
    act(library, trainee, name, four, "label", label="other")
    assert blind(four) == [False]


def test_a_card_shows_words_and_nothing_of_the_model(library, people, kept):
    trainee, *_ = people(library)
    name = kept(library)
    card = queue(library, trainee, name).card
    shown = show_card(library, trainee, name, card)
    _, body = words_of(library, trainee, name)
    assert shown.text
    assert len(shown.before) <= 2
    assert "".join([shown.within[0], shown.text, shown.within[1]]) in {turn["text"] for turn in body["turns"]}
    with pytest.raises(InputError, match="after your decision"):
        reveal(library, trainee, name, card.id)
    act(library, trainee, name, card.id, "label", label="validation")
    _, _, judgement, standing = reveal(library, trainee, name, card.id)
    assert judgement.label in set(map(str, LABELS))
    assert standing.label == "validation"
    with pytest.raises(InputError, match="no number"):
        show(body, 10_000)


def test_acts_that_make_no_sense_are_refused(library, people, kept):
    trainee, other, _ = people(library)
    name, second = kept(library), kept(library)
    card = queue(library, trainee, name).card.id
    foreign = queue(library, trainee, second).card.id
    for arguments, reason in (
        ((name, card, "label"), "no label"),
        ((name, card, "erase"), "no such action"),
        ((name, card, "comment"), "empty"),
        ((name, card, "undo"), "take back"),
        ((name, foreign, "skip"), "no such card"),
        ((name, 10**6, "skip"), "no such card"),
    ):
        with pytest.raises(InputError, match=reason):
            act(library, trainee, *arguments)
    with pytest.raises(InputError, match="no such session"):
        act(library, other, name, card, "skip")


def test_the_trainee_comes_first(library, people, kept, clock):
    trainee, other, supervisor = people(library)
    name = kept(library)
    card = queue(library, trainee, name).card
    act(library, trainee, name, card.id, "label", label="criticism")
    for look in (document, items):
        with pytest.raises(ClosedError):
            look(library, supervisor, name)
        with pytest.raises(InputError, match="no such session"):
            look(library, other, name)
    # A supervisor may label blind before that, and gets no answer.
    act(library, supervisor, name, card.id, "label", label="other")
    with pytest.raises(ClosedError):
        reveal(library, supervisor, name, card.id)
    assert not next(i for i in items(library, trainee, name) if i.card == card.id).supervisors
    with pytest.raises(InputError, match="by its trainee"):
        hand_over(library, supervisor, name)
    hand_over(library, trainee, name)
    with pytest.raises(InputError, match="before"):
        hand_over(library, trainee, name)
    item = next(i for i in items(library, supervisor, name) if i.card == card.id)
    assert (item.trainee, item.supervisors, item.status) == ("criticism", {"S1": "other"}, "open")
    assert next(i for i in items(library, trainee, name) if i.card == card.id).supervisors == {"S1": "other"}
    assert [step.kind for step in history(library, trainee, name)] == ["hand_over"]


def test_a_session_opens_by_itself_after_the_sites_days(library, people, kept, clock):
    _, _, supervisor = people(library)
    name = kept(library)
    clock.pass_days(13.9)
    with pytest.raises(ClosedError):
        items(library, supervisor, name)
    clock.pass_days(0.2)
    assert items(library, supervisor, name)
    later = kept(library)
    library.choose(supervisor, "open_after_days", 2)
    clock.pass_days(3)
    assert items(library, supervisor, later)


def test_opening_early_needs_a_reason_and_is_shown(library, people, kept):
    trainee, _, supervisor = people(library)
    name = kept(library)
    with pytest.raises(InputError, match="reason"):
        open_early(library, supervisor, name, "  ")
    with pytest.raises(InputError, match="only a supervisor"):
        open_early(library, trainee, name, "because I want to")
    open_early(library, supervisor, name, "the client named a risk")
    assert items(library, supervisor, name)
    (step,) = history(library, trainee, name)
    assert (step.person, step.kind, step.note) == ("S1", "open_early", "the client named a risk")
    with pytest.raises(InputError, match="is open"):
        open_early(library, supervisor, name, "once more, please")


def test_sent_back_answered_and_settled_with_history(library, people, kept):
    trainee, _, supervisor = people(library)
    name = kept(library)
    card = queue(library, trainee, name).card.id
    hand_over(library, trainee, name)

    def item(person):
        return next(i for i in items(library, person, name) if i.card == card)

    assert item(supervisor).status == "not reviewed"
    send_back(library, supervisor, name, card, "what did the client hear?")
    assert item(trainee).status == "sent back"
    model = item(supervisor).model
    act(library, trainee, name, card, "label", label=model)
    act(library, trainee, name, card, "comment", note="I see it now")
    assert item(supervisor).status == "agreed"
    act(library, supervisor, name, card, "label", label=next(str(x) for x in LABELS if str(x) != model))
    assert item(trainee).status == "open"
    adjudicate(library, supervisor, name, card, "constructive_feedback", "we talked it over")
    for person in (trainee, supervisor):
        found = item(person)
        assert (found.status, found.final) == ("settled", "constructive_feedback")
        kinds = [step.kind for step in found.history]
        assert kinds == ["send_back", "label", "comment", "label", "adjudicate"]
        assert found.history[-1].note == "we talked it over"
    for refused in (
        lambda: send_back(library, trainee, name, card, "no"),
        lambda: adjudicate(library, trainee, name, card, "other"),
        lambda: send_back(library, supervisor, name, card, " "),
        lambda: adjudicate(library, supervisor, name, card, "fine"),
        lambda: adjudicate(library, supervisor, name, 10**6, "other"),
    ):
        with pytest.raises(InputError):
            refused()


def test_an_administrator_reads_nothing(library, people, kept):
    people(library)
    administrator = add_person(library, None, "A1", "administrator")
    name = kept(library)
    assert list_sessions(library, administrator) == ([], 0)
    for look in (document, items, queue, words_of, note_look):
        with pytest.raises(InputError, match="no such session"):
            look(library, administrator, name)


def test_two_reviewers_at_once_both_count(local, people, kept):
    from concurrent.futures import ThreadPoolExecutor

    trainee, _, supervisor = people(local)
    name = kept(local)
    with local.database.read() as transaction:
        cards = list(transaction.scalars(select(Card.id).where(Card.session_id == name)))

    def label_all(person):
        for card in cards:
            act(local, person, name, card, "label", label="other")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(label_all, (trainee, supervisor)))
    for person in (trainee, supervisor):
        assert queue(local, person, name).done == len(cards)
