"""What the data page does: a reading entered, replaced or left out, a period estimated, each looked at first; changes withdrawn."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import flask
from dash import Dash
from dash.development.base_component import Component
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from dashboard import context
from dashboard.admin.answers import Answer, Posted, route, somewhere
from dashboard.components.editor import button, editor, field
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, shown
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.domain.periods import from_day, to_day
from monitor.errors import Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries import explain, scope
from monitor.queries.explain import RegisterRow
from monitor.services import corrections, readings
from monitor.services.corrections import Effect

PREVIEW, APPLY = N_("Preview"), N_("Apply")
REGISTER, VALUE, REASON = N_("Register"), N_("Value as read"), N_("Reason")
AT, FROM, TO = N_("At"), N_("From"), N_("To")
FIRST_DAY, LAST_DAY, AMOUNT = N_("First day"), N_("Last day"), N_("Consumption in all")
WHY = N_("It is kept with your name and shown to everyone who opens the figure.")
NO_EFFECT = N_(
    "This would change no day: other readings of the same days count before it, or they are complete already."
)
EFFECT = N_("{count} days of this meter would change.")
DAYS, MONTHS, BEFORE, AFTER = N_("Days"), N_("Months"), N_("Before"), N_("After")
CLOCK = N_("Clock of the meter's place: {zone}.")
BEGIN_HINT = N_("Only for a bill or an interval: when it begins.")
KIND_NAMES = {"interval": N_("interval"), "cumulative": N_("cumulative"), "bill": N_("bill"), "event": N_("events")}
FORMS = {
    "enter": N_("Enter a reading"),
    "replace": N_("Replace a reading"),
    "void": N_("Leave readings out"),
    "estimate": N_("Estimate a period"),
}
Change = Callable[[Session], object]


def forms(
    here: Context, meter: scope.MeterRow, registers: list[RegisterRow], day: int, back: str
) -> dict[str, Component]:
    """Give the four forms of a meter, filled in for a day; `back` is where to go when it is done."""
    options = [(str(row.id), register_name(here, row)) for row in registers]
    first, after = (f"{from_day(day) + timedelta(days=more)}T00:00" for more in (0, 1))
    clock = here.say(CLOCK, zone=meter.zone)
    which = field("register", here.say(REGISTER), options[0][0] if options else "", options=options or [("", "–")])
    value = field("value", here.say(VALUE), kind="number")
    reason = field("reason", here.say(REASON), hint=here.say(WHY), wide=True)
    at = field("at", here.say(AT), after, kind="moment", hint=clock)
    begin = field("start", here.say(FROM), first if _spans(registers) else "", kind="moment", hint=here.say(BEGIN_HINT))
    span = [
        field("start", here.say(FROM), first, kind="moment"),
        field("at", here.say(TO), after, kind="moment", hint=clock),
    ]
    days = [
        field("first", here.say(FIRST_DAY), from_day(day), kind="day"),
        field("last", here.say(LAST_DAY), from_day(day), kind="day"),
        field("value", here.say(AMOUNT), kind="number"),
    ]
    parts = {
        "enter": [which, at, begin, value, reason],
        "replace": [which, at, value, reason],
        "void": [which, *span, reason],
        "estimate": [*days, reason],
    }
    buttons = [button(here.say(PREVIEW), "preview", main=False), button(here.say(APPLY), after="preview")]
    return {
        kind: editor(here, f"/admin/data/{kind}", given, buttons, meter=meter.id, back=back)
        for kind, given in parts.items()
    }


def _spans(registers: list[RegisterRow]) -> bool:
    return bool(registers) and registers[0].kind in {"interval", "bill"}


def register_name(here: Context, row: RegisterRow) -> str:
    """Name a register: kind, code, measure."""
    return " ".join(
        part for part in (here.say(KIND_NAMES.get(row.kind, row.kind)), row.code, f"({row.measure})") if part
    )


def register(app: Dash) -> None:
    """Add the routes."""
    allowed = somewhere(Action.EDIT_READINGS)
    beside = {"REASON_MISSING": "reason", "PERIOD_EMPTY": "at", "READING_IN_FUTURE": "at", "READING_FALLS": "value"}
    for kind in FORMS:
        route(app, f"data/{kind}", partial(_handle, kind), allowed, fields=beside)
    app.server.add_url_rule("/data/withdraw", "data_withdraw", _withdraw, methods=["POST"])


def _handle(kind: str, here: Context, posted: Posted) -> Answer:
    """Preview a change, or make it and go back to the page."""
    meter_id = posted.whole("meter", -1)
    with here.session() as session:
        meter = scope.require_meter(session, here.actor, meter_id, Action.EDIT_READINGS)
        known = {row.id: row for row in explain.registers(session, here.actor, meter_id)}
    change = _change(kind, here, posted, meter, known)
    with here.session(write=True) as session:
        if posted.step == "preview":
            return _told(here, corrections.preview_effect(session, here.actor, meter_id, change))
        change(session)
    return {"go": address("/data", message="done", **_back(posted.raw("back")))}


def _back(text: str) -> dict[str, Any]:
    names = ("unit", "resource", "year", "month", "meter")
    found = [pair.partition("=") for pair in text.split("&")]
    return {name: value[:60] for name, _, value in found if name in names and value.isprintable()}


def _change(kind: str, here: Context, posted: Posted, meter: scope.MeterRow, known: dict[int, RegisterRow]) -> Change:
    """Read the form of a kind and give the change as a function of a session."""
    actor, now = here.actor, here.now()
    reason = posted.text("reason", most=2000, need=True)
    if kind == "estimate":
        first, last = posted.day("first", need=True), posted.day("last", need=True)
        quantity = posted.number("value", need=True)
        posted.done()
        span = {"start": to_day(first), "end": to_day(last) + 1} if first and last else {}
        return lambda s: readings.estimate(
            s, actor, meter.id, quantity=quantity or Decimal(), reason=reason, now=now, **span
        )
    register_id = int(posted.choice("register", {str(one) for one in known}) or -1)
    at = posted.moment("at", meter.zone)
    end = int(at.timestamp()) if at else 0
    if kind == "void":
        begin = posted.moment("start", meter.zone)
        posted.done()
        start = int(begin.timestamp()) if begin else 0
        return lambda s: readings.void(s, actor, register_id, start=start, end=end, reason=reason, now=now)
    value = posted.number("value", need=True)
    spans = kind == "enter" and posted.raw("start") and known.get(register_id) is not None
    begin = posted.moment("start", meter.zone) if spans and known[register_id].kind in {"interval", "bill"} else None
    posted.done()
    number = value or Decimal()
    if kind == "replace":
        return lambda s: readings.replace(s, actor, register_id, at=end, value=number, reason=reason, now=now)
    start_at = int(begin.timestamp()) if begin else None
    return lambda s: corrections.enter(
        s, actor, register_id, at=end, value=number, reason=reason, start=start_at, now=now
    )


def _told(here: Context, effect: Effect) -> Answer:
    """Show what a change would do: the months first, then the days."""
    if not effect.changed:
        return {"message": here.say(NO_EFFECT), "tone": "warn"}
    amount = effect.resource
    tables = []
    for title, kind, rows in (
        (MONTHS, "month", effect.months),
        (DAYS, "day", [(one.day, one.before, one.after) for one in effect.days]),
    ):
        columns = (
            Column(here.say(title), "month" if kind == "month" else "day"),
            Column(here.say(BEFORE), "quantity", amount),
            Column(here.say(AFTER), "quantity", amount),
        )
        tables.append({"title": here.say(title), **_sheet(here, Table(columns, rows))})
    return {"message": here.say(EFFECT, count=effect.changed), "tone": "good", "tables": tables}


def _sheet(here: Context, content: Table) -> dict[str, Any]:
    heads = [[column.title, "num" if column.kind == "quantity" else "text"] for column in content.columns]
    rows = [
        [shown(value, column, here.language) for value, column in zip(row, content.columns, strict=True)]
        for row in content.rows
    ]
    return {"heads": heads, "rows": rows}


def _withdraw() -> ResponseReturnValue:
    """Take a correction, estimate or hand reading back."""
    here = context.current()
    kind, text = flask.request.form.get("kind", ""), flask.request.form.get("id", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1  # noqa: PLR2004 - what fits an id
    take_back: dict[str, Callable[..., object]] = {
        "void": readings.withdraw_correction,
        "replace": readings.withdraw_correction,
        "estimate": readings.withdraw_estimate,
        "entry": corrections.withdraw_entry,
    }
    if kind not in take_back:
        flask.abort(404)
    try:
        with here.session(write=True) as session:
            take_back[kind](session, here.actor, number, now=here.now())
    except NotFound:
        flask.abort(404)
    except Forbidden:
        flask.abort(403)
    return flask.redirect(address("/data", message="withdrawn", **_back(flask.request.form.get("back", ""))), 303)
