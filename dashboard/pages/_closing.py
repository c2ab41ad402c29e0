"""Closing months on the page Data: which are closed, the check list before, what changed since, and the history."""

from fractions import Fraction
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.components.editor import button, editor, field
from dashboard.components.layout import panel
from dashboard.components.links import address, export
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.params import View
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.closing import COUNTED, DEDUCTED, FACT, NOT_ALLOCATED, Difference, Figure
from monitor.domain.periods import Month, to_day
from monitor.domain.resources import RESOURCES, from_quantity
from monitor.i18n import N_
from monitor.queries import alerts, checklist, closing
from monitor.queries.checklist import Point
from monitor.queries.closing import Changed, Closing
from monitor.queries.scope import name
from monitor.reports.words import DENOMINATOR

TITLE, ONE, CHECK, CHANGES = N_("Month close"), N_("{month}: {unit}"), N_("Check list"), N_("What changed since")
EXPLAINED = N_(
    "A closed month is as it was reported: nobody changes it by hand, and what a supplier corrects is listed."
)
OPEN, CLOSED, DIFFERENT, RUNNING = N_("– open"), N_("● closed"), N_("▲ closed, changed since"), N_("… not over")
ALL_WELL = N_("Nothing is open.")
SAME = N_("All figures still read as they were kept.")
ABOVE = N_("a unit above")
BROKEN = N_("What was kept no longer has its fingerprint: somebody changed it in the database.")
CLOSED_BY = N_("Closed by {who} on {at}.")
NOTE, NOTE_HINT = N_("Note"), N_("Needed where the check list is not empty: why the month is closed in spite of it.")
CLOSE, REOPEN, REASON = N_("Close the month"), N_("Reopen the month"), N_("Reason")
REASON_HINT = N_("It stays in the history. Figures can be changed by hand again until the month is closed anew.")
NOT_OVER = N_("The month is not over yet.")
HISTORY = N_("History")
MOST = 60  # lines of the check list that are shown
MORE = N_("… and {count} more.")
FINDINGS = {
    "source": N_("brought nothing for the month"),
    "missing": N_("{resource}: meters that lack data: {count}; {share} arrived"),
    "not_due": N_("{resource}: not everything is due yet; a bill or a reading may still come"),
    "coverage": N_("{resource}: {share} measured, at least {least} is asked for"),
    "bill": N_("{resource}: the bill differs by {share} from the meter"),
}
PARTS = {COUNTED: "", DEDUCTED: N_("deducted"), NOT_ALLOCATED: N_("not allocated"), FACT: ""}


def months(session: Session, here: Context, view: View) -> Component:
    """Give the panel of a year: each month open, closed or changed since; it leads to the check list."""
    held = [one for one in closing.history(session, here.actor, view.unit.id, year=view.year) if one.standing]
    different = {one.closing.id: one for one in closing.changed(session, here.actor, view.unit.id, year=view.year)}
    columns = (
        Column(here.say(N_("Month")), "link"),
        Column(here.say(N_("State")), "link"),
        Column(here.say(N_("Closed by"))),
        Column(here.say(N_("When")), "moment"),
        Column(here.say(N_("Figures changed since")), "number"),
        Column(here.say(NOTE)),
    )
    today, lines = _today(here), []
    for number in range(1, 13):
        month = Month(view.year, number)
        if month.start > today:
            break
        own = [one for one in held if one.month == month]
        goal = address("/data", unit=view.unit.code, resource=view.resource, year=view.year, close=str(month))
        label = (i18n.month(month.year, month.month, here.language), goal)
        lines.append((label, *_line(here, own, different, goal, over=month.end <= today)))
    csv = export("closed-changes", **view.query) if different else ""
    inside: list[Component] = [table(Table(columns, lines), here.language)] if lines else [html.P(here.say(NOT_OVER))]
    return panel(here, here.say(TITLE), inside, below=here.say(EXPLAINED), csv=csv)


