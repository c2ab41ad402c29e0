"""How derived days are made anew: which days are affected, what must be read for them, a bounded lot at a time."""
# ruff: noqa: S608 - these statements are built of constants and integers only

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints
from monitor.database.tables import Correction, Estimate, EventSpan, Meter, MeterEvent, Place, PlaceHours, Register
from monitor.domain.consumption import RULE_VERSION, EstimateTerms, daily
from monitor.domain.events import Span
from monitor.domain.periods import DAY_SECONDS, day_edges, local_day, to_day, workdays
from monitor.domain.readings import NO_START
from monitor.domain.registers import Event, Points, RegisterTerms
from monitor.domain.resources import THOUSANDTHS, resource
from monitor.domain.spread import Days

NEIGHBOURS = 3  # a reading tells on the spans to its neighbours, and on whether these look misread
MOST_ROWS = 600_000  # readings in memory at a time
MOST_CELLS = 1_000_000  # registers × days in memory at a time
_IDS = 5_000
_REGISTER = (
    Register.id,
    Register.meter_id,
    Register.kind,
    Register.measure,
    Register.direction,
    Register.counts,
    Register.priority,
    Register.multiplier_num,
    Register.multiplier_den,
    Register.digits,
    Register.interval_seconds,
)
_NARROW = {"day": 4, "covered": 4, "rule_version": 4}


@dataclass(frozen=True, slots=True)
class Site:
    """Where a meter stands, as far as days and office hours go: `hours` has (first day, from, to), the oldest first."""

    zone: str
    country: str
    hours: tuple[tuple[int, int, int], ...]

    def days(self, first: int, last: int) -> Days:
        """Give the local days first..last with the office hours that held on each."""
        begins = np.array([row[0] for row in self.hours[1:]], dtype=np.int64)
        held = np.searchsorted(begins, np.arange(first, last + 1), side="right")
        opens, closes = (np.array([row[field] for row in self.hours], dtype=np.int64)[held] for field in (1, 2))
        edges = day_edges(self.zone, first, last + 1)
        return Days(first, edges, workdays(first, last + 1, self.country), opens, closes)


