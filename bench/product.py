"""The product: the whole import, parse in its subprocess, checks, readings, derived days, chunked commits, receipt."""

import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, inspect, select

from bench.data import FIRST, METERS, PROFILE, STEP, meter
from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Meter, Place, Reading, Register, Source
from monitor.domain.access import SYSTEM
from monitor.intake.pipeline import import_file
from monitor.process import settle

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WARM = "timestamp,meter,value\n2023-12-20T00:15:00+08:00,E-0000,{value}\n"


def prepare(database: Database, place: str = "site") -> int:
    """Set up meters and a source; give the source's id."""
    database.upgrade()
    with database.session(write=True) as session:
        site = Place(code=place, name_zh="院区", name_en="Site")
        session.add(site)
        session.flush()
        begin = (session.scalar(select(func.max(Meter.id))) or 0) + 1
        for number in range(METERS):
            session.add(
                Meter(
                    id=begin + number,
                    code=meter(number),
                    name_zh="",
                    name_en="",
                    resource="electricity",
                    place_id=site.id,
                )
            )
        session.flush()
        session.add_all(
            Register(meter_id=begin + number, kind="interval", measure="kWh", interval_seconds=STEP)
            for number in range(METERS)
        )
        source = Source(
            code="bench", name_zh="", name_en="", kind="tabular", options={"profile": PROFILE}, created_at=NOW
        )
        session.add(source)
        session.flush()
        return int(source.id)


def _parser_peak() -> int:
    """Give the peak MB of the parser, which lives on to serve the next file."""
    pids = Path("/proc/self/task").glob("*/children")
    children = [pid for task in pids for pid in task.read_text(encoding="ascii").split()]
    marks = [
        re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8")) for pid in children
    ]
    return max((int(mark[1]) // 1024 for mark in marks if mark), default=0)


def main() -> None:
    """Run: python -m bench.product FILE.csv FILE.db; print seconds, new rows, sum of readings, sum of days, parser's peak."""
    path, target = Path(sys.argv[1]), sys.argv[2]
    archive = Path(tempfile.mkdtemp(dir=path.parent))
    with Database(target if "://" in target else f"sqlite:///{target}") as database:
        with database.engine.connect() as connection:
            begun = inspect(connection).has_table("source")
        if begun:
            with database.session() as session:
                source = session.scalar(select(Source.id)) or 0
        else:
            source = prepare(database)
        warm = path.parent / f"warm-{time.time_ns()}.csv"
        warm.write_text(WARM.format(value=time.time_ns() % 1_000_000), encoding="ascii")
        import_file(database, source, warm, actor=SYSTEM, trigger="command", now=NOW, archive=archive)
        settle()  # as a service does at its start
        begin = time.perf_counter()
        receipt = import_file(database, source, path, actor=SYSTEM, trigger="command", now=NOW, archive=archive)
        seconds = time.perf_counter() - begin
        if receipt.state != "done":
            sys.exit(f"the import ended as {receipt.state}: {receipt.error}")
        with database.session() as session:
            readings = session.scalar(select(func.sum(Reading.value)).where(Reading.end_at >= FIRST))
            days = session.scalar(
                select(func.sum(DailyConsumption.quantity)).where(DailyConsumption.day >= FIRST // 86_400 + 1)
            )
    print(seconds, receipt.new, readings, days, _parser_peak())


if __name__ == "__main__":
    main()
