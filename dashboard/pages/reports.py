"""Reports: the month, to take away (page still to come)."""

from dash import Dash, html
from dash.development.base_component import Component

from monitor.i18n import N_

PATH = "/reports"
NAME = N_("Reports")


def layout(**_: str) -> Component:
    """Give an empty page."""
    return html.Div()


def register(app: Dash) -> None:
    """Nothing to register."""
