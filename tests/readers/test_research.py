"""SALT, TextGrid and ELAN."""

import tempfile
from pathlib import Path

import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes


def turns(data, name):
    (session,) = read_bytes(data if isinstance(data, bytes) else data.encode(), name)
    return [(turn.speaker, turn.text, turn.start) for turn in session.turns]


SALT = """$ Child, Examiner
+ Language: English
+ [EO] = overgeneralisation
- 0:00
E What did the dog/z friend do?
: :03
C (Um he) he jump/ed over the big {points} fence and
run/ing [EO:ran] *to Tom_and_Jerry^
E He jump/ed?
= a comment
C <Yes> XX he do/3s n't~
- 1:30
E Tell me more, then>
"""


def test_salt():
    assert turns(SALT, "s.slt") == [
        ("Examiner", "What did the dog's friend do?", 0.0),
        ("Child", "he jumped over the big fence and running Tom and Jerry—", None),
        ("Examiner", "He jumped?", None),
        ("Child", "Yes he does n't…", None),
        ("Examiner", "Tell me more, then…", 90.0),
    ]
    (session,) = read_bytes(SALT.encode(), "s.txt")
    assert [turn.role for turn in session.turns[:2]] == ["therapist", "client"]


LONG = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 9
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = "Dana"
        xmin = 0
        xmax = 9
        intervals: size = 3
        intervals [1]:
            xmin = 0
            xmax = 2.5
            text = "Tell me ""all"" of it."
        intervals [2]:
            xmin = 2.5
            xmax = 7
            text = ""
        intervals [3]:
            xmin = 7
            xmax = 9
            text = "All
day."
    item [2]:
        class = "IntervalTier"
        name = "Sam"
        xmin = 0
        xmax = 9
        intervals: size = 2
        intervals [1]:
            xmin = 0
            xmax = 3
            text = " "
        intervals [2]:
            xmin = 3
            xmax = 9
            text = "It rained."
    item [3]:
        class = "TextTier"
        name = "bell"
        xmin = 0
        xmax = 9
        points: size = 1
        points [1]:
            number = 4
            mark = "ring"
"""
SHORT = """File type = "ooTextFile short"
"TextGrid"

0
9
<exists>
2
"IntervalTier"
"Dana"
0
9
2
0
2.5
"Tell me ""all"" of it."
7
9
"All
day."
"IntervalTier"
"Sam"
0
9
1
3
9
"It rained."
"""
GRID = [("Dana", 'Tell me "all" of it.', 0.0), ("Sam", "It rained.", 3.0), ("Dana", "All day.", 7.0)]


@pytest.mark.parametrize("text", [LONG, SHORT])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_textgrid(text, encoding):
    assert turns(text.encode(encoding), "s.TextGrid") == GRID


def test_a_textgrid_that_is_cut_off():
    with pytest.raises(InputError, match="cut off"):
        read_bytes(SHORT[:90].encode(), "s.TextGrid")


EAF = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" VERSION="3.0">
<TIME_ORDER><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="7000"/><TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="0"/>
<TIME_SLOT TIME_SLOT_ID="ts2"/><TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="5000"/></TIME_ORDER>
<TIER TIER_ID="t" PARTICIPANT="Dana">
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a3" TIME_SLOT_REF1="ts4" TIME_SLOT_REF2="ts4"><ANNOTATION_VALUE>All day.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2"><ANNOTATION_VALUE>Tell me.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
</TIER>
<TIER TIER_ID="Sam"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts2" TIME_SLOT_REF2="ts3"><ANNOTATION_VALUE>It rained.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER>
<TIER TIER_ID="gloss" PARENT_REF="Sam"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a9" ANNOTATION_REF="a2"><ANNOTATION_VALUE>rain PAST</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>
</ANNOTATION_DOCUMENT>"""


def test_elan():
    assert turns(EAF, "s.eaf") == [("Dana", "Tell me.", 0.0), ("Sam", "It rained.", 2.5), ("Dana", "All day.", 7.0)]


def test_entities_are_refused():
    bomb = EAF.replace(
        "<ANNOTATION_DOCUMENT", '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><ANNOTATION_DOCUMENT', 1
    )
    with pytest.raises(InputError, match="not allowed"):
        read_bytes(bomb.replace("Tell me.", "&b;").encode(), "s.eaf")
    with pytest.raises(InputError, match="line "):
        read_bytes(EAF[:700].encode(), "s.eaf")


@pytest.mark.parametrize(("named", "encoding"), [("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1")])
def test_elan_in_the_encoding_that_it_names(named, encoding):
    text = f"""<?xml version="1.0" encoding="{named}"?>
<ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="100"/></TIME_ORDER>
<TIER TIER_ID="Zoë"><ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="n1" TIME_SLOT_REF1="a" TIME_SLOT_REF2="gone">
<ANNOTATION_VALUE>A café.</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION></TIER></ANNOTATION_DOCUMENT>"""
    (session,) = read_bytes(text.encode(encoding), "s.eaf")
    assert [(turn.speaker, turn.text, turn.start, turn.end) for turn in session.turns] == [
        ("Zoë", "A café.", 0.1, None)
    ]
    assert "annotation n1" in [notice.where for notice in session.notices]


def test_the_two_tiers_of_a_forced_aligner_are_one_speaker():
    from praatio import textgrid

    grid = textgrid.Textgrid()
    for who, words in (("Dana", [(0, 1, "Well"), (1, 2, "done.")]), ("Sam", [(3, 4, "Thanks.")])):
        grid.addTier(textgrid.IntervalTier(f"{who} - words", words, 0, 5))
        sounds = [(start, end, "AH") for start, end, _ in words]
        grid.addTier(textgrid.IntervalTier(f"{who} - phones", sounds, 0, 5))
    with tempfile.NamedTemporaryFile(suffix=".TextGrid") as file:
        grid.save(file.name, format="short_textgrid", includeBlankSpaces=True)
        data = Path(file.name).read_bytes()
    assert turns(data, "s.TextGrid") == [("Dana", "Well done.", 0.0), ("Sam", "Thanks.", 3.0)]
