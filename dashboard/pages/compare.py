"""Who is better, fairly: like with like."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context
from dashboard.components.layout import head
from monitor.i18n import N_

PATH = "/compare"
NAME = N_("Compare")


def layout(**given: str) -> Component:  # noqa: ARG001 - filters come with the page
    """Build the page."""
    here = context.current()
    return html.Div(head(here.say(NAME), ""))


def register(app: Dash) -> None:
    """No callbacks."""
