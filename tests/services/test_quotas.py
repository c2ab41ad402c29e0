"""Quotas: declared with their source by who may, for a sub-tree; judged on what was measured; replaced and withdrawn in the open."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.tables import AuditEvent, OrgUnit, QuotaBand
from monitor.domain.access import SYSTEM
from monitor.domain.indicators import Indicator
from monitor.domain.periods import to_day, year_days
from monitor.domain.quotas import Band, Standing
from monitor.errors import ConfigurationError, Conflict, Forbidden, JieyueError, NotFound
from monitor.queries import comparison, quotas
from monitor.queries.comparison import By, Grouping, Over
from monitor.services import organisation, template
from monitor.services import quotas as service
from monitor.services.setup import apply_site, parse_site
from tests.queries.conftest import NOW, World, person

PERSON = Indicator.PER_PERSON
BAND = Band(40_000, 30_000, 10_000)
SOURCE = "DB37/T 2672-2019, table 4, zone B"
LAST = to_day(date(2025, 12, 31))


def declare(world: World, unit: str = "hq", band: Band = BAND, **other: Any) -> int:
    terms: dict[str, Any] = {"indicator": "per_person", "years": (2025, None), "source": SOURCE, "now": NOW}
    who = other.pop("actor", SYSTEM)
    return service.declare(world.session, who, world.units[unit], "water", band=band, **(terms | other))


def judged(world: World, unit: str = "b", as_of: int = LAST) -> list[quotas.Judgement]:
    return quotas.standing(world.session, SYSTEM, world.units[unit], "water", 2025, as_of=as_of)


def use(world: World, daily: int, *, days: int = 365, first: int = year_days(2025)[0]) -> None:
    world.days("tap", [daily] * days, first=first)


def test_the_nearest_unit_above_with_a_row_of_the_year_is_in_force(world: World) -> None:
    session = world.session
    declare(world)
    declare(world, "a", Band(50_000), years=(2026, 2027))

    def found(year: int) -> dict[str, tuple[int | None, bool]]:
        codes = {world.units[code]: code for code in world.units}
        rules = quotas.in_force(session, SYSTEM, "water", year)
        return {codes[unit]: (one.band.constraint, one.own) for (unit, _), one in rules.items()}

    assert found(2024) == {}
    assert found(2025) == {
        "hq": (40_000, True),
        "a": (40_000, False),
        "a1": (40_000, False),
        "b": (40_000, False),
    }
    assert found(2027) == found(2025) | {"a": (50_000, True), "a1": (50_000, False)}
    assert found(2028) == found(2025)
    assert {unit for unit, _ in quotas.in_force(session, world.own, "water", 2025)} == {world.units["a1"]}
    assert quotas.in_force(session, world.own, "electricity", 2025) == {}


def test_the_later_row_of_one_unit_counts_from_its_first_year(world: World) -> None:
    declare(world, band=Band(100))
    declare(world, band=Band(90), years=(2027, None))
    rules = {year: quotas.in_force(world.session, SYSTEM, "water", year) for year in (2026, 2027)}
    assert {year: found[world.units["hq"], PERSON].band.constraint for year, found in rules.items()} == {
        2026: 100,
        2027: 90,
    }


@pytest.mark.parametrize(
    ("daily", "standing"),
    [
        (500, Standing.ADVANCED),  # 500 × 365 ÷ 20 = 9,125
        (1500, Standing.REASONABLE),
        (2000, Standing.COMPLIANT),
        (2200, Standing.RECTIFY),
    ],
)
def test_a_year_that_is_over_is_judged_as_it_was_measured(world: World, daily: int, standing: Standing) -> None:
    declare(world)
    use(world, daily)

    [found] = judged(world)

    assert (found.standing, found.figure.value) == (standing, Fraction(daily * 365, 20))
    assert (found.figure.denominator, found.figure.kind, found.quota.own) == (20, "head_count", False)


def test_a_missing_reading_is_never_a_saving(world: World) -> None:
    declare(world)
    use(world, 100, days=330)

    [found] = judged(world)

    assert (found.standing, [one.code for one in found.reasons]) == (Standing.NOT_JUDGED, ["COVERAGE_LOW"])


def test_a_small_gap_is_filled_up_before_judging(world: World) -> None:
    declare(world, band=Band(36_500))
    use(world, 2000, days=364)

    [found] = judged(world)

    assert found.figure.value == Fraction(2000 * 365, 20)
    assert found.standing is Standing.COMPLIANT


def test_without_persons_nothing_is_judged(world: World) -> None:
    declare(world)
    [found] = judged(world, "a1")
    assert found.standing is Standing.NOT_JUDGED
    assert [one.code for one in found.reasons] == ["NO_READINGS", "DENOMINATOR_MISSING"]
    assert quotas.standing(world.session, SYSTEM, world.units["b"], "electricity", 2025, as_of=LAST) == []


def test_a_year_that_runs_is_judged_on_twelve_whole_months(world: World) -> None:
    declare(world)
    use(world, 1000, first=year_days(2025)[0] - 92)  # October 2024 to September 2025

    [found] = judged(world, as_of=to_day(date(2025, 10, 14)))

    assert (found.start, found.end) == (to_day(date(2024, 10, 1)), to_day(date(2025, 10, 1)))
    assert (found.standing, found.figure.value) == (Standing.REASONABLE, Fraction(365_000, 20))


def test_compare_and_unit_cannot_disagree(world: World) -> None:
    declare(world)
    use(world, 1900)
    session = world.session
    running = comparison.compare(session, SYSTEM, "water", 2025, LAST - 20)
    assert (running.yearly, [row.quotas for row in running]) == (False, [{}] * 4)

    for as_of, over in ((LAST, Over.YEAR), (LAST, Over.TWELVE)):
        found = comparison.compare(session, SYSTEM, "water", 2025, as_of, over=over)
        assert found.yearly
        mine = {row.unit.code: row.quotas[By.PER_PERSON] for row in found}
        assert {code: [mine[code]] for code in mine} == {code: judged(world, code) for code in mine}
        [group] = found.groups(By.PER_PERSON, Grouping.ALL)
        assert {one.row.unit.code: one.value for one in group.ranked} == {"b": mine["b"].figure.value}


def test_over_twelve_months_compare_looks_back_into_the_year_before(world: World) -> None:
    declare(world)
    use(world, 1000, first=year_days(2025)[0] - 92)
    as_of = to_day(date(2025, 10, 14))

    found = comparison.compare(world.session, SYSTEM, "water", 2025, as_of, over=Over.TWELVE)

    row = next(row for row in found if row.unit.code == "b")
    assert (found.start, found.end, found.yearly) == (to_day(date(2024, 10, 1)), to_day(date(2025, 10, 1)), True)
    assert row.quotas[By.PER_PERSON] == judged(world, as_of=as_of)[0]
    assert row.values[By.PER_PERSON] == Fraction(365_000, 20)
    assert By.PER_M2 not in row.quotas


# ---------------------------------------------------------------- who may, and what is refused


def test_nobody_sets_the_bar_for_his_own_unit(world: World) -> None:
    session = world.session
    manager = person(session, "manager", world.units["b"], "manager")
    above = person(session, "above", world.units["hq"], "manager")
    with pytest.raises(Forbidden):
        declare(world, "b", actor=manager)
    with pytest.raises(NotFound):
        declare(world, "a", actor=manager)
    with pytest.raises(Forbidden):
        declare(world, "hq", actor=above)
    made = declare(world, "b", actor=above)
    with pytest.raises(Forbidden):
        service.withdraw(session, manager, made, reason="too strict", now=NOW)
    assert quotas.declared(session, manager, world.units["b"], "water", 2026).may_declare is False
    assert quotas.declared(session, above, world.units["b"], "water", 2026).may_declare is True


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"band": Band()}, "QUOTA_EMPTY"),
        ({"band": Band(10, 20, 5)}, "QUOTA_ORDER"),
        ({"source": "  "}, "QUOTA_SOURCE"),
        ({"years": (2026, 2025)}, "QUOTA_YEARS"),
        ({"indicator": "total"}, "INDICATOR_UNKNOWN"),
    ],
)
def test_what_is_no_quota_is_refused(world: World, terms: dict[str, Any], code: str) -> None:
    with pytest.raises(JieyueError) as refused:
        declare(world, **terms)
    assert refused.value.code == code
    assert world.session.scalars(select(QuotaBand)).all() == []


def test_another_one_takes_its_place_and_what_was_before_stays(world: World) -> None:
    session = world.session
    first = declare(world)
    assert declare(world) == first
    second = declare(world, band=Band(35_000), note="stricter")
    service.withdraw(session, SYSTEM, second, reason="wrong climate zone", now=NOW)
    service.withdraw(session, SYSTEM, second, reason="again", now=NOW)

    found = quotas.declared(session, SYSTEM, world.units["hq"], "water", 2026)
    assert found.in_force == {}
    assert [(one.id, one.withdrawn_by, one.reason) for one in found.history] == [
        (second, "system", "wrong climate zone"),
        (first, "", ""),
    ]
    trail = session.scalars(select(AuditEvent).where(AuditEvent.subject == "quota:hq:water:per_person:2025")).all()
    kept = [(one.action, (one.before or {}).get("constraint_value")) for one in trail]
    assert kept == [("quota.declare", None), ("quota.declare", 40_000), ("quota.withdraw", 35_000)]


def test_a_look_before_declaring_changes_nothing(world: World) -> None:
    use(world, 1900)
    found = service.preview(
        world.session,
        SYSTEM,
        world.units["hq"],
        "water",
        indicator="per_person",
        years=(2025, None),
        band=BAND,
        source=SOURCE,
        look=(2025, LAST),
    )
    said = {unit: (before, None if after is None else after.standing) for unit, before, after in found}
    assert said == {
        world.units["hq"]: (None, Standing.NOT_JUDGED),
        world.units["a"]: (None, Standing.NOT_JUDGED),
        world.units["b"]: (None, Standing.COMPLIANT),
    }
    assert world.session.scalars(select(QuotaBand)).all() == []
    assert judged(world) == []


# ---------------------------------------------------------------- the other two doors

SITE: dict[str, Any] = {
    "unit": "hq",
    "resource": "electricity",
    "indicator": "per_m2",
    "year_from": 2026,
    "constraint": "75.8",
    "reference": "45.9",
    "guidance": "26.2",
    "source": SOURCE,
}


def test_a_site_file_declares_by_the_same_door_and_twice_changes_nothing(world: World) -> None:
    spec = parse_site({"quotas": [SITE]})

    made = apply_site(world.session, SYSTEM, spec, now=NOW)
    again = apply_site(world.session, SYSTEM, spec, now=NOW)

    assert (made.created, bool(again)) == (["quota:hq:electricity:per_m2:2026"], False)
    [row] = world.session.scalars(select(QuotaBand)).all()
    assert (row.constraint_value, row.reference_value, row.guidance_value) == (75_800_000, 45_900_000, 26_200_000)
    changed = apply_site(world.session, SYSTEM, parse_site({"quotas": [SITE | {"guidance": None}]}), now=NOW)
    assert changed.changed == ["quota:hq:electricity:per_m2:2026"]
    with pytest.raises(ConfigurationError) as refused:
        apply_site(world.session, SYSTEM, parse_site({"quotas": [SITE | {"guidance": "60"}]}), now=NOW)
    assert refused.value.code == "QUOTA_ORDER"


def test_the_excel_template_takes_quotas_out_and_in(world: World) -> None:
    apply_site(world.session, SYSTEM, parse_site({"quotas": [SITE]}), now=NOW)
    found = template.look(world.session, world.parent, template.export(world.session, world.parent))
    assert found.problems == []
    assert len(found.spec.quotas) == 1
    assert not template.take(world.session, world.parent, found.spec, now=NOW)


def test_a_unit_with_quotas_stays_for_the_record(world: World) -> None:
    session = world.session
    apply_site(session, SYSTEM, parse_site({"units": [{"code": "new", "parent": "hq"}]}), now=NOW)
    unit_id = session.scalars(select(OrgUnit.id).where(OrgUnit.code == "new")).one()
    service.declare(
        session, SYSTEM, unit_id, "water", indicator="per_person", years=(2026, None), band=Band(1), source="s", now=NOW
    )
    with pytest.raises(Conflict):
        organisation.remove_unit(session, SYSTEM, "new", now=NOW)
