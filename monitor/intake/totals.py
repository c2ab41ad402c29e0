"""Adds up what a document says, per meter and month, while its chunks go by."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.domain.periods import Month, from_day, local_day
from monitor.domain.resources import from_quantity, resource
from monitor.intake.checks import Ready
from monitor.intake.contract import CUMULATIVE, EVENT, GAUGE, NO_START
from monitor.intake.resolve import Target

EXACT = 2**53
Ints = npt.NDArray[np.int64]
Key = tuple[Target, str]


@dataclass(slots=True)
class Cell:
    """One meter and month: number of readings, and either their sum or the register's first and last value.

    `sides` printed; None where the file does not speak of sides.
    """

    readings: int = 0
    quantity: int = 0
    sides: int | None = None
    first: tuple[int, int] | None = None
    last: tuple[int, int] | None = None


@dataclass(slots=True)
class Totals:
    """All cells of a document."""

    cells: dict[Key, Cell] = field(default_factory=dict)

    def add(self, ready: Ready) -> None:
        """Add a chunk. A reading belongs to the local month in which it ends; an end at midnight to the day before.

        An event, and a state of a moment, has no duration: at midnight it belongs to the day that begins.
        """
        frame = ready.frame
        if not len(frame):
            return
        end, value = frame["end_at"].to_numpy(), frame["value"].to_numpy()
        momentary = ready.kind == EVENT or (ready.kind == GAUGE and (frame["start_at"] == NO_START).all())
        inside = end if momentary else end - 1
        ids = np.array(sorted({t.register_id for t in ready.targets}), dtype=np.int64)
        targets = {t.register_id: t for t in ready.targets}
        edges, names = month_edges(ready.zone, int(inside.min()), int(end.max()))
        month = np.searchsorted(edges, inside, side="right") - 1
        group = np.searchsorted(ids, frame["register_id"].to_numpy()) * len(names) + month
        counts = np.bincount(group, minlength=len(ids) * len(names))
        sums = None if ready.kind == CUMULATIVE else _sums(group, value, len(counts))
        ends = _ends(group, end, value) if ready.kind == CUMULATIVE else {}
        sides = ready.extra["sides"].to_numpy(dtype=np.int64) if "sides" in ready.extra else None
        printed = None if sides is None else _sums(group, sides, len(counts))
        for number in np.flatnonzero(counts).tolist():
            owner, which = divmod(number, len(names))
            cell = self.cells.setdefault((targets[int(ids[owner])], names[which]), Cell())
            cell.readings += int(counts[number])
            if printed is not None:
                cell.sides = (cell.sides or 0) + int(printed[number])
            if sums is not None:
                cell.quantity += int(sums[number])
            else:
                low, high = ends[number]
                cell.first = low if cell.first is None else min(cell.first, low)
                cell.last = high if cell.last is None else max(cell.last, high)

    def as_json(self) -> list[dict[str, Any]]:
        """Give the totals sorted by meter, register and month, in base and display measure as exact decimals.

        Of a cumulative register it is its increase since the month before in the file, without rollover or multiplier; of a
        gauge the mean.
        """
        rows = []
        before: dict[Target, int] = {}
        for target, month in sorted(self.cells, key=lambda k: (k[0].meter, k[0].register, k[0].resource, k[1])):
            cell = self.cells[target, month]
            quantity = cell.quantity if target.kind != GAUGE else round(Fraction(cell.quantity, cell.readings or 1))
            if cell.first and cell.last:
                quantity = cell.last[1] - before.get(target, cell.first[1])
                before[target] = cell.last[1]
            rows.append(_row(target, month, cell, quantity))
        return rows


def _row(target: Target, month: str, cell: Cell, quantity: int) -> dict[str, Any]:
    own = resource(target.resource)
    sides = {} if cell.sides is None else {"sides": cell.sides}
    return {
        "meter": target.meter,
        "register": target.register,
        "kind": target.kind,
        "resource": target.resource,
        "month": month,
        "readings": cell.readings,
        "base": {"measure": own.base, "value": decimal(quantity, target.resource, own.base)},
        "display": {"measure": own.display, "value": decimal(quantity, target.resource, own.display)},
    } | sides


def decimal(quantity: int, resource_code: str, measure: str) -> str:
    """Write a quantity in a measure as a decimal, exact to the thousandth of the base measure."""
    value = from_quantity(quantity, resource_code, measure)
    digits = 0
    while (value * 10**digits).denominator != 1 and digits < 15:  # noqa: PLR2004 - MJ may not end
        digits += 1
    scaled = round(value * 10**digits)
    text = f"{abs(scaled):0{digits + 1}d}"
    return ("-" if scaled < 0 else "") + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def _sums(group: Ints, value: Ints, length: int) -> Ints:
    """Sum exactly: through floats where they cannot round, else one by one."""
    if len(value) * max(int(np.abs(value).max()), 1) < EXACT:
        return np.bincount(group, weights=value, minlength=length).astype(np.int64)
    sums = np.zeros(length, dtype=np.int64)
    np.add.at(sums, group, value)
    return sums


def _ends(group: Ints, end: Ints, value: Ints) -> dict[int, tuple[tuple[int, int], tuple[int, int]]]:
    order = np.lexsort((end, group))
    group, end, value = group[order], end[order], value[order]
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    stops = np.r_[starts[1:], len(group)] - 1
    return {
        int(group[a]): ((int(end[a]), int(value[a])), (int(end[b]), int(value[b])))
        for a, b in zip(starts, stops, strict=True)
    }


@lru_cache(maxsize=64)
def month_edges(zone: str, first: int, last: int) -> tuple[Ints, list[str]]:
    """Give the instants at which the local months from `first` to `last` begin, and their names."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - one place

    day, end = from_day(local_day(first, zone)), from_day(local_day(last, zone))
    month, stop = Month(day.year, day.month), Month(end.year, end.month)
    names, edges = [], []
    while month <= stop:
        names.append(str(month))
        edges.append(int(datetime(month.year, month.month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()))
        month = month.next()
    return np.array(edges, dtype=np.int64), names
