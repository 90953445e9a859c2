"""Clean words: what was said, without markup, notices, control characters and stray white space."""

from __future__ import annotations

import html
import html.entities
import re

_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|font|span|c|v|lang|ruby|rt|br|p)(?:[\s./][^<>]{0,300})?>|<\d{1,3}[:\u2060][\d:.,\u2060]{1,20}>",
    re.IGNORECASE,
)
_OVERRIDE = re.compile(r"\{\\[^{}]{0,60}\}")
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_BRACKETED = re.compile(r"\[[^\[\]]{0,300}\]")
_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
# A closed list, for people do say things in parentheses.
_STAGE = (
    "laugh(?:s|ing|ter)?|chuckl(?:es?|ing)|giggl(?:es?|ing)|sigh(?:s|ing)?|(?:long |short |brief )?(?:pauses?|silence)"
    "|pausing|silent|crosstalk|cross talk|inaudible|unintelligible|indistinct|unclear|cr(?:y|ies|ying)|sob(?:s|bing)?"
    "|tearful|weep(?:s|ing)|sniff(?:s|les|ling)|cough(?:s|ing)?|clear(?:s|ing)? throat|whisper(?:s|ing)?|music|applause"
    "|nod(?:s|ding)?|smil(?:es?|ing)|gasp(?:s|ing)?|groan(?:s|ing)?|yawn(?:s|ing)?|shrug(?:s|ging)?|scoff(?:s|ing)?"
    "|overlapping|simultaneous talk|phone rings?|phone ringing|door (?:opens|closes)|foreign(?: language)?"
)
_HOW = r"(?:both |softly |quietly |nervously |loudly )?"
_STAGED = re.compile(
    rf"\(\s?(?:{_HOW}(?:{_STAGE})(?: (?:softly|quietly|nervously|loudly|together))?(?:[ ,]{{1,2}}{_CLOCK})?|{_CLOCK})"
    r"\s?\)",
    re.IGNORECASE,
)
# Words, a stage direction and a mark that closes them: the blank goes with the direction. A bracketed notice always
# leaves a blank, so that every form of a session gives the same text.
_STAGED_ENDING = re.compile(rf"(?<![.,!?;:…\s])\s?(?:{_STAGED.pattern})(?=[.,!?;…])", re.IGNORECASE)
STAGE_WORD = re.compile(rf"{_HOW}(?:{_STAGE})(?: .{{0,40}})?|blank_audio", re.IGNORECASE)
"""Matches (``fullmatch``) a notice without its brackets."""

# Marks that turn the direction of writing can show a reader other words than are there; zero-width marks hide in names.
_UNSEEN = [0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]
_CONTROLS = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()]
_DROPPED = dict.fromkeys([*_UNSEEN, *_CONTROLS, *range(0xFFF9, 0xFFFC)])


def single_spaced(text: str) -> str:
    """Return the text without control and direction-turning characters, white space single and none at the ends."""
    return " ".join(text.translate(_DROPPED).split())


def without_notices(text: str) -> str:
    """Return the text without ``[notices]``, ``[00:10:02]`` and parenthesised stage directions of a closed list."""
    for _ in range(3):  # brackets in brackets, to a small depth
        shorter = _BRACKETED.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return _STAGED.sub(" ", _STAGED_ENDING.sub("", text))


def plain(text: str) -> str:
    """Return the words of a text that has no markup."""
    return single_spaced(without_notices(text))


def without_markup(text: str, *, overrides: bool = False) -> str:
    """Return cue text without its tags and with its character references decoded, once.

    Args:
        text: as the file has it.
        overrides: whether commands in braces, as SRT has them, are markup too.
    """
    if overrides:
        text = _OVERRIDE.sub("", text)
    return _REFERENCE.sub(_character, _TAG.sub("", text))


def _character(found: re.Match[str]) -> str:
    """Return what a reference stands for; an unknown name stays as it is, whatever known one it begins with."""
    known = found[0][1] == "#" or found[0][1:] in html.entities.html5
    return html.unescape(found[0]) if known else found[0]
