"""Where the shipped weights lie: beside the package in a checkout, inside it when installed from a wheel."""

from __future__ import annotations

from pathlib import Path

from analyzer.errors import InputError


def models_folder() -> Path:
    """Return the folder of the shipped models.

    Raises:
        InputError: where the installation has none.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "_models", here.parent / "models"):
        if (folder / "roles.json").is_file():
            return folder
    raise InputError("the shipped models are missing from this installation; install the package again")


def shipped_models() -> list[str]:
    """Return the names of the shipped classifiers."""
    return sorted(path.parent.name for path in models_folder().glob("*/model.onnx"))


def find_model(model: str | Path) -> Path:
    """Return the folder of a model given by name or path.

    Raises:
        InputError: where there is no such model.
    """
    if str(model) in shipped_models():
        return models_folder() / str(model)
    folder = Path(model)
    if not folder.is_dir():
        known = ", ".join(shipped_models()) or "none"
        raise InputError(f"{model}: no such model folder (shipped models: {known})")
    return folder
