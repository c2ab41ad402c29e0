"""The waterfall of the Unit page: what the change against last year comes from."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import views
from dashboard.components.layout import facts, graph, panel
from dashboard.components.links import export
from dashboard.components.tables import shown
from dashboard.components.waterfall import waterfall
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.amounts import Amount
from monitor.domain.resources import from_quantity
from monitor.i18n import N_
from monitor.queries.changes import Change
from monitor.queries.scope import name

CHANGE = N_("What the change against last year comes from")
CHANGE_RULE = N_(
    "People: what their number alone would have made of last year's use; workdays: the same for the calendar; the rest is everything else (habits, equipment, saving)."
)
WEATHER_RULE = N_("Weather: what the change of degree days alone would have made of it.")
NO_CHANGE = N_("Last year has no use on these days to compare with.")
DEGREES = N_(
    "Weather ({station}) against the same days of last year: heating degree days {heating} (below {heating_base} °C), cooling degree days {cooling} (above {cooling_base} °C)."
)
FIT = N_(
    "Told by {count} {step} of {year}: {per_heating} for a heating degree day, {per_cooling} for a cooling one; R² {r2}, CV(RMSE) {cv}."
)
STEPS = {"day": N_("days"), "month": N_("months")}
NOT_SPLIT = N_("Weather is not split off, it is in the rest: {why}")
DEGREE_DAYS = N_("Degree days by month")
NO_PEOPLE = N_("Head count and area are not known for both years; what they did is in the rest.")


def change(session: Session, here: Context, view: View, amount: Amount) -> Component:
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
    values = [float(from_quantity(row[1], view.resource)) for row in behind.rows]
    texts = [shown(row[1], behind.columns[1], here.language) for row in behind.rows]
    texts[1:-1] = [text if text.startswith(("-", "−", "0")) else f"+{text}" for text in texts[1:-1]]
    drawn = waterfall(labels, values, texts, theme=here.theme)
    notes = [here.say(NO_PEOPLE)] if found.unknown else []
    inside = [
        graph(drawn, f"{title}, {below}", here),
        *[html.P(note, className="barnote") for note in (*notes, *_weather(here, view, found), here.say(CHANGE_RULE))],
    ]
    if found.weather is not None:
        files = html.A("CSV", href=export("weather", **view.query), title=here.say(DEGREE_DAYS))
        inside.append(html.P([here.say(DEGREE_DAYS), " ", files], className="barnote"))
    link = export("change", **view.query)
    return panel(here, title, inside, below=below, behind=behind, csv=link, span=6)


def _weather(here: Context, view: View, found: Change) -> list[str]:
    """Say how the weather's part came about, or why there is none."""
    if found.unsplit is not None:
        why = i18n.translate(found.unsplit.template, here.language, **found.unsplit.data)
        return [here.say(NOT_SPLIT, why=why)]
    if found.weather is None:
        return []
    one, model = found.weather, found.weather.model
    said = {
        "station": name(one.station, here.language),
        "heating": _signed(one.heating[1] - one.heating[0], here),
        "cooling": _signed(one.cooling[1] - one.cooling[0], here),
        "heating_base": i18n.number(one.rule.heating_base, here.language, 1),
        "cooling_base": i18n.number(one.rule.cooling_base, here.language, 1),
    }
    fit = {
        "count": i18n.number(model.count, here.language),
        "step": here.say(STEPS[model.step]),
        "year": view.year - 1,
        "per_heating": i18n.quantity(round(model.heating), view.resource, here.language),
        "per_cooling": i18n.quantity(round(model.cooling), view.resource, here.language),
        "r2": i18n.percent(model.r2, here.language),
        "cv": i18n.percent(model.cv, here.language),
    }
    return [f"{here.say(DEGREES, **said)} {here.say(FIT, **fit)}", here.say(WEATHER_RULE)]


def _signed(value: float, here: Context) -> str:
    shown = i18n.number(value, here.language, 0)
    return f"+{shown}" if round(value) > 0 else shown
