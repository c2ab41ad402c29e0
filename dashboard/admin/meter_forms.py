"""What the forms of meters do: add, change, share out, registers, events, names in files; each previewed first."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from dashboard.admin import reading
from dashboard.admin.answers import Answer, Posted, code_of
from dashboard.admin.changes import carried_out, removing
from dashboard.admin.words import BASES, EVENTS
from dashboard.context import Context
from monitor.domain.resources import MEASURED
from monitor.queries import managed
from monitor.services import metering
from monitor.services.metering import EventSpec, MeterSpec
from monitor.services.setup import parse_part

KEY = "meters"
FIELDS = {
    "SITE_TOO_MUCH": "shares",
    "SITE_CIRCLE": "parent",
    "SITE_OTHER_RESOURCE": "parent",
    "MEASURE_UNKNOWN": "measure",
    "ALIAS_TAKEN": "aliases",
}


def add(here: Context, posted: Posted) -> Answer:
    """Add a meter with its first register and shares."""
    with here.session() as session:
        known = {row.code for row in managed.meters(session, here.actor, here.now().date())}
    code, resource = code_of(posted, known), posted.choice("resource", MEASURED)
    values: dict[str, Any] = {"code": code, "resource": resource, **_about(posted)}
    register, shares = reading.register(posted, resource), reading.shares(posted)
    posted.done()
    spec = parse_part(MeterSpec, values | {"registers": [register], "shares": shares})

    def made(session: Session) -> object:
        return metering.put_meter(session, here.actor, spec, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


def _about(posted: Posted) -> dict[str, Any]:
    return reading.names(posted) | {
        "place": posted.text("place", need=True),
        "purpose": posted.text("purpose", most=40, need=True),
        "parent": posted.text("parent") or None,
        "basis": posted.choice("basis", ("", *BASES)),
        "assessed": posted.check("assessed"),
    }


def change(here: Context, posted: Posted) -> Answer:
    """Change what a meter is and counts for."""
    code, values = posted.raw("meter"), _about(posted)
    posted.done()

    def made(session: Session) -> object:
        return metering.change_meter(session, here.actor, code, now=here.now(), **values)

    return carried_out(here, posted, made, KEY, meter=code)


# ---------------------------------------------------------------- shares


def shares(here: Context, posted: Posted) -> Answer:
    """Share a meter out, from a day on or for all time."""
    code, since, wanted = posted.raw("meter"), posted.day("since"), reading.shares(posted)
    posted.done()

    def made(session: Session) -> object:
        return metering.set_shares(session, here.actor, code, wanted, since=since, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


# ---------------------------------------------------------------- registers and events


def register(here: Context, posted: Posted) -> Answer:
    """Make a register, or change the one of this code."""
    code = posted.raw("meter")
    with here.session() as session:
        meter = metering.describe_meter(session, here.actor, code)
    more = {
        "code": posted.text("register", most=40),
        "tariff": posted.text("tariff", most=40),
        "priority": posted.whole("priority", 10),
        "direction": posted.choice("direction", ("import", "export")),
        "counts": posted.check("counts"),
    }
    spec = reading.register(posted, meter.resource, **more)
    posted.done()
    assert spec is not None  # noqa: S101 - `done` saw to it

    def made(session: Session) -> object:
        return metering.put_register(session, here.actor, code, spec, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


def unregister(here: Context, posted: Posted) -> Answer:
    """Remove a register without readings."""
    code, name = posted.raw("meter"), posted.raw("register")

    def made(session: Session) -> object:
        return metering.remove_register(session, here.actor, code, name, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


def event(here: Context, posted: Posted) -> Answer:
    """Write down a replacement, a reset or a new multiplier."""
    code, name, kind = posted.raw("meter"), posted.raw("register"), posted.choice("kind", EVENTS)
    with here.session() as session:
        meter = metering.describe_meter(session, here.actor, code)
        zone = next(one.zone for one in managed.places(session, here.actor) if one.code == meter.place)
    at = posted.moment("at", zone)
    values: dict[str, Any] = {"kind": kind, "note": posted.text("note", most=400)}
    if kind == "multiplier":
        values["multiplier"] = reading.multiplier(posted) or None
        if values["multiplier"] is None:
            posted.text("multiplier", need=True)
    else:
        values |= {"final": posted.number("final"), "initial": posted.number("initial", need=True)}
    posted.done()
    spec = parse_part(EventSpec, values | {"at": at})

    def made(session: Session) -> object:
        return metering.add_event(session, here.actor, code, name, spec, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


def unevent(here: Context, posted: Posted) -> Answer:
    """Take an event back."""
    code, name, kind = posted.raw("meter"), posted.raw("register"), posted.choice("kind", EVENTS)
    at = posted.moment("at", "UTC")
    posted.done()
    assert at is not None  # noqa: S101 - `done` saw to it
    instant: datetime = at

    def made(session: Session) -> object:
        return metering.remove_event(session, here.actor, code, name, kind, instant, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


# ---------------------------------------------------------------- names


def aliases(here: Context, posted: Posted) -> Answer:
    """Let files of all sources call the meter exactly so."""
    code = posted.raw("meter")
    wanted = [line.text("alias", need=True) for line in posted.lines("aliases")]
    posted.done()

    def made(session: Session) -> object:
        before = metering.describe_meter(session, here.actor, code).aliases
        gone = [metering.remove_alias(session, here.actor, one, now=here.now()) for one in before if one not in wanted]
        new = [
            metering.set_alias(session, here.actor, code, one, now=here.now()) for one in wanted if one not in before
        ]
        return gone + new

    return carried_out(here, posted, made, KEY, meter=code)


ROUTES = {
    "add": add,
    "change": change,
    "shares": shares,
    "register": register,
    "unregister": unregister,
    "event": event,
    "unevent": unevent,
    "aliases": aliases,
    "remove": removing(KEY, "meter", metering.remove_meter),
}
