"""Meter: the days of one meter, and the readings of a day or more with the receipt each came from."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import flask
import pandas as pd
from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context
from dashboard.components import charts, history
from dashboard.components.layout import facts, graph, grid, head, panel, period
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.pages._meter_gauge import gauge_days, gauge_table
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day, to_day
from monitor.domain.resources import GAUGES, from_quantity
from monitor.i18n import N_
from monitor.queries import explain, scope, weather
from monitor.queries.explain import MeterDay, RegisterRow

PATH = "/meter"
NAME = N_("Meter")
DAYS, READINGS, OVERLAYS = N_("Days of this meter"), N_("Readings"), N_("Corrections and estimates")
OPEN_A_DAY = N_("Choose a day in the table to see the readings it comes from.")
LONGEST, LIMIT = 366, 2000
QUALITIES = (N_("measured"), N_("estimated"), N_("suspect"))
DIRECTIONS = {"import": N_("adds (import)"), "export": N_("takes off (export)")}
KINDS = {"interval": N_("interval"), "cumulative": N_("cumulative"), "bill": N_("bill"), "event": N_("events")} | {
    "gauge": N_("state")
}
OPERATIONS = {"void": N_("left out"), "replace": N_("replaced"), "estimate": N_("estimated")}


def layout(**given: str) -> Component:
    """Build the page: parameters meter (id), start, as_of (last day), day (opens its readings)."""
    here = context.current()
    meter_id = _id(given.get("meter", ""))
    last = _day(given.get("as_of", ""), to_day(here.now().date()))
    first = max(min(_day(given.get("start", ""), last - LONGEST + 1), last), last - LONGEST + 1)
    day = _day(given.get("day", ""), -1)
    with here.session() as session:
        meter = scope.require_meter(session, here.actor, meter_id)
        days = _opening(session, here, meter, (first, last + 1), given)
        registers = explain.registers(session, here.actor, meter_id)
        readings = _readings(session, here, meter.resource, registers, day=day, meter_id=meter_id) if day > 0 else None
        overlays = explain.overlays(session, here.actor, meter_id)
        written = history.of(here, session, "meter", meter.code)
    title = f"{meter.code} {meter.name_zh if here.language == 'zh' else meter.name_en}"
    parts = [days]
    parts.append(
        readings
        if readings is not None
        else panel(here, here.say(READINGS), html.P(here.say(OPEN_A_DAY), className="reason"))
    )
    parts.append(_registers(here, registers))
    if overlays:
        parts.append(_overlays(here, overlays))
    parts += [] if written is None else [written]
    return html.Div([head(title, period(here, first, last + 1)), grid(*parts)])


def _opening(
    session: Session, here: Context, meter: scope.MeterRow, span: tuple[int, int], given: Mapping[str, str]
) -> Component:
    """Draw the days: what was used, or of a gauge the mean that was read."""
    again = {"meter": meter.id, "start": given.get("start", ""), "as_of": given.get("as_of", "")}
    if meter.resource in GAUGES:
        return gauge_days(session, here, meter.id, span, again)
    return _days(here, meter.resource, explain.meter_days(session, here.actor, meter.id, *span), again)


def _day(text: str, default: int) -> int:
    try:
        return to_day(date.fromisoformat(text))
    except ValueError:
        return default


def _days_table(here: Context, resource: str, days: list[MeterDay], again: dict[str, object]) -> Table:
    columns = (
        Column(here.say(N_("Day")), "link"),
        Column(here.say(N_("Metered")), "quantity", resource),
        Column(here.say(N_("Coverage")), "percent"),
        Column(here.say(N_("Estimated")), "quantity", resource),
        Column(here.say(N_("Outside office hours")), "quantity", resource),
    )
    rows = []
    for one in reversed(days):
        date_text = iso(one.day)
        share = one.covered / one.expected if one.expected else None
        used, off = (one.quantity, one.off_hours) if one.known else (None, None)
        rows.append(
            ((date_text, address("/meter", **{**again, "day": date_text})), used, share, one.estimated or None, off)
        )
    return Table(columns, rows)


def _days(here: Context, resource: str, days: list[MeterDay], again: dict[str, object]) -> Component:
    values = [float(from_quantity(one.quantity, resource)) if one.known else None for one in days]
    whole = Amount(None, sum(one.covered for one in days), sum(one.expected for one in days))
    below = facts(here, resource, (days[0].day, days[-1].day + 1), whole) if days else ""
    measure = i18n.measure_name(resource, here.language)
    labels = (here.say(N_("Metered")), "", "")
    drawn = charts.cumulative(
        [iso(one.day) for one in days], values, ([], []), names=labels, measure=measure, theme=here.theme
    )
    title = here.say(DAYS)
    return panel(
        here,
        title,
        [
            graph(drawn, f"{title}, {below}", here, height=220),
            table(_days_table(here, resource, days, again), here.language),
        ],
        below=below,
        csv=address("/export/meter-days.csv", **again),
    )


def iso(day: int) -> str:
    """Give a day as ISO text: it is an address here, not a figure."""
    return from_day(day).isoformat()


def _readings_table(session: Session, here: Context, resource: str, registers: list[RegisterRow], *, day: int) -> Table:
    columns = (
        Column(here.say(N_("Register"))),
        Column(here.say(N_("From")), "moment"),
        Column(here.say(N_("To")), "moment"),
        Column(here.say(N_("Value as read")), "quantity", resource, 3),
        Column(here.say(N_("Multiplier"))),
        Column(here.say(N_("Quality"))),
        Column(here.say(N_("Receipt")), "link"),
        Column(here.say(N_("Row")), "number"),
    )
    rows: list[tuple[Any, ...]] = []
    for register in registers:
        frame = explain.readings(session, here.actor, register.id, day, day + 1, LIMIT)
        for row in frame.to_dict("records"):
            receipt = (f"#{row['run_id']} {row['document'] or ''}".strip(), address("/receipt", run=row["run_id"]))
            quality = here.say(QUALITIES[int(row["quality"])])
            name = f"{here.say(KINDS.get(register.kind, register.kind))} {register.code}".strip()
            spans = (_instant(here, row["start_at"]), _instant(here, row["end_at"]))
            factor = str(register.multiplier)
            rows.append((name, *spans, int(row["value"]), factor, quality, receipt, int(row["row_no"])))
    return Table(columns, rows)


def _readings(
    session: Session, here: Context, resource: str, registers: list[RegisterRow], *, day: int, meter_id: int
) -> Component:
    below = facts(here, resource, (day, day + 1))
    drawn = table(_readings_table(session, here, resource, registers, day=day), here.language)
    return panel(
        here, here.say(READINGS), drawn, below=below, csv=address("/export/readings.csv", meter=meter_id, day=iso(day))
    )


def _instant(here: Context, value: Any) -> datetime | None:
    return None if pd.isna(value) else here.local(datetime.fromtimestamp(int(value), UTC))


def _registers(here: Context, registers: list[RegisterRow]) -> Component:
    columns = tuple(
        Column(here.say(one))
        for one in (N_("Register"), N_("Kind"), N_("Measure"), N_("Direction"), N_("Multiplier"), N_("Priority"))
    )
    rows = [
        (
            r.code or "–",
            here.say(KINDS.get(r.kind, r.kind)),
            r.measure,
            here.say(DIRECTIONS.get(r.direction, r.direction)),
            str(r.multiplier),
            str(r.priority),
        )
        for r in registers
    ]
    return panel(here, here.say(N_("Registers")), table(Table(columns, rows), here.language))


def _overlays(here: Context, overlays: list[explain.Overlay]) -> Component:
    heads = (N_("What"), N_("Reason"), N_("Who"))
    columns = (
        *(Column(here.say(one)) for one in heads),
        Column(here.say(N_("When")), "moment"),
        Column(here.say(N_("Withdrawn")), "moment"),
    )
    rows = [
        (here.say(OPERATIONS.get(o.kind, o.kind)), o.reason, o.actor, here.local(o.created_at), here.local(o.voided_at))
        for o in overlays
    ]
    return panel(here, here.say(OVERLAYS), table(Table(columns, rows), here.language))


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1  # noqa: PLR2004 - what fits an id


def _asked() -> tuple[int, int, int, int]:
    """Read meter, first and last day, and the day opened from the address, as the page does."""
    given = flask.request.args
    text = given.get("meter", "")
    last = _day(given.get("as_of", ""), to_day(context.current().now().date()))
    first = max(min(_day(given.get("start", ""), last - LONGEST + 1), last), last - LONGEST + 1)
    return _id(text), first, last, _day(given.get("day", ""), last)


def _days_export(session: Session, here: Context, view: View) -> Table:
    """Give the days of the meter of the address; without one, of none."""
    meter_id, first, last, _ = _asked()
    if not flask.request.args.get("meter"):
        return _days_table(here, view.resource, [], {})
    meter = scope.require_meter(session, here.actor, meter_id)
    if meter.resource in GAUGES:
        return gauge_table(here, weather.at_meter(session, here.actor, meter_id, first, last + 1), {})
    return _days_table(here, meter.resource, explain.meter_days(session, here.actor, meter_id, first, last + 1), {})


def _readings_export(session: Session, here: Context, view: View) -> Table:
    """Give the readings of a day of the meter of the address; without one, of none."""
    meter_id, _, _, day = _asked()
    if not flask.request.args.get("meter"):
        return _readings_table(session, here, view.resource, [], day=day)
    meter = scope.require_meter(session, here.actor, meter_id)
    registers = explain.registers(session, here.actor, meter_id)
    return _readings_table(session, here, meter.resource, registers, day=day)


EXPORTS = {"meter-days": _days_export, "readings": _readings_export}


def register(app: Dash) -> None:
    """Nothing to register."""
