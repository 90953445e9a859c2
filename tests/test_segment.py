"""The segmenter that ships, on our own words as transcripts and recognisers write them; and the stripped form."""

from __future__ import annotations

import json
import pickletools
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import spacy
from analyzer.errors import InputError
from analyzer.segment import OVERLAP, PIECE, Segmenter, spans_between
from analyzer.session import Session, Turn, Utterance, session_from_json
from analyzer.strip import is_punctuation, strip_session, strip_text
from analyzer.training.segmenter import compare
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parent.parent / "models" / "segmenter"


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter.load(FOLDER)


def one_turn(text: str, role: str | None = "therapist", utterances: tuple[Utterance, ...] | None = None) -> Session:
    return Session("s", (Turn("Dana", text, role=role, utterances=utterances),))  # type: ignore[arg-type]


def sentences(segmenter: Segmenter, text: str) -> list[str]:
    (turn,) = segmenter.segment(one_turn(text)).turns
    assert turn.utterances is not None
    return [turn.words_of(utterance) for utterance in turn.utterances]


@pytest.mark.parametrize(
    "expected",
    [
        ["Hello there."],
        ["You kept your lips together the whole time.", "Shall we try the long word?"],
        ["Okay.", "So the blocks fell over, and you built them up again.", "How did you manage that?"],
        ["Well, Dr. Okafor wrote to us last week.", "Mrs. Lindqvist knows about it too."],
        ["I was going to-- no, never mind, you go first.", "What did he say?"],
        ["Great start, now slow it down!", "[laughs] You are racing like a rabbit."],
        ['You told her, "I am not coming."', "And she heard you."],
        ["It takes 2.5 minutes at most.", "Are you ready?", "Go!"],
    ],
)
def test_sentences_as_the_transcript_punctuates_them(segmenter: Segmenter, expected: list[str]) -> None:
    assert sentences(segmenter, " ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["tell me a bit about your week", "what did you do on saturday"],
        ["that sounds really hard", "what did you do then"],
        ["i'm really glad you came", "how was the week"],
        ["that's a seven", "let's try again", "what comes next"],
    ],
)
def test_sentences_of_a_recogniser_without_punctuation(segmenter: Segmenter, expected: list[str]) -> None:
    assert sentences(segmenter, " ".join(expected)) == expected


def test_one_sentence_without_punctuation_stays_one(segmenter: Segmenter) -> None:
    text = "how long have you been living in that house with your sister"
    assert sentences(segmenter, text) == [text]


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0"])
def test_a_blank_turn_has_no_utterance(segmenter: Segmenter, text: str) -> None:
    assert sentences(segmenter, text) == []


@pytest.mark.parametrize("text", ["...", "? !", " -- ", "... . ?! ♪"])
def test_marks_alone_are_one_utterance(segmenter: Segmenter, text: str) -> None:
    assert sentences(segmenter, text) == [text.strip()]


def test_line_breaks_and_blanks_hide_no_boundary(segmenter: Segmenter) -> None:
    text = "  Good morning, Ravi.\r\n\r\n\tDid you bring\nyour folder?  "
    assert sentences(segmenter, text) == ["Good morning, Ravi.", "Did you bring\nyour folder?"]


def test_offsets_are_code_points(segmenter: Segmenter) -> None:
    assert sentences(segmenter, "Well done 👩‍👧 you two 🎉! Shall we stop here?")[-1] == "Shall we stop here?"


def test_only_therapists_without_utterances_are_segmented(segmenter: Segmenter) -> None:
    text, given_spans = "I see. Go on.", (Utterance(0, 13),)
    for role in ("client", "other", None):
        session = one_turn(text, role)
        assert segmenter.segment(session, resegment=True) == session
    kept = one_turn(text, utterances=given_spans)
    assert segmenter.segment(kept) == kept
    (turn,) = segmenter.segment(kept, resegment=True).turns
    assert turn.utterances == (Utterance(0, 6), Utterance(7, 13))


def test_the_turns_around_change_nothing_where_there_is_punctuation(segmenter: Segmenter) -> None:
    texts = ["Right.", "So you went home. Did you sleep?", "No? Tell me more about that.", ""] * 50
    session = Session("s", tuple(Turn(None, text, role="therapist") for text in texts))
    alone = [segmenter.segment(one_turn(text)).turns[0].utterances for text in texts[:4]]
    assert [turn.utterances for turn in segmenter.segment(session).turns] == alone * 50


