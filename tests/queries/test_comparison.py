"""Units beside each other: like with like, only what was measured is ranked, and only what the asker may see."""

from datetime import date
from fractions import Fraction

import pytest

from monitor.database.tables import OrgUnit, UnitFact
from monitor.domain.access import NOBODY, SYSTEM
from monitor.domain.periods import to_day, year_days
from monitor.queries import targets
from monitor.queries.comparison import By, Comparison, Grouping, compare
from monitor.services.targets import set_target
from tests.queries.conftest import NOW, World

LAST, THIS = year_days(2025), year_days(2026)
JANUARY_END = to_day(date(2026, 1, 31))


def year(world: World, meter: str, before: int, now: int, days: int = 31) -> None:
    world.days(meter, [before] * 365, first=LAST[0])
    world.days(meter, [now] * days, first=THIS[0])


def people(world: World, code: str, count: int) -> None:
    world.session.query(UnitFact).filter_by(unit_id=world.units[code]).delete()
    fact = UnitFact(unit_id=world.units[code], kind="head_count", value=count * 1000, valid_from=date(2024, 1, 1))
    world.session.add(fact)
    world.session.flush()


def ask(world: World) -> Comparison:
    return compare(world.session, SYSTEM, "electricity", 2026, JANUARY_END)


def order(found: Comparison, by: By, grouping: Grouping = Grouping.ALL) -> list[list[tuple[int, str]]]:
    return [[(one.rank, one.row.unit.code) for one in group.ranked] for group in found.groups(by, grouping)]


def test_units_are_ranked_by_distance_to_their_own_target(world: World) -> None:
    year(world, "sub", 1000, 900)
    year(world, "main", 2000, 2400)
    for code in ("a1", "a", "b"):
        set_target(
            world.session,
            SYSTEM,
            world.units[code],
            "electricity",
            year=2026,
            baseline_year=2025,
            reduction=0,
            min_coverage=0,
            now=NOW,
        )
    found = ask(world)

    assert [code for _, code in order(found, By.TARGET)[0]] == ["a1", "a", "b"]
    alone = targets.progress(world.session, SYSTEM, world.units["a"], "electricity", 2026, JANUARY_END)[0].progress
    values = {row.unit.code: row.values.get(By.TARGET) for row in found.rows}
    assert alone.pace is not None
    assert values["a"] == alone.pace - 1
    assert values["hq"] is None


def test_per_person_is_as_if_complete_and_equal_values_share_a_rank(world: World) -> None:
    year(world, "sub", 1000, 1000)
    year(world, "main", 1000, 1000)  # own use of the main meter: nothing
    people(world, "a1", 10)
    people(world, "a", 10)
    found = ask(world)

    assert order(found, By.PER_PERSON)[0] == [(1, "b"), (2, "hq"), (3, "a"), (3, "a1")]
    values = {row.unit.code: row.values.get(By.PER_PERSON) for row in found.rows}
    assert values["a1"] == Fraction(31_000, 10)


def test_a_unit_measured_too_little_is_listed_with_its_reason_and_has_no_rank(world: World) -> None:
    year(world, "sub", 1000, 1000, days=20)
    people(world, "a1", 10)
    found = ask(world)

    row = next(row for row in found.rows if row.unit.code == "a1")
    assert By.PER_PERSON not in row.values
    assert [reason.code for reason in row.reasons[By.PER_PERSON]] == ["COVERAGE_LOW"]
    assert [reason.code for reason in row.reasons[By.PER_M2]] == ["COVERAGE_LOW", "DENOMINATOR_MISSING"]
    assert [reason.code for reason in row.reasons[By.TARGET]] == ["NO_TARGET"]
    assert all(one.row is not row for group in found.groups(By.PER_PERSON) for one in group.ranked)
    assert any(other is row for group in found.groups(By.PER_PERSON) for other, _ in group.unranked)


def test_like_is_compared_with_like(world: World) -> None:
    world.session.get_one(OrgUnit, world.units["a"]).kind = "bureau"
    world.session.get_one(OrgUnit, world.units["b"]).kind = "bureau"
    world.session.flush()
    found = ask(world)

    kinds = [(group.key, len(group.unranked)) for group in found.groups(By.TARGET, Grouping.KIND)]
    assert kinds == [("department", 2), ("bureau", 2)]
    parents = [group.key for group in found.groups(By.TARGET, Grouping.PARENT)]
    assert parents == [None, world.units["hq"], world.units["a"]]


def test_the_scatter_has_people_and_use_where_both_are_known(world: World) -> None:
    year(world, "sub", 1000, 1000)
    people(world, "a1", 10)

    points = ask(world).scatter()

    assert [(point.unit.code, point.persons, point.used.quantity) for point in points] == [
        ("hq", 30, 31_000),
        ("a", 10, 31_000),
        ("a1", 10, 31_000),
    ]


def test_what_nobody_has_is_said(world: World) -> None:
    year(world, "main", 1000, 1000)
    year(world, "sub", 0, 0)

    assert ask(world).not_allocated.quantity == 31 * 100
    own = compare(world.session, world.stranger, "electricity", 2026, JANUARY_END)
    assert own.not_allocated.quantity is None


def test_everybody_compares_the_units_that_he_sees(world: World) -> None:
    assert [row.unit.code for row in compare(world.session, world.own, "electricity", 2026, JANUARY_END)] == ["a1"]
    assert len(compare(world.session, NOBODY, "electricity", 2026, JANUARY_END)) == 0


@pytest.mark.parametrize("codes", [("a1",), ("a1", "a", "b")])
def test_a_comparison_takes_as_many_statements_for_one_unit_as_for_three(world: World, codes: tuple[str, ...]) -> None:
    year(world, "sub", 1000, 1000)
    year(world, "main", 2000, 2000)
    year(world, "dorm", 1, 1)
    for code in codes:
        people(world, code, 10)
        set_target(
            world.session, SYSTEM, world.units[code], "electricity", year=2026, baseline_year=2025, reduction=0, now=NOW
        )
    with world.statements() as seen:
        compare(world.session, SYSTEM, "electricity", 2026, JANUARY_END)
    assert seen.count == 8
