"""The tables of docs/formats.md are those of the code."""

from pathlib import Path

from analyzer.readers import READERS
from analyzer.readers.catalogue import EXAMPLES, PRODUCTS
from scripts.formats_table import PAGE, filled


def test_every_reader_has_an_example_and_every_product_a_reader():
    assert set(EXAMPLES) == {reader.name for reader in READERS}
    assert {product.reader for product in PRODUCTS} <= set(EXAMPLES)


def test_the_page_is_up_to_date():
    page = Path(PAGE).read_text("utf-8")
    assert filled(page) == page, "run: python scripts/formats_table.py --write"