def _line(
    here: Context, own: list[Closing], different: dict[int, Changed], goal: str, *, over: bool
) -> tuple[Any, ...]:
    if not own:
        return ((here.say(OPEN if over else RUNNING), goal if over else "", "none"), None, None, None, None)
    last = own[-1]
    count = sum(len(different[one.id].differences) for one in own if one.id in different)
    state = (here.say(DIFFERENT), goal, "warn") if count else (here.say(CLOSED), goal, "good")
    return (state, last.closed_by, here.local(last.closed_at), count, last.note or None)


def _today(here: Context) -> int:
    moment = here.local(here.now())
    return to_day(moment.date()) if moment is not None else 0


def one(session: Session, here: Context, view: View, month: Month) -> Component:
    """Give the panel of a month: as it was closed and what changed since, or the check list and the form to close it."""
    unit = name(view.unit, here.language)
    title = here.say(ONE, month=i18n.month(month.year, month.month, here.language), unit=unit)
    standing = closing.of_month(session, here.actor, view.unit.id, month)
    past = [
        one
        for one in closing.history(session, here.actor, view.unit.id, year=month.year)
        if one.month == month and not one.standing
    ]
    inside = _open(session, here, view, month) if standing is None else _closed(session, here, view, standing)
    if past:
        inside += [html.H3(here.say(HISTORY)), table(history_table(here, past), here.language)]
    csv = export("closed-changes", **{**view.query, "year": month.year}) if standing else ""
    return panel(here, title, inside, below=here.say(TITLE), csv=csv)


def _closed(session: Session, here: Context, view: View, standing: Closing) -> list[Component]:
    said = here.say(CLOSED_BY, who=standing.closed_by, at=i18n.moment(here.local(standing.closed_at), here.language))
    of = name(standing, here.language) or here.say(ABOVE)
    inside: list[Component] = [html.P([html.Strong(said), f" {of}"])]
    if standing.note:
        inside.append(html.P(standing.note))
    if not standing.intact:
        inside.append(html.P(here.say(BROKEN), className="note bad", role="alert"))
    inside.append(html.P(f"SHA-256 {standing.sha256}", className="reason", style={"overflowWrap": "anywhere"}))
    found = closing.changed(session, here.actor, view.unit.id, month=standing.month)
    inside.append(html.H3(here.say(CHANGES)))
    rows = changes_table(here, found)
    inside.append(table(rows, here.language) if rows.rows else html.P(here.say(SAME), className="reason"))
    if standing.unit_id == view.unit.id and here.actor.may(Action.CLOSE_MONTH, view.unit.id):
        reason = field("reason", here.say(REASON), hint=here.say(REASON_HINT), wide=True)
        pressed, code = button(here.say(REOPEN), main=False), view.unit.code
        form = editor(here, "/admin/data/reopen", [reason], [pressed], unit=code, month=standing.month)
        inside.append(form)
    return inside


def _open(session: Session, here: Context, view: View, month: Month) -> list[Component]:
    if month.end > _today(here):
        return [html.P(here.say(NOT_OVER), className="reason")]
    points = checklist.points(session, here.actor, view.unit.id, month, now=here.now())
    inside: list[Component] = [html.H3(here.say(CHECK))]
    if points:
        inside.append(table(points_table(here, points[:MOST]), here.language))
    else:
        inside.append(html.P(here.say(ALL_WELL), className="good"))
    if len(points) > MOST:
        inside.append(html.P(here.say(MORE, count=len(points) - MOST), className="reason"))
    if here.actor.may(Action.CLOSE_MONTH, view.unit.id):
        note = field("note", here.say(NOTE), hint=here.say(NOTE_HINT) if points else "", wide=True)
        pressed, code = button(here.say(CLOSE)), view.unit.code
        inside.append(editor(here, "/admin/data/close", [note], [pressed], unit=code, month=month))
    return inside


def points_table(here: Context, points: list[Point]) -> Table:
    """Give the check list: what each line is about (it leads there), and what is open."""
    columns = (Column(here.say(N_("About")), "link"), Column(here.say(N_("What is open"))))
    pages = {"source": "/imports", "alert": "/alerts"}
    lines = []
    for point in points:
        label = name(point, here.language) or point.subject
        lines.append(((label, address(pages.get(point.kind, "/data"), **point.link)), _sentence(here, point)))
    return Table(columns, lines)


