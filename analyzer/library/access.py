"""Who may see what. One place for every rule; the command line and the web ask here.

A session belongs to its trainee. A supervisor sees that it exists and may label blind, but sees no judgement (labels,
figures, decisions) before the session is open: handed over by the trainee, opened early with a written reason, or after
the site's number of days. An administrator manages accounts and may delete, and reads nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session as Transaction

from analyzer.errors import InputError
from analyzer.library import DEFAULTS, Library
from analyzer.library.tables import Kept, Person, Setting


class ClosedError(InputError):
    """The session is still with its trainee."""


def opens(kept: Any, days: float) -> datetime:
    """Return when a session (or a row with its three moments) opens to supervisors, or when it did."""
    moments = [kept.uploaded + timedelta(days=days), kept.handed_over, kept.opened_early]
    first: datetime = min(moment for moment in moments if moment is not None)
    return first


def is_open(library: Library, transaction: Transaction, kept: Kept) -> bool:
    """Tell whether supervisors may see a session's judgements."""
    found = transaction.get(Setting, "open_after_days")
    days = DEFAULTS["open_after_days"] if found is None else found.value
    return opens(kept, days) <= library.clock()


def find(transaction: Transaction, person: Person, session: str, *, delete: bool = False) -> Kept:
    """Return a session that the person may know of.

    Args:
        transaction: to read in.
        person: who asks.
        session: id.
        delete: whether it is asked for in order to delete it, which an administrator may.

    Raises:
        InputError: where there is none, or none for this person: both in the same words, so that nothing can be
            guessed.
    """
    kept = transaction.get(Kept, session)
    known = kept is not None and (
        person.role == "supervisor"
        or (person.role == "trainee" and kept.trainee_id == person.id)
        or (person.role == "administrator" and delete)
    )
    if kept is None or not known:
        raise InputError(f"{session[:40]}: no such session in the library; analyzer sessions list shows yours")
    return kept


def find_judged(library: Library, transaction: Transaction, person: Person, session: str) -> Kept:
    """Return a session whose judgements the person may see.

    Raises:
        InputError: as ``find`` does.
        ClosedError: where the session is still with its trainee.
    """
    kept = find(transaction, person, session)
    if person.role == "supervisor" and not is_open(library, transaction, kept):
        raise ClosedError(
            f"{kept.id}: still with its trainee; it opens when the trainee hands it over, "
            "by itself after the site's number of days, or early with a written reason"
        )
    return kept
