"""Receipt: one import run, what was read, new, changed, same and refused, and every refused row in both languages."""

from datetime import UTC, datetime
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import context
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, head, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.pages._deliveries import state
from monitor import i18n
from monitor.domain.access import Action
from monitor.i18n import LANGUAGES, N_
from monitor.intake.receipt import sentence
from monitor.queries import operations, overlays
from monitor.queries.operations import IssueRow, RunRow

PATH = "/receipt"
NAME = N_("Receipt")
REFUSED, COUNTS, NONE = N_("Refused rows and remarks"), N_("What was read"), N_("Every row was taken in.")
SHOWN = N_("{shown} of {total} shown; the file has all of them")
TRIGGERS = {
    "schedule": N_("on schedule"),
    "hand": N_("by hand"),
    "upload": N_("uploaded"),
    "command": N_("command line"),
}
SEVERITIES = {"refused": N_("✖ refused"), "warning": N_("◆ remark")}
LIMIT = 500


def layout(**given: str) -> Component:
    """Build the page: parameter run (id)."""
    here = context.current()
    text = given.get("run", "")
    with here.session() as session:
        run = operations.run(session, here.actor, int(text) if text.isascii() and text.isdigit() else -1)
        issues = operations.issues(session, here.actor, run.id, LIMIT)
        undo = _undo(session, here, run)
    source = run.source_name_zh if here.language == "zh" else run.source_name_en
    title = f"{here.say(NAME)} #{run.id} · {run.document}" if run.document else f"{here.say(NAME)} #{run.id}"
    parts = [_error(run), grid(_counts(here, run), _issues(here, run, issues), undo)]
    back = html.A(here.say(N_("All receipts of this source")), href=address("/imports", source=run.source_code))
    return html.Div([head(title, source, [back]), *[part for part in parts if part is not None]])


def _error(run: RunRow) -> Component | None:
    if not run.error_code:
        return None
    return html.Div(
        [html.P(line) for line in sentences(run.error_template, run.error_data)] + [html.Small(run.error_code)],
        className="note bad",
        role="alert",
    )


def sentences(template: str, data: Any) -> list[str]:
    """Say a sentence in both languages, Chinese first."""
    said = [sentence(template, data, language) for language in LANGUAGES]
    return said if said[0] != said[1] else said[:1]


def _counts(here: Context, run: RunRow) -> Component:
    def number(value: int) -> str:
        return i18n.number(value, here.language)

    lines: list[tuple[str, Any]] = [
        (here.say(N_("Result")), state(here, run)),
        (here.say(N_("Read")), number(run.rows_read)),
        (here.say(N_("New")), number(run.rows_new)),
        (here.say(N_("Changed")), number(run.rows_changed)),
        (here.say(N_("Same")), number(run.rows_same)),
        (here.say(N_("Declared missing")), number(run.rows_blank)),
        (here.say(N_("Refused")), number(run.rows_refused)),
        (here.say(N_("First reading")), i18n.moment(here.local(run.first_at), here.language)),
        (here.say(N_("Last reading")), i18n.moment(here.local(run.last_at), here.language)),
        (here.say(N_("Started")), i18n.moment(here.local(run.started_at), here.language)),
        (here.say(N_("Finished")), i18n.moment(here.local(run.finished_at), here.language)),
        (
            here.say(N_("Occasion")),
            " · ".join(filter(None, (here.say(TRIGGERS.get(run.trigger, run.trigger)), run.actor))),
        ),
        ("SHA-256", html.Code(run.sha256[:16] + "…") if run.sha256 else i18n.MISSING),
        *detected_lines(here, run.detected),
    ]
    found = panel(
        here,
        here.say(COUNTS),
        html.Dl([item for label, value in lines for item in (html.Dt(label), html.Dd(value))]),
        span=4,
    )
    found.className = "panel card span-4"
    return found


DETECTED = {
    "encoding": N_("Character encoding"),
    "delimiter": N_("Separator"),
    "decimal": N_("Decimal mark"),
    "header_row": N_("Rows above the data"),
    "sheet": N_("Sheet"),
    "layout": N_("Layout"),
    "format": N_("Format"),
    "profile": N_("Profile"),
    "quote": N_("Quotation mark"),
    "vendor": N_("Vendor"),
    "version": N_("Version"),
    "kind": N_("Kind"),
    "reason": N_("Reason"),
    "undone_reason": N_("Why it was undone"),
    "undone_by": N_("Undone by"),
}
HIDDEN = frozenset({"way", "register", "at", "before", "value"})  # for the program alone
SIGNS = {"\t": N_("tab"), ",": N_("comma"), ";": N_("semicolon"), " ": N_("space"), "|": N_("vertical bar")}


