"""The organisation as people edit it: units, their dated facts, moves and bases; each change audited, derived days follow.

Everything is named by its code, as in a site file, and goes through the same door as one. A change that changes nothing gives
an empty `Changes`. Every function refuses with NotFound (may not even be seen) or Forbidden unless the actor may
MANAGE_ORGANISATION on the units concerned.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from monitor.database.tables import OrgUnit, RoleGrant, UnitBasis, UnitFact, UnitMove, User
from monitor.domain.access import Action, Actor, Role
from monitor.errors import Conflict, Forbidden, NotFound
from monitor.i18n import N_
from monitor.services import _site_uses as uses
from monitor.services._closed import figures_kept
from monitor.services._site import BasisSpec, FactSpec, MoveSpec, SiteSpec, UnitSpec
from monitor.services._site_apply import Applier, Changes, Placed
from monitor.services._site_read import read_moves, read_site
from monitor.services._site_units import apply_bases, apply_facts, apply_units

__all__ = [
    "BasisSpec",
    "Changes",
    "FactSpec",
    "MoveSpec",
    "SiteSpec",
    "UnitSpec",
    "describe",
    "found",
    "founder",
    "move_unit",
    "put_unit",
    "remove_basis",
    "remove_fact",
    "remove_move",
    "remove_unit",
    "require_founder",
    "set_basis",
    "set_fact",
]

NO_SUCH_UNIT = N_("There is no such unit, or you may not see it.")
NO_SUCH_FACT = N_("'{key}' is not there (any more); load the page again.")
NOT_LAST = N_(
    "'{key}' moved again on {later}; a move comes after those that are known, or take the later one back first."
)
NOT_FOUNDER = N_("The first organisation is set up by the first person of this installation; ask them.")
MANAGE = Action.MANAGE_ORGANISATION


def put_unit(
    session: Session, actor: Actor, spec: UnitSpec, *, position: int | None = None, now: datetime | None = None
) -> Changes:
    """Make a unit, or change the one of this code: names, kind, parent (a code; None keeps it), position among its siblings.

    Another parent here means that it always stood there; `move_unit` changes it from a day on. Facts listed are set as
    by `set_fact`. Asks for the role on the unit and on the parents concerned; a new one goes behind its siblings.
    """
    placed = [Placed(*one) for one in SiteSpec(units=[spec]).all_units()]
    placed[0] = Placed(spec, _parent(session, actor, spec), position)
    for below in placed[1:]:
        row = _by_code(session, below.unit.code)
        if row is not None:
            _require(session, actor, row.code)
    applier = Applier(session, actor, now, strict=True)
    apply_units(applier, placed, (), strict=True)
    return applier.finish()


def _parent(session: Session, actor: Actor, spec: UnitSpec) -> str | None:
    """Check the role on a unit and on the parents concerned; give the parent's code."""
    row = _by_code(session, spec.code)
    if row is None:
        if spec.parent is None:
            actor.require_everywhere(MANAGE)
        else:
            _require(session, actor, spec.parent)
        return spec.parent
    _require(session, actor, spec.code)
    above = session.get(OrgUnit, row.parent_id) if row.parent_id is not None else None
    before = above.code if above else None
    if spec.parent is None or spec.parent == before:
        return before
    for parent in (before, spec.parent):
        if parent is not None:
            _require(session, actor, parent)
    return spec.parent


def move_unit(
    session: Session, actor: Actor, unit: str, to: str, at: date, *, note: str = "", now: datetime | None = None
) -> Changes:
    """Let a unit stand below another from a day on; before that day it stays where it stood.

    Another move of the same day is replaced. Conflict MOVE_NOT_LAST where it has a later move; SITE_CIRCLE below itself.
    """
    row, goal = _require(session, actor, unit), _require(session, actor, to)
    moves = read_moves(session, row.id)
    later = [move.at for move in moves if move.at > at]
    if later:
        raise Conflict("MOVE_NOT_LAST", NOT_LAST, key=unit, later=min(later).isoformat())
    here = _parent_code(session, actor, row)
    same_day = next((move for move in moves if move.at == at), None)
    if here == goal.code and (same_day is None or not note or same_day.note == note):
        return Changes(same=1)
    before = same_day.before if same_day else here
    kept = [move for move in moves if move.at < at]
    if before is not None and before != goal.code:
        kept.append(MoveSpec(unit=unit, at=at, before=before, note=note))
    return _restand(session, actor, row, goal.code, kept, now=now)


