"""Whether the data can be trusted: what is due, what is complete, what was corrected, and where to fill a hole."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, data_actions, data_actions_close, params, views
from dashboard.components.forms import post
from dashboard.components.layout import choose, grid, head, panel
from dashboard.components.links import address, export
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.pages import _bills, _closing, _grid
from dashboard.params import View
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.periods import Month, from_day, to_day, year_days
from monitor.domain.resources import RESOURCES
from monitor.errors import Forbidden
from monitor.i18n import N_
from monitor.queries import calendar, deliveries, explain, overlays, scope
from monitor.queries.reconciliation import RECONCILED

PATH = "/data"
NAME = N_("Data")
QUESTION = N_("Can the figures be trusted: what is due, what came, what was changed by hand")
GRID, CALENDAR, GAPS = N_("Expected deliveries by month"), N_("Completeness by day"), N_("Holes in the data")
MONTH_DAYS, CHANGED, EVENTS = N_("Meters by day, {month}"), N_("Changed by hand"), N_("Meter changes")
FORMS, BASES = N_("Correct {meter}"), N_("Bases of paper side by side")
NO_GAPS, NO_CHANGES, NO_EVENTS = N_("No holes."), N_("Nothing was changed by hand."), N_("No meter was changed.")
OPEN_A_CELL = N_("Choose a month to see its days; choose a day there to fill or correct it.")
PERCENT = N_("Coverage of the day in percent, all meters alike")
WITHDRAW = N_("Withdraw")
NOT_YOURS = N_("You may look at this meter, but your role does not allow correcting it.")
MESSAGES = {
    "done": N_("Applied. The figures of the days concerned were made anew."),
    "withdrawn": N_("Withdrawn. What had been read counts again."),
    "closed": N_("The month is closed. What changes from now on is listed here."),
    "reopened": N_("The month is open again."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for beyond unit, resource and year: a month, a meter, a day."""

    month: int
    meter: int
    day: int


