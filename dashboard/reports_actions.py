"""What the reports page posts and serves: make, send, and the stored bytes of a report; each asks for permission again."""

import logging
import re
from functools import partial
from zoneinfo import ZoneInfo

import flask
from dash import Dash
from flask.typing import ResponseReturnValue

from dashboard import context
from dashboard.components.links import address
from monitor.domain.periods import Month
from monitor.errors import Forbidden, JieyueError, NotFound
from monitor.i18n import LANGUAGES
from monitor.queries import scope
from monitor.reports import archive
from monitor.services import reports

log = logging.getLogger(__name__)
LARGEST_ID = 2**62
RECIPIENTS = 20
_ADDRESS = re.compile(r"[^@\s,;<>\"\\]{1,64}@[A-Za-z0-9.-]{1,189}")
# A report needs nothing but its own styles; it runs no script, even were one to get in.
_ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"


def register(app: Dash) -> None:
    """Add the routes."""
    app.server.add_url_rule("/reports/make", "reports_make", _make, methods=["POST"])
    app.server.add_url_rule("/reports/send", "reports_send", _send, methods=["POST"])
    app.server.add_url_rule("/reports/<int:report_id>.html", "reports_page", _page)
    for form in archive.FORMS:
        rule, name = f"/reports/<int:report_id>.{form}", f"reports_{form}"
        app.server.add_url_rule(rule, name, partial(_file, form=form))


def _refuse(error: JieyueError, **query: object) -> ResponseReturnValue:
    if isinstance(error, NotFound):
        flask.abort(404)
    if isinstance(error, Forbidden):
        flask.abort(403)
    log.warning("report refused: %s", error)
    return flask.redirect(address("/reports", message=error.code, **query), 303)


def _make() -> ResponseReturnValue:
    """Build a report and show it; the same data show the version that is there."""
    here, form = context.current(), flask.request.form
    language, code = form.get("language", ""), form.get("unit", "")
    try:
        month = Month.parse(form.get("month", ""))
    except ValueError:
        flask.abort(400)
    if language not in LANGUAGES:
        flask.abort(400)
    try:
        with here.session() as session:
            unit = scope.unit_by_code(session, here.actor, code)
        now = here.now().astimezone(ZoneInfo(here.site.settings.zone))  # the report says when it was made
        made = archive.produce(here.site.database, here.actor, unit.id, month, language, now=now)
    except JieyueError as error:
        return _refuse(error, unit=code, month=str(month), lang=language)
    return flask.redirect(address("/reports", report=made, message="made"), 303)


def _send() -> ResponseReturnValue:
    """Mail a report to the addresses given."""
    here, form = context.current(), flask.request.form
    text = form.get("report", "")
    if not (text.isascii() and text.isdigit() and int(text) < LARGEST_ID):
        flask.abort(400)
    to = recipients(form.get("to", ""))
    if not to:
        return flask.redirect(address("/reports", report=text, message="no_address"), 303)
    try:
        settings = here.site.settings
        forms, now = settings.report.attachments, here.now()
        archive.send(here.site.database, here.actor, int(text), to, settings.mail, now=now, forms=forms)
    except JieyueError as error:
        return _refuse(error, report=text)
    return flask.redirect(address("/reports", report=text, message="sent"), 303)


def recipients(text: str) -> list[str]:
    """Read mail addresses parted by commas, semicolons or spaces; none at all where one is not an address or there are too many."""
    given = [part for part in re.split(r"[,;，；\s]+", text) if part]
    return given if len(given) <= RECIPIENTS and all(_ADDRESS.fullmatch(part) for part in given) else []


def _page(report_id: int) -> ResponseReturnValue:
    """Serve a report byte for byte as stored; `download` saves it as a file."""
    here = context.current()
    if report_id >= LARGEST_ID:
        flask.abort(404)
    try:
        with here.session() as session:
            row = reports.find(session, here.actor, report_id)
            _, html = reports.fetch(session, here.actor, report_id)
    except NotFound:
        flask.abort(404)
    answer = flask.Response(html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _ALONE
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    if "download" in flask.request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{archive.file_name(row)}"'
    return answer


def _file(report_id: int, form: str) -> ResponseReturnValue:
    """Serve a report's workbook, PDF or Word file byte for byte as stored; made from the stored data where there is none yet."""
    here = context.current()
    if report_id >= LARGEST_ID:
        flask.abort(404)
    try:
        with here.session() as session:
            row = reports.find(session, here.actor, report_id)
        content = archive.file(here.site.database, here.actor, report_id, form, zone=here.site.settings.zone)
    except NotFound:
        flask.abort(404)
    answer = flask.Response(content, mimetype=archive.FORMS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{archive.file_name(row, form)}"'
    return answer
