"""Deliveries day by day: the meters of a unit over the days of a month, the calendar of a year, and the holes in it."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.before import last_runs
from monitor.database.days import days_of
from monitor.database.tables import Document, ImportRun, Source
from monitor.domain.access import Actor
from monitor.domain.alerts import stretches
from monitor.domain.periods import day_edges, year_days
from monitor.queries._expected import (
    COMPLETE,
    MISSING,
    NOT_DUE,
    NOT_EXPECTED,
    PARTIAL,
    STATES,
    DayRow,
    begun,
    spans,
    together,
)
from monitor.queries._meters import Layout, load_layout
from monitor.queries._tree import load_tree
from monitor.queries.scope import require_unit

__all__ = ["Gap", "days", "gaps", "of_year", "together"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Days first..last (inclusive) on which a meter lacks data, `seconds` in all; the last run that read it before."""

    meter_id: int
    code: str
    name_zh: str
    name_en: str
    first: int
    last: int
    seconds: int
    run_id: int | None
    document: str
    source: str


def days(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int, *, now: datetime | None = None
) -> list[DayRow]:
    """Give the meters of a unit's sub-tree over the days start..end-1, by code; NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    own = spans(layout, tree, [unit_id], (start, end)).get(unit_id, {})
    meters = sorted(own)
    begun_at, due_to = begun(session, layout, meters, now or datetime.now(UTC))
    measured = days_of(session, resource, meters, start, end).covered
    day = np.arange(start, end, dtype=np.int64)
    rows = []
    for meter_id, covered in sorted(zip(meters, measured, strict=True), key=lambda one: layout.meters[one[0]].code):
        meter = layout.meters[meter_id]
        lengths = Layout.day_seconds(meter.zone, start, end)
        inside = np.zeros(end - start, dtype=np.bool_)
        for first, last in own[meter_id]:
            inside[first - start : last - start] = meter_id in begun_at
        inside &= day >= begun_at.get(meter_id, start)
        states = np.select(
            [~inside, covered >= lengths, day >= due_to[meter_id], covered > 0],
            [STATES.index(state) for state in (NOT_EXPECTED, COMPLETE, NOT_DUE, PARTIAL)],
            STATES.index(MISSING),
        )
        names = (meter.code, meter.name_zh, meter.name_en)
        rows.append(DayRow(meter_id, *names, start, states, covered * inside, lengths * inside))
    return rows


def of_year(
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, *, now: datetime | None = None
) -> list[DayRow]:
    """Give the meters of a unit's sub-tree over the days of a year; NotFound for a stranger."""
    return days(session, actor, unit_id, resource, *year_days(year), now=now)


def gaps(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    start: int,
    end: int,
    *,
    now: datetime | None = None,
    limit: int = 200,
) -> list[Gap]:
    """List the holes in the data of a unit's meters within start..end-1, the newest first; NotFound for a stranger."""
    tree = load_tree(session)
    zones = {meter.id: meter.zone for meter in load_layout(session, resource, tree).meters.values()}
    found = []
    for row in days(session, actor, unit_id, resource, start, end, now=now):
        for first, last in stretches((np.flatnonzero(row.lacking) + row.first).tolist()):
            part = slice(first - row.first, last - row.first + 1)
            edge = int(day_edges(zones[row.meter_id], start, end)[first - start])
            found.append((row, first, last, int((row.expected[part] - row.covered[part]).sum()), edge))
    found.sort(key=lambda one: (-one[2], one[0].code))
    del found[limit:]
    runs = last_runs(session, [(row.meter_id, edge) for row, *_, edge in found])
    names = _documents(session, set(runs.values()))
    gaps_found = []
    for row, first, last, seconds, edge in found:
        run = runs.get((row.meter_id, edge))
        named = names.get(run, ("", "")) if run is not None else ("", "")
        meter = (row.meter_id, row.code, row.name_zh, row.name_en)
        gaps_found.append(Gap(*meter, first, last, seconds, run, *named))
    return gaps_found


def _documents(session: Session, runs: set[int]) -> dict[int, tuple[str, str]]:
    """Name the document and the source of runs."""
    chosen = (
        select(ImportRun.id, Document.name, Source.code)
        .outerjoin(Document, Document.id == ImportRun.document_id)
        .outerjoin(Source, Source.id == ImportRun.source_id)
        .where(ImportRun.id.in_(sorted(runs)))
    )
    return {run: (document or "", source or "") for run, document, source in session.execute(chosen)}
