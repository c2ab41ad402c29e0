"""A clerk's hand on the readings: what was said stays, the days follow, and it is written down who and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database import readings as stored
from monitor.database.tables import (
    AuditEvent,
    Correction,
    DailyConsumption,
    ImportRun,
    OrgUnit,
    Reading,
    Register,
    Source,
)
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.domain.periods import day_edges, to_day
from monitor.domain.readings import storage_frame
from monitor.errors import Conflict, Forbidden, NotFound
from monitor.services import readings
from monitor.services.setup import apply_site, parse_site

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = to_day(date(2026, 1, 5))
M3 = 1_000_000  # thousandths of a litre
SITE = {
    "units": [{"code": "top", "units": [{"code": "a"}, {"code": "b"}]}],
    "places": [{"code": "house"}],
    "meters": [
        {
            "code": "tap",
            "resource": "water",
            "place": "house",
            "unit": "a",
            "registers": [{"kind": "cumulative", "step": 86_400}],
        }
    ],
}


@dataclass
class Tap:
    """A water meter read at five midnights: 100, 101, 102, 103, 104 m³."""

    session: Session
    meter: int
    register: int
    run: int
    own: Actor
    parent: Actor

    def edge(self, number: int) -> int:
        return int(day_edges("Asia/Shanghai", DAY, DAY + 10)[number])

    def days(self) -> dict[int, tuple[int, int]]:
        """Give (quantity in m³, estimated in m³) by number of the day."""
        self.session.flush()
        query = select(DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.estimated)
        return {day - DAY: (quantity / M3, estimated / M3) for day, quantity, estimated in self.session.execute(query)}

    def audited(self) -> list[str]:
        self.session.flush()
        query = select(AuditEvent.action).where(~AuditEvent.action.startswith("setup."))
        return list(self.session.scalars(query.order_by(AuditEvent.id)))


@pytest.fixture
def tap(session: Session) -> Tap:
    apply_site(session, SYSTEM, parse_site(SITE), now=NOW)
    register, meter = session.execute(select(Register.id, Register.meter_id)).one()
    source = Source(code="file", name_zh="文件", name_en="File", kind="tabular", options={}, created_at=NOW)
    session.add(source)
    session.flush()
    run = ImportRun(source_id=source.id, state="done", trigger="hand", started_at=NOW)
    session.add(run)
    session.flush()
    units = dict(session.query(OrgUnit.code, OrgUnit.id).all())
    own = Actor(1, "own", {units["a"]: Role.EDITOR}, frozenset({units["top"]}))
    parent = Actor(2, "parent", dict.fromkeys(units.values(), Role.ADMIN), frozenset({units["top"]}))
    found = Tap(session, meter, register, run.id, own, parent)
    ends = [found.edge(number) for number in range(5)]
    frame = storage_frame(
        register_id=[register] * 5,
        end_at=ends,
        start_at=[stored_start()] * 5,
        value=[(100 + number) * M3 for number in range(5)],
        quality=[0] * 5,
        row_no=list(range(2, 7)),
    )
    result = stored.store_readings(session, frame, run.id)
    stored.rebuild_daily(session, result.touched)
    return found


def stored_start() -> int:
    from monitor.domain.readings import NO_START

    return NO_START


def test_the_days_before_anybody_touches_them(tap: Tap) -> None:
    assert tap.days() == {0: (1.0, 0.0), 1: (1.0, 0.0), 2: (1.0, 0.0), 3: (1.0, 0.0)}


def test_a_voided_reading_leaves_a_gap_that_is_spread_and_marked(tap: Tap) -> None:
    correction = readings.void(
        tap.session, tap.own, tap.register, start=tap.edge(2) - 1, end=tap.edge(2), reason="misread", now=NOW
    )

    assert {day: quantity for day, (quantity, _) in tap.days().items()} == {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}
    assert sum(estimated for _, estimated in tap.days().values()) == 2.0
    assert tap.session.scalar(select(func.count()).select_from(Reading)) == 5
    readings.withdraw_correction(tap.session, tap.own, correction, now=NOW)
    readings.withdraw_correction(tap.session, tap.own, correction, now=NOW)
    assert sum(estimated for _, estimated in tap.days().values()) == 0.0
    assert tap.audited() == ["reading.void", "reading.restore"]


def test_a_replaced_reading_stands_for_what_was_read(tap: Tap) -> None:
    readings.replace(
        tap.session, tap.own, tap.register, at=tap.edge(2), value=Decimal("102.5"), reason="photo", now=NOW
    )

    assert {day: quantity for day, (quantity, _) in tap.days().items()} == {0: 1.0, 1: 1.5, 2: 0.5, 3: 1.0}
    row = tap.session.scalars(select(Correction)).one()
    assert (row.operation, row.value, row.reason, row.actor) == ("replace", 102_500_000, "photo", "own")
    assert tap.session.scalar(select(Reading.value).where(Reading.end_at == tap.edge(2))) == 102 * M3


def test_an_estimate_fills_days_without_readings_and_is_marked(tap: Tap) -> None:
    estimate = readings.estimate(
        tap.session, tap.own, tap.meter, start=DAY + 5, end=DAY + 7, quantity=Decimal(3), reason="meter frozen", now=NOW
    )

    assert {day: values for day, values in tap.days().items() if day > 3} == {5: (1.5, 1.5), 6: (1.5, 1.5)}
    readings.withdraw_estimate(tap.session, tap.own, estimate, now=NOW)
    assert sorted(tap.days()) == [0, 1, 2, 3]


def test_a_hand_reading_has_a_receipt_and_the_same_again_is_the_same(tap: Tap) -> None:
    first = readings.enter(tap.session, tap.own, tap.register, at=tap.edge(5), value=Decimal(106), now=NOW)
    again = readings.enter(tap.session, tap.own, tap.register, at=tap.edge(5), value=Decimal(106), now=NOW)

    assert tap.days()[4] == (2.0, 0.0)
    counts = select(ImportRun.rows_new, ImportRun.rows_changed, ImportRun.rows_same, ImportRun.actor, ImportRun.trigger)
    assert tap.session.execute(counts.where(ImportRun.id == first)).one() == (1, 0, 0, "own", "hand")
    assert tap.session.execute(counts.where(ImportRun.id == again)).one() == (0, 0, 1, "own", "hand")


def test_a_register_that_would_fall_or_a_future_is_refused(tap: Tap) -> None:
    for at, value, code in ((tap.edge(5), 99, "READING_FALLS"), (int(NOW.timestamp()) + 1, 200, "READING_IN_FUTURE")):
        with pytest.raises(Conflict) as refused:
            readings.enter(tap.session, tap.own, tap.register, at=at, value=Decimal(value), now=NOW)
        assert refused.value.code == code


def test_an_import_undone_takes_its_readings_and_days_back(tap: Tap) -> None:
    assert readings.undo_run(tap.session, tap.parent, tap.run, now=NOW) == 5

    assert tap.days() == {}
    assert tap.session.scalar(select(ImportRun.state).where(ImportRun.id == tap.run)) == "undone"
    assert readings.undo_run(tap.session, tap.parent, tap.run, now=NOW) == 0
    assert tap.audited() == ["import.undo"]


def test_a_reason_is_wanted_and_a_period_that_is_one(tap: Tap) -> None:
    for start, end, reason, code in ((1, 2, "  ", "REASON_MISSING"), (2, 2, "why", "PERIOD_EMPTY")):
        with pytest.raises(Conflict) as refused:
            readings.void(tap.session, tap.own, tap.register, start=start, end=end, reason=reason, now=NOW)
        assert refused.value.code == code


def calls(tap: Tap) -> list[Callable[[Actor], object]]:
    correction = readings.void(tap.session, SYSTEM, tap.register, start=1, end=2, reason="x", now=NOW)
    estimate = readings.estimate(
        tap.session, SYSTEM, tap.meter, start=1, end=2, quantity=Decimal(1), reason="x", now=NOW
    )
    return [
        lambda who: readings.void(tap.session, who, tap.register, start=1, end=2, reason="x"),
        lambda who: readings.replace(tap.session, who, tap.register, at=1, value=Decimal(1), reason="x"),
        lambda who: readings.withdraw_correction(tap.session, who, correction),
        lambda who: readings.estimate(tap.session, who, tap.meter, start=1, end=2, quantity=Decimal(1), reason="x"),
        lambda who: readings.withdraw_estimate(tap.session, who, estimate),
        lambda who: readings.enter(tap.session, who, tap.register, at=1, value=Decimal(1)),
        lambda who: readings.undo_run(tap.session, who, tap.run),
    ]


def test_a_stranger_changes_nothing_and_a_viewer_may_only_look(tap: Tap) -> None:
    top, a, b = sorted(unit for unit in tap.parent.roles)
    stranger, viewer = (
        Actor(3, "s", {b: Role.ADMIN}, frozenset({top})),
        Actor(4, "v", {a: Role.VIEWER}, frozenset({top})),
    )

    for call in calls(tap)[:-1]:
        for actor, refusal in ((NOBODY, NotFound), (stranger, NotFound), (viewer, Forbidden)):
            with pytest.raises(refusal):
                call(actor)
    for actor, refusal in ((NOBODY, NotFound), (stranger, Forbidden), (viewer, Forbidden), (tap.own, Forbidden)):
        with pytest.raises(refusal):
            calls(tap)[-1](actor)


def test_what_is_not_there_is_not_found(tap: Tap) -> None:
    for call in (
        lambda: readings.void(tap.session, SYSTEM, 999, start=1, end=2, reason="x"),
        lambda: readings.withdraw_correction(tap.session, SYSTEM, 999),
        lambda: readings.withdraw_estimate(tap.session, SYSTEM, 999),
        lambda: readings.undo_run(tap.session, SYSTEM, 999),
        lambda: readings.enter(tap.session, SYSTEM, 999, at=1, value=Decimal(1)),
    ):
        with pytest.raises(NotFound):
            call()
