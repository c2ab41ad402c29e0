"""Targets judged for one unit and on the board: the same figures, for each who may see them."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from monitor.database.tables import Baseline
from monitor.domain.access import NOBODY, SYSTEM
from monitor.domain.periods import Month, to_day, year_days
from monitor.domain.targets import Indicator, Status
from monitor.errors import NotFound
from monitor.queries import consumption, targets
from monitor.services.targets import set_target, withdraw
from tests.queries.conftest import NOW, World

LAST, THIS = year_days(2025), year_days(2026)
JUNE_END = to_day(date(2026, 6, 30))


def promise(world: World, code: str, resource: str = "electricity", **terms: object) -> int:
    known = {"year": 2026, "baseline_year": 2025, "reduction": 50_000, "now": NOW} | terms
    return set_target(world.session, SYSTEM, world.units[code], resource, **known)


def run(world: World, meter: str, before: int, now: int) -> None:
    """The same each day of last year, and of this year up to the end of June."""
    world.days(meter, [before] * (LAST[1] - LAST[0]), first=LAST[0])
    world.days(meter, [now] * (JUNE_END + 1 - THIS[0]), first=THIS[0])


def test_a_target_is_judged_against_the_year_before(world: World) -> None:
    run(world, "sub", 1000, 900)
    target = promise(world, "a1")

    judged = targets.progress(world.session, world.own, world.units["a1"], "electricity", 2026, JUNE_END)

    assert [(one.target_id, one.unit.code) for one in judged] == [(target, "a1")]
    found = judged[0].progress
    assert (found.status, found.as_of) == (Status.ON_TRACK, JUNE_END)
    assert found.used == consumption.amount(
        world.session, SYSTEM, world.units["a1"], "electricity", THIS[0], JUNE_END + 1
    )
    assert found.baseline.quantity == 365_000
    assert found.allowance == 365_000 * 95 // 100


def test_missing_days_are_never_a_saving(world: World) -> None:
    world.days("sub", [1000] * 365, first=LAST[0])
    world.days("sub", [1000] * 100, first=THIS[0])
    promise(world, "a1")

    found = targets.progress(world.session, world.own, world.units["a1"], "electricity", 2026, JUNE_END)[0].progress

    assert found.status is Status.NOT_JUDGED
    assert [reason.code for reason in found.reasons] == ["COVERAGE_LOW"]


def test_per_person_follows_the_head_count_and_is_not_guessed(world: World) -> None:
    world.days("dorm", [1] * 365, first=LAST[0])
    run(world, "main", 1000, 900)
    run(world, "sub", 0, 0)
    promise(world, "b", indicator="per_person")
    promise(world, "a", indicator="per_person")

    known = targets.progress(world.session, SYSTEM, world.units["b"], "electricity", 2026, JUNE_END)[0].progress
    unknown = targets.progress(world.session, SYSTEM, world.units["a"], "electricity", 2026, JUNE_END)[0].progress

    assert (known.terms.indicator, known.denominator, known.baseline_denominator) == (
        Indicator.PER_PERSON,
        Fraction(20),
        Fraction(20),
    )
    assert known.status is Status.ON_TRACK
    assert unknown.status is Status.NOT_JUDGED
    assert {reason.code for reason in unknown.reasons} == {"DENOMINATOR_MISSING"}


def test_a_declared_baseline_stands_for_the_measured_one(world: World) -> None:
    run(world, "sub", 1000, 900)
    promise(world, "a1")
    unit = {"unit_id": world.units["a1"], "resource": "electricity", "year": 2025, "created_at": NOW}
    world.session.add(Baseline(quantity=200_000, **unit))
    world.session.flush()

    found = targets.progress(world.session, world.own, world.units["a1"], "electricity", 2026, JUNE_END)[0].progress

    assert (found.baseline.quantity, found.allowance, found.status) == (200_000, 190_000, Status.BEHIND)


def test_the_board_says_what_the_unit_says(world: World) -> None:
    run(world, "main", 1000, 950)
    run(world, "sub", 300, 310)
    for code in ("hq", "a", "a1", "b"):
        promise(world, code)

    rows = targets.board(world.session, world.parent, 2026, JUNE_END)

    assert [(row.unit.code, row.resource) for row in rows][:4] == [
        ("hq", "electricity"),
        ("hq", "water"),
        ("hq", "paper"),
        ("a", "electricity"),
    ]
    assert len(rows) == 12
    for row in rows:
        alone = targets.progress(world.session, world.parent, row.unit.id, row.resource, 2026, JUNE_END)
        assert [row.judged] == (alone or [None])
        months = consumption.months(world.session, world.parent, row.unit.id, row.resource, 2026)
        assert row.spark == [month.amount.quantity if month.month.start <= JUNE_END else None for month in months]


def test_a_unit_sees_its_own_rows_of_the_board_alone(world: World) -> None:
    run(world, "sub", 1000, 900)
    promise(world, "a1")
    above = {(row.unit.code, row.resource): row for row in targets.board(world.session, world.parent, 2026, JUNE_END)}

    mine = targets.board(world.session, world.own, 2026, JUNE_END)

    assert [row.unit.code for row in mine] == ["a1"] * 3
    for row in mine:
        other = above["a1", row.resource]
        assert (row.spark, row.judged and row.judged.progress) == (other.spark, other.judged and other.judged.progress)


def test_a_stranger_is_told_nothing(world: World) -> None:
    promise(world, "a1")

    for actor in (world.stranger, NOBODY):
        for query in (targets.progress, targets.path):
            with pytest.raises(NotFound):
                query(world.session, actor, world.units["a1"], "electricity", 2026)
    assert targets.board(world.session, NOBODY, 2026) == []
    assert {row.unit.code for row in targets.board(world.session, world.stranger, 2026)} == {"b"}


def test_only_the_version_in_force_is_judged(world: World) -> None:
    run(world, "sub", 1000, 900)
    first = promise(world, "a1")
    second = promise(world, "a1", reduction=60_000)
    ask = (world.session, world.own, world.units["a1"], "electricity", 2026, JUNE_END)

    assert first != second
    assert [one.target_id for one in targets.progress(*ask)] == [second]
    withdraw(world.session, SYSTEM, second, now=NOW)
    assert targets.progress(*ask) == []
    assert targets.path(*ask[:-1]) == []


def test_the_path_of_a_target_ends_at_its_allowance(world: World) -> None:
    run(world, "sub", 1000, 900)
    target = promise(world, "a1")

    path = targets.path(world.session, world.own, world.units["a1"], "electricity", 2026, target)
    found = targets.progress(world.session, world.own, world.units["a1"], "electricity", 2026, JUNE_END)[0].progress

    assert [day for day, _ in path] == [Month(2026, number).end - 1 for number in range(1, 13)]
    assert path[-1][1] == found.allowance
    assert dict(path)[JUNE_END] == found.allowed


def test_the_last_complete_day_is_yesterday_or_the_last_with_data(world: World) -> None:
    morning = datetime(2026, 3, 1, 17, tzinfo=UTC)  # 01:00 on 2 March where the meters stand

    assert targets.default_as_of(world.session, now=morning) == to_day(date(2026, 3, 1))
    world.days("sub", [1] * 3, first=to_day(date(2026, 1, 1)))
    assert targets.default_as_of(world.session, now=morning) == to_day(date(2026, 1, 3))
    world.days("dorm", [1] * 9, first=to_day(date(2026, 2, 27)))
    assert targets.default_as_of(world.session, now=morning) == to_day(date(2026, 3, 1))


@pytest.mark.parametrize("codes", [["a1"], ["a1", "a", "b"]])
def test_the_board_takes_as_many_statements_for_one_target_as_for_three(world: World, codes: list[str]) -> None:
    for meter in ("main", "sub", "dorm", "tap"):
        run(world, meter, 1000, 900)
    for code in codes:
        promise(world, code)

    with world.statements() as seen:
        targets.board(world.session, world.parent, 2026, JUNE_END)

    # the two trees and the targets; layout (2), days of two years, declared baselines, facts of each resource
    assert seen.count == 3 + 3 * 5
