"""Parsing a workbook and deriving registers, each against the least that it takes. `python -m bench.reading FOLDER`."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from bench.data import FIRST, METERS, STEP, meter
from monitor.database import _bulk
from monitor.database.engine import Database, sqlite_module
from monitor.database.readings import rebuild_meters
from monitor.database.tables import Meter, Place, Register
from monitor.domain.readings import NO_START
from monitor.intake import registry
from monitor.intake.contract import Document

ROWS, STEPS = 100_000, 1_000
PROFILE = {
    "layout": "rows",
    "resource": "electricity",
    "meter": {"column": "meter"},
    "time": {"column": "timestamp", "format": "excel", "zone": "Asia/Shanghai", "interval": "15min", "label": "end"},
    "value": {"column": "value", "measure": "kWh"},
}


def workbook(path: Path) -> None:
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet, stamp = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, ["timestamp", "meter", "value"])
    start = datetime(2024, 1, 1)  # noqa: DTZ001 - a workbook's clock
    for row in range(ROWS):
        sheet.write_datetime(row + 1, 0, start + timedelta(seconds=STEP * (row // 100 + 1)), stamp)
        sheet.write_string(row + 1, 1, meter(row % 100))
        sheet.write_number(row + 1, 2, (row * 37 % 9999) / 100)
    book.close()


def best(act: Callable[[], object], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def parse(path: Path) -> int:
    importer = registry.build("tabular", {"profile": PROFILE})
    return sum(len(chunk.frame) for chunk in importer.parse(Document(path.name, path)))


def registers(folder: Path) -> tuple[float, float, int]:
    """Derive days of cumulative registers: by hand with numpy, and by the product, from readings stored already."""
    target = folder / "registers.db"
    ends = FIRST + STEP * np.arange(1, STEPS + 1)
    value = np.cumsum(np.random.default_rng(5).integers(0, 2_000_000, (METERS, STEPS)), axis=1)
    with Database(f"sqlite:///{target}") as database:
        database.upgrade()
        with database.session(write=True) as session:
            place = Place(code="p", name_zh="", name_en="")
            session.add(place)
            session.flush()
            for number in range(1, METERS + 1):
                session.add(
                    Meter(
                        id=number, code=meter(number), name_zh="", name_en="", resource="electricity", place_id=place.id
                    )
                )
            session.flush()
            session.add_all(
                Register(id=number, meter_id=number, kind="cumulative", measure="kWh", interval_seconds=STEP, digits=8)
                for number in range(1, METERS + 1)
            )
            session.flush()
            same = np.ones(STEPS * METERS, dtype=np.int64)
            columns = {
                "register_id": np.repeat(np.arange(1, METERS + 1), STEPS),
                "end_at": np.tile(ends, METERS),
                "start_at": same * NO_START,
                "value": value.ravel(),
                "quality": same * 0,
                "run_id": same,
                "row_no": same,
            }
            _bulk.insert(session, "reading", columns, narrow={})
        with database.session(write=True) as session:
            meters = list(session.scalars(select(Meter.id)))
            rebuild_meters(session, meters[:1])  # what a process does once is not measured
            began = time.perf_counter()
            rebuild_meters(session, meters)
            product = time.perf_counter() - began
    began = time.perf_counter()
    rows = by_hand(target)
    return time.perf_counter() - began, product, rows


def by_hand(target: Path) -> int:
    connection = sqlite_module().connect(str(target))
    found = connection.execute("SELECT register_id, end_at, value FROM reading ORDER BY 1, 2").fetchall()
    rows = np.array(found, dtype=np.int64)
    same = rows[1:, 0] == rows[:-1, 0]
    day = (rows[:-1, 1] + 8 * 3600) // 86_400
    key = (rows[:-1, 0] * 100_000 + day)[same]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    sums = np.add.reduceat((rows[1:, 2] - rows[:-1, 2])[same], first)
    connection.execute("CREATE TABLE by_hand (key INTEGER PRIMARY KEY, value INTEGER)")
    connection.executemany("INSERT INTO by_hand VALUES (?, ?)", np.column_stack([key[first], sums]).tolist())
    connection.commit()
    connection.close()
    return len(rows)


def main(folder: Path) -> None:
    path = folder / "rows.xlsx"
    workbook(path)
    assert parse(path) == ROWS
    figures = {
        "xlsx_floor": best(
            lambda: sum(len(row) for row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows())
        ),
        "xlsx": best(lambda: parse(path)),
    }
    figures["registers_floor"], figures["registers"], rows = registers(folder)
    assert rows == METERS * STEPS
    print(json.dumps(figures | {"at": datetime.now(UTC).isoformat()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
