"""The grid of expected deliveries: unit × resource × month, and meter × day; complete, partial, missing, not due, not expected.

What is expected follows from the shares (from when to when a meter counts for a unit), the registers (bills and walk-rounds come
for a period) and the first data: a day before the first reading of a meter is not a hole. The calendar days of the meter's place
are counted, each meter alike: this is about deliveries, not about consumption.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.periods import Month, year_days
from monitor.domain.resources import RESOURCES
from monitor.queries._expected import (
    COMPLETE,
    MISSING,
    NOT_DUE,
    NOT_EXPECTED,
    PARTIAL,
    Cell,
    Meters,
    Span,
    known,
    spans,
)
from monitor.queries._meters import load_layout
from monitor.queries._tree import UnitRow, load_tree
from monitor.queries.scope import require_unit, visible_tree

__all__ = ["COMPLETE", "MISSING", "NOT_DUE", "NOT_EXPECTED", "PARTIAL", "Cell", "GridRow", "grid"]


@dataclass(frozen=True, slots=True)
class GridRow:
    """A unit and resource with its twelve months; `meters` counts those shared to its sub-tree in the year."""

    unit: UnitRow
    resource: str
    meters: int
    cells: tuple[Cell, ...]


def grid(
    session: Session,
    actor: Actor,
    year: int,
    *,
    resource: str = "",
    unit_id: int | None = None,
    now: datetime | None = None,
) -> list[GridRow]:
    """Give the grid of a year for the units that the actor may see, in tree order; one resource, or all; one sub-tree, or all.

    Each unit is shown with its sub-tree. A stranger gets nothing. One grouped statement on the derived days for each resource.
    """
    seen = visible_tree(session, actor)
    if unit_id is not None:
        require_unit(actor, seen, unit_id)
    if not seen.rows:
        return []
    wanted = seen.subtree(unit_id) if unit_id is not None else [row.id for row in seen.rows]
    tree, moment = load_tree(session), now or datetime.now(UTC)
    months = [Month(year, number) for number in range(1, 13)]
    found: dict[tuple[int, str], GridRow] = {}
    for code in [resource] if resource in RESOURCES else RESOURCES:
        layout = load_layout(session, code, tree)
        shared = spans(layout, tree, wanted, year_days(year))
        read = known(session, layout, shared, year_days(year), moment)
        known_of: dict[tuple[int, tuple[Span, ...]], list[tuple[int, int, bool, bool]]] = {}
        for unit in wanted:
            own = shared.get(unit, {})
            for key in ((meter, tuple(listed)) for meter, listed in own.items()):
                if key not in known_of:
                    known_of[key] = [_meter_month(read, *key, month) for month in months]
            cells = tuple(map(_month, zip(*(known_of[meter, tuple(own[meter])] for meter in own), strict=True)))
            cells = cells or (Cell(NOT_EXPECTED),) * len(months)
            found[unit, code] = GridRow(seen.by_id[unit], code, len(own), cells)
    return [found[unit, code] for unit in wanted for code in RESOURCES if (unit, code) in found]


def _meter_month(found: Meters, meter: int, listed: Iterable[Span], month: Month) -> tuple[int, int, bool, bool]:
    """Give what came of a meter in a month and what should have by now, in seconds; whether it is short, and whether more is to come."""
    covered = expected = 0
    waiting = short = False
    for span in listed if meter in found.first else ():
        first, end = max(span[0], month.start, found.first[meter]), min(span[1], month.end)
        if first >= end:
            continue
        due = min(end, found.due_to[meter])
        waiting = waiting or due < end
        got, should = found.seconds(meter, (first, due)) if first < due else (0, 0)
        covered, expected = covered + got, expected + should
        short = short or got < should
    return covered, expected, short, waiting


def _month(meters: Iterable[tuple[int, int, bool, bool]]) -> Cell:
    """Judge a month of a unit: what should have come by now, over all its meters."""
    covered, expected, short, waiting = zip(*meters, strict=True)
    return Cell(_state(sum(covered), sum(expected), waiting=any(waiting)), sum(covered), sum(expected), sum(short))


def _state(covered: int, expected: int, *, waiting: bool) -> str:
    """Name what has come of what should have: a month that still runs is not due, as long as nothing of it lacks."""
    if not expected:
        return NOT_DUE if waiting else NOT_EXPECTED
    if covered >= expected:
        return NOT_DUE if waiting else COMPLETE
    return PARTIAL if covered else MISSING
