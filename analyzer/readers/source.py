"""A transcript's bytes, and the text and JSON in them."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analyzer.errors import InputError
from analyzer.readers.words import plain, single_spaced
from analyzer.session import Notice

LARGEST = 20_000_000
"""Bytes; a transcript of a day's talk is under one million (expert opinion)."""

LARGEST_UNPACKED = 100_000_000
"""Bytes that a document may unpack to; an hour's transcript is under one million (expert opinion)."""

MOST_PAGES = 300
"""Pages of a PDF; an hour's transcript has about 30 (expert opinion)."""

MOST_ROWS = 200_000
"""Cues, rows or turns; an hour has about 1,500 cues (expert opinion)."""

RAISE = "--max-size raises the limit"
"""Said after every limit of size."""

_JSON = re.compile(r'[\ufeff\s]{0,99}(?:\{\s{0,99}["}]|\[\s{0,99}[{\[])')
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how old Office documents begin, and encrypted new ones
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person may ask of the reading.

    Attributes:
        format: name of the reader to use, whatever the content looks like; None to choose by content.
        columns: for tables, our column (text, speaker, role, start, end, session) to the header's name.
        verbatim: keep notices, stage directions, marked fillers and retracings in the words.
        alternate: where no speaker is named, take each paragraph or cue for the turn of another of two speakers.
        size: how many times the usual limits of size may be reached.
    """

    format: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    verbatim: bool = False
    alternate: bool = False
    size: float = 1.0


@dataclass(frozen=True)
class Source:
    """One file to read.

    Attributes:
        name: for messages, and without its suffix the id of a session that has none.
        data: the bytes.
        reading: what a person asks of the reading.
    """

    name: str
    data: bytes
    reading: Reading = Reading()

    @classmethod
    def from_path(cls, path: Path, reading: Reading | None = None) -> Source:
        """Read a file.

        Raises:
            InputError: where it is missing, no file, too large or not readable.
        """
        try:
            if path.is_dir():
                raise InputError(f"{path}: is a folder; use: analyzer batch {path} -o OUT")
            reading = reading or Reading()
            if not path.is_file() and path.exists():
                raise InputError(f"{path}: is no regular file")
            if path.stat().st_size > LARGEST_UNPACKED * reading.size:
                raise InputError(f"{path}: is larger than {_megabytes(LARGEST_UNPACKED * reading.size)}; {RAISE}")
            return cls(str(path), path.read_bytes(), reading)
        except FileNotFoundError:
            raise InputError(f"{path}: no such file") from None
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None

    @property
    def stem(self) -> str:
        """The name without folders and suffix, what is no UTF-8 replaced."""
        return Path(self.name).stem.encode("utf-8", "replace").decode() or "session"

    @property
    def suffix(self) -> str:
        """The suffix in lower case, with its dot."""
        return Path(self.name).suffix.lower()

    @property
    def text(self) -> str:
        """The decoded text, its lines ended by a line feed.

        Raises:
            InputError: where the bytes are no text.
        """
        return self._decoded[0]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What decoding wants people to know; nothing where no text was decoded."""
        return (
            ()
            if self.__dict__.get("_decoded", ("", None))[1] is None
            else (Notice("file", f"read as {self._decoded[1]}, not UTF-8"),)
        )

    @cached_property
    def json(self) -> Any:
        """The decoded JSON.

        Raises:
            InputError: naming line and column where it breaks.
        """
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            raise InputError(f"{self.name}: line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
        except RecursionError:
            raise InputError(f"{self.name}: the JSON is nested too deeply") from None

    @property
    def looks_like_json(self) -> bool:
        """Whether the text begins like JSON; brackets begin many lines of plain text too."""
        if self.suffix in (".json", ".jsonl", ".otr"):
            return self.text.lstrip("\ufeff \n\t")[:1] in ("{", "[")
        return bool(_JSON.match(self.text))

    def clean(self, text: str) -> str:
        """Return the words of a text without markup: without notices too, unless they were asked for."""
        return single_spaced(text) if self.reading.verbatim else plain(text)

    def check_rows(self, count: int, what: str = "rows") -> None:
        """Refuse a file with more cues or rows than any session has.

        Raises:
            InputError: with the limit.
        """
        if count > (most := int(MOST_ROWS * self.reading.size)):
            raise InputError(f"{self.name}: holds more than {most:,} {what}; {RAISE}")

    @cached_property
    def _decoded(self) -> tuple[str, str | None]:
        if len(self.data) > LARGEST * self.reading.size:
            raise InputError(f"{self.name}: holds more than {_megabytes(LARGEST * self.reading.size)} of text; {RAISE}")
        text, encoding = _decode(self.name, self.data)
        return text.replace("\r\n", "\n").replace("\r", "\n"), encoding


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"


def _decode(name: str, data: bytes) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), None
            except UnicodeDecodeError:
                raise InputError(
                    f"{name}: its first bytes promise {encoding}, but it breaks off or is damaged"
                ) from None
    if data.startswith(_OLE):
        raise InputError(
            f"{name}: is an old Office document or locked by a password; save it as .docx or .xlsx without one"
        )
    sample = data[:4096]
    if b"\0" in sample:
        return _decode_unmarked(name, data, sample)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    else:
        if text.count("\0"):
            raise InputError(f"{name}: holds NUL characters; it is damaged or no transcript")
        return text, None
    if sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x15" for byte in sample) > len(sample) // 50:
        raise InputError(f"{name}: is a binary file and no transcript that this program reads")
    return _decode_old(data)


def _decode_unmarked(name: str, data: bytes, sample: bytes) -> tuple[str, str]:
    """Decode UTF-16 without its mark: in Western text every second byte is zero, and no character is."""
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros and zeros.count(0) > 0.7 * len(zeros) and len(data) % 2 == 0:
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                break
            if "\0" not in text:
                return text, encoding
    raise InputError(f"{name}: is a binary file and no transcript that this program reads")


def _decode_old(data: bytes) -> tuple[str, str]:
    """Decode bytes that are not UTF-8 line by line, for files that were pasted together mix encodings.

    Western European Windows is what English text in an old encoding nearly always is (folklore); what detectors guess
    from a few accented letters is worse.
    """
    decoded = [line.decode("utf-8" if _is_utf8(line) else "cp1252", "replace") for line in data.split(b"\n")]
    return "\n".join(decoded), "Windows-1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
