"""Sessions in and out of the library."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Transaction

from analyzer.context import examples_of
from analyzer.errors import InputError
from analyzer.files import write_whole
from analyzer.flags import Thresholds, flag
from analyzer.labels import Label
from analyzer.library import Library
from analyzer.library.access import find, find_judged, is_open, opens
from analyzer.library.people import add_person
from analyzer.library.review import draw_cards
from analyzer.library.stored import to_stored
from analyzer.library.tables import Card, Document, Drawn, Event, Exported, Kept, Person, Spoken
from analyzer.pipeline import Options, Pipeline
from analyzer.session import Session
from analyzer.summary import SessionReport, summarise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRENGTHS = (Label.VALIDATION, Label.FEEDBACK)


@dataclass(frozen=True, slots=True)
class About:
    """What a person says of a session when it is uploaded."""

    trainee: str
    client: str = ""
    held: date | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysed:
    """A session ready to be kept: hash of its words, report, threshold, and vectors (utterances, width)."""

    content: str
    report: SessionReport
    threshold: float
    vectors: NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as a list shows it. ``figures`` is None for those who may not see its judgements yet."""

    id: str
    name: str
    trainee: str
    client: str
    held: date
    tags: tuple[str, ...]
    uploaded: datetime
    opens: datetime
    is_open: bool
    figures: dict[str, Any] | None


def upload(
    library: Library,
    person: Person | None,
    session: Session,
    about: About,
    pipeline: Pipeline,
    options: Options | None = None,
) -> tuple[str, bool]:
    """Analyse a session and keep it.

    Args:
        library: to keep it in.
        person: who uploads: None on the owner's own machine where nobody is known yet.
        session: as a reader returns it.
        about: trainee, client, date, tags. An unknown trainee is added.
        pipeline: with the model.
        options: of the analysis.

    Returns:
        The session's id in the library, and whether it is new.

    Raises:
        InputError: where it cannot be analysed, is kept under another trainee, or the person may not upload for this
            trainee.
    """
    content = content_hash(session)
    with library.database.read() as transaction:
        trainee = transaction.scalar(select(Person).where(Person.code == about.trainee))
        there = transaction.scalar(select(Kept).where(Kept.content == content))
    if trainee is not None and trainee.role != "trainee":
        raise InputError(f"{about.trainee}: is a {trainee.role}, not a trainee")
    if person is not None and person.role == "administrator":
        raise InputError("an administrator manages accounts and uploads nothing")
    if person is not None and person.role == "trainee" and person.code != about.trainee:
        raise InputError("a trainee uploads only under the own code")
    if there is not None:
        if there.trainee.code != about.trainee:
            raise InputError(f"{session.id}: these words are kept under another trainee's code")
        return there.id, False
    return keep(library, person, analyse(library, session, pipeline, options), about), True


def analyse(library: Library, session: Session, pipeline: Pipeline, options: Options | None = None) -> Analysed:
    """Analyse a session at the site's threshold, and tell why its flagged utterances have their label.

    Raises:
        InputError: where it cannot be analysed.
    """
    import numpy as np

    report = pipeline.run(session, options or Options())
    analysed, threshold = report.session, library.setting("threshold")
    if threshold is None:
        threshold = pipeline.thresholds.criticism
    else:
        analysed = flag(analysed, Thresholds(threshold, pipeline.thresholds.unsure))
        report = replace(report, summary=summarise(analysed, pipeline.estimator))
    vectors = pipeline.classifier.embed(examples_of(analysed)).astype(np.float16)
    return Analysed(
        content_hash(session), replace(report, session=pipeline.explainer.explain(analysed)), threshold, vectors
    )


