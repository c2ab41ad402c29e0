"""Places and meters as people edit them: registers, events, shares, aliases; each change audited, derived days follow.

Everything is named by its code, as in a site file, and goes through the same door as one. A place asks for
MANAGE_ORGANISATION everywhere; a meter on every unit that it is or will be shared to (and its main meter's), or everywhere.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.services._site import EventSpec, HoursSpec, MeterSpec, PlaceSpec, RegisterSpec, ShareSpec
from monitor.services._site_apply import Changes

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

# ---------------------------------------------------------------- places


def describe_place(session: Session, actor: Actor, place: str) -> PlaceSpec:
    """Give a place as a site file would say it, its dated hours with it."""
    raise NotImplementedError


def put_place(session: Session, actor: Actor, spec: PlaceSpec, *, now: datetime | None = None) -> Changes:
    """Make a place, or change the one of this code: names, parent, kind, zone, country, office hours, area.

    Dated hours of an existing place stay as they are unless `hours` lists some: then exactly these hold.
    """
    raise NotImplementedError


def set_hours(session: Session, actor: Actor, place: str, hours: HoursSpec, *, now: datetime | None = None) -> Changes:
    """Set the office hours of a place from a day on, until the next row."""
    raise NotImplementedError


def remove_hours(session: Session, actor: Actor, place: str, since: date, *, now: datetime | None = None) -> Changes:
    """Remove the office hours that hold since a day; those before hold on."""
    raise NotImplementedError


def remove_place(session: Session, actor: Actor, place: str, *, now: datetime | None = None) -> Changes:
    """Remove a place with its hours. Conflict STILL_IN_USE says what hangs on it: places below, meters."""
    raise NotImplementedError


# ---------------------------------------------------------------- meters


def describe_meter(session: Session, actor: Actor, meter: str) -> MeterSpec:
    """Give a meter as a site file would say it: registers with events, shares, aliases that hold for all sources."""
    raise NotImplementedError


def put_meter(session: Session, actor: Actor, spec: MeterSpec, *, now: datetime | None = None) -> Changes:
    """Make a meter, or bring the one of this code in line with all that the spec says (shares, events and aliases exactly)."""
    raise NotImplementedError


def change_meter(
    session: Session, actor: Actor, meter: str, *, now: datetime | None = None, **fields: object
) -> Changes:
    """Change only what is named: zh, en, place, parent (code or None), purpose, assessed, basis; the rest stays.

    ConfigurationError SITE_INVALID names the field that cannot be so.
    """
    raise NotImplementedError


def remove_meter(session: Session, actor: Actor, meter: str, *, now: datetime | None = None) -> Changes:
    """Remove a meter with registers, shares and aliases. Conflict STILL_IN_USE: sub-meters, readings, estimates."""
    raise NotImplementedError


def put_register(
    session: Session, actor: Actor, meter: str, spec: RegisterSpec, *, now: datetime | None = None
) -> Changes:
    """Make a register of a meter, or change the one of this code: kind, measure, multiplier, digits, step, tariff, priority.

    Its events stay as they are: `add_event`, `remove_event`. The kind cannot change once there are readings (STILL_IN_USE).
    """
    raise NotImplementedError


def remove_register(
    session: Session, actor: Actor, meter: str, register: str, *, now: datetime | None = None
) -> Changes:
    """Remove a register and its events. Conflict STILL_IN_USE where it has readings or corrections."""
    raise NotImplementedError


def add_event(
    session: Session, actor: Actor, meter: str, register: str, event: EventSpec, *, now: datetime | None = None
) -> Changes:
    """Write down a replacement or reset (last value of the old, first of the new register) or a new multiplier from then on.

    Values are in the register's measure, as read. One event of a kind and instant: the same again replaces it.
    """
    raise NotImplementedError


def remove_event(  # noqa: PLR0917 - who, whose, which, what, when
    session: Session, actor: Actor, meter: str, register: str, kind: str, at: datetime, *, now: datetime | None = None
) -> Changes:
    """Take an event back. NotFound where there is none of that kind and instant."""
    raise NotImplementedError


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

    With `since` the `since` of each share is that day. Conflict-free on each day: above 100 % is SITE_TOO_MUCH.
    """
    raise NotImplementedError


def set_alias(
    session: Session, actor: Actor, meter: str, alias: str, *, source: str = "", now: datetime | None = None
) -> Changes:
    """Let a source (its code; "" for all) call a meter so. Conflict ALIAS_TAKEN where it calls another meter so."""
    raise NotImplementedError


def remove_alias(
    session: Session, actor: Actor, alias: str, *, source: str = "", now: datetime | None = None
) -> Changes:
    """Forget what a source (its code; "" for all) calls a meter."""
    raise NotImplementedError
