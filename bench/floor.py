"""The floor: read fast, sort, 300-row VALUES upsert or COPY, daily table; no checks, no receipt, no days of other zones."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg

from bench.data import METERS, STEP, meter
from monitor.database.engine import sqlite_module

CHUNK = 250_000
DAY = 86_400
OFFSET = 8 * 3600
UPSERT = (
    "INSERT INTO reading VALUES {rows} ON CONFLICT (meter, at) DO UPDATE SET value = excluded.value "
    "WHERE value IS NOT excluded.value"
)


READING = "CREATE TABLE reading (meter {int}, at {int}, value {int}, PRIMARY KEY (meter, at))"
DAILY = "CREATE TABLE daily (meter {int}, day {int}, value {int}, n {int}, PRIMARY KEY (meter, day))"


def main() -> None:
    """Run: python -m bench.floor FILE.csv TARGET (FILE.db or an address of PostgreSQL); print seconds."""
    source, target = Path(sys.argv[1]), sys.argv[2]
    pd.to_datetime(pd.Index(["2026-01-01T00:00:00+08:00"]))  # what a process does once is not measured
    begin = time.perf_counter()
    (postgres if "://" in target else sqlite)(source, target)
    print(time.perf_counter() - begin)


def sqlite(source: Path, target: str) -> None:
    """Import into a file of SQLite."""
    database = sqlite_module().connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536"):
        database.execute(f"PRAGMA {pragma}")
    for table in (READING, DAILY):
        database.execute(table.format(int="INTEGER") + " WITHOUT ROWID")
    database.execute("BEGIN")
    daily: list[np.ndarray] = []
    for rows in parts(source):
        upsert(database, rows)
        daily.append(days(rows))
    database.executemany("INSERT INTO daily VALUES (?,?,?,?)", together(daily).tolist())
    database.execute("COMMIT")


def postgres(source: Path, target: str) -> None:
    """Import into PostgreSQL: COPY of sorted parts into an empty keyed table."""
    with psycopg.connect(target) as database, database.cursor() as cursor:
        for table in (READING, DAILY):
            cursor.execute(table.format(int="BIGINT"))
        daily: list[np.ndarray] = []
        for rows in parts(source):
            copy(cursor, "reading", rows)
            daily.append(days(rows))
        copy(cursor, "daily", together(daily))


def copy(cursor: "psycopg.Cursor", table: str, rows: np.ndarray) -> None:
    """Send rows of 8-byte integers as a binary COPY."""
    width = rows.shape[1]
    layout = [("fields", ">i2")] + [
        (f"{kind}{n}", ">i4" if kind == "size" else ">i8") for n in range(width) for kind in ("size", "value")
    ]
    packed = np.empty(len(rows), dtype=layout)
    packed["fields"] = width
    for n in range(width):
        packed[f"size{n}"], packed[f"value{n}"] = 8, rows[:, n]
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as stream:
        stream.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        stream.write(packed.tobytes())
        stream.write(b"\xff\xff")


def parts(source: Path) -> Iterator[np.ndarray]:
    """Read the file in parts of meter, end, value, sorted."""
    numbers = {meter(number): number for number in range(METERS)}
    kinds = {"timestamp": "category", "meter": "category", "value": "float64"}
    for frame in pd.read_csv(source, dtype=kinds, chunksize=CHUNK):
        stamps = pd.to_datetime(frame["timestamp"].cat.categories, utc=True).as_unit("s").asi8
        at = stamps[frame["timestamp"].cat.codes.to_numpy()]
        known = np.array([numbers[name] for name in frame["meter"].cat.categories])
        number = known[frame["meter"].cat.codes.to_numpy()]
        value = np.rint(frame["value"].to_numpy() * 1_000_000).astype(np.int64)
        order = np.lexsort((at, number))
        yield np.column_stack([number[order], at[order], value[order]])


def together(daily: list[np.ndarray]) -> np.ndarray:
    """Add up the days of all parts."""
    rows = np.concatenate(daily)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    first = np.flatnonzero(np.diff(rows[:, 0] * 1_000_000 + rows[:, 1], prepend=-1))
    return np.column_stack([rows[first, :2], np.add.reduceat(rows[:, 2:], first)])


def upsert(database: object, rows: np.ndarray) -> None:
    """Write in batches of 300."""
    whole = len(rows) // 300 * 300
    statement = UPSERT.format(rows=",".join(["(?,?,?)"] * 300))
    database.executemany(statement, rows[:whole].reshape(-1, 900).tolist())  # type: ignore[attr-defined]
    if whole < len(rows):
        database.execute(UPSERT.format(rows=",".join(["(?,?,?)"] * (len(rows) - whole))), rows[whole:].ravel().tolist())  # type: ignore[attr-defined]


def days(rows: np.ndarray) -> np.ndarray:
    """Sum by meter and day of a zone without daylight saving."""
    day = (rows[:, 1] - STEP + OFFSET) // DAY
    first = np.flatnonzero(np.diff(rows[:, 0] * 1_000_000 + day, prepend=-1))
    ends = np.append(first[1:], len(rows))
    return np.column_stack([rows[first, 0], day[first], np.add.reduceat(rows[:, 2], first), ends - first])


if __name__ == "__main__":
    main()
