"""What arrived and what did not: the sources in short, for the overview."""

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components.layout import panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.i18n import N_
from monitor.queries import operations
from monitor.queries.operations import RunRow, SourceRow
from monitor.queries.scope import name

TITLE, NONE = N_("What arrived and what did not"), N_("No sources to show.")
LATE, OFF, IN_TIME, NEVER = N_("▲ Late"), N_("– Switched off"), N_("● In time"), N_("? Nothing yet")
STATES = {
    "running": N_("… Running"),
    "done": N_("● Done"),
    "refused": N_("✖ Refused"),
    "failed": N_("✖ Failed"),
    "unchanged": N_("● Nothing new"),
    "undone": N_("– Undone"),
}
TONES = {"done": "good", "unchanged": "good", "refused": "bad", "failed": "bad", "running": "none", "undone": "none"}


def deliveries(session: Session, here: Context) -> Component:
    """Give the panel of sources: state, last receipt, rows; late ones first."""
    rows = sorted(operations.sources(session, here.actor, now=here.now()), key=lambda row: (not row.late, row.code))
    inside = table(summary(here, rows), here.language) if rows else html.P(here.say(NONE), className="reason")
    return panel(here, here.say(TITLE), inside, span=6)


def summary(here: Context, rows: list[SourceRow]) -> Table:
    """Give the table of the panel."""
    columns = (
        Column(here.say(N_("Source")), "link"),
        Column(here.say(N_("State"))),
        Column(here.say(N_("Last receipt")), "moment"),
        Column(here.say(N_("New rows")), "number"),
        Column(here.say(N_("Refused")), "number"),
    )
    lines = []
    for row in rows:
        last = row.last_run
        seen = (
            (here.local(last.finished_at or last.started_at), last.rows_new, last.rows_refused)
            if last
            else (None, None, None)
        )
        lines.append(((name(row, here.language), address("/imports", source=row.code)), standing(here, row), *seen))
    return Table(columns, lines)


def standing(here: Context, row: SourceRow) -> Component:
    """Say how a source stands: late, in time, off, or never heard of."""
    word, tone = (
        (LATE, "bad")
        if row.late
        else (OFF, "none")
        if not row.enabled
        else (NEVER, "none")
        if row.last_run is None
        else (IN_TIME, "good")
    )
    if not row.late and row.enabled and row.last_run is not None and row.last_run.state in {"refused", "failed"}:
        return state(here, row.last_run)
    return html.Span(here.say(word), className=tone)


def state(here: Context, run: RunRow) -> Component:
    """Say how a run ended, as sign and word."""
    return html.Span(here.say(STATES.get(run.state, run.state)), className=TONES.get(run.state, "none"))
