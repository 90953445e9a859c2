"""The tables that we write, for those who write them and those who read them back."""

from __future__ import annotations

REPORT_HEADER = (
    "session",
    "turn",
    "utterance",
    "speaker",
    "role",
    "start",
    "end",
    "text",
    "label",
    "validation",
    "empathic_reflection",
    "constructive_feedback",
    "criticism",
    "other",
    "question",
    "flags",
)

TURNS_HEADER = ("session", "turn", "speaker", "role", "start", "end", "text", "utterances")
"""Of the table that ``analyzer convert --to csv`` writes: a row a turn, texts and names after one apostrophe."""

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")


def protect(text: str) -> str:
    """Put one apostrophe before a text that a spreadsheet would take for a formula (OWASP, expert opinion)."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def restore(text: str) -> str:
    """Take that apostrophe off again, exactly one."""
    return text[1:] if text.startswith("'") else text
