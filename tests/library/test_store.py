"""Sessions in and out, on both databases."""

import hashlib
import json
import stat
from datetime import date
from pathlib import Path

import pytest
from analyzer.errors import InputError
from analyzer.library import Library
from analyzer.library.people import add_person
from analyzer.library.review import act, queue
from analyzer.library.store import (
    About,
    content_hash,
    document,
    export,
    keep,
    list_sessions,
    parse_tags,
    remove,
    upload,
)
from analyzer.library.stored import from_stored, to_exported, to_stored
from analyzer.library.tables import Audit, Card, Document, Event, Kept, Spoken
from analyzer.readers import read
from analyzer.reports import render
from sqlalchemy import func, select, text


def test_what_is_stored_comes_back_whole(analysed):
    again = from_stored(json.loads(json.dumps(to_stored(analysed.report))))
    assert again.summary == analysed.report.summary
    assert again.model == analysed.report.model
    assert [t.utterances for t in again.session.turns] == [t.utterances for t in analysed.report.session.turns]
    assert render(again, "text") == render(analysed.report, "text")
    assert set(to_exported(to_stored(analysed.report))["model"]) == {"name", "version", "sha256", "codebook"}


def test_upload_analyses_once_and_recognises_the_words(local, pipeline, example, tmp_path):
    session = read(example)
    first, new = upload(local, None, session, About("T1", "C1", date(2026, 2, 3), ("a",)), pipeline)
    assert new
    assert upload(local, None, session, About("T1"), pipeline) == (first, False)
    as_text = tmp_path / "again.txt"
    as_text.write_text("".join(f"{turn.speaker}: {turn.text}\n" for turn in session.turns), "utf-8")
    assert upload(local, None, read(as_text), About("T1"), pipeline) == (first, False)
    with pytest.raises(InputError, match="another trainee"):
        upload(local, None, session, About("T2"), pipeline)
    (listed,), total = list_sessions(local, local.person("T1"))
    assert total == 1
    assert (listed.id, listed.held, listed.client, listed.tags) == (first, date(2026, 2, 3), "C1", ("a",))
    with local.database.read() as transaction:
        spoken = list(transaction.scalars(select(Spoken).where(Spoken.session_id == first)))
    report = pipeline.run(session)
    assert [s.flagged for s in spoken] == [bool(u.flags) for _, _, u in report.session.therapist_utterances()]
    assert all(s.vector for s in spoken if s.flagged)


def test_who_may_upload_for_whom(local, pipeline, example, people):
    _, other, supervisor = people(local)
    administrator = add_person(local, None, "A1", "administrator")
    session = read(example)
    for person, reason in ((other, "own code"), (administrator, "uploads nothing")):
        with pytest.raises(InputError, match=reason):
            upload(local, person, session, About("T1"), pipeline)
    with pytest.raises(InputError, match="not a trainee"):
        upload(local, supervisor, session, About("S1"), pipeline)
    assert upload(local, supervisor, session, About("T1"), pipeline)[1]


def test_lists_show_what_a_person_may_know(library, people, kept, clock):
    trainee, other, supervisor = people(library)
    older = kept(library, held=date(2026, 1, 5))
    newer = kept(library, held=date(2026, 2, 5))
    theirs = kept(library, "T2", held=date(2026, 1, 20))
    assert [item.id for item in list_sessions(library, trainee)[0]] == [newer, older]
    assert [item.id for item in list_sessions(library, other)[0]] == [theirs]
    everything, total = list_sessions(library, supervisor)
    assert [item.id for item in everything] == [newer, theirs, older]
    assert total == 3
    assert all(item.figures is None for item in everything)
    assert all(item.figures for item in list_sessions(library, trainee)[0])
    assert [item.id for item in list_sessions(library, supervisor, trainee="T1", most=1, skip=1)[0]] == [older]
    clock.pass_days(15)
    assert all(item.figures for item in list_sessions(library, supervisor)[0])


