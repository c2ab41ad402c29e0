"""A hostile or broken file: how it is made, how it is read, and what must come of it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

ROWS: dict[str, Any] = {
    "layout": "rows",
    "resource": "electricity",
    "meter": {"column": "meter"},
    "time": {"column": "time", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai", "label": "end", "interval": "1h"},
    "value": {"column": "kWh", "measure": "kWh"},
}
HEADER = "meter,time,kWh\n"
GOOD = HEADER + "E-1,2026-05-01 01:00,1\nE-1,2026-05-01 02:00,2\n"  # two readings, 3 kWh


@dataclass(frozen=True)
class Case:
    """`code`: the whole file is refused so. Else `good` readings come in, `bad` are refused for `why`, `kwh` is their exact sum."""

    name: str
    make: Callable[[], bytes] | bytes
    code: str = ""
    good: int = 0
    bad: int = 0
    why: frozenset[str] = frozenset()
    kwh: Decimal | None = None
    kind: str = "tabular"
    options: dict[str, Any] = field(default_factory=lambda: {"profile": ROWS})
    file: str = "readings.csv"

    def body(self) -> bytes:
        """Make the file's bytes."""
        return self.make if isinstance(self.make, bytes) else self.make()


def profile(**changes: Any) -> dict[str, Any]:
    """Give the plain profile with changes; a table is merged into the one of its name."""
    made = copy.deepcopy(ROWS)
    for key, value in changes.items():
        made[key] = {**made.get(key, {}), **value} if isinstance(value, dict) else value
    return {"profile": made}


def refused(name: str, make: Callable[[], bytes] | bytes, code: str, **rest: Any) -> Case:
    """A file that is refused as a whole."""
    return Case(name, make, code=code, **rest)


def read(  # noqa: PLR0917 - a line of a table
    name: str,
    make: Callable[[], bytes] | bytes,
    good: int,
    bad: int = 0,
    why: str = "",
    kwh: str | None = None,
    **rest: Any,
) -> Case:
    """A file of which `good` readings come in; a number in `kwh` makes it a golden file: right, to the last digit."""
    exact = None if kwh is None else Decimal(kwh)
    return Case(name, make, good=good, bad=bad, why=frozenset(why.split()), kwh=exact, **rest)
