"""Places: the tree, zone, holiday calendar, area, and office hours with dates; changed hours are previewed."""

from typing import Any

from dash import html
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from dashboard.admin import frame, reading
from dashboard.admin.answers import Answer, Posted, code_of, everywhere
from dashboard.admin.changes import carried_out, removal, removing, two_steps
from dashboard.admin.words import INDENT, PLACE_KINDS, clock, options, place_options
from dashboard.components.editor import editor, field
from dashboard.components.layout import grid, panel
from dashboard.components.tables import Column, Table, table
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.i18n import N_
from monitor.queries import admin as queries
from monitor.queries import managed, scope
from monitor.services import metering
from monitor.services.metering import HoursSpec, PlaceSpec
from monitor.services.setup import parse_part

KEY, NAME = "places", N_("Places")
ALLOWED = everywhere(Action.MANAGE_ORGANISATION)
PLACE, CODE, KIND, INSIDE, ZH, EN = (
    N_("Place"),
    N_("Code"),
    N_("Kind"),
    N_("Inside"),
    N_("Name in Chinese"),
    N_("Name in English"),
)
ZONE, COUNTRY, OPENS, CLOSES, AREA = (
    N_("Time zone"),
    N_("Holiday calendar"),
    N_("Office hours from"),
    N_("Office hours to"),
    N_("Area (m²)"),
)
METERS, SINCE, HOURS, ADD, NOWHERE = (
    N_("Meters"),
    N_("From"),
    N_("Office hours"),
    N_("Add a place"),
    N_("Nowhere: a top place"),
)
GONE, HINT_GONE = N_("Remove this place"), N_("Only where nothing hangs on it: no places in it, no meters.")
HINT_HOURS = N_("Consumption outside them counts as off hours; other hours hold from their day on.")
HINT_COUNTRY = N_("Country code, such as CN.")

FIELDS = {"SITE_CIRCLE": "parent", "ZONE_UNKNOWN": "zone"}


def layout(here: Context, session: Session, given: dict[str, str]) -> list[Component]:
    """Build the tree, or the view of one place (parameter place)."""
    if given.get("place"):
        return _one(here, session, metering.describe_place(session, here.actor, given["place"]))
    heads: tuple[Any, ...] = ((PLACE, "link"), (CODE, "text"), (KIND, "text"), (ZONE, "text"), (HOURS, "text"))
    heads += ((AREA, "number"), (METERS, "number"))
    columns = tuple(Column(here.say(title), kind) for title, kind in heads)
    lines = [
        (
            (INDENT * row.depth + scope.name(row, here.language), frame.at(KEY, place=row.code)),
            row.code,
            here.say(PLACE_KINDS[row.kind]) if row.kind in PLACE_KINDS else row.kind,
            row.zone,
            f"{clock(row.office_from)}–{clock(row.office_to)}",
            None if row.area is None else row.area / 1000,
            row.meters,
        )
        for row in managed.places(session, here.actor)
    ]
    new = PlaceSpec(code="new", zone=here.site.settings.zone, country=here.site.settings.country)
    code = field("code", here.say(CODE), hint=here.say(N_("Letters, digits, - and _; it cannot be changed later.")))
    form = editor(here, "/admin/places/add", [code, *fields(here, session, new)], two_steps(here))
    return [
        grid(frame.listing(here, here.say(NAME), Table(columns, lines))),
        grid(panel(here, here.say(ADD), form)),
    ]


def fields(here: Context, session: Session, place: PlaceSpec) -> list[dict[str, Any]]:
    """Give the fields that say what a place is."""
    above = [("", here.say(NOWHERE)), *(one for one in place_options(here, session) if one[0] != place.code)]
    return [
        field("zh", here.say(ZH), place.zh),
        field("en", here.say(EN), place.en),
        field("kind", here.say(KIND), place.kind, options=options(here, PLACE_KINDS, now=place.kind)),
        field("parent", here.say(INSIDE), place.parent or "", options=above),
        field("zone", here.say(ZONE), place.zone),
        field("country", here.say(COUNTRY), place.country, hint=here.say(HINT_COUNTRY)),
        field("office_from", here.say(OPENS), clock(place.office_from)),
        field("office_to", here.say(CLOSES), clock(place.office_to)),
        field("area", here.say(AREA), place.area, kind="number"),
    ]


