"""The page that is shown where there is none."""

from dash import Dash
from dash.development.base_component import Component

from dashboard import context
from dashboard.components.layout import notice
from monitor.i18n import N_

PATH = "/not-found"
NAME = N_("Not found")


def layout(**_: str) -> Component:
    """Say that there is no such page."""
    here = context.current()
    return notice(here, "NOT_FOUND", here.say(N_("There is no such page, or you may not see it.")), tone="warn")


def register(app: Dash) -> None:
    """Nothing to register."""