def test_deleting_takes_rows_files_and_every_byte(library, people, kept, analysed, tmp_path):
    trainee, *_ = people(library)
    name, other = kept(library), kept(library)
    card = queue(library, trainee, name).card
    act(library, trainee, name, card.id, "label", label="other")
    act(library, trainee, name, card.id, "comment", note="a remark that nobody should find again")
    same, changed = tmp_path / "same.html", tmp_path / "changed.html"
    for path in (same, changed):
        export(library, trainee, name, path, render(analysed.report, "html"))
    assert stat.S_IMODE(same.stat().st_mode) == 0o600
    changed.write_text("my own notes", "utf-8")
    found = remove(library, trainee, name)
    assert found.utterances == analysed.report.summary.utterances
    assert found.events == 2
    assert (found.files, found.kept_files) == ((str(same),), (str(changed),))
    assert not same.exists()
    assert changed.exists()
    with library.database.read() as transaction:
        for table in (Document, Spoken, Card, Event):
            left = transaction.scalar(select(func.count()).select_from(table).where(table.session_id == name))
            assert left == 0
        assert transaction.get(Kept, other)
        assert (
            transaction.scalar(select(Audit.action).where(Audit.subject == name).order_by(Audit.id.desc())) == "delete"
        )


def test_no_byte_of_a_deleted_session_is_in_the_file_or_its_journal(local, people, kept, tmp_path):
    trainee, *_ = people(local)
    name = kept(local)
    words = json.loads(json.dumps(document(local, trainee, name)[1]))["turns"][3]["text"].encode()
    files = [path for path in (tmp_path / "kept").iterdir() if path.is_file()]
    assert any(words in path.read_bytes() for path in files)
    card = queue(local, trainee, name).card
    act(local, trainee, name, card.id, "comment", note="wistful zebra remark")
    remove(local, trainee, name)
    for path in (tmp_path / "kept").iterdir():
        content = path.read_bytes()
        assert words not in content
        assert b"zebra" not in content


def test_who_may_delete(library, people, kept):
    trainee, other, supervisor = people(library)
    administrator = add_person(library, None, "A1", "administrator")
    with pytest.raises(InputError, match="no such session"):
        remove(library, other, kept(library))
    for person in (trainee, supervisor, administrator):
        assert remove(library, person, kept(library)).utterances


def test_private_modes(local, kept, tmp_path):
    kept(local)
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o700
    for path in (tmp_path / "kept").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_library_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "library.db"
    Library(path).close()
    path.chmod(0o644)
    Library(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_audit_log_cannot_be_changed_and_holds_no_words(library, people, kept):
    trainee, *_ = people(library)
    name = kept(library)
    _, body = document(library, trainee, name)
    with library.database.read() as transaction:
        lines = [(a.person, a.action, a.subject) for a in transaction.scalars(select(Audit).order_by(Audit.id))]
    assert ("T1", "upload", name) in lines
    assert ("T1", "read", name) in lines
    told = json.dumps(lines)
    assert not any(turn["text"] in told for turn in body["turns"] if len(turn["text"]) > 12)
    for change in ("UPDATE audit SET person = 'x'", "DELETE FROM audit", "UPDATE event SET note = 'x'"):
        with pytest.raises(Exception, match=r"append-only|refused"), library.database.write() as transaction:
            transaction.execute(text(change))


def test_the_hash_is_of_who_said_what(session):
    from dataclasses import replace

    assert content_hash(session) == content_hash(replace(session, id="other name"))
    swapped = replace(session, turns=session.turns[::-1])
    assert content_hash(session) != content_hash(swapped)


def test_two_uploads_of_the_same_words_at_once_keep_one(local, analysed, people):
    people(local)
    keep(local, None, analysed, About("T1"))
    with pytest.raises(Exception, match=r"refused|UNIQUE"):
        keep(local, None, analysed, About("T1"))
    assert list_sessions(local, local.person("T1"))[1] == 1


def test_tags():
    assert parse_tags([" a ", "b", "a", ""]) == ("a", "b")


def test_exports_remember_their_hash(local, people, kept, tmp_path: Path):
    trainee, *_ = people(local)
    name = kept(local)
    export(local, trainee, name, tmp_path / "x.json", b"{}")
    from analyzer.library.tables import Exported

    with local.database.read() as transaction:
        assert transaction.scalar(select(Exported.sha256)) == hashlib.sha256(b"{}").hexdigest()