def _one(here: Context, session: Session, place: PlaceSpec) -> list[Component]:
    form = editor(here, "/admin/places/change", fields(here, session, place), two_steps(here), place=place.code)
    name = place.name_zh if here.language == "zh" else place.name_en
    gone = editor(here, "/admin/places/remove", [], removal(here), place=place.code)
    written = queries.history(session, here.actor, [f"place:{place.code}", f"hours:{place.code}:"])
    return [
        frame.back(here, KEY),
        grid(panel(here, f"{name} · {place.code}", form)),
        grid(_hours(here, place)),
        grid(panel(here, here.say(GONE), gone, below=here.say(HINT_GONE))),
        grid(frame.history(here, written)),
    ]


def _hours(here: Context, place: PlaceSpec) -> Component:
    columns = (Column(here.say(SINCE), "day"), Column(here.say(OPENS)), Column(here.say(CLOSES)), Column(""))
    lines = [
        (
            one.since,
            clock(one.office_from),
            clock(one.office_to),
            editor(here, "/admin/places/unhours", [], removal(here), place=place.code, since=str(one.since)),
        )
        for one in sorted(place.hours, key=lambda one: one.since)
    ]
    fields = [
        field("since", here.say(SINCE), (here.local(here.now()) or here.now()).date().isoformat(), kind="day"),
        field("office_from", here.say(OPENS), clock(place.office_from)),
        field("office_to", here.say(CLOSES), clock(place.office_to)),
    ]
    form = editor(here, "/admin/places/hours", fields, two_steps(here), place=place.code)
    none = html.P(here.say(frame.NONE_YET), className="reason")
    shown = table(Table(columns, lines), here.language) if lines else none
    return panel(here, here.say(HOURS), [shown, html.Br(), form], below=here.say(HINT_HOURS))


# ---------------------------------------------------------------- what the forms do


def add(here: Context, posted: Posted) -> Answer:
    """Add a place."""
    with here.session() as session:
        known = {row.code for row in managed.places(session, here.actor)}
    return _put(here, posted, reading.place(posted, code_of(posted, known)))


def change(here: Context, posted: Posted) -> Answer:
    """Change a place; its dated hours stay."""
    code = posted.raw("place")
    with here.session() as session:
        metering.describe_place(session, here.actor, code)
    return _put(here, posted, reading.place(posted, code))


def _put(here: Context, posted: Posted, spec: PlaceSpec | None) -> Answer:
    posted.done()
    assert spec is not None  # noqa: S101 - `done` saw to it
    read: PlaceSpec = spec

    def made(session: Session) -> object:
        return metering.put_place(session, here.actor, read, now=here.now())

    return carried_out(here, posted, made, KEY, place=read.code)


def hours(here: Context, posted: Posted) -> Answer:
    """Set office hours from a day on."""
    code, since = posted.raw("place"), posted.day("since", need=True)
    times = reading.hours(posted)
    posted.done()
    spec = parse_part(HoursSpec, {"since": since, **times})

    def made(session: Session) -> object:
        return metering.set_hours(session, here.actor, code, spec, now=here.now())

    return carried_out(here, posted, made, KEY, place=code)


def unhours(here: Context, posted: Posted) -> Answer:
    """Take office hours back."""
    code, since = posted.raw("place"), posted.day("since", need=True)
    posted.done()
    assert since is not None  # noqa: S101 - `done` saw to it

    def made(session: Session) -> object:
        return metering.remove_hours(session, here.actor, code, since, now=here.now())

    return carried_out(here, posted, made, KEY, place=code)


ROUTES = {
    "add": add,
    "change": change,
    "hours": hours,
    "unhours": unhours,
    "remove": removing(KEY, "place", metering.remove_place),
}
