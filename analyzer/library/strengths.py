"""Beside a flagged line the trainee's own nearest good one: found, never generated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from analyzer.labels import Label
from analyzer.library import Library
from analyzer.library.tables import Kept, Spoken

EARLIER = 40
"""So many of the trainee's latest sessions before this one are searched."""
CLEAR = 0.7
"""A line stands as a strength from this probability of its label on (our choice)."""
NEAR = 0.35
"""Cosine from which a line is near enough to be of use (our choice, from looking at the example sessions)."""


@dataclass(frozen=True, slots=True)
class Strength:
    """A line of the trainee's own: its words, label, and when it was said."""

    text: str
    label: str
    held: date
    session: str


def own_strength(library: Library, session: str, number: int) -> Strength | None:
    """Return the trainee's nearest validating or constructive line from earlier sessions, by the model's embedding.

    Only vectors of the same model are compared.

    Args:
        library: to look in.
        session: with the flagged line; the caller has checked who may see it.
        number: of the utterance.

    Returns:
        None where there is none that is clear and near.
    """
    import numpy as np

    with library.database.read() as transaction:
        kept = transaction.get_one(Kept, session)
        flagged = transaction.get(Spoken, (session, number))
        if flagged is None or flagged.vector is None:
            return None
        before = (
            select(Kept)
            .where(Kept.trainee_id == kept.trainee_id, Kept.model == kept.model, Kept.id != kept.id)
            .where((Kept.held < kept.held) | ((Kept.held == kept.held) & (Kept.uploaded < kept.uploaded)))
            .order_by(Kept.held.desc(), Kept.uploaded.desc())
            .limit(EARLIER)
        )
        earlier = {item.id: item for item in transaction.scalars(before)}
        wanted = select(Spoken).where(
            Spoken.session_id.in_(earlier),
            Spoken.label.in_((str(Label.VALIDATION), str(Label.FEEDBACK))),
            Spoken.likely >= CLEAR,
            Spoken.flagged.is_(False),
            Spoken.vector.is_not(None),
        )
        lines = list(transaction.scalars(wanted))
    if not lines:
        return None
    vectors = np.frombuffer(b"".join(line.vector or b"" for line in lines), dtype=np.float16)
    near = vectors.reshape(len(lines), -1).astype(np.float32) @ np.frombuffer(flagged.vector, np.float16).astype(
        np.float32
    )
    best = int(near.argmax())
    if near[best] < NEAR:
        return None
    line = lines[best]
    return Strength(line.text, line.label, earlier[line.session_id].held, line.session_id)
