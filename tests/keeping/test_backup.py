"""A backup is everything as of one moment; either kind of database takes it back, to the last figure."""

import io
import tarfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Document, ImportRun, OrgUnit, Reading
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError, Conflict
from monitor.intake.pipeline import import_file
from monitor.keeping import tables
from monitor.keeping.backup import backup, restore, verify
from monitor.services import accounts, organisation, visits
from monitor.services._site import UnitSpec
from monitor.services.setup import apply_site, parse_site
from monitor.settings import Settings
from tests.durability.ground import site as _site
from tests.durability.ground import table as _table
from tests.test_cli import jieyue

ODD = 'a "quoted", \\N odd\nname; 单位 \\x'


class Place:
    """An installation: settings, database, and a source that files can be given to."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database = database
        self.settings = Settings.load(folder=folder, environ={}, flags={"data": folder / "data"})
        self.settings.data.mkdir(parents=True, exist_ok=True)

    def build(self) -> None:
        site = _site(self.settings.data / "inbox")
        site["units"] = [{"code": "u", "zh": ODD, "en": "\\N"}]
        with self.database.session(write=True) as session:
            apply_site(session, SYSTEM, parse_site(site))
            accounts.create_user(session, SYSTEM, "wang", "王", now=datetime.now(UTC))
        self.settings.key_for("tests")

    def take(self, name: str, body: str) -> None:
        path = self.settings.data / name
        path.write_text(body, encoding="utf-8")
        with self.database.session() as session:
            source = session.scalars(select(ImportRun.source_id)).first() or 1
        receipt = import_file(
            self.database, source, path, actor=SYSTEM, now=datetime.now(UTC), archive=self.settings.archive
        )
        assert receipt.state == "done"


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    made = Place(tmp_path / "here", database)
    made.build()
    made.take("one.csv", _table(range(3)))
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """An installation without anything, of the one kind or the other."""
    if request.param == "sqlite":
        (tmp_path / "there" / "data").mkdir(parents=True)
        with Database(f"sqlite:///{tmp_path / 'there' / 'data' / 'jieyue.db'}") as database:
            yield Place(tmp_path / "there", database)
        return
    import psycopg

    server = request.getfixturevalue("postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS empty_one WITH (FORCE)")
        connection.execute("CREATE DATABASE empty_one")
        with Database(server.replace("/postgres?", "/empty_one?")) as database:
            yield Place(tmp_path / "there", database)
        connection.execute("DROP DATABASE empty_one WITH (FORCE)")


def everything(database: Database) -> dict[str, str]:
    """Every table as text."""
    found = {}
    with database.engine.connect() as connection:
        for table in tables.all_tables():
            stream = io.StringIO()
            tables.dump(connection, table, stream)
            found[table.name] = stream.getvalue()
    return found


def test_a_backup_comes_back_to_the_last_figure_in_either_database(place: Place, empty: Place, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"

    made = backup(place.database, place.settings, file)

    assert verify(file) == made
    assert restore(file, empty.database, empty.settings) == made
    assert everything(empty.database) == everything(place.database)
    with empty.database.session() as session:
        assert session.scalars(select(OrgUnit.name_zh)).one() == ODD
        kept = session.scalars(select(Document.kept_as)).one()
    assert (Path(empty.settings.archive) / kept).read_bytes() == (Path(place.settings.archive) / kept).read_bytes()
    assert empty.settings.key_for("tests") == place.settings.key_for("tests")


def test_what_came_back_goes_on_where_it_was(place: Place, empty: Place, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    backup(place.database, place.settings, file)
    restore(file, empty.database, empty.settings)

    for each in (place, empty):
        each.take("two.csv", _table(range(2, 5)))
        with each.database.session(write=True) as session:
            organisation.put_unit(session, SYSTEM, UnitSpec(code="v", zh="二", parent="u"))

    columns = (Reading.register_id, Reading.end_at, Reading.value)
    days = (DailyConsumption.meter_id, DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered)
    found = []
    for each in (place, empty):
        with each.database.session() as session:
            found.append(
                [
                    [tuple(row) for row in session.execute(select(*names).order_by(*names[:2]))]
                    for names in (columns, days)
                ]
            )
    assert found[0] == found[1]
    assert len(found[0][0]) == 4 * 5 * 96


def test_a_backup_taken_while_imports_go_on_is_of_one_moment(place: Place, empty: Place, tmp_path: Path) -> None:
    stop = threading.Event()

    def work() -> None:
        for number in range(3, 40):
            if stop.is_set():
                return
            place.take(f"{number}.csv", _table(range(number, number + 1)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        files = [tmp_path / f"{number}.tar.gz" for number in range(3)]
        made = [backup(place.database, place.settings, file) for file in files]
    finally:
        stop.set()
        thread.join()
    for manifest in made:
        assert manifest.rows["reading"] % (4 * 96) == 0
        assert manifest.rows["daily_consumption"] % 4 == 0
    restore(files[-1], empty.database, empty.settings)
    with empty.database.session() as session:
        read = sum(session.scalars(select(ImportRun.rows_new).where(ImportRun.state == "done")))
        named = session.scalars(select(Document.kept_as)).all()
    assert read == made[-1].rows["reading"]
    assert [name for name in named if not (Path(empty.settings.archive) / name).is_file()] == []


def test_one_changed_byte_is_found_and_named(place: Place, tmp_path: Path) -> None:
    file, bent = tmp_path / "backup.tar.gz", tmp_path / "bent.tar.gz"
    backup(place.database, place.settings, file)
    with tarfile.open(file) as old, tarfile.open(bent, "w:gz") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            body = stream.read()
            body = body.replace(b"wang", b"wong") if member.name == "tables/user_account.csv" else body
            new.addfile(member, io.BytesIO(body))

    with pytest.raises(ConfigurationError) as refusal:
        verify(bent)

    assert (refusal.value.code, refusal.value.data["member"]) == ("BACKUP_DAMAGED", "tables/user_account.csv")


@pytest.mark.parametrize("cut", [0, 10, 2000])
def test_a_backup_that_was_cut_off_is_none(place: Place, tmp_path: Path, cut: int) -> None:
    file = tmp_path / "backup.tar.gz"
    backup(place.database, place.settings, file)
    file.write_bytes(file.read_bytes()[:cut])

    with pytest.raises(ConfigurationError) as refusal:
        verify(file)

    assert refusal.value.code == "BACKUP_UNREADABLE"


def test_a_backup_never_overwrites_what_is_there(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    backup(place.database, place.settings, file)
    before = everything(place.database)

    with pytest.raises(Conflict) as refusal:
        restore(file, place.database, place.settings)

    assert refusal.value.code == "NOT_EMPTY"
    assert everything(place.database) == before


def test_a_backup_of_a_newer_schema_is_refused(place: Place, empty: Place, tmp_path: Path) -> None:
    with place.database.session(write=True) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    file = tmp_path / "backup.tar.gz"
    backup(place.database, place.settings, file)

    with pytest.raises(ConfigurationError) as refusal:
        restore(file, empty.database, empty.settings)

    assert (refusal.value.code, refusal.value.data) == ("SCHEMA_NEWER", {"found": "9999"})


def test_only_the_owner_may_read_a_backup_and_nobody_stays_signed_in(
    place: Place, empty: Place, tmp_path: Path
) -> None:
    with place.database.session(write=True) as session:
        token = accounts.open_session(session, 1, datetime.now(UTC))
    file = tmp_path / "backup.tar.gz"

    backup(place.database, place.settings, file)
    restore(file, empty.database, empty.settings)

    assert file.stat().st_mode & 0o777 == 0o600
    with empty.database.session() as session:
        assert visits.find(session, token, datetime.now(UTC)) is None


def test_the_commands_write_check_and_take_back_a_backup(tmp_path: Path) -> None:
    assert jieyue(tmp_path, "user", "add", "wang", "王").returncode == 0
    made = jieyue(tmp_path, "backup", "one.tar.gz")
    assert (made.returncode, "one.tar.gz" in made.stdout) == (0, True)

    checked = jieyue(tmp_path, "verify", "one.tar.gz")
    back = jieyue(tmp_path, "restore", "one.tar.gz", "--data", "new")
    again = jieyue(tmp_path, "restore", "one.tar.gz", "--data", "new")

    assert (checked.returncode, back.returncode, again.returncode) == (0, 0, 2)
    assert "NOT_EMPTY" in again.stderr
    assert "wang" in jieyue(tmp_path, "user", "list", "--data", "new").stdout
