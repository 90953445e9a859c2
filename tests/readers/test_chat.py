"""CHAT files, and the words that CLAN counts in them."""

import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes
from analyzer.readers.chat import counted
from hypothesis import given
from hypothesis import strategies as st

FILE = """@UTF8
@Begin
@Languages:\teng
@Participants:\tCHI Theo Target_Child, THE Dana Ruiz
\tTherapist, MOT Mother
@ID:\teng|x|CHI|5;06.|male|||Target_Child|||
*THE:\twhat did you see at the
\tzoo ? \x15500_2000\x15
%mor:\tint|what v|do
*CHI:\ta &-um (.) <a big> [//] one big snake . \x152100_4000\x15
*CHI:\tit runned [: ran] [*] away +...
*MOT:\the was scared &=laughs .
*THE:\tNew_York has (be)cause +/.
@End
"""


def test_turns_times_names_and_roles():
    (session,) = read_bytes(FILE.encode(), "s.cha")
    assert [(t.speaker, t.role, t.text, t.start, t.end) for t in session.turns] == [
        ("Dana Ruiz", "therapist", "what did you see at the zoo?", 0.5, 2.0),
        ("Theo", "client", "a one big snake. it ran away…", 2.1, None),
        ("Mother", None, "he was scared.", None, None),
        ("Dana Ruiz", "therapist", "New York has because—", None, None),
    ]
    assert session.notices == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("the [/] the dog .", "the dog."),
        ("<I want> [/] <I want> [//] I need it !", "I need it!"),
        ("goed@n [: went] [*] home ?", "went home?"),
        ("xxx .", ""),
        ("+< yeah (..) no: way", "yeah no way"),
        ("woof@o 0is &~bi big [= the dog] [+ gram]", "woof big"),
        ("look ‡ mama", "look, mama"),
        ("(2.3) I 0am here [% whispers]", "I here"),
        ("0 [=! cries] .", ""),
    ],
)
def test_what_counts(line, words):
    assert counted(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("<I was> [/] I was &-um there .", "I was I was um there."),
        ("the [/] the &+do dog [*] &=laughs (.) xxx .", "the the do dog [laughs] (.) xxx."),
        ("+< well &*CLI:mhm 0is here +...", "well [CLI mhm] here…"),
    ],
)
def test_what_is_said_word_for_word(line, words):
    assert counted(line, verbatim=True) == words


def test_what_is_not_declared_or_cut_off_is_told():
    text = "@Begin\n@Participants:\tCHI Target_Child\n*CHI:\thello .\n*XYZ:\thi there .\n"
    (session,) = read_bytes(text.encode(), "s.cha")
    assert [(n.where, n.text) for n in session.notices] == [
        ("line 4", "a speaker who is not among the @Participants"),
        ("end of file", "the file has no @End; it may be cut off"),
    ]


def test_no_lines_no_session():
    with pytest.raises(InputError, match=r"\*CODE: words"):
        read_bytes(b"@UTF8\n@Begin\n@End\n", "s.cha")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=80))
def test_any_line_gives_single_spaced_words(line):
    words = counted(line)
    assert words == " ".join(words.split())
