"""A disk that is full at any point of an import, a backup, an upload: a plain message, nothing by halves, and on by itself."""

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from dashboard.app import create_app
from monitor import trouble
from monitor.database.engine import Database
from monitor.database.tables import ImportRun, JobRun, Reading
from monitor.domain.access import SYSTEM
from monitor.errors import ResourceBusy
from monitor.intake import storing
from monitor.keeping.backup import backup, verify
from monitor.keeping.standing import opened
from monitor.scheduling.scheduler import Scheduler
from monitor.services import accounts
from monitor.settings import Settings
from tests.dashboard.site import PASSWORD
from tests.durability.child import PART, later, settings
from tests.durability.disk import Disk, small_disk
from tests.durability.ground import METERS, PER_TABLE, Ground, prepare, state

POINTS = 20
ROWS = len(METERS) * PER_TABLE * 96
SAID = ("已没有空间", "There is no room left in")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare("sqlite", tmp_path_factory.mktemp("full") / "ground")


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "CHUNK_ROWS", PART)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk") as found:
        yield found


def on_disk(ground: Ground, folder: Path) -> Ground:
    shutil.copytree(ground.folder, folder)
    return Ground(ground.kind, f"sqlite:///{folder / 'jieyue.db'}", folder)


def used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def undisturbed(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int]:
    """What an import leaves, and the bytes that it needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "CHUNK_ROWS", PART)
        trial = on_disk(ground, tmp_path_factory.mktemp("whole") / "data")
        before = used(trial.folder)
        with Database(trial.address) as database:
            Scheduler(database, settings(trial.folder), clock=later(90)).tick()
            needed = used(trial.folder) - before
    return state(trial), needed


@pytest.mark.parametrize("point", range(POINTS))
def test_an_import_on_a_disk_that_fills_up_says_so_and_goes_on_when_there_is_room(
    ground: Ground,
    undisturbed: tuple[dict[str, Any], int],
    disk: Disk,
    caplog: pytest.LogCaptureFixture,
    point: int,
) -> None:
    whole, needed = undisturbed
    trial = on_disk(ground, disk.folder / "data")
    with Database(trial.address) as database:
        running = Scheduler(database, settings(trial.folder), clock=later(90))
        with database.session() as session:
            session.execute(
                select(func.count()).select_from(Reading)
            )  # the journal's index is there, as in any running process
        disk.leave(needed * point // POINTS)

        with caplog.at_level(logging.WARNING):
            running._safe_tick()
        disk.free()
        with database.session() as session:
            stored = session.scalar(select(func.count()).select_from(Reading)) or 0
            told = caplog.text + " ".join(session.scalars(select(JobRun.error)))
        for seconds in (160, 400):  # what was alarmed of a half of the import is closed at the next look
            running.clock = later(seconds)
            running.tick()

    assert all(word in told for word in SAID)
    assert str(disk.folder / "data") in told
    assert stored % ROWS == 0 or stored == len(whole["readings"])  # whole parts, the last one is smaller
    assert state(trial) == whole


def test_an_archive_on_a_full_disk_of_its_own_is_named(
    ground: Ground, undisturbed: tuple[dict[str, Any], int], disk: Disk, tmp_path: Path
) -> None:
    trial = on_disk(ground, tmp_path / "data")
    (disk.folder / "archive").mkdir()
    (trial.folder / "archive").symlink_to(disk.folder / "archive")
    with Database(trial.address) as database:
        running = Scheduler(database, settings(trial.folder), clock=later(90))
        disk.leave(4096)
        running.tick()
        with database.session() as session:
            [job] = session.scalars(select(JobRun).where(JobRun.state == "failed"))
            runs = session.scalar(select(func.count()).select_from(ImportRun))
        disk.free()
        running.clock = later(160)
        running.tick()

    assert all(word in job.error for word in (*SAID, str(trial.folder / "archive")))
    assert (job.attempt, runs) == (0, 0)  # no try was counted
    assert list((disk.folder / "archive").glob(".keep-*")) == []
    assert state(trial) == undisturbed[0]


def test_a_disk_that_stays_full_is_tried_for_ever_and_alarmed_after_a_while(ground: Ground, tmp_path: Path) -> None:
    trial = on_disk(ground, tmp_path / "data")
    with small_disk(tmp_path / "disk", 1) as disk, Database(trial.address) as database:
        (trial.folder / "archive").symlink_to(disk.folder)
        disk.leave(0)
        clock = later(90)
        running = Scheduler(database, settings(trial.folder), clock=clock)
        for minute in range(0, 40, 2):
            running.tick(clock() + timedelta(minutes=minute))
    found = state(trial)

    assert (found["alerts"], found["done"]) == (1, [])
    with Database(trial.address) as database, database.session() as session:
        assert set(session.scalars(select(JobRun.state))) <= {"failed", "due"}


@pytest.mark.parametrize("room", [0, 4096, 40_000, 120_000])
def test_a_backup_that_finds_no_room_leaves_nothing_and_names_the_folder(
    ground: Ground, disk: Disk, tmp_path: Path, room: int
) -> None:
    trial = on_disk(ground, tmp_path / "data")
    (trial.folder / "archive").mkdir()
    (trial.folder / "archive" / "large").write_bytes(os.urandom(400_000))
    target = disk.folder / "backup.tar.gz"
    disk.leave(room)
    with pytest.raises(ResourceBusy) as full, opened(settings(trial.folder)) as database:
        backup(database, settings(trial.folder), target)
    disk.free()

    assert (full.value.code, full.value.data["place"]) == ("DISK_FULL", str(disk.folder))
    assert list(disk.folder.iterdir()) == []
    with opened(settings(trial.folder)) as database:
        backup(database, settings(trial.folder), target)
    verify(target)


def test_a_page_that_cannot_be_saved_says_so_and_others_are_read(ground: Ground, disk: Disk) -> None:
    trial = on_disk(ground, disk.folder / "data")
    with Database(trial.address) as database:
        client = create_app(Settings(data=trial.folder), database).server.test_client()
        with database.session(write=True) as session:
            accounts.create_user(session, SYSTEM, "wang", "王", password=PASSWORD, now=datetime.now(UTC))
            session.execute(text("CREATE TABLE filling (x BLOB)"))
        token = client.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
        disk.leave(0)
        while fits(database):
            pass
        form = {"login": "wang", "password": PASSWORD, "csrf": token}
        full = client.post("/login", data=form, headers={"Accept": "text/html"})
        read = client.get("/login?language=en", headers={"Accept": "text/html"})
        disk.free()
        token = client.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
        saved = client.post("/login", data=form | {"csrf": token})

    assert (full.status_code, full.headers["Retry-After"], read.status_code) == (503, "10", 200)
    assert "服务器磁盘已满" in full.text
    assert str(disk.folder) not in full.text  # a stranger may read this
    assert saved.status_code == 303


def fits(database: Database) -> bool:
    """Use up what room the journal still has."""
    try:
        with database.session(write=True) as session:
            session.execute(text("INSERT INTO filling VALUES ('x')"))
    except DBAPIError:
        return False
    return True


def test_postgres_without_room_is_told_apart_from_one_that_is_away(postgres: str) -> None:
    with Database(postgres) as database:
        for state_, code in (("53100", "DISK_FULL"), ("XX001", "DATABASE_DAMAGED"), ("57P01", "DATABASE_AWAY")):
            with pytest.raises(DBAPIError) as raised, database.session() as session:
                session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state_}'; END $$"))
            known = trouble.explained(raised.value, database)
            assert known is not None
            assert known.code == code
        with pytest.raises(DBAPIError) as wrong, database.session() as session:
            session.execute(text("SELECT nothing"))
        assert trouble.explained(wrong.value, database) is None


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    with Database(f"sqlite:///{tmp_path / 'x.db'}") as database:
        denied = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "data" / "uploads" / "x"))
        known = trouble.explained(denied, database, tmp_path / "data")
        elsewhere = trouble.explained(denied, database, tmp_path / "other")

    assert known is not None
    assert (known.code, "uploads/x" in str(known), elsewhere) == ("NOT_WRITABLE", True, None)
