"""Sessions into the forms in which people work: captions, tables, CLAN, Praat, ELAN, plain text, and our own JSON.

A writer takes a session and returns the file's bytes. What each form keeps, docs/formats.md shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analyzer.session import Session
from analyzer.writers import captions, chat, tables, tiers


@dataclass(frozen=True, slots=True)
class Writer:
    """One form to write.

    Attributes:
        name: as ``--to`` has it.
        suffix: of its files.
        render: session into bytes.
        times: "all" to the millisecond, missing ones stay missing; "filled": missing ones are estimated; "start":
            only the starts.
        roles: whether who is therapist and client is kept.
        labels: whether the labels are in the file, for people or programs; no reader takes them for input.
        utterances: whether the boundaries of utterances come back.
        neighbours: whether neighbouring turns of one speaker stay apart.
    """

    name: str
    suffix: str
    render: Callable[[Session], bytes]
    times: str
    roles: bool
    labels: bool
    utterances: bool
    neighbours: bool


WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        Writer("session", ".json", tables.to_session, "all", True, True, True, True),
        Writer("csv", ".csv", tables.to_csv, "all", True, True, True, True),
        Writer("vtt", ".vtt", captions.to_vtt, "filled", True, False, False, False),
        Writer("srt", ".srt", captions.to_srt, "filled", False, False, False, False),
        Writer("text", ".txt", captions.to_text, "start", False, False, False, False),
        Writer("chat", ".cha", chat.to_chat, "all", True, True, False, False),
        Writer("textgrid", ".TextGrid", tiers.to_textgrid, "filled", False, True, False, False),
        Writer("elan", ".eaf", tiers.to_elan, "filled", False, True, False, False),
    )
}
