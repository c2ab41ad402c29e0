"""CSV files of what pages show: the same tables, under /export/, for those who may see them."""

from collections.abc import Callable

import flask
from dash import Dash

from dashboard import context, params, views
from dashboard.components.tables import Table, to_csv
from dashboard.pages import PAGES
from dashboard.pages.overview import board_table
from dashboard.pages.receipt import issues_table
from monitor.domain.periods import from_day
from monitor.errors import Forbidden, NotFound
from monitor.queries import operations, targets

# view → the function that makes its table from session, context and the view of the address; a page may bring its own
EXPORTS = views.EXPORTS | {name: make for page in PAGES for name, make in getattr(page, "EXPORTS", {}).items()}


def register(app: Dash) -> None:
    """Add the export routes."""
    app.server.add_url_rule("/export/<view>.csv", "export_view", _view)
    app.server.add_url_rule("/export/run/<int:run_id>.csv", "export_run", _run)


def answer(make: Callable[[], tuple[str, Table]]) -> flask.Response:
    """Send a table as a file; what may not be seen is not there."""
    try:
        name, content = make()
    except (NotFound, Forbidden):
        flask.abort(404)
    response = flask.Response(to_csv(content), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _view(view: str) -> flask.Response:
    if view != "board" and view not in EXPORTS:
        flask.abort(404)
    return answer(lambda: _table(view))


def _table(view: str) -> tuple[str, Table]:
    here = context.current()
    with here.session() as session:
        asked = params.read(session, here, flask.request.args.to_dict())
        until = from_day(asked.as_of).isoformat()
        if view == "board":
            return f"jieyue-board-{until}.csv", board_table(
                here, targets.board(session, here.actor, asked.year, asked.as_of)
            )
        return f"jieyue-{view}-{asked.unit.code}-{asked.resource}-{until}.csv", EXPORTS[view](session, here, asked)


def _run(run_id: int) -> flask.Response:
    def make() -> tuple[str, Table]:
        here = context.current()
        with here.session() as session:
            return f"jieyue-refused-{run_id}.csv", issues_table(
                here, operations.issues(session, here.actor, run_id, 1_000_000)
            )

    return answer(make)
