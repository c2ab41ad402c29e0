"""CSV files and workbooks of what pages show: the same tables, under /export/, for those who may see them."""

from collections.abc import Callable
from dataclasses import dataclass

import flask
from dash import Dash
from sqlalchemy.orm import Session

from dashboard import context, params, views
from dashboard.components.book import MIMETYPE, Note, to_xlsx
from dashboard.components.layout import period
from dashboard.components.tables import Table, to_csv
from dashboard.context import Context
from dashboard.pages import PAGES
from dashboard.pages.overview import board_table
from dashboard.pages.receipt import issues_table
from dashboard.params import View
from monitor import i18n
from monitor.domain.periods import from_day
from monitor.errors import Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries import consumption, operations, scope, targets
from monitor.queries.version import data_version

# view → the function that makes its table from session, context and the view of the address; a page may bring its own
EXPORTS = views.EXPORTS | {name: make for page in PAGES for name, make in getattr(page, "EXPORTS", {}).items()}
TITLES = {
    "board": N_("Overview of all units"),
    "days": N_("Days"),
    "months": N_("Months"),
    "profile": N_("Hours of the week"),
    "statement": N_("The line that adds up"),
    "meters": N_("Meters"),
    "bases": N_("Bases of paper side by side"),
    "facts": N_("Denominators"),
    "change": N_("What the change against last year comes from"),
    "weather": N_("Degree days"),
    "happenings": N_("What happened, by date"),
    "ranking": N_("Ranking"),
    "unranked": N_("Not ranked"),
    "scatter": N_("People and use"),
    "deliveries": N_("Deliveries"),
    "completeness": N_("Completeness"),
    "holes": N_("Gaps in the data"),
    "overlays": N_("Corrections"),
    "bills": N_("Bills against meters"),
    "closings": N_("Closed months"),
    "closed-changes": N_("Changed since closing"),
    "alerts": N_("Alerts"),
    "targets": N_("Targets"),
    "breakdown": N_("Breakdown of targets"),
    "versions": N_("Versions of targets"),
    "quotas": N_("Quotas"),
}
REFUSED = N_("Refused rows")
MOST_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class File:
    """What is sent: the name without its ending, the table, and what a workbook says above it."""

    name: str
    content: Table
    note: Note


def register(app: Dash) -> None:
    """Add the export routes."""
    app.server.add_url_rule("/export/<view>.csv", "export_view", _view, defaults={"form": "csv"})
    app.server.add_url_rule("/export/<view>.xlsx", "export_view_xlsx", _view, defaults={"form": "xlsx"})
    app.server.add_url_rule("/export/run/<int:run_id>.csv", "export_run", _run, defaults={"form": "csv"})
    app.server.add_url_rule("/export/run/<int:run_id>.xlsx", "export_run_xlsx", _run, defaults={"form": "xlsx"})


def answer(make: Callable[[], File], form: str) -> flask.Response:
    """Send a table as a file; what may not be seen is not there."""
    try:
        file = make()
    except (NotFound, Forbidden):
        flask.abort(404)
    if form == "csv":
        response = flask.Response(to_csv(file.content), mimetype="text/csv")
    else:
        content = to_xlsx(file.content, context.current().language, file.note)
        response = flask.Response(content, mimetype=MIMETYPE)
    response.headers.set("Content-Disposition", "attachment", filename=f"{file.name}.{form}")
    return response


def _view(view: str, form: str) -> flask.Response:
    if view != "board" and view not in EXPORTS:
        flask.abort(404)
    return answer(lambda: _table(view), form)


def _table(view: str) -> File:
    here = context.current()
    with here.session() as session:
        asked = params.read(session, here, flask.request.args.to_dict())
        until = from_day(asked.as_of).isoformat()
        if view == "board":
            content = board_table(here, targets.board(session, here.actor, asked.year, asked.as_of))
            return File(f"jieyue-board-{until}", content, _note(session, here, asked, view))
        name = f"jieyue-{view}-{asked.unit.code}-{asked.resource}-{until}"
        return File(name, EXPORTS[view](session, here, asked), _note(session, here, asked, view))


def _note(session: Session, here: Context, asked: View, view: str) -> Note:
    """Say what a table is: unit, resource and measure, period, coverage, and the version of the data."""
    title = here.say(TITLES[view]) if view in TITLES else view
    lines = [(here.say(N_("Period")), period(here, *asked.span))]
    if view in views.EXPORTS:
        named = scope.name(asked.unit, here.language)
        measure = i18n.measure_name(asked.resource, here.language)
        amount = consumption.amount(session, here.actor, asked.unit.id, asked.resource, *asked.span)
        covered = i18n.coverage(amount.coverage if amount.expected else None, here.language)
        lines = [(here.say(N_("Unit")), named), (here.say(N_("Measure")), measure), *lines]
        lines.append((here.say(N_("Coverage")), covered))
    lines.append((here.say(N_("Version of the data")), str(data_version(session))))
    return Note(title, lines)


def _run(run_id: int, form: str) -> flask.Response:
    def make() -> File:
        here = context.current()
        with here.session() as session:
            run = operations.run(session, here.actor, run_id)
            content = issues_table(here, operations.issues(session, here.actor, run_id, MOST_ROWS))
            lines = [(here.say(N_("File")), run.document or i18n.MISSING), (here.say(N_("Source")), run.source_code)]
            return File(f"jieyue-refused-{run_id}", content, Note(here.say(REFUSED), lines))

    return answer(make, form)
