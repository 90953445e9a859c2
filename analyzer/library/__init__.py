"""The library: sessions that are kept, what people said about them, and who may see what.

:class:`Library` opens the database and knows who acts. The rooms beside it take a library and a person: ``store``
(keep, list, show, export, delete), ``review`` (cards and decisions), ``handover`` (whose turn it is), ``agreement``,
``workload``, ``trend``, ``strengths``, ``people`` and ``harvest`` (reviewed sessions as training data).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Transaction

from analyzer.errors import InputError
from analyzer.library.database import Database, default_library
from analyzer.library.tables import Audit, Person, Setting

DEFAULTS: Mapping[str, Any] = {"open_after_days": 14, "sample": 10, "threshold": None}
"""Choices of a site: days after which a session opens to supervisors by itself, unflagged cards a session, and the
threshold of P(criticism) that a calibration chose (None: the model's own)."""
LIMITS: Mapping[str, tuple[float, float]] = {"open_after_days": (0, 365), "sample": (0, 100), "threshold": (0, 1)}


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class Library:
    """An open library."""

    def __init__(self, where: str | Path | None = None, *, clock: Callable[[], datetime] = utc_now) -> None:
        """Open or create it, and bring its schema up to date.

        Args:
            where: a file or an SQLAlchemy URL; by default the person's own library.
            clock: tells the time.

        Raises:
            InputError: where the address is none.
            AnalyzerError: where the database does not answer.
        """
        self.database = Database(where or default_library())
        self.clock = clock

    @property
    def shown(self) -> str:
        """The library's address, without a password."""
        return self.database.shown

    def person(self, code: str | None) -> Person:
        """Return who acts: the person with this code, or without one the only person there is.

        Raises:
            InputError: where the code is unknown or disabled, or is needed and missing.
        """
        with self.database.read() as transaction:
            people = list(transaction.scalars(select(Person).where(Person.disabled.is_(False)).order_by(Person.code)))
        if code is not None:
            for person in people:
                if person.code == code:
                    return person
            raise InputError(f"{code}: nobody in the library has this code; analyzer users list shows who has one")
        if len(people) == 1:
            return people[0]
        if not people:
            raise InputError("the library is empty; begin with: analyzer upload FILE --trainee CODE")
        raise InputError("the library has more than one person; say who you are with --as CODE")

    def setting(self, name: str) -> Any:
        """Return one of the site's choices (``DEFAULTS`` names them)."""
        with self.database.read() as transaction:
            found = transaction.get(Setting, name)
        return DEFAULTS[name] if found is None else found.value

    def choose(self, person: Person, name: str, value: float) -> None:
        """Set one of the site's choices; supervisors and administrators may.

        Raises:
            InputError: where there is no such choice, the value is out of its limits, or the person may not.
        """
        if name not in DEFAULTS:
            raise InputError(f"{name}: no such setting; there are {', '.join(DEFAULTS)}")
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise InputError(f"{name}: lies between {low:g} and {high:g}")
        if person.role == "trainee":
            raise InputError("settings are a supervisor's or an administrator's")
        with self.database.write() as transaction:
            transaction.merge(Setting(name=name, value=int(value) if name == "sample" else value))
            self.log(transaction, person, "set", name)

    def record(self, person: Person, action: str, subject: str) -> None:
        """Add a line to the audit log on its own, for something that was only read."""
        with self.database.write() as transaction:
            self.log(transaction, person, action, subject)

    def log(self, transaction: Transaction, person: Person, action: str, subject: str) -> None:
        """Add a line to the audit log; ``subject`` is an id or a code, never text of a transcript."""
        transaction.add(Audit(at=self.clock(), person=person.code, action=action, subject=subject[:100]))

    def close(self) -> None:
        """Close the database."""
        self.database.close()
