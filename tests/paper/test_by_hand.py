"""Packs typed in by hand: an event, and since when nothing else was issued."""

from datetime import UTC, datetime
from decimal import Decimal

from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.services import readings
from tests.paper.conftest import NOW, days


def test_packs_entered_by_hand_cover_the_time_since_the_last_look(database: Database, office: dict[str, int]) -> None:
    start, at = (int(datetime(2026, 11, day, 16, tzinfo=UTC).timestamp()) for day in (1, 2))
    with database.session(write=True) as session:
        register = office["PK-办公室"]
        readings.enter(session, SYSTEM, register, at=at, value=Decimal(2), start=start, now=NOW)
        alone = readings.enter(session, SYSTEM, register, at=at + 7 * 86_400, value=Decimal(1), now=NOW)
        found = days(session, "PK-办公室")
        readings.undo_run(session, SYSTEM, alone, now=NOW)
        left = days(session, "PK-办公室")

    assert [(day, sheets, covered) for day, sheets, covered, _ in found] == [
        ("2026-11-02", 0, 86_400),
        ("2026-11-03", 1_000_000, 1),
        ("2026-11-10", 500_000, 1),
    ]
    assert left == found[:2]
