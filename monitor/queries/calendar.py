"""Deliveries day by day: the meters of a unit over the days of a month, the calendar of a year, and the holes in it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption, Document, ImportRun, Reading, Register, Source
from monitor.domain.access import Actor
from monitor.domain.alerts import stretches
from monitor.domain.periods import day_edges, year_days
from monitor.queries._expected import (
    COMPLETE,
    MISSING,
    NOT_DUE,
    NOT_EXPECTED,
    PARTIAL,
    Cell,
    DayRow,
    known,
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
    read = known(session, layout, {unit_id: own}, (start, end), now or datetime.now(UTC))
    table = DailyConsumption
    within = select(table.meter_id, table.day, table.covered).where(
        table.meter_id.in_(sorted(own)), table.day >= start, table.day < end
    )
    covered: dict[int, dict[int, int]] = defaultdict(dict)
    for measured, day, seconds in session.execute(within):
        covered[measured][day] = seconds
    rows = []
    for meter_id in sorted(own, key=lambda one: layout.meters[one].code):
        meter = layout.meters[meter_id]
        lengths = Layout.day_seconds(meter.zone, start, end)
        expected = {day for first, last in own[meter_id] for day in range(first, last)}
        begun, due = read.first.get(meter_id), read.due_to[meter_id]
        cells = tuple(
            _cell(covered[meter_id].get(day, 0), int(lengths[day - start]), day, (begun, due))
            if day in expected
            else Cell(NOT_EXPECTED)
            for day in range(start, end)
        )
        rows.append(DayRow(meter_id, meter.code, meter.name_zh, meter.name_en, start, cells))
    return rows


def _cell(covered: int, length: int, day: int, when: tuple[int | None, int]) -> Cell:
    """Judge a day of a meter."""
    begun, due = when
    if begun is None or day < begun:
        return Cell(NOT_EXPECTED)
    if covered >= length:
        return Cell(COMPLETE, covered, length)
    if day >= due:
        return Cell(NOT_DUE, covered, length)
    return Cell(PARTIAL if covered else MISSING, covered, length, 1)


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
    found = []
    rows = days(session, actor, unit_id, resource, start, end, now=now)
    for row in rows:
        lacking = [row.first + index for index, cell in enumerate(row.cells) if cell.state in {MISSING, PARTIAL}]
        for first, last in stretches(lacking):
            cells = row.cells[first - row.first : last - row.first + 1]
            found.append((row, first, last, sum(cell.expected - cell.covered for cell in cells)))
    found.sort(key=lambda one: (-one[2], one[0].code))
    zones = {meter.id: meter.zone for meter in load_layout(session, resource, load_tree(session)).meters.values()}
    return [
        Gap(
            row.meter_id, row.code, row.name_zh, row.name_en, first, last, seconds, *_before(session, row, first, zones)
        )
        for row, first, last, seconds in found[:limit]
    ]


def _before(session: Session, row: DayRow, first: int, zones: dict[int, str]) -> tuple[int | None, str, str]:
    """Find the run that brought the last reading of a meter before a hole; nothing where there is none."""
    edge = int(day_edges(zones[row.meter_id], first, first + 1)[0])
    chosen = (
        select(Reading.run_id, Document.name, Source.code)
        .join(Register, Register.id == Reading.register_id)
        .outerjoin(ImportRun, ImportRun.id == Reading.run_id)
        .outerjoin(Document, Document.id == ImportRun.document_id)
        .outerjoin(Source, Source.id == ImportRun.source_id)
        .where(Register.meter_id == row.meter_id, Reading.end_at <= edge)
        .order_by(Reading.end_at.desc())
        .limit(1)
    )
    last = session.execute(chosen).one_or_none()
    return (None, "", "") if last is None else (last[0], last[1] or "", last[2] or "")
