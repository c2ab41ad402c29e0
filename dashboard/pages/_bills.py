"""Reconciliation on the page Data: bills against the meter that measured the same time, and the bases of paper side by side."""

from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components.layout import HOW, panel
from dashboard.components.links import address, export
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.periods import from_day, year_days
from monitor.i18n import N_
from monitor.queries import billing
from monitor.queries.billing import AGREES, DIFFERS, NOT_COMPARABLE, NOT_DUE, OVERDUE, BillRow
from monitor.queries.scope import name

TITLE = N_("Bills against meters")
NONE = N_("No meter shown here has both bills and readings.")
ALLOWED = N_(
    "Difference up to {difference}, unit price up to {price}, at least {coverage} measured; set on the page Alerts."
)
EXPLAINED = (
    N_("Billed: what the bill says, with its corrections and multiplier."),
    N_(
        "Measured: what the meter's own readings give from the first to the last instant of the bill, with the same "
        "corrections, replacements and multipliers as every other figure. Where nothing was read at the edge of the period, "
        "the step across it is divided by time; that part is shown."
    ),
    N_("Difference: billed less measured; in percent of what was measured. Unit price: amount ÷ billed quantity."),
    N_(
        "Not comparable: too little of the period was measured. Not due yet: the period runs; overdue: it is over by more "
        "than ten days and no bill came."
    ),
    N_("Two meters of accuracy class 1 to 2 may be 3 % apart although both are right; hence the difference allowed."),
)
STATES = {
    AGREES: (N_("● agrees"), "good"),
    DIFFERS: (N_("▲ differs"), "bad"),
    NOT_COMPARABLE: (N_("– not comparable: too little measured"), "none"),
    NOT_DUE: (N_("… not due yet"), "none"),
    OVERDUE: (N_("✖ overdue"), "warn"),
}
PRICE = N_("▲ unit price moved")


def bills(session: Session, here: Context, view: View) -> Component:
    """Give the panel of the view's year."""
    rows = _rows(session, here, view)
    if not rows:
        return panel(here, here.say(TITLE), html.P(here.say(NONE), className="reason"))
    limits = billing.tolerance(session, here.actor)
    shares = {key: i18n.percent(getattr(limits, key), here.language) for key in ("difference", "price", "coverage")}
    how = html.Details([html.Summary(here.say(HOW)), html.Ul([html.Li(here.say(line)) for line in EXPLAINED])])
    first = sorted(
        rows, key=lambda row: (row.state not in {DIFFERS, OVERDUE}, not row.price_moved)
    )  # what needs somebody
    inside: list[Component] = [table(bills_table(here, first, view), here.language), how]
    csv = export("bills", **view.query)
    return html.Div(
        panel(here, here.say(TITLE), inside, below=here.say(ALLOWED, **shares), csv=csv),
        id="bills",
        className="span-12 bare",
    )


def _rows(session: Session, here: Context, view: View) -> list[BillRow]:
    span = year_days(view.year)
    return billing.compare(session, here.actor, view.unit.id, view.resource, *span, now=here.now())


def bills_table(here: Context, rows: list[BillRow], view: View, *, whole: bool = False) -> Table:
    """Give bill periods: meter (opens its days), from, to, result (opens the bill's receipt), billed, measured, difference, price.

    `whole` adds invoice and name; what was divided by time is shown where anything was.
    """
    code = view.resource
    divided = whole or any(row.divided for row in rows)
    columns = (
        Column(here.say(N_("Meter")), "link"),
        Column(here.say(N_("From")), "day"),
        Column(here.say(N_("To")), "day"),
        Column(here.say(N_("Result")), "link"),
        Column(here.say(N_("Billed")), "quantity", code),
        Column(here.say(N_("Measured")), "quantity", code),
        Column(here.say(N_("Difference")), "quantity", code),
        Column(here.say(N_("in %")), "change"),
        Column(here.say(N_("Coverage")), "coverage"),
        *((Column(here.say(N_("Divided by time")), "percent"),) if divided else ()),
        Column(here.say(N_("Amount billed")), "number", digits=2),
        Column(here.say(N_("Unit price")), "number", digits=4),
        Column(here.say(N_("Change of price")), "change"),
        *((Column(here.say(N_("Invoice"))), Column(here.say(N_("Name")))) if whole else ()),
    )
    return Table(columns, [_line(here, row, divided=divided, whole=whole) for row in rows])


def _line(here: Context, row: BillRow, *, divided: bool, whole: bool) -> tuple[Any, ...]:
    days = {"start": from_day(row.first).isoformat(), "as_of": from_day(row.last).isoformat()}
    word, tone = STATES[row.state]
    text = here.say(word)
    if row.price_moved:
        text, tone = f"{text} {here.say(PRICE)}", "warn" if tone == "good" else tone
    return (
        (row.code, address("/meter", meter=row.meter_id, **days)),
        row.first,
        row.last,
        (text, address("/receipt", run=row.run_id) if row.run_id else "", tone),
        row.billed,
        row.measured,
        row.difference,
        row.ratio,
        row.coverage,
        *((row.divided if row.measured is not None else None,) if divided else ()),
        row.amount,
        row.price,
        row.price_change,
        *((row.invoice or None, name(row, here.language)) if whole else ()),
    )


def bills_export(session: Session, here: Context, view: View) -> Table:
    """Give the bill periods of a year."""
    return bills_table(here, _rows(session, here, view), view, whole=True)
