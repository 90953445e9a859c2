"""Documents that are ZIP archives: which kind, and whether they are safe to unpack."""

from __future__ import annotations

import io
import zipfile
import zlib

from analyzer.errors import InputError
from analyzer.readers.source import LARGEST_UNPACKED, RAISE, Source


def archive_score(source: Source, part: str, suffix: str) -> float:
    """Tell how surely the source is the kind of document that has this part; a broken one is told by its suffix."""
    if source.data[:2] != b"PK":
        return 0.0
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            return 1.0 if part in archive.namelist() else 0.0
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError):
        return 1.0 if source.suffix == suffix else 0.0


def check_unpacked(source: Source) -> None:
    """Count what the archive really unpacks to; its own figures may lie.

    Raises:
        InputError: where that is too much, or the archive is damaged.
    """
    total, most = 0, LARGEST_UNPACKED * source.reading.size
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            for item in archive.infolist():
                with archive.open(item) as part:
                    while block := part.read(1 << 20):
                        total += len(block)
                        if total > most:
                            raise InputError(f"{source.name}: unpacks to more than {most / 1e6:,.0f} MB; {RAISE}")
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, ValueError, NotImplementedError, EOFError):
        raise InputError(f"{source.name}: the document is damaged or locked by a password") from None
