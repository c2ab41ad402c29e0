"""First steps, the forms by hand and what stands already: units with head counts and areas, places, meters, shares."""

from collections.abc import Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, meters, places
from dashboard.admin.changes import two_steps
from dashboard.admin.words import (
    FACTS,
    PLACE_KINDS,
    REGISTER_KINDS,
    UNIT_KINDS,
    clock,
    options,
    place_options,
    resource_name,
    resource_options,
    unit_options,
)
from dashboard.components.editor import button, editor, field, rows
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.i18n import N_
from monitor.services.metering import MeterSpec, PlaceSpec
from monitor.services.organisation import SiteSpec

CODE, ZH, EN, KIND, NAME = N_("Code"), N_("Chinese name"), N_("English name"), N_("Kind"), N_("Name")
PEOPLE, AREA, UNIT, UNITS = N_("Head count"), N_("Floor area (m²)"), N_("Unit"), N_("Units")
VALUE, SINCE, NOTE, PLACE, PLACES = N_("Value"), N_("From"), N_("Note"), N_("Place"), N_("Places")
METER, METERS, RESOURCE, READ, MULTIPLIER = (
    N_("Meter"),
    N_("Meters"),
    N_("Resource"),
    N_("What is read"),
    N_("Multiplier"),
)
MAIN, WHOSE, SHARES, HOURS, ZONE = N_("Main meter"), N_("Whose"), N_("Shares"), N_("Office hours"), N_("Time zone")
SET_UP, ADD_UNITS, ADD_PLACES, ADD_METERS = N_("Set it up"), N_("Add units"), N_("Add places"), N_("Add meters")
FACTS_TITLE, SHARE_OUT = N_("Head counts and areas"), N_("Share a meter out among several units")
SAVE, NOT_ONE = N_("Save"), N_("several units, or nobody yet")
BELOW = N_("Below (code)")
HINT_TOP = N_("The top unit: the organisation as a whole.")
HINT_BELOW = N_("Below: the code of a unit of a line here or of one that is there; empty: directly below the top.")
HINT_FACTS = N_(
    "They hold from their day until the next one of their kind; a value that moves by more than a tenth says why."
)
HINT_PLACES = N_(
    "Consumption outside the office hours counts as off hours; zone and holiday calendar (CN …) say which day and hour it is there. "
    "Inside: the code of another place, such as the compound of a building."
)
HINT_METERS = N_(
    "The code is what the files call the meter. Main meter: the code of the meter that it hangs below, if it is a sub-meter: what it "
    "counts is taken off there and counted once. Multiplier: current transformers and the like, such as 60 or 40/3."
)
HINT_SHARES = N_("Percentages first; what they leave is shared out by head count or area where a line says so.")
HINT_SINCE = N_("From this day on exactly so; before it as it was. Empty: so for all time.")
NOBODYS = N_("Not shared out yet, so their use is nobody's (not allocated): {meters}.")
ALL_THERE, MOST = N_("All of them: Administration › {section}"), 30


def units_by_hand(here: Context) -> Component:
    """Give the form of a first organisation: the top unit and those below it."""
    code = field("code", here.say(CODE), "org", hint=here.say(HINT_TOP))
    top = [code, field("zh", here.say(ZH)), field("en", here.say(EN))]
    return editor(here, "/welcome/organisation", [*top, _unit_rows(here, 3)], [button(here.say(SET_UP))])


def more_units(here: Context) -> Component:
    """Give the form that adds units to those there are."""
    return editor(here, "/welcome/organisation", [_unit_rows(here, 1)], [button(here.say(ADD_UNITS))])


def _unit_rows(here: Context, count: int) -> dict[str, Any]:
    columns = [
        field("code", here.say(CODE)),
        field("zh", here.say(ZH)),
        field("en", here.say(EN)),
        field("kind", here.say(KIND), "bureau", options=options(here, UNIT_KINDS)),
        field("parent", here.say(BELOW)),
        field("head_count", here.say(PEOPLE), kind="number"),
        field("floor_area", here.say(AREA), kind="number"),
    ]
    return rows("units", here.say(UNITS), columns, _blank(columns) * count, hint=here.say(HINT_BELOW))


def _blank(columns: Sequence[dict[str, Any]]) -> list[list[object]]:
    return [[one["value"] for one in columns]]


def facts(here: Context, session: Session, *, preview: bool) -> Component:
    """Give the form of dated head counts and areas, several at once."""
    units = unit_options(here, session)
    first = here.now().date().replace(month=1, day=1)
    columns = [
        field("unit", here.say(UNIT), units[-1][0], options="units"),
        field("kind", here.say(KIND), "head_count", options=options(here, FACTS)),
        field("value", here.say(VALUE), kind="number"),
        field("since", here.say(SINCE), first.replace(year=first.year - 1).isoformat(), kind="day"),
        field("note", here.say(NOTE)),
    ]
    lines = rows("facts", here.say(FACTS_TITLE), columns, _blank(columns), hint=here.say(HINT_FACTS))
    return editor(here, "/welcome/facts", [lines], _buttons(here, preview=preview), lists={"units": units})


def _buttons(here: Context, *, preview: bool) -> list[dict[str, Any]]:
    """Where figures hang on it already, what changes is shown first, as in Administration."""
    return two_steps(here) if preview else [button(here.say(SAVE))]


