"""The weather's part of a change: from the nearest station, where the baseline year tells of it, else with the reason."""

from datetime import date

import numpy as np
import pytest

from monitor.database.tables import Correction, Meter, Place, Reading, Register
from monitor.domain.periods import day_edges, to_day, year_days
from monitor.domain.weather import Rule
from monitor.errors import NotFound
from monitor.queries.changes import Change, change
from monitor.queries.weather import by_month, outdoor
from tests.queries.conftest import NOW, World

(LAST, THIS), END = (year_days(2025)[0], year_days(2026)[0]), to_day(date(2026, 3, 1))


def station(world: World, code: str, place: str = "house", **more: object) -> int:
    """Make a station; gives its register."""
    where = world.session.query(Place.id).filter(Place.code == place).scalar()
    meter = Meter(code=code, name_zh="站", name_en="Station", resource="outdoor_temperature", place_id=where)
    world.session.add(meter)
    world.session.flush()
    register = Register(meter_id=meter.id, kind="gauge", measure="°C", **more)
    world.session.add(register)
    world.session.flush()
    return register.id


def read(world: World, register: int, means: dict[int, float]) -> None:
    """Let a station report the mean of each day."""
    edges = day_edges("Asia/Shanghai", min(means), max(means) + 1)
    rows = {"quality": 0, "run_id": 1, "row_no": 1, "register_id": register}
    for day, mean in means.items():
        begin, end = (int(edges[day - min(means) + more]) for more in (0, 1))
        world.session.add(Reading(start_at=begin, end_at=end, value=round(mean * 1000), **rows))
    world.session.flush()


def course(first: int, end: int, *, colder: float = 0.0) -> dict[int, float]:
    return {day: 17 - 13 * float(np.cos((day - LAST - 15) * 2 * np.pi / 365.25)) - colder for day in range(first, end)}


def year_of_use(world: World, means: dict[int, float]) -> None:
    """Let a1 use 100 units a degree below 18 °C and 1,000 a day."""
    heated = [1000 + round(100 * max(18 - means[day], 0)) for day in range(LAST, END)]
    world.days("sub", [*heated[: THIS - LAST]], first=LAST)
    world.days("sub", heated[THIS - LAST :], first=THIS)


def ask(world: World, rule: Rule | None = None) -> Change:
    more = {} if rule is None else {"rule": rule}
    return change(world.session, world.own, world.units["a1"], "electricity", 2026, END - 1, **more)


def test_a_colder_winter_is_told_apart_from_the_rest(world: World) -> None:
    means = course(LAST, THIS) | course(THIS, END, colder=2.0)
    read(world, station(world, "T1"), means)
    year_of_use(world, means)

    found = ask(world)

    assert [step.kind for step in found.steps] == ["workdays", "weather", "rest"]
    assert found.weather is not None
    assert found.weather.heating[1] - found.weather.heating[0] == pytest.approx(2 * 59, abs=1)
    assert found.weather.cooling == (0.0, 0.0)
    weather, rest = found.steps[-2].quantity, found.steps[-1].quantity
    assert weather == pytest.approx(100 * 2 * 59, abs=300)
    assert abs(rest) < 300
    assert found.now.quantity is not None
    assert found.before.quantity is not None
    assert sum(step.quantity for step in found.steps) == found.now.quantity - found.before.quantity


def test_without_a_station_or_with_a_silent_one_the_change_says_why(world: World) -> None:
    means = course(LAST, END)
    year_of_use(world, means)
    none = ask(world)
    register = station(world, "T1")
    read(world, register, {day: mean for day, mean in means.items() if not THIS + 5 <= day < THIS + 20})
    silent = ask(world)

    assert [one.unsplit and one.unsplit.code for one in (none, silent)] == [
        "WEATHER_NO_SOURCE",
        "WEATHER_MONTH_UNKNOWN",
    ]
    assert silent.unsplit is not None
    assert silent.unsplit.data == {"month": "2026-01", "count": 16, "days": 31, "least": 28}
    assert [step.kind for step in none.steps] == ["workdays", "rest"]


def test_a_limit_of_the_organisation_is_kept(world: World) -> None:
    means = course(LAST, END)
    read(world, station(world, "T1"), means)
    world.days(
        "sub", [1000 + (day * 7919) % 400 + round(9 * max(18 - means[day], 0)) for day in range(LAST, END)], first=LAST
    )

    found = ask(world, Rule(least_r2=0.75))

    assert found.weather is None
    assert found.unsplit is not None
    assert found.unsplit.code == "WEATHER_UNEXPLAINED"


def test_the_nearest_station_is_taken_and_a_second_register_fills_the_gaps_of_the_first(world: World) -> None:
    house = world.session.query(Place).filter(Place.code == "house").one()
    site = Place(code="site", name_zh="院", name_en="Site", kind="site", parent_id=None, area=None)
    far = Place(code="far", name_zh="远", name_en="Far", kind="site", parent_id=None, area=None)
    world.session.add_all([site, far])
    world.session.flush()
    world.session.add(Place(code="roof", name_zh="顶", name_en="Roof", parent_id=site.id, area=None))
    house.parent_id = site.id
    read(world, station(world, "A-far", "far"), dict.fromkeys(range(THIS, THIS + 5), 40.0))
    nothing = outdoor(world.session, world.own, world.units["a1"], THIS, THIS + 5)
    near = station(world, "T-roof", "roof")
    read(world, near, {THIS: 1.0, THIS + 2: 3.0})
    meter = world.session.get_one(Register, near).meter_id
    second = Register(meter_id=meter, code="2", kind="gauge", measure="°C", priority=20)
    world.session.add(second)
    world.session.flush()
    read(world, second.id, dict.fromkeys(range(THIS, THIS + 2), 9.0))

    found = outdoor(world.session, world.own, world.units["a1"], THIS, THIS + 4)

    assert nothing is None
    assert found is not None
    assert found.station.code == "T-roof"
    assert [None if np.isnan(mean) else float(mean) for mean in found.means] == [1.0, 9.0, 3.0, None]


def test_a_correction_of_a_temperature_counts(world: World) -> None:
    register = station(world, "T1")
    read(world, register, {THIS: 5.0, THIS + 1: 500.0})
    edges = day_edges("Asia/Shanghai", THIS, THIS + 2)
    said = {"reason": "broken", "actor": "li", "created_at": NOW}
    world.session.add(
        Correction(register_id=register, operation="void", start_at=int(edges[1]), end_at=int(edges[2]), **said)
    )
    world.session.flush()

    found = outdoor(world.session, world.own, world.units["a1"], THIS, THIS + 2)

    assert found is not None
    assert np.isnan(found.means).tolist() == [False, True]


def test_degree_days_of_months_stand_beside_those_of_last_year(world: World) -> None:
    read(world, station(world, "T1"), course(LAST, END))

    rows = by_month(world.session, world.own, world.units["a1"], 2026, END - 1)

    assert [str(row.month) for row in rows] == ["2026-01", "2026-02"]
    assert [row.known for row in rows] == [(31, 31), (28, 28)]
    assert rows[0].heating[0] == pytest.approx(rows[0].heating[1] or 0, abs=1)
    with pytest.raises(NotFound):
        by_month(world.session, world.stranger, world.units["a1"], 2026, END - 1)


def test_the_weather_costs_a_change_few_statements(world: World) -> None:
    means = course(LAST, END)
    year_of_use(world, means)
    with world.statements() as without:
        ask(world)
    read(world, station(world, "T1"), means)
    with world.statements() as sent:
        ask(world)

    assert sent.count - without.count == 4