def remove_move(session: Session, actor: Actor, unit: str, at: date, *, now: datetime | None = None) -> Changes:
    """Take a move back as if it had never been; the unit stands again where it stood before."""
    row = _require(session, actor, unit)
    moves = read_moves(session, row.id)
    index = next((number for number, move in enumerate(moves) if move.at == at), None)
    if index is None:
        raise NotFound("NOT_FOUND", NO_SUCH_FACT, key=f"move:{unit}:{at}")
    gone = moves.pop(index)
    _require(session, actor, gone.before)
    parent = _parent_code(session, actor, row)
    if index < len(moves):
        moves[index] = moves[index].model_copy(update={"before": gone.before})
    else:
        parent = gone.before
    return _restand(session, actor, row, parent, moves, now=now)


def _restand(
    session: Session, actor: Actor, row: OrgUnit, parent: str | None, moves: Sequence[MoveSpec], *, now: datetime | None
) -> Changes:
    """Let a unit stand below a parent, with exactly these moves before."""
    spec = UnitSpec(code=row.code, zh=row.name_zh, en=row.name_en, kind=row.kind)
    applier = Applier(session, actor, now, strict=True)
    if not moves:
        _drop_moves(applier, row)
    apply_units(applier, [Placed(spec, parent, row.position)], moves, strict=True)
    return applier.finish()


def _drop_moves(applier: Applier, row: OrgUnit) -> None:
    stored = applier.where(UnitMove, "unit_id", [row.id])
    applier.prune([(f"move:{row.code}:{move.at}", move) for move in stored], [])


def _parent_code(session: Session, actor: Actor, row: OrgUnit) -> str | None:
    """Give where a unit stands, if the actor may manage that as well."""
    if row.parent_id is None:
        actor.require_everywhere(MANAGE)
        return None
    _allow(actor, row.parent_id)
    return session.get_one(OrgUnit, row.parent_id).code


def remove_unit(session: Session, actor: Actor, unit: str, *, now: datetime | None = None) -> Changes:
    """Remove a unit with its facts and bases. Conflict STILL_IN_USE says what hangs on it: sub-units, shares, targets."""
    row = _require(session, actor, unit)
    _parent_code(session, actor, row)
    uses.refuse(session, unit, uses.of_unit(row.id))
    applier = Applier(session, actor, now)
    own = [(f"fact:{unit}:{one.kind}:{one.valid_from}", one) for one in applier.where(UnitFact, "unit_id", [row.id])]
    applier.prune(own, [])
    bases = applier.where(UnitBasis, "unit_id", [row.id])
    applier.prune([(f"basis:{unit}:{one.resource}:{one.year}", one) for one in bases], [])
    _drop_moves(applier, row)
    applier.remove(f"unit:{unit}", row)
    return applier.finish()


# ---------------------------------------------------------------- facts and bases


def set_fact(session: Session, actor: Actor, unit: str, fact: FactSpec, *, now: datetime | None = None) -> Changes:
    """Set a dated fact (persons, m²): it holds from `since` until the next one of its kind, or `until`.

    Conflict FACT_NEEDS_REASON where it differs by more than a tenth from the value before and has no `note`.
    """
    _require(session, actor, unit)
    applier = Applier(session, actor, now, strict=True)
    with figures_kept(session):
        apply_facts(applier, [(unit, fact)], strict=True)
        return applier.finish()


def remove_fact(
    session: Session, actor: Actor, unit: str, kind: str, since: date, *, now: datetime | None = None
) -> Changes:
    """Remove a dated fact; the one before holds on. NotFound where there is none of that kind and day."""
    row = _require(session, actor, unit)
    key = f"fact:{unit}:{kind}:{since}"
    fact = session.scalars(select(UnitFact).filter_by(unit_id=row.id, kind=kind, valid_from=since)).one_or_none()
    with figures_kept(session):
        return _remove(session, actor, key, fact, now=now)


