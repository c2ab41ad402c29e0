"""An installation of the first schema, with data, is brought to today's: totals equal; killed on the way it finishes or is unchanged."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from sqlalchemy import select, text

from monitor.database.engine import Database
from monitor.database.migrate import configuration, current, head
from monitor.database.readings import rebuild_meters
from monitor.database.tables import DailyConsumption
from monitor.doctor import examine
from monitor.errors import ResourceBusy
from monitor.keeping import standing
from monitor.settings import Settings
from tests.durability.child import upgrade
from tests.durability.ground import NUMBERS, Child

FIRST = "0001"
DATA = Path(__file__).with_name("first_release.sql").read_text(encoding="utf-8")
KILLS = int(os.environ.get("JIEYUE_UPGRADE_KILLS", "5"))  # for each database
COUNTED = ("org_unit", "unit_fact", "place", "meter", "register", "meter_alias", "meter_share", "source", "document")
COUNTED += ("import_run", "import_issue", "reading", "reading_revision", "bill", "daily_consumption", "job_run")
COUNTED += ("baseline", "target", "report", "user_account", "role_grant", "alert", "audit_event", "state")


@dataclass
class Old:
    """A database of the first schema, with data."""

    address: str
    folder: Path

    @property
    def settings(self) -> Settings:
        flags: dict[str, Any] = {"data": self.folder, "database": {"url": self.address}}
        return Settings.load(folder=self.folder, environ={}, flags=flags)


def fill(address: str) -> None:
    with Database(address) as database, database.engine.begin() as connection:
        command.upgrade(configuration(connection), FIRST)
        for order in DATA.split(";\n"):
            connection.execute(text(order.replace(":", r"\:")))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Gives a way to make copies of the first release's database."""
    home = tmp_path_factory.mktemp("first")
    if request.param == "sqlite":
        fill(f"sqlite:///{home / 'first.db'}")

        @contextmanager
        def copy() -> Iterator[Old]:
            folder = home / f"copy-{next(NUMBERS)}"
            folder.mkdir()
            shutil.copyfile(home / "first.db", folder / "jieyue.db")
            yield Old(f"sqlite:///{folder / 'jieyue.db'}", folder)

        yield copy
        return
    server = request.getfixturevalue("postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE first_release")
        fill(server.replace("/postgres?", "/first_release?"))

        @contextmanager
        def copy() -> Iterator[Old]:
            name = f"copy_{next(NUMBERS)}"
            folder = home / name
            folder.mkdir()
            connection.execute(f"CREATE DATABASE {name} TEMPLATE first_release STRATEGY file_copy")
            yield Old(server.replace("/postgres?", f"/{name}?"), folder)
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

        yield copy
        connection.execute("DROP DATABASE first_release WITH (FORCE)")


def totals(address: str) -> dict[str, Any]:
    """Rows of every table of the first release, and the sums that people would miss."""
    sums = {
        "read": "SELECT CAST(SUM(value) AS BIGINT), MIN(end_at), MAX(end_at) FROM reading",
        "days": "SELECT meter_id, CAST(SUM(quantity) AS BIGINT), CAST(SUM(covered) AS BIGINT) FROM daily_consumption GROUP BY meter_id ORDER BY meter_id",
        "shares": "SELECT meter_id, unit_id, ppm, valid_from FROM meter_share ORDER BY id",
        "targets": "SELECT unit_id, resource, year, reduction FROM target ORDER BY id",
        "bills": "SELECT register_id, amount, invoice FROM bill",
        "version": "SELECT value FROM state WHERE key = 'data_version'",
    }
    with Database(address) as database, database.engine.connect() as connection:
        found: dict[str, Any] = {name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) for name in COUNTED}
        return found | {name: [tuple(row) for row in connection.execute(text(order))] for name, order in sums.items()}


def schema(address: str) -> str | None:
    with Database(address) as database, database.engine.connect() as connection:
        return current(connection)


def test_the_first_release_comes_to_todays_schema_with_equal_totals(first: Any) -> None:
    with first() as old:
        before = totals(old.address)
        with standing.opened(old.settings) as database:
            with database.session() as session:
                columns = (DailyConsumption.meter_id, DailyConsumption.day, DailyConsumption.quantity)
                kept = session.execute(select(*columns).order_by(*columns)).all()
            wrong = [one.id for one in examine(old.settings, database) if not one.well]
            with database.session(write=True) as session:
                rebuild_meters(session, [1, 2])
                derived = session.execute(select(*columns).order_by(*columns)).all()

        assert (before["reading"], before["daily_consumption"], len(kept)) == (2880, 120, 120)
        assert totals(old.address) == before
        assert (schema(old.address), derived == kept) == (head(), True)
        assert not {"LINKS_LOOSE", "SCHEMA_BEHIND", "READINGS_ORPHANED", "SHARES_OVER", "NOT_LOOKED_AT"} & set(wrong)


def test_the_sqlite_file_is_kept_as_it_was_before_the_upgrade(first: Any) -> None:
    with first() as old:
        before = totals(old.address)
        with standing.opened(old.settings):
            pass
        with standing.opened(old.settings):
            pass  # a second start needs no copy
        copies = list((old.folder / "backups").glob("*")) if (old.folder / "backups").exists() else []
        if not old.address.startswith("sqlite"):
            assert copies == []
            return
        [copy] = copies
        assert (copy.name[:20], copy.stat().st_mode & 0o777) == ("jieyue-schema-0001-2", 0o600)
        assert (schema(f"sqlite:///{copy}"), totals(f"sqlite:///{copy}")) == (FIRST, before)


def test_without_room_for_the_copy_nothing_is_upgraded(first: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with first() as old:
        if not old.address.startswith("sqlite"):
            return
        monkeypatch.setattr(standing.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(1, 1, 0))
        with pytest.raises(ResourceBusy) as full, standing.opened(old.settings):
            pass
        assert (full.value.code, schema(old.address)) == ("DISK_FULL", FIRST)
        with standing.opened(old.settings, copy=False):
            pass
        assert schema(old.address) == head()


def test_an_upgrade_that_is_killed_finishes_at_the_next_start_or_has_changed_nothing(first: Any) -> None:
    with first() as old:
        before = totals(old.address)
        child = Child(upgrade, old.address, 0)
        steps = int(child.said())
        assert child.end() == 0
    for kill in range(KILLS):
        with first() as old:
            child = Child(upgrade, old.address, 1 + kill * steps // KILLS)
            assert child.end() == -signal.SIGKILL
            assert schema(old.address) == FIRST
            assert totals(old.address) == before
            with standing.opened(old.settings):
                pass
            assert (schema(old.address), totals(old.address) == before) == (head(), True)


def test_two_processes_that_start_at_once_upgrade_once(first: Any) -> None:
    with first() as old:
        before = totals(old.address)
        both = [Child(upgrade, old.address, 0) for _ in range(2)]
        assert [child.end() for child in both] == [0, 0]
        assert (schema(old.address), totals(old.address) == before) == (head(), True)
        for child in both:
            child.close()
