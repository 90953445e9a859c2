"""WebVTT and SRT as they really come."""

import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes


def turns(text, name="s.vtt"):
    (session,) = read_bytes(text if isinstance(text, bytes) else text.encode(), name)
    return [(turn.speaker, turn.text) for turn in session.turns]


def notices(text, name="s.vtt"):
    (session,) = read_bytes(text.encode(), name)
    return [(notice.where, notice.text) for notice in session.notices]


def test_voices_become_speakers_and_neighbouring_cues_one_turn():
    text = """WEBVTT

STYLE
::cue { color: red }

NOTE a remark
over two lines

4f6c/12-0
00:00:01.000 --> 00:00:03.000 align:start
<v Ruiz, Dana (Clinic)>You kept
going.</v>

4f6c/13-0
00:03.500 --> 00:05.000
<v.loud Ruiz, Dana (Clinic)>Well <c.yellow>done</c>.

00:06.000 --> 00:08.000
<v Sam>Thanks.</v> <v Ruiz, Dana (Clinic)>[chuckles] Next one?</v>
"""
    (session,) = read_bytes(text.encode(), "s.vtt")
    assert [(t.speaker, t.text, t.start, t.end) for t in session.turns] == [
        ("Ruiz, Dana (Clinic)", "You kept going. Well done.", 1.0, 5.0),
        ("Sam", "Thanks.", 6.0, 8.0),
        ("Ruiz, Dana (Clinic)", "Next one?", 6.0, 8.0),
    ]
    assert session.notices == ()


def test_character_references_are_decoded_exactly_once():
    text = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A &amp; B>&amp;lt;b&amp;gt; is &lt;b&gt; &#39;bold&#39;&nbsp;type</v>\n"
    )
    assert turns(text) == [("A & B", "&lt;b&gt; is <b> 'bold' type")]


def test_names_that_recur_are_speakers_and_a_colon_in_speech_is_not():
    text = """WEBVTT\r
\r
1\r
00:00:01.000 --> 00:00:03.000\r
Kofi (iPad): We did the breathing thing: in for four.\r
\r
2\r
00:00:03.000 --> 00:00:05.000\r
and then: out for six.\r
\r
3\r
00:00:05.000 --> 00:00:07.000\r
Dana Ruiz: How was it?\r
\r
4\r
00:00:08.000 --> 00:00:09.000\r
Kofi (iPad): Weird.\r
\r
5\r
00:00:09.000 --> 00:00:10.000\r
Dana Ruiz: Tell me more.\r
"""
    assert turns(text) == [
        ("Kofi (iPad)", "We did the breathing thing: in for four. and then: out for six."),
        ("Dana Ruiz", "How was it?"),
        ("Kofi (iPad)", "Weird."),
        ("Dana Ruiz", "Tell me more."),
    ]


@pytest.mark.parametrize("broken", ["00:00:0x.000 --> 00:00:05.000", "00:00:03,000 --> oops 12:99"])
@pytest.mark.parametrize("name", ["s.vtt", "s.srt"])
def test_a_broken_time_costs_no_words_and_is_told_by_its_line(broken, name):
    head = "WEBVTT\n\n" if name == "s.vtt" else ""
    text = (
        f"{head}1\n00:00:01.000 --> 00:00:02.000\nDana: One.\n\n2\n{broken}\nSam: Two.\n\n"
        "3\n00:00:06.000 --> 00:00:07.000\nDana: Three.\n\n4\n00:00:08.000 --> 00:00:09.000\nSam: Four.\n"
    )
    assert turns(text, name) == [("Dana", "One."), ("Sam", "Two."), ("Dana", "Three."), ("Sam", "Four.")]
    ((where, said),) = notices(text, name)
    assert where == f"line {8 if head else 6}"
    assert "time cannot be read" in said


def test_words_after_a_stray_blank_line_stay_in_their_cue():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Dana>One,\n\ntwo.\n\n00:03.000 --> 00:04.000\n<v Sam>Yes.\n"
    assert turns(text) == [("Dana", "One, two."), ("Sam", "Yes.")]


