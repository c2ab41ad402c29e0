"""The audit trail as files: of a thing, for those who manage it, or all of it, for administrators of the whole."""

from collections.abc import Callable

import flask
from dash import Dash
from sqlalchemy.orm import Session

from dashboard import context, exports
from dashboard.admin import audit, frame
from dashboard.components.book import Note
from dashboard.components.history import TITLE
from dashboard.context import Context
from dashboard.exports import File
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries.admin import AuditRow

THING = N_("Thing")
IN_FILE = 10_000
EVERYTHING = "all"


def register(app: Dash) -> None:
    """Add the files: `/export/history/unit.csv?key=…`, `/export/history/all.csv?thing=&who=&action=&since=&until=`."""
    for form in ("csv", "xlsx"):
        rule = f"/export/history/<kind>.{form}"
        app.server.add_url_rule(rule, f"export_history_{form}", _file, defaults={"form": form})


def _file(kind: str, form: str) -> flask.Response:
    return exports.answer(_made(kind, flask.request.args.to_dict()), form)


def _made(kind: str, given: dict[str, str]) -> Callable[[], File]:
    def make() -> File:
        here = context.current()
        given_key = given.get("key", "").replace("\0", "�")[:200]
        with here.session() as session:
            rows = _rows(session, here, kind, given, key=given_key)
        note = Note(here.say(TITLE), [(here.say(THING), given_key or given.get("thing", "")[:200] or "–")])
        return File(f"jieyue-history-{kind}", frame.audit_table(here, rows, whole=True), note)

    return make


def _rows(session: Session, here: Context, kind: str, given: dict[str, str], *, key: str) -> list[AuditRow]:
    if kind == EVERYTHING:
        return queries.audit(session, here.actor, audit.wanted(here, given), limit=IN_FILE)
    return queries.history_of(session, here.actor, kind, key, limit=IN_FILE)