@dataclass(frozen=True, slots=True)
class Job:
    """A meter whose days first..last are to be made anew."""

    site: Site
    meter_id: int
    registers: tuple[RegisterTerms, ...]
    first: int
    last: int

    @property
    def rows(self) -> int:
        """Estimate how many readings that takes."""
        days = self.last - self.first + 2
        return sum(days * (DAY_SECONDS // one.interval if one.interval else 4) for one in self.registers)


Corrections = dict[int, list[tuple[str, int, int, int | None]]]
_MeterRows = dict[int, tuple[Site, tuple[RegisterTerms, ...]]]


def rebuild(session: Session, touched: pd.DataFrame, known: pd.DataFrame | None) -> int:
    """See monitor.database.readings.rebuild_daily."""
    if not len(touched):
        return 0
    session.flush()
    meters = _meters(session, Register.id, touched["register_id"].tolist())
    corrections = _corrections(session, meters)
    jobs = _jobs(session, meters, touched, corrections)
    return sum(_run(session, lot, corrections, known) for lot in _lots(jobs))


def rebuild_meters(session: Session, meter_ids: Iterable[int]) -> int:
    """See monitor.database.readings.rebuild_meters."""
    session.flush()
    meters = _meters(session, Register.meter_id, list(meter_ids))
    corrections = _corrections(session, meters)
    jobs = [job for meter, (site, registers) in meters.items() for job in _whole(session, meter, site, registers)]
    return sum(_run(session, lot, corrections, None) for lot in _lots(jobs))


def _meters(session: Session, column: object, ids: Sequence[int]) -> _MeterRows:
    """Read the meters that have these registers (or ids) with all their registers, events and sites."""
    place = (Place.id.label("place"), Place.zone, Place.country, Place.office_from, Place.office_to)
    columns = (*_REGISTER, Meter.resource, *place)
    changes = _hours(session)
    found: dict[int, tuple[Site, dict[int, RegisterTerms]]] = {}
    for begin in range(0, len(ids), _IDS):
        wanted = select(Register.meter_id).where(column.in_(ids[begin : begin + _IDS]))  # type: ignore[attr-defined]  # a column
        query = select(*columns).join(Meter, Meter.id == Register.meter_id).join(Place, Place.id == Meter.place_id)
        rows = session.execute(query.where(Register.meter_id.in_(wanted)).order_by(Register.id)).all()
        events = _events(session, [row.id for row in rows])
        for row in rows:
            hours = ((-(2**31), row.office_from, row.office_to), *changes.get(row.place, ()))
            site = Site(row.zone, row.country, hours)
            found.setdefault(row.meter_id, (site, {}))[1][row.id] = _terms(row, events.get(row.id, ()))
    return {meter: (site, tuple(registers.values())) for meter, (site, registers) in found.items()}


def _hours(session: Session) -> dict[int, list[tuple[int, int, int]]]:
    """Read the dated office hours by place: (first day, from, to), the oldest first."""
    found: dict[int, list[tuple[int, int, int]]] = {}
    columns = (PlaceHours.place_id, PlaceHours.valid_from, PlaceHours.office_from, PlaceHours.office_to)
    for place, since, opens, closes in session.execute(select(*columns).order_by(PlaceHours.valid_from)):
        found.setdefault(place, []).append((to_day(since), opens, closes))
    return found


def _terms(register: Any, events: Sequence[Event]) -> RegisterTerms:  # noqa: ANN401 - a row of _REGISTER and resource
    turn = 0
    if register.kind == "cumulative" and register.digits:
        factor = resource(register.resource).measure(register.measure).factor
        turn = round(10**register.digits * factor * THOUSANDTHS)
    return RegisterTerms(
        id=register.id,
        meter_id=register.meter_id,
        kind=register.kind,
        sign=-1 if register.direction == "export" else 1,
        counts=register.counts,
        priority=register.priority,
        multiplier=(register.multiplier_num, register.multiplier_den),
        rollover=turn,
        digits=register.digits,
        interval=register.interval_seconds,
        events=tuple(events),
    )


def _events(session: Session, register_ids: Sequence[int]) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = {}
    for row in session.scalars(select(MeterEvent).where(MeterEvent.register_id.in_(register_ids))):
        event = Event(row.kind, int(row.at.timestamp()), row.final_value, row.initial_value)
        found.setdefault(row.register_id, []).append(event)
    return found


def _corrections(session: Session, meters: _MeterRows) -> Corrections:
    """Read the corrections in force by register, in order of their making."""
    ids = [one.id for _, registers in meters.values() for one in registers]
    found: Corrections = {}
    for begin in range(0, len(ids), _IDS):
        query = select(Correction).where(
            Correction.register_id.in_(ids[begin : begin + _IDS]), Correction.voided_at.is_(None)
        )
        for row in session.scalars(query.order_by(Correction.id)):
            found.setdefault(row.register_id, []).append((row.operation, row.start_at, row.end_at, row.value))
    return found


# ---------------------------------------------------------------- which days


def _near(session: Session, ranges: Ints) -> Ints:
    """Look around ranges (register, lo, hi): register, end of the NEIGHBOURS before, begin of the first inside, end of those after."""
    parts = []
    for values in _bulk.literals(ranges[:, 0], ranges[:, 1], ranges[:, 2]):
        near = "SELECT r.end_at AS e, r.start_at AS s FROM reading r WHERE r.register_id = t.id AND r.end_at"
        sql = (
            f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT t.id, "
            f"COALESCE((SELECT min(n.e) FROM ({near} < t.lo ORDER BY r.end_at DESC LIMIT {NEIGHBOURS}) AS n), t.lo), "
            f"COALESCE((SELECT min(n.s) FROM ({near} >= t.lo ORDER BY r.end_at LIMIT {NEIGHBOURS}) AS n), t.lo), "
            f"COALESCE((SELECT max(n.e) FROM ({near} > t.hi ORDER BY r.end_at LIMIT {NEIGHBOURS}) AS n), t.hi), t.lo FROM t"
        )
        found = _bulk.rows_of(session, sql, 5)
        found[:, 2] = np.minimum(found[:, 2], found[:, 4])
        parts.append(found[:, :4])
    return np.concatenate(parts)


def _reach(session: Session, ranges: Ints) -> Ints:
    """Widen ranges (register, lo, hi) to NEIGHBOURS readings on either side, and to where the first of them begins."""
    found = _near(session, ranges)
    return np.column_stack([found[:, 0], np.minimum(found[:, 1], found[:, 2]), found[:, 3]])


def _past_voids(ranges: Ints, corrections: Corrections) -> Ints:
    """Widen ranges over the voided spans and replaced readings that they meet: the next true reading lies beyond."""
    result = ranges.copy()
    for row in result:
        for _, start, end, _ in corrections.get(int(row[0]), ()):
            if start <= row[2] and end >= row[1]:
                row[1], row[2] = min(row[1], start), max(row[2], end)
    return result


def _jobs(session: Session, meters: _MeterRows, touched: pd.DataFrame, corrections: Corrections) -> list[Job]:
    ranges = touched[["register_id", "first_end", "last_end"]].to_numpy(dtype=np.int64)
    owner = {one.id: one for _, registers in meters.values() for one in registers}
    spans: dict[int, tuple[int, int]] = {}
    happened = np.isin(ranges[:, 0], [one.id for one in owner.values() if one.kind == "event"])
    for register, first, final in ranges[happened].tolist():  # an event tells of its own instant alone
        known = spans.get(owner[register].meter_id, (first, final))
        spans[owner[register].meter_id] = (min(known[0], first), max(known[1], final))
    ranges = ranges[~happened]
    ranges = _near(session, _past_voids(ranges, corrections)) if len(ranges) else ranges
    for register, before, begin, high in ranges.tolist():
        one = owner.get(register)
        if one is None:
            continue
        # An interval that knows its length tells nothing of what came before it.
        alone = one.interval and not one.cumulative
        low = (begin if alone else min(before, begin)) - one.interval
        known = spans.get(one.meter_id, (low, high))
        spans[one.meter_id] = (min(known[0], low), max(known[1], high))
    return [
        Job(site, meter, registers, local_day(spans[meter][0], site.zone), local_day(spans[meter][1], site.zone))
        for meter, (site, registers) in meters.items()
        if meter in spans
    ]


def _whole(session: Session, meter: int, site: Site, registers: tuple[RegisterTerms, ...]) -> Iterator[Job]:
    """Give the job of a meter's whole history: from its first reading, estimate or derived day to its last."""
    ids = ",".join(str(one.id) for one in registers)
    far = (
        f"SELECT COALESCE(min(COALESCE(r.start_at, r.end_at)), 0), COALESCE(max(r.end_at), 0) FROM reading r WHERE r.register_id IN ({ids})",
        f"SELECT COALESCE(min(s.start_at), 0), COALESCE(max(s.end_at), 0) FROM event_span s WHERE s.register_id IN ({ids})",
        f"SELECT COALESCE(min(e.start_day), 0), COALESCE(max(e.end_day), 0) FROM estimate e WHERE e.meter_id = {meter}",
        f"SELECT COALESCE(min(d.day), 0), COALESCE(max(d.day), 0) FROM daily_consumption d WHERE d.meter_id = {meter}",
    )
    readings, complete, estimates, days = (_bulk.rows_of(session, sql, 2)[0].tolist() for sql in far)
    known = [span for span in (estimates, days) if span[1]]
    if readings[1]:
        longest = max(one.interval for one in registers)
        known.append([local_day(readings[0] - longest, site.zone), local_day(readings[1], site.zone)])
    if complete[1]:
        known.append([local_day(complete[0], site.zone), local_day(complete[1] - 1, site.zone)])
    if known:
        yield Job(site, meter, registers, min(span[0] for span in known), max(span[1] for span in known))


def _lots(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    """Group jobs of one site into lots that fit into memory."""
    ordered = sorted(jobs, key=lambda job: (job.site.zone, job.site.country, job.site.hours, job.first))
    for _, group in groupby(ordered, key=lambda job: job.site):
        lot: list[Job] = []
        rows = registers = 0
        first, last = 2**31, -(2**31)
        for job in group:
            rows, registers = rows + job.rows, registers + len(job.registers)
            first, last = min(first, job.first), max(last, job.last)
            if lot and (rows > MOST_ROWS or registers * (last - first + 1) > MOST_CELLS):
                yield lot
                lot, rows, registers, first, last = [], job.rows, len(job.registers), job.first, job.last
            lot.append(job)
        if lot:
            yield lot


# ---------------------------------------------------------------- one lot


def _run(session: Session, lot: Sequence[Job], corrections: Corrections, known: pd.DataFrame | None) -> int:
    """Read what a lot of meters needs, derive, write; gives the rows written."""
    first, last = min(job.first for job in lot), max(job.last for job in lot)
    days = lot[0].site.days(first, last)
    edges = days.edges
    terms = [one for job in lot for one in job.registers]
    index = {one.id: position for position, one in enumerate(terms)}
    ranges = np.array(
        [[one.id, edges[job.first - first], edges[job.last + 1 - first]] for job in lot for one in job.registers],
        dtype=np.int64,
    )
    points = _points(session, _past_voids(_reach(session, _past_voids(ranges, corrections)), corrections), index, known)
    overlays = [(index[one.id], *correction) for one in terms for correction in corrections.get(one.id, ())]
    estimates = _estimates(session, [job.meter_id for job in lot])
    spans = _spans(session, index, terms, (int(edges[0]), int(edges[-1])))
    frame = daily(points, terms, days, corrections=overlays, estimates=estimates, spans=spans)
    return _write(session, lot, frame)


def _points(session: Session, ranges: Ints, index: dict[int, int], known: pd.DataFrame | None) -> Points:
    """Read the readings of ranges (register, lo, hi), except those that are known already."""
    rows = [_read(session, ranges if known is None or not len(known) else _around(ranges, known))]
    if known is not None and len(known):
        columns = [
            known[name].to_numpy(dtype=np.int64) for name in ("register_id", "end_at", "start_at", "value", "quality")
        ]
        mine = np.isin(columns[0], ranges[:, 0])
        rows.append(np.column_stack([column if mine.all() else column[mine] for column in columns]))
    both = rows[0] if len(rows) == 1 else np.concatenate(rows)
    ids = np.array(sorted(index), dtype=np.int64)
    positions = np.array([index[one] for one in ids.tolist()], dtype=np.int64)
    reg = positions[np.searchsorted(ids, both[:, 0])]
    return Points(reg, *(np.ascontiguousarray(both[:, column]) for column in (1, 2, 3, 4)))


def _around(ranges: Ints, known: pd.DataFrame) -> Ints:
    """Give what is left of the ranges on either side of the known readings' spans."""
    spans = known.groupby("register_id", sort=True)["end_at"].agg(["min", "max"])
    ids, low, high = spans.index.to_numpy(), spans["min"].to_numpy(), spans["max"].to_numpy()
    position = np.minimum(np.searchsorted(ids, ranges[:, 0]), len(ids) - 1)
    inside = ids[position] == ranges[:, 0]
    before, after = ranges.copy(), ranges[inside].copy()
    before[inside, 2] = np.minimum(before[inside, 2], low[position[inside]] - 1)
    after[:, 1] = np.maximum(after[:, 1], high[position[inside]] + 1)
    both = np.concatenate([before, after])
    return both[both[:, 1] <= both[:, 2]]


def _read(session: Session, ranges: Ints) -> Ints:
    parts = [np.empty((0, 5), dtype=np.int64)]
    if len(ranges):
        for values in _bulk.literals(ranges[:, 0], ranges[:, 1], ranges[:, 2]):
            sql = (
                f"WITH t(id, lo, hi) AS (VALUES {values}) "
                f"SELECT r.register_id, r.end_at, COALESCE(r.start_at, {NO_START}), r.value, r.quality "
                "FROM t CROSS JOIN reading r WHERE r.register_id = t.id AND r.end_at BETWEEN t.lo AND t.hi"
            )
            parts.append(_bulk.rows_of(session, sql, 5))
    return np.concatenate(parts)


def _spans(
    session: Session, index: dict[int, int], terms: Sequence[RegisterTerms], within: tuple[int, int]
) -> list[Span]:
    """Read the stretches of event registers with a complete record that meet a stretch of time."""
    ids = [one.id for one in terms if one.kind == "event"]
    found: list[Span] = []
    for begin in range(0, len(ids), _IDS):
        query = select(EventSpan.register_id, EventSpan.start_at, EventSpan.end_at).where(
            EventSpan.register_id.in_(ids[begin : begin + _IDS]),
            EventSpan.start_at < within[1],
            EventSpan.end_at > within[0],
        )
        found += [(index[row.register_id], row.start_at, row.end_at) for row in session.execute(query)]
    return found


def _estimates(session: Session, meter_ids: Sequence[int]) -> list[EstimateTerms]:
    query = select(Estimate).where(Estimate.meter_id.in_(meter_ids), Estimate.voided_at.is_(None)).order_by(Estimate.id)
    return [
        EstimateTerms(row.meter_id, to_day(row.start_day), to_day(row.end_day), row.quantity)
        for row in session.scalars(query)
    ]


def _write(session: Session, lot: Sequence[Job], frame: pd.DataFrame) -> int:
    """Put the lot's days in place of what was derived before."""
    columns = {name: frame[name].to_numpy(dtype=np.int64) for name in frame.columns}
    ids = np.array(sorted(job.meter_id for job in lot), dtype=np.int64)
    spans = {job.meter_id: (job.first, job.last) for job in lot}
    position = np.searchsorted(ids, columns["meter_id"])
    low = np.array([spans[one][0] for one in ids.tolist()], dtype=np.int64)[position]
    high = np.array([spans[one][1] for one in ids.tolist()], dtype=np.int64)[position]
    mine = (columns["day"] >= low) & (columns["day"] <= high)
    columns = {name: values[mine] for name, values in columns.items()}
    columns["rule_version"] = np.full(int(mine.sum()), RULE_VERSION, dtype=np.int64)
    mark = "?" if _bulk.is_sqlite(session) else "%s"
    session.connection().exec_driver_sql(
        f"DELETE FROM daily_consumption WHERE meter_id = {mark} AND day BETWEEN {mark} AND {mark}",
        [(job.meter_id, job.first, job.last) for job in lot],
    )
    _bulk.insert(session, "daily_consumption", columns, narrow=_NARROW)
    return int(mine.sum())
