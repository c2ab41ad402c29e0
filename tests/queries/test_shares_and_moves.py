"""Shares by fact and moves with history, worked out by hand on the small organisation; what they cost in statements."""

from datetime import date
from fractions import Fraction

import pytest

from monitor.database.tables import MeterShare, OrgUnit, UnitFact, UnitMove
from monitor.domain.access import SYSTEM
from monitor.domain.periods import to_day, year_days
from monitor.domain.targets import Status
from monitor.queries import consumption, explain, scope, targets
from monitor.services.targets import set_target
from tests.queries.conftest import DAY, NOW, World

LAST, THIS = year_days(2025), year_days(2026)
APRIL, JUNE_END = to_day(date(2026, 4, 1)), to_day(date(2026, 6, 30))


def fact(world: World, code: str, value: int, since: date = date(2024, 1, 1), kind: str = "head_count") -> None:
    world.session.query(UnitFact).filter_by(unit_id=world.units[code], kind=kind, valid_to=None).update(
        {"valid_to": since}
    )
    world.session.add(UnitFact(unit_id=world.units[code], kind=kind, value=value * 1000, valid_from=since))
    world.session.flush()


def by_fact(world: World, meter: str, *codes: str, kind: str = "head_count", keep: tuple[str, ...] = ()) -> None:
    """Let the meter be shared by a fact; of its percentages only those of `keep` stay."""
    mine = world.session.query(MeterShare).filter_by(meter_id=world.meters[meter])
    mine.filter(MeterShare.unit_id.not_in([world.units[code] for code in keep])).delete()
    for code in codes:
        row = MeterShare(meter_id=world.meters[meter], unit_id=world.units[code], basis=kind, ppm=0)
        row.valid_from = date(2000, 1, 1)
        world.session.add(row)
    world.session.flush()


def move(world: World, code: str, at: date, to: str) -> None:
    unit = world.session.get_one(OrgUnit, world.units[code])
    world.session.add(
        UnitMove(unit_id=unit.id, at=at, from_parent_id=unit.parent_id, to_parent_id=world.units[to], created_at=NOW)
    )
    unit.parent_id = world.units[to]
    world.session.flush()


def used(world: World, code: str, days: int = 1, first: int = DAY) -> int | None:
    return consumption.amount(world.session, SYSTEM, world.units[code], "electricity", first, first + days).quantity


def test_what_percentages_leave_is_shared_out_by_head_count_to_the_last_integer(world: World) -> None:
    world.session.query(UnitFact).delete()
    fact(world, "a1", 10)
    fact(world, "b", 20)
    by_fact(world, "main", "a1", "b", keep=("a",))  # 60 % stay the bureau's
    world.days("main", [1_000_001])
    world.days("sub", [0])

    # 400,000 ppm: 133,333 and, with the remainder, 266,667; what rounding leaves goes to the largest share (the bureau's)
    assert (used(world, "a1"), used(world, "b"), used(world, "a")) == (133_333, 266_667, 733_334)
    line = consumption.statement(world.session, SYSTEM, world.units["hq"], "electricity", DAY, DAY + 1)
    assert (line.total.quantity, line.counted.quantity, line.not_allocated.quantity) == (1_000_001, 1_000_001, None)


def test_a_changed_head_count_shares_differently_from_its_day_on(world: World) -> None:
    world.session.query(UnitFact).delete()
    fact(world, "a1", 10)
    fact(world, "b", 10)
    fact(world, "b", 30, date(2026, 1, 6))
    by_fact(world, "main", "a1", "b")
    world.days("main", [1000, 1000])
    world.days("sub", [0, 0])

    assert [used(world, "b", first=day) for day in (DAY, DAY + 1)] == [500, 750]
    opened = explain.figure(world.session, SYSTEM, world.units["b"], "electricity", DAY, DAY + 2)
    meter = next(part for part in opened.meters if part.code == "main")
    shown = [(s.basis, s.value, s.whole, s.ppm, s.amount.quantity) for s in meter.shares]
    assert shown == [
        ("head_count", 10_000, 20_000, 500_000, 500),
        ("head_count", 30_000, 40_000, 750_000, 750),
    ]


def test_with_one_fact_unknown_nothing_is_shared_out_and_nobody_looks_as_if_he_saved(world: World) -> None:
    world.session.query(UnitFact).delete()
    fact(world, "a1", 10)
    by_fact(world, "main", "a1", "b")
    world.days("main", [1000])
    world.days("sub", [0])

    line = consumption.statement(world.session, SYSTEM, world.units["hq"], "electricity", DAY, DAY + 1)
    assert line.not_allocated.quantity == 1000
    assert used(world, "b") is None
    amount = consumption.amount(world.session, SYSTEM, world.units["a1"], "electricity", DAY, DAY + 1)
    assert (amount.quantity, amount.coverage < 1) == (0, True)


def test_a_bureau_shares_by_the_people_of_its_sections(world: World) -> None:
    world.session.query(UnitFact).delete()
    fact(world, "a1", 30)
    fact(world, "b", 10)
    by_fact(world, "main", "a", "b")
    world.days("main", [1000])
    world.days("sub", [0])

    assert (used(world, "a"), used(world, "b")) == (750, 250)


