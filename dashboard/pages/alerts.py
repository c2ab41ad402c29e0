"""Alerts: what needs me? Open, acknowledged, closed; each with its evidence and history; rules and channels for administrators."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard import alerts_actions, context
from dashboard.alerts_actions import CHANNEL_KINDS
from dashboard.components.editor import button, editor, field
from dashboard.components.layout import grid, head, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from dashboard.params import View
from monitor.domain.access import Action
from monitor.domain.alerts import BILL_DIFFERS, CLOSED_CHANGED, RULES
from monitor.domain.periods import Month, from_day
from monitor.i18n import LANGUAGES, N_
from monitor.queries import alerts, scope
from monitor.queries.alerts import AlertRow, ChannelRow, RuleRow

PATH = "/alerts"
NAME = N_("Alerts")
QUESTION = N_("What needs somebody, what is being seen to, and what is over")
STATES = {"open": N_("▲ Open"), "acknowledged": N_("◆ Acknowledged"), "closed": N_("● Closed")}
TABS = {"open": N_("Open"), "acknowledged": N_("Acknowledged"), "closed": N_("Closed")}
NOTHING = {
    "open": N_("Nothing is open: everything that was looked at is in order."),
    "acknowledged": N_("Nothing is acknowledged at present."),
    "closed": N_("Nothing has been closed yet."),
}
EVIDENCE, HISTORY, ACKNOWLEDGE = N_("Open the evidence"), N_("What happened"), N_("Acknowledge")
NOTE = N_("What is being done about it")
BY_HAND = N_("Nothing can close this alert by itself; acknowledging closes it.")
RULES_TITLE, CHANNELS_TITLE = N_("Rules"), N_("Who is told")
STEPS = {
    "opened": N_("opened"),
    "acknowledged": N_("acknowledged"),
    "closed": N_("closed"),
    "sent": N_("message sent"),
    "waiting": N_("message not sent yet"),
}
SAVE, REMOVE, TEST, ADD = N_("Save"), N_("Remove"), N_("Send a test message"), N_("Add a channel")
ALL_RULES, WHOLE = N_("All rules"), N_("The whole organisation")
RULE_HINT = N_("None ticked: all of them.")
KEPT_ADDRESS = N_("Empty: as it is.")
MESSAGES = {
    "acknowledged": N_("Acknowledged; the note is in its history."),
    "saved": N_("Saved."),
    "removed": N_("Removed."),
}
ON, OFF = N_("on"), N_("off")
ID_LENGTH = 17


def layout(**given: str) -> Component:
    """Build the page: parameters state, alert (id), channel (id), message."""
    here = context.current()
    state = given.get("state", "") if given.get("state", "") in TABS else "open"
    text = given.get("alert", "")
    with here.session() as session:
        counts = alerts.counts(session, here.actor)
        known = text.isascii() and text.isdigit() and len(text) <= ID_LENGTH
        chosen = alerts.alert(session, here.actor, int(text)) if known else None
        parts = [_one(session, here, chosen)] if chosen else []
        parts.append(_list(session, here, state))
        rules, channels = alerts.rules(session, here.actor), alerts.channels(session, here.actor)
        units = scope.units(session, here.actor)
    may = here.actor.may_everywhere(Action.MANAGE_ORGANISATION)
    if rules:
        parts.append(_rules(here, rules, may=may))
    if may:
        names = [("", here.say(WHOLE)), *((str(row.id), scope.name(row, here.language)) for row in units)]
        parts.append(_channels(here, channels, names, given.get("channel", "")))
    note = MESSAGES.get(given.get("message", ""))
    said = [html.Div(here.say(note), className="note good", role="status")] if note else []
    return html.Div([head(here.say(NAME), here.say(QUESTION)), *said, _tabs(here, state, counts), grid(*parts)])


def _tabs(here: Context, state: str, counts: dict[str, int]) -> Component:
    links = [
        html.A(
            f"{here.say(title)} {counts.get(key, 0)}",
            href=address(PATH, state=key),
            **({"aria-current": "page"} if key == state else {}),
        )
        for key, title in TABS.items()
    ]
    return html.Nav(links, className="tabs", **{"aria-label": here.say(N_("State"))})


def rule_name(here: Context, kind: str) -> str:
    """Name a rule."""
    return here.say(RULES[kind].name) if kind in RULES else kind


def listing(here: Context, rows: list[AlertRow]) -> Table:
    """Give rule, sentence (opens the alert), since, state, by whom, note, closed."""
    columns = (
        Column(here.say(N_("Rule"))),
        Column(here.say(N_("What")), "link"),
        Column(here.say(N_("Since")), "moment"),
        Column(here.say(N_("State"))),
        Column(here.say(N_("Seen to by"))),
        Column(here.say(N_("Note"))),
        Column(here.say(N_("Closed")), "moment"),
    )
    lines = [
        (
            rule_name(here, row.rule),
            (alerts.said(row, here.language), address(PATH, alert=row.id, state=row.state)),
            here.local(row.opened_at),
            here.say(STATES[row.state]),
            row.acknowledged_by or None,
            row.note or None,
            here.local(row.closed_at),
        )
        for row in rows
    ]
    return Table(columns, lines)


def _list(session: Session, here: Context, state: str) -> Component:
    rows = alerts.listed(session, here.actor, state=state)
    inside = table(listing(here, rows), here.language) if rows else html.P(here.say(NOTHING[state]), className="reason")
    return panel(here, here.say(TABS[state]), inside, csv="/export/alerts.csv" if rows else "")


def evidence(session: Session, here: Context, row: AlertRow) -> str:
    """Give the address of the page that shows why: a unit, a receipt, a source, a meter's days."""
    data = row.data
    if row.rule in {CLOSED_CHANGED, BILL_DIFFERS}:
        return _reconciled(session, here, row)
    if data.get("unit"):
        code = alerts.unit_codes(session, here.actor).get(data["unit"])
        return address("/unit", unit=code, resource=data.get("resource"), year=data.get("year")) if code else ""
    if data.get("run"):
        return address("/receipt", run=data["run"])
    if row.rule == "delivery_missing":
        return _days(session, here, row)
    code = str(data.get("source") or row.subject.removeprefix("import:"))
    return address("/imports", source=code)


