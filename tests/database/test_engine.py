"""Sessions, pragmas and the data version."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.database import audit, state
from monitor.database.engine import Database, journal_mode
from monitor.database.tables import AuditEvent, MeterShare, OrgUnit
from monitor.domain.access import SYSTEM


def unit(code: str) -> OrgUnit:
    return OrgUnit(code=code, name_zh=code, name_en=code)


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.session(write=True) as session:  # noqa: PT012
        session.add(unit("a"))
        session.flush()
        raise ZeroDivisionError
    with database.session() as session:
        assert session.scalars(select(OrgUnit.code)).all() == []


def test_what_is_committed_is_seen_by_the_next_session(database: Database) -> None:
    with database.session(write=True) as session:
        session.add(unit("a"))
    with database.session() as session:
        assert session.scalars(select(OrgUnit.code)).all() == ["a"]


def test_a_foreign_key_must_point_to_something(database: Database) -> None:
    share = MeterShare(meter_id=7, unit_id=7, ppm=1, valid_from=datetime(2026, 1, 1, tzinfo=UTC).date())
    with pytest.raises(IntegrityError), database.session(write=True) as session:  # noqa: PT012
        session.add(share)
        session.flush()


def test_the_data_version_counts_every_bump(session: Session) -> None:
    assert state.data_version(session) == 0
    state.bump_data_version(session)
    state.bump_data_version(session)
    assert state.data_version(session) == 2


def test_a_named_number_is_overwritten(session: Session) -> None:
    state.put(session, "k", 5)
    state.put(session, "k", 7)
    assert (state.get(session, "k"), state.get(session, "other")) == (7, None)


def test_the_audit_keeps_who_what_before_and_after(session: Session) -> None:
    audit.record(session, SYSTEM, "unit.rename", "unit:a", before={"name": "x"}, after={"name": "y"})
    session.flush()
    row = session.scalars(select(AuditEvent)).one()
    assert (row.actor, row.action, row.subject, row.before, row.after) == (
        "system",
        "unit.rename",
        "unit:a",
        {"name": "x"},
        {"name": "y"},
    )


def test_readers_go_on_while_a_writer_holds_its_transaction(database: Database) -> None:
    with database.session(write=True) as writer:
        writer.add(unit("a"))
        writer.flush()
        with database.session() as reader:
            assert reader.scalars(select(OrgUnit.code)).all() == []


def test_writers_wait_their_turn_and_lose_no_update(database: Database) -> None:
    def bump() -> None:
        for _ in range(20):
            with database.session(write=True) as session:
                state.bump_data_version(session)

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session() as session:
        assert state.data_version(session) == 80


@pytest.mark.parametrize(
    ("version", "mode"), [((3, 40, 1), "TRUNCATE"), ((3, 51, 2), "TRUNCATE"), ((3, 51, 3), "WAL"), ((3, 53, 4), "WAL")]
)
def test_wal_only_where_the_library_is_mended(version: tuple[int, ...], mode: str) -> None:
    assert journal_mode(version) == mode


def test_the_pragmas_of_a_sqlite_connection(database: Database) -> None:
    if not database.is_sqlite:
        assert database.file is None
        return
    with database.session() as session:
        found = [session.scalar(text(f"PRAGMA {name}")) for name in ("foreign_keys", "busy_timeout", "cache_size")]
    assert found == [1, 30_000, -65_536]
