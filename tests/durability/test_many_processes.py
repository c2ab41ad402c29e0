"""Several schedulers and web processes on one PostgreSQL: killed, frozen and woken; no period twice, none lost, one sign-in for all."""

import http.cookiejar
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.database.engine import Database
from monitor.database.tables import Source
from monitor.domain.access import SYSTEM, Role
from monitor.services import accounts
from tests.dashboard.site import PASSWORD
from tests.durability.child import live, tick
from tests.durability.effects import count, effects, finished, unfinished
from tests.durability.ground import Ground, prepare, wait_until
from tests.test_cli import COMMAND, environment

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


def test_a_process_frozen_in_the_middle_of_writing_keeps_nobody_waiting(ground: Ground) -> None:
    with ground.copy() as trial, Database(trial.address) as database:
        frozen = trial.fork(tick, "in the middle of a renewal", 5, signal.SIGSTOP)
        frozen.frozen()  # its transaction holds the row of its period
        trial.fork(live, "never", 0, 9, QUICK)
        wait_until(lambda: finished(database) >= SOURCES * 40 and not unfinished(database), 60)
        before = effects(database)
        frozen.send(signal.SIGCONT)
        while (word := frozen.said()) not in {"done", ""}:
            pass

        assert before == sorted(set(before))
        assert (word, effects(database)) == ("done", before)


class Browser:
    """A person with cookies."""

    def __init__(self) -> None:
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, address: str) -> str:
        with self.opener.open(urllib.request.Request(address, headers={"Accept": "text/html"})) as answer:
            return str(answer.geturl()) + "\n" + answer.read().decode()

    def post(self, address: str, **fields: str) -> str:
        with self.opener.open(address, urllib.parse.urlencode(fields).encode()) as answer:
            return str(answer.geturl())


@contextmanager
def web(trial: Ground) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """`jieyue web` on the ground, and its address."""
    more = {"JIEYUE_DATABASE__URL": trial.address, "JIEYUE_DATA": str(trial.folder)}
    process = subprocess.Popen(
        [*COMMAND, "web", "--port", "0"],
        env=environment(trial.folder) | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        yield process, next(line for line in lines if "http://" in line).split("http://")[1].split("/")[0]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_sign_in_holds_on_every_web_process_and_outlives_one_of_them(ground: Ground) -> None:
    with ground.copy() as trial:
        with Database(trial.address) as database, database.session(write=True) as session:
            accounts.create_user(session, SYSTEM, "wang", "王", password=PASSWORD, now=datetime.now(UTC))
            accounts.grant(session, SYSTEM, 1, 1, Role.ADMIN)
        with web(trial) as (_, one), web(trial) as (other, two):
            person = Browser()
            form = person.get(f"http://{one}/login")
            token = form.split('name="csrf" value="')[1].split('"')[0]
            person.post(f"http://{one}/login", login="wang", password=PASSWORD, csrf=token)
            inside = [person.get(f"http://{host}/imports").splitlines()[0] for host in (one, two)]
            other.kill()
            other.wait()
            after = person.get(f"http://{one}/imports").splitlines()[0]
            with Database(trial.address) as database, database.session(write=True) as session:
                session.execute(text("DELETE FROM session"))
            out = person.get(f"http://{one}/imports").splitlines()[0]

    assert inside == [f"http://{one}/imports", f"http://{two}/imports"]
    assert after == f"http://{one}/imports"
    assert "/login?" in out
