"""Opening a library: where it lies, private file modes, migrations, and transactions that fail in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session as Transaction

from analyzer.errors import AnalyzerError, InputError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 10
"""How long a writer waits for another one before it gives up."""


class Database:
    """One library's database, brought up to date when it is opened."""

    def __init__(self, where: str | Path, *, revision: str = "head") -> None:
        """Open or create it.

        Args:
            where: a file, or an SQLAlchemy URL.
            revision: of the schema to bring it to; other than the newest one only in tests.

        Raises:
            InputError: where the URL is none, or the database was made by a newer version.
            AnalyzerError: where it cannot be opened.
        """
        self.url = parse_url(where)
        self.shown = self.url.database or "" if self.is_sqlite else self.url.render_as_string(hide_password=True)
        if self.is_sqlite:
            _touch_private(Path(self.shown))
        try:
            self.engine = create_engine(self.url, hide_parameters=True, connect_args=self._connect_arguments())
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise InputError(f'{self.shown}: {error}; PostgreSQL needs: pip install "analyzer[postgres]"') from None
        if self.is_sqlite:
            _make_sqlite_careful(self.engine)
        self._migrate(revision)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of SQLite's."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a transaction for reading.

        Raises:
            AnalyzerError: where the database refuses.
        """
        with self._plain_errors(), Transaction(self.engine, expire_on_commit=False) as transaction:
            yield transaction

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open a transaction for writing; it is committed at the end, or nothing of it stays.

        Raises:
            AnalyzerError: where the database refuses: locked for too long, a full disk, a lost connection.
        """
        writer = self.engine.execution_options(write=True)
        with self._plain_errors(), Transaction(writer, expire_on_commit=False) as transaction, transaction.begin():
            yield transaction

    def forget(self) -> None:
        """After a deletion, leave no byte of it behind in the journal, or on PostgreSQL in dead rows.

        Raises:
            AnalyzerError: where another program keeps the journal in use, so that it could not be emptied.
        """
        with self._plain_errors(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("COMMIT")
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
                connection.exec_driver_sql("BEGIN")
                if busy:
                    raise AnalyzerError(f"{self.shown}: deleted, but another program reads the journal; run it again")
            else:
                free = connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in ("document", "utterance", "event", "session"):
                    free.exec_driver_sql(f"VACUUM {table}")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _connect_arguments(self) -> dict[str, Any]:
        return {"timeout": BUSY_SECONDS} if self.is_sqlite else {}

    def _migrate(self, revision: str) -> None:
        from alembic import command
        from alembic.runtime.migration import MigrationContext
        from alembic.script import ScriptDirectory
        from alembic.util import CommandError

        config = _alembic_config()
        script = ScriptDirectory.from_config(config)
        wanted = script.get_current_head() if revision == "head" else revision
        with self._plain_errors():
            with self.engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
            if found == wanted:
                return
            if found is not None and found not in {item.revision for item in script.walk_revisions()}:
                raise InputError(f"{self.shown}: made by a newer version of the analyzer; update it")
            with self.engine.execution_options(write=True).begin() as connection:
                config.attributes["connection"] = connection
                try:
                    command.upgrade(config, revision)
                except CommandError as error:
                    raise AnalyzerError(f"{self.shown}: cannot be brought up to date: {error}") from None

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise AnalyzerError(f"{self.shown}: {_reason(error)}") from None


def default_library() -> Path:
    """Return where the library lies unless told otherwise: the folder for a person's data on this system."""
    import click

    return Path(click.get_app_dir("analyzer")) / "library.db"


def parse_url(where: str | Path) -> URL:
    """Take a file's path for SQLite, anything with ``://`` for SQLAlchemy's URL.

    Raises:
        InputError: where it is neither.
    """
    text = str(where)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except ArgumentError:
        raise InputError(
            "the library's address is not an SQLAlchemy URL, such as postgresql+psycopg://host/name"
        ) from None
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database == ":memory:":
            raise InputError("a library in memory keeps nothing; name a file")
        url = url.set(database=str(Path(url.database).expanduser().absolute()))
    elif url.get_backend_name() != "postgresql":
        raise InputError(f"{url.get_backend_name()}: libraries are SQLite files or PostgreSQL databases")
    return url


def _touch_private(path: Path) -> None:
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        elif path.is_dir():
            raise InputError(f"{path}: is a folder; name a file")
        elif path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise AnalyzerError(f"{path}: cannot be opened: {error.strerror}") from None


def _make_sqlite_careful(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so, below
        for pragma in ("journal_mode=WAL", "secure_delete=ON", "foreign_keys=ON", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A writer takes its lock at once, so that two of them wait for each other and never fail half-way.
        write = connection.get_execution_options().get("write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _alembic_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _reason(error: DBAPIError) -> str:
    said = str(error.orig).strip().splitlines()[0] if error.orig else "the database failed"
    if "locked" in said:
        return "another program is writing to the library; try again"
    if "full" in said or "disk I/O" in said:
        return "the disk is full; nothing was changed"
    if "not a database" in said:
        return "is no library; name another file with --library"
    if isinstance(error, OperationalError) and "connect" in said:
        return "the database server does not answer"
    return f"the database refused ({type(error.orig).__name__})"
