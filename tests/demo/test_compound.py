"""The demo compound on paper: its size, its tree, its shares."""

from collections import Counter

from monitor.demo.compound import SITE_AREA, compound

WHOLE = compound()
UNITS = {unit.code: unit for unit in WHOLE.units}


def _depth(code: str) -> int:
    parent = UNITS[code].parent
    return 0 if not parent else 1 + _depth(parent)


def test_the_compound_has_68_buildings_on_240_000_square_metres() -> None:
    assert len(WHOLE.buildings) == 68
    assert SITE_AREA == 240_000
    assert len({building.code for building in WHOLE.buildings}) == 68


def test_there_are_offices_and_dormitories() -> None:
    kinds = Counter(building.code[0] for building in WHOLE.buildings)
    assert kinds == {"A": 30, "D": 22, "S": 13, "C": 3}


def test_the_organisation_has_three_levels_and_more_than_forty_departments() -> None:
    levels = Counter(_depth(code) for code in UNITS)
    assert levels == {0: 1, 1: 16, 2: 49}


def test_every_unit_has_a_chinese_and_an_english_name_of_its_own_code() -> None:
    assert len(UNITS) == len(WHOLE.units)
    assert [unit.code for unit in WHOLE.units if not unit.zh or not unit.en or unit.zh == unit.en] == []


def test_floor_area_office_buildings_and_people_are_plausible() -> None:
    root = WHOLE.units[0]
    bureaux = [unit for unit in WHOLE.units if unit.kind == "bureau"]
    assert root.heads == sum(unit.heads for unit in bureaux) == 5160
    assert root.area == 206_720
    assert WHOLE.floor_area == 276_627
    assert 30 < root.area / root.heads < 45
    assert [unit.code for unit in bureaux if not 12 < unit.area / unit.heads < 60] == []


def test_the_people_of_the_departments_are_not_more_than_those_of_their_bureau() -> None:
    for bureau in (unit for unit in WHOLE.units if unit.kind == "bureau"):
        below = sum(unit.heads for unit in WHOLE.units if unit.parent == bureau.code)
        assert 0.8 * bureau.heads < below <= bureau.heads, bureau.code


def test_no_meter_is_shared_out_more_than_once() -> None:
    assert [point.code for point in WHOLE.points if not 0 < sum(ppm for _, ppm in point.shares) <= 1_000_000] == []


def test_some_of_the_power_belongs_to_nobody() -> None:
    rest = {point.code: 1_000_000 - sum(ppm for _, ppm in point.shares) for point in WHOLE.points}
    assert {code: part for code, part in rest.items() if part} == {
        "E-A01": 80_000,
        "E-A01-SR": 80_000,
        "E-S01": 300_000,
        "E-S02": 280_000,
        "W-A01": 80_000,
        "W-S01": 300_000,
        "W-S02": 280_000,
    }


def test_dormitories_charging_piles_base_stations_and_let_out_houses_are_deducted() -> None:
    assert {point.purpose for point in WHOLE.points if not point.assessed} == {
        "dormitory",
        "charging_pile",
        "base_station",
        "let_out",
    }
    assert {point.purpose for point in WHOLE.points if point.assessed} == {"office", "canteen", "server_room"}


def test_every_share_and_every_parent_exists() -> None:
    assert {unit for point in WHOLE.points for unit, _ in point.shares} - set(UNITS) == set()
    assert {point.parent for point in WHOLE.points if point.parent} - set(WHOLE.index) == set()


def test_every_department_has_power_and_water_of_its_own() -> None:
    for resource in ("electricity", "water"):
        metered = {unit for point in WHOLE.points if point.resource == resource for unit, _ in point.shares}
        assert {unit.code for unit in WHOLE.units if unit.kind == "department"} - metered == set(), resource
