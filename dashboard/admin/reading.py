"""What forms say about the organisation, read into what the services take: names, facts, places, registers, shares.

Each reader notes what is wrong beside its field; whoever calls says `done` before the result is used. The same readers serve a form of
one thing (Administration) and a line of many (First steps).
"""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.admin.answers import Posted
from dashboard.admin.words import FACTS, REGISTER_KINDS
from monitor.domain.resources import MEASURED
from monitor.i18n import N_
from monitor.services.metering import PlaceSpec, RegisterSpec, ShareSpec
from monitor.services.organisation import FactSpec
from monitor.services.setup import parse_part
from monitor.services.sources import BAD_ZONE

BAD_MULTIPLIER = N_("'{value}' is not a multiplier greater than 0, such as 60, 0.1 or 40/3.")
BAD_SHARE = N_("A share is more than 0 % and at most 100 %.")
TWICE, TWO_FACTS = N_("A unit may stand here only once."), N_("Shares by fact must all be of one kind of fact.")
NO_MEASURE = N_("'{value}' is not a measure of this resource.")
BAD_COUNTRY = N_("'{value}' is not a country code of two letters.")


def names(posted: Posted) -> dict[str, str]:
    """Read the names in both languages, of which one is needed."""
    found = {"zh": posted.text("zh"), "en": posted.text("en")}
    if not any(found.values()):
        posted.text("zh", need=True)
    return found


def fact(posted: Posted) -> FactSpec | None:
    """Read a dated head count or area; None where something is wrong."""
    kind, value = posted.choice("kind", FACTS), posted.number("value", need=True)
    since, until, note = posted.day("since", need=True), posted.day("until"), posted.text("note", most=400)
    if posted.wrong:
        return None
    return parse_part(FactSpec, {"kind": kind, "value": value, "since": since, "until": until, "note": note})


def first_facts(posted: Posted, since: date | None) -> list[dict[str, Any]]:
    """Read the head count and floor area of a new unit, as far as they are typed; they hold since a day, or always."""
    held = {} if since is None else {"since": since}
    typed = [(kind, posted.number(kind)) for kind in ("head_count", "floor_area")]
    return [{"kind": kind, "value": value, **held} for kind, value in typed if value is not None]


def place(posted: Posted, code: str) -> PlaceSpec | None:
    """Read a place; None where something is wrong."""
    values: dict[str, Any] = {"code": code, **names(posted)}
    values |= {name: posted.text(name) for name in ("zone", "country")}
    values |= {"kind": posted.text("kind", most=40, need=True), "parent": posted.text("parent") or None}
    values |= hours(posted)
    values["area"] = posted.number("area")
    try:
        ZoneInfo(values["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        posted.refuse("zone", "ZONE_UNKNOWN", BAD_ZONE, zone=values["zone"])
    country = values["country"]
    if not (len(country) == 2 and country.isascii() and country.isupper()):  # noqa: PLR2004 - ISO 3166
        posted.refuse("country", "COUNTRY_UNKNOWN", BAD_COUNTRY, value=country[:40])
    return None if posted.wrong else parse_part(PlaceSpec, values)


def hours(posted: Posted) -> dict[str, int]:
    """Read office hours."""
    return {"office_from": posted.clock("office_from", 480), "office_to": posted.clock("office_to", 1080)}


def register(posted: Posted, resource: str, **more: Any) -> RegisterSpec | None:
    """Read a register; None where something is wrong."""
    measure, ratio = posted.text("measure"), multiplier(posted) or "1"
    known = {one.code for one in MEASURED[resource].measures} if resource in MEASURED else set()
    if measure and known and measure not in known:
        posted.refuse("measure", "MEASURE_UNKNOWN", NO_MEASURE, value=measure)
    kind, digits, step = posted.choice("kind", REGISTER_KINDS), posted.whole("digits"), posted.whole("seconds")
    if posted.wrong:
        return None
    table = {"kind": kind, "measure": measure, "multiplier": ratio, "digits": digits, "step": step}
    return parse_part(RegisterSpec, table | more)


def multiplier(posted: Posted) -> str:
    """Read a multiplier as it was typed; empty where none was, or it is none."""
    text = posted.raw("multiplier").replace(" ", "")
    fits = re.fullmatch(r"\d{1,9}(\.\d{1,9}|/0*[1-9]\d{0,8})?", text, re.ASCII)
    if text and not (fits and Fraction(text) > 0):
        posted.refuse("multiplier", "MULTIPLIER_WRONG", BAD_MULTIPLIER, value=text[:40])
        return ""
    return text


def shares(posted: Posted) -> list[ShareSpec]:
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
