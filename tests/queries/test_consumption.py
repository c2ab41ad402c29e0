"""One allocation: figures that add up, for each who may see them."""

from datetime import date
from fractions import Fraction

import numpy as np
import pytest

from monitor.domain.access import NOBODY, SYSTEM
from monitor.domain.amounts import Amount
from monitor.domain.periods import to_day
from monitor.errors import NotFound
from monitor.queries import _allocation as allocation
from monitor.queries import consumption
from tests.queries.conftest import DAY, World

WEEK = (DAY, DAY + 7)


def figure(world: World, code: str, start: int = DAY, end: int = DAY + 7) -> int | None:
    return consumption.amount(world.session, SYSTEM, world.units[code], "electricity", start, end).quantity


def test_sub_meters_count_once_and_shares_add_up(world: World) -> None:
    world.days("main", [1000])
    world.days("sub", [399])

    # net of main: 601, of which 60 % floored are 360, 30 % floored 180, and 61 are nobody's
    assert figure(world, "a1") == 399
    assert figure(world, "a") == 399 + 360
    assert figure(world, "b") == 180
    assert figure(world, "hq") == 399 + 360 + 180
    statement = consumption.statement(world.session, SYSTEM, world.units["hq"], "electricity", *WEEK)
    assert statement.not_allocated.quantity == 61
    assert statement.total.quantity == 1000


def test_what_is_deducted_stands_beside_the_assessed_figure(world: World) -> None:
    world.days("main", [1000])
    world.days("sub", [400])
    world.days("dorm", [77])

    statement = consumption.statement(world.session, SYSTEM, world.units["b"], "electricity", *WEEK)

    assert statement.counted.quantity == 180
    assert {purpose: amount.quantity for purpose, amount in statement.deducted_by_purpose.items()} == {"dormitory": 77}
    assert statement.total.quantity == 257
    assert statement.not_allocated == Amount(None, 0, 0)


