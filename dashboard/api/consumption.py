"""Consumption of a unit or a meter by day, month or year, as JSON or CSV."""

import csv
import io
from datetime import date

from dashboard.api import models
from dashboard.api.ask import Ask, Raw, Route
from dashboard.api.models import Name, UnitRef
from dashboard.api.questions import SPAN, SPAN_BY_DAY, ConsumptionAsked
from dashboard.api.values import figure, ref
from dashboard.components.tables import inert
from monitor.domain.periods import from_day, to_day
from monitor.domain.resources import resource
from monitor.errors import ConfigurationError, NotFound
from monitor.i18n import N_
from monitor.queries import inventory, periods, scope
from monitor.queries.periods import By, PeriodRow
from monitor.services.tokens import READ_CONSUMPTION

CSV = "text/csv"
COLUMNS = ("from", "to", "quantity", "value", "coverage", "estimated_share")
ONE_OF = N_("Name either a unit with its resource, or a meter.")
SPAN_WRONG = N_("The days from … to … are too many or stand the wrong way round: at most {days} days here.")


def _consumption(ask: Ask) -> models.Consumption:
    asked: ConsumptionAsked = ask.question
    start, end = _span(ask, asked)
    if asked.meter is not None and asked.unit is None:
        return _of_meter(ask, asked, start, end)
    if asked.unit is None or asked.meter is not None or asked.resource is None:
        raise ConfigurationError("UNIT_OR_METER", ONE_OF)
    unit = scope.unit_by_code(ask.session, ask.actor, asked.unit)
    who = (ask.session, ask.actor, unit.id, asked.resource)
    rows = periods.of_unit(*who, start, end, by=By(asked.by), assessed=asked.assessed)
    zone = inventory.zone(*who)
    return _answer(ask, rows, unit=ref(unit), meter=None, resource_code=asked.resource, zone=zone)


def _of_meter(ask: Ask, asked: ConsumptionAsked, start: int, end: int) -> models.Consumption:
    found = inventory.meter_id(ask.session, ask.actor, asked.meter or "")
    meter = scope.require_meter(ask.session, ask.actor, -1 if found is None else found)
    if asked.resource not in {None, meter.resource}:
        raise NotFound("NOT_FOUND", scope.NO_SUCH_METER)
    rows = periods.of_meter(ask.session, ask.actor, meter.id, start, end, by=By(asked.by))
    named = UnitRef(code=meter.code, name=Name(zh=meter.name_zh, en=meter.name_en))
    return _answer(ask, rows, unit=None, meter=named, resource_code=meter.resource, zone=meter.zone)


def _span(ask: Ask, asked: ConsumptionAsked) -> tuple[int, int]:
    """Give first day and the day after the last; days that are not complete yet are left out."""
    start = to_day(asked.from_)
    wanted = ask.latest if asked.to is None else to_day(asked.to)
    most = SPAN_BY_DAY if asked.by == "day" else SPAN
    if (wanted < start and asked.to is not None) or wanted - start >= most:
        raise ConfigurationError("SPAN_WRONG", SPAN_WRONG, parameter="to", days=most)
    return start, max(min(wanted, ask.latest) + 1, start)


def _answer(
    ask: Ask,
    rows: list[PeriodRow],
    *,
    unit: UnitRef | None,
    meter: UnitRef | None,
    resource_code: str,
    zone: str | None,
) -> models.Consumption:
    asked: ConsumptionAsked = ask.question
    known = resource(resource_code)
    start, end = _span(ask, asked)
    return models.Consumption(
        unit=unit,
        meter=meter,
        resource=resource_code,
        base_measure=known.base,
        measure=known.display,
        zone=zone,
        by=asked.by,
        assessed=asked.assessed and meter is None,
        from_=from_day(start),
        to=max(from_day(end - 1), from_day(start)),
        data_version=ask.version,
        rows=[_row(row, resource_code) for row in rows],
    )


def _row(row: PeriodRow, resource_code: str) -> models.Row:
    found = figure(row.amount, resource_code)
    return models.Row(
        from_=from_day(row.start),
        to=from_day(row.end - 1),
        quantity=found.quantity,
        value=found.value,
        coverage=found.coverage,
        estimated_share=found.estimated_share,
    )


def to_csv(answer: models.Consumption) -> Raw:
    """Write the rows as CSV: one line each, the unit or meter, resource and measure in front of the figures; missing is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    which = answer.unit or answer.meter
    front = [inert(which.code) if which else "", answer.resource, answer.measure]
    writer.writerow(["unit" if answer.unit else "meter", "resource", "measure", *COLUMNS])
    for row in answer.rows:
        cells = (row.from_, row.to, row.quantity, row.value, row.coverage, row.estimated_share)
        writer.writerow([*front, *("" if cell is None else _plain(cell) for cell in cells)])
    return Raw(out.getvalue().encode(), CSV)


def _plain(cell: date | int | str) -> str:
    return cell.isoformat() if isinstance(cell, date) else str(cell)


ROUTES = (
    Route(
        "/consumption",
        READ_CONSUMPTION,
        N_("Consumption of a unit or a meter by day, month or year; JSON, or CSV by Accept: text/csv"),
        ConsumptionAsked,
        models.Consumption,
        _consumption,
        csv=to_csv,
    ),
)
