"""What the forms of meters do: add, change, share out, registers, events, names in files; each previewed first."""

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from dashboard.admin import frame
from dashboard.admin.answers import Answer, Posted, code_of
from dashboard.admin.changes import carried_out
from dashboard.admin.words import BASES, EVENTS, FACTS, REGISTER_KINDS
from dashboard.context import Context
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.queries import managed
from monitor.services import metering
from monitor.services.metering import EventSpec, MeterSpec, RegisterSpec, ShareSpec
from monitor.services.setup import parse_part

KEY = "meters"
FIELDS = {
    "SITE_TOO_MUCH": "shares",
    "SITE_CIRCLE": "parent",
    "SITE_OTHER_RESOURCE": "parent",
    "MEASURE_UNKNOWN": "measure",
    "ALIAS_TAKEN": "aliases",
}
BAD_MULTIPLIER = N_("'{value}' is not a multiplier greater than 0, such as 60, 0.1 or 40/3.")
BAD_SHARE = N_("A share is more than 0 % and at most 100 %.")
TWICE, TWO_FACTS = N_("A unit may stand here only once."), N_("Shares by fact must all be of one kind of fact.")
NO_MEASURE = N_("'{value}' is not a measure of this resource.")


def add(here: Context, posted: Posted) -> Answer:
    """Add a meter with its first register and shares."""
    with here.session() as session:
        known = {row.code for row in managed.meters(session, here.actor, here.now().date())}
    code, resource = code_of(posted, known), posted.choice("resource", RESOURCES)
    values: dict[str, Any] = {"code": code, "resource": resource, **_about(posted)}
    register, shares = _register(posted, resource), _shares(posted)
    posted.done()
    spec = parse_part(MeterSpec, values | {"registers": [register], "shares": shares})

    def made(session: Session) -> object:
        return metering.put_meter(session, here.actor, spec, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


def _about(posted: Posted) -> dict[str, Any]:
    names = {"zh": posted.text("zh"), "en": posted.text("en")}
    if not any(names.values()):
        posted.text("zh", need=True)
    return names | {
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


def _shares(posted: Posted) -> list[ShareSpec]:
    """Read the lines of shares: a percentage, or by a fact; each unit once."""
    found: list[ShareSpec] = []
    for line in posted.lines("shares"):
        unit, by = line.text("unit", need=True), line.choice("by", ("percent", *FACTS))
        if by == "percent":
            part = line.number("part", need=True)
            if part is not None and not 0 < part <= 100:  # noqa: PLR2004 - per cent
                line.refuse("part", "SHARE_WRONG", BAD_SHARE)
        else:
            part = Decimal(100)
        if unit in {one.unit for one in found}:
            line.refuse("unit", "SHARE_TWICE", TWICE)
        if not line.wrong:
            table = {"unit": unit, "by": by, "part": round(Fraction(part or 0) * 10_000)}
            found.append(parse_part(ShareSpec, table))
    if len({one.by for one in found} - {"percent"}) > 1:
        posted.refuse("shares", "SHARE_FACTS", TWO_FACTS)
    return found


def shares(here: Context, posted: Posted) -> Answer:
    """Share a meter out, from a day on or for all time."""
    code, since, wanted = posted.raw("meter"), posted.day("since"), _shares(posted)
    posted.done()

    def made(session: Session) -> object:
        return metering.set_shares(session, here.actor, code, wanted, since=since, now=here.now())

    return carried_out(here, posted, made, KEY, meter=code)


# ---------------------------------------------------------------- registers and events


def _register(posted: Posted, resource: str, **more: Any) -> RegisterSpec | None:
    """Read a register; None where something is wrong with it."""
    measure, multiplier = posted.text("measure"), _multiplier(posted) or "1"
    known = {one.code for one in RESOURCES[resource].measures} if resource in RESOURCES else set()
    if measure and known and measure not in known:
        posted.refuse("measure", "MEASURE_UNKNOWN", NO_MEASURE, value=measure)
    kind, digits, step = posted.choice("kind", REGISTER_KINDS), posted.whole("digits"), posted.whole("seconds")
    if posted.wrong:
        return None
    table = {"kind": kind, "measure": measure, "multiplier": multiplier, "digits": digits, "step": step}
    return parse_part(RegisterSpec, table | more)


def _multiplier(posted: Posted) -> str:
    text = posted.raw("multiplier").replace(" ", "")
    fits = re.fullmatch(r"\d{1,9}(\.\d{1,9}|/0*[1-9]\d{0,8})?", text, re.ASCII)
    if text and not (fits and Fraction(text) > 0):
        posted.refuse("multiplier", "MULTIPLIER_WRONG", BAD_MULTIPLIER, value=text[:40])
        return ""
    return text


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
    spec = _register(posted, meter.resource, **more)
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
        values["multiplier"] = _multiplier(posted) or None
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


# ---------------------------------------------------------------- names, and the end


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


def remove(here: Context, posted: Posted) -> Answer:
    """Remove a meter on which nothing hangs."""
    code = posted.raw("meter")

    def made(session: Session) -> object:
        return metering.remove_meter(session, here.actor, code, now=here.now())

    answer = carried_out(here, posted, made, KEY, meter=code)
    return {"go": frame.at(KEY, message="removed")} if "go" in answer else answer


ROUTES = {
    "add": add,
    "change": change,
    "shares": shares,
    "register": register,
    "unregister": unregister,
    "event": event,
    "unevent": unevent,
    "aliases": aliases,
    "remove": remove,
}
