"""First steps, what the forms by hand do: units with head counts and areas, places, meters, shares; the readers are Administration's."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from dashboard.admin import reading
from dashboard.admin.answers import Answer, Handler, Posted, code_of
from dashboard.admin.changes import tried
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_
from monitor.services import metering, organisation
from monitor.services.metering import MeterSpec, PlaceSpec
from monitor.services.organisation import FactSpec, SiteSpec, UnitSpec
from monitor.services.setup import parse_part

ONE_LINE, TWICE = N_("Fill in at least one line."), N_("This code is there twice.")
NOT_HERE = N_("There is no {code}, neither in a line here nor from before.")


def _present(here: Context) -> SiteSpec:
    with here.session() as session:
        new = organisation.require_founder(session, here.actor)
        return SiteSpec() if new else organisation.describe(session, here.actor)


def _gone(message: str) -> Callable[[str], str]:
    return lambda _: address("/welcome", message=message)


def _lines(posted: Posted, name: str, taken: set[str]) -> list[tuple[Posted, str]]:
    """Give the lines of a form with the code of each: new, and there once."""
    found, seen = [], set(taken)
    for line in posted.lines(name):
        code = code_of(line, taken)
        if code in seen - taken:
            line.refuse("code", "TWICE", TWICE)
        seen.add(code)
        found.append((line, code))
    if not found:
        posted.refuse(name, "NEEDED", ONE_LINE)
    return found


def _above(line: Posted, known: set[str]) -> str | None:
    """Read the code of what a line lies in or below; None where it says nothing."""
    code = line.text("parent")
    if code and code not in known:
        line.refuse("parent", "NOT_THERE", NOT_HERE, code=code)
    return code or None


def _units(here: Context, posted: Posted) -> Answer:
    """Set up a top unit with those below it, or put more units below those there are."""
    present = [unit.code for unit, _, _ in _present(here).all_units()]
    specs: list[UnitSpec] = []
    known = set(present)
    if not present:
        top = {name: posted.text(name, need=name == "zh") for name in ("zh", "en")} | {"code": code_of(posted, known)}
        known.add(top["code"])
    else:
        top = {"code": present[0]}
    lines = _lines(posted, "units", known)
    known |= {code for _, code in lines}
    for line, code in lines:
        values: dict[str, Any] = {"code": code, "zh": line.text("zh"), "en": line.text("en")}
        values |= {"kind": line.text("kind", most=40) or "bureau", "parent": _above(line, known) or top["code"]}
        values["facts"] = reading.first_facts(line, None)
        if not line.wrong:
            specs.append(parse_part(UnitSpec, values))
    posted.done()
    if not present:
        specs.insert(0, parse_part(UnitSpec, {**top, "kind": "organisation"}))
    return _set_up(here, posted, SiteSpec(units=specs), "organisation" if not present else "units")


def _set_up(here: Context, posted: Posted, spec: SiteSpec, message: str) -> Answer:
    def made(session: Session) -> object:
        return organisation.found(session, here.actor, spec, now=here.now())

    return tried(here, posted, made, _gone(message))


def _facts(here: Context, posted: Posted) -> Answer:
    """Set head counts and areas of units, each from a day on."""
    known = {unit.code for unit, _, _ in _present(here).all_units()}
    wanted: list[tuple[str, FactSpec]] = []
    for line in posted.lines("facts"):
        unit, found = line.choice("unit", known), reading.fact(line)
        if found is not None:
            wanted.append((unit, found))
    if not posted.lines("facts"):
        posted.refuse("facts", "NEEDED", ONE_LINE)
    posted.done()

    def made(session: Session) -> object:
        changes = [organisation.set_fact(session, here.actor, unit, one, now=here.now()) for unit, one in wanted]
        return any(changes)

    return tried(here, posted, made, _gone("facts"))


def _places(here: Context, posted: Posted) -> Answer:
    """Make places, each with zone, holiday calendar, office hours and area."""
    taken = {place.code for place in _present(here).places}
    lines = _lines(posted, "places", taken)
    known, specs = taken | {code for _, code in lines}, list[PlaceSpec]()
    for line, code in lines:
        _above(line, known)
        spec = reading.place(line, code)
        if spec is not None:
            specs.append(spec)
    posted.done()
    return _set_up(here, posted, SiteSpec(places=specs), "places")


def _meters(here: Context, posted: Posted) -> Answer:
    """Make meters: where each stands, below which main meter, what is read and times what, and whose it is wholly."""
    present = _present(here)
    units, places = {unit.code for unit, _, _ in present.all_units()}, {place.code for place in present.places}
    taken = {meter.code for meter in present.meters}
    lines = _lines(posted, "meters", taken)
    known, specs = taken | {code for _, code in lines}, list[MeterSpec]()
    for line, code in lines:
        resource = line.choice("resource", RESOURCES)
        values: dict[str, Any] = {"code": code, "zh": line.text("zh"), "resource": resource}
        values |= {"place": line.choice("place", places), "parent": _above(line, known)}
        values["unit"] = line.choice("unit", {"", *units}) or None
        register = reading.register(line, resource)
        if register is not None:
            specs.append(parse_part(MeterSpec, values | {"registers": [register]}, name=code))
    posted.done()
    return _set_up(here, posted, SiteSpec(meters=specs), "meters")


def _shares(here: Context, posted: Posted) -> Answer:
    """Share a meter out among units: by percentage, or what the percentages leave by head count or area."""
    code = posted.choice("meter", {meter.code for meter in _present(here).meters})
    since, wanted = posted.day("since"), reading.shares(posted)
    posted.done()

    def made(session: Session) -> object:
        return metering.set_shares(session, here.actor, code, wanted, since=since, now=here.now())

    return tried(here, posted, made, _gone("shares"))


HANDLERS: dict[str, Handler] = {
    "organisation": _units,
    "facts": _facts,
    "places": _places,
    "meters": _meters,
    "shares": _shares,
}
