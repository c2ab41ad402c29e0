"""Runs in the peers' own environment: openpyxl reads a workbook, read-only and values alone. `python peers_openpyxl.py FILE.xlsx`."""

import json
import sys
import time

import openpyxl


def main() -> None:
    begin = time.process_time()
    book = openpyxl.load_workbook(sys.argv[1], read_only=True)
    cells = sum(len(row) for row in book.active.iter_rows(values_only=True))
    seconds = time.process_time() - begin
    assert cells > 0
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
