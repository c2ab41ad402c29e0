"""What an analyst writes: pandas in chunks into a table, by to_sql. `python -m bench.analyst FILE.csv TARGET`."""

import sys
import time
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine

from monitor.database.engine import sqlite_module


def main() -> None:
    source, target = Path(sys.argv[1]), sys.argv[2]
    if "://" in target:
        engine = create_engine(target.replace("postgresql://", "postgresql+psycopg://"))
    else:
        engine = create_engine(f"sqlite:///{target}", module=sqlite_module())
    begin = time.perf_counter()
    for frame in pd.read_csv(source, parse_dates=["timestamp"], chunksize=100_000):
        frame.to_sql("analyst", engine, if_exists="append", index=False)
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
