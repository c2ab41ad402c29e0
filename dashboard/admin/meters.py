"""Meters: the list, and one meter with what it counts for, registers and their events, shares, names in files."""

from datetime import date
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, meter_forms
from dashboard.admin.answers import somewhere
from dashboard.admin.changes import removal, two_steps
from dashboard.admin.words import (
    BASES,
    EVENTS,
    FACTS,
    PURPOSES,
    REGISTER_KINDS,
    measured_options,
    options,
    place_options,
    resource_name,
    unit_options,
)
from dashboard.components.editor import button, editor, field, rows
from dashboard.components.layout import grid, panel
from dashboard.components.links import address
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor import i18n
from monitor.domain.access import Action
from monitor.domain.resources import MEASURED, resource
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries import managed, scope
from monitor.services import metering
from monitor.services.metering import MeterSpec, RegisterSpec, ShareSpec

KEY, NAME = "meters", N_("Meters")
ALLOWED = somewhere(Action.MANAGE_ORGANISATION)
ROUTES, FIELDS = meter_forms.ROUTES, meter_forms.FIELDS
CODE, RESOURCE, PLACE, PURPOSE, ASSESSED = (
    N_("Code"),
    N_("Resource"),
    N_("Place"),
    N_("Purpose"),
    N_("Counted in assessment"),
)
MAIN, BASIS, UNITS, ZH, EN = N_("Main meter"), N_("Basis"), N_("Units"), N_("Name in Chinese"), N_("Name in English")
ADD, NO_MAIN, ALWAYS, METER = N_("Add a meter"), N_("None: it is a main meter"), N_("Counts always"), N_("Meter")
REGISTER, KIND, MEASURE, MULTIPLIER = N_("Register"), N_("Kind"), N_("Measure"), N_("Multiplier")
DIGITS, STEP, TARIFF, PRIORITY = N_("Digits"), N_("Seconds between readings"), N_("Tariff"), N_("Priority")
COUNTS, DIRECTION, REGISTERS, EVENTS_ = (
    N_("Counts"),
    N_("Direction"),
    N_("Registers"),
    N_("Replacements, resets, new multipliers"),
)
AT, FINAL, INITIAL, NOTE = N_("When"), N_("Last value of the old"), N_("First value of the new"), N_("Note")
SHARES, SHARE, BY, UNIT = N_("Shares"), N_("Share (%)"), N_("Shared out"), N_("Unit")
SINCE, UNTIL, SAVE, GONE = N_("From"), N_("Until before"), N_("Save"), N_("Remove this meter")
ALIASES, ALIAS, FIGURES = N_("Names in files"), N_("Name"), N_("Its readings")
PERCENT, SUM = N_("By percentage"), N_("On {day}: {sum} given by percentage, {rest} left.")
SUM_FACT = N_("On {day}: {sum} given by percentage, the other {rest} shared out by {fact}.")
HINT_SINCE = N_("From this day on exactly so; before it as it was. Empty: so for all time.")
HINT_REST = N_("What the shares leave is not allocated and always shown.")
HINT_MULTIPLIER, HINT_DIGITS = N_("Such as 60, 0.1 or 40/3."), N_("At 10 to this power it starts again; 0: never.")
HINT_STEP, HINT_PRIORITY = N_("0: irregular (hand readings, bills)."), N_("The smallest with a full day wins.")
HINT_CODE = N_("Empty for the only register of a meter.")
HINT_GONE = N_("Only where nothing hangs on it: no sub-meters, readings or estimates.")
HINT_BASIS = N_("Paper only: counts in years of which it is the unit's basis.")
HINT_ALIAS = N_("What files of all sources call it; a name for one source alone is set at the source.")
HINT_EVENT = N_("Values as read, in the register's measure.")
IN_, OUT = N_("adds (import)"), N_("takes off (export)")
NEW_REGISTER = N_("Make or change a register")
DIRECTIONS = {"import": IN_, "export": OUT}


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the list, or the view of one meter (parameter meter: code)."""
    if given.get("meter"):
        return _one(here, session, metering.describe_meter(session, here.actor, given["meter"]))
    found = managed.meters(session, here.actor, _today(here))
    heads = (CODE, ALIAS, RESOURCE, PLACE, PURPOSE, ASSESSED, MAIN, UNITS)
    columns = tuple(Column(here.say(title), "link" if title == CODE else "text") for title in heads)
    lines = [
        (
            (row.code, frame.at(KEY, meter=row.code)),
            scope.name(row, here.language),
            resource_name(here, row.resource),
            row.place_zh if here.language == "zh" else row.place_en,
            here.say(PURPOSES[row.purpose]) if row.purpose in PURPOSES else row.purpose,
            frame.yes_no(here, row.assessed),
            row.parent_code or None,
            ", ".join(row.units) or None,
        )
        for row in found
    ]
    return [grid(frame.listing(here, here.say(NAME), Table(columns, lines))), grid(_add(here, session))]


def _today(here: Context) -> date:
    return (here.local(here.now()) or here.now()).date()


def _lists(here: Context, session: Session, *, but: str = "") -> dict[str, Any]:
    mains = [
        (row.code, f"{row.code} · {scope.name(row, here.language)}")
        for row in managed.meters(session, here.actor, _today(here))
        if row.code != but
    ]
    return {"mains": [("", here.say(NO_MAIN)), *mains], **share_lists(here, session)}


def share_lists(here: Context, session: Session) -> dict[str, Any]:
    """Give the lists that lines of shares choose from."""
    return {"units": unit_options(here, session), "by": [("percent", here.say(PERCENT)), *options(here, FACTS)]}


def _about(here: Context, session: Session, meter: MeterSpec | None) -> list[dict[str, Any]]:
    """Give the fields that say what a meter is and counts for."""
    bases = [("", here.say(ALWAYS)), *options(here, BASES)]
    purpose = meter.purpose if meter else "office"
    return [
        field("zh", here.say(ZH), meter.zh if meter else ""),
        field("en", here.say(EN), meter.en if meter else ""),
        field(
            "place", here.say(PLACE), meter.place if meter else "", options=place_options(here, session) or [("", "")]
        ),
        field("purpose", here.say(PURPOSE), purpose, options=options(here, PURPOSES, now=purpose)),
        field("parent", here.say(MAIN), (meter.parent or "") if meter else "", options="mains"),
        field("basis", here.say(BASIS), meter.basis if meter else "", options=bases, hint=here.say(HINT_BASIS)),
        field("assessed", here.say(ASSESSED), meter.assessed if meter else True, kind="check"),
    ]


def share_rows(here: Context, shares: list[ShareSpec]) -> dict[str, Any]:
    """Give the lines of shares; the form has the lists `units` and `by`."""
    columns = [
        field("unit", here.say(UNIT), options="units"),
        field("by", here.say(BY), "percent", options="by"),
        field("part", here.say(SHARE), "100", kind="number"),
    ]
    lines = [(one.unit, one.by, f"{one.part / 10_000:g}" if one.by == "percent" else "") for one in shares]
    return rows("shares", here.say(SHARES), columns, lines, hint=here.say(HINT_REST))


def _register_fields(here: Context, one: RegisterSpec, *, resource_code: str = "") -> list[dict[str, Any]]:
    codes = [resource_code] if resource_code else list(MEASURED)
    measures = [measure.code for code in codes for measure in resource(code).measures if not measure.power]
    chosen = one.measure or (resource(resource_code).display if resource_code else "")
    known = [*([] if resource_code else [("", "–")]), *((code, code) for code in measures)]
    return [
        field("kind", here.say(KIND), one.kind, options=options(here, REGISTER_KINDS)),
        field("measure", here.say(MEASURE), chosen, options=known),
        field("multiplier", here.say(MULTIPLIER), one.multiplier, hint=here.say(HINT_MULTIPLIER)),
        field("digits", here.say(DIGITS), one.digits, kind="number", hint=here.say(HINT_DIGITS)),
        field("seconds", here.say(STEP), one.step, kind="number", hint=here.say(HINT_STEP)),
    ]


def _add(here: Context, session: Session) -> Component:
    fields = [
        field("code", here.say(CODE), hint=here.say(N_("Letters, digits, - and _; it cannot be changed later."))),
        field("resource", here.say(RESOURCE), "electricity", options=measured_options(here)),
        *_about(here, session, None),
        *_register_fields(here, RegisterSpec()),
        share_rows(here, []),
    ]
    form = editor(here, "/admin/meters/add", fields, two_steps(here), lists=_lists(here, session))
    return panel(here, here.say(ADD), form)


def _one(here: Context, session: Session, meter: MeterSpec) -> list[Component]:
    lists = _lists(here, session, but=meter.code)
    name = meter.name_zh if here.language == "zh" else meter.name_en
    about = editor(
        here, "/admin/meters/change", _about(here, session, meter), two_steps(here), lists=lists, meter=meter.code
    )
    gone = editor(here, "/admin/meters/remove", [], removal(here), meter=meter.code)
    row = next(one for one in managed.meters(session, here.actor, _today(here)) if one.code == meter.code)
    everything = here.actor.may_everywhere(Action.MANAGE_ORGANISATION)
    unit = None if everything else scope.unit_by_code(session, here.actor, meter.all_shares()[0].unit).id
    subjects = [f"meter:{meter.code}", f"meter:{meter.code}:", f"register:{meter.code}:"]
    written = queries.history(session, here.actor, subjects, unit_id=unit)
    tools = [html.A(here.say(FIGURES), href=address("/meter", meter=row.id))]
    below = resource_name(here, meter.resource)
    return [
        frame.back(here, KEY),
        grid(panel(here, f"{meter.code} · {name}", about, below=below, tools=tools)),
        grid(_shares(here, meter, lists)),
        grid(_registers(here, meter)),
        grid(_events(here, meter)),
        grid(_aliases(here, meter)),
        grid(panel(here, here.say(GONE), gone, below=here.say(HINT_GONE))),
        grid(frame.history(here, written)),
    ]


def _shares(here: Context, meter: MeterSpec, lists: dict[str, Any]) -> Component:
    """Show all dated shares, what they add up to today, and the form that shares out anew from a day on."""
    today, shares = _today(here), meter.all_shares()
    now = [one for one in shares if one.since <= today and (one.until is None or today < one.until)]
    given = sum(one.ppm for one in now)
    by = sorted({one.by for one in now} - {"percent"})
    said = {
        "day": i18n.day(today, here.language),
        "sum": f"{given / 10_000:g} %",
        "rest": f"{(1_000_000 - given) / 10_000:g} %",
    }
    words = dict(lists["units"])
    sentence = here.say(SUM_FACT, fact=here.say(FACTS[by[0]]), **said) if by else here.say(SUM, **said)
    columns = (
        Column(here.say(UNIT)),
        Column(here.say(SHARE)),
        Column(here.say(SINCE), "day"),
        Column(here.say(UNTIL), "day"),
    )
    lines = [
        (
            words.get(one.unit, one.unit).strip("\u2003"),
            f"{one.part / 10_000:g} %" if one.by == "percent" else here.say(FACTS[one.by]),
            one.since if one.since > date(1970, 1, 1) else None,
            one.until,
        )
        for one in shares
    ]
    since = field("since", here.say(SINCE), today.isoformat(), kind="day", hint=here.say(HINT_SINCE))
    form = editor(
        here, "/admin/meters/shares", [since, share_rows(here, now)], two_steps(here), lists=lists, meter=meter.code
    )
    return panel(here, here.say(SHARES), [table(Table(columns, lines), here.language), html.P(sentence), form])


def _registers(here: Context, meter: MeterSpec) -> Component:
    heads = (REGISTER, KIND, MEASURE, MULTIPLIER, DIGITS, STEP, TARIFF, PRIORITY, COUNTS)
    columns = (*(Column(here.say(title)) for title in heads), Column(""))
    lines = [
        (
            one.code or i18n.MISSING,
            here.say(REGISTER_KINDS[one.kind]),
            one.measure or resource(meter.resource).display,
            one.multiplier,
            str(one.digits),
            str(one.step),
            one.tariff or None,
            str(one.priority),
            frame.yes_no(here, one.counts),
            editor(here, "/admin/meters/unregister", [], removal(here), meter=meter.code, register=one.code),
        )
        for one in meter.registers
    ]
    first = meter.registers[0] if meter.registers else RegisterSpec()
    fields = [
        field("register", here.say(REGISTER), first.code, hint=here.say(HINT_CODE)),
        *_register_fields(here, first, resource_code=meter.resource),
        field("tariff", here.say(TARIFF), first.tariff),
        field("priority", here.say(PRIORITY), first.priority, kind="number", hint=here.say(HINT_PRIORITY)),
        field("direction", here.say(DIRECTION), first.direction, options=options(here, DIRECTIONS)),
        field("counts", here.say(COUNTS), first.counts, kind="check"),
    ]
    form = editor(here, "/admin/meters/register", fields, two_steps(here), meter=meter.code)
    inside = [table(Table(columns, lines), here.language), html.H3(here.say(NEW_REGISTER)), form]
    return panel(here, here.say(REGISTERS), inside)


def _events(here: Context, meter: MeterSpec) -> Component:
    heads: tuple[Any, ...] = ((REGISTER, "text"), (KIND, "text"), (AT, "moment"), (FINAL, "text"), (INITIAL, "text"))
    heads += ((MULTIPLIER, "text"), (NOTE, "text"))
    columns = (*(Column(here.say(title), kind) for title, kind in heads), Column(""))
    lines = []
    for one in meter.registers:
        for event in one.events:
            key = {"register": one.code, "kind": event.kind, "at": event.at.isoformat()}
            form = editor(here, "/admin/meters/unevent", [], removal(here), lists=None, meter=meter.code, **key)
            values = [None if value is None else str(value) for value in (event.final, event.initial, event.multiplier)]
            word = here.say(EVENTS[event.kind])
            lines.append((one.code or i18n.MISSING, word, here.local(event.at), *values, event.note or None, form))
    fields = [
        field(
            "register", here.say(REGISTER), options=[(one.code, one.code or i18n.MISSING) for one in meter.registers]
        ),
        field("kind", here.say(KIND), "replacement", options=options(here, EVENTS)),
        field("at", here.say(AT), kind="moment"),
        field("final", here.say(FINAL), kind="number"),
        field("initial", here.say(INITIAL), kind="number"),
        field("multiplier", here.say(MULTIPLIER), hint=here.say(HINT_MULTIPLIER)),
        field("note", here.say(NOTE)),
    ]
    form = editor(here, "/admin/meters/event", fields, two_steps(here), meter=meter.code)
    none = html.P(here.say(frame.NONE_YET), className="reason")
    shown = table(Table(columns, lines), here.language) if lines else none
    return panel(here, here.say(EVENTS_), [shown, html.Br(), form], below=here.say(HINT_EVENT))


def _aliases(here: Context, meter: MeterSpec) -> Component:
    columns = [field("alias", here.say(ALIAS))]
    lines = [(one,) for one in meter.aliases]
    fields = [rows("aliases", here.say(ALIASES), columns, lines, hint=here.say(HINT_ALIAS))]
    form = editor(here, "/admin/meters/aliases", fields, [button(here.say(SAVE))], meter=meter.code)
    return panel(here, here.say(ALIASES), form)
