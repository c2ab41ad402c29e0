"""The sealed audit log: what was written and sealed cannot be changed, removed or added to without showing."""

import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import delete, select, update

from monitor import cli
from monitor.database import audit, seals
from monitor.database.engine import Database
from monitor.database.tables import AuditEvent, AuditSeal
from monitor.domain.access import SYSTEM
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
VALUES = {"name": "财政局", "share": 0.25, "list": [1, None, "x"], "deep": {"b": 1, "a": True}}


def written(database: Database, count: int, *, at: datetime = NOW) -> None:
    with database.session(write=True) as session:
        for number in range(count):
            audit.record(session, SYSTEM, "unit.change", f"unit:{number}", before=VALUES, after={"n": number}, at=at)


@pytest.fixture
def chained(database: Database) -> Database:
    """A log of four seals with five rows each."""
    for hour in range(4):
        written(database, 5, at=NOW + timedelta(hours=2 * hour))
        assert seals.seal(database, NOW + timedelta(hours=2 * hour, minutes=1)) == 5
    return database


def faults(database: Database, **how: Any) -> list[str]:
    with database.session() as session:
        return [
            f"{fault.template.partition('{')[0]}{sorted(fault.data.values(), key=str)}"
            for fault in seals.check(session, **how).faults
        ]


def test_a_log_left_alone_is_whole(chained: Database) -> None:
    with chained.session() as session:
        found = seals.check(session)

    assert (found.seals, found.rows, found.waiting, found.faults) == (4, 20, 0, ())
    assert found.last.startswith("4:")
    assert seals.seal(chained, NOW) == 0


TAMPERING = {
    "actor": update(AuditEvent).where(AuditEvent.id == 7).values(actor="somebody"),
    "action": update(AuditEvent).where(AuditEvent.id == 7).values(action="unit.chang"),
    "subject": update(AuditEvent).where(AuditEvent.id == 7).values(subject="unit:9"),
    "at": update(AuditEvent).where(AuditEvent.id == 7).values(at=NOW + timedelta(hours=2, seconds=1)),
    "one byte of a value": update(AuditEvent).where(AuditEvent.id == 7).values(after={"n": 2}),
    "a value taken away": update(AuditEvent).where(AuditEvent.id == 7).values(before={**VALUES, "share": 0.26}),
    "null": update(AuditEvent).where(AuditEvent.id == 7).values(after=None),
    "a row removed": delete(AuditEvent).where(AuditEvent.id == 7),
    "the rows of a seal removed": delete(AuditEvent).where(AuditEvent.seal_id == 2),
    "a row moved to another seal": update(AuditEvent).where(AuditEvent.id == 7).values(seal_id=3),
    "a row unsealed": update(AuditEvent).where(AuditEvent.id == 7).values(seal_id=None),
    "the seal's hash": update(AuditSeal).where(AuditSeal.id == 2).values(hash="0" * 64),
    "the seal's count": update(AuditSeal).where(AuditSeal.id == 2).values(rows=6),
    "ids": update(AuditEvent).where(AuditEvent.id == 7).values(id=700),
}


ADDED = AuditEvent.__table__.insert().values(at=NOW, actor="x", action="a", subject="s")


def test_one_changed_byte_is_found(chained: Database) -> None:
    missed = []
    for how, statements in {
        **{name: [one] for name, one in TAMPERING.items()},
        "a row put under a seal": [ADDED.values(seal_id=2)],
        "a seal taken out with its rows": [
            delete(AuditEvent).where(AuditEvent.seal_id == 2),
            delete(AuditSeal).where(AuditSeal.id == 2),
        ],
    }.items():
        with chained.session(write=True) as session:
            for statement in statements:
                session.execute(statement)
            found = [fault for fault in seals.check(session).faults if fault.data.get("seal") in {2, 3}]
            session.rollback()
        missed += [] if found else [how]

    assert missed == []
    assert faults(chained) == []


def test_a_row_added_later_with_an_old_date_is_found(chained: Database) -> None:
    with chained.session(write=True) as session:
        session.execute(ADDED)
    seals.seal(chained, NOW + timedelta(hours=8))

    assert [fault.partition("[")[0] for fault in faults(chained)] == ["Row "]


