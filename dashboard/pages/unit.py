"""Unit: what about this unit? One resource at a time: use against the path, months, days, hours, the sum, meters."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, params, views
from dashboard.components import charts, status
from dashboard.components.cards import figures, goal, intensities, name_of, pace_bar, sentence
from dashboard.components.layout import choose, choose_day, explain_button, facts, graph, grid, head, panel, period
from dashboard.components.links import export, unit_page
from dashboard.components.look import resource_icon
from dashboard.components.tables import Table, shown, table
from dashboard.components.waterfall import waterfall
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.periods import from_day, year_days
from monitor.domain.resources import RESOURCES, from_quantity
from monitor.i18n import N_
from monitor.queries import consumption, targets
from monitor.queries.reconciliation import RECONCILED
from monitor.queries.scope import name
from monitor.queries.targets import Judged

PATH = "/unit"
NAME = N_("Unit")
CUMULATIVE, MONTHS, CALENDAR = (
    N_("Use so far against the target"),
    N_("Months against last year"),
    N_("Days of the year"),
)
PROFILE, SUM, METERS = N_("Hours of the week"), N_("What adds up to the total"), N_("Meters")
STANDING, NO_PROFILE, NO_TARGET = (
    N_("How we stand"),
    N_("No meter of this unit reads by the hour."),
    N_("No target is set for this year."),
)
RECONCILIATION, FACTS = N_("Bases of paper side by side"), N_("Persons and areas behind the figures")
RULE = N_(
    "Each basis measures the same paper; only the one that counts is in the figures. Differences are to it; a dash means that one of the two is missing."
)
UNDECIDED = N_(
    "Nobody has declared which basis counts in a year shown here; until then these figures are missing, not zero."
)
MIXED = N_("Units below have another basis than this unit, so what is in the figures is not one basis alone.")
NO_FACTS = N_("No head count or area is known for this unit in the period.")
CHANGE = N_("What the change against last year comes from")
CHANGE_RULE = N_(
    "People: what their number alone would have made of last year's use; workdays: the same for the calendar; the rest is everything else (weather, habits, equipment)."
)
NO_CHANGE = N_("Last year has no use on these days to compare with.")
NO_PEOPLE = N_("Head count and area are not known for both years; what they did is in the rest.")
FORECAST_BAND = N_("Forecast with its range")


def layout(**given: str) -> Component:
    """Build the page: parameters unit, resource, year, as_of."""
    here = context.current()
    with here.session() as session:
        view = params.read(session, here, given)
        judged = targets.progress(session, here.actor, view.unit.id, view.resource, view.year, view.as_of)
        rows = views.day_rows(session, here, view)
        amount = consumption.amount(session, here.actor, view.unit.id, view.resource, *view.span)
        parts = [
            grid(
                _standing(session, here, view, judged, amount),
                _cumulative(session, here, view, judged, rows=rows, amount=amount),
            ),
            grid(_months(session, here, view, amount), _calendar(here, view, rows, amount)),
            grid(_profile(session, here, view), _statement(session, here, view)),
            grid(
                _reconciliation(session, here, view), _change(session, here, view, amount), _facts(session, here, view)
            ),
            grid(_meters(session, here, view)),
        ]
    return html.Div([_head(here, view), _tabs(here, view), *parts])


def _head(here: Context, view: View) -> Component:
    units = [(row.code, " " * 2 * row.depth + name(row, here.language)) for row in view.units]
    years = [(str(year), str(year)) for year in sorted({*params.years(view.latest), view.year}, reverse=True)]
    filters = [
        choose("unit", here.say(NAME), view.unit.code, units, width=210, search=True),
        choose("year", here.say(N_("Year")), str(view.year), years, width=92),
        choose_day("as_of", here.say(N_("Up to")), view.as_of, last=view.latest),
    ]
    return head(name(view.unit, here.language), period(here, *view.span), filters)


def _tabs(here: Context, view: View) -> Component:
    tabs = []
    for code, row in RESOURCES.items():
        chosen = {"aria-current": "page"} if code == view.resource else {}
        tabs.append(
            html.A(
                [resource_icon(code), name_of(row, here.language)],
                href=unit_page(**{**view.query, "resource": code}),
                **chosen,
            )
        )
    return html.Nav(tabs, className="tabs", **{"aria-label": here.say(N_("Resource"))})


# ---------------------------------------------------------------- how it stands


def _standing(session: Session, here: Context, view: View, judged: list[Judged], amount: Amount) -> Component:
    main = judged[0] if judged else None
    how = explain_button(here, view.unit.code, view.resource, view.span)
    inside: list[Any] = [_big(here, view, amount)]
    if main is None:
        inside.append(html.P(here.say(NO_TARGET), className="reason"))
    for one in judged[:1]:
        inside += _judged(here, one)
    for one in judged[1:]:
        inside += _further(here, one)
    lines = [
        *([] if judged else figures(here, view.resource, None, amount)),
        *views.intensity_table(session, here, view, amount),
    ]
    inside += [
        html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))]),
        html.P(how, className="barnote"),
    ]
    found = panel(here, here.say(STANDING), inside, below=facts(here, view.resource, view.span, amount), span=4)
    found.className = "panel card span-4"
    return found


def _big(here: Context, view: View, amount: Amount) -> Component:
    measure = i18n.measure_name(view.resource, here.language)
    return html.P(
        [i18n.quantity(amount.quantity, view.resource, here.language, measure=False), html.Small(measure)],
        className="big",
    )


def _judged(here: Context, one: Judged) -> list[Component]:
    """Give what one target says: badge, promise, bar, figures, the intensity where it is one, why."""
    progress = one.progress
    why = status.reasons(progress, here.language)
    lines = figures(here, one.resource, progress, progress.used)
    parts = [
        html.P([status.badge(progress, here.language), " ", html.Small(goal(progress, one.resource, here.language))]),
        *pace_bar(progress),
        html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))]),
        html.P(sentence(here, one), className="reason") if status.pace(progress) is not None else None,
        html.P(why, className="reason") if why else None,
    ]
    return [part for part in parts if part is not None]


def _further(here: Context, one: Judged) -> list[Component]:
    """Give what a further target on the same use says, in short: badge, promise, pace, why it is not judged."""
    progress = one.progress
    why = status.reasons(progress, here.language)
    pace = f"{here.say(N_('Pace'))} {i18n.percent(status.pace(progress), here.language)}"
    line = [
        status.badge(progress, here.language),
        " ",
        html.Small(f"{goal(progress, one.resource, here.language)} · {pace}"),
    ]
    per = " · ".join(f"{label}: {value}" for label, value in intensities(here, one.resource, progress))
    return [html.P(line), *(html.P(text, className="reason") for text in (per, why) if text)]


# ---------------------------------------------------------------- charts


def _display(value: int | None, view: View) -> float | None:
    return None if value is None else float(from_quantity(value, view.resource))


def _cumulative(
    session: Session, here: Context, view: View, judged: list[Judged], *, rows: list[Any], amount: Amount
) -> Component:
    main = next((one for one in judged if one.progress.allowance is not None), None)
    points = views.path(session, here, view, main)
    behind = views.days_table(here, view.resource, rows)
    used = [_display(row[2], view) for row in behind.rows]
    names = (here.say(views.SO_FAR), here.say(views.PATH), here.say(FORECAST_BAND))
    drawn = charts.cumulative(
        views.iso([row[0] for row in rows]),
        used,
        (views.iso([day for day, _ in points]), [_display(value, view) for _, value in points]),
        names=names,
        measure=i18n.measure_name(view.resource, here.language),
        theme=here.theme,
        band=_band(view, main),
    )
    title, below = here.say(CUMULATIVE), facts(here, view.resource, view.span, amount)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here, height=360),
        below=below,
        behind=behind,
        csv=export("days", **view.query),
        span=8,
    )


def _band(view: View, judged: Judged | None) -> tuple[str, str, float, float, float] | None:
    if judged is None or judged.progress.closed:
        return None
    found = [
        _display(value, view)
        for value in (judged.progress.forecast_low, judged.progress.forecast, judged.progress.forecast_high)
    ]
    low, middle, high = found
    if low is None or middle is None or high is None:
        return None
    first, last = from_day(view.as_of).isoformat(), from_day(year_days(view.year)[1] - 1).isoformat()
    return first, last, low, middle, high


def _months(session: Session, here: Context, view: View, amount: Amount) -> Component:
    behind = views.months_table(session, here, view)
    drawn = charts.months(
        views.month_names(here),
        [_display(row[1], view) for row in behind.rows],
        [_display(row[2], view) for row in behind.rows],
        names=(str(view.year), str(view.year - 1)),
        measure=i18n.measure_name(view.resource, here.language),
        theme=here.theme,
    )
    title = here.say(MONTHS)
    below = facts(here, view.resource, (year_days(view.year - 1)[0], year_days(view.year)[1]), amount)
    return panel(
        here,
        title,
        graph(drawn, f"{title}, {below}", here),
        below=below,
        behind=behind,
        csv=export("months", **view.query),
        span=6,
    )


def _calendar(here: Context, view: View, rows: list[Any], amount: Amount) -> Component:
    """Draw the days: months down, days of the month across; a day without data stays empty."""
    names = views.month_names(here)
    cells: list[list[float | None]] = [[None] * 31 for _ in range(12)]
    texts = [[""] * 31 for _ in range(12)]
    for day, quantity, _, _ in rows:
        date = from_day(day)
        cells[date.month - 1][date.day - 1] = _display(quantity, view)
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


def _profile(session: Session, here: Context, view: View) -> Component:
    behind: Table = views.profile_table(session, here, view)
    days = [here.say(day) for day in views.WEEKDAYS]
    hours = [f"{hour:02d}:00" for hour in range(24)]
    found = {(row[0], row[1]): _display(row[2], view) for row in behind.rows}
    amount = consumption.amount(session, here.actor, view.unit.id, view.resource, *view.weeks)
    title, below = here.say(PROFILE), facts(here, view.resource, view.weeks, amount)
    if not found:
        return panel(here, title, html.P(here.say(NO_PROFILE), className="reason"), below=below, span=6)
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


# ---------------------------------------------------------------- sum and meters


def _statement(session: Session, here: Context, view: View) -> Component:
    content = views.statement_table(session, here, view)
    values = [shown(row[1], content.columns[1], here.language) for row in content.rows[:4]]
    labels = [str(row[0]) for row in content.rows[:4]]
    pieces: list[Any] = []
    for sign, label, value in zip(("", "=", "+", "+"), labels, values, strict=True):
        pieces += [html.Span(sign) if sign else None, html.Span(label), html.B(value)]
    line = html.P([piece for piece in pieces if piece is not None], className="sum")
    inside = [line, table(content, here.language)]
    how = explain_button(here, view.unit.code, view.resource, view.span)
    return panel(
        here,
        here.say(SUM),
        inside,
        below=facts(here, view.resource, view.span),
        tools=[how],
        csv=export("statement", **view.query),
        span=6,
    )


def _reconciliation(session: Session, here: Context, view: View) -> Component | None:
    """Set the bases of paper side by side; nothing for resources that are measured once."""
    if view.resource not in RECONCILED:
        return None
    found = views.reconciled(session, here, view)
    if not found.bases:
        return None
    hints = [here.say(RULE)]
    if any(not line.authoritative for line in found.months):
        hints.insert(0, here.say(UNDECIDED))
    if found.mixed:
        hints.append(here.say(MIXED))
    gap = "" if here.language == "zh" else " "
    inside = [
        html.P(gap.join(hints), className="reason"),
        table(views.reconciliation_table(here, found), here.language),
    ]
    below = facts(here, view.resource, view.span)
    return panel(here, here.say(RECONCILIATION), inside, below=below, csv=export("bases", **view.query))


def _facts(session: Session, here: Context, view: View) -> Component:
    content = views.facts_table(session, here, view)
    inside = table(content, here.language) if content.rows else html.P(here.say(NO_FACTS), className="reason")
    return panel(here, here.say(FACTS), inside, csv=export("facts", **view.query), span=6)


def _change(session: Session, here: Context, view: View, amount: Amount) -> Component:
    """Draw what the change against last year comes from, or say why that cannot be told."""
    found = views.changed(session, here, view)
    behind = views.change_steps(here, view, found)
    title, below = here.say(CHANGE), facts(here, view.resource, view.span, amount)
    if not behind.rows:
        why = [i18n.translate(one.template, here.language, **one.data) for one in found.reasons] or [
            here.say(NO_CHANGE)
        ]
        return panel(here, title, [html.P(line, className="reason") for line in why], below=below, span=6)
    labels = [str(row[0]) for row in behind.rows]
    values = [_display(row[1], view) or 0.0 for row in behind.rows]
    texts = [shown(row[1], behind.columns[1], here.language) for row in behind.rows]
    texts[1:-1] = [text if text.startswith(("-", "−", "0")) else f"+{text}" for text in texts[1:-1]]
    measure = i18n.measure_name(view.resource, here.language)
    drawn = waterfall(labels, values, texts, measure=measure, theme=here.theme)
    notes = [here.say(NO_PEOPLE)] if found.unknown else []
    inside = [
        graph(drawn, f"{title}, {below}", here),
        *[html.P(note, className="barnote") for note in (*notes, here.say(CHANGE_RULE))],
    ]
    link = export("change", **view.query)
    return panel(here, title, inside, below=below, behind=behind, csv=link, span=6)


def _meters(session: Session, here: Context, view: View) -> Component:
    content = views.meters_table(session, here, view)
    below = facts(here, view.resource, view.span)
    return panel(here, here.say(METERS), table(content, here.language), below=below, csv=export("meters", **view.query))


def register(app: Dash) -> None:
    """Nothing of its own: filters and the explanation drawer belong to the shell."""
