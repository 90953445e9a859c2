"""Who is the therapist: by request, by the input, by names, by speech; and what happens when that is unclear."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from analyzer.errors import InputError, UnclearRolesError
from analyzer.roles import (
    EXCERPT,
    LEAST_CONFIDENCE,
    NAME_CONFIDENCE,
    RoleScorer,
    assign_roles,
    features,
    join_turns,
    read_name,
)
from analyzer.session import Role, Session, Turn, session_to_json
from analyzer.strip import strip_session
from hypothesis import given
from hypothesis import strategies as st

WEIGHTS = Path(__file__).parents[1] / "models" / "roles.json"
# A scorer whose verdict can be read off the text: "you" speaks for the therapist, "i" against.
PLAIN = RoleScorer(frozenset({"i", "you"}), {"you": 1.0, "i": -1.0}, 0.0, 1.0, 0.99)

ADULT = """
A: So how has it been since we last talked?
B: Not great. I had a drink on Friday, well, I had about six, and then I felt awful and I didn't go to my sister's.
A: And you'd been looking forward to that.
B: Yeah, I had. I just thought, I've blown it now, so I might as well carry on.
A: What was going on for you just before the first one?
B: I don't know, really. I was on my own and I was bored, I suppose.
A: It sounds like being on your own is the hardest part of your week.
B: It is. I'm such an idiot, I always do this.
"""
CHILD = """
A: Can you see my screen? Tell me what you can see.
B: A fish! I got a fish at home.
A: You do? What's your fish called?
C: He hasn't got one, he's telling stories. I'm sorry, I told him we'd practise but I was at work all week.
A: That's okay, you did what you could. Now, are you ready? Say it with me.
B: Fiss.
A: Nearly. Put your teeth on your lip, like this, and blow. What can you feel?
B: It tickles me.
C: I keep forgetting to do that with him at home, I'm hopeless.
"""
# The client asks, and blames herself; the therapist lectures, and hardly asks.
TRAP = """
A: Can I ask you something? Do you think I'm a bad mum? Because I shouted at her again, I was so angry, and then I
  sat in the car and I thought, what is wrong with me? I should have known better, I always ruin it. Is that normal?
B: So what you're describing is very common. When you're tired, your body gets ready to fight, and that's not something
  you choose. What you can do is notice it earlier. Once you've noticed it you can step out, and that gives you time.
A: But what if I can't? I never listen to anybody, that's my problem, I'm useless at this. Do you know what I mean?
B: You're being very hard on yourself. You noticed it afterwards, and you came here today to talk about it. The next
  thing for you is to do that a little bit earlier, so think about what you feel in your body just before.
