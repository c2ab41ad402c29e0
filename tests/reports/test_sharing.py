"""Report: bases of paper, what is not allocated, shares in force, caps and intensities, in data, lines and page."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from monitor.database.tables import DailyConsumption, Meter, MeterShare, Place, Target, UnitBasis
from monitor.domain.access import SYSTEM
from monitor.domain.periods import to_day
from monitor.reports import lines, monthly
from monitor.reports.html import render
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import KWH, NOW

SHEET = 1000


def _paper(city: City, *, declared: bool = True) -> None:
    """Finance prints 100 sheets a day by its logs and is issued 110; the logs count."""
    with city.database.session(write=True) as session:
        place = session.query(Place.id).scalar()
        for basis, sheets in (("print_log", 100), ("packs", 110)):
            meter = Meter(code=basis, name_zh=basis, name_en=basis, resource="paper", place_id=place, basis=basis)
            session.add(meter)
            session.flush()
            share = {"meter_id": meter.id, "unit_id": city.units["finance"], "valid_from": date(2000, 1, 1)}
            session.add(MeterShare(ppm=1_000_000, **share))
            days = np.arange(to_day(date(2025, 1, 1)), to_day(date(2026, 11, 4))).tolist()
            whole = {"covered": 86_400, "estimated": 0, "off_hours": 0, "rule_version": 1}
            session.execute(
                insert(DailyConsumption),
                [{"meter_id": meter.id, "day": day, "quantity": sheets * SHEET, **whole} for day in days],
            )
        for year in (2025, 2026) if declared else ():
            row = {"unit_id": city.units["city"], "resource": "paper", "year": year, "basis": "print_log"}
            session.add(UnitBasis(**row))


def _build(city: City, unit: str = "finance") -> dict[str, Any]:
    with city.database.session() as session:
        return monthly.build(session, SYSTEM, city.units[unit], OCTOBER, now=NOW)


def _section(data: dict[str, Any], code: str) -> dict[str, Any]:
    return next(section for section in data["resources"] if section["resource"] == code)


def test_the_bases_stand_side_by_side_and_one_counts(city: City) -> None:
    _paper(city)
    data = _build(city)
    section = _section(data, "paper")

    assert section["month"]["now"]["quantity"] == 31 * 100 * SHEET
    found = section["bases"]["month"]["bases"]
    assert [(one["basis"], one["counts"], one["difference"]) for one in found] == [
        ("print_log", True, 0),
        ("packs", False, 31 * 10 * SHEET),
    ]
    told = lines.lines(data, "en")
    assert told["paper/month/basis/packs/difference"].text == "310 sheets"
    page = render(data, "zh").decode()
    assert "领用包数" in page
    assert "未指定" not in page


def test_without_a_declared_basis_the_figure_is_missing_and_the_report_says_why(city: City) -> None:
    _paper(city, declared=False)
    data = _build(city)

    assert _section(data, "paper")["month"]["now"] == {"quantity": None, "estimated": 0, "coverage": [0, 1]}
    assert "Nobody has declared which basis counts" in render(data, "en").decode()


def test_shares_in_force_say_how_they_were_worked_out(city: City) -> None:
    with city.database.session(write=True) as session:
        share = session.query(MeterShare).filter_by(meter_id=city.meters["E2"]).one()
        share.basis, share.ppm = "head_count", 0
        more = {"meter_id": share.meter_id, "unit_id": city.units["budget"], "valid_from": share.valid_from}
        session.add(MeterShare(basis="head_count", ppm=0, **more))
    data = _build(city)

    rows = data["method"]["shares"]["rows"]
    assert [(row["meter"]["code"], row["basis"], row["value"], row["whole"], row["ppm"]) for row in rows] == [
        ("E2", "head_count", 40_000, 140_000, 285_714)
    ]
    assert "Energy users: 40 of 140, of what percentages leave" in render(data, "en").decode()


def test_what_no_share_reaches_is_said(city: City) -> None:
    with city.database.session(write=True) as session:
        session.query(MeterShare).filter_by(meter_id=city.meters["E2"]).one().ppm = 500_000
    data = _build(city, "city")

    assert _section(data, "electricity")["statement"]["not_allocated"]["quantity"] == 31 * 110 * KWH // 2
    assert "1,705 kWh of the month is not allocated" in render(data, "en").decode()


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Use per person at most 500.00 kWh/person"), ("zh", "人均用量不超过")]
)
def test_a_cap_is_told_as_one_and_an_intensity_beside_its_quantity(city: City, language: str, said: str) -> None:
    with city.database.session(write=True) as session:
        target = session.query(Target).filter_by(unit_id=city.units["school"], indicator="per_person").one()
        target.kind, target.cap, target.reduction = "cap", 500 * KWH, 0
    data = _build(city, "school")

    found = next(one for one in _section(data, "electricity")["targets"] if one["indicator"] == "per_person")
    assert (found["kind"], found["allowance"], found["per"]["allowance"]) == ("cap", 50_000 * KWH, [500 * KWH, 1])
    page = render(data, language).decode()
    assert said in page
    told = lines.lines(data, "en")
    assert told["electricity/target/per_person/allowance/per"].text == "500.00 kWh/person"


def test_intensities_divide_by_the_mean_of_the_days(city: City) -> None:
    data = _build(city)
    heads = next(one for one in data["method"]["denominators"] if one["kind"] == "head_count")

    assert (heads["mean"], heads["mean_year"], heads["mean_before"]) == ([100, 1], [100, 1], [100, 1])
