"""A scheduler that is killed: runs one tick, and at the moment named sends itself SIGKILL.

python -m tests.durability.child DATABASE DATA WHERE NTH [SIGNAL]; WHERE is one of POINTS, or `never` for a parent that kills by itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.database.engine import Database
from monitor.intake import ledger, pipeline, storing
from monitor.scheduling import claims, jobs
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings

SIGNAL_AT = 5
PART = 3_000  # readings in one transaction: small, so that a small file has several
POINTS = (
    "claimed",  # the period is ours, nothing else has happened
    "document kept",  # document and run are written
    "in the middle of a part",  # readings are written, their days are not, nothing is committed
    "before a commit",
    "after a commit",
    "between two parts",
    "before the outcome",  # all is committed but that the period has succeeded
)


def settings(folder: Path) -> Settings:
    """Settings with the shortest lease there is."""
    return Settings.load(folder=folder, environ={}, flags={"data": folder, "scheduler": {"lease": 10}})


def later(seconds: int) -> Callable[[], datetime]:
    """A clock that goes ahead by some seconds."""
    return lambda: datetime.now(UTC) + timedelta(seconds=seconds)


def die() -> None:
    """End without a word, as a power cut does, or freeze, as a suspended machine does."""
    os.kill(os.getpid(), signal.Signals[sys.argv[5] if len(sys.argv) > SIGNAL_AT else "SIGKILL"])


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


def main() -> None:
    """Tick once."""
    address, folder, where, nth = sys.argv[1:5]
    arm(where, int(nth))
    with Database(address) as database:
        print("ready", flush=True)  # noqa: T201 - the parent waits for it
        Scheduler(database, settings(Path(folder)), clock=later(90)).tick()
    print("done", flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
