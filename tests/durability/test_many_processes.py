"""Two schedulers on one PostgreSQL, one killed, one frozen and woken: no period twice, none lost, nothing written by the woken one."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.database.engine import Database
from monitor.database.tables import Source
from tests.durability.child import live
from tests.durability.effects import count, effects, finished, unfinished
from tests.durability.ground import Ground, prepare, wait_until

QUICK = {"tick": 1, "lease": 10}
SOURCES = 3


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Ground:
    made = prepare("postgresql", tmp_path_factory.mktemp("many") / "ground", postgres)
    for file in (made.folder.parent / "inbox").iterdir():
        file.unlink()
    count(made.address)
    began = datetime.now(UTC) - timedelta(minutes=40)
    with Database(made.address) as database, database.session(write=True) as session:
        [power] = session.query(Source).all()
        columns = ("name_zh", "name_en", "kind", "options", "schedule", "zone", "catch_up")
        for number in range(1, SOURCES):
            alike = {name: getattr(power, name) for name in columns}
            session.add(Source(code=f"power-{number}", created_at=began, **alike))
        power.created_at = began
    return made


def test_two_schedulers_of_which_one_dies_and_one_freezes_run_each_period_once(ground: Ground) -> None:
    with ground.copy() as trial, Database(trial.address) as database:
        killed, frozen = trial.fork(live, "never", 0, 9, QUICK), trial.fork(live, "claimed", 12, signal.SIGSTOP, QUICK)
        wait_until(lambda: finished(database) >= 10, 60)
        killed.send(signal.SIGKILL)
        frozen.frozen()  # in the middle of its twelfth period
        third = trial.fork(live, "never", 0, 9, QUICK)
        assert third.said() == "running"
        wait_until(lambda: finished(database) >= SOURCES * 40 and not unfinished(database), 60)
        with database.session() as session:
            taken = set(session.scalars(text("SELECT owner FROM job_run WHERE fence > 1")))
            before = session.execute(text("SELECT id, fence, owner, state FROM job_run ORDER BY id")).all()
        frozen.send(signal.SIGCONT)
        frozen.tell("end")
        while (word := frozen.said()) not in {"ended", ""}:
            pass

        told = effects(database)
        assert told == sorted(set(told))
        assert len(told) == finished(database) >= SOURCES * 40
        assert word == "ended"
        assert len(taken) >= 1  # what the dead and the frozen one had begun was taken over
        with database.session() as session:
            after = session.execute(text("SELECT id, fence, owner, state FROM job_run ORDER BY id")).all()
        assert after[: len(before)] == before