A: I don't know. I'm just lazy, I think. My mother said that. Do you think she was right about me?
B: It sounds like you've carried that for a long time.
"""


@pytest.fixture(scope="module")
def scorer() -> RoleScorer:
    return RoleScorer.load(WEIGHTS)


def session(script: str, **names: str) -> Session:
    turns: list[Turn] = []
    for line in script.strip().splitlines():
        if line.startswith("  "):
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {line.strip()}")
        else:
            speaker, _, text = line.partition(": ")
            turns.append(Turn(names.get(speaker, speaker), text))
    return Session("s1", tuple(turns))


def two(first: str, second: str, script: str = ADULT) -> Session:
    return session(script, A=first, B=second)


def roles_of(found: Session) -> dict[str | None, Role | None]:
    return {turn.speaker: turn.role for turn in found.turns}


# ── by request ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_named_therapist_is_believed_whatever_else_speaks_against_it() -> None:
    found = assign_roles(two("Client", "  Dana  RUIZ "), therapists=["dana ruiz"], scorer=PLAIN)
    assert roles_of(found) == {"Client": "client", "  Dana  RUIZ ": "therapist"}
    assert found.role_confidence == 1.0


def test_several_therapists_and_others_by_name() -> None:
    three = session(CHILD, A="Kim", B="Interpreter", C="Lee")
    found = assign_roles(three, therapists=["Kim", "Lee"], scorer=PLAIN)
    assert roles_of(found) == {"Kim": "therapist", "Interpreter": "other", "Lee": "therapist"}


def test_a_request_overrides_roles_in_the_input() -> None:
    swapped = replace(
        two("Dana", "Sam"),
        turns=tuple(replace(t, role="client" if t.speaker == "A" else None) for t in two("A", "B").turns),
    )
    assert roles_of(assign_roles(swapped, therapists=["A"], scorer=PLAIN)) == {"A": "therapist", "B": "client"}


def test_an_unknown_name_lists_the_speakers() -> None:
    with pytest.raises(InputError) as caught:
        assign_roles(two("Dana", "Sam's mum\x1b[2J"), therapists=["Danna"], scorer=PLAIN)
    message = str(caught.value)
    assert "Danna" in message
    assert "Dana" in message
    assert message.isprintable()


def test_a_name_as_the_message_shows_it_can_be_typed() -> None:
    odd = 'Da"na\x07 $(x)'
    unclear = session("A: hello\nB: hi", A=odd, B="Sam")
    with pytest.raises(UnclearRolesError) as caught:
        assign_roles(unclear, scorer=PLAIN)
    message = str(caught.value)
    assert message.isprintable()
    words = shlex.split(message)
    typed = [words[i + 1] for i, word in enumerate(words) if word == "--therapist"]
    for name, speaker in zip(typed, (odd, "Sam"), strict=True):
        assert roles_of(assign_roles(unclear, therapists=[name], scorer=PLAIN))[speaker] == "therapist"


# ── roles in the input ──────────────────────────────────────────────────────────────────────────────────────────────


def test_roles_in_the_input_are_kept_and_fill_in_for_the_same_speaker() -> None:
    given_roles: list[Role | None] = ["client", "therapist", None, None, None, "therapist", None, None]
    raw = two("Therapist", "Sam")
    raw = replace(raw, turns=tuple(replace(t, role=r) for t, r in zip(raw.turns, given_roles, strict=True)))
    found = assign_roles(raw, scorer=PLAIN)
    assert roles_of(found) == {"Therapist": "client", "Sam": "therapist"}
    assert found.role_confidence == 1.0


def test_a_client_in_the_input_leaves_the_other_as_the_therapist() -> None:
    raw = two("Dana", "Sam")
    raw = replace(raw, turns=tuple(replace(t, role="client" if t.speaker == "Sam" else None) for t in raw.turns))
    found = assign_roles(raw, scorer=PLAIN)
    assert roles_of(found) == {"Dana": "therapist", "Sam": "client"}
    assert found.role_confidence == pytest.approx(NAME_CONFIDENCE)


def test_a_session_of_one_speaker_with_the_role_is_fine() -> None:
    raw = Session("s1", (Turn(None, "Well done.", role="therapist"),))
    assert assign_roles(raw, scorer=PLAIN).turns == raw.turns


# ── names ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("Therapist", "therapist"),
        ("THERAPIST 1", "therapist"),
        ("Therapist_2", "therapist"),
        ("Dana Ruiz (SLP)", "therapist"),
        ("Dana Ruiz, S.L.P.", "therapist"),
        ("Dana (Therapist)", "therapist"),
        ("Dana - counsellor", "therapist"),
        ("Speech-Language Pathologist", "therapist"),
        ("Student clinician", "therapist"),
        ("Parent coach", "therapist"),
        ("School Social Worker", "therapist"),
        ("OT", "therapist"),
        ("Client's therapist", "therapist"),
        ("Client", "client"),
        ("Client2", "client"),
        ("PATIENT:", "client"),
        ("Maya's mum", "client"),
        ("Maya’s Mom", "client"),
        ("Dr. Patel (patient)", "client"),
        ("Therapist's assistant", "other"),
        ("Interpreter (for mother)", "other"),
        ("Aide", "other"),
        ("Dr. Lind", "title"),
        ("Supervisor", "second"),
        ("T", "code-t"),
        ("T1", "code-t"),
        ("C.", "code-c"),
        ("PT", "code-either"),
        ("Dana (T)", "code-t"),
        ("Dana Ruiz", None),
        ("Speaker 1", None),
        ("SPEAKER_00", None),
        ("Tom C", None),
        ("Therapist/Client", None),
        ("Theresa", None),
        ("", None),
    ],
)
def test_names_are_read(name: str, reading: str | None) -> None:
    assert read_name(name) == reading


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Therapist", "Client"),
        ("T", "C"),
        ("TH", "CL"),
        ("I", "P"),
        ("PT", "Patient"),
        ("PT", "P"),
        ("SLP", "Maya"),
        ("Dr. Lind", "Maya"),
        ("Dana", "Client"),
        ("Teacher", "Student"),
        ("Interviewer", "Participant"),
        ("Counsellor", "Caller"),
        ("T", "PT"),
    ],
)
def test_names_decide_and_the_rest_follows(first: str, second: str) -> None:
    found = assign_roles(two(first, second), scorer=PLAIN)
    assert roles_of(found) == {first: "therapist", second: "client"}
    assert found.role_confidence == pytest.approx(NAME_CONFIDENCE)


@pytest.mark.parametrize(
    ("first", "second"), [("T", "S. Lee"), ("C", "P"), ("C", "M"), ("Dr. Lind", "Dr. Pell"), ("PT", "Maya")]
)
def test_what_names_leave_open_is_decided_by_speech(first: str, second: str, scorer: RoleScorer) -> None:
    found = assign_roles(two(second, first), scorer=scorer)
    assert roles_of(found) == {second: "therapist", first: "client"}


def test_others_by_name_are_no_candidates(scorer: RoleScorer) -> None:
    found = assign_roles(session(CHILD, A="Interpreter", B="Finn", C="Rosa"), scorer=scorer, accept=True)
    assert roles_of(found)["Interpreter"] == "other"
    assert set(roles_of(found).values()) == {"other", "therapist", "client"}


def test_a_supervisor_is_other_beside_a_therapist() -> None:
    found = assign_roles(session(CHILD, A="Therapist", B="Finn", C="Supervisor"), scorer=PLAIN)
    assert roles_of(found) == {"Therapist": "therapist", "Finn": "client", "Supervisor": "other"}


def test_parents_and_children_are_both_clients() -> None:
    found = assign_roles(session(CHILD, A="Dana", B="Child", C="Mum"), scorer=PLAIN)
    assert roles_of(found) == {"Dana": "therapist", "Child": "client", "Mum": "client"}


def test_names_that_speech_clearly_contradicts_are_not_believed(scorer: RoleScorer) -> None:
    swapped = two("Client", "Therapist")
    with pytest.raises(UnclearRolesError) as caught:
        assign_roles(swapped, scorer=scorer)
    assert caught.value.confidence < LEAST_CONFIDENCE
    assert roles_of(assign_roles(swapped, therapists=["Client"], scorer=scorer))["Client"] == "therapist"


def test_only_clients_by_name_is_an_error() -> None:
    with pytest.raises(InputError, match="--therapist"):
        assign_roles(two("Mum", "Child"), scorer=PLAIN)


# ── speech ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stripped", [False, True], ids=["as is", "recogniser"])
@pytest.mark.parametrize(
    ("script", "therapist"), [(ADULT, "A"), (CHILD, "A"), (TRAP, "B")], ids=["adult", "child", "trap"]
)
def test_the_therapist_is_found_by_speech(script: str, therapist: str, stripped: bool, scorer: RoleScorer) -> None:
    raw = strip_session(session(script)) if stripped else session(script)
    # Names without meaning, and the order turned round, so that it is not the first speaker who is chosen.
    for part in (raw, replace(raw, turns=raw.turns[1:])):
        found = assign_roles(part, scorer=scorer)
        assert {s for s, role in roles_of(found).items() if role == "therapist"} == {therapist}
        assert found.role_confidence is not None
        assert LEAST_CONFIDENCE <= found.role_confidence <= scorer.ceiling


def test_a_short_session_is_less_sure_than_a_long_one(scorer: RoleScorer) -> None:
    turns = [(turn.speaker or "", turn.text) for turn in session(ADULT).turns]
    by_length = [scorer.probabilities(turns[:n])["A"] for n in (2, 4, 8)]
    assert by_length == sorted(by_length)
    assert by_length[0] < by_length[-1]


def test_punctuation_case_and_captions_change_nothing(scorer: RoleScorer) -> None:
    whole = [(turn.speaker or "", turn.text) for turn in session(ADULT).turns]
    plain = [(turn.speaker or "", turn.text) for turn in strip_session(session(ADULT)).turns]
    captions = [(speaker, word) for speaker, text in whole for word in text.split()]
    assert scorer.probabilities(plain) == pytest.approx(scorer.probabilities(whole))
    assert scorer.probabilities(captions) == pytest.approx(scorer.probabilities(whole))


def test_unclear_speech_stops_with_what_a_person_needs() -> None:
    long = "word " * 40
    with pytest.raises(UnclearRolesError) as caught:
        assign_roles(session(f"A: {long}\nB: \x1b[31mhello", A="Dana Ruiz"), scorer=PLAIN)
    error = caught.value
    assert error.confidence == pytest.approx(0.5)
    assert [name for name, _ in error.speakers] == ["Dana Ruiz", "B"]
    assert all(len(text) <= EXCERPT and text.isprintable() for _, text in error.speakers)
    assert "--therapist 'Dana Ruiz'" in str(error)
    assert "word" not in str(error)
    assert "hello" not in str(error)


def test_accepting_goes_on_with_a_notice() -> None:
    found = assign_roles(session("A: you\nB: hm"), accept=True, scorer=PLAIN)
    assert roles_of(found) == {"A": "therapist", "B": "client"}
    assert found.role_confidence == pytest.approx(0.731, abs=0.001)
    assert "unclear" in found.notices[0].text


def test_the_guess_comes_first_in_the_message() -> None:
    with pytest.raises(UnclearRolesError, match=r"--therapist B or --therapist A"):
        assign_roles(session("A: hm\nB: you"), scorer=PLAIN)


# ── speakers that are not told apart ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("speaker", [None, "", "  ", "Speaker", "Therapist"])
def test_one_speaker_is_an_error_that_says_what_to_do(speaker: str | None) -> None:
    raw = Session("s1", (Turn(speaker, "How are you?"), Turn(speaker, "Fine.")))
    with pytest.raises(InputError, match="separate the speakers"):
        assign_roles(raw, scorer=PLAIN)


def test_a_few_turns_without_a_speaker_are_left_aside() -> None:
    raw = two("Therapist", "Client")
    raw = replace(raw, turns=(*raw.turns[:2], Turn(None, "(silence)"), *raw.turns[2:]))
    found = assign_roles(raw, scorer=PLAIN)
    assert found.turns[2].role == "other"
    assert found.notices[0].where == "turn 3"


def test_many_turns_without_a_speaker_are_an_error() -> None:
    raw = two("Therapist", "Client")
    raw = replace(raw, turns=(Turn(None, "word " * 50), *raw.turns))
    with pytest.raises(InputError, match="turn 1"):
        assign_roles(raw, scorer=PLAIN)


def test_a_silent_therapist_is_an_error() -> None:
    raw = Session("s1", (Turn("Therapist", " "), Turn("Client", "Hello?")))
    with pytest.raises(InputError, match="says nothing"):
        assign_roles(raw, scorer=PLAIN)


# ── the scorer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_shipped_weights_see_no_word_outside_their_list(scorer: RoleScorer) -> None:
    allowed = scorer.words | {"_", "<"}
    assert all(set(name.split()) <= allowed for name in scorer.weights)
    assert not scorer.words & {"drink", "drinking", "smoke", "smoking", "school", "mum", "alcohol", "doctor"}


def test_features_by_hand() -> None:
    assert features("You, [laughs] um, YOU'RE tall?", {"you", "youre"}) == {
        "you",
        "youre",
        "< you",
        "you youre",
        "youre _",
    }
    assert join_turns([("A", "one"), ("A", "two"), ("B", "…"), ("A", "three")]) == [("A", "one two three")]


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "[]",
        "{}",
        '{"format": "roles/2"}',
        '{"format": "roles/1", "words": 3}',
        json.dumps({"format": "roles/1", "words": [], "weights": {"a": "x"}, "intercept": 0, "slope": 1, "ceiling": 1}),
        json.dumps(
            {"format": "roles/1", "words": [], "weights": {}, "intercept": float("nan"), "slope": 1, "ceiling": 1}
        ),
    ],
)
def test_missing_or_broken_weights_are_an_error_in_one_line(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "roles.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(InputError) as caught:
        RoleScorer.load(path)
    assert "roles.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.lists(
        st.tuples(st.none() | st.text(max_size=12) | st.sampled_from(["T", "C", "Mum", "Dr. A"]), st.text(max_size=40)),
        max_size=8,
    ),
    st.booleans(),
)
def test_any_session_gets_all_roles_or_one_line_of_error(turns: list[tuple[str | None, str]], accept: bool) -> None:
    raw = Session("s1", tuple(Turn(speaker, text) for speaker, text in turns))
    try:
        found = assign_roles(raw, accept=accept, scorer=PLAIN)
    except InputError as error:
        assert str(error).isprintable()
        return
    assert [(t.speaker, t.text) for t in found.turns] == [(t.speaker, t.text) for t in raw.turns]
    assert all(turn.role for turn in found.turns)
    assert any(turn.role == "therapist" for turn in found.turns)
    assert found.role_confidence is not None
    assert accept or found.role_confidence >= LEAST_CONFIDENCE


# ── training ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_training_writes_weights_that_load_and_tell_who_is_who(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from analyzer.training.roles import nameless, train_roles

    data = tmp_path / "data"
    data.mkdir()
    for number in range(12):
        script, therapist = ((ADULT, "A"), (CHILD, "A"), (TRAP, "B"))[number % 3]
        raw = session(script)
        turns = tuple(replace(t, role="therapist" if t.speaker == therapist else "client") for t in raw.turns)
        whole = session_to_json(Session(f"s{number}", turns)) | ({"writer": f"w{number % 3}"} if number < 6 else {})
        (data / f"s{number}.json").write_text(json.dumps(whole), "utf-8")
    metrics = train_roles([data], tmp_path / "roles.json", log=lambda _: None)
    trained = RoleScorer.load(tmp_path / "roles.json")

    assert metrics["sessions"] == {"public": 6, "corpus": 6}
    for form in ("as_is", "stripped"):
        counts = metrics["held_out"][form]["sessions"]["corpus"]
        assert counts["judged"] == 6
        assert counts["right"] <= 6
    assert set(metrics["across"]["public_to_corpus"]["as_is"]["by_writer"]) == {"w0", "w1", "w2"}
    assert json.loads((tmp_path / "roles.json").read_text("utf-8"))["metrics"] == metrics
    found = assign_roles(nameless(session(TRAP)), scorer=trained, accept=True)
    assert roles_of(found) == {"Speaker 1": "client", "Speaker 2": "therapist"}


def test_the_shipped_weights_carry_what_they_achieved() -> None:
    metrics = json.loads(WEIGHTS.read_text("utf-8"))["metrics"]
    for form in ("as_is", "stripped"):
        for counts in metrics["held_out"][form]["sessions"].values():
            assert counts["right"] >= 0.98 * counts["judged"]
            assert counts["wrong_and_sure"] <= 0.02 * counts["judged"]
