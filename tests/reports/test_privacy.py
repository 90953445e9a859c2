"""Reports that say less hold nothing of what they leave out, in any form."""

import io
import re
import zipfile

import pytest
from analyzer.reports import render
from analyzer.reports.privacy import with_initials
from analyzer.session import Session, Turn, Utterance
from hypothesis import given, settings
from hypothesis import strategies as st

FORMATS = ["text", "json", "html", "csv", "xlsx"]
WORDS = ["perambulator", "quincunx", "zeugma", "bathysphere"]


@pytest.fixture(scope="module")
def report(pipeline):
    turns = [
        Turn("Dana Ruiz", f"Well done, Kofi, that {WORDS[i % 4]} was yours. Dana's turn, or Ruiz's?", "therapist")
        if i % 2 == 0
        else Turn("Kofi (iPad)", f"My {WORDS[i % 4]}, Dana Ruiz. KOFI wins.", "client")
        for i in range(24)
    ]
    return pipeline.run(Session("kofi-tuesday", tuple(turns), extra={"note": "perambulator, Kofi"}))


def visible(content, fmt):
    if fmt != "xlsx":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if "sheet" in name.lower())


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_text_leaves_every_spoken_word_out(report, fmt):
    text = visible(render(report, fmt, no_text=True), fmt)
    assert not [word for word in WORDS if word in text]
    assert "Dana Ruiz" in text


@pytest.mark.parametrize("fmt", FORMATS)
def test_initials_replace_names_everywhere(report, fmt):
    text = visible(render(report, fmt, initials=True), fmt)
    assert not re.findall(r"\b(?:dana|ruiz|kofi|ipad)\b", text, re.IGNORECASE)
    assert "D.R." in text


def test_names_of_roles_stay(pipeline):
    turns = [Turn("Therapist" if i % 2 == 0 else "Mum", "We can ask Mum.", None) for i in range(8)]
    session = with_initials(pipeline.run(Session("s", tuple(turns)))).session
    assert {turn.speaker for turn in session.turns} == {"Therapist", "Mum"}
    assert session.turns[1].text == "We can ask Mum."


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["Dana", "dana ruiz", "Ruiz,", "Danish", "ok.", "é", "Kofi's"]), min_size=1, max_size=20),
    st.data(),
)
def test_utterances_still_hold_their_words_after_names_have_changed(pipeline, words, data):
    text = " ".join(words)
    starts = [0, *(m.end() for m in re.finditer(" ", text))]
    cuts = sorted(data.draw(st.sets(st.sampled_from(starts), min_size=1)) | {0})
    spans = [text[a:b].rstrip() for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
    utterances = tuple(Utterance(a, a + len(span)) for a, span in zip(cuts, spans, strict=True))
    turns = (Turn("Dana Ruiz", text, "therapist", utterances=utterances), Turn("Kofi", "Yes.", "client"))
    changed = with_initials(pipeline.run(Session("s", turns))).session.turns[0]
    assert not re.findall(r"\b(?:dana|ruiz|kofi)\b", changed.text, re.IGNORECASE)
    joined = " ".join(changed.words_of(u) for u in changed.utterances)
    assert joined == changed.text
