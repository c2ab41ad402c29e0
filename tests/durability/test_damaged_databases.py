"""Damaged SQLite files: found at the start or at first use, left as they are, never begun anew; the way back is said."""

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor import trouble
from monitor.database.engine import Database
from monitor.database.soundness import faults
from monitor.errors import JieyueError
from monitor.keeping.backup import backup, restore
from monitor.keeping.standing import opened, require_whole
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings
from tests.durability.child import later
from tests.durability.ground import Ground, prepare, state
from tests.test_cli import jieyue

DAMAGED = int(os.environ.get("JIEYUE_DAMAGES", "21"))
PAGE = 4096
Damage = Callable[[bytearray, random.Random], bytearray]


def flipped(body: bytearray, dice: random.Random) -> bytearray:
    """A disk that turns bits: 64 of them, in one page."""
    page = dice.randrange(len(body) // PAGE) * PAGE
    for _ in range(64):
        body[page + dice.randrange(PAGE)] ^= 1 << dice.randrange(8)
    return body


def cut(body: bytearray, dice: random.Random) -> bytearray:
    return body[: dice.randrange(0, len(body) - 1)]


def struck_out(body: bytearray, dice: random.Random) -> bytearray:
    page = dice.randrange(len(body) // PAGE) * PAGE
    body[page : page + 2 * PAGE] = bytes(len(body[page : page + 2 * PAGE]))
    return body


KINDS: tuple[Damage, ...] = (flipped, cut, struck_out)


@dataclass
class Kept:
    ground: Ground
    backup: Path
    settings: Settings


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """An installation with an import and a backup."""
    ground = prepare("sqlite", tmp_path_factory.mktemp("damaged") / "ground")
    settings = Settings.load(folder=ground.folder, environ={}, flags={"data": ground.folder})
    file = ground.folder.parent / "backup.tar.gz"
    with Database(ground.address) as database:
        Scheduler(database, settings, clock=later(90)).tick()
        backup(database, settings, file)
        with database.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return Kept(ground, file, settings)


@pytest.fixture
def folder(kept: Kept, tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "data"
    shutil.copytree(kept.ground.folder, found)
    for rest in ("jieyue.db-wal", "jieyue.db-shm"):
        (found / rest).unlink(missing_ok=True)
    yield found
    shutil.rmtree(found)


def met(folder: Path) -> JieyueError | None:
    """Start as `up` does, then read every table: the trouble that is met."""
    settings = Settings.load(folder=folder, environ={}, flags={"data": folder})
    try:
        with opened(settings) as database:
            require_whole(database)
            with database.engine.connect() as connection:
                for name in (
                    connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
                ):
                    connection.execute(text(f'SELECT count(*) FROM "{name}" NOT INDEXED')).all()
    except JieyueError as error:
        return error
    return None


@pytest.mark.parametrize("seed", range(DAMAGED))
def test_a_damaged_file_is_found_and_left_as_it_is(kept: Kept, folder: Path, seed: int) -> None:
    dice = random.Random(seed)
    file = folder / "jieyue.db"
    whole = file.read_bytes()
    damaged = bytes(KINDS[seed % len(KINDS)](bytearray(whole), dice))
    file.write_bytes(damaged)
    rows = readable(whole, folder), readable(damaged, folder)

    error = met(folder)

    if error is None:  # a bit of a figure, or of room that nothing uses: SQLite has no checksums to see it by
        assert KINDS[seed % len(KINDS)] is not cut
        assert rows[0] == rows[1]
    else:
        assert error.code in {"DATABASE_DAMAGED", "DATABASE_LOST"}
        assert ("restore" in str(error), str(file) in str(error)) == (True, True)
    assert file.read_bytes()[100:] == damaged[100:]  # the first hundred bytes have a counter of openings


def readable(body: bytes, folder: Path) -> str:
    """How many rows of readings and days a file shows, by a look of its own."""
    other = folder / "look.db"
    other.write_bytes(body)
    try:
        with Database(f"sqlite:///{other}") as database, database.session() as session:
            counts = [
                session.execute(text(f"SELECT count(*) FROM {name}")).scalar()
                for name in ("reading", "daily_consumption")
            ]
    except (DBAPIError, OSError):
        return "unreadable"
    finally:
        for one in folder.glob("look.db*"):
            one.unlink()
    return hashlib.sha256(repr(counts).encode()).hexdigest()


def test_an_empty_file_is_not_begun_anew_and_up_says_what_to_do(folder: Path) -> None:
    file = folder / "jieyue.db"
    file.write_bytes(b"")

    said = jieyue(folder.parent, "up", "--port", "0")

    assert (said.returncode, said.stderr[:15]) == (2, "[DATABASE_LOST]")
    told = "不会另起炉灶" in said.stderr, "jieyue restore" in said.stderr, "password" in said.stdout
    assert (told, file.stat().st_size) == ((True, True, False), 0)


def test_a_missing_file_is_not_begun_anew(folder: Path) -> None:
    (folder / "jieyue.db").unlink()

    error = met(folder)

    assert error is not None
    assert (error.code, (folder / "jieyue.db").exists()) == ("DATABASE_LOST", False)


def test_the_last_backup_comes_back_into_a_new_folder(kept: Kept, tmp_path: Path) -> None:
    settings = Settings.load(folder=tmp_path, environ={}, flags={"data": tmp_path / "new"})
    settings.data.mkdir()
    with Database(settings.database_url) as database:
        restore(kept.backup, database, settings)

    assert state(Ground("sqlite", settings.database_url, settings.data)) == state(kept.ground)


def test_damage_that_comes_while_it_runs_is_alarmed_by_the_look_of_the_day(kept: Kept, folder: Path) -> None:
    address = f"sqlite:///{folder / 'jieyue.db'}"
    with Database(address) as database, database.session() as session:
        root = session.execute(text("SELECT rootpage FROM sqlite_master WHERE name = 'report_file'")).scalar_one()
    with (folder / "jieyue.db").open("r+b") as stream:  # a table that nothing reads
        stream.seek((root - 1) * PAGE)
        stream.write(b"\xff" * PAGE)
    with Database(address) as database:
        assert faults(database) != []
        Scheduler(database, kept.settings).tick(datetime.now(UTC).replace(hour=23, minute=30))
        with database.session() as session:
            [told] = session.execute(text("SELECT data FROM alert WHERE rule = 'job_failed'")).scalars()
    assert trouble.DAMAGED in told