def detected_lines(here: Context, detected: Any) -> list[tuple[str, Any]]:
    """Say what was found out about a file, in words; what only the program needs is left out."""
    lines: list[tuple[str, Any]] = []
    for key, value in detected.items():
        if key in HIDDEN or isinstance(value, dict | list):
            continue
        said = here.say(SIGNS[value]) if key == "delimiter" and value in SIGNS else str(value)
        lines.append((here.say(DETECTED[key]) if key in DETECTED else key.replace("_", " "), html.Code(said)))
    return lines


UNDO, UNDO_LEAD = (
    N_("Undo this import"),
    N_(
        "New readings go, changed ones return to what was said before; figures are made anew. What a later import said stays."
    ),
)
UNDONE_SHOWN = N_("The first {count} readings concerned; goes: the reading was new.")
GOES = N_("goes")


def _undo(session: Session, here: Context, run: RunRow) -> Component | None:
    """Give what an undo would do and the form for it, to those who may; nothing for runs that brought nothing."""
    may = here.actor.may_everywhere(Action.IMPORT)
    if not may or run.state != "done" or not run.rows_new + run.rows_changed:
        return None
    rows = overlays.undo_preview(session, here.actor, run.id)
    heads = (N_("Meter"), N_("Now"), N_("Then"))
    columns = (
        Column(here.say(heads[0])),
        Column(here.say(N_("To")), "moment"),
        *(Column(here.say(one)) for one in heads[1:]),
    )
    lines = [
        (
            row.meter,
            here.local(datetime.fromtimestamp(row.end_at, UTC)),
            i18n.quantity(row.now, row.resource, here.language, digits=3),
            here.say(GOES) if row.then is None else i18n.quantity(row.then, row.resource, here.language, digits=3),
        )
        for row in rows
    ]
    form = editor(
        here,
        "/admin/imports/undo",
        [field("reason", here.say(N_("Reason")), wide=True)],
        [button(here.say(UNDO), confirm=here.say(UNDO) + "?")],
        run=run.id,
    )
    counts = (run.rows_new, run.rows_changed)
    below = here.say(WOULD, new=i18n.number(counts[0], here.language), changed=i18n.number(counts[1], here.language))
    inside = [
        html.P(here.say(UNDO_LEAD), className="reason"),
        table(Table(columns, lines), here.language),
        html.P(here.say(UNDONE_SHOWN, count=len(rows)), className="reason"),
        form,
    ]
    folded = html.Details([html.Summary(below), *inside])
    return panel(here, here.say(UNDO), html.Div(folded, className="forms"))


WOULD = N_("{new} readings would go, {changed} would return to an earlier value")


def _issues(here: Context, run: RunRow, issues: list[IssueRow]) -> Component:
    if not issues:
        return panel(here, here.say(REFUSED), html.P(here.say(NONE), className="reason"), span=8)
    below = here.say(SHOWN, shown=len(issues), total=run.issues_total)
    return panel(
        here,
        here.say(REFUSED),
        table(_read_out(here, issues), here.language),
        below=below,
        csv=f"/export/run/{run.id}.csv",
        span=8,
    )


def _read_out(here: Context, issues: list[IssueRow]) -> Table:
    """Give severity, place, value, the sentence in both languages, code: as one reads them."""
    heads = (N_("Severity"), N_("Place"), N_("Value"), N_("What is wrong"), N_("Code"))
    rows = []
    for issue in issues:
        row = here.say(N_("row {row}"), row=issue.row_no) if issue.row_no is not None else ""
        column = here.say(N_("column {column}"), column=issue.column) if issue.column else ""
        place = " · ".join(part for part in (issue.file, issue.sheet, row, column) if part)
        said = html.Div([html.P(line) for line in sentences(issue.template, {**issue.data, **_place(issue)})])
        severity = here.say(SEVERITIES.get(issue.severity, issue.severity))
        rows.append((severity, place, html.Code(issue.value), said, html.Code(issue.code)))
    return Table(tuple(Column(here.say(title)) for title in heads), rows)


def issues_table(here: Context, issues: list[IssueRow]) -> Table:
    """Give severity, place, value, code and the sentence in Chinese and English."""
    heads = (N_("Severity"), N_("File"), N_("Sheet"), N_("Row"), N_("Column"), N_("Value"), N_("Code"))
    columns = (*(Column(here.say(title)) for title in heads), Column("中文"), Column("English"))
    rows = []
    for issue in issues:
        said = [sentence(issue.template, {**issue.data, **_place(issue)}, language) for language in LANGUAGES]
        row_no = "" if issue.row_no is None else str(issue.row_no)
        severity = here.say(SEVERITIES.get(issue.severity, issue.severity))
        rows.append((severity, issue.file, issue.sheet, row_no, issue.column, issue.value, issue.code, *said))
    return Table(columns, rows)


def _place(issue: IssueRow) -> dict[str, object]:
    return {"file": issue.file, "sheet": issue.sheet, "row": issue.row_no, "column": issue.column, "value": issue.value}


def register(app: Dash) -> None:
    """Nothing to register."""
