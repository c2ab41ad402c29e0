"""A source that is due on a database of either kind, copied for each trial; what an import left; processes that are cheap to kill.

Children are forked from a server that has imported everything once: real processes, without two seconds of imports each.
"""

import itertools
import multiprocessing
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psycopg
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
from tests.durability.child import later, settings

DAYS, PER_TABLE = 16, 4
METERS = ("E-1", "E-2", "E-3", "E-4")
NUMBERS = itertools.count()
PAUSE = threading.Event()  # never set: between two looks at what another process does
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.durability.child"])


def site(inbox: Path, schedule: str = "* * * * *") -> dict[str, Any]:
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
    source = {"code": "power", "kind": "tabular", "schedule": schedule, "options": options, "catch_up": 3600}
    return {
        "units": [{"code": "u", "zh": "单位"}],
        "places": [{"code": "p"}],
        "meters": [
            {"code": code, "resource": "electricity", "place": "p", "unit": "u", "registers": [register]}
            for code in METERS
        ],
        "sources": [source],
    }


def write(inbox: Path) -> None:
    """Two files: an archive of several tables, each a part of its own, and one that corrects it and has a row that is refused."""
    inbox.mkdir(parents=True)
    with ZipFile(inbox / "power-1.zip", "w") as packed:
        for first in range(0, DAYS, PER_TABLE):
            packed.writestr(f"{first}.csv", table(range(first, first + PER_TABLE), wrong=DAYS - 1))
    (inbox / "power-2.csv").write_text(table(range(DAYS - 2, DAYS + 3)) + "E-1,yesterday,1\n", encoding="utf-8")


def table(days: range, wrong: int = -1) -> str:
    lines = ["meter,end,kWh"]
    for meter, day, slot in itertools.product(METERS, days, range(96)):
        end = datetime(2026, 1, 1) + timedelta(days=day, minutes=15 * (slot + 1))  # noqa: DTZ001 - the file's own clock
        lines.append(f"{meter},{end:%Y-%m-%d %H:%M},{99 if day == wrong and slot < 4 else 1 + slot % 7}.25")
    return "\n".join([*lines, ""])


class Child:
    """A forked process that tells when it is ready and when it is done."""

    def __init__(self, act: Callable[..., None], *arguments: Any) -> None:
        self.line, other = FORKED.Pipe()
        self.process: ForkServerProcess = FORKED.Process(target=act, args=(other, *arguments), daemon=True)
        self.process.start()
        other.close()

    def said(self) -> str:
        """Wait for its next word; empty where it ended without one."""
        try:
            return str(self.line.recv())
        except (EOFError, ConnectionResetError):
            return ""

    def tell(self, word: str) -> None:
        self.line.send(word)

    def end(self, seconds: float | None = None) -> int | None:
        """Wait for its end; None where it still runs."""
        self.process.join(seconds)
        return self.process.exitcode

    def send(self, number: int) -> None:
        os.kill(self.process.pid or 0, number)

    def frozen(self) -> None:
        """Wait until it has stopped."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":
            PAUSE.wait(0.01)

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


@dataclass
class Ground:
    """A database with a source that is due, ready to be copied for each trial."""

    kind: str
    address: str
    folder: Path
    server: str = ""
    name: str = "durable"
    children: list[Child] = field(default_factory=list)

    @contextmanager
    def copy(self) -> Iterator["Ground"]:
        number = next(NUMBERS)
        folder = self.folder.parent / f"trial-{number}"
        shutil.copytree(self.folder, folder)
        address, name = f"sqlite:///{folder / 'jieyue.db'}", f"trial_{number}"
        if self.kind == "postgresql":
            address = self.server.replace("/postgres?", f"/{name}?")
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.name} STRATEGY file_copy")
        trial = Ground(self.kind, address, folder, self.server, name)
        try:
            yield trial
        finally:
            for child in trial.children:
                child.close()
            if self.kind == "postgresql":
                with psycopg.connect(self.server, autocommit=True) as connection:
                    connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
            shutil.rmtree(folder)

    def fork(self, act: Callable[..., None], *arguments: Any) -> Child:
        """Start a process that works on this ground: `act(line, address, folder, …)`."""
        child = Child(act, self.address, self.folder, *arguments)
        self.children.append(child)
        return child

    def go_on(self) -> None:
        """The next start, after the lease of the dead one."""
        with Database(self.address) as database:
            Scheduler(database, settings(self.folder), clock=later(150)).tick()


def prepare(kind: str, folder: Path, server: str = "", schedule: str = "* * * * *") -> Ground:
    """Make the ground: schema, site, two files that wait."""
    inbox = folder.parent / "inbox"
    write(inbox)
    folder.mkdir()
    name = f"durable_{next(NUMBERS)}"
    address = f"sqlite:///{folder / 'jieyue.db'}"
    if kind == "postgresql":
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        address = server.replace("/postgres?", f"/{name}?")
    with Database(address) as database:
        database.upgrade()
        with database.session(write=True) as session:
            apply_site(session, SYSTEM, parse_site(site(inbox, schedule)), now=datetime.now(UTC))
        if kind == "sqlite":
            with database.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return Ground(kind, address, folder, server, name)


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
            "alerts": session.scalar(select(func.count()).select_from(Alert).where(Alert.closed_at.is_(None))),
        }


def wait_until(holds: Callable[[], bool], seconds: float) -> None:
    """Wait for what another process brings about; a test fails where it does not come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s"
        PAUSE.wait(0.2)
