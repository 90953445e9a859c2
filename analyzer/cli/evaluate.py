"""``analyzer evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

EPILOG = """\b
Examples:
  analyzer evaluate default sessions/
  analyzer evaluate my-model/ sessions/ --strip --json
"""


@click.command("evaluate", epilog=EPILOG)
@click.argument("model", metavar="MODEL")
@click.argument("data", type=click.Path(exists=True, path_type=Path), metavar="DATA")
@click.option(
    "--boundaries",
    type=click.Choice(["own", "gold"]),
    default="own",
    show_default=True,
    help="Find utterances ourselves, or keep the coders'.",
)
@click.option("--strip", is_flag=True, help="Write the sessions as a recogniser without punctuation would.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: str, data: Path, boundaries: str, strip: bool, as_json: bool) -> None:
    """Compare a model with coded sessions.

    MODEL is a shipped model's name or a model folder, DATA a folder of session JSON with labels (or one file).
    Speakers' roles are taken from the data; labels never reach the analysis.
    """
    from analyzer.pipeline import Pipeline
    from analyzer.training.evaluate import evaluate

    result = evaluate(Pipeline(model), data, gold_boundaries=boundaries == "gold", strip=strip)
    click.echo(json.dumps(result, indent=1) if as_json else _table(result))


def _table(result: dict[str, Any]) -> str:
    lines = [f"{result['sessions']} sessions, {result['utterances']} utterances"]
    for label, row in result["labels"].items():
        lines.append(
            f"{label:22} P {row['precision']:.3f}  R {row['recall']:.3f}  F1 {row['f1']:.3f}  n {row['support']}"
        )
    for name, value in result.items():
        if name in ("sessions", "utterances", "labels"):
            continue
        shown = value
        if isinstance(value, dict):
            shown = "  ".join(f"{label} {_round(item)}" for label, item in value.items())
        elif isinstance(value, list):
            shown = " to ".join(_round(item) for item in value)
        elif value is not None:
            shown = _round(value)
        lines.append(f"{name:28} {shown}")
    return "\n".join(lines)


def _round(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
