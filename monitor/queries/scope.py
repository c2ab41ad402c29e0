"""Who sees which units: grants expanded over sub-trees, the units in tree order."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import RoleGrant, User
from monitor.domain.access import NOBODY, Action, Actor, Role, allows
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries._tree import Tree, UnitRow, load_tree

__all__ = ["UnitRow", "actor_for", "name", "unit", "unit_by_code", "units", "visible_tree"]

NO_SUCH_UNIT = N_("There is no such unit, or you may not see it.")


def actor_for(session: Session, user_id: int) -> Actor:
    """Build who asks from the stored grants, the strongest role for each unit; nobody where disabled or unknown."""
    user = session.execute(select(User.login, User.disabled).where(User.id == user_id)).one_or_none()
    if user is None or user.disabled:
        return NOBODY
    tree = load_tree(session)
    roles: dict[int, Role] = {}
    for unit_id, role in session.execute(select(RoleGrant.unit_id, RoleGrant.role).where(RoleGrant.user_id == user_id)):
        for below in tree.subtree(unit_id):
            roles[below] = _stronger(roles.get(below), Role(role))
    return Actor(user_id, user.login, roles, frozenset(tree.roots))


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


def name(row: object, language: str) -> str:
    """Give the name of anything with `name_zh` and `name_en`; the other language where one is empty."""
    chinese, english = str(getattr(row, "name_zh", "")), str(getattr(row, "name_en", ""))
    return (chinese or english) if language == "zh" else (english or chinese)
