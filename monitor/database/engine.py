"""The one place that opens databases: SQLite in a file, or PostgreSQL; sessions, pragmas, the schema's upgrade."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 30_000
CACHE_KIB = 64 * 1024
# Two or more connections in WAL mode could corrupt the file from 3.7.0 on; mended in 3.51.3.
SAFE_WAL = (3, 51, 3)
# A server that vanished without a word is noticed within seconds, not after a quarter of an hour.
GONE = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# A process that is frozen in the middle of writing loses its transaction, so that its locks keep nobody waiting.
ASLEEP = text("SET LOCAL idle_in_transaction_session_timeout = 20000")
STILL = "REPEATABLE READ"  # SQLite's transactions are so by themselves
_WRITE = "jieyue_write"


def sqlite_module() -> ModuleType:
    """Give the newest SQLite at hand: `pysqlite3` brings its own library, else Python's."""
    try:
        return import_module("pysqlite3.dbapi2")  # not to be had on every platform
    except ImportError:
        return import_module("sqlite3")


def journal_mode(version: tuple[int, ...]) -> str:
    """Choose the journal by library version: WAL where it is safe, else TRUNCATE."""
    return "WAL" if version >= SAFE_WAL else "TRUNCATE"


def make_engine(url: str) -> Engine:
    """Open `sqlite:////folder/file.db` or `postgresql://…` (psycopg 3)."""
    target = make_url(url)
    if target.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    if target.drivername in {"postgresql", "postgres"}:
        target = target.set(drivername="postgresql+psycopg")
    return create_engine(target, pool_size=10, max_overflow=20, pool_pre_ping=True, connect_args=GONE)


def _sqlite_engine(url: str) -> Engine:
    module = sqlite_module()
    engine = create_engine(url, module=module, pool_size=10, max_overflow=20, connect_args={"check_same_thread": False})
    mode = journal_mode(module.sqlite_version_info)

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - a raw DBAPI connection
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            f"journal_mode={mode}",
            f"synchronous={'NORMAL' if mode == 'WAL' else 'FULL'}",
            "foreign_keys=ON",
            f"cache_size=-{CACHE_KIB}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


class Database:
    """A database opened once per process; `session()` is the only way in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self._writer = self.engine.execution_options(**{_WRITE: True})
        self._still = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level=STILL)
        self.shared: dict[str, Any] = {}  # what reading sessions of this process have in common: their `info`

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """Give the SQLite file; None for a server."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name else None

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Session]:
        """Commit on success, roll back on error. `write` takes SQLite's write lock at once, so that it waits its turn.

        Without it a transaction that reads first and writes later may be refused by SQLite when another wrote between.
        """
        with Session(self._writer if write else self.engine, expire_on_commit=False) as session, session.begin():
            if write and not self.is_sqlite:
                session.execute(ASLEEP)
            if not write:
                session.info.update(self.shared)
            yield session

    @contextmanager
    def moment(self) -> Iterator[Session]:
        """Open a reading session whose statements all see the database as it stands at the first of them."""
        with Session(self._still, expire_on_commit=False) as session, session.begin():
            session.info.update(self.shared)
            yield session

    def keep_days(self) -> None:
        """Let reading sessions share the derived days that they read, until the data change: for a process that serves pages."""
        from monitor.database.days import KEY, DayCache  # noqa: PLC0415 - pandas is not needed by those who only store

        self.shared[KEY] = DayCache()

    def upgrade(self) -> None:
        """Bring the schema to this version's; a schema newer than this program is refused (ConfigurationError)."""
        from monitor.database.migrate import upgrade  # noqa: PLC0415 - Alembic is slow to import and rarely needed

        upgrade(self.engine)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
