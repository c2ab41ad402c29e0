"""Each fault that can be planted is found by its name, and the remedy is said in both languages; a sound installation has none."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import delete, select, text, update

from monitor.database import state
from monitor.database.engine import Database
from monitor.database.tables import (
    AlertChannel,
    AuditEvent,
    DailyConsumption,
    Document,
    ImportIssue,
    ImportRun,
    JobRun,
    MeterShare,
    OrgUnit,
    RoleGrant,
    Source,
    StoredSetting,
)
from monitor.doctor import Finding, examine, machine
from monitor.domain.access import SYSTEM, Role
from monitor.scheduling.scheduler import Scheduler
from monitor.services import accounts
from monitor.settings import Settings
from tests.durability.disk import small_disk
from tests.durability.ground import Ground, prepare
from tests.test_cli import jieyue

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@dataclass
class Patient:
    """An installation to be made ill."""

    folder: Path
    address: str
    now: datetime

    @property
    def settings(self) -> Settings:
        flags: dict[str, Any] = {"data": self.folder, "database": {"url": self.address}}
        return Settings.load(folder=self.folder, environ={}, flags=flags)

    @property
    def file(self) -> Path:
        return self.folder / "jieyue.db"

    def sql(self, order: Any) -> None:
        with Database(self.address) as database, database.session(write=True) as session:
            session.execute(text(order) if isinstance(order, str) else order)

    def add(self, row: Any) -> None:
        with Database(self.address) as database, database.session(write=True) as session:
            session.add(row)

    def found(self) -> dict[str, Finding]:
        with Database(self.address) as database:
            return {one.id: one for one in examine(self.settings, database, now=self.now) if not one.well}


def made_well(ground: Ground) -> datetime:
    """Give it what a running installation has: an import, a heartbeat, somebody who administers, a backup; nobody may look in."""
    now = datetime.now(UTC) + timedelta(seconds=90)
    with Database(ground.address) as database:
        with database.session(write=True) as session:
            accounts.create_user(session, SYSTEM, "wang", "王", now=now)
            accounts.grant(session, SYSTEM, 1, session.scalars(select(OrgUnit.id)).one(), Role.ADMIN)
            state.put(session, state.BACKUP, int(now.timestamp()))
        Scheduler(database, Settings.load(folder=ground.folder, environ={}, flags={"data": ground.folder})).tick(now)
    ground.folder.chmod(0o700)
    return now


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ground, datetime]:
    ground = prepare("sqlite", tmp_path_factory.mktemp("doctor") / "ground")
    return ground, made_well(ground)


@pytest.fixture
def patient(sound: tuple[Ground, datetime], tmp_path: Path) -> Patient:
    ground, now = sound
    folder = tmp_path / "data"
    shutil.copytree(ground.folder, folder)
    inbox = tmp_path / "inbox"
    shutil.copytree(ground.folder.parent / "inbox", inbox)
    here = Patient(folder, f"sqlite:///{folder / 'jieyue.db'}", now)
    with Database(here.address) as database, database.session(write=True) as session:
        source = session.scalars(select(Source)).one()
        source.options = source.options | {"inbox": str(inbox)}
    return here


def test_a_sound_installation_has_nothing_to_mend(patient: Patient) -> None:
    assert patient.found() == {}


def first_document(patient: Patient) -> Path:
    with Database(patient.address) as database, database.session() as session:
        return patient.folder / "archive" / session.scalars(select(Document.kept_as).order_by(Document.id)).all()[0]


def flip(path: Path, at: int = 100) -> None:
    body = bytearray(path.read_bytes())
    body[at] ^= 0xFF
    path.write_bytes(bytes(body))


def page_of_zeros(patient: Patient) -> None:
    """Strike out the second quarter of the file."""
    for name in ("jieyue.db-wal", "jieyue.db-shm"):
        (patient.folder / name).unlink(missing_ok=True)
    body = bytearray(patient.file.read_bytes())
    body[len(body) // 4 : len(body) // 2] = bytes(len(body) // 2 - len(body) // 4)
    patient.file.write_bytes(bytes(body))


def loose_row(patient: Patient) -> None:
    with sqlite3.connect(patient.file) as raw:
        raw.execute("UPDATE register SET meter_id = 999 WHERE id = 1")


def set_source(patient: Patient, **options: Any) -> None:
    with Database(patient.address) as database, database.session(write=True) as session:
        source = session.scalars(select(Source)).one()
        source.options = source.options | options


def lost_message(patient: Patient) -> None:
    patient.add(AlertChannel(id=1, kind="mail", address="a@b", language="zh"))
    now = int(patient.now.timestamp())
    patient.sql(
        f"INSERT INTO alert (id, rule, subject, opened_at, acknowledged_by, note, data) VALUES (99, 'x', 'x', {now}, '', '', '{{}}')"
    )
    patient.sql(
        "INSERT INTO notification (alert_id, channel_id, event, attempt, error) VALUES (99, 1, 'opened', 6, 'refused')"
    )


def unknown_name(patient: Patient) -> None:
    with Database(patient.address) as database, database.session(write=True) as session:
        run = session.scalars(select(ImportRun.id).where(ImportRun.document_id.is_not(None))).all()[-1]
        session.add(
            ImportIssue(
                run_id=run, severity="refused", code="METER_UNKNOWN", template="", file="f", data={"meter": "E-9"}
            )
        )


def stale(patient: Patient) -> None:
    then = patient.now - timedelta(minutes=10)
    patient.add(
        JobRun(job="import:power", due_period="x", due_at=then, state="running", owner="host:1:x", lease_until=then)
    )


def gave_up(patient: Patient) -> None:
    patient.add(JobRun(job="report:monthly", due_period="x", due_at=patient.now, state="gave_up", error="no template"))


def setting(key: str, value: Any) -> Callable[[Patient], None]:
    return lambda patient: patient.add(StoredSetting(key=key, value=value, at=patient.now))


def earlier(patient: Patient) -> None:
    patient.now -= timedelta(hours=2)


def much_later(patient: Patient) -> None:
    patient.sql(update(JobRun).values(state="succeeded"))
    patient.now += timedelta(days=40)


def locked_out(patient: Patient) -> None:
    patient.sql(delete(RoleGrant))
    patient.sql("INSERT INTO role_grant (user_id, unit_id, role, origin) VALUES (1, 1, 'viewer', '')")


def too_many_shares(patient: Patient) -> None:
    patient.add(OrgUnit(id=77, code="v", name_zh="v", name_en="v", kind="office"))
    with Database(patient.address) as database, database.session() as session:
        own = session.scalars(select(MeterShare)).all()[0]
    patient.add(MeterShare(meter_id=own.meter_id, unit_id=77, ppm=1, valid_from=own.valid_from))


def sealed_and_changed(patient: Patient) -> None:
    from monitor.database import seals

    patient.add(AuditEvent(at=patient.now, actor="a", action="b", subject="c"))
    with Database(patient.address) as database:
        seals.seal(database, patient.now)
    patient.sql(update(AuditEvent).values(actor="somebody else"))


FAULTS: dict[str, Callable[[Patient], object]] = {
    "DATABASE_LOST": lambda patient: patient.file.write_bytes(b""),
    "DATABASE_NONE": lambda patient: [shutil.rmtree(patient.folder / "archive"), patient.file.unlink()],
    "DATABASE_DAMAGED": page_of_zeros,
    "SCHEMA_BEHIND": lambda patient: patient.sql("UPDATE alembic_version SET version_num = '0001'"),
    "SCHEMA_NEWER": lambda patient: patient.sql("UPDATE alembic_version SET version_num = '9999'"),
    "LINKS_LOOSE": loose_row,
    "AUDIT_LOG": sealed_and_changed,
    "SCHEDULER_SILENT": lambda patient: patient.sql(
        "UPDATE state SET value = value - 900 WHERE key = 'scheduler_heartbeat'"
    ),
    "LEASE_STALE": stale,
    "JOB_GAVE_UP": gave_up,
    "CLOCK_BEHIND": earlier,
    "MESSAGES_LOST": lost_message,
    "MAIL_AWAY": setting("mail.host", "127.0.0.1"),
    "SECRET_LOST": setting("mail.password", "file:gone"),
    "BACKUP_OLD": much_later,
    "NO_ADMIN": locked_out,
    "DAYS_DIFFER": lambda patient: patient.sql(
        update(DailyConsumption).where(DailyConsumption.meter_id == 1).values(quantity=DailyConsumption.quantity + 1)
    ),
    "DAYS_OLD_RULE": lambda patient: patient.sql(update(DailyConsumption).values(rule_version=0)),
    "SHARES_OVER": too_many_shares,
    "READINGS_ORPHANED": lambda patient: patient.sql("UPDATE reading SET register_id = 88 WHERE register_id = 1"),
    "NAMES_UNKNOWN": unknown_name,
    "SOURCE_OPTIONS": lambda patient: set_source(patient, profile={"layout": "moon"}),
    "SOURCE_FOLDER": lambda patient: set_source(patient, inbox="/no/such/folder"),
    "ARCHIVE_MISSING": lambda patient: first_document(patient).unlink(),
    "ARCHIVE_CHANGED": lambda patient: flip(first_document(patient)),
    "FOLDER_OPEN": lambda patient: [patient.folder.chmod(0o755), patient.file.chmod(0o644)],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_with_what_to_do(patient: Patient, fault: str) -> None:
    FAULTS[fault](patient)

    found = patient.found()[fault]

    shown = found.to_json()
    for words in (shown["sentence"], shown["remedy"]):
        if words["en"]:
            assert CHINESE.search(words["zh"]) is not None
            assert CHINESE.search(words["en"]) is None
    assert shown["remedy"]["en"] or "restore" in shown["sentence"]["en"]


def test_scarce_room_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SCARCE", 10**18)
    assert "DISK_SCARCE" in patient.found()


def test_a_folder_that_may_not_be_written_is_found(patient: Patient) -> None:
    with small_disk(patient.folder / "backups", 1) as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk.folder], check=True)  # root may write anywhere else
        assert "NOT_WRITABLE" in patient.found()


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        ("SCHEMA_BEHIND", "UPDATE alembic_version SET version_num = '0001'"),
        ("DAYS_DIFFER", "UPDATE daily_consumption SET quantity = quantity + 1"),
        ("LEASE_STALE", "UPDATE job_run SET state = 'running', lease_until = 0"),
    ],
)
def test_a_fault_planted_in_postgres_is_found(postgres: str, tmp_path: Path, fault: str, order: str) -> None:
    ground = prepare("postgresql", tmp_path / "ground", postgres)
    now = made_well(ground)
    here = Patient(ground.folder, ground.address, now)
    try:
        assert here.found() == {}
        here.sql(order)
        assert fault in here.found()
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {ground.name} WITH (FORCE)")


def test_a_server_that_is_away_is_found(tmp_path: Path) -> None:
    here = Patient(tmp_path, "postgresql://nobody@127.0.0.1:1/none", datetime.now(UTC))
    assert "DATABASE_AWAY" in here.found()


def test_the_command_ends_with_one_and_prints_json(patient: Patient) -> None:
    FAULTS["SOURCE_FOLDER"](patient)
    said = jieyue(patient.folder.parent, "doctor", "--json")
    findings = {one["id"]: one for one in json.loads(said.stdout)}
    assert said.returncode == 1
    assert findings["SOURCE_FOLDER"]["well"] is False
    assert "/no/such/folder" in findings["SOURCE_FOLDER"]["sentence"]["zh"]
    assert findings["PYTHON"] == {
        "id": "PYTHON",
        "well": True,
        "sentence": {
            "zh": f"Python {findings['PYTHON']['sentence']['en'].split()[1]}",
            "en": findings["PYTHON"]["sentence"]["en"],
        },
        "remedy": {"zh": "", "en": ""},
    }
