"""Places and meters as people edit them: registers, events, shares, aliases; each change audited, derived days follow.

Everything is named by its code, as in a site file, and goes through the same door as one. A place asks for
MANAGE_ORGANISATION everywhere; a meter on every unit that it is or will be shared to (and its main meter's), or everywhere.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Meter, MeterAlias, MeterEvent, MeterShare, OrgUnit, Place, PlaceHours, Register
from monitor.domain.access import Action, Actor
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.i18n import N_
from monitor.services import _site_uses as uses
from monitor.services._closed import figures_kept, readings_kept
from monitor.services._site import EventSpec, HoursSpec, MeterSpec, PlaceSpec, RegisterSpec, ShareSpec, SiteSpec, moment
from monitor.services._site_apply import Applier, Changes, source_id
from monitor.services._site_meters import apply_aliases
from monitor.services._site_read import read_meters, read_places
from monitor.services.setup import parse_part

__all__ = [
    "EventSpec",
    "HoursSpec",
    "MeterSpec",
    "PlaceSpec",
    "RegisterSpec",
    "ShareSpec",
    "add_event",
    "change_meter",
    "describe_meter",
    "describe_place",
    "put_meter",
    "put_place",
    "put_register",
    "remove_alias",
    "remove_event",
    "remove_hours",
    "remove_meter",
    "remove_place",
    "remove_register",
    "set_alias",
    "set_hours",
    "set_shares",
]

MANAGE = Action.MANAGE_ORGANISATION
NO_SUCH_METER = N_("There is no such meter, or you may not see it.")
NO_SUCH_PLACE = N_("There is no such place, or you may not see it.")
NO_SUCH = N_("'{key}' is not there (any more); load the page again.")
NO_SUCH_SOURCE = N_("There is no such source, or you may not see it.")
ROLE = N_("Your role on this unit does not allow this.")
UNKNOWN = N_("{file}: '{key}' is not a known key; correct its spelling or take it out.")
FIELDS = frozenset({"zh", "en", "place", "parent", "purpose", "assessed", "basis"})

# ---------------------------------------------------------------- places


def describe_place(session: Session, actor: Actor, place: str) -> PlaceSpec:
    """Give a place as a site file would say it, its dated hours with it."""
    actor.require_everywhere(MANAGE)
    found = read_places(session, place)
    if not found:
        raise NotFound("NOT_FOUND", NO_SUCH_PLACE)
    return found[0]


def put_place(session: Session, actor: Actor, spec: PlaceSpec, *, now: datetime | None = None) -> Changes:
    """Make a place, or change the one of this code: names, parent, kind, zone, country, office hours, area.

    Dated hours of an existing place stay as they are unless `hours` lists some: then exactly these hold.
    """
    actor.require_everywhere(MANAGE)
    found = read_places(session, spec.code)
    if found and not spec.hours:
        spec = spec.model_copy(update={"hours": found[0].hours})
    return Applier(session, actor, now, strict=True).run(SiteSpec(places=[spec]))


def set_hours(session: Session, actor: Actor, place: str, hours: HoursSpec, *, now: datetime | None = None) -> Changes:
    """Set the office hours of a place from a day on, until the next row."""
    spec = describe_place(session, actor, place)
    kept = [one for one in spec.hours if one.since != hours.since]
    return _hours(session, actor, spec, [*kept, hours], now=now)


def remove_hours(session: Session, actor: Actor, place: str, since: date, *, now: datetime | None = None) -> Changes:
    """Remove the office hours that hold since a day; those before hold on."""
    spec = describe_place(session, actor, place)
    kept = [one for one in spec.hours if one.since != since]
    if len(kept) == len(spec.hours):
        raise NotFound("NOT_FOUND", NO_SUCH, key=f"hours:{place}:{since}")
    return _hours(session, actor, spec, kept, now=now)


def _hours(session: Session, actor: Actor, spec: PlaceSpec, hours: list[HoursSpec], *, now: datetime | None) -> Changes:
    spec = spec.model_copy(update={"hours": hours})
    return Applier(session, actor, now, strict=True).run(SiteSpec(places=[spec]))


def remove_place(session: Session, actor: Actor, place: str, *, now: datetime | None = None) -> Changes:
    """Remove a place with its hours. Conflict STILL_IN_USE says what hangs on it: places below, meters."""
    actor.require_everywhere(MANAGE)
    row = session.scalars(select(Place).where(Place.code == place)).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_PLACE)
    uses.refuse(session, place, uses.of_place(row.id))
    applier = Applier(session, actor, now)
    hours = applier.where(PlaceHours, "place_id", [row.id])
    applier.prune([(f"hours:{place}:{one.valid_from}", one) for one in hours], [])
    applier.remove(f"place:{place}", row)
    return applier.finish()


# ---------------------------------------------------------------- meters


def describe_meter(session: Session, actor: Actor, meter: str) -> MeterSpec:
    """Give a meter as a site file would say it: registers with events, shares, aliases that hold for all sources."""
    _require(session, actor, meter)
    return read_meters(session, [meter])[0]


def put_meter(session: Session, actor: Actor, spec: MeterSpec, *, now: datetime | None = None) -> Changes:
    """Make a meter, or bring the one of this code in line with all that the spec says (shares, events and aliases exactly)."""
    before = read_meters(session, [spec.code])
    if before:
        _require(session, actor, spec.code)
    units = {share.unit for share in spec.all_shares()}
    if spec.parent and not (before and before[0].parent == spec.parent):
        main = session.scalar(select(Meter.id).where(Meter.code == spec.parent))
        units |= _units_of(session, -1 if main is None else main)
    _require_units(session, actor, units)
    return Applier(session, actor, now, strict=True).run(SiteSpec(meters=[spec]))


def change_meter(session: Session, actor: Actor, meter: str, *, now: datetime | None = None, **fields: Any) -> Changes:  # noqa: ANN401 - values of MeterSpec
    """Change only what is named: zh, en, place, parent (code or None), purpose, assessed, basis; the rest stays.

    ConfigurationError SITE_INVALID names the field that cannot be so.
    """
    spec = describe_meter(session, actor, meter)
    unknown = sorted(set(fields) - FIELDS)
    if unknown:
        raise ConfigurationError("SITE_INVALID", UNKNOWN, file=meter, key=unknown[0])
    table = {name: getattr(spec, name) for name in MeterSpec.model_fields} | fields
    return put_meter(session, actor, parse_part(MeterSpec, table, name=meter), now=now)


def remove_meter(session: Session, actor: Actor, meter: str, *, now: datetime | None = None) -> Changes:
    """Remove a meter with registers, shares and aliases. Conflict STILL_IN_USE: sub-meters, readings, estimates."""
    row = _require(session, actor, meter)
    uses.refuse(session, meter, uses.of_meter(row.id))
    applier = Applier(session, actor, now)
    registers = {one.id: one for one in applier.where(Register, "meter_id", [row.id])}
    events = applier.where(MeterEvent, "register_id", registers)
    applier.prune([(f"register:{meter}:{registers[one.register_id].code}", one) for one in events], [])
    shares = applier.where(MeterShare, "meter_id", [row.id])
    aliases = applier.where(MeterAlias, "meter_id", [row.id])
    applier.prune([(f"register:{meter}:{one.code}", one) for one in registers.values()], [])
    applier.prune([(f"meter:{meter}:share", one) for one in shares], [])
    applier.prune([(f"alias:{one.alias}", one) for one in aliases], [])
    applier.remove(f"meter:{meter}", row)
    return applier.finish()


def put_register(
    session: Session, actor: Actor, meter: str, spec: RegisterSpec, *, now: datetime | None = None
) -> Changes:
    """Make a register of a meter, or change the one of this code: kind, measure, multiplier, digits, step, tariff, priority.

    Its events stay as they are: `add_event`, `remove_event`. The kind cannot change once there are readings (STILL_IN_USE).
    """
    found = describe_meter(session, actor, meter)
    before = next((one for one in found.registers if one.code == spec.code), None)
    if before is not None and before.kind != spec.kind:
        row = _register(session, meter, spec.code)
        uses.refuse(session, f"{meter} {spec.code}".strip(), uses.of_register(row.id))
    spec = spec.model_copy(update={"events": before.events if before else []})
    return _registers(session, actor, found, spec, now=now)


def _registers(
    session: Session, actor: Actor, meter: MeterSpec, register: RegisterSpec, *, now: datetime | None
) -> Changes:
    """Bring one register of a meter in line; the others and all else stay."""
    spec = meter.model_copy(update={"registers": [register]})
    with readings_kept(session, session.scalars(select(Meter.id).where(Meter.code == meter.code))):
        return Applier(session, actor, now, strict=True).run(SiteSpec(meters=[spec]))


def remove_register(
    session: Session, actor: Actor, meter: str, register: str, *, now: datetime | None = None
) -> Changes:
    """Remove a register and its events. Conflict STILL_IN_USE where it has readings or corrections."""
    _require(session, actor, meter)
    row = _register(session, meter, register)
    uses.refuse(session, f"{meter} {register}".strip(), uses.of_register(row.id))
    applier = Applier(session, actor, now)
    key = f"register:{meter}:{register}"
    applier.prune([(key, one) for one in applier.where(MeterEvent, "register_id", [row.id])], [])
    applier.remove(key, row)
    applier.stale.add(row.meter_id)
    return applier.finish()


def add_event(
    session: Session, actor: Actor, meter: str, register: str, event: EventSpec, *, now: datetime | None = None
) -> Changes:
    """Write down a replacement or reset (last value of the old, first of the new register) or a new multiplier from then on.

    Values are in the register's measure, as read. One event of a kind and instant: the same again replaces it.
    """
    found = describe_meter(session, actor, meter)
    spec = _described(found, register)
    kept = [one for one in spec.events if (one.kind, one.at) != (event.kind, moment(event.at))]
    return _registers(session, actor, found, spec.model_copy(update={"events": [*kept, event]}), now=now)


def remove_event(  # noqa: PLR0917 - who, whose, which, what, when
    session: Session, actor: Actor, meter: str, register: str, kind: str, at: datetime, *, now: datetime | None = None
) -> Changes:
    """Take an event back. NotFound where there is none of that kind and instant."""
    found = describe_meter(session, actor, meter)
    spec = _described(found, register)
    kept = [one for one in spec.events if (one.kind, one.at) != (kind, moment(at))]
    if len(kept) == len(spec.events):
        raise NotFound("NOT_FOUND", NO_SUCH, key=f"{kind} {at.isoformat()}")
    return _registers(session, actor, found, spec.model_copy(update={"events": kept}), now=now)


def set_shares(
    session: Session,
    actor: Actor,
    meter: str,
    shares: Sequence[ShareSpec],
    *,
    since: date | None = None,
    now: datetime | None = None,
) -> Changes:
    """Share a meter out: from `since` on exactly so (before, as it was), or without `since` so for all time.

    With `since` the `since` of each share is that day. Above 100 % on any day is SITE_TOO_MUCH.
    """
    found = describe_meter(session, actor, meter)
    _require_units(session, actor, {share.unit for share in shares})
    wanted = list(shares)
    if since is not None:
        wanted = [
            *_until(found.shares, since),
            *(share.model_copy(update={"since": since}) for share in shares),
        ]
    spec = found.model_copy(update={"shares": wanted})
    with figures_kept(session):
        return Applier(session, actor, now, strict=True).run(SiteSpec(meters=[spec]))


def _until(shares: Iterable[ShareSpec], day: date) -> list[ShareSpec]:
    """Give the shares as they were before a day."""
    return [
        share if share.until is not None and share.until <= day else share.model_copy(update={"until": day})
        for share in shares
        if share.since < day
    ]


def set_alias(
    session: Session, actor: Actor, meter: str, alias: str, *, source: str = "", now: datetime | None = None
) -> Changes:
    """Let a source (its code; "" for all) call a meter so. Conflict ALIAS_TAKEN where it calls another meter so."""
    _require(session, actor, meter)
    applier = Applier(session, actor, now, strict=True)
    apply_aliases(applier, _source(session, source), [(meter, alias)], strict=True)
    return applier.finish()


def remove_alias(
    session: Session, actor: Actor, alias: str, *, source: str = "", now: datetime | None = None
) -> Changes:
    """Forget what a source (its code; "" for all) calls a meter."""
    by = _source(session, source)
    which = MeterAlias.source_id.is_(None) if by is None else MeterAlias.source_id == by
    row = session.scalars(select(MeterAlias).where(MeterAlias.alias == alias, which)).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH, key=alias)
    _require(session, actor, session.get_one(Meter, row.meter_id).code)
    applier = Applier(session, actor, now)
    applier.remove(f"alias:{alias}", row)
    return applier.finish()


# ---------------------------------------------------------------- who may


def _require(session: Session, actor: Actor, code: str) -> Meter:
    """Give the meter of a code if the actor may manage every unit that it is shared to, or everything."""
    row = session.scalars(select(Meter).where(Meter.code == code)).one_or_none()
    units = set() if row is None else _unit_ids(session, row.id)
    if row is None or not (actor.may_everywhere(Action.VIEW) or units & actor.units()):
        raise NotFound("NOT_FOUND", NO_SUCH_METER)
    if not (actor.may_everywhere(MANAGE) or (units and units <= actor.units(MANAGE))):
        raise Forbidden("FORBIDDEN", ROLE)
    return row


def _require_units(session: Session, actor: Actor, codes: set[str]) -> None:
    """Refuse unless the actor may manage everything, or all of these units; one that is not there is nobody's."""
    if actor.may_everywhere(MANAGE):
        return
    if not codes:
        actor.require_everywhere(MANAGE)
    ids = {row.code: row.id for row in session.execute(select(OrgUnit.id, OrgUnit.code).where(OrgUnit.code.in_(codes)))}
    for code in sorted(codes):
        actor.require(MANAGE, ids.get(code, -1))


def _unit_ids(session: Session, meter_id: int) -> set[int]:
    return set(session.scalars(select(MeterShare.unit_id).where(MeterShare.meter_id == meter_id)))


def _units_of(session: Session, meter_id: int) -> set[str]:
    return set(session.scalars(select(OrgUnit.code).where(OrgUnit.id.in_(_unit_ids(session, meter_id)))))


def _register(session: Session, meter: str, register: str) -> Register:
    query = select(Register).join(Meter, Meter.id == Register.meter_id)
    row = session.scalars(query.where(Meter.code == meter, Register.code == register)).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH, key=f"{meter} {register}".strip())
    return row


def _described(meter: MeterSpec, register: str) -> RegisterSpec:
    found = next((one for one in meter.registers if one.code == register), None)
    if found is None:
        raise NotFound("NOT_FOUND", NO_SUCH, key=f"{meter.code} {register}".strip())
    return found


def _source(session: Session, code: str) -> int | None:
    found = source_id(session, code) if code else None
    if code and found is None:
        raise NotFound("NOT_FOUND", NO_SUCH_SOURCE)
    return found