def keep(library: Library, person: Person | None, analysed: Analysed, about: About) -> str:
    """Write an analysed session down, with its cards; all of it or nothing.

    Returns:
        The session's id in the library.

    Raises:
        InputError: where the trainee's code cannot be used.
        AnalyzerError: where the database refuses.
    """
    with library.database.read() as transaction:
        trainee = transaction.scalar(select(Person).where(Person.code == about.trainee))
    trainee = trainee or add_person(library, person, about.trainee, "trainee")
    report = analysed.report
    kept = Kept(
        id=secrets.token_hex(8),
        content=analysed.content,
        name=report.session.id[:200],
        trainee_id=trainee.id,
        client=about.client[:64],
        held=about.held or library.clock().date(),
        tags=list(about.tags),
        uploaded=library.clock(),
        model=f"{report.model.name} {report.model.version} {report.model.sha256[:12]}",
        threshold=analysed.threshold,
        summary=report.to_json()["summary"],
    )
    spoken = spoken_of(kept.id, analysed)
    cards = draw_cards([(item.number, item.criticism, item.flagged) for item in spoken], library.setting("sample"))
    with library.database.write() as transaction:
        transaction.add(kept)
        transaction.flush()
        transaction.add(Document(session_id=kept.id, body=json.dumps(to_stored(report), ensure_ascii=False)))
        transaction.add_all(spoken)
        transaction.add_all(Card(session_id=kept.id, **asdict(card)) for card in cards)
        library.log(transaction, person or trainee, "upload", kept.id)
    return kept.id


def content_hash(session: Session) -> str:
    """Return the sha256 of who said what, the same for every file that holds these turns."""
    said = [[turn.speaker, " ".join(turn.text.split())] for turn in session.turns]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def list_sessions(
    library: Library, person: Person, *, trainee: str | None = None, most: int | None = None, skip: int = 0
) -> tuple[list[Listed], int]:
    """Return the sessions that a person may know of, the latest first, and how many there are in all.

    Args:
        library: to look in.
        person: who asks.
        trainee: only this one's.
        most: so many at most.
        skip: so many before the first one returned.
    """
    if person.role == "administrator":
        return [], 0
    wanted = select(Kept).join(Person, Kept.trainee_id == Person.id)
    if person.role == "trainee":
        wanted = wanted.where(Kept.trainee_id == person.id)
    if trainee is not None:
        wanted = wanted.where(Person.code == trainee)
    with library.database.read() as transaction:
        total = transaction.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        page = wanted.order_by(Kept.held.desc(), Kept.uploaded.desc(), Kept.id).offset(skip)
        found = list(transaction.scalars(page if most is None else page.limit(most)))
        days = library.setting("open_after_days")
        return [_listed(library, person, kept, days) for kept in found], total


def _listed(library: Library, person: Person, kept: Kept, days: float) -> Listed:
    when = opens(kept, days)
    ready = when <= library.clock()
    return Listed(
        kept.id,
        kept.name,
        kept.trainee.code,
        kept.client,
        kept.held,
        tuple(kept.tags),
        kept.uploaded,
        when,
        ready,
        kept.summary if person.role == "trainee" or ready else None,
    )


def document(library: Library, person: Person, session: str, *, action: str = "read") -> tuple[Kept, dict[str, Any]]:
    """Return a session and its analysed session/1 object; the audit log notes it.

    Raises:
        InputError: where there is none for this person.
        ClosedError: where a supervisor may not see its judgements yet.
    """
    with library.database.write() as transaction:
        kept = find_judged(library, transaction, person, session)
        body = transaction.get_one(Document, kept.id).body
        _look(library, transaction, person, kept)
        library.log(transaction, person, action, kept.id)
    found: dict[str, Any] = json.loads(body)
    return kept, found


def note_look(library: Library, person: Person, session: str) -> None:
    """Remember that a person has seen the model's labels of a session: what they decide from now on is not blind."""
    with library.database.write() as transaction:
        _look(library, transaction, person, find_judged(library, transaction, person, session))


