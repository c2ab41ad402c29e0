"""Preview: what an uploaded file would bring, before anything is imported."""

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context
from dashboard.components.layout import head
from monitor.i18n import N_

PATH = "/preview"
NAME = N_("Preview")


def layout(**_given: str) -> Component:
    """Build the page: parameters source (id), file (hash of the upload)."""
    here = context.current()
    return html.Div([head(here.say(NAME), "")])


def register(app: Dash) -> None:
    """Nothing to register."""