def _reconciled(session: Session, here: Context, row: AlertRow) -> str:
    """Lead to the closed month, or to the bills of the meter's resource."""
    code = alerts.unit_codes(session, here.actor).get(row.unit_id or -1)
    if row.rule == CLOSED_CHANGED:
        month = str(row.data["month"])
        return address("/data", unit=code, year=month[:4], close=month) if code else ""
    year = from_day(int(row.data["last"])).year
    return address("/data", unit=code, resource=row.data["resource"], year=year)


def _days(session: Session, here: Context, row: AlertRow) -> str:
    """Lead to the month of a hole: of the meter's unit, or of the source's receipts."""
    day = from_day(int(row.data["first"]))
    code = alerts.unit_codes(session, here.actor).get(row.unit_id or -1)
    if not row.data.get("meter") or code is None:
        return address("/imports", source=row.data.get("source"))
    month = Month(day.year, day.month)
    resource = alerts.resource_of(session, here.actor, str(row.data["meter"]))
    return address("/data", unit=code, resource=resource, year=month.year, month=month.month)


def _one(session: Session, here: Context, row: AlertRow) -> Component:
    """Show one alert: sentence, evidence, history, and the form to acknowledge it."""
    goal = evidence(session, here, row)
    tools = [html.A(here.say(EVIDENCE), href=goal)] if goal else []
    inside: list[Component] = [html.P(html.Strong(alerts.said(row, here.language)))]
    if row.rule in RULES:
        inside.append(html.P(here.say(RULES[row.rule].meaning), className="reason"))
    steps = alerts.history(session, here.actor, row.id)
    columns = (
        Column(here.say(N_("When")), "moment"),
        Column(here.say(HISTORY)),
        Column(here.say(N_("Who"))),
        Column(here.say(N_("Note"))),
    )
    lines = [
        (here.local(step.at), here.say(STEPS[step.what]), _who(here, step.who) or None, step.note or None)
        for step in steps
    ]
    inside.append(table(Table(columns, lines), here.language))
    if row.closed_at is None and _may(here, row):
        hint = here.say(BY_HAND) if row.rule in RULES and RULES[row.rule].by_hand else ""
        note = field("note", here.say(NOTE), row.note, hint=hint, wide=True)
        inside.append(editor(here, "/admin/alerts/acknowledge", [note], [button(here.say(ACKNOWLEDGE))], alert=row.id))
    return panel(here, rule_name(here, row.rule), inside, tools=tools, below=here.say(STATES[row.state]))


def _who(here: Context, who: str) -> str:
    return here.say(CHANNEL_KINDS[who]) if who in CHANNEL_KINDS else who


def _may(here: Context, row: AlertRow) -> bool:
    if row.unit_id is None:
        return here.actor.may_everywhere(Action.HANDLE_ALERT)
    return here.actor.may(Action.HANDLE_ALERT, row.unit_id)


# ---------------------------------------------------------------- rules and channels


