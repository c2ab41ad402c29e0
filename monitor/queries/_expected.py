"""What should have come by now, and what did: meters of units with their days, first data, and when bills fall due."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.days import days_of
from monitor.database.tables import DailyConsumption, Meter, Reading, Register
from monitor.domain.periods import DAY_SECONDS, Month, day_edges, from_day, local_day
from monitor.queries._meters import Layout
from monitor.queries._series import Ints
from monitor.queries._tree import Tree

COMPLETE, PARTIAL, MISSING, NOT_DUE, NOT_EXPECTED = "complete", "partial", "missing", "not_due", "not_expected"
STATES = (NOT_EXPECTED, NOT_DUE, COMPLETE, PARTIAL, MISSING)
MONTH_DAYS = 31
GRACE = 10  # days that a bill or walk-round may come late before its month counts as missing
LONGEST_PERIOD = 190

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """A month of a unit, or a day of a meter: `covered` of `expected` seconds; `lacking` are the meters with less than all."""

    state: str
    covered: int = 0
    expected: int = 0
    lacking: int = 0


@dataclass(frozen=True, eq=False)
class DayRow:
    """A meter with the days from `first` on as arrays: `states` are places in STATES; seconds 0 where nothing is expected."""

    meter_id: int
    code: str
    name_zh: str
    name_en: str
    first: int
    states: Ints
    covered: Ints
    expected: Ints

    @property
    def lacking(self) -> npt.NDArray[np.bool_]:
        """Tell the days of which not all came."""
        return self.states >= STATES.index(PARTIAL)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Give the days one by one."""
        columns = (self.states, self.covered, self.expected, self.lacking.astype(np.int64))
        lists = (column.tolist() for column in columns)
        return tuple(Cell(STATES[state], *more) for state, *more in zip(*lists, strict=True))


@dataclass(frozen=True)
class Meters:
    """What is known of some meters over a stretch of days: covered seconds between the cuts, first data, until when it is due."""

    cuts: Ints
    covered: Mapping[int, Ints]  # running sum at each cut
    first: Mapping[int, int]
    due_to: Mapping[int, int]  # days before this one should have come by now
    edges: Mapping[int, Ints]  # instants of the cuts at the meter's place

    def seconds(self, meter: int, span: Span) -> tuple[int, int]:
        """Give covered and expected seconds of a meter from one cut to another."""
        low, high = (int(np.searchsorted(self.cuts, day)) for day in span)
        if high <= low:
            return 0, 0
        edges, sums = self.edges[meter], self.covered.get(meter)
        return (0 if sums is None else int(sums[high] - sums[low])), int(edges[high] - edges[low])


def spans(layout: Layout, tree: Tree, wanted: Iterable[int], within: Span) -> dict[int, dict[int, list[Span]]]:
    """Give for each unit the meters shared to its sub-tree, each with the stretches of days on which it is."""
    raw: dict[int, dict[int, list[Span]]] = defaultdict(lambda: defaultdict(list))
    of_interest = set(wanted)
    for meter, shares in layout.shares.items():
        for share in shares:
            span = max(share.valid_from, within[0]), min(share.valid_to, within[1])
            if span[0] < span[1]:
                for unit in tree.above(share.unit_id):
                    if unit in of_interest:
                        raw[unit][meter].append(span)
    return {unit: {meter: _joined(spans) for meter, spans in own.items()} for unit, own in raw.items()}


def _joined(spans: list[Span]) -> list[Span]:
    """Join stretches that touch or overlap."""
    found: list[Span] = []
    for first, end in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((first, end))
    return found


def known(
    session: Session, layout: Layout, of_units: Mapping[int, Mapping[int, list[Span]]], within: Span, now: datetime
) -> Meters:
    """Read what the grid asks of the meters: cut at months, at the ends of shares and at first data."""
    meters = sorted({meter for own in of_units.values() for meter in own})
    first, due_to = begun(session, layout, meters, now)
    cuts = {within[0], within[1]}
    month = Month(*_year_month(within[0]))
    while month.start < within[1]:
        cuts.add(max(month.start, within[0]))
        month = month.next()
    edges_of = (edge for own in of_units.values() for listed in own.values() for span in listed for edge in span)
    cuts |= {day for day in (*edges_of, *first.values(), *due_to.values()) if within[0] < day < within[1]}
    at = np.array(sorted(cuts), dtype=np.int64)
    zones = {layout.meters[meter].zone for meter in meters}
    edges = {zone: day_edges(zone, within[0], within[1])[at - within[0]] for zone in zones}
    of_meter = {meter: edges[layout.meters[meter].zone] for meter in meters}
    return Meters(at, _covered(session, layout, meters, at), first, due_to, of_meter)


