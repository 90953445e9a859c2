"""Faults: old and newer schemas, other programs, killed writers, full disks."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from analyzer.errors import AnalyzerError, InputError
from analyzer.library import Library
from analyzer.library.database import Database, parse_url
from analyzer.library.people import add_person, list_people
from analyzer.library.store import list_sessions
from analyzer.library.tables import Base, Card, Person, Setting
from sqlalchemy import func, select, text

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    return str(tmp_path / "old.db") if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")


def test_an_old_library_is_brought_up_to_date_with_what_it_holds(where, kept):
    old = Database(where, revision="0001")
    with old.write() as transaction:
        transaction.execute(
            text("INSERT INTO person (code, role, password, disabled, failures) VALUES ('T1', 'trainee', '', false, 0)")
        )
    old.close()
    library = Library(where)
    assert [person.code for person in list_people(library)] == ["T1"]
    assert library.setting("sample") == 10
    name = kept(library)
    assert list_sessions(library, library.person("T1"))[0][0].id == name
    library.close()


def test_the_migrations_make_the_tables_that_the_code_knows(where):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(where)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    database.close()


def test_a_library_of_a_newer_version_is_left_alone(where):
    database = Database(where)
    with database.write() as transaction:
        transaction.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(InputError, match="newer version"):
        Library(where)


def test_files_that_are_no_library(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes, and no database at all. " * 30)
    with pytest.raises(AnalyzerError, match="is no library"):
        Library(path)
    assert path.read_text().startswith("These are my notes")
    with pytest.raises(InputError, match="is a folder"):
        Library(tmp_path)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://host/name", "SQLite files or PostgreSQL"),
        ("://", "not an SQLAlchemy URL"),
    ],
)
def test_addresses_that_are_none(address, reason):
    with pytest.raises(InputError, match=reason):
        parse_url(address)


def test_a_server_that_does_not_answer(tmp_path):
    with pytest.raises(AnalyzerError, match=r"does not answer|refused"):
        Library(f"postgresql+psycopg://nobody@/none?host={tmp_path}")


def test_passwords_of_an_address_are_not_shown(tmp_path):
    with pytest.raises(AnalyzerError) as caught:
        Library(f"postgresql+psycopg://me:secret@/none?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_a_locked_library_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("analyzer.library.database.BUSY_SECONDS", 0.2)
    library = Library(tmp_path / "library.db")
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(AnalyzerError, match="another program is writing"):
        add_person(library, None, "T1", "trainee")
    assert list_people(library) == [], "reading goes on meanwhile"
    other.execute("ROLLBACK")
    assert add_person(library, None, "T1", "trainee").code == "T1"
    library.close()


def run_python(code: str, *arguments: str, **options) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_a_writer_killed_in_the_middle_leaves_all_or_nothing(tmp_path):
    path = tmp_path / "library.db"
    Library(path).close()
    code = """
        import sys
        from analyzer.library import Library
        from analyzer.library.tables import Person, Setting
        library = Library(sys.argv[1])
        number = 0
        while True:
            with library.database.write() as transaction:
                for part in range(20):
                    transaction.add(Person(code=f"P{number}-{part}", role="trainee"))
                    transaction.flush()
                transaction.merge(Setting(name="open_after_days", value=number))
            number += 1
            print(number, flush=True)
    """
    for _ in range(3):
        writer = run_python(code.replace("number = 0", f"number = {time.monotonic_ns()}"), str(path))
        writer.stdout.readline()
        time.sleep(0.05)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        library = Library(path)
        with library.database.read() as transaction:
            assert (transaction.scalar(select(func.count()).select_from(Person)) or 0) % 20 == 0
            assert transaction.get(Setting, "open_after_days")
            assert transaction.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        library.close()


def test_a_full_disk_changes_nothing(tmp_path):
    path = tmp_path / "library.db"
    library = Library(path)
    add_person(library, None, "T1", "trainee")
    library.close()
    code = """
        import resource, signal, sys
        from analyzer.errors import AnalyzerError
        from analyzer.library import Library
        from analyzer.library.tables import Document, Kept, Setting
        library = Library(sys.argv[1])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with library.database.write() as transaction:
                transaction.merge(Setting(name="big", value="x" * 3_000_000))
        except AnalyzerError as error:
            print(error)
    """
    limit = 1_000_000
    writer = run_python(code, str(path), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    said, errors = writer.communicate(timeout=60)
    assert "nothing was changed" in said, errors
    library = Library(path)
    with library.database.read() as transaction:
        assert transaction.get(Setting, "big") is None
        assert transaction.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    assert [person.code for person in list_people(library)] == ["T1"]
    library.close()


def test_half_an_upload_is_none(local, analysed, people, monkeypatch):
    from analyzer.library import store
    from analyzer.library.store import About, keep

    people(local)

    def broken(*_):
        raise AnalyzerError("the machine failed")

    monkeypatch.setattr(local, "log", broken)
    with pytest.raises(AnalyzerError):
        keep(local, None, analysed, About("T1"))
    assert list_sessions(local, local.person("T1"))[1] == 0
    with local.database.read() as transaction:
        assert transaction.scalar(select(func.count()).select_from(Card)) == 0
    assert store.keep is keep


def test_settings(local, people):
    trainee, _, supervisor = people(local)
    local.choose(supervisor, "sample", 4)
    assert local.setting("sample") == 4
    with pytest.raises(InputError, match="supervisor's"):
        local.choose(trainee, "sample", 0)
    with pytest.raises(InputError, match="no such setting"):
        local.choose(supervisor, "colour", 1)
    with pytest.raises(InputError, match="between 0 and 365"):
        local.choose(supervisor, "open_after_days", -1)
    assert json.dumps(local.setting("threshold")) == "null"
