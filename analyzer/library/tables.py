"""What the library keeps, as SQLAlchemy tables.

Text of a transcript stands in ``document`` and ``utterance``; what people wrote stands in ``event``. The audit log and
every other table hold ids, numbers and names only.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, Date, DateTime, Float, ForeignKey, Integer, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

PersonRole = Literal["trainee", "supervisor", "administrator"]
PERSON_ROLES: tuple[PersonRole, ...] = get_args(PersonRole)
EventKind = Literal[
    "label", "undo", "skip", "comment", "discuss", "looked", "hand_over", "open_early", "send_back", "adjudicate"
]
CardKind = Literal["flagged", "sample"]


class Moment(TypeDecorator[datetime]):
    """A point in time in UTC; SQLite keeps no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the value with its zone."""
        from datetime import UTC

        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Base(DeclarativeBase):
    """Of all tables."""


class Person(Base):
    """Somebody with a code: a trainee, a supervisor or an administrator.

    ``password`` is an argon2 hash, or empty for those who never log in; ``failures`` counts wrong passwords in a row.
    """

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str] = mapped_column(String(200), default="")
    disabled: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)


class Kept(Base):
    """One session of one trainee with its figures; the words are in ``document``.

    ``content`` is the sha256 of speakers and words, by which the same session is recognised in whatever file it comes.
    """

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    content: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    trainee_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    client: Mapped[str] = mapped_column(String(64), default="")
    held: Mapped[date] = mapped_column(Date, index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    uploaded: Mapped[datetime] = mapped_column(Moment, index=True)
    model: Mapped[str] = mapped_column(String(100))
    threshold: Mapped[float] = mapped_column(Float)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    handed_over: Mapped[datetime | None] = mapped_column(Moment)
    opened_early: Mapped[datetime | None] = mapped_column(Moment)

    trainee: Mapped[Person] = relationship(lazy="joined")


class Document(Base):
    """A session's words with everything that the analysis found: its session/1 JSON."""

    __tablename__ = "document"

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class Spoken(Base):
    """One therapist utterance: where it stands and what the model says of it.

    ``vector`` is the model's embedding in half precision, kept for lines that may stand beside a flag.
    """

    __tablename__ = "utterance"

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    label: Mapped[str] = mapped_column(String(32))
    criticism: Mapped[float] = mapped_column(Float, index=True)
    likely: Mapped[float] = mapped_column(Float)
    flagged: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)


class Card(Base):
    """One utterance that people are asked about: a flagged one, or one drawn from the others.

    ``chance`` is the probability with which it was drawn, in (0, 1]; 1 for flagged ones. ``place`` is its place in the
    queue, by chance.
    """

    __tablename__ = "card"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    stratum: Mapped[int]
    chance: Mapped[float] = mapped_column(Float)
    place: Mapped[int]


class Event(Base):
    """Something that a person did in a review. Events are added, never changed: together they are the history."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(String(16))
    label: Mapped[str] = mapped_column(String(32), default="")
    blind: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(Text, default="")

    person: Mapped[Person] = relationship(lazy="joined")


class Audit(Base):
    """Who read, changed, exported or deleted what. Triggers refuse every change; no text of a transcript."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    person: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(100))


class Exported(Base):
    """A file that was written from a session, so that deleting the session can take it along."""

    __tablename__ = "exported"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))


class Setting(Base):
    """One choice of the site."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Login(Base):
    """One open login: the hash of its token, so that the database alone opens no door."""

    __tablename__ = "login"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    csrf: Mapped[str] = mapped_column(String(64))
    expires: Mapped[datetime] = mapped_column(Moment)


class Drawn(Base):
    """One utterance of a ten-minute calibration, with the chance of being drawn and the label it was given."""

    __tablename__ = "drawn"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    chance: Mapped[float] = mapped_column(Float)
    label: Mapped[str] = mapped_column(String(32), default="")
