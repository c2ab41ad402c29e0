"""The file to import: `timestamp with offset, meter, value` in time order, 1,000 meters, a reading each 15 minutes."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np

METERS = 1_000
STEP = 900
FIRST = int(datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=8))).timestamp())
PROFILE = {
    "layout": "rows",
    "resource": "electricity",
    "meter": {"column": "meter"},
    "time": {"column": "timestamp", "format": "iso", "interval": "15min", "label": "end"},
    "value": {"column": "value", "measure": "kWh"},
}


def meter(number: int) -> str:
    """Name a meter."""
    return f"E-{number:04d}"


def write(path: Path, rows: int) -> int:
    """Write the file; give the sum of its values in mWh."""
    noise = np.random.default_rng(1)
    names = [meter(number) for number in range(METERS)]
    total = 0
    with path.open("w", encoding="ascii", newline="") as out:
        out.write("timestamp,meter,value\n")
        for begin in range(0, rows, METERS):
            end = FIRST + (begin // METERS + 1) * STEP
            stamp = (datetime.fromtimestamp(end, UTC) + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M:%S+08:00")
            values = noise.integers(100, 9_999, min(METERS, rows - begin)).tolist()
            total += sum(values)
            out.write("".join(f"{stamp},{name},{v / 100:.2f}\n" for name, v in zip(names, values, strict=False)))
    return total * 10_000