def test_a_cut_off_turn_of_a_punctuated_session_is_no_recogniser_s(segmenter: Segmenter) -> None:
    turns = ("Hello there.", "Okay, so", "It was long, Dana.", "Mm-hmm, yeah, okay, I", "Right. Let's begin.")
    session = Session("s", tuple(Turn(None, text, role="therapist") for text in turns))
    assert [len(turn.utterances or ()) for turn in segmenter.segment(session).turns] == [1, 1, 1, 1, 2]


def held_out_without_punctuation(count: int) -> list[Session]:
    folder = FOLDER.parent.parent / "corpora" / "held_out"
    read = (session_from_json(json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))[::7])
    return [strip_session(session) for session, _ in zip(read, range(count), strict=False)]


def test_without_punctuation_the_tagger_finds_more_than_the_senter_alone() -> None:
    sessions = held_out_without_punctuation(6)
    alone = Segmenter(spacy.load(FOLDER))
    figures = [
        compare(sessions, (one.segment(session, resegment=True) for session in sessions)).as_json()["f1"]
        for one in (Segmenter.load(FOLDER), alone)
    ]
    assert figures[0] > max(0.5, figures[1] + 0.1)


def test_a_broken_tagger_is_wrong_input(tmp_path: Path) -> None:
    for victim in ("tagger.onnx", "config.json"):
        broken = tmp_path / victim / "segmenter"
        shutil.copytree(FOLDER, broken)
        (broken.parent / "default").symlink_to(FOLDER.parent / "default")
        (broken / "tagger" / victim).write_bytes(b"\x93broken")
        with pytest.raises(InputError, match="tagger of sentences cannot be read"):
            Segmenter.load(broken).segment(one_turn("so you went home and then"))


def test_a_tagger_beside_other_weights_is_wrong_input(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "segmenter")
    shutil.copytree(FOLDER.parent / "default", tmp_path / "default")
    with (tmp_path / "default" / "model.onnx").open("ab") as file:
        # Protobuf reads the last of a field that comes twice: here the file's version.
        file.write(b"\x08\x08")
    with pytest.raises(InputError, match="trained on other weights"):
        Segmenter.load(tmp_path / "segmenter").segment(one_turn("so you went home and then"))


def test_a_word_of_marks_is_no_start(segmenter: Segmenter) -> None:
    found = sentences(segmenter, "so -- how was your week ... what did you do then -- was it nice")
    assert len(found) > 1
    assert all(sentence[0].isalpha() for sentence in found)


def test_a_very_long_turn_is_read_in_pieces(segmenter: Segmenter) -> None:
    sentence = f"We sing {'la' * 200} together. "
    text = sentence * 2_500
    assert len(text) > 1_000_000
    found = next(segmenter.spans([text]))
    size = len(sentence)
    assert found == [(at, at + size - 1) for at in range(0, len(text), size)]


def test_a_seam_between_pieces_is_no_boundary(segmenter: Segmenter) -> None:
    text = " ".join(["word"] * (2 * PIECE + OVERLAP))
    seams = {5 * PIECE, 10 * PIECE}
    assert not seams & {start for start, _ in next(segmenter.spans([text]))}


def test_a_word_without_end(segmenter: Segmenter) -> None:
    text = "See " + "a" * 1_200_000 + ". Then go on."
    assert len(sentences(segmenter, text)) == 2


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(alphabet=st.sampled_from("aB1 .?!,-–—…'’\"[]()\n\t\u00a0İßé中👍\u0301\u200b\x1c"), max_size=60)
    | st.text()
)
def test_spans_leave_out_nothing_but_white_space(segmenter: Segmenter, text: str) -> None:
    (turn,) = segmenter.segment(one_turn(text)).turns
    assert turn.utterances is not None
    last = 0
    for utterance in turn.utterances:
        words = turn.words_of(utterance)
        assert last <= utterance.start < utterance.end
        assert words == words.strip()
        assert not text[last : utterance.start].strip()
        last = utterance.end
    assert not text[last:].strip()
    if len(turn.utterances) > 1:
        assert all(any(c.isalnum() for c in turn.words_of(utterance)) for utterance in turn.utterances)


