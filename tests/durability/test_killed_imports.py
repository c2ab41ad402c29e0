"""kill -9 at named and at random moments of an import: nothing is lost, nothing is doubled, and the next start goes on by itself."""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
import pytest
from sqlalchemy import func, select, text

from monitor.database.engine import Database
from monitor.database.tables import (
    Alert,
    DailyConsumption,
    Document,
    ImportIssue,
    ImportRun,
    JobRun,
    Reading,
    ReadingRevision,
)
from monitor.domain.access import SYSTEM
from monitor.scheduling.scheduler import Scheduler
from monitor.services.setup import apply_site, parse_site
from tests.durability.child import POINTS, later, settings

DAYS = 40
METERS = ("E-1", "E-2", "E-3", "E-4")
RANDOM = int(os.environ.get("JIEYUE_KILLS", "18"))  # for each database; with the named moments fifty kills in all
NUMBERS = itertools.count()


def _site(inbox: Path) -> dict[str, Any]:
    profile = {
        "layout": "rows",
        "resource": "electricity",
        "meter": {"column": "meter"},
        "time": {
            "column": "end",
            "format": "%Y-%m-%d %H:%M",
            "zone": "Asia/Shanghai",
            "label": "end",
            "interval": "15min",
        },
        "value": {"column": "kWh", "measure": "kWh"},
    }
    register = {"kind": "interval", "measure": "kWh", "step": 900}
    options = {"inbox": str(inbox), "profile": profile}
    source = {"code": "power", "kind": "tabular", "schedule": "* * * * *", "options": options, "catch_up": 3600}
    return {
        "units": [{"code": "u", "zh": "单位"}],
        "places": [{"code": "p"}],
        "meters": [
            {"code": code, "resource": "electricity", "place": "p", "unit": "u", "registers": [register]}
            for code in METERS
        ],
        "sources": [source],
    }


def _write(inbox: Path) -> None:
    """Two files: an archive of several tables, each a part of its own, and one that corrects it and has a row that is refused."""
    inbox.mkdir(parents=True)
    with ZipFile(inbox / "power-1.zip", "w") as packed:
        for first in range(0, DAYS, 10):
            packed.writestr(f"{first}.csv", _table(range(first, first + 10), wrong=DAYS - 1))
    (inbox / "power-2.csv").write_text(_table(range(DAYS - 2, DAYS + 5)) + "E-1,yesterday,1\n", encoding="utf-8")


def _table(days: range, wrong: int = -1) -> str:
    lines = ["meter,end,kWh"]
    for meter, day, slot in itertools.product(METERS, days, range(96)):
        end = datetime(2026, 1, 1) + timedelta(days=day, minutes=15 * (slot + 1))  # noqa: DTZ001 - the file's own clock
        lines.append(f"{meter},{end:%Y-%m-%d %H:%M},{99 if day == wrong and slot < 4 else 1 + slot % 7}.25")
    return "\n".join([*lines, ""])


@dataclass
class Ground:
    """A database with a source that is due, ready to be copied for each kill."""

    kind: str
    address: str
    folder: Path
    server: str = ""

    def copy(self) -> "Ground":
        folder = self.folder.parent / f"trial-{next(NUMBERS)}"
        shutil.copytree(self.folder, folder)
        if self.kind == "sqlite":
            return Ground(self.kind, f"sqlite:///{folder / 'jieyue.db'}", folder)
        name = f"killed_{next(NUMBERS)}"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE durable STRATEGY file_copy")
        return Ground(self.kind, self.server.replace("/postgres?", f"/{name}?"), folder, self.server)

    def start(self, where: str, nth: int, how: str = "SIGKILL") -> "subprocess.Popen[str]":
        """Start a scheduler that dies (or freezes) there."""
        command = [sys.executable, "-m", "tests.durability.child", self.address, str(self.folder), where, str(nth), how]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def go_on(self) -> None:
        """The next start, after the lease of the dead one."""
        with Database(self.address) as database:
            Scheduler(database, settings(self.folder), clock=later(150)).tick()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("durable") / "ground"
    inbox = folder.parent / "inbox"
    _write(inbox)
    folder.mkdir()
    address, server = f"sqlite:///{folder / 'jieyue.db'}", ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE durable TEMPLATE template_jieyue STRATEGY file_copy")
        address = server.replace("/postgres?", "/durable?")
    with Database(address) as database:
        database.upgrade()
        with database.session(write=True) as session:
            apply_site(session, SYSTEM, parse_site(_site(inbox)), now=datetime.now(UTC))
        if request.param == "sqlite":
            with database.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return Ground(request.param, address, folder, server)


