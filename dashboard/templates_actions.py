"""Workbooks to fill in, with the meters that the reader may see; the importer reads them back with a bundled profile."""

from zoneinfo import ZoneInfo

import flask
from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context
from dashboard.components.book import MIMETYPE
from dashboard.components.links import address
from dashboard.context import Context
from monitor.errors import Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries import scope
from monitor.reports import forms

OFFERED = N_("Templates to fill in:")


def register(app: Dash) -> None:
    """Add the route."""
    app.server.add_url_rule("/imports/template/<kind>.xlsx", "import_template", _template)


def links(here: Context, unit: str = "") -> Component:
    """Give a line with a link to each form."""
    parts: list[Component | str] = [here.say(OFFERED)]
    for number, (kind, form) in enumerate(forms.FORMS.items()):
        parts += [
            " · " if number else " ",
            html.A(here.say(form.sheet), href=address(f"/imports/template/{kind}.xlsx", unit=unit)),
        ]
    return html.P(parts, className="reason")


def _template(kind: str) -> flask.Response:
    here = context.current()
    now = here.now().astimezone(ZoneInfo(here.site.settings.zone))
    code = flask.request.args.get("unit", "")
    try:
        with here.session() as session:
            unit = scope.unit_by_code(session, here.actor, code).id if code else None
            content = forms.make(session, here.actor, kind, here.language, now=now, unit_id=unit)
    except (NotFound, Forbidden):
        flask.abort(404)
    answer = flask.Response(content, mimetype=MIMETYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="jieyue-{kind}.xlsx"'
    return answer
