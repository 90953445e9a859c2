"""``analyzer train``."""

from __future__ import annotations

from pathlib import Path

import click

EPILOG = """\b
Examples:
  analyzer train --data corpora/sessions --data my-sessions -o my-model
  analyzer train --data corpora/sessions --add reviewed/ -o my-model
  analyzer analyze session.vtt --model my-model
"""


@click.command("train", epilog=EPILOG)
@click.option(
    "--data",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="DIR",
    help="Folder of labelled session JSON (repeatable).",
)
@click.option(
    "--add",
    "added",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Reviewed sessions from analyzer corpus export-reviews; their held-out part is left out (repeatable).",
)
@click.option(
    "--contrast",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Contrast sets (JSON lines) to train on as well (repeatable).",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="MODELDIR",
    help="The model folder to write.",
)
@click.option(
    "--base",
    default="mpnet-6",
    show_default=True,
    metavar="DIR|NAME",
    help="Encoder to start from: mpnet-6, bge-small, minilm, or a folder.",
)
@click.option("--seed", default=1, show_default=True, help="Of all chance in it.")
@click.option("--epochs", type=click.IntRange(1, 100), help="Passes over the data.")
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    default=3,
    show_default=True,
    help="Of the cross-validation behind calibration and thresholds.",
)
@click.option("--force", is_flag=True, help="Replace an existing model folder.")
def command(
    data: tuple[Path, ...],
    added: tuple[Path, ...],
    contrast: tuple[Path, ...],
    output: Path,
    base: str,
    seed: int,
    epochs: int | None,
    folds: int,
    force: bool,
) -> None:
    """Train a model on coded sessions.

    Fine-tunes the encoder, calibrates it on out-of-fold predictions, exports it to ONNX with int8 weights, and writes a
    model folder that --model takes. Needs the extra: pip install "analyzer[train]".
    """
    from dataclasses import replace

    from analyzer.errors import InputError

    try:
        from analyzer.training.build import build_model
        from analyzer.training.finetune import Recipe
    except ModuleNotFoundError as error:
        raise InputError(f'training needs {error.name}; install it with: pip install "analyzer[train]"') from None
    recipe = Recipe() if epochs is None else replace(Recipe(), epochs=epochs)
    metrics = build_model(
        [*data, *(_to_train_on(folder) for folder in added)],
        output,
        contrast=contrast,
        base=base,
        recipe=recipe,
        folds=folds,
        seed=seed,
        force=force,
        log=lambda line: click.echo(line, err=True),
    )
    found = metrics["out_of_fold"]["all"]
    click.echo(f"{output}: written; out-of-fold macro-F1 {found['macro_f1']:.3f} on {found['utterances']} utterances")


def _to_train_on(folder: Path) -> Path:
    """Return the part of exported reviews that may be trained on.

    Raises:
        InputError: where the folder is none of exported reviews.
    """
    from analyzer.errors import InputError

    if not (folder / "train").is_dir():
        raise InputError(f"{folder}: holds no train/; write it with analyzer corpus export-reviews")
    return folder / "train"
