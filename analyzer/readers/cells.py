"""The table of a report, for those who write it and those who read it back."""

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

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")


def protect(text: str) -> str:
    """Put one apostrophe before a text that a spreadsheet would take for a formula (OWASP, expert opinion)."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def restore(text: str) -> str:
    """Take that apostrophe off again, exactly one."""
    return text[1:] if text.startswith("'") else text
