"""Times for forms that cannot do without."""

from __future__ import annotations

from analyzer.session import Session
from analyzer.summary import WORDS_PER_SECOND


def spans(session: Session) -> list[tuple[float, float]]:
    """Return a start and an end in seconds for each turn, estimated where the session has none.

    A missing start is the end before it; a missing end is the next known start where that is later, else the start
    and the turn's words at 2.5 a second. A turn lasts at least a tenth of a second.
    """
    found: list[tuple[float, float]] = []
    last = 0.0
    for index, turn in enumerate(session.turns):
        start = turn.start if turn.start is not None else last
        following = next((t.start for t in session.turns[index + 1 : index + 2] if t.start is not None), None)
        length = max(0.1, len(turn.text.split()) / WORDS_PER_SECOND)
        if turn.end is not None:
            end = turn.end
        else:
            end = following if following is not None and following > start else start + length
        found.append((start, max(end, start)))
        last = max(last, end)
    return found


def clock(value: float, mark: str = ".") -> str:
    """Return seconds as ``hh:mm:ss.mmm``."""
    total = round(value * 1000)
    return f"{total // 3_600_000:02}:{total // 60_000 % 60:02}:{total // 1000 % 60:02}{mark}{total % 1000:03}"
