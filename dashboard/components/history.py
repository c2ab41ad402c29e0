"""The panel that says who changed a thing, when, and from what to what; for those who manage it."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.components.layout import panel
from dashboard.components.links import address
from dashboard.components.tables import table
from dashboard.context import Context
from monitor.errors import Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries import admin as queries

TITLE, NOTHING = N_("Change history"), N_("Nothing has been changed yet.")
SHOW, BELOW = N_("Show {count} changes"), N_("Who changed what, when, from what to what; the newest {most}.")
ON_PAGE = 50


def of(here: Context, session: Session, kind: str, key: str) -> Component | None:
    """Give the panel for a thing, closed; nothing for who may not manage it."""
    try:
        rows = queries.history_of(session, here.actor, kind, key, limit=ON_PAGE)
    except (NotFound, Forbidden):
        return None
    if not rows:
        return panel(here, here.say(TITLE), html.P(here.say(NOTHING), className="reason"))
    content = frame.audit_table(here, rows)
    drawn = html.Details(
        [
            html.Summary(here.say(SHOW, count=len(rows))),
            html.Div(table(content, here.language), className="trail"),
        ]
    )
    csv = address(f"/export/history/{kind}.csv", key=key)
    return panel(here, here.say(TITLE), drawn, below=here.say(BELOW, most=ON_PAGE), csv=csv)