def set_basis(session: Session, actor: Actor, basis: BasisSpec, *, now: datetime | None = None) -> Changes:
    """Name the authoritative basis (print_log | counter | packs) of a unit's resource and year; sub-units have it from above."""
    _require(session, actor, basis.unit)
    applier = Applier(session, actor, now, strict=True)
    apply_bases(applier, [basis])
    return applier.finish()


def remove_basis(
    session: Session, actor: Actor, unit: str, resource: str, year: int, *, now: datetime | None = None
) -> Changes:
    """Take the declared basis of a unit, resource and year back; the one of the unit above counts again."""
    row = _require(session, actor, unit)
    basis = session.scalars(select(UnitBasis).filter_by(unit_id=row.id, resource=resource, year=year)).one_or_none()
    return _remove(session, actor, f"basis:{unit}:{resource}:{year}", basis, now=now)


def _remove(session: Session, actor: Actor, key: str, row: object, *, now: datetime | None) -> Changes:
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_FACT, key=key)
    applier = Applier(session, actor, now)
    applier.remove(key, row)
    return applier.finish()


# ---------------------------------------------------------------- the whole


def describe(session: Session, actor: Actor) -> SiteSpec:
    """Give the present organisation (units, facts, moves, bases, places, meters) as a site file would say it."""
    actor.require_everywhere(MANAGE)
    return read_site(session)


def founder(session: Session) -> int | None:
    """Give the person who may set up the first organisation: the first that is not shut out; None once there is a unit."""
    if session.scalar(select(exists().where(OrgUnit.id.is_not(None)))):
        return None
    return session.scalar(select(User.id).where(User.disabled.is_(False)).order_by(User.id).limit(1))


def require_founder(session: Session, actor: Actor) -> bool:
    """Refuse unless the actor may set up the organisation: the first one (then True), or change the present one everywhere."""
    first = founder(session)
    if first is None or actor.system:
        actor.require_everywhere(MANAGE)
        return False
    if actor.user_id is None:
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    if actor.user_id != first:
        raise Forbidden("NOT_FOUNDER", NOT_FOUNDER)
    return True


def found(session: Session, actor: Actor, spec: SiteSpec, *, now: datetime | None = None) -> Changes:
    """Set up the first organisation; whoever does (see `founder`) becomes its administrator and stays signed in.

    Where there is one already it is changed, by its administrators alone.
    """
    if not require_founder(session, actor):
        placed = [Placed(*one) for one in spec.all_units()]
        keep = {unit.code for unit in spec.units if unit.parent}  # what hangs on present units keeps its place there
        placed = [replace(one, position=None) if one.unit.code in keep else one for one in placed]
        return Applier(session, actor, now, strict=True).run(spec, placed)
    applier = Applier(session, replace(actor, system=True), now, strict=True)
    applier.apply(spec)
    for unit in session.scalars(select(OrgUnit).where(OrgUnit.parent_id.is_(None))):
        session.add(RoleGrant(user_id=actor.user_id, unit_id=unit.id, role=Role.ADMIN.value))
        applier.note("user.grant", f"user:{actor.login}", after={"role": Role.ADMIN.value, "unit": unit.id})
    return applier.finish()


def _by_code(session: Session, code: str) -> OrgUnit | None:
    return session.scalars(select(OrgUnit).where(OrgUnit.code == code)).one_or_none()


def _require(session: Session, actor: Actor, code: str) -> OrgUnit:
    """Give the unit of a code if the actor may manage it."""
    row = _by_code(session, code)
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    _allow(actor, row.id)
    return row


def _allow(actor: Actor, unit_id: int) -> None:
    """Whoever may manage the whole may manage a unit made a moment ago, which the actor's roles do not spell out yet."""
    if not actor.may_everywhere(MANAGE):
        actor.require(MANAGE, unit_id)
