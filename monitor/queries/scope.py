"""Who sees which units: grants expanded over sub-trees, the units in tree order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Meter, MeterShare, Place, RoleGrant, UnitFact, User
from monitor.domain.access import NOBODY, Action, Actor, Role, allows
from monitor.domain.periods import from_day, to_day
from monitor.errors import Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries._denominators import Facts, average
from monitor.queries._shares import value_on
from monitor.queries._tree import Tree, UnitRow, load_tree

__all__ = [
    "MeterRow",
    "UnitRow",
    "actor_for",
    "actor_of",
    "name",
    "require_meter",
    "require_unit",
    "unit",
    "unit_by_code",
    "units",
    "visible_tree",
]

NO_SUCH_METER = N_("There is no such meter, or you may not see it.")
NO_SUCH_UNIT = N_("There is no such unit, or you may not see it.")


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter with its resource and the zone of its place."""

    id: int
    code: str
    name_zh: str
    name_en: str
    resource: str
    zone: str


def actor_for(session: Session, user_id: int) -> Actor:
    """Build who asks from the stored grants, the strongest role for each unit; nobody where disabled or unknown."""
    user = session.execute(select(User.login, User.disabled).where(User.id == user_id)).one_or_none()
    if user is None or user.disabled:
        return NOBODY
    grants = session.execute(select(RoleGrant.unit_id, RoleGrant.role).where(RoleGrant.user_id == user_id))
    return actor_of(session, user_id, user.login, ((row.unit_id, row.role) for row in grants))


def actor_of(session: Session, user_id: int, login: str, grants: Iterable[tuple[int, str]]) -> Actor:
    """Build who asks from grants (unit, role) that were read already."""
    tree = load_tree(session)
    roles: dict[int, Role] = {}
    for unit_id, role in grants:
        for below in tree.subtree(unit_id):
            roles[below] = _stronger(roles.get(below), Role(role))
    return Actor(user_id, login, roles, frozenset(tree.roots))


def _stronger(one: Role | None, other: Role) -> Role:
    if one is None:
        return other
    return one if all(allows(one, action) or not allows(other, action) for action in Action) else other


def visible_tree(session: Session, actor: Actor) -> Tree:
    """Give the units that the actor may see as a tree of its own: its tops have no parent and depth 0."""
    tree = load_tree(session)
    if actor.system:
        return tree
    seen = actor.units()
    depths: dict[int, int] = {}
    rows = []
    for row in tree.rows:
        if row.id in seen:
            depths[row.id] = depths.get(row.parent_id, -1) + 1 if row.parent_id is not None else 0
            rows.append(replace(row, parent_id=row.parent_id if row.parent_id in seen else None, depth=depths[row.id]))
    return Tree(tuple(rows))


def units(session: Session, actor: Actor) -> list[UnitRow]:
    """List the units that the actor may see, in tree order; a stranger gets none."""
    return list(visible_tree(session, actor).rows)


def unit(session: Session, actor: Actor, unit_id: int) -> UnitRow:
    """Give one unit. NotFound where there is none or the actor may not see it."""
    found = visible_tree(session, actor).by_id.get(unit_id)
    if found is None:
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    return found


def unit_by_code(session: Session, actor: Actor, code: str) -> UnitRow:
    """Give the unit of this code. NotFound where there is none or the actor may not see it."""
    for row in units(session, actor):
        if row.code == code:
            return row
    raise NotFound("NOT_FOUND", NO_SUCH_UNIT)


def require_unit(actor: Actor, tree: Tree, unit_id: int) -> None:
    """Refuse a unit that is not there or that the actor may not see: NotFound, the two are never told apart."""
    if unit_id not in tree.by_id:
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    actor.require(Action.VIEW, unit_id)


def require_meter(session: Session, actor: Actor, meter_id: int, action: Action = Action.VIEW) -> MeterRow:
    """Give a meter that is (or was) shared to a unit on which the actor may do this, or to nobody where he may everywhere.

    NotFound where there is none or the actor may not even see it; Forbidden where only the action is not allowed.
    """
    columns = (Meter.id, Meter.code, Meter.name_zh, Meter.name_en, Meter.resource, Place.zone)
    row = session.execute(
        select(*columns).join(Place, Place.id == Meter.place_id).where(Meter.id == meter_id)
    ).one_or_none()
    units = set(session.scalars(select(MeterShare.unit_id).where(MeterShare.meter_id == meter_id)))
    if row is None or not (actor.may_everywhere(Action.VIEW) or units & actor.units()):
        raise NotFound("NOT_FOUND", NO_SUCH_METER)
    if not (actor.may_everywhere(action) or units & actor.units(action)):
        raise Forbidden("FORBIDDEN", "Your role on this unit does not allow this.")
    return MeterRow(row[0], row[1], row[2], row[3], row[4], row[5])


