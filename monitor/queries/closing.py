"""Closed months as people read them: what is closed and by whom, what changed since, and what is open before a closing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import PeriodClose
from monitor.domain.access import Action, Actor
from monitor.domain.closing import Difference, fingerprint
from monitor.domain.periods import Month
from monitor.queries import _closing
from monitor.queries._tree import Tree, UnitRow, load_tree
from monitor.queries.scope import require_unit


@dataclass(frozen=True, slots=True)
class Closing:
    """A month that was closed: of which unit's sub-tree, by whom and when; reopened by whom, when and why, or standing.

    `day` is the local day of `closed_at`. `intact` tells that what was kept still has the fingerprint it was kept with. Notes are
    for those who may see the unit.
    """

    id: int
    unit_id: int
    code: str
    name_zh: str
    name_en: str
    month: Month
    closed_at: datetime
    day: int
    closed_by: str
    note: str
    sha256: str
    intact: bool
    reopened_at: datetime | None
    reopened_by: str
    reopened_reason: str

    @property
    def standing(self) -> bool:
        """Whether the month is closed now."""
        return self.reopened_at is None


@dataclass(frozen=True, slots=True)
class Changed:
    """A closed month with the figures that read otherwise today, as far as the reader may see them; `units` names them."""

    closing: Closing
    differences: list[Difference]
    units: Mapping[str, UnitRow] = field(default_factory=dict)


def history(session: Session, actor: Actor, unit_id: int, *, year: int | None = None) -> list[Closing]:
    """List the closings that hold for a unit (its own and those of units above it), reopened ones too, newest first."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    query = select(PeriodClose).where(PeriodClose.unit_id.in_(list(tree.above(unit_id))))
    if year is not None:
        query = query.where(PeriodClose.month.startswith(f"{year:04d}-"))
    rows = session.scalars(query.order_by(PeriodClose.month.desc(), PeriodClose.id.desc()))
    return [_closing_of(session, actor, tree, row) for row in rows]


def of_month(session: Session, actor: Actor, unit_id: int, month: Month) -> Closing | None:
    """Give the closing that holds for a unit's month now, the one of the highest unit; None where it is open."""
    found = [one for one in history(session, actor, unit_id, year=month.year) if one.standing and one.month == month]
    above = list(load_tree(session).above(unit_id))
    return max(found, key=lambda one: above.index(one.unit_id), default=None)


def changed(
    session: Session, actor: Actor, unit_id: int, *, year: int | None = None, month: Month | None = None
) -> list[Changed]:
    """Compare the closed months that hold for a unit with today's figures; of its sub-tree, months without a change left out."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    above = set(tree.above(unit_id))
    rows = [row for row in _closing.standing(session, year=year) if row.unit_id in above]
    if month is not None:
        rows = [row for row in rows if row.month == str(month)]
    seen = {tree.by_id[one].code: tree.by_id[one] for one in tree.subtree(unit_id) if actor.may(Action.VIEW, one)}
    found, listed = _closing.changed(session, rows), []
    place = {row.code: number for number, row in enumerate(tree.rows)}
    for row in rows:
        own = [one for one in found.get(row.id, ()) if one.unit in seen]
        own.sort(key=lambda one: (place[one.unit], one.resource, one.part))
        if own:
            listed.append(
                Changed(_closing_of(session, actor, tree, row), own, {one.unit: seen[one.unit] for one in own})
            )
    return listed


def _closing_of(session: Session, actor: Actor, tree: Tree, row: PeriodClose) -> Closing:
    unit, seen = tree.by_id[row.unit_id], actor.may(Action.VIEW, row.unit_id)
    return Closing(
        row.id,
        row.unit_id,
        unit.code if seen else "",
        unit.name_zh if seen else "",
        unit.name_en if seen else "",
        Month.parse(row.month),
        row.closed_at,
        _closing.today(session, row.closed_at),
        row.closed_by,
        row.note if seen else "",
        row.sha256,
        fingerprint(row.data) == row.sha256,
        row.reopened_at,
        row.reopened_by,
        row.reopened_reason if seen else "",
    )
