"""The generated tables of docs/formats.md.

python scripts/formats_table.py            # prints the page
python scripts/formats_table.py --write    # writes them into docs/formats.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

from analyzer.readers import READERS
from analyzer.readers.catalogue import EXAMPLES, PRODUCTS
from analyzer.writers import WRITERS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "formats.md"
BEGIN, END = "<!-- generated: {} -->", "<!-- end of generated: {} -->"


def tables() -> dict[str, str]:
    """Return each table of the page as Markdown, by its name."""
    readers = ["| `--input-format` | what it is | suffixes | looks like |", "|---|---|---|---|"]
    readers += [f"| {r.name} | {r.title} | {' '.join(r.suffixes)} | {_code(EXAMPLES[r.name])} |" for r in READERS]
    products = ["| product | reader | how to export | what is kept |", "|---|---|---|---|"]
    products += [f"| {p.product} | {p.reader} | {p.export} | {p.keeps} |" for p in PRODUCTS]
    times = {"all": "as they are", "filled": "as they are, missing ones estimated", "start": "starts"}
    writers = [
        "| `--to` | times | roles | labels | utterances | neighbouring turns of one speaker |",
        "|---|---|---|---|---|---|",
    ]
    writers += [
        f"| {w.name} | {times[w.times]} | {_yes(w.roles)} | {_yes(w.labels)} | {_yes(w.utterances)} | "
        f"{'stay apart' if w.neighbours else 'become one'} |"
        for w in WRITERS.values()
    ]
    return {"readers": "\n".join(readers), "products": "\n".join(products), "writers": "\n".join(writers)}


def filled(page: str) -> str:
    """Return the page with its tables made anew."""
    for name, table in tables().items():
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = page.partition(begin)
        page = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return page


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def main() -> int:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true")
    page = filled(PAGE.read_text("utf-8"))
    if parser.parse_args().write:
        PAGE.write_text(page, "utf-8")
    else:
        print(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