def _year_month(day: int) -> tuple[int, int]:
    return from_day(day).year, from_day(day).month


def begun(session: Session, layout: Layout, meters: list[int], now: datetime) -> tuple[dict[int, int], dict[int, int]]:
    """Give the day from which each meter is expected, and the day before which its data should be there by now."""
    return _first_days(session, meters), _due_to(session, layout, meters, now)


def _covered(session: Session, layout: Layout, meters: list[int], cuts: Ints) -> dict[int, Ints]:
    """Sum the covered seconds of each meter up to each cut."""
    first, end = int(cuts[0]), int(cuts[-1])
    sums = np.zeros((len(meters), end - first + 1), dtype=np.int64)
    np.cumsum(days_of(session, layout.resource, meters, first, end).covered, axis=1, out=sums[:, 1:])
    return dict(zip(meters, sums[:, cuts - first], strict=True))


def _edge_days(session: Session, meters: list[int], *, last: bool) -> dict[int, int]:
    """Give the first or last day with data of each meter that has any: one look into the key for each."""
    table = DailyConsumption
    order = table.day.desc() if last else table.day
    found = (
        select(table.day)
        .where(table.meter_id == Meter.id, table.covered > 0)
        .order_by(order)
        .limit(1)
        .correlate(Meter)
        .scalar_subquery()
    )
    rows = session.execute(select(Meter.id, found).where(Meter.id.in_(meters)))
    return {meter: day for meter, day in rows if day is not None}


def _first_days(session: Session, meters: list[int]) -> dict[int, int]:
    """Give the day from which each meter is expected: its first with data; one that never had any, from the first of all."""
    first = _edge_days(session, meters, last=False)
    earliest = min(first.values(), default=None)
    return first if earliest is None else {meter: first.get(meter, earliest) for meter in meters}


def _due_to(session: Session, layout: Layout, meters: list[int], now: datetime) -> dict[int, int]:
    """Give the day before which each meter's data should be there by now.

    For feeds that is today, with yesterday still on its way; for bills and walk-rounds the end of the last one, until the next
    period (as long as the last one was) is over and some days more.
    """
    columns = (Register.meter_id, Register.id, Register.kind, Register.interval_seconds)
    registers: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
    for meter, register, kind, step in session.execute(select(*columns).where(Register.meter_id.in_(meters))):
        registers[meter].append((register, kind, step))
    found: dict[int, int] = {}
    last = _edge_days(session, meters, last=True)
    for meter in meters:
        zone = layout.meters[meter].zone
        today = local_day(int(now.timestamp()), zone)
        listed = registers.get(meter, [])
        slow = bool(listed) and all(kind != "event" and not 0 < step <= DAY_SECONDS for _, kind, step in listed)
        found[meter] = today if last.get(meter, today) >= today - 1 else today - 1
        if slow and meter in last:
            end = last[meter] + 1
            period = max(_last_period(session, register) for register, _, _ in listed)
            found[meter] = end if today < end + period + GRACE else today
    return found


def _last_period(session: Session, register_id: int) -> int:
    """Give the days that the last bill or walk-round of a register spans; a month where there is only one reading."""
    chosen = select(Reading.start_at, Reading.end_at).where(Reading.register_id == register_id)
    rows = session.execute(chosen.order_by(Reading.end_at.desc()).limit(2)).all()
    if not rows:
        return MONTH_DAYS
    start = rows[0].start_at if rows[0].start_at is not None else rows[1].end_at if len(rows) > 1 else None
    days = MONTH_DAYS if start is None else round((rows[0].end_at - start) / DAY_SECONDS)
    return min(max(days, 1), LONGEST_PERIOD)


def together(rows: Iterable[DayRow], start: int, end: int) -> list[Cell]:
    """Sum the days of several meters: one cell for each day of start..end-1."""
    listed = list(rows)
    states, covered, expected = (
        np.array([getattr(row, name) for row in listed], dtype=np.int64).reshape(-1, end - start)
        for name in ("states", "covered", "expected")
    )
    due = states > STATES.index(NOT_DUE)
    waiting = (states == STATES.index(NOT_DUE)).any(axis=0)
    lacking = (states >= STATES.index(PARTIAL)).sum(axis=0)
    sums = ((covered * due).sum(axis=0), (expected * due).sum(axis=0), lacking, due.any(axis=0), waiting)
    found = []
    for got, should, short, any_due, any_waiting in zip(*(column.tolist() for column in sums), strict=True):
        if not any_due:
            found.append(Cell(NOT_DUE if any_waiting else NOT_EXPECTED))
            continue
        state = COMPLETE if got >= should else PARTIAL if got else MISSING
        found.append(Cell(state, got, should, short))
    return found
