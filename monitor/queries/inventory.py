"""What there is to measure with: meters with their place, purpose, shares in force and registers, as far as the asker may see."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, aliased

from monitor.database.tables import Meter, MeterShare, OrgUnit, Place, Register
from monitor.domain.access import Action, Actor
from monitor.domain.periods import from_day
from monitor.queries.explain import RegisterRow
from monitor.queries.scope import require_unit, visible_tree

PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class SharePart:
    """A share in force: `ppm` of the meter, None where it is worked out day by day from the unit's fact that `basis` names."""

    unit_code: str
    basis: str
    ppm: int | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A meter as lists show it; `parent_code` "" where it has none or that one may not be seen."""

    id: int
    code: str
    name_zh: str
    name_en: str
    resource: str
    purpose: str
    assessed: bool
    basis: str
    parent_code: str
    place_code: str
    place_zh: str
    place_en: str
    zone: str
    shares: tuple[SharePart, ...]
    registers: tuple[RegisterRow, ...]


def meters(
    session: Session,
    actor: Actor,
    day: int,
    *,
    unit_id: int | None = None,
    resource: str | None = None,
    after: str = "",
    limit: int = 1000,
) -> list[Listed]:
    """List the meters that are or were shared to a visible unit (all, where the actor sees the whole), by code, from after a code on.

    `day` says which shares are in force; those to units that the actor may not see are left out. `unit_id` keeps the meters of
    its sub-tree: NotFound where it may not be seen. Three statements, however many meters; a stranger gets none.
    """
    seen = visible_tree(session, actor)
    if unit_id is not None:
        require_unit(actor, seen, unit_id)
    wanted = frozenset(seen.by_id) if unit_id is None else frozenset(seen.subtree(unit_id))
    if not wanted:
        return []
    everything = unit_id is None and actor.may_everywhere(Action.VIEW)
    query = _meters(None if everything else wanted)
    if resource is not None:
        query = query.where(Meter.resource == resource)
    found: Sequence[Any] = session.execute(query.where(Meter.code > after).limit(limit)).all()
    ids = [row.id for row in found]
    shares, registers = _shares(session, ids, frozenset(seen.by_id), from_day(day)), _registers(session, ids)
    parents = _visible(session, (row.parent_id for row in found), None if everything else frozenset(seen.by_id))
    return [_listed(row, parents, tuple(shares[row[0]]), tuple(registers[row[0]])) for row in found]


def _listed(row: Sequence[Any], parents: dict[int | None, str], *lists: tuple[Any, ...]) -> Listed:
    values: list[Any] = [*row[:8], parents.get(row[12], ""), *row[8:12], *lists]
    return Listed(*values)


def _meters(units: frozenset[int] | None) -> Select[Any]:
    """Select meters with their places, by code: those ever shared to one of these units, all for None."""
    own: list[Any] = [Meter.id, Meter.code, Meter.name_zh, Meter.name_en, Meter.resource, Meter.purpose]
    place: list[Any] = [Place.code.label("place"), Place.name_zh, Place.name_en, Place.zone]
    query = select(*own, Meter.assessed, Meter.basis, *place, Meter.parent_id)
    joined = query.join(Place, Place.id == Meter.place_id).where(*_shared_to(Meter, units))
    return joined.order_by(Meter.code)


def _shared_to(meter: Any, units: frozenset[int] | None) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a mapped class or an alias of it
    if units is None:
        return ()
    return (meter.id.in_(select(MeterShare.meter_id).where(MeterShare.unit_id.in_(units))),)


def _visible(session: Session, ids: Iterable[int | None], units: frozenset[int] | None) -> dict[int | None, str]:
    """Give the codes of those meters that may be seen."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    other = aliased(Meter)
    found = session.execute(select(other.id, other.code).where(other.id.in_(wanted), *_shared_to(other, units)))
    return {row[0]: row[1] for row in found}


def _shares(session: Session, ids: list[int], seen: frozenset[int], on: date) -> defaultdict[int, list[SharePart]]:
    table = MeterShare
    columns = (table.meter_id, OrgUnit.code, table.basis, table.ppm, table.valid_from, table.valid_to)
    in_force = (table.valid_from <= on, or_(table.valid_to.is_(None), table.valid_to > on))
    query = select(*columns).join(OrgUnit, OrgUnit.id == table.unit_id).where(table.meter_id.in_(ids), *in_force)
    found: defaultdict[int, list[SharePart]] = defaultdict(list)
    for meter, code, basis, ppm, first, last in session.execute(
        query.where(table.unit_id.in_(seen)).order_by(OrgUnit.code)
    ):
        found[meter].append(SharePart(code, basis, ppm if basis == PERCENT else None, first, last))
    return found


def _registers(session: Session, ids: list[int]) -> defaultdict[int, list[RegisterRow]]:
    query = select(Register).where(Register.meter_id.in_(ids)).order_by(Register.priority, Register.code)
    found: defaultdict[int, list[RegisterRow]] = defaultdict(list)
    for r in session.scalars(query):
        factor = Fraction(r.multiplier_num, r.multiplier_den)
        row = RegisterRow(r.id, r.code, r.kind, r.measure, r.direction, r.tariff, r.counts, r.priority, factor)
        found[r.meter_id].append(row)
    return found


def meter_id(session: Session, actor: Actor, code: str) -> int | None:
    """Give the id of a meter's code where it is, or was, shared to a visible unit; None otherwise."""
    seen = None if actor.may_everywhere(Action.VIEW) else actor.units()
    found: int | None = session.scalar(select(Meter.id).where(Meter.code == code, *_shared_to(Meter, seen)))
    return found


def zone(session: Session, actor: Actor, unit_id: int, resource: str) -> str | None:
    """Give the zone by which the days of a unit's figures are counted: that of most of its meters, None without any."""
    seen = visible_tree(session, actor)
    require_unit(actor, seen, unit_id)
    shared = _shared_to(Meter, frozenset(seen.subtree(unit_id)))
    query = select(Place.zone).join(Meter, Meter.place_id == Place.id).where(Meter.resource == resource, *shared)
    found = Counter(session.scalars(query)).most_common(1)
    return found[0][0] if found else None
