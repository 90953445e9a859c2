"""What people get to see, made from real analyses."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import openpyxl
import pytest
from analyzer.labels import LABELS
from analyzer.readers import read
from analyzer.reports import render
from analyzer.session import Session, Turn

FORMATS = ["text", "json", "html", "csv", "xlsx"]


@pytest.fixture(scope="module")
def report(pipeline, example):
    return pipeline.run(read(example))


@pytest.fixture(scope="module")
def hostile(pipeline):
    """A session whose names and words try to break every form."""
    words = "<script>alert(1)</script> & \"q\" 'q' \x1b[31mred\x1b[0m \u202eright to left"
    names = ('=HYPERLINK("x\x1b[31mred")', "<img src=x onerror=y>")
    turns = tuple(
        Turn(
            names[i % 2],
            f"{'-+@='[i % 4]}1 and what do you think about this: {words}, which you said was number {i}?",
            "therapist" if i % 2 == 0 else "client",
        )
        for i in range(12)
    )
    return pipeline.run(Session("<b>id</b>", turns))


def page(report, **options):
    return render(report, "html", **options).decode()


class Strict(HTMLParser):
    """Counts tags, and checks that what is opened is closed."""

    VOID = frozenset(["meta", "input", "br", "rect", "img"])

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[key] for key in ("href", "src") if key in given]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(text):
    parser = Strict()
    parser.feed(text)
    assert not parser.open
    return parser


def test_the_page_is_whole_and_needs_nothing_from_outside(report):
    text = page(report)
    found = parsed(text)
    assert found.ids
    assert len(found.ids) == len(set(found.ids))
    assert all(link.startswith("#") and link[1:] in found.ids for link in found.links)
    assert "script" not in found.tags
    assert "url(" not in text
    assert "@import" not in text
    assert f'id="u{report.summary.utterances}"' in text


def test_the_page_holds_the_whole_transcript(report):
    said = re.sub(r"<[^>]+>", "", page(report).replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))
    for turn in report.session.turns:
        for utterance in turn.utterances or ():
            assert turn.words_of(utterance) in said
        if turn.role != "therapist":
            assert turn.text in said


def test_strengths_come_before_flags(report):
    text = render(report, "text", width=100).decode()
    places = [text.index(title) for title in ("WHAT MAY HAVE HELPED", "IN NUMBERS", "TIME LINE", "WORTH A SECOND LOOK")]
    assert places == sorted(places)
    web = page(report)
    assert web.index('id="strengths"') < web.index('id="numbers"') < web.index('id="flags"')


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_fits_its_width(report, width):
    for line in render(report, "text", width=width).decode().splitlines():
        assert len(line) <= width


def test_no_colour_unless_asked_for(report):
    assert b"\x1b" not in render(report, "text")
    assert b"\x1b[" in render(report, "text", colour=True)


def test_each_utterance_has_its_character_on_the_time_line(report):
    text = render(report, "text", width=100).decode()
    strip = text[text.index("TIME LINE") : text.index("One character an utterance")]
    drawn = "".join(re.sub(r"^ *\S+  ", "", line) for line in strip.splitlines()[1:])
    wanted = "".join(
        "·" if u.label == "other" else u.label.style.key for _, _, u in report.session.therapist_utterances()
    )
    assert drawn == wanted


def test_json_is_the_interchange_format(report):
    data = json.loads(render(report, "json"))
    assert data["format"] == "session/1"
    assert {"turns", "summary", "model", "warnings"} <= data.keys()
    assert list(data["summary"]["labels"]) == list(LABELS)
    spans = [u for t in data["turns"] for u in t.get("utterances", [])]
    assert len(spans) == data["summary"]["utterances"]
    assert all(abs(sum(u["probabilities"].values()) - 1) < 1e-3 for u in spans)


def test_tables_have_a_row_for_each_utterance(report):
    rows = list(csv.DictReader(io.StringIO(render(report, "csv").decode())))
    labelled = [row for row in rows if row["label"]]
    assert len(labelled) == report.summary.utterances
    assert {row["role"] for row in labelled} == {"therapist"}
    sheet = openpyxl.load_workbook(io.BytesIO(render(report, "xlsx"))).active
    assert sheet.max_row == len(rows) + 1
    assert [cell.value for cell in sheet[1]] == list(rows[0])


def test_words_cannot_become_markup(hostile):
    text = page(hostile)
    found = parsed(text)
    assert "script" not in found.tags
    assert "img" not in found.tags
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_words_cannot_steer_a_terminal(hostile):
    for colour in (False, True):
        text = render(hostile, "text", colour=colour).decode()
        assert "\x1b[31mred" not in text
        assert "\u202e" not in text
        assert r"\x1b[31mred" in text


def test_words_cannot_become_formulas(hostile):
    for row in csv.DictReader(io.StringIO(render(hostile, "csv").decode())):
        for cell in (row["text"], row["speaker"], row["session"]):
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    sheet = openpyxl.load_workbook(io.BytesIO(render(hostile, "xlsx"))).active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_session_of_few_utterances_gives_counts_only(pipeline, session, fmt):
    few = pipeline.run(session)
    content = render(few, fmt)
    assert content
    if fmt == "text":
        assert "counts only" in content.decode()
        assert "95 of 100" not in content.decode()
    if fmt == "json":
        assert json.loads(content)["summary"]["labels"]["other"]["share"] is None