def test_dirty_srt():
    text = """\ufeff00:00:01.000 --> 00:00:02,500 X1:10 X2:20
{\\an8}<font color="#fff">[SPEAKER_00]: Look at the <i>red</i> one.</font>

2
2
00:00:02,600 --> 00:00:04,000
- [SPEAKER_01]: This?
- [SPEAKER_00]: That one, yes. (laughs)


00:00:05,000 --> 00:00:04,000
[SPEAKER_01]: Two fish & a <3.
"""
    (session,) = read_bytes(text.encode(), "s.srt")
    assert [(t.speaker, t.text, t.start, t.end) for t in session.turns] == [
        ("SPEAKER_00", "Look at the red one.", 1.0, 2.5),
        ("SPEAKER_01", "This?", 2.6, 4.0),
        ("SPEAKER_00", "That one, yes.", 2.6, 4.0),
        ("SPEAKER_01", "Two fish & a <3.", 5.0, None),
    ]
    assert [notice.where for notice in session.notices] == ["line 11"]


def test_dashes_without_names_keep_two_speakers_apart():
    text = "1\n00:00:01,000 --> 00:00:02,000\n- Is it cold?\n- Freezing.\n"
    assert turns(text, "s.srt") == [(None, "Is it cold?"), (None, "Freezing.")]


def test_a_file_without_spoken_words_is_refused():
    with pytest.raises(InputError, match=r"s\.vtt: holds no spoken words"):
        turns("WEBVTT\n\n00:01.000 --> 00:02.000\n[silence]\n")


def test_the_content_decides_not_the_suffix():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Dana>One.\n"
    assert turns(text, "s.txt") == turns(text, "s.srt") == turns(text, "noname") == [("Dana", "One.")]


def test_a_time_inside_the_words_is_markup():
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Dana>Red <00:00:01.500>or <00:01.700><c.x>blue</c>?\n"
    assert turns(text) == [("Dana", "Red or blue?")]


def test_speakers_as_identifiers_of_cues():
    names = ["Dana Ruiz", "Sam", "Dana Ruiz", "Sam"]
    text = "WEBVTT\n\n" + "".join(
        f"{name}\n00:0{i}.000 --> 00:0{i}.900\nWords: {i}.\n\n" for i, name in enumerate(names)
    )
    assert turns(text) == [(name, f"Words: {i}.") for i, name in enumerate(names)]


@pytest.mark.parametrize("name", ["s.vtt", "s.srt"])
@pytest.mark.parametrize("dash", ["- ", ""])
def test_names_in_parentheses_on_lines_of_their_own(name, dash):
    text = (
        f"1\n00:00:01.000 --> 00:00:02.000\n(Dana)\n{dash}Is it cold?\n \n(Sam)\n{dash}Freezing (really).\n\n"
        f"2\n00:00:02.500 --> 00:00:03.000\n(Dana)\nOh.\n\n3\n00:00:03.500 --> 00:00:04.000\n(Sam)\nYes.\n"
    )
    text = text if name == "s.srt" else f"WEBVTT\n\n{text}"
    assert turns(text, name) == [
        ("Dana", "Is it cold?"),
        ("Sam", "Freezing (really)."),
        ("Dana", "Oh."),
        ("Sam", "Yes."),
    ]


@pytest.mark.parametrize("name", ["s.vtt", "s.srt"])
def test_times_backwards_or_beyond_a_day_are_told(name):
    times = [("00:00:05", "00:00:06"), ("00:00:01", "00:00:02"), ("25:00:00", "25:00:01"), ("25:00:00", "25:00:09")]
    text = "".join(f"{start}.000 --> {end}.000\nDana: It was {start}.\n\n" for start, end in times)
    told = notices(text if name == "s.srt" else f"WEBVTT\n\n{text}", name)
    assert [where for where, _ in told] == ["cue 2", "cue 3"]
    assert "2 times" in told[1][1]


def test_an_unknown_reference_stays():
    assert turns("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Dana>&notme; &not; &#33;\n") == [("Dana", "&notme; ¬ !")]
