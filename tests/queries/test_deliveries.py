"""What should have come and what did: by unit and month, by meter and day, and the holes between."""

from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.database.tables import DailyConsumption, Meter, MeterShare, OrgUnit, Reading, Register
from monitor.domain.access import NOBODY, SYSTEM
from monitor.domain.periods import to_day, year_days
from monitor.errors import NotFound
from monitor.queries import calendar, deliveries
from tests.queries.conftest import World

JANUARY = to_day(date(2026, 1, 1))
LATER = datetime(2026, 4, 15, tzinfo=UTC)


def states(world: World, unit: str, resource: str = "water", now: datetime = LATER, months: int = 4) -> list[str]:
    [row] = [
        row
        for row in deliveries.grid(world.session, world.parent, 2026, resource=resource, now=now)
        if row.unit.code == unit
    ]
    return [cell.state for cell in row.cells[:months]]


def feed(world: World, meter: str, step: int = 3600) -> None:
    """Let a meter have a register that is read every hour."""
    world.session.query(Register).filter(Register.meter_id == world.meters[meter]).update({"interval_seconds": step})
    world.session.flush()


def test_a_month_is_complete_partial_missing_or_still_running(world: World) -> None:
    feed(world, "tap")
    world.days("tap", [1] * 31 + [1] * 14, first=JANUARY)
    world.days("tap", [1] * 14, first=to_day(date(2026, 4, 1)))
    assert states(world, "b") == ["complete", "partial", "missing", "not_due"]
    assert states(world, "hq") == states(world, "b")
    assert states(world, "a") == ["not_expected"] * 4


def test_coverage_counts_seconds_and_a_hole_in_the_running_month_is_seen(world: World) -> None:
    feed(world, "tap")
    world.days("tap", [1] * 31, first=JANUARY, covered=43_200)
    world.days("tap", [1, 1, None, 1], first=to_day(date(2026, 4, 10)))
    [row] = [
        r for r in deliveries.grid(world.session, world.parent, 2026, resource="water", now=LATER) if r.unit.code == "b"
    ]
    assert (row.cells[0].covered * 2, row.cells[0].lacking) == (row.cells[0].expected, 1)
    assert row.cells[3].state == "partial"


def test_days_before_the_first_data_and_before_a_share_are_not_expected(world: World) -> None:
    feed(world, "tap")
    world.days("tap", [1] * 17, first=to_day(date(2026, 1, 15)))
    assert states(world, "b", now=datetime(2026, 2, 1, tzinfo=UTC), months=2) == ["complete", "not_due"]
    world.session.query(MeterShare).filter(MeterShare.meter_id == world.meters["tap"]).update(
        {"valid_from": date(2026, 1, 20)}
    )
    world.session.flush()
    [row] = [
        r
        for r in deliveries.grid(
            world.session, world.parent, 2026, resource="water", now=datetime(2026, 2, 1, tzinfo=UTC)
        )
        if r.unit.code == "b"
    ]
    assert row.cells[0].expected == 12 * 86_400


def test_a_bill_is_not_due_until_its_period_and_some_days_are_over(world: World) -> None:
    register = world.session.query(Register).filter(Register.meter_id == world.meters["tap"]).one()
    register.kind = "bill"
    start, end = (int(datetime(2025, 12, 31, 16, tzinfo=UTC).timestamp()) + days * 86_400 for days in (0, 59))
    world.session.add(
        Reading(register_id=register.id, end_at=end, start_at=start, value=1, quality=0, run_id=1, row_no=1)
    )
    world.days("tap", [1] * 59, first=JANUARY)
    last = datetime(2026, 3, 1, tzinfo=UTC)
    assert states(world, "b", now=last + timedelta(days=60)) == ["complete", "complete", "not_due", "not_due"]
    assert states(world, "b", now=last + timedelta(days=70)) == ["complete", "complete", "missing", "missing"]


def test_the_grid_shows_to_each_what_is_theirs(world: World) -> None:
    world.days("tap", [1], first=JANUARY)
    seen = {
        who.login: {row.unit.code for row in deliveries.grid(world.session, who, 2026, resource="water", now=LATER)}
        for who in (world.own, world.stranger, world.parent, NOBODY)
    }
    assert (seen["own"], seen["stranger"], seen[""]) == ({"a1"}, {"b"}, set())
    assert {"hq", "a", "a1", "b"} <= seen["parent"]
    with pytest.raises(NotFound):
        deliveries.grid(world.session, world.own, 2026, unit_id=world.units["b"])


@pytest.mark.parametrize("more", [1, 3])
def test_the_statements_do_not_grow_with_the_units(world: World, more: int) -> None:
    for number in range(more):
        unit = OrgUnit(code=f"n{number}", parent_id=world.units["hq"], name_zh="新", name_en="New")
        place = world.session.query(Meter.place_id).first()
        assert place is not None
        meter = Meter(code=f"m{number}", name_zh="", name_en="", resource="water", place_id=place[0])
        world.session.add_all([unit, meter])
        world.session.flush()
        share = MeterShare(meter_id=meter.id, unit_id=unit.id, ppm=1_000_000, valid_from=date(2025, 1, 1))
        world.session.add_all(
            [share, Register(meter_id=meter.id, kind="interval", measure="m3", interval_seconds=3600)]
        )
        day = DailyConsumption(
            meter_id=meter.id, day=JANUARY, quantity=1, covered=86_400, estimated=0, off_hours=0, rule_version=1
        )
        world.session.add(day)
    world.session.flush()
    with world.statements() as seen:
        found = deliveries.grid(world.session, SYSTEM, 2026, resource="water", now=LATER)
    assert len(found) == 4 + more
    assert seen.count <= 10


def test_holes_are_listed_newest_first_with_what_came_before(world: World) -> None:
    feed(world, "tap")
    world.days("tap", [1, None, None, 1, None, 1], first=JANUARY)
    span = year_days(2026)
    now = datetime(2026, 1, 7, tzinfo=UTC)
    found = calendar.gaps(world.session, world.parent, world.units["b"], "water", *span, now=now)
    assert [(gap.first - JANUARY, gap.last - JANUARY, gap.seconds) for gap in found] == [
        (4, 4, 86_400),
        (1, 2, 2 * 86_400),
    ]
    with pytest.raises(NotFound):
        calendar.gaps(world.session, world.own, world.units["b"], "water", *span)


def test_the_days_of_meters_add_up_to_the_calendar(world: World) -> None:
    feed(world, "tap")
    world.days("tap", [1, None, 1], first=JANUARY)
    rows = calendar.days(
        world.session,
        world.parent,
        world.units["b"],
        "water",
        JANUARY - 1,
        JANUARY + 4,
        now=datetime(2026, 1, 4, tzinfo=UTC),
    )
    assert [cell.state for cell in rows[0].cells] == ["not_expected", "complete", "missing", "complete", "not_due"]
    together = calendar.together(rows, JANUARY - 1, JANUARY + 4)
    assert [cell.state for cell in together] == ["not_expected", "complete", "missing", "complete", "not_due"]
