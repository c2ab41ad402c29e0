"""The board of all units and one unit's month, against the same sums written by hand in SQL. `python -m bench.board FOLDER`."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from sqlalchemy import select

from bench.compound import AS_OF, YEAR
from monitor.database.engine import Database
from monitor.database.tables import OrgUnit
from monitor.domain.access import SYSTEM
from monitor.domain.periods import day_edges, to_day
from monitor.queries import consumption, targets

RANKING = """
SELECT m.resource, s.unit_id, sum(CASE WHEN d.day >= ? THEN d.quantity * s.ppm / 1000000 END) AS used,
       sum(CASE WHEN d.day < ? THEN d.quantity * s.ppm / 1000000 END) AS before, min(d.covered)
FROM daily_consumption d JOIN meter m ON m.id = d.meter_id JOIN meter_share s ON s.meter_id = m.id
WHERE d.day >= ? AND d.day <= ? GROUP BY m.resource, s.unit_id
"""
MONTH_DAYS = """
SELECT s.unit_id, sum(d.quantity * s.ppm / 1000000) FROM daily_consumption d JOIN meter m ON m.id = d.meter_id
JOIN meter_share s ON s.meter_id = m.id WHERE m.resource = 'electricity' AND d.day >= ? AND d.day < ? GROUP BY s.unit_id
"""
MONTH_RAW = """
SELECT s.unit_id, sum(r.value * s.ppm / 1000000) FROM reading r JOIN register g ON g.id = r.register_id
JOIN meter m ON m.id = g.meter_id JOIN meter_share s ON s.meter_id = m.id
WHERE m.resource = 'electricity' AND r.end_at > ? AND r.end_at <= ? GROUP BY s.unit_id
"""


def timed(act: Callable[[], object], times: int = 5) -> float:
    act()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main(folder: Path) -> None:
    first, before = to_day(date(YEAR, 1, 1)), to_day(date(YEAR - 1, 1, 1))
    month = to_day(date(YEAR, 10, 1)), AS_OF + 1
    edges = [int(day_edges("Asia/Shanghai", day, day + 1)[0]) for day in month]
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database, database.session() as session:
        driver = session.connection().connection.cursor()

        def sql(statement: str, *arguments: int) -> Callable[[], object]:
            return lambda: driver.execute(statement, arguments).fetchall()

        top = session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))).one()
        figures = {
            "board_floor": timed(sql(RANKING, first, first, before, AS_OF)),
            "board": timed(lambda: targets.board(session, SYSTEM, YEAR, AS_OF), 3),
            "month_days": timed(sql(MONTH_DAYS, *month)),
            "month_raw": timed(sql(MONTH_RAW, *edges), 3),
            "unit_year": timed(lambda: consumption.amount(session, SYSTEM, top, "electricity", first, AS_OF + 1)),
        }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