def new_places(here: Context, session: Session) -> Component:
    """Give the form that makes places; a line is what Administration asks of a place."""
    here_and_now = here.site.settings
    new = PlaceSpec(code="new", zone=here_and_now.zone, country=here_and_now.country)
    inside = {one["name"]: one for one in places.fields(here, session, new)}
    inside["parent"] = field("parent", inside["parent"]["label"])
    columns = [field("code", here.say(CODE)), *inside.values()]
    lines = rows("places", here.say(PLACES), columns, _blank(columns), hint=here.say(HINT_PLACES))
    return editor(here, "/welcome/places", [lines], [button(here.say(ADD_PLACES))])


def new_meters(here: Context, session: Session) -> Component:
    """Give the form that makes meters, each with its first register, wholly one unit's or nobody's yet."""
    units, stand = unit_options(here, session), place_options(here, session)
    columns = [
        field("code", here.say(CODE)),
        field("zh", here.say(NAME)),
        field("resource", here.say(RESOURCE), "electricity", options=resource_options(here)),
        field("place", here.say(PLACE), stand[0][0], options=stand),
        field("parent", here.say(MAIN)),
        field("kind", here.say(READ), "interval", options=options(here, REGISTER_KINDS)),
        field("multiplier", here.say(MULTIPLIER), "1"),
        field("unit", here.say(WHOSE), units[-1][0], options=[("", here.say(NOT_ONE)), *units]),
    ]
    lines = rows("meters", here.say(METERS), columns, _blank(columns), hint=here.say(HINT_METERS))
    return editor(here, "/welcome/meters", [lines], [button(here.say(ADD_METERS))])


def shares(here: Context, session: Session, spec: SiteSpec, *, preview: bool) -> Component:
    """Give the form that shares a meter out, the first one that is nobody's chosen."""
    choices = [(one.code, f"{one.code} · {_name(here, one)}") for one in spec.meters]
    chosen = next(iter(nobodys(spec)), choices[0][0])
    inside = [
        field("meter", here.say(METER), chosen, options=choices),
        field("since", here.say(SINCE), kind="day", hint=here.say(HINT_SINCE)),
        meters.share_rows(here, []),
    ]
    lists = meters.share_lists(here, session)
    return editor(here, "/welcome/shares", inside, _buttons(here, preview=preview), lists=lists)


def nobodys(spec: SiteSpec) -> list[str]:
    """Give the codes of meters without any share."""
    return [one.code for one in spec.meters if not one.all_shares()]


# ---------------------------------------------------------------- what stands already


def _name(here: Context, one: PlaceSpec | MeterSpec) -> str:
    return one.name_zh if here.language == "zh" else one.name_en


def _listed(here: Context, columns: tuple[Column, ...], lines: list[Any], section: str, title: str) -> list[Component]:
    """Show the first lines, with the way to all of them where there are more."""
    shown: list[Component] = [table(Table(columns, lines[:MOST]), here.language)]
    if len(lines) > MOST:
        shown.append(html.P(html.A(here.say(ALL_THERE, section=here.say(title)), href=frame.at(section))))
    return shown


def places_there(here: Context, spec: SiteSpec) -> list[Component]:
    """List the places."""
    heads = (CODE, NAME, KIND, ZONE, HOURS)
    columns = tuple(Column(here.say(head), "link" if head == CODE else "text") for head in heads)
    lines = [
        (
            (one.code, frame.at("places", place=one.code)),
            _name(here, one),
            here.say(PLACE_KINDS[one.kind]) if one.kind in PLACE_KINDS else one.kind,
            f"{one.zone} · {one.country}",
            f"{clock(one.office_from)}–{clock(one.office_to)}",
        )
        for one in spec.places
    ]
    return _listed(here, columns, lines, "places", PLACES)


def meters_there(here: Context, spec: SiteSpec) -> list[Component]:
    """List the meters with what is read and whose they are, and say which are nobody's."""
    heads = (CODE, NAME, RESOURCE, PLACE, MAIN, READ, SHARES)
    columns = tuple(Column(here.say(head), "link" if head == CODE else "text") for head in heads)
    stands = {one.code: _name(here, one) for one in spec.places}
    lines = [
        (
            (one.code, frame.at("meters", meter=one.code)),
            _name(here, one),
            resource_name(here, one.resource),
            stands.get(one.place, one.place),
            one.parent,
            here.say(N_("; ")).join(_register(here, register.kind, register.multiplier) for register in one.registers),
            here.say(N_("; ")).join(
                f"{share.unit} {share.part / 10_000:g} %"
                if share.by == "percent"
                else f"{share.unit}: {here.say(FACTS[share.by])}"
                for share in one.all_shares()
            )
            or None,
        )
        for one in spec.meters
    ]
    listed = _listed(here, columns, lines, "meters", METERS)
    left = nobodys(spec)
    if left:
        said = here.say(NOBODYS, meters=here.say(N_(", ")).join(left[:MOST]))
        listed.append(html.Div(said, className="note warn", role="status"))
    return listed


def _register(here: Context, kind: str, multiplier: str) -> str:
    word = here.say(REGISTER_KINDS[kind]) if kind in REGISTER_KINDS else kind
    return word if multiplier == "1" else f"{word} × {multiplier}"
