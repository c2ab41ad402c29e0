"""Preview: what an uploaded file would bring, before anything is imported; totals per meter and month, refused rows."""

from pathlib import Path
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context, templates_actions
from dashboard.components.forms import post
from dashboard.components.layout import grid, head, notice, panel
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.imports_actions import all_uploaded
from dashboard.pages.imports import MESSAGES
from dashboard.pages.receipt import SEVERITIES, detected_lines
from monitor import i18n
from monitor.domain.access import Action
from monitor.i18n import LANGUAGES, N_
from monitor.intake import pipeline
from monitor.intake.receipt import COUNTS
from monitor.intake.resolve import Known
from monitor.services import sources

PATH = "/preview"
NAME = N_("Preview")
NOTHING_YET = N_("Nothing has been imported yet.")
IMPORT, FOUND, TOTALS = N_("Import this file"), N_("What was found"), N_("Totals per meter and month")
ISSUES, CLEAN = N_("Refused rows and remarks"), N_("Every row was understood.")
TO_IMPORTS = N_("To the imports")
NO_TOTALS = N_("No reading could be taken from this file.")


def layout(**given: str) -> Component:
    """Build the page: parameters source (id), file (hashes of the uploads)."""
    here = context.current()
    here.actor.require_everywhere(Action.IMPORT)
    paths = all_uploaded(here, given.get("file", ""))
    source = given.get("source", "")
    if not paths or not (source.isascii() and source.isdigit()):
        return notice(here, "FILE_GONE", here.say(MESSAGES["gone"]), tone="warn", onward=(TO_IMPORTS, "/imports"))
    found = look(here, int(source), paths)
    button = html.Button(here.say(IMPORT), type="submit", className="button main")
    tools = [] if found["error"] else [post("/imports/confirm", button, here, source=source, file=given["file"])]
    title = head(" · ".join(path.name for path in paths), here.say(NOTHING_YET), tools)
    files = grid(_files(here, found["files"])) if "files" in found else None
    templates = templates_actions.links(here) if found["error"] or found["issues"] else None
    if found["error"]:
        again = html.P(html.A(here.say(TO_IMPORTS), href="/imports"))
        parts = [title, _error(found["error"]), files, templates, again]
    else:
        parts = [title, files, grid(_counts(here, found), _totals(here, found)), grid(_issues(here, found)), templates]
    return html.Div([part for part in parts if part is not None])


def look(here: Context, source_id: int, paths: list[Path]) -> dict[str, Any]:
    """Read the files as an import of this source would, without storing anything; the documented structure of a preview."""
    with here.session() as session:
        kind, options = sources.importer_of(session, here.actor, source_id)
        resolve = Known(session, source_id)
    return pipeline.preview(kind, options, paths, resolve=resolve, archive=here.site.archive).to_json()


FILES, STATE = N_("Files"), N_("State")
READABLE, UNREADABLE = N_("● readable"), N_("✖ refused as a whole")


def _files(here: Context, files: list[dict[str, Any]]) -> Component:
    """Give one line for each of several files: whether it can be read, what it holds, what is wrong with it."""
    heads = (N_("File"), STATE, N_("First reading"), N_("Last reading"), N_("What is wrong"))
    columns = (*(Column(here.say(one)) for one in heads[:2]), Column(here.say(N_("Refused")), "number"))
    more = tuple(Column(here.say(one)) for one in heads[2:])
    rows = [
        (
            one["document"],
            here.say(UNREADABLE if one["error"] else READABLE),
            one["counts"].get("refused", 0),
            one["span"]["first"],
            one["span"]["last"],
            one["error"]["message"][here.language] if one["error"] else "",
        )
        for one in files
    ]
    return panel(here, here.say(FILES), table(Table((*columns, *more), rows), here.language))


def _error(error: dict[str, Any]) -> Component:
    lines = [html.P(error["message"][language]) for language in LANGUAGES]
    return html.Div([*lines, html.Small(error["code"])], className="note bad", role="alert")


def _counts(here: Context, found: dict[str, Any]) -> Component:
    lines: list[tuple[str, Any]] = [
        (here.say(COUNTS[key]), i18n.number(value, here.language)) for key, value in found["counts"].items()
    ]
    lines += [
        (here.say(label), found["span"][key] or i18n.MISSING) for key, label in (("first", FIRST), ("last", LAST))
    ]
    lines += detected_lines(here, found["detected"])
    inside = html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))])
    drawn = panel(here, here.say(FOUND), inside, span=4)
    drawn.className = "panel card span-4"
    return drawn


FIRST, LAST = N_("First reading"), N_("Last reading")


def _totals(here: Context, found: dict[str, Any]) -> Component:
    if not found["totals"]:
        return panel(here, here.say(TOTALS), html.P(here.say(NO_TOTALS), className="reason"), span=8)
    heads = (N_("Meter"), N_("Register"), N_("Month"), N_("Readings"), N_("Total"), N_("Measure"))
    columns = tuple(Column(here.say(title)) for title in heads)
    rows = [
        (
            one["meter"],
            one["register"],
            one["month"],
            one["readings"],
            one["display"]["value"],
            one["display"]["measure"],
        )
        for one in found["totals"]
    ]
    return panel(here, here.say(TOTALS), table(Table(columns, rows), here.language), span=8)


def _issues(here: Context, found: dict[str, Any]) -> Component:
    if not found["issues"]:
        return panel(here, here.say(ISSUES), html.P(here.say(CLEAN), className="reason"))
    heads = (N_("Severity"), N_("Sheet"), N_("Row"), N_("Column"), N_("Value"), N_("What is wrong"), N_("Code"))
    columns = tuple(Column(here.say(title)) for title in heads)
    rows = []
    for one in found["issues"]:
        said = html.Div([html.P(one["message"][language]) for language in LANGUAGES])
        severity = here.say(SEVERITIES.get(one["severity"], one["severity"]))
        place = (one["sheet"], one["row"], one["column"], html.Code(one["value"]))
        rows.append((severity, *place, said, html.Code(one["code"])))
    return panel(here, here.say(ISSUES), table(Table(columns, rows), here.language))


def register(app: Dash) -> None:
    """Nothing of its own: the import is posted to the route of imports_actions."""
