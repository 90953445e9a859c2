"""``analyzer model``."""

from __future__ import annotations

import json

import click

EPILOG = """\b
Examples:
  analyzer model
  analyzer model my-model/ --json
"""


@click.command("model", epilog=EPILOG)
@click.argument("model", default="default", metavar="[NAME|DIR]")
@click.option("--json", "as_json", is_flag=True, help="Print the configuration and the measured figures as JSON.")
def command(model: str, as_json: bool) -> None:
    """Show what a model is, what it was trained on and what was measured."""
    from analyzer.classify import load_config
    from analyzer.errors import InputError
    from analyzer.shipped import find_model

    folder = find_model(model)
    config = load_config(folder)
    if as_json:
        metrics = folder / "metrics.json"
        measured = json.loads(metrics.read_text("utf-8")) if metrics.is_file() else None
        click.echo(json.dumps({"folder": str(folder), "config": config, "metrics": measured}, indent=1))
        return
    card = folder / "card.md"
    if not card.is_file():
        raise InputError(f"{folder}: the model has no card.md")
    click.echo(card.read_text("utf-8").rstrip())
