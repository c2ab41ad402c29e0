"""The load profile: mean use by weekday and local hour, from raw readings."""

from datetime import UTC, date, datetime

import pytest

from monitor.database.tables import Correction, EventSpan, Meter, MeterEvent, Reading, Register, UnitBasis
from monitor.domain.periods import day_edges, to_day
from monitor.queries import consumption
from tests.queries.conftest import World

MONDAY = to_day(date(2026, 1, 5))


def read(world: World, meter: str, steps: list[tuple[int, int, int]], kind: str = "interval") -> None:
    """Store readings: (start, end, value) in seconds from Monday's local midnight."""
    register = world.session.query(Register).filter_by(meter_id=world.meters[meter]).one()
    register.kind = kind
    first = int(day_edges("Asia/Shanghai", MONDAY, MONDAY + 1)[0])
    for row, (start, end, value) in enumerate(steps):
        at = None if kind == "cumulative" else first + start
        world.session.add(
            Reading(
                register_id=register.id, start_at=at, end_at=first + end, value=value, quality=0, run_id=1, row_no=row
            )
        )
    world.session.flush()


def shown(world: World, code: str, days: int = 14) -> list[tuple[int, int, float, int]]:
    frame = consumption.profile(world.session, world.parent, world.units[code], "electricity", MONDAY, MONDAY + days)
    return [
        (int(w), int(h), float(q), int(n))
        for w, h, q, n in frame[["weekday", "hour", "quantity", "n"]].itertuples(index=False)
    ]


def test_quarters_of_an_hour_make_an_hour_and_weeks_are_averaged(world: World) -> None:
    week = 7 * 86_400
    read(
        world,
        "sub",
        [(900 * n, 900 * (n + 1), 10) for n in range(4)]
        + [(week + 900 * n, week + 900 * (n + 1), 20) for n in range(4)],
    )

    assert shown(world, "a1") == [(0, 0, 60.0, 2)]


def test_sub_meters_are_taken_off_and_shares_applied(world: World) -> None:
    read(world, "main", [(36_000, 39_600, 1000)])
    read(world, "sub", [(36_000, 39_600, 400)])

    assert shown(world, "b") == [(0, 10, pytest.approx(180.0), 1)]
    assert shown(world, "a") == [(0, 10, pytest.approx(760.0), 1)]


def test_registers_are_read_by_their_steps_with_multiplier(world: World) -> None:
    read(world, "sub", [(0, 3600, 100), (0, 7200, 130), (0, 10_800, 90)], kind="cumulative")
    register = world.session.query(Register).filter_by(meter_id=world.meters["sub"]).one()
    register.multiplier_num, register.multiplier_den = 5, 2
    world.session.flush()

    assert shown(world, "a1") == [(0, 1, 75.0, 1)]


def test_steps_longer_than_an_hour_show_no_profile(world: World) -> None:
    read(world, "sub", [(0, 86_400, 2400), (86_400, 172_800, 2400)])

    assert shown(world, "a1") == []


def test_what_is_deducted_is_not_in_the_profile(world: World) -> None:
    read(world, "dorm", [(0, 3600, 7), (3600, 7200, 7)])

    assert shown(world, "b") == []


def test_a_meter_tells_when_it_was_read_last(world: World) -> None:
    read(world, "sub", [(0, 3600, 1), (3600, 7200, 1)])

    rows = consumption.meters(world.session, world.own, world.units["a1"], "electricity", MONDAY, MONDAY + 1)

    assert [(row.code, row.last_reading) for row in rows] == [("sub", datetime(2026, 1, 4, 18, tzinfo=UTC))]


def test_a_replaced_meter_a_rollover_and_a_correction_read_as_in_the_derived_days(world: World) -> None:
    first = int(day_edges("Asia/Shanghai", MONDAY, MONDAY + 1)[0])
    read(
        world,
        "sub",
        [(0, 3600 * n, value) for n, value in ((1, 100), (2, 160), (3, 5), (4, 45), (5, 9999), (6, 65))],
        "cumulative",
    )
    register = world.session.query(Register).filter_by(meter_id=world.meters["sub"]).one()
    swap = {"kind": "replacement", "final_value": 180, "initial_value": 0}
    world.session.add(MeterEvent(register_id=register.id, at=datetime.fromtimestamp(first + 9000, UTC), **swap))
    end = first + 5 * 3600
    overlay = {"start_at": end - 1, "end_at": end, "value": 55, "reason": "misread", "actor": "x"}
    stamp = datetime(2026, 1, 6, tzinfo=UTC)
    world.session.add(Correction(register_id=register.id, operation="replace", created_at=stamp, **overlay))
    world.session.flush()

    hours = {hour: quantity for _, hour, quantity, _ in shown(world, "a1")}

    assert hours == {1: 60.0, 2: 25.0, 3: 40.0, 4: 10.0, 5: 10.0}  # 160 → 180 and 0 → 5 around the swap


def test_a_register_that_turns_over_shows_what_was_used(world: World) -> None:
    register = world.session.query(Register).filter_by(meter_id=world.meters["sub"]).one()
    register.digits, register.measure = 3, "Wh"
    read(world, "sub", [(0, 3600, 990_000), (0, 7200, 10_000)], "cumulative")

    assert shown(world, "a1") == [(0, 1, 20_000.0, 1)]


def printed(world: World, basis: str) -> None:
    """Let a1 print on Monday and Tuesday, of which the log is complete from 8 to 12: two jobs at ten past nine on Monday."""
    register = world.session.query(Register).filter_by(meter_id=world.meters["sub"]).one()
    world.session.get_one(Meter, world.meters["sub"]).basis = basis
    world.session.add(UnitBasis(unit_id=world.units["a1"], resource="electricity", year=2026, basis=basis))
    register.kind, register.multiplier_num = "event", 2
    first = int(day_edges("Asia/Shanghai", MONDAY, MONDAY + 1)[0])
    for row, (second, value) in enumerate(((33_000, 3000), (33_001, 1000))):
        reading = {"value": value, "quality": 0, "run_id": 1, "row_no": row}
        world.session.add(Reading(register_id=register.id, start_at=None, end_at=first + second, **reading))
    for day in range(2):
        begin = first + day * 86_400 + 8 * 3600
        world.session.add(EventSpan(register_id=register.id, start_at=begin, end_at=begin + 4 * 3600, run_id=1))
    world.session.flush()


def test_an_hour_in_which_nothing_was_printed_is_a_zero_where_the_log_is_complete(world: World) -> None:
    printed(world, "print_log")

    assert shown(world, "a1") == [
        *((0, hour, 8000.0 if hour == 9 else 0.0, 1) for hour in range(8, 12)),
        *((1, hour, 0.0, 1) for hour in range(8, 12)),
    ]


def test_packs_issued_tell_no_hour(world: World) -> None:
    printed(world, "packs")

    assert shown(world, "a1") == []
