"""The charts of the Unit page: use against the path, months, days, hours of the week; what happened stands below their axes."""

from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import views
from dashboard.components import charts
from dashboard.components.layout import facts, graph, panel
from dashboard.components.links import export
from dashboard.components.marks import room, with_marks
from dashboard.components.tables import Table, table
from dashboard.context import Context
from dashboard.happenings import Told
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day, year_days
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries import consumption
from monitor.queries.reconciliation import RECONCILED
from monitor.queries.targets import Judged

CUMULATIVE, MONTHS, CALENDAR = (
    N_("Use so far against the target"),
    N_("Months against last year"),
    N_("Days of the year"),
)
PROFILE, NO_PROFILE = N_("Hours of the week"), N_("No meter of this unit reads by the hour.")
NO_PRINTS = N_(
    "Packs issued and counters do not tell at what hour paper was used; print logs do, where they are the basis that counts."
)
FORECAST_BAND = N_("Forecast with its range")
HAPPENED, NOTHING = N_("What happened, by date"), N_("Nothing is known that bears on these figures.")
TALL, USUAL = 360, 300


def display(value: int | None, view: View) -> float | None:
    """Give a quantity in the display measure."""
    return None if value is None else float(from_quantity(value, view.resource))


def cumulative(
    session: Session, here: Context, view: View, judged: list[Judged], told: Told, *, rows: list[Any], amount: Amount
) -> Component:
    """Draw use so far against the path, with the forecast as a fan and what happened below."""
    main = next((one for one in judged if one.progress.allowance is not None), None)
    points = views.path(session, here, view, main)
    behind = views.days_table(here, view.resource, rows)
    used = [display(row[2], view) for row in behind.rows]
    names = (here.say(views.SO_FAR), here.say(views.PATH), here.say(FORECAST_BAND))
    drawn = charts.cumulative(
        views.iso([row[0] for row in rows]),
        used,
        (views.iso([day for day, _ in points]), [display(value, view) for _, value in points]),
        names=names,
        measure=i18n.measure_name(view.resource, here.language),
        theme=here.theme,
        band=_band(view, main),
    )
    marks = told.by_day()
    drawn = with_marks(drawn, marks, theme=here.theme, height=TALL)
    title, below = here.say(CUMULATIVE), facts(here, view.resource, view.span, amount)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here, height=TALL + room(marks)),
        below=below,
        behind=behind,
        csv=export("days", **view.query),
    )


def _band(view: View, judged: Judged | None) -> tuple[str, str, float, float, float] | None:
    if judged is None or judged.progress.closed:
        return None
    found = [
        display(value, view)
        for value in (judged.progress.forecast_low, judged.progress.forecast, judged.progress.forecast_high)
    ]
    low, middle, high = found
    if low is None or middle is None or high is None:
        return None
    first, last = from_day(view.as_of).isoformat(), from_day(year_days(view.year)[1] - 1).isoformat()
    return first, last, low, middle, high


def months(session: Session, here: Context, view: View, amount: Amount, told: Told) -> Component:
    """Draw the months beside those of last year, with what happened below."""
    behind = views.months_table(session, here, view)
    drawn = charts.months(
        views.month_names(here),
        [display(row[1], view) for row in behind.rows],
        [display(row[2], view) for row in behind.rows],
        names=(str(view.year), str(view.year - 1)),
        measure=i18n.measure_name(view.resource, here.language),
        theme=here.theme,
    )
    marks = told.by_month(views.month_names(here))
    drawn = with_marks(drawn, marks, theme=here.theme, height=USUAL)
    title = here.say(MONTHS)
    below = facts(here, view.resource, (year_days(view.year - 1)[0], year_days(view.year)[1]), amount)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here, height=USUAL + room(marks)),
        below=below,
        behind=behind,
        csv=export("months", **view.query),
        span=6,
    )


def calendar(here: Context, view: View, rows: list[Any], amount: Amount) -> Component:
    """Draw the days: months down, days of the month across; a day without data stays empty."""
    names = views.month_names(here)
    cells: list[list[float | None]] = [[None] * 31 for _ in range(12)]
    texts = [[""] * 31 for _ in range(12)]
    for day, quantity, _, _ in rows:
        date = from_day(day)
        cells[date.month - 1][date.day - 1] = display(quantity, view)
        texts[date.month - 1][date.day - 1] = (
            f"{i18n.day(date, here.language)}<br>{i18n.quantity(quantity, view.resource, here.language)}"
        )
    drawn = charts.heat(
        [str(n) for n in range(1, 32)],
        names,
        cells,
        measure=i18n.measure_name(view.resource, here.language),
        theme=here.theme,
        texts=texts,
    )
    title, below = here.say(CALENDAR), facts(here, view.resource, view.span, amount)
    behind = views.days_table(here, view.resource, rows)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here),
        below=below,
        behind=behind,
        csv=export("days", **view.query),
        span=6,
    )


def profile(session: Session, here: Context, view: View) -> Component:
    """Draw weekdays and hours, or say why there are none."""
    behind: Table = views.profile_table(session, here, view)
    days = [here.say(day) for day in views.WEEKDAYS]
    hours = [f"{hour:02d}:00" for hour in range(24)]
    found = {(row[0], row[1]): display(row[2], view) for row in behind.rows}
    amount = consumption.amount(session, here.actor, view.unit.id, view.resource, *view.weeks)
    title, below = here.say(PROFILE), facts(here, view.resource, view.weeks, amount)
    if not found:
        return panel(
            here,
            title,
            html.P(here.say(NO_PRINTS if view.resource in RECONCILED else NO_PROFILE), className="reason"),
            below=below,
            span=6,
        )
    cells = [[found.get((day, hour)) for hour in hours] for day in days]
    drawn = charts.heat(hours, days, cells, measure=i18n.measure_name(view.resource, here.language), theme=here.theme)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here),
        below=below,
        behind=behind,
        csv=export("profile", **view.query),
        span=6,
    )


def happened(here: Context, view: View, told: Told) -> Component:
    """List what the marks stand for."""
    content = told.table()
    inside = table(content, here.language) if content.rows else html.P(here.say(NOTHING), className="reason")
    below = facts(here, view.resource, view.span)
    return panel(here, here.say(HAPPENED), inside, below=below, csv=export("happenings", **view.query))
