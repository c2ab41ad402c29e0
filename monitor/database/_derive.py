"""How derived days are made anew: which days are affected, what must be read for them, a bounded lot at a time."""
# ruff: noqa: S608 - these statements are built of constants and integers only

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, cast

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints
from monitor.database._look import Corrections, Look, rows_of
from monitor.database._recent import Recent
from monitor.database.tables import Correction, Estimate, EventSpan, Meter, MeterEvent, Place, PlaceHours, Register
from monitor.domain.consumption import RULE_VERSION, EstimateTerms, daily
from monitor.domain.events import Span
from monitor.domain.periods import DAY_SECONDS, day_edges, local_day, to_day, workdays
from monitor.domain.registers import Event, Points, RegisterTerms
from monitor.domain.resources import THOUSANDTHS, resource
from monitor.domain.spread import Days

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


_MeterRows = dict[int, tuple[Site, tuple[RegisterTerms, ...]]]


def rebuild(session: Session, touched: pd.DataFrame, known: pd.DataFrame | None, recent: Recent | None) -> int:
    """See monitor.database.readings.rebuild_daily."""
    if not len(touched):
        return 0
    session.flush()
    meters, corrections = _terms_of(session, touched["register_id"], recent)
    look = Look(session, corrections, rows_of(known), recent)
    written = sum(_run(session, lot, look) for lot in _lots(_jobs(look, meters, touched)))
    look.remember()
    return written


def _terms_of(session: Session, registers: "pd.Series[int]", recent: Recent | None) -> tuple[_MeterRows, Corrections]:
    """Read the meters of registers and their corrections, unless the part before was about the same registers."""
    same = registers.to_numpy(dtype=np.int64).tobytes()
    if recent is not None and recent.meters is not None and recent.touched == same:
        return cast("tuple[_MeterRows, Corrections]", recent.meters)
    meters = _meters(session, Register.id, registers.tolist())
    found = meters, _corrections(session, meters)
    if recent is not None:
        recent.meters, recent.touched = found, same
    return found


def rebuild_meters(session: Session, meter_ids: Iterable[int]) -> int:
    """See monitor.database.readings.rebuild_meters."""
    session.flush()
    meters = _meters(session, Register.meter_id, list(meter_ids))
    corrections = _corrections(session, meters)
    jobs = [job for meter, (site, registers) in meters.items() for job in _whole(session, meter, site, registers)]
    look = Look(session, corrections, None, None)
    return sum(_run(session, lot, look) for lot in _lots(jobs))


def _meters(session: Session, column: object, ids: Sequence[int]) -> _MeterRows:
    """Read the meters that have these registers (or ids) with all their registers, events and sites."""
    place = (Place.id.label("place"), Place.zone, Place.country, Place.office_from, Place.office_to)
    columns = (*_REGISTER, Meter.resource, *place)
    changes = _hours(session)
    found: dict[int, tuple[Site, dict[int, RegisterTerms]]] = {}
    for begin in range(0, len(ids), _IDS):
        wanted = select(Register.meter_id).where(column.in_(ids[begin : begin + _IDS]))  # type: ignore[attr-defined]  # a column
        query = select(*columns).join(Meter, Meter.id == Register.meter_id).join(Place, Place.id == Meter.place_id)
        used = query.where(Register.meter_id.in_(wanted), Register.kind != "gauge")  # a state has no days to derive
        rows = session.execute(used.order_by(Register.id)).all()
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


def _jobs(look: Look, meters: _MeterRows, touched: pd.DataFrame) -> list[Job]:
    ranges = touched[["register_id", "first_end", "last_end"]].to_numpy(dtype=np.int64)
    owner = {one.id: one for _, registers in meters.values() for one in registers}
    spans: dict[int, tuple[int, int]] = {}
    happened = np.isin(ranges[:, 0], [one.id for one in owner.values() if one.kind == "event"])
    for register, first, final in ranges[happened].tolist():  # an event tells of its own instant alone
        known = spans.get(owner[register].meter_id, (first, final))
        spans[owner[register].meter_id] = (min(known[0], first), max(known[1], final))
    ranges = ranges[~happened]
    ranges = look.near(ranges) if len(ranges) else ranges
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
        Job(site, meter, registers, *_days_of(spans[meter], site.zone))
        for meter, (site, registers) in meters.items()
        if meter in spans
    ]


@lru_cache(maxsize=4096)
def _days_of(span: tuple[int, int], zone: str) -> tuple[int, int]:
    """Give the local days of the first and the last instant; most meters of a file share their span."""
    return local_day(span[0], zone), local_day(span[1], zone)


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


def _run(session: Session, lot: Sequence[Job], look: Look) -> int:
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
    points = _points(look.readings(ranges), index)
    overlays = [(index[one.id], *correction) for one in terms for correction in look.corrections.get(one.id, ())]
    estimates = _estimates(session, [job.meter_id for job in lot])
    spans = _spans(session, index, terms, (int(edges[0]), int(edges[-1])))
    frame = daily(points, terms, days, corrections=overlays, estimates=estimates, spans=spans)
    return _write(session, lot, frame)


def _points(rows: Ints, index: dict[int, int]) -> Points:
    """Number the registers as the terms are."""
    ids = np.array(sorted(index), dtype=np.int64)
    positions = np.array([index[one] for one in ids.tolist()], dtype=np.int64)
    reg = positions[np.searchsorted(ids, rows[:, 0])]
    return Points(reg, *(np.ascontiguousarray(rows[:, column]) for column in (1, 2, 3, 4)))


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
