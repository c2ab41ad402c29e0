"""Reads the cells of a workbook in a process of its own: a hostile one may ask for any amount of memory, and abort.

Bytes come in on standard input; out goes JSON: a list of [title, rows], or of one text that says why not.
"""

import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import python_calamine

if sys.platform != "win32":
    import resource

MEMORY = 1 << 30  # bytes beyond those of the start
SECONDS = 20  # of processor time
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 50, 50_000, 64


def main() -> None:
    """Read one workbook."""
    data = sys.stdin.buffer.read()
    _limit()
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        found = [
            [title, [_row(row) for row in book.get_sheet_by_name(title).to_python(False, MOST_ROWS)]]
            for title in book.sheet_names[:MOST_SHEETS]
        ]
    except (python_calamine.CalamineError, ValueError, OSError, MemoryError) as error:
        sys.exit(f"{type(error).__name__}: {error}"[:300])
    sys.stdout.buffer.write(json.dumps(found).encode())


def _limit() -> None:
    if sys.platform.startswith("linux"):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))


def _row(cells: list[Any]) -> list[Any]:
    kept = [_plain(cell) for cell in cells[:MOST_COLUMNS]]
    while kept and kept[-1] == "":
        kept.pop()
    return kept


def _plain(cell: Any) -> Any:  # noqa: ANN401 - what calamine gives
    """Give a cell as JSON: what JSON has no form for is {kind: text}."""
    if isinstance(cell, datetime | date | time):
        return {type(cell).__name__: cell.isoformat()}
    if isinstance(cell, timedelta):
        return {"timedelta": cell.total_seconds()}
    return cell


def original(cell: Any) -> Any:  # noqa: ANN401 - what calamine gave
    """Give back what `_plain` made plain."""
    if not isinstance(cell, dict):
        return cell
    ((kind, value),) = cell.items()
    if kind == "timedelta":
        return timedelta(seconds=value)
    kinds: dict[str, Callable[[str], datetime | date | time]] = {
        "datetime": datetime.fromisoformat,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
    }
    return kinds[kind](value)


if __name__ == "__main__":
    main()