def layout(**given: str) -> Component:
    """Build the page: parameters unit, resource, year, month, meter, day, close (a month), message."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        asked = Asked(
            _number(given.get("month", ""), 12), _number(given.get("meter", ""), 2**53), _day(given.get("day", ""))
        )
        month = data_actions_close.month_of(given.get("close", ""))
        parts = [_months(session, here, view)]
        if asked.meter:
            parts.insert(0, _forms(session, here, view, asked))
        if asked.month:
            parts.insert(int(asked.meter > 0), _month(session, here, view, asked))
        if month is not None:
            parts.insert(0, _closing.one(session, here, view, month))
        parts += [
            _closing.months(session, here, view),
            _bills.bills(session, here, view),
            *_bases(session, here, view),
            _calendar(session, here, view),
            _gaps(session, here, view),
            _changes(session, here, view),
            _events(session, here, view),
        ]
    note = MESSAGES.get(given.get("message", ""))
    said = [html.Div(here.say(note), className="note good", role="status")] if note else []
    return html.Div([head(here.say(NAME), here.say(QUESTION), _filters(here, view)), *said, grid(*parts)])


def _number(text: str, most: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 and int(text) <= most else 0  # noqa: PLR2004 - fits


def _day(text: str) -> int:
    try:
        return to_day(date.fromisoformat(text))
    except ValueError:
        return 0


def _filters(here: Context, view: View) -> list[Component]:
    units = [(row.code, scope.name(row, here.language)) for row in view.units]
    resources = [(code, str(getattr(row, here.language))) for code, row in RESOURCES.items()]
    years = [(str(year), str(year)) for year in params.years(view.latest)]
    return [
        choose("unit", here.say(N_("Unit")), view.unit.code, units, width=200, search=True),
        choose("resource", here.say(N_("Resource")), view.resource, resources),
        choose("year", here.say(N_("Year")), str(view.year), years, width=100),
    ]


def _query(view: View) -> dict[str, object]:
    return {"unit": view.unit.code, "resource": view.resource, "year": view.year}


def _months(session: Session, here: Context, view: View) -> Component:
    rows = deliveries.grid(session, here.actor, view.year, resource=view.resource, unit_id=view.unit.id, now=here.now())
    drawn = table(_grid.months(here, rows, view.year, _query(view)), here.language)
    csv = export("deliveries", **view.query)
    inside = [html.Div(drawn, className="months"), html.P(_grid.legend(here), className="legend")]
    return panel(here, here.say(GRID), inside, below=here.say(OPEN_A_CELL), csv=csv)


def _month(session: Session, here: Context, view: View, asked: Asked) -> Component:
    month = Month(view.year, asked.month)
    rows = calendar.days(session, here.actor, view.unit.id, view.resource, month.start, month.end, now=here.now())
    title = here.say(MONTH_DAYS, month=i18n.month(month.year, month.month, here.language))
    drawn = table(_grid.month_days(here, rows, month, _query(view)), here.language)
    inside = [html.Div(drawn, className="dense"), html.P(_grid.legend(here), className="legend")]
    return panel(here, title, inside, below=scope.name(view.unit, here.language))


def _bases(session: Session, here: Context, view: View) -> list[Component]:
    """Give the bases of paper side by side, where the resource has several."""
    if view.resource not in RECONCILED:
        return []
    found = views.bases_table(session, here, view)
    drawn = table(found, here.language)
    return [panel(here, here.say(BASES), drawn, csv=export("bases", **view.query))] if found.rows else []


def _calendar(session: Session, here: Context, view: View) -> Component:
    span = year_days(view.year)
    rows = calendar.of_year(session, here.actor, view.unit.id, view.resource, view.year, now=here.now())
    cells = calendar.together(rows, *span)
    drawn = table(_grid.year_days(here, cells, view.year, _query(view)), here.language)
    below = f"{scope.name(view.unit, here.language)} · {here.say(PERCENT)}"
    csv = export("completeness", **view.query)
    return panel(here, here.say(CALENDAR), html.Div(drawn, className="dense"), below=below, csv=csv)


def _gaps(session: Session, here: Context, view: View) -> Component:
    span = year_days(view.year)
    rows = calendar.gaps(session, here.actor, view.unit.id, view.resource, *span, now=here.now())
    inside = (
        table(_grid.gaps(here, rows, _query(view)), here.language)
        if rows
        else html.P(here.say(NO_GAPS), className="reason")
    )
    return panel(here, here.say(GAPS), inside, csv=export("holes", **view.query) if rows else "")


def _changes(session: Session, here: Context, view: View) -> Component:
    rows = overlays.overlays(session, here.actor, view.unit.id, view.resource)
    if not rows:
        return panel(here, here.say(CHANGED), html.P(here.say(NO_CHANGES), className="reason"))
    content = _grid.changes(here, rows, view.resource)
    csv = export("overlays", **view.query)
    if not here.actor.may(Action.EDIT_READINGS, view.unit.id):
        return panel(here, here.say(CHANGED), table(content, here.language), csv=csv)
    back = urlencode(_query(view))
    lines = [
        (*line, "" if row.withdrawn else _withdraw(here, row, back))
        for line, row in zip(content.rows, rows, strict=True)
    ]
    live = Table((*content.columns, Column("")), lines)
    return panel(here, here.say(CHANGED), table(live, here.language), csv=csv)


def _withdraw(here: Context, row: overlays.Overlay, back: str) -> Component:
    pressed = html.Button(here.say(WITHDRAW), type="submit", className="button")
    return post("/data/withdraw", pressed, here, kind=row.kind, id=row.id, back=back)


def _events(session: Session, here: Context, view: View) -> Component:
    rows = overlays.events(session, here.actor, view.unit.id, view.resource)
    inside = (
        table(_grid.events(here, rows, view.resource), here.language)
        if rows
        else html.P(here.say(NO_EVENTS), className="reason")
    )
    return panel(here, here.say(EVENTS), inside)


def _forms(session: Session, here: Context, view: View, asked: Asked) -> Component:
    """Give the forms of the chosen meter, or say that the reader's role does not allow them."""
    meter = scope.require_meter(session, here.actor, asked.meter)
    label = f"{meter.code} {meter.name_zh if here.language == 'zh' else meter.name_en}"
    title = here.say(FORMS, meter=label)
    try:
        scope.require_meter(session, here.actor, asked.meter, Action.EDIT_READINGS)
    except Forbidden:
        return panel(here, title, html.P(here.say(NOT_YOURS), className="reason"))
    day = asked.day or min(view.latest, Month(view.year, asked.month or 1).end - 1)
    back = urlencode({**_query(view), "month": asked.month or "", "meter": meter.id})
    made = data_actions.forms(here, meter, explain.registers(session, here.actor, meter.id), day, back)
    names = _grid.form_names(here)
    inside = [
        html.Details([html.Summary(names[kind]), form], open=kind == "enter", id=f"form-{kind}")
        for kind, form in made.items()
    ]
    link = html.A(label, href=address("/meter", meter=meter.id))
    return panel(
        here, title, html.Div(inside, className="forms"), tools=[link], below=i18n.day(from_day(day), here.language)
    )