def _sentence(here: Context, point: Point) -> str:
    if point.alert is not None:
        return alerts.said(point.alert, here.language)
    resource = str(getattr(RESOURCES[point.resource], here.language)) if point.resource else ""
    share = i18n.coverage(point.share, here.language)
    if point.kind == "bill":
        share = i18n.percent(point.share, here.language, sign=True)
    least = i18n.percent(point.least, here.language)
    return here.say(FINDINGS[point.kind], resource=resource, count=point.count, share=share, least=least)


def history_table(here: Context, past: list[Closing]) -> Table:
    """Give the closings of a month that were taken back: by whom, when, why."""
    heads = (N_("Closed by"), NOTE, N_("Reopened by"), REASON)
    by, note, again, why = (Column(here.say(one)) for one in heads)
    when = Column(here.say(N_("When")), "moment")
    rows = [
        (
            one.closed_by,
            here.local(one.closed_at),
            one.note or None,
            one.reopened_by,
            here.local(one.reopened_at),
            one.reopened_reason or None,
        )
        for one in past
    ]
    return Table((by, when, note, again, when, why), rows)


def changes_table(here: Context, found: list[Changed]) -> Table:
    """Give what reads otherwise: month, unit, what, measure, before, now, difference, coverage and estimated part of both."""
    columns = (
        Column(here.say(N_("Month")), "month"),
        Column(here.say(N_("Unit"))),
        Column(here.say(N_("What"))),
        Column(here.say(N_("Measure"))),
        Column(here.say(N_("As closed")), "number", digits=2),
        Column(here.say(N_("Today")), "number", digits=2),
        Column(here.say(N_("Difference")), "number", digits=2),
        Column(here.say(N_("Coverage as closed")), "coverage"),
        Column(here.say(N_("Coverage today")), "coverage"),
        Column(here.say(N_("Estimated as closed")), "number", digits=2),
        Column(here.say(N_("Estimated today")), "number", digits=2),
    )
    lines = []
    for changed in found:
        for one in changed.differences:
            unit = name(changed.units[one.unit], here.language)
            lines.append((changed.closing.month, unit, *_what(here, one), *_values(one)))
    return Table(columns, lines)


def _what(here: Context, one: Difference) -> tuple[str, str]:
    if one.part == FACT:
        return here.say(DENOMINATOR.get(one.resource, one.resource)), "m²" if "area" in one.resource else ""
    label = str(getattr(RESOURCES[one.resource], here.language)) if one.resource in RESOURCES else one.resource
    part = here.say(PARTS[one.part]) if PARTS.get(one.part) else ""
    return " · ".join(text for text in (label, part) if text), i18n.measure_name(one.resource, here.language)


def _values(one: Difference) -> tuple[Fraction | None, ...]:
    def shown(value: int | None) -> Fraction | None:
        if value is None:
            return None
        return Fraction(value, 1000) if one.part == FACT else from_quantity(value, one.resource)

    def estimated(figure: Figure) -> Fraction | None:
        return None if one.part == FACT or figure.quantity is None else shown(figure.estimated)

    before, now = one.before, one.now
    figures = (shown(before.quantity), shown(now.quantity), shown(one.amount))
    return (*figures, before.coverage, now.coverage, estimated(before), estimated(now))


def changes_export(session: Session, here: Context, view: View) -> Table:
    """Give what reads otherwise of the closed months of a year."""
    return changes_table(here, closing.changed(session, here.actor, view.unit.id, year=view.year))


def closings_export(session: Session, here: Context, view: View) -> Table:
    """Give all closings that hold or held for a unit in a year."""
    found = closing.history(session, here.actor, view.unit.id, year=view.year)
    content = history_table(here, found)
    columns = (Column(here.say(N_("Month")), "month"), *content.columns, Column("SHA-256"))
    lines = [(one.month, *line, one.sha256) for one, line in zip(found, content.rows, strict=True)]
    return Table(columns, lines)
