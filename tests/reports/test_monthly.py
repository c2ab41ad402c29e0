"""The data of the report: figures that can be worked out by hand, and nothing formatted among them."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import delete

from monitor.database.tables import DailyConsumption
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month, to_day
from monitor.errors import Conflict, NotFound
from monitor.queries import consumption
from monitor.reports import monthly
from monitor.reports.numbers import canonical, fraction
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import KWH, NOW


def build(city: City, unit: str, who: str = "parent", month: Month = OCTOBER) -> dict[str, Any]:
    with city.database.session() as session:
        return monthly.build(session, city.people[who], city.units[unit], month, now=NOW)


def section(data: dict[str, Any], resource: str) -> dict[str, Any]:
    return next(item for item in data["resources"] if item["resource"] == resource)


def test_month_and_year_stand_beside_the_same_days_of_last_year(city: City) -> None:
    power = section(build(city, "finance"), "electricity")

    assert power["month"]["now"]["quantity"] == 31 * 90 * KWH
    assert power["month"]["before"]["quantity"] == 31 * 100 * KWH
    assert fraction(power["month"]["change"]) == Fraction(-1, 10)
    assert power["year"]["now"]["quantity"] == 304 * 90 * KWH
    assert power["year"]["before"]["quantity"] == 304 * 100 * KWH
    assert [row["month"] for row in power["months"]] == list(range(1, 11))


def test_a_target_says_allowance_pace_and_status(city: City) -> None:
    (target,) = section(build(city, "finance"), "electricity")["targets"]

    assert target["baseline"]["quantity"] == 365 * 100 * KWH
    assert target["allowance"] == 365 * 97 * KWH
    assert target["used"]["quantity"] == 304 * 90 * KWH
    assert fraction(target["pace"]) == Fraction(304 * 90 * KWH, target["allowed"])
    assert target["status"] == "on_track"


def test_the_statement_adds_up_to_the_last_integer(city: City) -> None:
    line = section(build(city, "finance"), "electricity")["statement"]
    parts = [line[part]["quantity"] or 0 for part in ("counted", "deducted", "not_allocated")]

    assert line["total"]["quantity"] == sum(parts) == 31 * 100 * KWH
    assert line["purposes"]["dormitory"]["quantity"] == 31 * 10 * KWH


def test_per_person_and_per_m2_are_exact_ratios(city: City) -> None:
    rows = {row["kind"]: row for row in section(build(city, "finance"), "electricity")["intensities"]}

    assert fraction(rows["head_count"]["year"]) == Fraction(304 * 90 * KWH, 100)
    assert fraction(rows["floor_area"]["year"]) == Fraction(304 * 90 * KWH, 3000)
    assert fraction(rows["head_count"]["change"]) == Fraction(-1, 10)


def test_judged_units_are_ranked_by_distance_and_the_others_listed_with_their_reason(city: City) -> None:
    (power, water) = build(city, "city")["board"]["rankings"]

    assert [(row["rank"], row["unit"]["code"], row["status"]) for row in power["rows"]] == [
        (1, "finance", "on_track"),
        (2, "hostile", "on_track"),
        (3, "school", "behind"),
    ]
    assert [row["unit"]["code"] for row in power["unranked"]] == ["silent"]
    assert [row["distance"] for row in power["unranked"]] == [None]
    assert [reason["code"] for reason in power["unranked"][0]["reasons"]] == ["COVERAGE_LOW"]
    assert [row["unit"]["code"] for row in water["rows"]] == ["finance"]


def test_exceptions_state_amount_period_and_evidence_gravest_first(city: City) -> None:
    items = build(city, "city")["exceptions"]["items"]
    behind = items[0]

    assert [(item["code"], item["unit"]["code"]) for item in items] == [
        ("behind", "school"),
        ("not_judged", "city"),
        ("not_judged", "silent"),
        ("silent", "city"),
    ]
    assert behind["over"] == 304 * 110 * KWH - behind["target"]["allowed"]
    assert (behind["start"], behind["end"]) == (to_day(date(2026, 1, 1)), OCTOBER.end)
    assert (behind["meter"]["code"], behind["meter"]["rise"]) == ("E2", 31 * 10 * KWH)
    assert [meter["code"] for meter in items[3]["meters"]] == ["E4"]


def test_several_targets_of_a_unit_are_one_exception(city: City) -> None:
    data = build(city, "school")
    statuses = [target["status"] for target in section(data, "electricity")["targets"]]

    assert statuses == ["behind", "behind"]
    assert [item["code"] for item in data["exceptions"]["items"]] == ["behind"]
    assert data["exceptions"]["count"] == 1


def test_a_silent_meter_costs_coverage_and_is_named(city: City) -> None:
    quality = next(row for row in build(city, "city")["quality"]["resources"] if row["resource"] == "electricity")

    assert [meter["code"] for meter in quality["silent"]] == ["E4"]
    assert [fraction(row["coverage"]) == 1 for row in quality["months"]] == [True] * 5 + [False] * 5


def test_a_month_that_is_not_over_says_so_and_compares_the_same_days(city: City) -> None:
    data = build(city, "finance", month=Month(2026, 11))
    power = section(data, "electricity")

    assert data["complete"] is False
    assert data["as_of"] == to_day(date(2026, 11, 3))
    assert power["month"]["now"]["quantity"] == 3 * 90 * KWH
    assert power["month"]["before"]["quantity"] == 3 * 100 * KWH


def test_a_month_without_one_complete_day_is_refused(city: City) -> None:
    with pytest.raises(Conflict) as refusal:
        build(city, "finance", month=Month(2026, 12))

    assert refusal.value.code == "REPORT_TOO_EARLY"


def test_who_may_see_the_unit_sees_the_same_report(city: City) -> None:
    texts = {canonical(build(city, "finance", who)) for who in ("own", "looker", "parent")}

    with city.database.session() as session:
        texts.add(canonical(monthly.build(session, SYSTEM, city.units["finance"], OCTOBER, now=NOW)))
    assert len(texts) == 1


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_a_stranger_gets_nothing(city: City, who: str) -> None:
    with pytest.raises(NotFound):
        build(city, "finance", who)


def test_a_unit_learns_nothing_of_its_parent_or_the_sources(city: City) -> None:
    data = build(city, "finance", "own")

    assert "Yunxi" not in canonical(data)
    assert data["quality"]["deliveries"] is None


def test_the_report_shows_the_figures_of_the_queries(city: City) -> None:
    data = build(city, "city")
    with city.database.session() as session:
        amount = consumption.amount(session, SYSTEM, city.units["city"], "electricity", OCTOBER.start, OCTOBER.end)

    assert section(data, "electricity")["month"]["now"]["quantity"] == amount.quantity


def test_without_any_reading_nothing_is_zero(city: City) -> None:
    with city.database.session(write=True) as session:
        session.execute(delete(DailyConsumption).where(DailyConsumption.meter_id == city.meters["W1"]))
    water = section(build(city, "finance"), "water")

    assert water["month"]["now"]["quantity"] is None
    assert water["month"]["change"] is None
    assert [target["status"] for target in water["targets"]] == ["not_judged"]


def test_a_gap_never_shows_as_a_fall_against_last_year(city: City) -> None:
    power = section(build(city, "city"), "electricity")
    archives = section(build(city, "silent"), "electricity")

    assert power["month"]["change"] is None
    assert [row["change"] for row in power["intensities"]] == [None, None]
    assert (archives["month"]["now"]["quantity"], archives["month"]["change"]) == (None, None)


def test_no_kind_of_exception_hides_the_others() -> None:
    from monitor.reports.exceptions import _fair

    found = [{"code": "behind", "resource": "electricity", "weight": weight} for weight in range(90, 0, -1)]
    found += [
        {"code": "behind", "resource": "water", "weight": 1},
        {"code": "not_judged", "resource": "water", "weight": 0},
    ]

    assert [(item["code"], item["resource"], item["weight"]) for item in _fair(found)] == [
        ("behind", "electricity", 90),
        ("behind", "electricity", 89),
        ("behind", "electricity", 88),
        ("behind", "water", 1),
        ("not_judged", "water", 0),
    ]
