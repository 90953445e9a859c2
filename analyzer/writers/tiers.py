"""Praat TextGrid and ELAN: a tier a speaker, and a tier of labels for each therapist."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from analyzer.readers.textgrid import LABEL_TIER
from analyzer.readers.words import single_spaced
from analyzer.session import Session, Turn
from analyzer.writers.captions import NOBODY
from analyzer.writers.timing import spans

_Span = tuple[float, float, str]


def to_textgrid(session: Session) -> bytes:
    """Write interval tiers; utterances share their turn's time by their length in characters."""
    from praatio.data_classes.interval_tier import IntervalTier
    from praatio.utilities.constants import Interval
    from praatio.utilities.textgrid_io import getTextgridAsStr

    found = _tiers(session)
    end = max((span[1] for entries in found.values() for span in entries), default=1.0)
    made = []
    for name, entries in found.items():
        intervals = [Interval(start, stop, words) for start, stop, words in _apart(entries)]
        tier = IntervalTier(name, intervals, 0, max(end, intervals[-1].end if intervals else end))
        made.append(
            {"class": "IntervalTier", "name": name, "xmin": 0, "xmax": tier.maxTimestamp, "entries": list(tier.entries)}
        )
    last = max((tier["xmax"] for tier in made), default=1.0)
    grid = {"xmin": 0, "xmax": last, "tiers": made}
    text: str = getTextgridAsStr(grid, "long_textgrid", includeBlankSpaces=True)
    return text.encode("utf-8", "replace")


def to_elan(session: Session) -> bytes:
    """Write ELAN's XML: speech on independent tiers, labels on tiers that subdivide them."""
    root = ElementTree.Element("ANNOTATION_DOCUMENT", {
        "AUTHOR": "", "DATE": "1970-01-01T00:00:00+00:00", "FORMAT": "3.0", "VERSION": "3.0",
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:noNamespaceSchemaLocation": "http://www.mpi.nl/tools/elan/EAFv3.0.xsd",
    })  # fmt: skip
    ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    order = ElementTree.SubElement(root, "TIME_ORDER")
    tiers: dict[str, ElementTree.Element] = {}
    labels: dict[str, ElementTree.Element] = {}
    for number, (turn, (start, end)) in enumerate(zip(session.turns, spans(session), strict=True), 1):
        name = _name(turn)
        if name not in tiers:
            tiers[name] = ElementTree.Element(
                "TIER", {"LINGUISTIC_TYPE_REF": "speech", "TIER_ID": name, "PARTICIPANT": name}
            )
        slots = [f"ts{2 * number - 1}", f"ts{2 * number}"]
        for slot, value in zip(slots, (start, end), strict=True):
            ElementTree.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": slot, "TIME_VALUE": str(round(value * 1000))})
        holder = ElementTree.SubElement(ElementTree.SubElement(tiers[name], "ANNOTATION"), "ALIGNABLE_ANNOTATION", {
            "ANNOTATION_ID": f"a{number}", "TIME_SLOT_REF1": slots[0], "TIME_SLOT_REF2": slots[1],
        })  # fmt: skip
        ElementTree.SubElement(holder, "ANNOTATION_VALUE").text = single_spaced(turn.text)
        if any(utterance.label for utterance in turn.utterances or ()):
            kind = {"LINGUISTIC_TYPE_REF": "labels", "TIER_ID": LABEL_TIER + name, "PARENT_REF": name}
            tier = labels.setdefault(name, ElementTree.Element("TIER", kind))
            _add_labels(tier, turn, number)
    root.extend([*tiers.values(), *labels.values()])
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", {"LINGUISTIC_TYPE_ID": "speech", "TIME_ALIGNABLE": "true"})
    subdivision = {"LINGUISTIC_TYPE_ID": "labels", "TIME_ALIGNABLE": "false", "CONSTRAINTS": "Symbolic_Subdivision"}
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", subdivision)
    ElementTree.SubElement(
        root, "CONSTRAINT", {"STEREOTYPE": "Symbolic_Subdivision", "DESCRIPTION": "Symbolic subdivision"}
    )
    ElementTree.indent(root)
    found: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return found


def _add_labels(tier: ElementTree.Element, turn: Turn, number: int) -> None:
    before = None
    for place, utterance in enumerate(turn.utterances or (), 1):
        made = {"ANNOTATION_ID": f"l{number}-{place}", "ANNOTATION_REF": f"a{number}"}
        if before:
            made["PREVIOUS_ANNOTATION"] = before
        before = made["ANNOTATION_ID"]
        holder = ElementTree.SubElement(ElementTree.SubElement(tier, "ANNOTATION"), "REF_ANNOTATION", made)
        ElementTree.SubElement(holder, "ANNOTATION_VALUE").text = str(utterance.label or "")


def _tiers(session: Session) -> dict[str, list[_Span]]:
    """Return the tiers of a TextGrid in order of appearance: (start, end, words) of each."""
    speech: dict[str, list[_Span]] = {}
    labels: dict[str, list[_Span]] = {}
    for turn, (start, end) in zip(session.turns, spans(session), strict=True):
        words = single_spaced(turn.text)
        if not words:
            continue
        speech.setdefault(_name(turn), []).append((start, end, words))
        labels.setdefault(LABEL_TIER + _name(turn), []).extend(_labelled(turn, start, end))
    return {**speech, **{name: found for name, found in labels.items() if found}}


def _labelled(turn: Turn, start: float, end: float) -> Iterator[_Span]:
    length = max(1, len(turn.text))
    for utterance in turn.utterances or ():
        if utterance.label:
            edges = (start + (end - start) * offset / length for offset in (utterance.start, utterance.end))
            yield (*edges, str(utterance.label))  # type: ignore[misc]  # two edges


def _apart(entries: list[_Span]) -> list[_Span]:
    """Move starts and ends so that a tier's intervals do not overlap; Praat allows no overlap within a tier."""
    kept: list[_Span] = []
    for start, end, words in sorted(entries):
        begin = max(start, kept[-1][1] if kept else 0.0)
        kept.append((round(begin, 3), round(max(end, begin + 0.001), 3), words))
    return kept


def _name(turn: Turn) -> str:
    return single_spaced(turn.speaker or NOBODY) or NOBODY
