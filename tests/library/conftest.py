"""Libraries on both databases, with a session that the shipped model has analysed once."""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from analyzer.library import Library
from analyzer.library.people import add_person
from analyzer.library.store import About, Analysed, analyse, keep
from analyzer.library.tables import Person
from analyzer.pipeline import Pipeline
from analyzer.readers import read


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


def postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    here = shutil.which("initdb")
    return found[-1].parent if found else Path(here).parent if here else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a server of our own, without the name of a database."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if who:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **who)

    run(
        str(programs / "initdb"),
        "-D",
        str(folder / "data"),
        "-U",
        "postgres",
        "--auth=trust",
        "-E",
        "UTF8",
        "--no-sync",
    )
    options = f"-c listen_addresses= -c fsync=off -k {folder}"
    log = str(folder / "log")
    run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", log, "-o", options, "start")
    try:
        yield f"host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_postgres(postgres: str) -> str:
    """URL of an empty database."""
    import psycopg

    name = f"library_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"user=postgres dbname=postgres {postgres}", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"postgresql+psycopg://postgres@/{name}?{postgres}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def library(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Library]:
    where = tmp_path / "kept" / "library.db" if request.param == "sqlite" else request.getfixturevalue("fresh_postgres")
    opened = Library(where, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def local(tmp_path: Path, clock: Clock) -> Iterator[Library]:
    """A library in a file."""
    opened = Library(tmp_path / "kept" / "library.db", clock=clock)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def analysed(pipeline: Pipeline, example: Path, tmp_path_factory: pytest.TempPathFactory) -> Analysed:
    """The session that ships with the project, analysed by the shipped model."""
    scratch = Library(tmp_path_factory.mktemp("scratch") / "library.db")
    found = analyse(scratch, read(example), pipeline)
    scratch.close()
    return found


@pytest.fixture
def people(request: pytest.FixtureRequest) -> Callable[[Library], tuple[Person, Person, Person]]:
    """Makes a trainee T1, a second trainee T2 and a supervisor S1."""

    def make(library: Library) -> tuple[Person, Person, Person]:
        return (
            add_person(library, None, "T1", "trainee"),
            add_person(library, None, "T2", "trainee"),
            add_person(library, None, "S1", "supervisor"),
        )

    return make


@pytest.fixture
def kept(analysed: Analysed) -> Callable[..., str]:
    """Keeps the analysed session, as often as wanted: each time under another hash."""

    def make(library: Library, trainee: str = "T1", held: date | None = None, **changes: object) -> str:
        mine = replace(analysed, content=uuid.uuid4().hex * 2, **changes)
        return keep(library, None, mine, About(trainee, "C1", held, ("intake",)))

    return make
