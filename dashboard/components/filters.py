"""Filters that several pages share: unit, year, last day counted, and the tabs of the resources; each stands in the address."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard import params
from dashboard.components.layout import choose, choose_day
from dashboard.components.links import address
from dashboard.components.look import resource_icon
from dashboard.context import Context
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.queries.scope import name

UNIT, YEAR, AS_OF, RESOURCE = N_("Unit"), N_("Year"), N_("Up to"), N_("Resource")
STEP = "\u2003"  # a level of the tree


def of_view(here: Context, view: params.View, *, unit: bool = True, years: Sequence[int] = ()) -> list[Component]:
    """Give the filters of a view: unit, year (with `years` more of them), last day counted."""
    offered = sorted({*params.years(view.latest), view.year, *years}, reverse=True)
    units = [(row.code, STEP * row.depth + name(row, here.language)) for row in view.units]
    chosen = [choose("unit", here.say(UNIT), view.unit.code, units, width=280, search=True)] if unit else []
    return [
        *chosen,
        choose("year", here.say(YEAR), str(view.year), [(str(one), str(one)) for one in offered], width=92),
        choose_day("as_of", here.say(AS_OF), view.as_of, last=view.latest),
    ]


def resource_tabs(here: Context, path: str, now: str, **query: Any) -> Component:
    """Give a tab for each resource, the present one marked; the rest of the address stays."""
    tabs = []
    for code, row in RESOURCES.items():
        chosen = {"aria-current": "page"} if code == now else {}
        label = row.zh if here.language == "zh" else row.en
        tabs.append(html.A([resource_icon(code), label], href=address(path, **{**query, "resource": code}), **chosen))
    return html.Nav(tabs, className="tabs", **{"aria-label": here.say(RESOURCE)})