def _and(here: Context) -> str:
    return "；" if here.language == "zh" else "; "


def _rules(here: Context, rows: list[RuleRow], *, may: bool) -> Component:
    columns = (
        Column(here.say(N_("Rule"))),
        Column(here.say(N_("State"))),
        Column(here.say(N_("Limits"))),
        Column(here.say(N_("When it opens and closes"))),
    )
    lines = [
        (
            here.say(row.rule.name),
            here.say(ON if row.enabled else OFF),
            _and(here).join(f"{here.say(one.label)} {row.limits[one.key]}" for one in row.rule.limits) or None,
            here.say(row.rule.meaning),
        )
        for row in rows
    ]
    inside: list[Component] = [table(Table(columns, lines), here.language)]
    if may:
        inside.append(html.Div([_rule_form(here, row) for row in rows], className="forms"))
    return panel(here, here.say(RULES_TITLE), inside)


def _rule_form(here: Context, row: RuleRow) -> Component:
    limits = [field(one.key, here.say(one.label), row.limits[one.key], kind="number") for one in row.rule.limits]
    on = field("enabled", here.say(ON), row.enabled, kind="check")
    form = editor(here, "/admin/alerts/rule", [on, *limits], [button(here.say(SAVE))], kind=row.rule.kind)
    return html.Details([html.Summary(here.say(row.rule.name)), form])


def _channels(here: Context, rows: list[ChannelRow], units: list[tuple[str, str]], chosen: str) -> Component:
    heads = (N_("Kind"), N_("Address"), N_("Unit"), N_("Rules"), N_("Language"), N_("State"))
    columns = (
        *(Column(here.say(one)) for one in heads),
        Column(here.say(N_("Sent")), "number"),
        Column(here.say(N_("Waiting")), "number"),
        Column(here.say(N_("Last problem"))),
    )
    named = dict(units)
    lines = [
        (
            here.say(CHANNEL_KINDS.get(row.kind, row.kind)),
            row.address,
            named.get("" if row.unit_id is None else str(row.unit_id), "–"),
            _and(here).join(rule_name(here, kind) for kind in row.rules) or here.say(ALL_RULES),
            row.language,
            here.say(ON if row.enabled else OFF),
            row.sent,
            row.waiting,
            row.error or None,
        )
        for row in rows
    ]
    inside: list[Any] = [table(Table(columns, lines), here.language)] if rows else []
    forms = [_channel_form(here, row, units, is_open=str(row.id) == chosen) for row in rows]
    inside.append(html.Div([*forms, _channel_form(here, None, units, is_open=not rows)], className="forms"))
    return panel(here, here.say(CHANNELS_TITLE), inside)


def _channel_form(here: Context, row: ChannelRow | None, units: list[tuple[str, str]], *, is_open: bool) -> Component:
    kinds = [(kind, here.say(title)) for kind, title in CHANNEL_KINDS.items()]
    languages = [(code, {"zh": "中文", "en": "English"}[code]) for code in LANGUAGES]
    fields = [
        field("kind", here.say(N_("Kind")), row.kind if row else "mail", options=kinds),
        field(
            "address",
            here.say(N_("Address")),
            hint=f"{row.address}　{here.say(KEPT_ADDRESS)}" if row else "",
            wide=True,
        ),
        field("unit", here.say(N_("Unit")), row.unit_id or "" if row else "", options=units),
        field("language", here.say(N_("Language")), row.language if row else here.language, options=languages),
        field("enabled", here.say(ON), row.enabled if row else True, kind="check"),
        *(
            field(f"rule.{kind}", here.say(rule.name), bool(row) and kind in (row.rules if row else ()), kind="check")
            for kind, rule in RULES.items()
        ),
    ]
    fields[5] = {**fields[5], "hint": here.say(RULE_HINT)}
    buttons = [button(here.say(SAVE))]
    if row is not None:
        buttons += [button(here.say(TEST), "test", main=False), button(here.say(REMOVE), "remove", main=False)]
    form = editor(here, "/admin/alerts/channel", fields, buttons, channel=row.id if row else "")
    title = f"{here.say(CHANNEL_KINDS.get(row.kind, row.kind))} {row.address}" if row else here.say(ADD)
    return html.Details([html.Summary(title), form], open=is_open)


def _export(session: Session, here: Context, view: View) -> Table:  # noqa: ARG001 - every export is asked so
    return listing(here, alerts.listed(session, here.actor, limit=5000))


EXPORTS = {"alerts": _export}


def register(app: Dash) -> None:
    """Add the routes of the forms."""
    alerts_actions.register(app)
