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
  analyzer evaluate --compare default my-model/ reviewed/
"""


@click.command("evaluate", epilog=EPILOG)
@click.argument("model", metavar="MODEL")
@click.argument("rest", nargs=-1, required=True, metavar="[NEW] DATA")
@click.option("--compare", is_flag=True, help="Tell what changes from MODEL to NEW on the sessions of DATA.")
@click.option(
    "--boundaries",
    type=click.Choice(["own", "gold"]),
    default="own",
    show_default=True,
    help="Find utterances ourselves, or keep the coders'.",
)
@click.option("--strip", is_flag=True, help="Write the sessions as a recogniser without punctuation would.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(model: str, rest: tuple[str, ...], compare: bool, boundaries: str, strip: bool, as_json: bool) -> None:
    """Compare a model with coded sessions, or two models with each other.

    MODEL is a shipped model's name or a model folder, DATA a folder of session JSON with labels (or one file).
    Speakers' roles are taken from the data; labels never reach the analysis.

    With --compare, DATA may be what analyzer corpus export-reviews wrote; then its held-out sessions decide. It tells
    F1 of both with the interval of the difference, McNemar's test, and which flags would appear or go. No model is
    swapped by it.
    """
    from analyzer.pipeline import Pipeline
    from analyzer.training.evaluate import evaluate

    if len(rest) != 1 + compare:
        raise click.UsageError("give MODEL NEW DATA" if compare else "give MODEL DATA; two models need --compare")
    data = Path(rest[-1])
    if not data.exists():
        raise click.UsageError(f"{data}: no such file or folder")
    if compare:
        from analyzer.training.compare import compare as between

        found = between(Pipeline(model), Pipeline(rest[0]), data)
        click.echo(json.dumps(found, indent=1) if as_json else _changes(found))
        return
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


def _changes(found: dict[str, Any]) -> str:
    lines = [f"{found['sessions']} sessions, {found['utterances']} settled utterances"]
    for name, row in {**found["labels"], "macro-F1": found["macro_f1"]}.items():
        interval = row["interval"]
        between = f"({interval[0]:+.3f} to {interval[1]:+.3f})" if interval else "(one session: no interval)"
        both = f"old {row['old']:.3f}  new {row['new']:.3f}  {row['difference']:+.3f}"
        lines.append(f"{name:22} {both} {between}  n {row['support']}")
    test = found["mcnemar"]
    lines.append(
        f"right only with the old {test['only_old_right']}, only with the new {test['only_new_right']}; "
        f"McNemar's exact p {test['p']:.3f}"
    )
    for key in ("flags_that_appear", "flags_that_go"):
        lines.append(f"{key.replace('_', ' ')}: {len(found[key])}")
        lines += [
            f"  {flag['session']} utterance {flag['utterance']}, settled as {flag['settled']}" for flag in found[key]
        ]
    return "\n".join(lines)


def _round(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
