"""HTML, Markdown, RTF, ODT, PDF and oTranscribe, made by the programs that make them or in their exact form."""

import io
import json

import pytest
from analyzer.errors import InputError
from analyzer.readers import read_bytes

WANTED = [("Dana", "Tell me about it."), ("Sam", "It rained. All day."), ("Dana", "All day.")]


def turns(data, name):
    (session,) = read_bytes(data if isinstance(data, bytes) else data.encode(), name)
    return [(turn.speaker, turn.text) for turn in session.turns]


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><title>x: y</title></head><body><p><b>Dana:</b> Tell me about it.</p><p><b>Sam:</b> It rained. All\n day.</p><p><b>Dana:</b> All day.</p></body></html>",
        "<div><p><strong>Dana</strong> Tell me about it.</p><p><strong>Sam</strong> It rained. All day.</p><p><strong>Dana</strong> All day.</p></div>",
        "<!DOCTYPE html><body>Dana: Tell me about it.<br>Sam: It rained. All day.<br>Dana: All day.<script>alert('Sam: no')</script></body>",
        "<table><tr><th>Speaker</th><th>Time</th><th>Text</th></tr><tr><td>Dana</td><td>0:01</td><td>Tell me about it.</td></tr>"
        "<tr><td>Sam</td><td>0:03</td><td>It rained. All day.</td></tr><tr><td>Dana</td><td>0:09</td><td>All day.</td></tr></table>",
        "<table><tr><td>0:01</td><td>Dana</td><td>Tell me about it.</td></tr><tr><td>0:03</td><td>Sam</td><td>It rained. All day.</td></tr>"
        "<tr><td>0:09</td><td>Dana</td><td>All day.</td></tr></table>",
    ],
)  # fmt: skip
def test_html(page):
    assert turns(page, "s.html") == WANTED


def test_markdown():
    text = (
        "# Session 3\n\n**Dana:** Tell me about it.\n\n[00:00:03] **Sam:** It rained. All day.\n\n**Dana:** All day.\n"
    )
    assert turns(text, "s.md") == WANTED


def test_rtf():
    text = r"{\rtf1\ansi\deff0{\fonttbl{\f0 Calibri;}}\f0\fs22 {\b Dana:} Tell me about it.\par Sam: It rained. All day.\par Dana: All day.\par}"
    assert turns(text, "s.rtf") == WANTED


def opendocument(*paragraphs, table=None):
    from odf import table as tables
    from odf import text as texts
    from odf.opendocument import OpenDocumentText
    from odf.style import Style, TextProperties

    document = OpenDocumentText()
    bold = Style(name="strong", family="text")
    bold.addElement(TextProperties(fontweight="bold"))
    document.automaticstyles.addElement(bold)
    for name, words in paragraphs:
        paragraph = texts.P()
        paragraph.addElement(texts.Span(stylename=bold, text=name))
        paragraph.addText(f" {words}")
        document.text.addElement(paragraph)
    if table:
        made = tables.Table()
        for row in table:
            line = tables.TableRow()
            for cell in row:
                box = tables.TableCell()
                box.addElement(texts.P(text=cell))
                line.addElement(box)
            made.addElement(line)
        document.text.addElement(made)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def test_odt():
    assert turns(opendocument(*WANTED), "s.odt") == WANTED
    assert turns(opendocument(table=WANTED), "s.odt") == WANTED


def portable(pages):
    from fpdf import FPDF

    document = FPDF()
    document.set_font("Helvetica")
    for number, page in enumerate(pages, 1):
        document.add_page()
        if page is None:
            continue
        document.cell(0, 10, f"Session 3, page {number} of {len(pages)}", new_x="LMARGIN", new_y="NEXT")
        for line in page:
            document.multi_cell(60, 6, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(document.output())


def test_pdf():
    lines = [f"{name}: {words}" for name, words in WANTED]
    assert turns(portable([lines[:2], lines[2:]]), "s.pdf") == WANTED


def test_a_pdf_of_pictures_is_refused():
    with pytest.raises(InputError, match="pictures of pages"):
        read_bytes(portable([None]), "s.pdf")


@pytest.mark.parametrize("cut", [5, 200, 900])
def test_a_broken_pdf_is_refused(cut):
    with pytest.raises(InputError):
        read_bytes(portable([["Dana: Hello."]])[:cut], "s.pdf")


def test_otranscribe():
    mark = '<span class="timestamp" data-timestamp="{0}">0:00</span>&nbsp;'
    html = "".join(
        f"<p>{mark.format(12.25 * i)}<b>{name}:</b> {words}<br /></p>" for i, (name, words) in enumerate(WANTED)
    )
    data = json.dumps({"text": html, "media": "talk.mp3", "media-time": 31.2})
    (session,) = read_bytes(data.encode(), "s.otr")
    assert [(t.speaker, t.text, t.start) for t in session.turns] == [
        (*pair, 12.25 * i) for i, pair in enumerate(WANTED)
    ]


def test_what_ends_most_pages_by_chance_stays_and_what_is_left_out_is_told():
    pages = [["Dana: Is it cold?", "Sam: Yes."], ["Dana: And wet?", "Sam: Yes."], ["Dana: Go on.", "Sam: Yes."]]
    (session,) = read_bytes(portable(pages), "s.pdf")
    assert [turn.text for turn in session.turns] == ["Is it cold?", "Yes.", "And wet?", "Yes.", "Go on.", "Yes."]
    assert [notice.text for notice in session.notices] == ["3 lines at the head or foot of pages were left out"]


def test_paragraphs_of_a_cell_are_words_apart():
    from odf import table as tables
    from odf import text as texts
    from odf.opendocument import OpenDocumentText

    document, made = OpenDocumentText(), tables.Table()
    for name, words in WANTED:
        row = tables.TableRow()
        for parts in ([name], words.split(". ")):
            cell = tables.TableCell()
            for part in parts:
                cell.addElement(texts.P(text=part if part.endswith((".", name)) else f"{part}."))
            row.addElement(cell)
        made.addElement(row)
    document.text.addElement(made)
    out = io.BytesIO()
    document.write(out)
    assert turns(out.getvalue(), "s.odt") == WANTED


def test_names_in_headings_of_markdown():
    text = "# Session 3\n\n## Dana (0:03)\nTell me about it.\n\n## Sam (0:05)\nIt rained. All day.\n\n## Dana (0:09)\nAll day.\n"
    assert turns(text, "s.md") == WANTED
