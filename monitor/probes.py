"""Whether this process can do its work: the database answers in time and has this program's schema."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache

from sqlalchemy.exc import SQLAlchemyError

from monitor.database.engine import Database
from monitor.database.migrate import current, head

FRESH = 1.0  # seconds: however often somebody asks, the database is asked once in this time
PATIENCE = 3.0  # seconds until silence counts as no

READY, AWAY, SILENT, SCHEMA = "", "database away", "database silent", "schema of another version"
_head = cache(head)


def look(database: Database) -> str:
    """Ask the database; READY, or in a few words what is missing (never an address or a name)."""
    try:
        with database.engine.connect() as connection:
            return READY if current(connection) == _head() else SCHEMA
    except SQLAlchemyError:
        return AWAY


class Readiness:
    """Looks for whoever asks: at most once a second, each look in a thread of its own, so that no answer waits for a dead server."""

    def __init__(self, look: Callable[[], str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.look, self.clock = look, clock
        self._guard = threading.Lock()
        self._running: Future[str] | None = None
        self._begun = float("-inf")

    def problem(self) -> str:
        """Give READY, or what is missing."""
        try:
            return self._current().result(PATIENCE)
        except TimeoutError:
            return SILENT

    def _current(self) -> Future[str]:
        with self._guard:
            age = self.clock() - self._begun
            if self._running is None or age > (FRESH if self._running.done() else PATIENCE):
                self._running, self._begun = Future(), self.clock()
                threading.Thread(target=self._finish, args=(self._running,), name="readiness", daemon=True).start()
            return self._running

    def _finish(self, running: Future[str]) -> None:
        try:
            running.set_result(self.look())
        except Exception:  # noqa: BLE001 - whatever it is, this process is not ready
            running.set_result(AWAY)
