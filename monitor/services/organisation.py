"""The organisation as people edit it: units, their dated facts, moves and bases; each change audited, derived days follow.

Everything is named by its code, as in a site file, and goes through the same door as one. A change that changes nothing gives
an empty `Changes`. Every function refuses with NotFound (may not even be seen) or Forbidden unless the actor may
MANAGE_ORGANISATION on the units concerned.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.services._site import BasisSpec, FactSpec, MoveSpec, SiteSpec, UnitSpec
from monitor.services._site_apply import Changes

__all__ = [
    "BasisSpec",
    "Changes",
    "FactSpec",
    "MoveSpec",
    "SiteSpec",
    "UnitSpec",
    "describe",
    "found",
    "is_empty",
    "may_found",
    "move_unit",
    "put_unit",
    "remove_basis",
    "remove_fact",
    "remove_move",
    "remove_unit",
    "set_basis",
    "set_fact",
]


def put_unit(
    session: Session, actor: Actor, spec: UnitSpec, *, position: int | None = None, now: datetime | None = None
) -> Changes:
    """Make a unit, or change the one of this code: names, kind, parent (a code; None keeps it), position among its siblings.

    Another parent here means that it always stood there; `move_unit` changes it from a day on. Facts listed are set as
    by `set_fact`. Asks for the role on the unit and on the parents concerned; a new one goes behind its siblings.
    """
    raise NotImplementedError


def move_unit(
    session: Session, actor: Actor, unit: str, to: str, at: date, *, note: str = "", now: datetime | None = None
) -> Changes:
    """Let a unit stand below another from a day on; before that day it stays where it stood.

    Another move of the same day is replaced. Conflict MOVE_NOT_LAST where it has a later move; SITE_CIRCLE below itself.
    """
    raise NotImplementedError


def remove_move(session: Session, actor: Actor, unit: str, at: date, *, now: datetime | None = None) -> Changes:
    """Take a move back as if it had never been; the unit stands again where it stood before."""
    raise NotImplementedError


def remove_unit(session: Session, actor: Actor, unit: str, *, now: datetime | None = None) -> Changes:
    """Remove a unit with its facts and bases. Conflict STILL_IN_USE says what hangs on it: sub-units, shares, targets."""
    raise NotImplementedError


def set_fact(session: Session, actor: Actor, unit: str, fact: FactSpec, *, now: datetime | None = None) -> Changes:
    """Set a dated fact (persons, m²): it holds from `since` until the next one of its kind, or `until`.

    Conflict FACT_NEEDS_REASON where it differs by more than a tenth from the value before and has no `note`.
    """
    raise NotImplementedError


def remove_fact(
    session: Session, actor: Actor, unit: str, kind: str, since: date, *, now: datetime | None = None
) -> Changes:
    """Remove a dated fact; the one before holds on. NotFound where there is none of that kind and day."""
    raise NotImplementedError


def set_basis(session: Session, actor: Actor, basis: BasisSpec, *, now: datetime | None = None) -> Changes:
    """Name the authoritative basis (print_log | counter | packs) of a unit's resource and year; sub-units have it from above."""
    raise NotImplementedError


def remove_basis(
    session: Session, actor: Actor, unit: str, resource: str, year: int, *, now: datetime | None = None
) -> Changes:
    """Take the declared basis of a unit, resource and year back; the one of the unit above counts again."""
    raise NotImplementedError


def describe(session: Session, actor: Actor) -> SiteSpec:
    """Give the present organisation (units, facts, moves, bases, places, meters) as a site file would say it."""
    raise NotImplementedError


def is_empty(session: Session, actor: Actor) -> bool:
    """Tell whether there is no unit yet; True or False for whoever is signed in."""
    raise NotImplementedError


def may_found(session: Session, actor: Actor) -> bool:
    """Tell whether the actor may set up the first organisation: there is none yet, and this is the first person."""
    raise NotImplementedError


def found(session: Session, actor: Actor, spec: SiteSpec, *, now: datetime | None = None) -> Changes:
    """Set up the first organisation; whoever does becomes its administrator and stays signed in. See `may_found`."""
    raise NotImplementedError