def test_a_full_share_gives_its_remainder_to_the_largest_part() -> None:
    values = np.array([7, 100, 9_223_372_036_854], dtype=np.int64)

    assert allocation.times_ppm(values, 333_333).tolist() == [2, 33, 9_223_372_036_854 * 333_333 // 1_000_000]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_total_is_counted_plus_deducted_plus_not_allocated_to_the_last_integer(world: World, seed: int) -> None:
    random = np.random.default_rng(seed)
    for meter, top in (("main", 10**12), ("sub", 10**11), ("dorm", 10**10)):
        world.days(
            meter,
            [
                int(q) if keep else None
                for q, keep in zip(random.integers(0, top, 60), random.random(60) > 0.2, strict=True)
            ],
        )

    for code in ("hq", "a", "b", "a1"):
        one = consumption.statement(world.session, SYSTEM, world.units[code], "electricity", DAY, DAY + 60)
        parts = [part.quantity or 0 for part in (one.counted, one.deducted, one.not_allocated)]
        frame = consumption.days(world.session, SYSTEM, world.units[code], "electricity", DAY, DAY + 60, assessed=False)
        listed = consumption.meters(world.session, SYSTEM, world.units[code], "electricity", DAY, DAY + 60)

        assert one.total.quantity == sum(parts) == int(frame["quantity"].sum())
        assert one.total.expected == int(frame["expected"].sum())
        assert sum(row.share.quantity or 0 for row in listed if row.assessed) == one.counted.quantity
        assert figure(world, code, DAY, DAY + 60) == one.counted.quantity


def test_a_gap_is_never_zero(world: World) -> None:
    world.days("sub", [100, None, 100])

    frame = consumption.days(world.session, SYSTEM, world.units["a1"], "electricity", DAY, DAY + 4)
    amount = consumption.amount(world.session, SYSTEM, world.units["a1"], "electricity", DAY, DAY + 4)
    nothing = consumption.amount(world.session, SYSTEM, world.units["a1"], "electricity", DAY + 1, DAY + 2)

    assert frame["known"].tolist() == [True, False, True, False]
    assert amount.coverage == Fraction(1, 2)
    assert amount.if_complete() == 400
    assert nothing.quantity is None
    assert nothing.coverage == 0


def test_a_remainder_is_covered_only_where_the_sub_meters_are(world: World) -> None:
    world.days("main", [1000, 1000])
    world.days("sub", [400, None])

    share = consumption.meters(world.session, SYSTEM, world.units["b"], "electricity", DAY, DAY + 2)[1]

    assert share.code == "main"
    assert share.net.quantity == 600 + 1000
    assert share.net.coverage == Fraction(1, 2)
    assert share.gross.coverage == 1


def test_a_main_meter_that_is_missing_leaves_no_negative_remainder(world: World) -> None:
    world.days("main", [None, 1000])
    world.days("main", [100], first=DAY + 2, covered=3600)
    world.days("sub", [400, 400, 400])

    assert consumption.days(world.session, SYSTEM, world.units["b"], "electricity", DAY, DAY + 3)[
        "quantity"
    ].tolist() == [0, 180, 0]


def test_a_big_meters_gap_weighs_more_than_a_small_ones(world: World) -> None:
    world.days("main", [10**9, 10**9])
    world.days("dorm", [10**8, None])
    world.days("sub", [10**8, 10**8])

    hq = consumption.days(world.session, SYSTEM, world.units["hq"], "electricity", DAY, DAY + 2, assessed=False)
    coverage = [Fraction(int(c), int(e)) for c, e in zip(hq["covered"], hq["expected"], strict=True)]

    assert coverage[0] == 1
    assert abs(coverage[1] - Fraction(1000, 1100)) < Fraction(1, 10_000)


def test_months_stand_beside_the_year_before(world: World) -> None:
    world.days("sub", [80], first=to_day(date(2026, 2, 3)))
    world.days("sub", [100], first=to_day(date(2025, 2, 3)))

    rows = consumption.months(world.session, world.own, world.units["a1"], "electricity", 2026)

    assert [str(row.month) for row in rows] == [f"2026-{month:02d}" for month in range(1, 13)]
    assert [row.amount.quantity for row in rows][:3] == [None, 80, None]
    assert rows[1].last_year.quantity == 100
    assert rows[1].change == Fraction(-1, 5)
    assert rows[0].change is None


def test_the_running_month_is_its_days_gone_by_beside_the_same_days(world: World) -> None:
    for year in (2025, 2026):
        world.days("sub", [80] * 28, first=to_day(date(year, 2, 1)))
    tenth = to_day(date(2026, 2, 10))
    rows = consumption.months(world.session, world.own, world.units["a1"], "electricity", 2026, tenth)

    assert [(row.amount.quantity, row.last_year.quantity) for row in rows[1:3]] == [(800, 800), (None, None)]
    assert [(row.amount.coverage, row.amount.expected > 0) for row in rows[1:3]] == [(1, True), (0, False)]
    assert rows[1].change == 0


def test_shares_that_change_count_from_their_day(world: World) -> None:
    from monitor.database.tables import MeterShare
    from monitor.domain.periods import from_day

    world.days("sub", [100, 100, 100])
    share = world.session.query(MeterShare).filter_by(meter_id=world.meters["sub"]).one()
    share.valid_to = from_day(DAY + 1)
    world.session.add(
        MeterShare(meter_id=world.meters["sub"], unit_id=world.units["b"], ppm=500_000, valid_from=from_day(DAY + 1))
    )
    world.session.flush()

    assert figure(world, "a1") == 100
    assert figure(world, "b") == 100
    assert (
        consumption.statement(world.session, SYSTEM, world.units["hq"], "electricity", *WEEK).not_allocated.quantity
        == 100
    )


def test_own_and_parent_see_the_same_and_strangers_nothing(world: World) -> None:
    world.days("sub", [100])
    unit = world.units["a1"]

    for query in (consumption.days, consumption.amount, consumption.statement, consumption.meters, consumption.profile):
        mine, above = (query(world.session, actor, unit, "electricity", *WEEK) for actor in (world.own, world.parent))
        assert str(mine) == str(above)
        for actor in (world.stranger, NOBODY):
            with pytest.raises(NotFound):
                query(world.session, actor, unit, "electricity", *WEEK)
    assert str(consumption.months(world.session, world.own, unit, "electricity", 2026)) == str(
        consumption.months(world.session, world.parent, unit, "electricity", 2026)
    )
    for actor in (world.stranger, NOBODY):
        with pytest.raises(NotFound):
            consumption.months(world.session, actor, unit, "electricity", 2026)


@pytest.mark.parametrize("code", ["a1", "hq"])
def test_a_figure_takes_four_statements_for_one_meter_and_for_three(world: World, code: str) -> None:
    for meter in ("main", "sub", "dorm"):
        world.days(meter, [100])

    for query, statements in (
        (consumption.amount, 4),
        (consumption.days, 4),
        (consumption.statement, 4),
        (consumption.meters, 5),
    ):
        with world.statements() as seen:
            query(world.session, world.parent, world.units[code], "electricity", *WEEK)
        assert seen.count == statements


def test_a_meter_without_any_data_weighs_like_the_others_which_costs_the_whole_no_statement(world: World) -> None:
    world.days("sub", [10**8])
    world.days("main", [3 * 10**8])

    with world.statements() as seen:
        whole = consumption.days(world.session, SYSTEM, world.units["hq"], "electricity", DAY, DAY + 1, assessed=False)

    # net of main 2, sub 1, and the dormitory as the mean of main's gross and sub's: 2
    assert Fraction(int(whole["covered"][0]), int(whole["expected"][0])) == Fraction(3, 5)
    assert seen.count == 4


def test_the_days_are_as_long_as_they_are_at_the_meters_place(world: World) -> None:
    from monitor.database.tables import Place

    world.session.query(Place).one().zone = "Europe/London"
    world.session.flush()
    spring = to_day(date(2026, 3, 29))
    world.days("sub", [1], first=spring, covered=82_800)

    frame = consumption.days(world.session, SYSTEM, world.units["a1"], "electricity", spring, spring + 2)

    assert frame["covered"][0] == frame["expected"][0]
    assert Fraction(int(frame["expected"][0]), int(frame["expected"][1])) == Fraction(23, 24)
