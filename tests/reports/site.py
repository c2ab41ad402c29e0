"""A small city government whose figures can be worked out by hand: every meter uses the same each day of a year."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption
from monitor.domain.periods import to_day

KWH = 1_000_000  # thousandths of a Wh
NOW = datetime(2026, 11, 4, 1, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x>"
DAY_LONG = 86_400


def _unit(code: str, zh: str, en: str, people: str, units: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    facts = [
        {"kind": "head_count", "value": people, "since": "2024-01-01"},
        {"kind": "floor_area", "value": str(int(people) * 30), "since": "2024-01-01"},
    ]
    return {"code": code, "zh": zh, "en": en, "facts": facts, "units": units or []}


def _meter(code: str, unit: str, resource: str = "electricity", **more: object) -> dict[str, Any]:
    return {
        "code": code,
        "zh": f"{code} 表",
        "en": f"Meter {code}",
        "resource": resource,
        "place": "yard",
        "unit": unit,
        **more,
    }


def _target(unit: str, resource: str, reduction: str) -> dict[str, Any]:
    return {"units": [unit], "resource": resource, "year": 2026, "baseline_year": 2025, "reduction": reduction}


SITE: dict[str, Any] = {
    "units": [
        _unit(
            "city",
            "云溪市机关事务管理局",
            "Yunxi Government Offices",
            "300",
            [
                _unit(
                    "finance", "财政局", "Finance Bureau", "100", [_unit("budget", "预算处", "Budget Section", "40")]
                ),
                _unit("school", "教育局", "Education Bureau", "100"),
                _unit("hostile", HOSTILE, HOSTILE, "50"),
                _unit("silent", "档案局", "Archives Bureau", "50"),
            ],
        )
    ],
    "places": [{"code": "yard", "zh": "大院", "en": "Compound"}],
    "meters": [
        _meter("E1", "budget"),
        _meter("E2", "school"),
        _meter("E3", "hostile"),
        _meter("E4", "silent"),
        _meter("E9", "finance", assessed=False, purpose="dormitory"),
        _meter("W1", "finance", "water", registers=[{"kind": "cumulative", "measure": "m³"}]),
    ],
    "targets": [
        _target("city", "electricity", "3%"),
        _target("finance", "electricity", "3%"),
        _target("school", "electricity", "3%"),
        _target("hostile", "electricity", "3%"),
        _target("silent", "electricity", "3%"),
        _target("finance", "water", "3%"),
        {**_target("school", "electricity", "3%"), "indicator": "per_person"},
    ],
}

# kWh (or m³) a day in 2025 and in 2026
DAILY = {"E1": (100, 90), "E2": (100, 110), "E3": (100, 96), "E4": (100, 101), "E9": (10, 10), "W1": (20, 19)}
GAP = (to_day(date(2026, 6, 1)), to_day(date(2026, 11, 1)))  # E4 says nothing


def seed(session: Session, meters: dict[str, int]) -> None:
    """Put the derived days in, from 2025 to 3 November 2026."""
    rows = []
    first, turn, last = (to_day(date(*day)) for day in ((2025, 1, 1), (2026, 1, 1), (2026, 11, 4)))
    for code, (before, now) in DAILY.items():
        days = np.arange(first, last)
        for day in days[~((code == "E4") & (days >= GAP[0]) & (days < GAP[1]))].tolist():
            quantity = (before if day < turn else now) * KWH
            rows.append({"meter_id": meters[code], "day": day, "quantity": quantity, **_WHOLE})
    session.execute(insert(DailyConsumption), rows)


_WHOLE = {"covered": DAY_LONG, "estimated": 0, "off_hours": 0, "rule_version": 1}
