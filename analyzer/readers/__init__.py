"""Transcript files into sessions: one module a format, chosen by content.

A reader is a module with ``name``, ``title``, ``suffixes``, ``sniff(source) -> float`` (how surely it is this format, 0
to 1) and ``read(source) -> list[Session]``. A further format is one such module and one entry in READERS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from analyzer.errors import InputError
from analyzer.readers import (
    chat,
    docx,
    elan,
    engines,
    html,
    markdown,
    odt,
    otranscribe,
    pdf,
    rtf,
    salt,
    session_json,
    srt,
    table,
    text,
    textgrid,
    vtt,
    whisper,
    xlsx,
)
from analyzer.readers.source import Reading, Source
from analyzer.session import Session


class Reader(Protocol):
    """What a reader's module offers."""

    @property
    def name(self) -> str:
        """Short name of the format."""

    @property
    def title(self) -> str:
        """Name of the format for people."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes that files of the format have, in lower case."""

    def sniff(self, source: Source) -> float:
        """Tell how surely the source is in this format."""

    def read(self, source: Source) -> list[Session]:
        """Read every session of the source."""


READERS: tuple[Reader, ...] = (
    session_json,
    vtt,
    srt,
    docx,
    odt,
    rtf,
    pdf,
    html,
    markdown,
    xlsx,
    table,
    whisper,
    engines,
    otranscribe,
    chat,
    salt,
    textgrid,
    elan,
    text,
)

_BINARY: tuple[Reader, ...] = (docx, odt, xlsx, pdf)
_LEAST = 0.3
_TEXT_SUFFIXES = frozenset(suffix for reader in READERS for suffix in reader.suffixes)
_SNIFFED = 200_000


def read_all(path: str | Path, *, reading: Reading | None = None) -> list[Session]:
    """Read every session of a file.

    Args:
        path: the file.
        reading: what a person asks of the reading, such as the format or a table's columns.

    Raises:
        InputError: where it cannot be read, saying where it broke and what to do.
    """
    return _read(Source.from_path(Path(path), reading))


def read_bytes(data: bytes, name: str, *, reading: Reading | None = None) -> list[Session]:
    """Read every session from bytes, as from standard input.

    Args:
        data: the file's content.
        name: for messages and for the id of a session without one.
        reading: like ``read_all``.

    Raises:
        InputError: like ``read_all``.
    """
    return _read(Source(name, data, reading or Reading()))


def read(path: str | Path, *, session: str | None = None, reading: Reading | None = None) -> Session:
    """Read one session.

    Args:
        path: the file.
        session: the session's id, in a file of several.
        reading: like ``read_all``.

    Raises:
        InputError: like ``read_all``, and where a file holds several sessions and none is named.
    """
    return pick(read_all(path, reading=reading), session, str(path))


def pick(sessions: list[Session], wanted: str | None, name: str) -> Session:
    """Return the only session, or the one with the wanted id.

    Raises:
        InputError: naming the ids to choose from.
    """
    ids = ", ".join(session.id for session in sessions[:20]) + (", ..." if len(sessions) > 20 else "")
    if wanted is not None:
        for session in sessions:
            if session.id == wanted:
                return session
        raise InputError(f"{name}: has no session {wanted}; it has: {ids}")
    if len(sessions) > 1:
        raise InputError(f"{name}: holds {len(sessions)} sessions; choose one with --session ID: {ids}")
    return sessions[0]


def readable(path: Path) -> bool:
    """Tell whether a file in a folder is a transcript, by its first bytes; never raises."""
    try:
        with path.open("rb") as file:
            data = file.read(_SNIFFED)
        if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0" or data[:5] == b"%PDF-":
            return path.suffix.lower() in {suffix for reader in _BINARY for suffix in reader.suffixes}
        source = Source(str(path), data[: data.rfind(b"\n") + 1] or data if len(data) == _SNIFFED else data)
        if path.suffix.lower() in _TEXT_SUFFIXES - {".json", ".jsonl", ".md", ".txt", ".text"}:
            return True
        return bool(data.strip()) and _choose(source)[1] >= _LEAST
    except (OSError, InputError):
        # Broken as it is, a file that calls itself a transcript must show up among the errors.
        return path.suffix.lower() in (".vtt", ".srt") and path.is_file()


def _read(source: Source) -> list[Session]:
    if not source.data.strip():
        raise InputError(f"{source.name}: is empty")
    if source.reading.format is not None:
        reader = next((reader for reader in READERS if reader.name == source.reading.format), None)
        if reader is None:
            raise InputError(f"{source.reading.format}: no such format; analyzer formats lists them")
    elif source.reading.columns and not xlsx.sniff(source):
        reader = table
    else:
        reader, _ = _choose(source)
    return reader.read(source)


def _choose(source: Source) -> tuple[Reader, float]:
    """Return the reader that is surest of the content; the suffix breaks ties."""
    for binary in _BINARY:
        if (sure := binary.sniff(source)) > 0:
            return binary, sure
    if source.data[:2] == b"PK":
        raise InputError(f"{source.name}: is an archive or a kind of document that this program does not read")
    others = [reader for reader in READERS if reader not in _BINARY]
    scored = [(reader.sniff(source), source.suffix in reader.suffixes, -i) for i, reader in enumerate(others)]
    best = max(scored)
    if best[0] < _LEAST and source.suffix not in text.suffixes and source.looks_like_json:
        # Says where the JSON breaks; where it is whole, it is of a kind that is not known.
        _ = source.json
        raise InputError(f"{source.name}: is JSON of a kind that this program does not read")
    if best[0] < _LEAST and source.suffix in table.suffixes:
        return table, best[0]  # says which columns it has
    return others[-best[2]], best[0]
