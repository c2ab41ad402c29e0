"""Runs in the peers' own environment: sqlite-utils fills a keyed table. `python peers_sqlite_utils.py FILE.csv FILE.db insert|upsert`."""

import csv
import json
import sys
import time
from datetime import datetime
from pathlib import Path

import sqlite_utils


def main() -> None:
    path, target, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    table = sqlite_utils.Database(target)["reading"]
    write = table.upsert_all if how == "upsert" else table.insert_all
    begin = time.perf_counter()
    with path.open(encoding="ascii", newline="") as stream:
        rows = (
            {
                "meter": row["meter"],
                "at": int(datetime.fromisoformat(row["timestamp"]).timestamp()),
                "value": float(row["value"]),
            }
            for row in csv.DictReader(stream)
        )
        write(rows, pk=("meter", "at"))
    print(json.dumps({"seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
