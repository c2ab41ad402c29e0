"""Imports: what came in? Sources with schedule and last receipt, upload, run now, all receipts."""

import re
from base64 import b64decode
from typing import Any

import dash
import dash_mantine_components as dmc
import flask
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context, guards, templates_actions
from dashboard.components.forms import post
from dashboard.components.layout import grid, head, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.imports_actions import MOST, keep_for
from dashboard.pages._deliveries import IN_TIME, LATE, OFF, standing, state
from dashboard.pages._deliveries import STATES as RESULTS
from dashboard.params import View
from monitor.domain.access import Action
from monitor.i18n import N_
from monitor.queries import operations
from monitor.queries.operations import RunRow, SourceRow
from monitor.queries.scope import name

PATH = "/imports"
NAME = N_("Imports")
SOURCES, RECEIPTS, UPLOAD = N_("Sources"), N_("Receipts"), N_("Bring in a file")
QUESTION = N_("What came in, from where, and what was refused")
NONE, NO_RUNS = N_("No sources to show."), N_("No receipts yet.")
RUN_NOW, BY_HAND, ALL = N_("Run now"), N_("by hand"), N_("All sources")
CHOOSE = N_("Choose files and preview them")
LARGEST = 14 * 1024 * 1024  # a callback carries it as text, a third larger, within the limit of a request
FIRST_LOOK = N_("Look at it first: the preview changes nothing and shows totals and refused rows.")
MESSAGES = {
    "started": N_("The import has started; its receipt appears below. Reload the page to see it."),
    "nofile": N_("Choose a file first."),
    "failed": N_("The import failed; its receipt, where there is one, says why. The file can be chosen again."),
    "gone": N_("The previewed file is no longer here; please choose it again."),
}
STARTED_TONES = {"started": "good"}


def layout(**given: str) -> Component:
    """Build the page: parameters source (code; only its receipts), message."""
    here = context.current()
    with here.session() as session:
        sources = operations.sources(session, here.actor, now=here.now())
        chosen = next((row for row in sources if row.code == given.get("source")), None)
        runs = operations.runs(session, here.actor, source_id=chosen.id if chosen else None, limit=100)
    may = here.actor.may_everywhere(Action.IMPORT)
    parts = [_sources(here, sources, may=may)]
    if may and sources:
        parts.append(_upload(here, sources, chosen))
    parts.append(_receipts(here, runs, chosen))
    return html.Div([head(here.say(NAME), here.say(QUESTION)), *_message(here, given.get("message", "")), grid(*parts)])


def _message(here: Context, key: str) -> list[Component]:
    if key not in MESSAGES:
        return []
    return [html.Div(here.say(MESSAGES[key]), className=f"note {STARTED_TONES.get(key, 'warn')}", role="status")]


def _sources(here: Context, rows: list[SourceRow], *, may: bool) -> Component:
    if not rows:
        return panel(here, here.say(SOURCES), html.P(here.say(NONE), className="reason"))
    columns = _source_columns(here)
    lines = [
        [*_source(here, row), *([_run_now(here, row)] if may else [])]
        for row in sorted(rows, key=lambda row: (not row.late, row.code))
    ]
    if may:
        columns.append(Column(""))
    drawn = table(Table(tuple(columns), lines), here.language)
    return panel(here, here.say(SOURCES), drawn, csv="/export/sources.csv")


def _source_columns(here: Context) -> list[Column]:
    heads = (
        N_("Source"),
        N_("State"),
        N_("Schedule"),
        N_("Next run"),
        N_("Last receipt"),
        N_("Result"),
        N_("New rows"),
        N_("Refused"),
    )
    kinds: tuple[Any, ...] = ("link", "text", "text", "moment", "link", "text", "number", "number")
    return [Column(here.say(title), kind) for title, kind in zip(heads, kinds, strict=True)]


def _source(here: Context, row: SourceRow) -> list[Any]:
    last = row.last_run
    link = (name(row, here.language), address("/imports", source=row.code))
    start = [
        link,
        standing(here, row),
        html.Code(row.schedule) if row.schedule else here.say(BY_HAND),
        here.local(row.next_run),
    ]
    if last is None:
        return [*start, None, None, None, None]
    receipt = (last.document or f"#{last.id}", address("/receipt", run=last.id))
    return [*start, receipt, state(here, last), last.rows_new, last.rows_refused]


def _run_now(here: Context, row: SourceRow) -> Component:
    return post("/imports/run", html.Button(here.say(RUN_NOW), type="submit", className="button"), here, source=row.id)