def state(trial: Ground) -> dict[str, Any]:
    """What the import left: every reading, every derived day, what was replaced, what was refused, how the receipts stand."""
    with Database(trial.address) as database, database.session() as session:
        reading = (
            Reading.register_id,
            Reading.end_at,
            Reading.start_at,
            Reading.value,
            Reading.quality,
            Reading.row_no,
        )
        daily = (DailyConsumption.meter_id, DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered)
        old = (ReadingRevision.register_id, ReadingRevision.end_at, ReadingRevision.value)
        done = select(Document.name, ImportRun.rows_read, ImportRun.rows_refused).join(
            Document, Document.id == ImportRun.document_id
        )
        return {
            "readings": [tuple(row) for row in session.execute(select(*reading).order_by(*reading[:2]))],
            "days": [tuple(row) for row in session.execute(select(*daily).order_by(*daily[:2]))],
            "replaced": [tuple(row) for row in session.execute(select(*old).order_by(*old))],
            "refused": [
                tuple(row)
                for row in session.execute(
                    select(ImportIssue.code, ImportIssue.row_no)
                    .join(ImportRun, ImportRun.id == ImportIssue.run_id)
                    .where(ImportRun.state == "done")
                )
            ],
            "done": sorted(tuple(row) for row in session.execute(done.where(ImportRun.state == "done"))),
            "open": session.scalar(select(func.count()).select_from(ImportRun).where(ImportRun.state == "running")),
            "unfinished": session.scalar(select(func.count()).select_from(JobRun).where(JobRun.state != "succeeded")),
            "alerts": session.scalar(select(func.count()).select_from(Alert)),
        }


@pytest.fixture(scope="module")
def undisturbed(ground: Ground) -> tuple[dict[str, Any], float]:
    """What an import leaves that nobody kills, and the seconds from its start to its end."""
    trial = ground.copy()
    with trial.start("never", 0) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        began = time.monotonic()
        assert child.stdout.readline() == "done\n"
        took = time.monotonic() - began
    found = state(trial)
    assert len(found["readings"]) == len(METERS) * (DAYS + 5) * 96
    assert (found["open"], found["unfinished"], found["alerts"], len(found["done"])) == (0, 0, 0, 2)
    return found, took


@pytest.mark.parametrize("where", POINTS)
def test_an_import_killed_there_is_whole_after_the_next_start(
    ground: Ground, undisturbed: tuple[dict[str, Any], float], where: str
) -> None:
    trial = ground.copy()
    with trial.start(where, 1 if where in {"claimed", "before the outcome"} else 2) as child:
        child.communicate()
    assert child.returncode == -9

    trial.go_on()

    assert state(trial) == undisturbed[0]


@pytest.mark.parametrize("seed", range(RANDOM))
def test_an_import_killed_at_a_random_moment_is_whole_after_the_next_start(
    ground: Ground, undisturbed: tuple[dict[str, Any], float], seed: int
) -> None:
    trial = ground.copy()
    with trial.start("never", 0) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            child.communicate(timeout=random.Random(seed).uniform(0, undisturbed[1]))
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()

    trial.go_on()

    assert state(trial) == undisturbed[0]


@pytest.mark.parametrize("where", ["document kept", "between two parts"])
def test_a_frozen_import_that_wakes_after_another_took_over_writes_nothing(
    ground: Ground, undisturbed: tuple[dict[str, Any], float], where: str
) -> None:
    trial = ground.copy()
    with trial.start(where, 1, "SIGSTOP") as child:
        assert os.waitid(os.P_PID, child.pid, os.WSTOPPED) is not None
        trial.go_on()
        before = state(trial)

        os.kill(child.pid, signal.SIGCONT)
        child.communicate()

    assert before == undisturbed[0]
    assert state(trial) == before
