"""What the classifier sees: the same words whether or not long turns were broken into lines."""

from dataclasses import replace

from analyzer.context import Example, Window, encode, examples_of
from analyzer.session import Session, Turn, Utterance
from hypothesis import given
from hypothesis import strategies as st


def _turn(role, text):
    spans = (Utterance(0, len(text)),) if role == "therapist" and text else ()
    return Turn(role.title(), text, role, utterances=spans if role == "therapist" else None)


def test_an_utterance_sees_the_client_before_and_the_turn_so_far(session):
    found = examples_of(session)
    assert found[0] == Example("You kept going.")
    assert found[1] == Example("Now lift your tongue.", "", "You kept going.")
    assert found[3] == Example(
        "Why do you never listen?", "Like this?", "You kept going. Now lift your tongue. Almost."
    )


def test_a_client_who_only_listens_does_not_end_the_turn():
    said = [
        ("client", "I fell off the swing."),
        ("therapist", "Ouch."),
        ("client", "Yeah."),
        ("therapist", "Poor knee."),
    ]
    found = examples_of(Session("s", tuple(_turn(*turn) for turn in said)))
    assert found[1] == Example("Poor knee.", "I fell off the swing. Yeah.", "Ouch.")
    said[2] = ("client", "And then I cried.")
    found = examples_of(Session("s", tuple(_turn(*turn) for turn in said)))
    assert found[1] == Example("Poor knee.", "And then I cried.", "")


def test_broken_lines_give_the_same_examples_as_one_turn():
    whole = Turn("T", "First. Second.", "therapist", utterances=(Utterance(0, 6), Utterance(7, 14)))
    lines = [_turn("therapist", "First."), _turn("therapist", "Second.")]
    client = [_turn("client", "Yes"), _turn("client", "and no.")]
    joined = [_turn("client", "Yes and no.")]
    one = examples_of(Session("a", (*joined, whole)))
    two = examples_of(Session("a", (*client, *(replace(line, speaker="T") for line in lines))))
    assert one == two


def test_two_therapists_have_turns_of_their_own():
    first = Turn("A", "One.", "therapist", utterances=(Utterance(0, 4),))
    second = Turn("B", "Two.", "therapist", utterances=(Utterance(0, 4),))
    assert examples_of(Session("a", (first, second)))[1].before == ""


@given(st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300)), max_size=5))
def test_no_input_is_longer_than_the_window(pipeline, parts):
    window = Window(8, 6, 5)
    found = encode(pipeline.classifier._tokenizer, [Example(*part) for part in parts], window)
    assert all(len(item.ids) == len(item.types) <= 8 + 6 + 5 + 4 for item in found)


def test_a_very_long_turn_is_read_at_its_ends(pipeline):
    words = "word " * 5000
    found = encode(pipeline.classifier._tokenizer, [Example(words, words, words)], Window(8, 6, 5))[0]
    assert len(found.ids) == 8 + 6 + 5 + 4
