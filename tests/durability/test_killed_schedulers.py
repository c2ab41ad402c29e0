"""kill -9 of schedulers in the middle of a job: each due period succeeds exactly once, within a minute of the restart."""

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.database.engine import Database
from tests.durability.child import live
from tests.durability.effects import count, effects, finished, unfinished
from tests.durability.ground import Ground, prepare, wait_until

KILLS = int(os.environ.get("JIEYUE_SCHEDULER_KILLS", "10"))  # on each database
AT_ONCE = 10
MOMENTS = ("claimed", "before a commit", "after a commit", "before the outcome")
QUICK = {"tick": 1, "lease": 10}
WITHIN = 60.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    made = prepare(request.param, tmp_path_factory.mktemp("schedulers") / "ground", server)
    for file in (made.folder.parent / "inbox").iterdir():
        file.unlink()  # the ledger is under test: files are `test_killed_imports`
    count(made.address)
    return made


def restarted(trials: list[Ground], flags: dict[str, int], databases: list[Database]) -> list[float]:
    """Start a scheduler for each ground; give the seconds until all of its periods have succeeded."""
    began = time.monotonic()
    for trial in trials:
        trial.fork(live, "never", 0, signal.SIGKILL, flags)
    waiting, took = list(databases), []

    def all_done() -> bool:
        for database in list(waiting):
            if finished(database) and not unfinished(database):
                waiting.remove(database)
                took.append(time.monotonic() - began)
        return not waiting

    wait_until(all_done, WITHIN)
    return took


@pytest.mark.parametrize("batch", range(max(KILLS // AT_ONCE, 1)))
def test_each_due_period_succeeds_once_within_a_minute_of_the_restart(ground: Ground, batch: int) -> None:
    flags = {} if KILLS > AT_ONCE else QUICK  # the large run takes the lease and the tick that a user has
    with ExitStack() as stack:
        trials = [stack.enter_context(ground.copy()) for _ in range(min(KILLS, AT_ONCE))]
        for number, trial in enumerate(trials):
            trial.fork(live, MOMENTS[number % len(MOMENTS)], 1, signal.SIGKILL, flags)
        assert [trial.children[0].end(WITHIN) for trial in trials] == [-signal.SIGKILL] * len(trials)
        dead = [Database(trial.address) for trial in trials]
        assert [finished(database) for database in dead] == [0] * len(trials)

        took = restarted(trials, flags, dead)

        assert took[-1] < WITHIN
        for database in dead:
            told = effects(database)
            assert told == sorted(set(told))
            assert len(told) == finished(database) >= 1
            database.close()


def test_a_second_scheduler_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    made = prepare("sqlite", tmp_path / "ground")
    with made.copy() as trial:
        first = trial.fork(live)
        assert first.said() == "running"
        second = replace(trial, children=trial.children).fork(live)
        assert (second.said(), second.end(30)) == ("", 1)
