"""``analyzer classify``."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click

if TYPE_CHECKING:
    from analyzer.classify import Classifier
    from analyzer.context import Example

CHUNK = 256
EPILOG = """\b
Examples:
  echo '{"text": "You kept going.", "client": "I did it!"}' | analyzer classify
  analyzer classify utterances.jsonl > labelled.jsonl
"""


@click.command("classify", epilog=EPILOG)
@click.argument("file", type=click.File("rb"), default="-", metavar="[FILE|-]")
@click.option(
    "--model", default="default", show_default=True, metavar="NAME|DIR", help="A shipped model or a model folder."
)
def command(file: BinaryIO, model: str) -> None:
    """Label single utterances, JSON lines in and out.

    Each line is an object with "text", and optionally "client" (the client's words before), "before" (the turn so far)
    and "id". It comes back with "label", "probabilities" and "question". A bad line gives {"error", "line"},
    and status 1
    at the end.
    """
    from analyzer.classify import Classifier
    from analyzer.shipped import find_model

    classifier = Classifier.load(find_model(model))
    bad = 0
    for chunk in _chunks(file):
        for line in _answers(classifier, chunk):
            bad += "error" in line and "label" not in line
            click.echo(json.dumps(line, ensure_ascii=False))
    if bad:
        click.echo(f"{bad} lines could not be read", err=True)
        sys.exit(1)


def _chunks(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while chunk := list(itertools.islice(numbered, CHUNK)):
        yield chunk


def _answers(classifier: Classifier, chunk: list[tuple[int, bytes]]) -> Iterator[dict[str, Any]]:
    read: list[tuple[dict[str, Any], Example | None]] = []
    for number, line in chunk:
        try:
            read.append(_parse(line))
        except (ValueError, RecursionError) as error:
            read.append(({"error": str(error), "line": number}, None))
    found = iter(classifier.predict([example for _, example in read if example is not None]))
    for given, example in read:
        if example is None:
            yield given
            continue
        prediction = next(found)
        yield given | {
            "label": str(prediction.label),
            "probabilities": {str(label): chance for label, chance in prediction.probabilities.items()},
            "question": prediction.question,
        }


def _parse(line: bytes) -> tuple[dict[str, Any], Example]:
    from analyzer.context import Example

    try:
        given = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(given, dict):
        raise ValueError("not an object")  # noqa: TRY004 - every bad line is handled the same way
    text, client, before = given.get("text"), given.get("client") or "", given.get("before") or ""
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"text" is missing or empty')
    if not isinstance(client, str) or not isinstance(before, str):
        raise ValueError('"client" and "before" are texts')  # noqa: TRY004
    return given, Example(text.strip(), client, before)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