def _upload(here: Context, rows: list[SourceRow], chosen: SourceRow | None) -> Component:
    options = [{"value": str(row.id), "label": name(row, here.language)} for row in rows]
    first = chosen or rows[0]
    inside = [
        dmc.Select(
            id="upload-source",
            label=here.say(N_("Source")),
            data=options,
            value=str(first.id),
            allowDeselect=False,
            w=240,
        ),
        dcc.Upload(
            html.Button(here.say(CHOOSE), type="button", className="button main"),
            id="upload",
            max_size=LARGEST,
            multiple=True,
        ),
        html.Div(id="upload-answer", role="alert"),
        dcc.Location(id="upload-goes", refresh=True),
    ]
    content = [html.Div(inside, className="filters"), templates_actions.links(here)]
    return panel(here, here.say(UPLOAD), content, below=here.say(FIRST_LOOK))


def _take(contents: list[str] | str | None, names: list[str] | str | None, source: str | None) -> Any:
    """Keep the uploaded files and go to their preview."""
    here = context.current()
    bodies = [contents] if isinstance(contents, str) else list(contents or [])
    files = [names] if isinstance(names, str) else list(names or [])
    try:
        data = [b64decode(str(one).partition(",")[2], validate=True) for one in bodies[:MOST]]
    except ValueError:
        data = []
    if not data or not all(data) or len(files) != len(bodies) or not re.fullmatch(r"[0-9]{1,17}", source or ""):
        return dash.no_update, here.say(MESSAGES["nofile"])
    kept = [keep_for(here, int(source or 0), str(name), one) for name, one in zip(files, data, strict=False)]
    return address("/preview", source=source, file=",".join(dict.fromkeys(kept))), ""


def _receipts(here: Context, runs: list[RunRow], chosen: SourceRow | None) -> Component:
    below = name(chosen, here.language) if chosen else here.say(ALL)
    tools = [html.A(here.say(ALL), href=PATH)] if chosen else []
    if not runs:
        return panel(here, here.say(RECEIPTS), html.P(here.say(NO_RUNS), className="reason"), below=below, tools=tools)
    drawn = table(_receipts_table(here, runs), here.language)
    csv = address("/export/runs.csv", source=chosen.code if chosen else "")
    return panel(here, here.say(RECEIPTS), drawn, below=below, tools=tools, csv=csv)


def _receipts_table(here: Context, runs: list[RunRow]) -> Table:
    heads = (
        N_("Receipt"),
        N_("Source"),
        N_("Result"),
        N_("Started"),
        N_("Read"),
        N_("New"),
        N_("Changed"),
        N_("Same"),
        N_("Refused"),
    )
    kinds: tuple[Any, ...] = ("link", "text", "text", "moment", "number", "number", "number", "number", "number")
    columns = tuple(Column(here.say(title), kind) for title, kind in zip(heads, kinds, strict=True))
    return Table(columns, [_receipt(here, run) for run in runs])


def _receipt(here: Context, run: RunRow) -> tuple[Any, ...]:
    source = run.source_name_zh if here.language == "zh" else run.source_name_en
    link = (f"#{run.id} {run.document}".strip(), address("/receipt", run=run.id))
    counts = (run.rows_read, run.rows_new, run.rows_changed, run.rows_same, run.rows_refused)
    return (link, source, state(here, run), here.local(run.started_at), *counts)


def _sources_export(session: Session, here: Context, view: View) -> Table:  # noqa: ARG001 - every export is asked so
    rows = operations.sources(session, here.actor, now=here.now())
    lines = []
    for row in rows:
        line = _source(here, row)
        plain = here.say(LATE) if row.late else here.say(OFF) if not row.enabled else here.say(IN_TIME)
        result = None if row.last_run is None else here.say(RESULTS.get(row.last_run.state, row.last_run.state))
        lines.append([line[0], plain, row.schedule or here.say(BY_HAND), *line[3:5], result, *line[6:]])
    return Table(tuple(_source_columns(here)), lines)


def _runs_export(session: Session, here: Context, view: View) -> Table:  # noqa: ARG001 - every export is asked so
    code = flask.request.args.get("source", "")
    listed = operations.sources(session, here.actor, now=here.now())
    chosen = next((row.id for row in listed if row.code == code), None)
    content = _receipts_table(here, runs := operations.runs(session, here.actor, source_id=chosen, limit=100_000))
    rows = [
        (*line[:2], here.say(RESULTS.get(run.state, run.state)), *line[3:])
        for line, run in zip(content.rows, runs, strict=True)
    ]
    return Table(content.columns, rows)


EXPORTS = {"sources": _sources_export, "runs": _runs_export}


def register(app: Dash) -> None:
    """Let a chosen file be kept for its preview."""
    answer = (Output("upload-goes", "href"), Output("upload-answer", "children"))
    given = (Input("upload", "contents"), State("upload", "filename"), State("upload-source", "value"))
    guards.callback(app, *answer, *given, action=Action.IMPORT, prevent_initial_call=True)(_take)
