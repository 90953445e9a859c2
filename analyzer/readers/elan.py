"""ELAN (.eaf): speech on the tiers that stand by themselves, other tiers depend on them."""

from __future__ import annotations

import re
from itertools import pairwise

from analyzer.errors import InputError
from analyzer.readers.cues import Cue, Skipped, session_of
from analyzer.readers.source import Source
from analyzer.session import Session

name = "elan"
title = "ELAN (.eaf)"
suffixes = (".eaf",)

_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def sniff(source: Source) -> float:
    """Tell how surely the source is ELAN's XML."""
    return 1.0 if "<ANNOTATION_DOCUMENT" in source.text[:5000] else 0.0


def read(source: Source) -> list[Session]:
    """Read the annotations of independent tiers by their times; entities are refused, nothing is loaded."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import ParseError, fromstring

    try:
        # The text is decoded already; the encoding that the file names for itself no longer holds.
        root = fromstring(_DECLARATION.sub("", source.text.lstrip("\ufeff"), count=1).encode())
    except ParseError as error:
        line, column = error.position
        raise InputError(f"{source.name}: line {line}, column {column}: broken XML; the file may be cut off") from None
    except (DefusedXmlException, ValueError, LookupError) as error:  # an encoding that is not known is a LookupError
        raise InputError(f"{source.name}: the XML is not allowed here ({type(error).__name__})") from None
    times = _times([(slot.get("TIME_SLOT_ID"), slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")])
    skipped = Skipped()
    cues: list[tuple[float, Cue]] = []
    for tier in root.iter("TIER"):
        called = " ".join((tier.get("PARTICIPANT") or tier.get("TIER_ID") or "").split())
        if tier.get("PARENT_REF") is not None:
            skipped.add("a tier that depends on another was left out", f"tier {tier.get('TIER_ID')!r}")
            continue
        for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
            words = source.clean(annotation.findtext("ANNOTATION_VALUE") or "")
            start, end = (times.get(annotation.get(f"TIME_SLOT_REF{i}")) for i in (1, 2))
            if words and (start is None or end is None):
                skipped.add(
                    "an annotation without a known start or end", f"annotation {annotation.get('ANNOTATION_ID')}"
                )
            if words:
                place = start if start is not None else (cues[-1][0] if cues else 0.0)
                cues.append((place, Cue(words, called or None, start, end)))
    return [session_of(source, [cue for _, cue in sorted(cues, key=lambda pair: pair[0])], skipped)]


def _times(slots: list[tuple[str | None, str | None]]) -> dict[str | None, float]:
    """Return the seconds of each slot; one without a value lies evenly between those that have one."""
    known = [(i, int(value) / 1000) for i, (_, value) in enumerate(slots) if value and value.isdecimal()]
    times = {slots[i][0]: value for i, value in known}
    for (left, low), (right, high) in pairwise(known):
        for i in range(left + 1, right):
            if high >= low:
                times[slots[i][0]] = round(low + (high - low) * (i - left) / (right - left), 3)
    return times