def test_sentences_without_words_join_a_neighbour() -> None:
    text = '" ... Yes. ?! No.'
    places = [(0, 1), (2, 5), (6, 10), (11, 13), (14, 17)]
    assert spans_between(text, places, [1, 2, 3, 4]) == [(0, 13), (14, 17)]


def test_a_missing_or_broken_folder_is_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sentence segmenter"):
        Segmenter.load(tmp_path / "nowhere")
    for victim in ("config.cfg", "meta.json", "tokenizer", "senter/model", "senter/cfg"):
        broken = tmp_path / victim.replace("/", "_")
        shutil.copytree(FOLDER, broken)
        (broken / victim).write_bytes(b"\x93broken")
        with pytest.raises(InputError, match="segmenter cannot be read") as caught:
            Segmenter.load(broken)
        assert "\n" not in str(caught.value)


def test_a_pipeline_without_a_senter_is_wrong_input(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(InputError):
        Segmenter.load(tmp_path / "blank")


def test_the_folder_holds_no_pickle_and_no_words() -> None:
    files = [path for path in FOLDER.rglob("*") if path.is_file()]
    assert not (FOLDER / "vocab").exists()
    for path in files:
        with pytest.raises(Exception):  # noqa: B017 - pickletools raises several kinds
            list(pickletools.genops(path.read_bytes()))
    assert json.loads((FOLDER / "meta.json").read_text("utf-8"))["sentence_start_threshold"] < 1


def test_spacy_is_imported_only_to_load() -> None:
    code = "import sys, analyzer.segment; raise SystemExit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_transcript_leaves_no_words_in_the_vocabulary(segmenter: Segmenter) -> None:
    segmenter.segment(one_turn("My cousin Quillfeather said so."))
    assert "Quillfeather" not in segmenter._nlp.vocab.strings


def test_strip_moves_utterances_along() -> None:
    text = "— Well-known, isn't it?  [Laughs] ... 'Yes', he SAID."
    spans = (Utterance(0, 23), Utterance(25, 33), Utterance(34, 37), Utterance(38, len(text)))
    (turn,) = strip_session(one_turn(text, utterances=spans)).turns
    assert turn.text == "well-known isn't it laughs yes he said"
    assert turn.utterances is not None
    assert [turn.words_of(one) for one in turn.utterances] == ["well-known isn't it", "laughs", "yes he said"]


def test_strip_keeps_turns_and_what_is_not_segmented() -> None:
    session = Session("s", (Turn("Sam", "...", role="client"), Turn("Dana", "?!", "therapist", utterances=())))
    stripped = strip_session(session)
    assert [turn.text for turn in stripped.turns] == ["", ""]
    assert [turn.utterances for turn in stripped.turns] == [None, ()]


@st.composite
def marked_turns(draw: st.DrawFn) -> Turn:
    text = draw(st.text(alphabet=st.sampled_from("aB1 .?!,-'’\"[]\n\u00a0İßǅé中👍\u0301")) | st.text())
    cuts = sorted(draw(st.sets(st.integers(0, len(text)))))
    return Turn(None, text, "therapist", utterances=tuple(Utterance(*pair) for pair in pairwise(cuts)))


@given(turn=marked_turns())
def test_stripped_spans_stay_valid_and_keep_their_letters(turn: Turn) -> None:
    (out,) = strip_session(Session("s", (turn,))).turns
    assert turn.utterances is not None
    assert out.utterances is not None

    def letters(text: str) -> str:
        return "".join(c.lower() for c in text if not c.isspace() and not is_punctuation(c))

    assert letters(out.text) == letters(turn.text)
    assert out.text == out.text.strip()
    assert "  " not in out.text
    assert strip_text(turn.text) == out.text
    last = 0
    for utterance in out.utterances:
        assert last <= utterance.start < utterance.end <= len(out.text)
        assert out.words_of(utterance) == out.words_of(utterance).strip()
        last = utterance.end
    wanted = [letters(turn.words_of(one)) for one in turn.utterances]
    assert "".join(letters(out.words_of(one)) for one in out.utterances) == "".join(wanted)
    marks = {c for c in out.text if is_punctuation(c)}
    assert marks <= set("'’-")
