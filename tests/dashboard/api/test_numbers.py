"""A figure of the interface is the figure of the page: both are compared with the one calculation."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from monitor import i18n
from monitor.domain.access import SYSTEM
from monitor.domain.amounts import Amount
from monitor.domain.periods import to_day, year_days
from monitor.domain.resources import RESOURCES, from_quantity
from monitor.queries import consumption, explain, targets
from tests.dashboard import site as small
from tests.dashboard.api.conftest import Ask
from tests.dashboard.conftest import Web

FIRST, LAST = year_days(2026)[0], to_day(small.LAST)
CASES = [(unit, resource) for unit in ("hq", "finance", "archives") for resource in RESOURCES]


def agrees(given: dict[str, object], amount: Amount, resource: str) -> None:
    """Hold an answered figure to an amount: exact quantity and value, coverage cut off, estimated share rounded."""
    assert given["quantity"] == amount.quantity
    if amount.quantity is None:
        assert given["value"] is None
    else:
        assert Fraction(str(given["value"])) == from_quantity(amount.quantity, resource)
    assert given["coverage"] is not None
    assert 0 <= amount.coverage - Fraction(str(given["coverage"])) < Fraction(1, 10**6)
    assert i18n.coverage(Fraction(str(given["coverage"])), "en") == i18n.coverage(amount.coverage, "en")


@pytest.mark.parametrize(("unit", "resource"), CASES)
def test_days_months_and_the_year_are_those_of_the_pages(web: Web, ask: Ask, unit: str, resource: str) -> None:
    with web.database.session() as session:
        who = (session, SYSTEM, web.ids.units[unit], resource)
        year, months = consumption.amount(*who, FIRST, LAST + 1), consumption.months(*who, 2026, LAST)
        days = consumption.days(*who, FIRST, LAST + 1)
    rows = {
        by: ask(f"/consumption?unit={unit}&resource={resource}&from=2026-01-01&by={by}").json["rows"]
        for by in ("day", "month", "year")
    }

    agrees(rows["year"][0], year, resource)
    for row, month in zip(
        rows["month"], months[:9], strict=True
    ):  # September runs: its coverage is that of the days gone by
        agrees(row, month.amount, resource)
    known = [q if k else None for q, k in zip(days["quantity"].tolist(), days["known"].tolist(), strict=True)]
    assert [row["quantity"] for row in rows["day"]] == known
    assert sum(Decimal(row["value"] or 0) for row in rows["day"]) == Decimal(rows["year"][0]["value"])


def test_a_month_does_not_hang_on_what_else_is_asked(ask: Ask) -> None:
    address = "/consumption?unit=archives&resource=electricity&by=month&from={}&to={}"
    long, short = ask(address.format("2025-01-01", "2026-09-15")), ask(address.format("2026-07-01", "2026-07-31"))

    assert [row for row in long.json["rows"] if row["from"] == "2026-07-01"] == short.json["rows"]


def test_a_meters_days_are_those_of_its_page(web: Web, ask: Ask) -> None:
    with web.database.session() as session:
        days = explain.meter_days(session, SYSTEM, web.ids.meters["E-archives"], FIRST, LAST + 1)
    rows = ask("/consumption?meter=E-archives&from=2026-01-01").json["rows"]

    assert [row["quantity"] for row in rows] == [day.quantity if day.known else None for day in days]
    assert [row["coverage"] for row in rows] == ["1" if day.known else "0" for day in days]


@pytest.mark.parametrize(("unit", "resource"), CASES)
def test_a_target_stands_as_on_its_page_and_on_the_board(web: Web, ask: Ask, unit: str, resource: str) -> None:
    with web.database.session() as session:
        judged = targets.progress(session, SYSTEM, web.ids.units[unit], resource, 2026, LAST)[0].progress
    one = ask(f"/targets?unit={unit}&resource={resource}&year=2026").json["items"][0]
    board = {(i["unit"]["code"], i["resource"]): i["target"] for i in ask("/board?limit=500&year=2026").json["items"]}

    agrees(one["used"], judged.used, resource)
    assert one["status"] == judged.status
    assert [reason["code"] for reason in one["reasons"]] == [reason.code for reason in judged.reasons]
    for name in ("allowance", "allowed", "remaining", "forecast"):
        assert (one[name] or {"quantity": None})["quantity"] == getattr(judged, name)
    assert one["runs_out"] == (
        None if judged.runs_out is None else date.fromordinal(judged.runs_out + 719163).isoformat()
    )
    assert board[unit, resource] == one


def test_what_is_missing_is_null_and_never_zero(ask: Ask) -> None:
    rows = ask("/consumption?meter=E-archives&from=2026-06-03&to=2026-06-03").json["rows"]

    assert rows == [
        {
            "from": "2026-06-03",
            "to": "2026-06-03",
            "quantity": None,
            "value": None,
            "coverage": "0",
            "estimated_share": None,
        }
    ]
