"""A compound to ask: 200 units, 1,000 meters of three resources, two years of days, some weeks of quarter hours."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from monitor.database import _bulk
from monitor.database.engine import Database
from monitor.database.tables import Meter, OrgUnit, Register
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import day_edges, to_day
from monitor.domain.readings import NO_START
from monitor.services import accounts
from monitor.services.setup import apply_site, parse_site

YEAR = 2026
FIRST, UNTIL = to_day(date(YEAR - 1, 1, 1)), to_day(date(YEAR, 11, 1))
AS_OF = UNTIL - 1
NOW = datetime(YEAR, 11, 1, 1, tzinfo=UTC)
BUREAUS, DEPARTMENTS = 20, 9
KINDS = (
    ("electricity", 3, 40_000_000),
    ("water", 1, 900_000),
    ("paper", 1, 60_000),
)  # resource, meters of a unit, a day
LOGIN, PASSWORD = "bench", "a long enough password"
ZONE = "Asia/Shanghai"
STEP = 900


def spec() -> dict[str, Any]:
    facts = [{"kind": "head_count", "value": "40"}, {"kind": "floor_area", "value": "1200"}]
    departments = [
        [
            {"code": f"u{b}-{d}", "zh": f"处室{b}-{d}", "en": f"Division {b}-{d}", "facts": facts}
            for d in range(DEPARTMENTS)
        ]
        for b in range(BUREAUS)
    ]
    bureaus = [
        {"code": f"u{b}", "zh": f"局{b}", "en": f"Bureau {b}", "kind": "bureau", "facts": facts, "units": below}
        for b, below in enumerate(departments)
    ]
    codes = [unit["code"] for b in bureaus for unit in (b, *b["units"])]
    meters = [
        {"code": f"{code}-{resource}-{n}", "resource": resource, "place": "site", "unit": code,
         "registers": [{"kind": "interval", "step": STEP}]}
        for code in codes for resource, count, _ in KINDS for n in range(count)
    ]  # fmt: skip
    targets = [
        {"units": ["top", *codes], "resource": resource, "year": YEAR, "baseline_year": YEAR - 1, "reduction": "3%"}
        for resource, _, _ in KINDS
    ]
    return {
        "units": [{"code": "top", "zh": "大院", "en": "Compound", "kind": "organisation", "units": bureaus}],
        "places": [{"code": "site", "zone": ZONE}],
        "meters": meters,
        "targets": targets,
    }


def build(folder: Path, weeks: int) -> int:
    """Make the database in a folder; gives the number of readings."""
    folder.mkdir(parents=True, exist_ok=True)
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        database.upgrade()
        with database.session(write=True) as session:
            apply_site(session, SYSTEM, parse_site(spec()), now=NOW)
            person, _ = accounts.create_user(session, SYSTEM, LOGIN, "Bench", PASSWORD, now=NOW)
            top = session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))).one()
            accounts.grant(session, SYSTEM, person, top, Role.ADMIN)
        noise = np.random.default_rng(3)
        with database.session(write=True) as session:
            found = session.execute(select(Meter.id, Meter.resource, Register.id).join(Register)).all()
            usual = {resource: use for resource, _, use in KINDS}
            days = np.arange(FIRST, UNTIL)
            lengths = np.diff(day_edges(ZONE, FIRST, UNTIL))
            for meter, resource, _ in found:
                quantity = (usual[resource] * noise.uniform(0.7, 1.3, len(days))).astype(np.int64)
                _bulk.insert(session, "daily_consumption", _days(meter, days, quantity, lengths), narrow={})
        readings = 0
        last = int(day_edges(ZONE, UNTIL, UNTIL + 1)[0])
        ends = np.arange(last - weeks * 7 * 86_400 + STEP, last + 1, STEP)
        for begin in range(0, len(found), 100):
            with database.session(write=True) as session:
                for _, resource, register in found[begin : begin + 100]:
                    value = (usual[resource] / 96 * noise.uniform(0.7, 1.3, len(ends))).astype(np.int64)
                    _bulk.insert(session, "reading", _readings(register, ends, value), narrow={})
                    readings += len(ends)
    return readings


def _days(meter: int, days: np.ndarray, quantity: np.ndarray, lengths: np.ndarray) -> dict[str, np.ndarray]:
    same = np.ones(len(days), dtype=np.int64)
    columns = {"meter_id": same * meter, "day": days, "quantity": quantity, "covered": lengths}
    return columns | {"estimated": same * 0, "off_hours": quantity // 4, "rule_version": same}


def _readings(register: int, ends: np.ndarray, value: np.ndarray) -> dict[str, np.ndarray]:
    same = np.ones(len(ends), dtype=np.int64)
    columns = {"register_id": same * register, "end_at": ends, "start_at": same * NO_START, "value": value}
    return columns | {"quality": same * 0, "run_id": same, "row_no": same}


if __name__ == "__main__":
    print(build(Path(sys.argv[1]), int(sys.argv[2])))
