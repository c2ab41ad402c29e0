"""The days of a gauge on the Meter page: the mean temperature of each, and its degree days."""

from fractions import Fraction

import numpy as np
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components import charts
from dashboard.components.layout import facts, graph, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.views import COOLING, HEATING
from monitor import i18n
from monitor.domain.periods import from_day
from monitor.domain.resources import GAUGES
from monitor.domain.weather import degree_days
from monitor.i18n import N_
from monitor.queries import weather
from monitor.queries.weather import Outdoor

MEAN, DAYS = N_("Mean of the day"), N_("Days of this station")
CODE = next(iter(GAUGES))


def gauge_days(
    session: Session, here: Context, meter_id: int, span: tuple[int, int], again: dict[str, object]
) -> Component:
    """Draw the means of the days, with the table below."""
    found = weather.at_meter(session, here.actor, meter_id, *span)
    means = [] if found is None else found.means.tolist()
    labels = (here.say(MEAN), "", "")
    days = [from_day(day).isoformat() for day in range(*span)][: len(means)]
    values = [None if np.isnan(mean) else round(mean, 2) for mean in means]
    measure = i18n.measure_name(CODE, here.language)
    drawn = charts.cumulative(days, values, ([], []), names=labels, measure=measure, theme=here.theme)
    title, below = here.say(DAYS), facts(here, CODE, span)
    inside = [
        graph(drawn, f"{title}, {below}", here, height=220),
        table(gauge_table(here, found, again), here.language),
    ]
    return panel(here, title, inside, below=below, csv=address("/export/meter-days.csv", **again))


def gauge_table(here: Context, found: Outdoor | None, again: dict[str, object]) -> Table:
    """Give day (opens its readings), mean, heating and cooling degree days; the newest first, unknown days empty."""
    columns = (
        Column(here.say(N_("Day")), "link"),
        Column(here.say(MEAN), "quantity", CODE),
        Column(here.say(HEATING), "number", digits=1),
        Column(here.say(COOLING), "number", digits=1),
    )
    if found is None:
        return Table(columns, [])
    heating, cooling = degree_days(found.means, here.site.settings.weather.rule)
    rows = []
    for index in range(len(found.means) - 1, -1, -1):
        text = from_day(found.start + index).isoformat()
        known = not np.isnan(found.means[index])
        mean = round(found.means[index] * 1000) if known else None
        degrees = [Fraction(round(one[index] * 1000), 1000) if known else None for one in (heating, cooling)]
        rows.append(((text, address("/meter", **{**again, "day": text})), mean, *degrees))
    return Table(columns, rows)