def test_a_chain_made_anew_over_a_change_has_another_last_seal(chained: Database) -> None:
    """Who may write the database can compute everything anew; the last seal, kept elsewhere, tells."""
    with chained.session() as session:
        kept = seals.check(session).last
    with chained.session(write=True) as session:
        session.execute(update(AuditEvent).values(seal_id=None))
        session.execute(delete(AuditSeal))
        session.execute(update(AuditEvent).where(AuditEvent.id == 7).values(actor="nobody"))
    seals.seal(chained, NOW + timedelta(days=1))
    with chained.session() as session:
        found = seals.check(session)

    assert found.faults == ()
    assert found.last != kept


def test_the_newest_seals_are_checked_alone(chained: Database) -> None:
    with chained.session(write=True) as session:
        session.execute(TAMPERING["actor"])

    assert faults(chained, newest=2) == []
    assert faults(chained, newest=3) != []


def test_rows_committed_in_another_order_come_into_a_later_seal(database: Database) -> None:
    written(database, 1)
    if database.is_sqlite:  # one writer at a time: a number is never given before another is committed
        with database.session(write=True) as session:
            session.add(AuditEvent(id=3, at=NOW, actor="x", action="a", subject="s"))
        seals.seal(database, NOW)
        with database.session(write=True) as session:
            session.add(AuditEvent(id=2, at=NOW, actor="x", action="a", subject="late"))
    else:
        with database.session(write=True) as slow:
            audit.record(slow, SYSTEM, "a", "late", at=NOW)
            slow.flush()
            written(database, 1)
            assert seals.seal(database, NOW) == 2
    assert seals.seal(database, NOW + timedelta(minutes=5)) == 1

    with database.session() as session:
        found = seals.check(session)
        late = session.scalar(select(AuditEvent.seal_id).where(AuditEvent.subject == "late"))
    assert (found.faults, found.rows, late) == ((), 3, 2)


def test_two_that_seal_at_once_do_not_break_the_chain(database: Database) -> None:
    start, counts = threading.Barrier(3), []

    def sealing() -> None:
        start.wait()
        counts.append(seals.seal(database, NOW))

    for _ in range(3):
        written(database, 40)
        threads = [threading.Thread(target=sealing) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with database.session() as session:
        found = seals.check(session)
    assert (sum(counts), found.rows, found.faults) == (120, 120, ())


def test_many_rows_are_sealed_in_pieces(database: Database) -> None:
    with database.session(write=True) as session:
        audit.record_all(session, SYSTEM, [{"action": "a", "subject": f"s:{n}"} for n in range(2500)], at=NOW)

    assert seals.seal(database, NOW) == 2500
    with database.session() as session:
        found = seals.check(session)
    assert (found.seals, found.rows, found.faults) == (3, 2500, ())


def test_the_scheduler_seals_and_the_command_finds_a_change(tmp_path: Path, sqlite_template: Path, capsys: Any) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "jieyue.db")
    told = []
    with Database(f"sqlite:///{tmp_path / 'jieyue.db'}") as database:
        written(database, 3)
        Scheduler(database, Settings(data=tmp_path)).tick(NOW)
        for change in (None, update(AuditEvent).where(AuditEvent.id == 2).values(actor="x")):
            if change is not None:
                with database.session(write=True) as session:
                    session.execute(change)
            code, chain = run(f"verify --audit --data {tmp_path}", capsys)
            _, health = run(f"doctor --data {tmp_path}", capsys)
            told.append((code, *("Seal 1 of the audit log does not fit" in said for said in (chain, health))))
        said = run(f"verify --audit --last 1:{'0' * 64} --data {tmp_path}", capsys)

    assert told == [(0, False, False), (1, True, True)]
    assert (said[0], "is not in this audit log" in said[1]) == (1, True)


def run(command: str, capsys: Any) -> tuple[int, str]:
    """Run a command in this process; give how it ended and what it said."""
    with pytest.raises(SystemExit) as ended:
        typer.main.get_command(cli.app)(command.split())
    return int(ended.value.code or 0), capsys.readouterr().out