def _look(library: Library, transaction: Transaction, person: Person, kept: Kept) -> None:
    seen = select(Event.id).where(
        Event.session_id == kept.id, Event.person_id == person.id, Event.kind == "looked", Event.card_id.is_(None)
    )
    if transaction.scalar(seen) is None:
        transaction.add(Event(session_id=kept.id, person_id=person.id, at=library.clock(), kind="looked"))


def words_of(library: Library, person: Person, session: str) -> tuple[Kept, dict[str, Any]]:
    """Return a session and its session/1 object for labelling blind: the caller shows the words and nothing else.

    Raises:
        InputError: where there is none for this person.
    """
    with library.database.read() as transaction:
        kept = find(transaction, person, session)
        return kept, json.loads(transaction.get_one(Document, kept.id).body)


def export(library: Library, person: Person, session: str, path: Path, content: bytes) -> None:
    """Write a file made from a session, and remember it, so that deleting the session takes it along.

    Raises:
        InputError: where there is no such session for this person.
        AnalyzerError: where the file cannot be written.
    """
    write_whole(path, content)
    with library.database.write() as transaction:
        kept = find_judged(library, transaction, person, session)
        digest = hashlib.sha256(content).hexdigest()
        transaction.add(Exported(session_id=kept.id, path=str(path.resolve()), sha256=digest))
        library.log(transaction, person, "export", kept.id)


@dataclass(frozen=True, slots=True)
class Removed:
    """What a deletion took along: counts, and exported files removed, and those that people have changed since."""

    utterances: int
    events: int
    files: tuple[str, ...]
    kept_files: tuple[str, ...]


def remove(library: Library, person: Person, session: str) -> Removed:
    """Delete a session: its words, figures, cards, decisions, and the files that were exported from it.

    The audit log keeps that it was deleted. An exported file that was changed since is left alone and named.

    Raises:
        InputError: where there is none for this person.
        AnalyzerError: where the journal could not be emptied.
    """
    with library.database.write() as transaction:
        kept = find(transaction, person, session, delete=True)
        files = list(transaction.scalars(select(Exported).where(Exported.session_id == kept.id)))
        counts = []
        for table in (Spoken, Event):
            found = transaction.scalar(select(func.count()).select_from(table).where(table.session_id == kept.id))
            counts.append(found or 0)
        for rows in (Drawn, Exported, Event, Card, Spoken, Document):
            transaction.execute(delete(rows).where(rows.session_id == kept.id))
        transaction.execute(delete(Kept).where(Kept.id == kept.id))
        library.log(transaction, person, "delete", kept.id)
    removed, changed = [], []
    for file in files:
        path = Path(file.path)
        if not path.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256:
            path.unlink()
            removed.append(file.path)
        else:
            changed.append(file.path)
    library.database.forget()
    return Removed(counts[0], counts[1], tuple(removed), tuple(changed))


def readable_by_supervisor(library: Library, session: str) -> bool:
    """Tell whether a session is open to supervisors."""
    with library.database.read() as transaction:
        kept = transaction.get(Kept, session)
        return kept is not None and is_open(library, transaction, kept)


def spoken_of(identifier: str, analysed: Analysed) -> list[Spoken]:
    """Return a row for each therapist utterance of an analysed session."""
    rows = []
    found = analysed.report.session.therapist_utterances()
    for number, ((_, turn, utterance), vector) in enumerate(zip(found, analysed.vectors, strict=True), 1):
        probabilities = utterance.probabilities or {}
        label = utterance.label or Label.OTHER
        rows.append(
            Spoken(
                session_id=identifier,
                number=number,
                label=str(label),
                criticism=probabilities.get(Label.CRITICISM, 0.0),
                likely=probabilities.get(label, 0.0),
                flagged=bool(utterance.flags),
                text=turn.words_of(utterance),
                vector=vector.tobytes() if utterance.flags or label in STRENGTHS else None,
            )
        )
    return rows


def parse_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return tags without doubles, trimmed."""
    return tuple(dict.fromkeys(tag.strip()[:40] for tag in tags if tag.strip()))