# ---------------------------------------------------------------- files


def _deliveries_export(session: Session, here: Context, view: View) -> Table:
    rows = deliveries.grid(session, here.actor, view.year, resource=view.resource, unit_id=view.unit.id, now=here.now())
    columns = tuple(Column(here.say(one)) for one in (N_("Unit"), N_("Month"), N_("State")))
    more = (Column(here.say(N_("Coverage")), "coverage"), Column(here.say(N_("Meters with less than all")), "number"))
    lines: list[tuple[Any, ...]] = [
        (
            scope.name(row.unit, here.language),
            str(Month(view.year, number)),
            here.say(_grid.WORDS[cell.state]),
            cell.covered / cell.expected if cell.expected else None,
            cell.lacking,
        )
        for row in rows
        for number, cell in enumerate(row.cells, 1)
    ]
    return Table((*columns, *more), lines)


def _completeness_export(session: Session, here: Context, view: View) -> Table:
    first, end = year_days(view.year)
    rows = calendar.of_year(session, here.actor, view.unit.id, view.resource, view.year, now=here.now())
    columns = (
        Column(here.say(N_("Day")), "day"),
        Column(here.say(N_("State"))),
        Column(here.say(N_("Coverage")), "coverage"),
    )
    return Table(
        columns,
        [
            (first + index, here.say(_grid.WORDS[cell.state]), cell.covered / cell.expected if cell.expected else None)
            for index, cell in enumerate(calendar.together(rows, first, end))
        ],
    )


def _holes_export(session: Session, here: Context, view: View) -> Table:
    found = calendar.gaps(
        session, here.actor, view.unit.id, view.resource, *year_days(view.year), now=here.now(), limit=5000
    )
    content = _grid.gaps(here, found, _query(view))
    return Table(content.columns[:-1], [line[:-1] for line in content.rows])


def _overlays_export(session: Session, here: Context, view: View) -> Table:
    rows = overlays.overlays(session, here.actor, view.unit.id, view.resource, limit=5000)
    return _grid.changes(here, rows, view.resource)


EXPORTS = {
    "bills": _bills.bills_export,
    "closings": _closing.closings_export,
    "closed-changes": _closing.changes_export,
    "deliveries": _deliveries_export,
    "completeness": _completeness_export,
    "holes": _holes_export,
    "overlays": _overlays_export,
}


def register(app: Dash) -> None:
    """Add the routes of the forms."""
    data_actions.register(app)
    data_actions_close.register(app)
