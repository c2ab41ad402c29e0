"""A scheduler that is killed: runs in a process of its own, and at the moment named sends itself SIGKILL or SIGSTOP."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from monitor import notify
from monitor.database.engine import Database
from monitor.domain.periods import is_workday
from monitor.errors import JieyueError
from monitor.intake import ledger, pipeline, registry, sandbox, storing
from monitor.intake.contract import Document
from monitor.process import alone_on
from monitor.scheduling import claims, jobs, messages
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings

PART = 1_000  # readings in one transaction: small, so that a small file has several
POINTS = (
    "claimed",  # the period is ours, nothing else has happened
    "document kept",  # document and run are written
    "in the middle of a part",  # readings are written, their days are not, nothing is committed
    "before a commit",
    "after a commit",
    "between two parts",
    "before the outcome",  # all is committed but that the period has succeeded
)
HOW: list[Callable[[], object]] = [lambda: os.kill(os.getpid(), signal.SIGKILL)]
registry.importers()  # once, in the server that children are forked from
is_workday(date(2026, 1, 1), "CN")  # reads the calendars of all countries


def settings(folder: Path) -> Settings:
    """Settings with the shortest lease there is."""
    return Settings.load(folder=folder, environ={}, flags={"data": folder, "scheduler": {"lease": 10}})


def later(seconds: int) -> Callable[[], datetime]:
    """A clock that goes ahead by some seconds."""
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


def die() -> None:
    """End without a word, as a power cut does; freeze, as a suspended machine does; or wait for word."""
    HOW[0]()


def _nth(count: int, act: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
    seen = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == count and not after:
            die()
        answer = act(*args, **kwargs)
        if seen == count and after:
            die()
        return answer

    return counted


def arm(where: str, nth: int) -> None:
    """Put the charge at the nth time that the moment comes."""
    storing.CHUNK_ROWS = PART
    match where:
        case "claimed":
            jobs.run = _nth(nth, jobs.run)
        case "document kept":
            pipeline._parse_and_store = _nth(nth, pipeline._parse_and_store)
        case "in the middle of a part":
            storing.rebuild_daily = _nth(nth, storing.rebuild_daily)
        case "before a commit":
            claims.renew = _nth(nth, claims.renew)
        case "in the middle of a renewal":
            claims.renew = _nth(nth, claims.renew, after=True)
        case "after a commit":
            ledger.writing = _Committed(nth, ledger.writing)
        case "between two parts":
            storing.Store._part = _nth(nth, storing.Store._part, after=True)
        case "before the outcome":
            claims.finish = _nth(nth, claims.finish)


class _Committed:
    """`ledger.writing`, deadly after the nth COMMIT."""

    def __init__(self, count: int, real: Callable[..., Any]) -> None:
        self.count, self.real = count, real

    def __call__(self, *args: Any) -> Any:
        self.count -= 1
        return _Deadly(self.real(*args), dies=self.count == 0)


class _Deadly:
    def __init__(self, inside: Any, *, dies: bool) -> None:
        self.inside, self.dies = inside, dies

    def __enter__(self) -> Any:
        return self.inside.__enter__()

    def __exit__(self, *error: object) -> Any:
        answer = self.inside.__exit__(*error)
        if self.dies:
            die()
        return answer


def warm(folder: Path) -> None:
    """Let the process that parses start now, so that a random moment falls into the import and not into that."""
    file = folder / "warm.csv"
    file.write_text("a,b\n")
    with suppress(JieyueError):
        list(sandbox.parse("tabular", {"inbox": str(folder)}, Document(file.name, file)))


def tick(  # noqa: PLR0917 - what a trial is
    speech: Connection, address: str, folder: Path, where: str = "never", nth: int = 0, how: int = signal.SIGKILL
) -> None:
    """Tick once; `where` is one of POINTS, or `never` for a parent that kills by itself; how 0: wait there for a word."""

    def pause() -> None:
        speech.send("paused")
        speech.recv()

    HOW[0] = (lambda: os.kill(os.getpid(), how)) if how else pause
    arm(where, nth)
    if where == "never":
        warm(folder)
    with Database(address) as database, _told(speech):
        speech.send("ready")
        Scheduler(database, settings(folder), clock=later(90))._safe_tick()
    speech.send("done")


@contextmanager
def _told(speech: Connection) -> Iterator[None]:
    """Say what the scheduler logs."""

    class Aloud(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            speech.send(record.getMessage())

    handler = Aloud(logging.WARNING)
    log = logging.getLogger("monitor.scheduling.scheduler")
    log.addHandler(handler)
    yield
    log.removeHandler(handler)


def live(  # noqa: PLR0917 - what a trial is
    speech: Connection,
    address: str,
    folder: Path,
    where: str = "never",
    nth: int = 1,
    how: int = signal.SIGKILL,
    flags: dict[str, int] | None = None,
) -> None:
    """Run a scheduler as `jieyue scheduler` does, until it is killed or told to end."""
    HOW[0] = lambda: os.kill(os.getpid(), how)
    arm(where, nth)
    given = Settings.load(folder=folder, environ={}, flags={"data": folder, "scheduler": flags or {}})
    with Database(address) as database, alone_on(database, given) as alone:
        running = Scheduler(database, given, clock=later(90), alone=alone)
        running.start()
        speech.send("running")
        with suppress(EOFError):
            speech.recv()
        running.stop()
    speech.send("ended")


def upgrade(speech: Connection, address: str, nth: int) -> None:
    """Bring a database to this version's schema; die before the nth statement, or tell how many there were."""
    with Database(address) as database:
        seen = 0

        def count(*_of_cursor: object) -> None:
            nonlocal seen
            seen += 1
            if seen == nth:
                die()

        event.listen(Engine, "before_cursor_execute", count)
        database.upgrade()
    speech.send(str(seen))


def post(speech: Connection, address: str, folder: Path, port: int) -> None:
    """Send what waits, and die before that can be written down."""
    mail = {"host": "localhost", "port": port, "sender": "a@example.cn"}
    notify.CHANNELS["mail"] = _nth(1, notify.CHANNELS["mail"], after=True)
    with Database(address) as database:
        messages.deliver(database, Settings.model_validate({"data": folder, "mail": mail}), later(0)())
    speech.send("lived")
