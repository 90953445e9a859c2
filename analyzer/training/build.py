"""``analyzer train``: labelled sessions in, a model folder out."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analyzer.classify import CONFIG_FORMAT, Calibration
from analyzer.errors import InputError
from analyzer.labels import CODEBOOK_VERSION, LABELS
from analyzer.session import Session
from analyzer.training.bases import base_folder
from analyzer.training.calibrate import Predicted, fit_calibration, fit_estimator, fit_thresholds
from analyzer.training.card import write_card
from analyzer.training.crossvalidate import train_all
from analyzer.training.data import Row, load_contrast, load_folders, rows_of
from analyzer.training.export import export_onnx
from analyzer.training.finetune import Recipe
from analyzer.training.measure import measure

Log = Callable[[str], None]
NOT_TESTED = (
    "recordings of real child therapy",
    "languages other than English",
    "speech that is not in the transcript (tone, pauses, gestures)",
    "therapists or clients of any named group, for whom no separate figures exist",
)


def build_model(
    data: Sequence[Path],
    target: Path,
    *,
    contrast: Sequence[Path] = (),
    base: str = "mpnet-6",
    recipe: Recipe | None = None,
    folds: int = 3,
    seed: int = 1,
    name: str | None = None,
    model_version: str = "1.0.0",
    force: bool = False,
    log: Log = print,
) -> dict[str, Any]:
    """Train a classifier, calibrate it out of fold, and write its folder.

    Args:
        data: folders of labelled session JSON.
        target: the model folder to write; it appears only when everything is done.
        contrast: files of contrast sets that are trained on as well.
        base: name of a known encoder or a folder in transformers' form.
        recipe: how to train.
        folds: of the cross-validation that calibration and thresholds come from.
        seed: of all chance in it.
        name: of the model, by default the folder's.
        model_version: written into the configuration.
        force: whether an existing model folder is replaced.
        log: takes a line of progress, never text of a transcript.

    Returns:
        What was measured, as metrics.json has it.

    Raises:
        InputError: where the data hold no labels, too few sessions, or the target exists.
    """
    if target.exists() and not force:
        raise InputError(f"{target}: exists already; choose another folder or add --force")
    sessions = load_folders(data)
    twice = [s.id for i, s in enumerate(sessions) if s.id in {other.id for other in sessions[:i]}]
    if twice:
        raise InputError(f"{twice[0]}: two sessions have this id; give each its own")
    labelled = [session for session in sessions if rows_of(session)]
    if len(labelled) < 2 * folds:
        raise InputError(f"{len(labelled)} labelled sessions are too few for {folds} folds; at least {2 * folds}")
    recipe = recipe or Recipe()
    minimal = [row for path in contrast for row in load_contrast(path)]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as work:
        encoder = base_folder(base, Path(work) / "base")
        log(f"{len(labelled)} sessions, {sum(len(rows_of(s)) for s in labelled)} utterances, base {base}")
        predicted, weights = train_all(labelled, encoder, recipe, folds=folds, seed=seed, log=log, contrast=minimal)
        calibration = fit_calibration(predicted)
        flags = fit_thresholds(predicted, calibration)
        estimator = fit_estimator(predicted, calibration)
        metrics = {
            "out_of_fold": measure(predicted),
            "flags": flags,
            "data": _describe(labelled, minimal),
            "recipe": {**asdict(recipe), "base": base, "seed": seed, "folds": folds},
            "versions": {package: version(package) for package in ("torch", "transformers", "onnxruntime", "numpy")}
            | {"python": platform.python_version()},
        }
        folder = Path(work) / "model"
        folder.mkdir()
        heads = json.loads((encoder / "config.json").read_text("utf-8"))["num_attention_heads"]
        export_onnx(weights, heads, folder / "model.onnx")
        shutil.copyfile(encoder / "tokenizer.json", folder / "tokenizer.json")
        config = {
            "format": CONFIG_FORMAT,
            "name": name or target.name,
            "version": model_version,
            "codebook": CODEBOOK_VERSION,
            "labels": list(LABELS),
            "window": asdict(recipe.window),
            "calibration": asdict(calibration),
            "flags": flags,
            "estimator": asdict(estimator),
            "not_tested": list(NOT_TESTED),
        }
        write_json(folder / "config.json", config)
        write_json(folder / "metrics.json", metrics)
        write_oof(folder / "out_of_fold.json", predicted, calibration)
        write_card(folder)
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    return metrics


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON for people to read."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_oof(path: Path, predicted: Sequence[Predicted], calibration: Calibration) -> None:
    """Keep the out-of-fold predictions: ids and numbers, no text."""
    sessions = {
        item.id: {
            "lifelike": item.lifelike,
            "labels": item.labels.tolist(),
            "logits": [[round(float(value), 3) for value in row] for row in item.logits],
        }
        for item in predicted
    }
    path.write_text(json.dumps({"labels": list(LABELS), "sessions": sessions}) + "\n", "utf-8")


def _describe(sessions: Sequence[Session], contrast: Sequence[Row]) -> dict[str, Any]:
    """Count what the model was trained on, by source."""
    found: dict[str, Any] = {}
    for session in sessions:
        source = "corpus" if "writer" in session.extra else "sessions without a writer"
        part = found.setdefault(source, {"sessions": 0, "utterances": dict.fromkeys(map(str, LABELS), 0)})
        part["sessions"] += 1
        for row in rows_of(session):
            part["utterances"][str(LABELS[row.label])] += 1
    if contrast:
        counts = dict.fromkeys(map(str, LABELS), 0)
        for row in contrast:
            counts[str(LABELS[row.label])] += 1
        found["contrast sets"] = {"sessions": 0, "sets": len({row.session for row in contrast}), "utterances": counts}
    return found
