"""Reports: give me the month. Archive, build, preview, send, and what would read otherwise today."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from dashboard import context, reports_actions
from dashboard.components.forms import post
from dashboard.components.layout import grid, head, notice, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.periods import Month, from_day
from monitor.errors import JieyueError
from monitor.i18n import LANGUAGES, N_, translate
from monitor.queries import scope, targets
from monitor.queries.scope import UnitRow
from monitor.reports import archive
from monitor.services import reports
from monitor.services.reports import ReportRow

PATH = "/reports"
NAME = N_("Reports")
QUESTION = N_("The month, finished: to read, to print, to send")
ARCHIVE, BUILD, PREVIEW, SEND, CHANGES = (
    N_("Archive"),
    N_("Make a report"),
    N_("Preview"),
    N_("Send by mail"),
    N_("What changed since"),
)
NOTHING_YET = N_("No report has been made yet.")
UNCHANGED = N_("Nothing: built today it would be the same to the digit.")
COMPARE = N_("Compare with the figures of today")
DOWNLOAD, OPEN, ALL = N_("Download"), N_("Open alone, to print"), N_("All reports")
UNIT, MONTH, LANGUAGE, VERSION, MADE, BY, SENT = (
    N_("Unit"),
    N_("Month"),
    N_("Language"),
    N_("Version"),
    N_("Made"),
    N_("By"),
    N_("Sent"),
)
TO, LINE, THEN, NOW = N_("Recipients"), N_("Line"), N_("Printed"), N_("Today")
ADVICE = N_("Made again with the same data it stays the same version; with other data it becomes the next one.")
SAME_BYTES = N_("Shown and printed exactly as it was kept, whatever was corrected since.")
MONTHS = 36
PROGRAMS = {"html": "HTML", "xlsx": "Excel", "pdf": "PDF", "docx": "Word"}
OWN_NAMES = {"zh": "中文", "en": "English"}
MESSAGES = {
    "made": (N_("The report is in the archive."), "good"),
    "sent": (N_("The report has been sent."), "good"),
    "no_address": (N_("Give one or more mail addresses, parted by commas."), "warn"),
    "REPORT_TOO_EARLY": (N_("There is no complete day with data in that month yet."), "warn"),
    "REPORT_BUSY": (N_("The same report is being made at this moment; try again."), "warn"),
    "MAIL_NOT_SET": (
        N_("No mail server is set, so nothing was sent. The administrator sets it under mail in the settings."),
        "warn",
    ),
    "MAIL_FAILED": (N_("The mail server did not take the message; nothing was sent. Try again later."), "warn"),
}


def layout(**given: str) -> Component:
    """Build the page: parameters report (id: preview), changes (compare with today), unit, month and lang, message."""
    here = context.current()
    try:
        with here.session() as session:
            units = scope.units(session, here.actor)
            rows = reports.archive(session, here.actor)
            row = _chosen(given, rows)
            asked = row is not None and "changes" in given  # builds the report anew: only when somebody wants to know
            changes = archive.changed_since(session, here.actor, row.id, now=here.now()) if row and asked else None
            latest = targets.default_as_of(session, now=here.now())
    except JieyueError as error:
        return notice(here, error.code, here.say(error.template, **error.data), tone="warn")
    offered = [unit for unit in units if here.actor.may(Action.SEND_REPORT, unit.id)]
    parts = [_build(here, offered, latest, given) if offered else None]
    parts += [] if row is None else [_preview(here, row), _changes(here, row, changes), _send(here, row)]
    parts.append(_archive(here, rows))
    return html.Div([head(here.say(NAME), here.say(QUESTION)), *_message(here, given.get("message", "")), grid(*parts)])


def _chosen(given: dict[str, str], rows: list[ReportRow]) -> ReportRow | None:
    return next((row for row in rows if str(row.id) == given.get("report")), None)


def _message(here: Context, key: str) -> list[Component]:
    if key not in MESSAGES:
        return []
    sentence, tone = MESSAGES[key]
    return [html.Div(here.say(sentence), className=f"note {tone}", role="status")]


def _unit_name(row: ReportRow, language: str) -> str:
    return scope.name(row, language) or row.unit_code


def _month(month: Month, language: str) -> str:
    return i18n.month(month.year, month.month, language)


def _select(here: Context, name: str, label: str, options: list[tuple[str, str]], chosen: str) -> Component:
    choices = [html.Option(text, value=value, selected=value == chosen) for value, text in options]
    return html.Label([here.say(label), " ", html.Select(choices, name=name, required=True)])


def _build(here: Context, units: list[UnitRow], latest: int, given: dict[str, str]) -> Component:
    last = from_day(latest)
    month = Month(last.year, last.month)
    complete = month if latest + 1 == month.end else month.previous()
    months = [month]
    while len(months) < MONTHS:
        months.append(months[-1].previous())
    named = [(unit.code, "　" * unit.depth + scope.name(unit, here.language)) for unit in units]
    inside = [
        _select(here, "unit", UNIT, named, given.get("unit", units[0].code)),
        _select(
            here,
            "month",
            MONTH,
            [(str(each), _month(each, here.language)) for each in months],
            given.get("month", str(complete)),
        ),
        _select(
            here,
            "language",
            LANGUAGE,
            [(code, OWN_NAMES[code]) for code in LANGUAGES],
            given.get("lang", here.language),
        ),
        html.Button(here.say(BUILD), type="submit", className="button main"),
    ]
    return panel(here, here.say(BUILD), post("/reports/make", inside, here), below=here.say(ADVICE))


def _preview(here: Context, row: ReportRow) -> Component:
    source = f"/reports/{row.id}.html"
    frame = html.Iframe(
        src=source,
        sandbox="",
        title=archive.title(row),
        style={"width": "100%", "height": "70vh", "border": "1px solid #c9d1d9", "background": "#fff"},
    )
    tools = [
        html.A(here.say(OPEN), href=source, target="_blank", rel="noopener"),
        _formats(here, row),
        html.A(here.say(ALL), href=PATH),
    ]
    name = f"{_unit_name(row, here.language)} · {_month(row.month, here.language)} · {OWN_NAMES[row.language]} · {here.say(VERSION)} {row.version}"
    return panel(here, name, frame, below=here.say(SAME_BYTES), tools=tools)


def _formats(here: Context, row: ReportRow) -> Component:
    """Give the links to a report as a file in each of its formats."""
    links = [html.A(form, href=link) for form, link in _files(row)]
    joined = [part for link in links for part in (link, " · ")][:-1]
    return html.Span([here.say(DOWNLOAD), " ", *joined], className="files")


def _files(row: ReportRow) -> list[tuple[str, str]]:
    html_file = (PROGRAMS["html"], f"/reports/{row.id}.html?download=1")
    return [html_file, *((PROGRAMS[form], f"/reports/{row.id}.{form}") for form in archive.FORMS)]


def _changes(here: Context, row: ReportRow, changes: list[archive.Change] | None) -> Component:
    below = f"{here.say(MADE)} {i18n.moment(here.local(row.created_at), here.language)}"
    if changes is None:
        link = html.A(here.say(COMPARE), href=address(PATH, report=row.id, changes=1), className="button")
        return panel(here, here.say(CHANGES), html.P(link), below=below)
    if not changes:
        return panel(here, here.say(CHANGES), html.P(here.say(UNCHANGED), className="reason"), below=below)
    columns = tuple(Column(here.say(title)) for title in (LINE, THEN, NOW))
    lines = [(change.field, change.then, change.now) for change in changes]
    return panel(here, here.say(CHANGES), table(Table(columns, lines), here.language), below=below)


def _send(here: Context, row: ReportRow) -> Component | None:
    if not here.actor.may(Action.SEND_REPORT, row.unit_id):
        return None
    offered = ", ".join(here.site.settings.mail.recipients)
    label = here.say(TO)
    inside = [
        html.Label([label, " ", text_area("to", offered)], className="to"),
        html.Button(here.say(SEND), type="submit", className="button"),
    ]
    return panel(here, here.say(SEND), post("/reports/send", inside, here, report=row.id), below=_sent(here, row))


def text_area(name: str, value: str) -> Component:
    """Give a plain text field of a form with what it offers."""
    return html.Textarea(value, name=name, rows=1, required=True, maxLength=2000)


def _sent(here: Context, row: ReportRow) -> str:
    if row.sent_at is None:
        return ""
    return translate(
        N_("Sent on {moment} to {people}"),
        here.language,
        moment=i18n.moment(here.local(row.sent_at), here.language),
        people=", ".join(row.sent_to),
    )


def _archive(here: Context, rows: list[ReportRow]) -> Component:
    if not rows:
        return panel(here, here.say(ARCHIVE), html.P(here.say(NOTHING_YET), className="reason"))
    kinds: tuple[Any, ...] = ("link", "text", "text", "number", "moment", "text", "moment", *["link"] * len(PROGRAMS))
    titles = (MONTH, UNIT, LANGUAGE, VERSION, MADE, BY, SENT, *[DOWNLOAD] * len(PROGRAMS))
    columns = tuple(Column(here.say(title), kind) for title, kind in zip(titles, kinds, strict=True))
    return panel(here, here.say(ARCHIVE), table(Table(columns, [_line(here, row) for row in rows]), here.language))


def _line(here: Context, row: ReportRow) -> tuple[object, ...]:
    link = (_month(row.month, here.language), address(PATH, report=row.id))
    who = (_unit_name(row, here.language), OWN_NAMES[row.language], row.version)
    return (
        link,
        *who,
        here.local(row.created_at),
        row.actor,
        here.local(row.sent_at),
        *_files(row),
    )


def register(app: Dash) -> None:
    """Add the routes that make, send and serve reports."""
    reports_actions.register(app)
