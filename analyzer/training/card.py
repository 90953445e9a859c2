"""The model card, generated from what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analyzer.labels import LABELS


def write_card(folder: Path) -> None:
    """Write card.md of a model folder from its config.json and metrics.json."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    (folder / "card.md").write_text(card(config, metrics), "utf-8")


def card(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Return the card's Markdown."""
    recipe = metrics["recipe"]
    lines = [
        f"# Model `{config['name']}` {config['version']}",
        "",
        "Generated from `metrics.json`; do not edit by hand.",
        "",
        "Labels each therapist utterance by the codebook "
        f"(version {config['codebook']}): {', '.join(LABELS)}; and tells whether it asks the client for something.",
        f"An encoder (`{recipe['base']}`), fine-tuned, int8, run in ONNX Runtime. It reads the utterance, the",
        "client's words before the turn, and the turn so far.",
        "",
        "## Trained on",
        "",
        "| source | sessions (or sets) | " + " | ".join(LABELS) + " |",
        "|---|---|" + "---|" * len(LABELS),
    ]
    for source, part in metrics["data"].items():
        counts = " | ".join(str(part["utterances"][label]) for label in LABELS)
        lines.append(f"| {source} | {part['sessions'] or part['sets']} | {counts} |")
    lines += [
        "",
        f"## Measured out of fold ({recipe['folds']} folds, whole sessions or writers held out)",
        "",
        "Each figure with its 95 % interval from resampling whole sessions. Utterance boundaries are the coders'.",
        "",
        "| sessions | utterances | macro-F1 | " + " | ".join(LABELS) + " | criticism AP | calibration error |",
        "|---|---|---|" + "---|" * (len(LABELS) + 2),
    ]
    for name, title in (("all", "all"), ("lifelike", "life-like rates"), ("dense", "dense with evaluation")):
        if group := metrics["out_of_fold"].get(name):
            cells = [_with_interval(group["labels"][label]["f1"], group["labels"][label]["f1_95"]) for label in LABELS]
            lines.append(
                f"| {title}: {group['sessions']} | {group['utterances']} | "
                f"{_with_interval(group['macro_f1'], group['macro_f1_95'])} | {' | '.join(cells)} | "
                f"{_number(group['criticism_average_precision'])} | {_number(group['calibration_error'])} |"
            )
    question, shares, flags = metrics["out_of_fold"]["question"], metrics["out_of_fold"]["shares"], metrics["flags"]
    lines += [
        "",
        f"Questions: precision {_number(question['precision'])}, recall {_number(question['recall'])} "
        f"({question['support']} questions).",
        f"Intervals of the shares ({shares['sessions']} life-like sessions of 20 or more utterances): coverage "
        f"{_number(shares['coverage'])}, for criticism where there is any "
        f"{_number(shares['coverage_criticism_present'])}, mean width {_number(shares['interval_width'])}.",
        f"Flags: recall of criticism {_number(flags['recall'])} ({flags['criticisms']} criticisms) at "
        f"{flags['flags_per_100']:.1f} flags per 100 utterances.",
        *_int8(metrics["out_of_fold"].get("int8")),
        *_further(metrics.get("dev")),
        "",
        "## Limits",
        "",
        "Not tested on: " + "; ".join(config["not_tested"]) + ".",
        "Part of the training data was written by language models, not recorded. The coders of the rest were language",
        "models too; agreement between people is lower. A mirror for supervision, not a diagnostic or employment tool.",
        "",
    ]
    return "\n".join(lines)


def _int8(found: dict[str, Any] | None) -> list[str]:
    if not found:
        return []
    return [
        f"The int8 form decides like single precision on {100 * found['agreement']:.1f} % of "
        f"{found.get('judged_on', 'the utterances')}; average "
        f"precision of criticism {found['criticism_average_precision']:.3f} against "
        f"{found['criticism_average_precision_exact']:.3f}."
    ]


def _further(dev: dict[str, Any] | None) -> list[str]:
    """Describe confirmation on further sessions, where it was measured."""
    if not dev:
        return []
    lines = ["", "## Confirmed on AnnoMI dev", "", "| form | macro-F1 | criticism F1 | criticism AP | boundary F1 |"]
    lines.append("|---|---|---|---|---|")
    for form, found in dev.items():
        lines.append(
            f"| {form} | {_with_interval(found['macro_f1'], found['macro_f1_95'])} | "
            f"{_number(found['labels']['criticism']['f1'])} | {_number(found['criticism_average_precision'])} | "
            f"{_number(found['boundary_f1'])} |"
        )
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _with_interval(value: float, interval: list[float] | None) -> str:
    return f"{value:.3f}" + (f" ({interval[0]:.3f}-{interval[1]:.3f})" if interval else "")
