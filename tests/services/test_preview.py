"""What a change would change is told, and nothing of it stays."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.state import data_version
from monitor.database.tables import Base
from monitor.domain.access import NOBODY, Actor
from monitor.domain.periods import to_day
from monitor.errors import Conflict, Forbidden, NotFound
from monitor.services import metering, organisation
from monitor.services.organisation import FactSpec, UnitSpec
from monitor.services.preview import Preview, preview_change
from monitor.services.setup import parse_part
from monitor.services.targets import set_target
from tests.queries.conftest import World
from tests.services.test_metering import quantities, read, share
from tests.services.test_organisation import admin_of

NOW = datetime(2026, 1, 21, 4, tzinfo=UTC)
LAST = date(2026, 1, 20)
JAN = date(2026, 1, 1)


@pytest.fixture
def used(world: World) -> World:
    """Two years of Januaries: 1 kWh a day on the main meter, of which 0.25 on the sub-meter; targets of −5 %."""
    for year in (2025, 2026):
        first = to_day(date(year, 1, 1))
        world.days("main", [1_000_000] * 20, first=first)
        world.days("sub", [250_000] * 20, first=first)
        world.days("dorm", [0] * 20, first=first)
    for unit in ("a", "b"):
        terms = {"year": 2026, "baseline_year": 2025, "reduction": 50_000, "min_coverage": 0}
        set_target(world.session, world.parent, world.units[unit], "electricity", **terms)
    return world


def rows(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table."""
    found = {}
    for table in Base.metadata.sorted_tables:
        found[table.name] = sorted((tuple(row) for row in session.execute(select(table))), key=str)
    return found


def look(world: World, change: Callable[[Session], object], actor: Actor | None = None) -> Preview:
    return preview_change(world.session, actor or world.parent, change, now=NOW)


def said(found: Preview) -> dict[str, tuple[int | None, int | None]]:
    return {one.unit.code: (one.used_before.quantity, one.used_after.quantity) for one in found.figures}


def test_a_share_says_who_would_have_used_what(used: World) -> None:
    wanted = [share("a", "20%"), share("b", "30%")]

    found = look(used, lambda s: metering.set_shares(s, used.parent, "main", wanted, since=JAN))

    # 0.75 kWh a day are shared out on 20 days: 15 kWh, of which 60 % become 20 %
    assert said(found) == {"hq": (18_500_000, 12_500_000), "a": (14_000_000, 8_000_000)}
    [rest] = found.not_allocated
    assert (rest.resource, rest.before.quantity, rest.after.quantity) == ("electricity", 1_500_000, 7_500_000)
    assert (found.year, found.as_of) == (2026, to_day(LAST))
    assert {line.action for line in found.audit} == {"setup.create", "setup.change"}
    judged = {one.unit.code: one for one in found.figures}["a"]
    assert [len(judged.judged_before), len(judged.judged_after)] == [1, 1]
    assert judged.judged_before[0].progress != judged.judged_after[0].progress


def test_a_move_says_what_the_units_above_would_have(used: World) -> None:
    found = look(used, lambda s: organisation.move_unit(s, used.parent, "a1", "b", date(2026, 1, 11)))

    assert said(found) == {"a": (14_000_000, 11_500_000), "b": (4_500_000, 7_000_000)}
    assert found.not_allocated == []
    assert [line.subject for line in found.audit] == ["unit:a1", "move:a1:2026-01-11"]


def test_a_new_unit_is_seen_by_who_makes_it(used: World) -> None:
    spec = parse_part(metering.MeterSpec, {"code": "main", "resource": "electricity", "place": "house", "unit": "c"})

    def change(session: Session) -> None:
        organisation.put_unit(session, used.parent, UnitSpec(code="c", parent="hq"))
        metering.put_meter(session, used.parent, spec)

    assert said(look(used, change))["c"] == (None, 15_000_000)


@pytest.mark.parametrize("name", ["share", "move", "unit", "meter", "register", "hours"])
def test_nothing_stays_behind(used: World, name: str) -> None:
    session, admin = used.session, used.parent
    read(used)
    changes: dict[str, Callable[[Session], object]] = {
        "share": lambda s: metering.set_shares(s, admin, "main", [share("b", "1%")]),
        "move": lambda s: organisation.move_unit(s, admin, "a1", "b", JAN),
        "unit": lambda s: organisation.put_unit(s, admin, UnitSpec(code="new", parent="hq")),
        "meter": lambda s: metering.change_meter(s, admin, "dorm", assessed=True),
        "register": lambda s: metering.put_register(
            s, admin, "tap", metering.RegisterSpec(kind="cumulative", multiplier="3")
        ),
        "hours": lambda s: metering.set_hours(
            s, admin, "house", metering.HoursSpec(since=JAN, office_from=0, office_to=1440)
        ),
    }
    before, version = rows(session), data_version(session)

    found = look(used, changes[name])

    assert found
    assert rows(session) == before
    assert data_version(session) == version
    assert changes[name](session)  # and done in earnest it changes something
    session.flush()
    assert rows(session) != before


def test_derived_days_are_those_of_the_change_while_it_is_looked_at(world: World) -> None:
    read(world)
    spec = metering.RegisterSpec(kind="cumulative", multiplier="3")
    now = datetime(2026, 1, 8, 4, tzinfo=UTC)

    found = preview_change(
        world.session, world.parent, lambda s: metering.put_register(s, world.parent, "tap", spec), now=now
    )

    assert said(found)["b"] == (72_000_000, 216_000_000)
    assert quantities(world) == [24_000_000] * 3


def test_a_refusal_is_raised_as_it_is_and_leaves_nothing(used: World) -> None:
    fact = FactSpec.model_validate({"kind": "head_count", "value": 99, "since": JAN})
    before = rows(used.session)

    with pytest.raises(Conflict) as refused:
        look(used, lambda s: organisation.set_fact(s, used.parent, "b", fact))

    assert refused.value.code == "FACT_NEEDS_REASON"
    assert rows(used.session) == before


def test_a_preview_is_for_administrators_and_shows_them_their_part(used: World) -> None:
    for actor, refusal in ((NOBODY, NotFound), (used.own, Forbidden)):
        with pytest.raises(refusal):
            look(used, lambda _: None, actor)
    mine = admin_of(used, "a")

    found = look(used, lambda s: metering.change_meter(s, mine, "sub", assessed=False), mine)

    assert said(found) == {"a": (14_000_000, 9_000_000), "a1": (5_000_000, None)}
    assert not look(used, lambda _: None)
