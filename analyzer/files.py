"""Output files that are whole or not there, and that only their owner may read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from analyzer.errors import AnalyzerError, InputError


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse an output file that exists or cannot be written, before any work is done.

    Raises:
        InputError: saying what to do.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file with -o")
    if path.exists() and not force:
        raise InputError(f"{path}: exists already; choose another name or add --force")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such folder")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, under a temporary name first.

    Raises:
        AnalyzerError: where the disk or the folder refuses.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-")
    except OSError as error:
        raise AnalyzerError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise AnalyzerError(f"{path}: cannot be written: {error.strerror}") from None