def test_shares_by_two_kinds_of_facts_at_once_cannot_be_compared(world: World) -> None:
    fact(world, "a1", 10)
    fact(world, "b", 300, kind="floor_area")
    by_fact(world, "main", "a1")
    by_fact(world, "main", "b", kind="floor_area", keep=("a1",))
    world.days("main", [1000])
    world.days("sub", [0])

    line = consumption.statement(world.session, SYSTEM, world.units["hq"], "electricity", DAY, DAY + 1)
    assert line.not_allocated.quantity == 1000


def test_a_section_that_moved_counts_where_it_stood_each_day(world: World) -> None:
    world.days("sub", [100, 100, 100])
    move(world, "a1", date(2026, 1, 7), "b")

    assert (used(world, "a", 3), used(world, "b", 3), used(world, "hq", 3)) == (200, 100, 300)
    opened = explain.figure(world.session, SYSTEM, world.units["b"], "electricity", DAY, DAY + 3)
    assert [(part.unit_id, part.at, part.came) for part in opened.moves] == [(world.units["a1"], DAY + 2, True)]
    assert opened.amount.quantity == 100
    shares = next(meter for meter in opened.meters if meter.code == "sub").shares
    assert [(share.first, share.last, share.amount.quantity) for share in shares] == [(DAY + 2, DAY + 3, 100)]


def test_permissions_follow_the_tree_of_today(world: World) -> None:
    world.days("sub", [100])
    move(world, "a1", date(2026, 1, 7), "b")
    stranger = scope.actor_for(world.session, world.stranger.user_id or 0)

    assert [row.code for row in scope.units(world.session, stranger)] == ["b", "a1"]
    assert consumption.amount(world.session, stranger, world.units["a1"], "electricity", DAY, DAY + 1).quantity == 100


def test_a_move_is_never_a_saving(world: World) -> None:
    """Both bureaus use what they used; the section moves with its use, in the baseline year too."""
    world.session.query(MeterShare).filter_by(meter_id=world.meters["main"]).delete()
    for code, unit in (("sub", "a1"), ("main", "a")):
        world.days(code, [1000] * (LAST[1] - LAST[0]), first=LAST[0])
        world.days(code, [1000] * (JUNE_END + 1 - THIS[0]), first=THIS[0])
        if unit == "a":
            share = MeterShare(meter_id=world.meters["main"], unit_id=world.units["a"], ppm=1_000_000)
            share.valid_from = date(2000, 1, 1)
            world.session.add(share)
    terms = {"year": 2026, "baseline_year": 2025, "reduction": 0, "now": NOW}
    set_target(world.session, SYSTEM, world.units["a"], "electricity", **terms)
    set_target(world.session, SYSTEM, world.units["b"], "electricity", **terms)
    move(world, "a1", date(2026, 4, 1), "b")

    found = {
        code: targets.progress(world.session, SYSTEM, world.units[code], "electricity", 2026, JUNE_END)[0].progress
        for code in ("a", "b")
    }

    # the section's 1,000 a day are in the bureau until 31 March of either year, beside it from 1 April on
    assert found["a"].baseline.quantity == 90 * 1000
    assert found["b"].baseline.quantity == 275 * 1000
    assert found["b"].used.quantity == (JUNE_END + 1 - APRIL) * 1000
    assert found["b"].status is Status.ON_TRACK
    assert found["b"].pace == 1


def test_the_people_of_a_section_that_moved_count_where_it_stood(world: World) -> None:
    world.session.query(UnitFact).delete()
    fact(world, "a1", 10)
    fact(world, "b", 20)
    world.days("sub", [1000] * 365, first=LAST[0])
    terms = {"year": 2026, "baseline_year": 2025, "reduction": 0, "indicator": "per_person", "now": NOW}
    set_target(world.session, SYSTEM, world.units["b"], "electricity", **terms)
    move(world, "a1", date(2026, 1, 1), "b")

    found = targets.progress(world.session, SYSTEM, world.units["b"], "electricity", 2026, JUNE_END)[0].progress

    # b has 20 of its own: in the baseline year, taken with the structure of 2026, those of a1 are added
    assert found.baseline_denominator == 30
    assert found.denominator == 20
    averages = {one.kind: one.mean for one in scope.averages(world.session, SYSTEM, world.units["b"], *THIS)}
    assert averages == {"head_count": Fraction(20)}


@pytest.mark.parametrize("rows", [1, 3])
def test_shares_by_fact_cost_one_statement_however_many(world: World, rows: int) -> None:
    fact(world, "a1", 10)
    fact(world, "a", 10)
    by_fact(world, "main", *("a1", "a", "b")[:rows])
    move(world, "a1", date(2026, 1, 6), "b")
    world.days("main", [1000, 1000])
    world.days("sub", [0, 0])
    world.days("dorm", [7])

    with world.statements() as seen:
        used(world, "hq", 2)

    assert seen.count == 5
