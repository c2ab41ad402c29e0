"""A small compound with two years of derived days, receipts and four people: enough for every page to have something to show."""

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import (
    DailyConsumption,
    Document,
    ImportIssue,
    ImportRun,
    Meter,
    OrgUnit,
    Reading,
    Register,
    Source,
)
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import to_day
from monitor.services import accounts
from monitor.services.setup import apply_site, parse_site

NOW = datetime(2026, 9, 16, 8, 0, tzinfo=UTC)
LAST = date(2026, 9, 15)
PASSWORD = "a long enough password"
UNITS = (
    ("finance", "财政局", "Finance Bureau", 0.90),
    ("education", "教育局", "Education Bureau", 1.12),
    ("transport", "交通运输局", "Transport Bureau", 0.965),
    ("archives", "档案馆", "Archives", 0.85),
)
PEOPLE = {
    "admin": ("hq", Role.ADMIN),
    "parent": ("hq", Role.VIEWER),
    "own": ("finance", Role.VIEWER),
    "stranger": ("", Role.VIEWER),
}
PROFILE = {
    "layout": "rows",
    "resource": "electricity",
    "meter": {"column": "表号"},
    "time": {"column": "时间", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai", "label": "end", "interval": "1h"},
    "value": {"column": "电量(kWh)", "measure": "kWh"},
}
UPLOAD = "表号,时间,电量(kWh)\nE-finance,2026-09-16 01:00,41.5\nE-finance,2026-09-16 02:00,abc\n".encode("gb18030")
USE = {"electricity": 900_000_000, "water": 30_000_000, "paper": 1_500_000}


def spec() -> dict[str, Any]:
    """Give the site: an organisation of four bureaus, one meter of each resource, a dormitory, targets of −5 %."""
    facts = [{"kind": "head_count", "value": "120"}, {"kind": "floor_area", "value": "4000"}]
    bureaus = [{"code": code, "zh": zh, "en": en, "kind": "bureau", "facts": facts} for code, zh, en, _ in UNITS]
    meters: list[dict[str, Any]] = [
        {
            "code": f"{resource[0].upper()}-{code}",
            "zh": f"{zh}总表",
            "en": f"{en} main meter",
            "resource": resource,
            "place": "house",
            "unit": code,
            "registers": [{"kind": "interval", "step": 3600}],
        }
        for code, zh, en, _ in UNITS
        for resource in USE
    ]
    meters.append(
        {
            "code": "E-dorm",
            "zh": "宿舍",
            "en": "Dormitory",
            "resource": "electricity",
            "place": "house",
            "unit": "finance",
            "assessed": False,
            "purpose": "dormitory",
        }
    )
    codes = ["hq", *(code for code, *_ in UNITS)]
    targets = [
        {"units": codes, "resource": r, "year": 2026, "baseline_year": 2025, "reduction": "5%", "min_coverage": "90%"}
        for r in USE
    ]
    return {
        "units": [{"code": "hq", "zh": "市级机关", "en": "City Government", "kind": "organisation", "units": bureaus}],
        "places": [{"code": "house", "zh": "一号楼", "en": "Building 1"}],
        "meters": meters,
        "targets": targets,
        "sources": [
            {
                "code": "power",
                "zh": "电表日报",
                "en": "Daily power file",
                "kind": "tabular",
                "schedule": "10 2 * * *",
                "options": {"profile": PROFILE},
            },
            {
                "code": "water",
                "zh": "水表日报",
                "en": "Daily water file",
                "kind": "tabular",
                "schedule": "30 2 * * *",
                "options": {},
            },
        ],
    }


def build(database: Database) -> SimpleNamespace:
    """Fill a migrated database; give ids of units and meters by code, and of the run with refused rows."""
    with database.session(write=True) as session:
        apply_site(session, SYSTEM, parse_site(spec()), now=NOW)
        units = dict(session.execute(select(OrgUnit.code, OrgUnit.id)).all())
        meters = dict(session.execute(select(Meter.code, Meter.id)).all())
        run_id = _receipts(session)
        for code, _, _, factor in UNITS:
            for resource, use in USE.items():
                _days(session, meters[f"{resource[0].upper()}-{code}"], use, factor, gaps=code == "archives")
        _days(session, meters["E-dorm"], 200_000_000, 1.0, gaps=False)
        _readings(session, meters["E-finance"], run_id)
        for login, (unit, role) in PEOPLE.items():
            user_id, _ = accounts.create_user(session, SYSTEM, login, login.title(), PASSWORD)
            if unit:
                accounts.grant(session, SYSTEM, user_id, units[unit], role)
    return SimpleNamespace(units=units, meters=meters, run_id=run_id)


def _days(session: Session, meter: int, use: int, factor: float, *, gaps: bool) -> None:
    """Write days from January of last year; `gaps` leaves out every third day of this year's summer."""
    rows, day = [], date(2025, 1, 1)
    while day <= LAST:
        weekend = 0.45 if day.weekday() >= 5 else 1.0
        season = 1 + 0.3 * math.cos((day.timetuple().tm_yday - 200) / 58)
        now = factor if day.year == 2026 else 1.0
        if not (gaps and day.year == 2026 and day.month > 5 and day.day % 3 == 0):
            quantity = int(use * weekend * season * now)
            rows.append(
                {
                    "meter_id": meter,
                    "day": to_day(day),
                    "quantity": quantity,
                    "covered": 86_400,
                    "estimated": quantity // 50 if day.day == 1 else 0,
                    "off_hours": quantity // 4,
                    "rule_version": 1,
                }
            )
        day += timedelta(days=1)
    session.execute(DailyConsumption.__table__.insert(), rows)  # type: ignore[attr-defined]


def _readings(session: Session, meter: int, run_id: int) -> None:
    """Write four weeks of hourly readings, so that there is a profile and something to open."""
    register = session.scalar(select(Register.id).where(Register.meter_id == meter))
    end = int(datetime(2026, 9, 15, 16, tzinfo=UTC).timestamp())
    rows = []
    for step in range(28 * 24):
        at = end - step * 3600
        hour = (at // 3600 + 7) % 24
        value = int(37_500_000 * (1.6 if 8 <= hour < 18 else 0.4))
        rows.append(
            {
                "register_id": register,
                "end_at": at,
                "start_at": at - 3600,
                "value": value,
                "quality": 0,
                "run_id": run_id,
                "row_no": step + 2,
            }
        )
    session.execute(Reading.__table__.insert(), rows)  # type: ignore[attr-defined]


def _receipts(session: Session) -> int:
    """Write a good receipt for one source and a receipt with refused rows for the other; give the latter's id."""
    ids = []
    for code, refused in (("water", 0), ("power", 2)):
        source = session.scalar(select(Source.id).where(Source.code == code))
        document = Document(
            source_id=source,
            sha256=code[0] * 64,
            name=f"{code}-2026-09-15.csv",
            size=1234,
            kept_as=f"{code}.csv",
            received_at=NOW,
        )
        session.add(document)
        session.flush()
        run = ImportRun(
            source_id=source,
            document_id=document.id,
            state="done",
            trigger="schedule",
            actor="system",
            started_at=NOW,
            finished_at=NOW,
            rows_read=98,
            rows_new=96 - refused,
            rows_refused=refused,
            detected={"encoding": "GB18030", "delimiter": ","},
        )
        session.add(run)
        session.flush()
        ids.append(run.id)
    for row, value in ((14, "12,5"), (15, "=cmd|' /C calc'!A0")):
        session.add(
            ImportIssue(
                run_id=ids[-1],
                severity="refused",
                code="NOT_A_NUMBER",
                template="'{value}' is not a number (decimal mark is '.')",
                file="power-2026-09-15.csv",
                row_no=row,
                column="C",
                value=value,
                data={"value": value},
            )
        )
    session.flush()
    return ids[-1]


def settings(folder: Path) -> Any:
    """Give the settings of a process whose data lie in a folder."""
    from monitor.settings import Settings

    return Settings(data=folder)