def name(row: object, language: str) -> str:
    """Give the name of anything with `name_zh` and `name_en`; the other language where one is empty."""
    chinese, english = str(getattr(row, "name_zh", "")), str(getattr(row, "name_en", ""))
    return (chinese or english) if language == "zh" else (english or chinese)


@dataclass(frozen=True, slots=True)
class Denominator:
    """A fact of a unit in force: `value` in thousandths (persons, m²); `own` False where it is the sum of its sub-units."""

    kind: str
    value: int
    valid_from: date
    valid_to: date | None
    own: bool


def denominators(session: Session, actor: Actor, unit_id: int, day: int) -> list[Denominator]:
    """Give the facts of a unit in force on a day, by kind; NotFound for a stranger.

    A unit without a fact of a kind has the sum of its sub-units', as long as each of them has one (or its own sub-units do).
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    return sorted(facts_on(load_facts(session), tree.on(day), unit_id, day).values(), key=lambda fact: fact.kind)


@dataclass(frozen=True, slots=True)
class Averaged:
    """A fact over some days: `mean` time-weighted in whole persons or m² (None: not known for each day), and its course.

    `spans` are (first day, day after the last, thousandths or None where not known), joined while the value stands.
    """

    kind: str
    mean: Fraction | None
    spans: tuple[tuple[int, int, int | None], ...]


def averages(session: Session, actor: Actor, unit_id: int, start: int, end: int) -> list[Averaged]:
    """Give each kind of fact known of a unit on any of the days start..end-1, by kind; NotFound for a stranger.

    What a unit has not itself is the sum of its sub-units', by the structure of each day.
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    facts, structure = load_facts(session), tree.structure(start, end)
    below = [fact for unit in structure.members(unit_id) for fact in facts.get(unit, ())]
    days = {to_day(day) for fact in below for day in (fact.valid_from, fact.valid_to) if day is not None}
    days |= {start, end, *(one.first for one in structure.stretches)}
    edges = sorted(day for day in days if start <= day <= end)
    found = []
    for kind in sorted({fact.kind for fact in below}):
        spans = _course(facts, tree, unit_id, kind, edges)
        if any(value is not None for _, _, value in spans):
            found.append(Averaged(kind, average(facts, structure, unit_id, kind), spans))
    return found


def _course(
    facts: Facts, tree: Tree, unit_id: int, kind: str, edges: list[int]
) -> tuple[tuple[int, int, int | None], ...]:
    found: list[tuple[int, int, int | None]] = []
    for first, last in pairwise(edges):
        value = value_on(facts, tree.on(first), unit_id, kind, first)
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], last, value)
        else:
            found.append((first, last, value))
    return tuple(found)


def load_facts(session: Session) -> Facts:
    """Read all dated facts, by unit."""
    facts: Facts = {}
    for fact in session.scalars(select(UnitFact).order_by(UnitFact.valid_from)):
        facts.setdefault(fact.unit_id, []).append(fact)
    return facts


def facts_on(facts: Facts, tree: Tree, unit_id: int, day: int) -> dict[str, Denominator]:
    """Give the facts of a unit in force on a day, by kind; see `denominators`."""
    date_of = from_day(day)
    below = [facts_on(facts, tree, child, day) for child in tree.children.get(unit_id, [])]
    found: dict[str, Denominator] = {}
    for kind in set.intersection(*(set(child) for child in below)) if below else ():
        parts = [child[kind] for child in below]
        ends = [part.valid_to for part in parts if part.valid_to]
        found[kind] = Denominator(
            kind,
            sum(part.value for part in parts),
            max(part.valid_from for part in parts),
            min(ends, default=None),
            own=False,
        )
    for fact in facts.get(unit_id, []):
        if fact.valid_from <= date_of and (fact.valid_to is None or date_of < fact.valid_to):
            found[fact.kind] = Denominator(fact.kind, fact.value, fact.valid_from, fact.valid_to, own=True)
    return found
