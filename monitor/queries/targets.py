"""Targets judged: one unit's, or all units on a board; the same calculation as every other figure."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption, Meter, Place
from monitor.domain.access import Actor
from monitor.domain.indicators import Indicator
from monitor.domain.periods import local_day, year_days
from monitor.domain.resources import RESOURCES
from monitor.queries._court import Judged, convene, in_force
from monitor.queries._tree import load_tree
from monitor.queries.scope import UnitRow, require_unit, visible_tree

Unit = int
Year = int
ORDER = tuple(Indicator)


__all__ = ["BoardRow", "Judged", "board", "default_as_of", "path", "progress"]


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A unit and a resource on the board: its first target judged, the twelve months of the year (None: nothing known)."""

    unit: UnitRow
    resource: str
    judged: Judged | None
    spark: list[int | None] = field(default_factory=list)


def default_as_of(session: Session, *, now: datetime | None = None) -> int:
    """Give the last complete day: yesterday where most places are, or the last day with data where that is earlier."""
    zones = Counter(session.scalars(select(Place.zone)))
    zone = zones.most_common(1)[0][0] if zones else "Asia/Shanghai"
    today = local_day(int((now or datetime.now(UTC)).timestamp()), zone)
    last = (
        select(DailyConsumption.day)
        .where(DailyConsumption.meter_id == Meter.id, DailyConsumption.covered > 0, DailyConsumption.day < today)
        .order_by(DailyConsumption.day.desc())
        .limit(1)
        .correlate(Meter)
        .scalar_subquery()
    )
    return max((day for day in session.scalars(select(last)) if day is not None), default=today - 1)


def progress(  # noqa: PLR0917 - who, whose, what, when
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, as_of: int | None = None
) -> list[Judged]:
    """Judge each target in force of a unit, resource and year as of a day (inclusive); NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    day = default_as_of(session) if as_of is None else as_of
    targets = in_force(session, year, [unit_id])
    court = convene(session, tree, resource, (year, day), targets=targets.get(resource, {}), tops=[unit_id])
    return court.judge(visible_tree(session, actor).by_id[unit_id])


def path(  # noqa: PLR0917 - who, whose, what, when, which
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, target_id: int | None = None
) -> list[tuple[int, int]]:
    """Give a target's path: (day, allowed up to it) at each month's end; the first target unless named, [] where none."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    targets = in_force(session, year, [unit_id]).get(resource, {})
    chosen = [t for t in targets.get(unit_id, ()) if target_id in {None, t.id}]
    if not chosen:
        return []
    court = convene(session, tree, resource, (year, year_days(year)[1] - 1), targets=targets, tops=[unit_id])
    return court.path(chosen[0])


def board(session: Session, actor: Actor, year: int, as_of: int | None = None) -> list[BoardRow]:
    """Judge all units that the actor may see, each with every resource, in tree order; empty for a stranger."""
    seen = visible_tree(session, actor)
    if not seen.rows:
        return []
    tree = load_tree(session)
    day = default_as_of(session) if as_of is None else as_of
    targets = in_force(session, year, list(seen.by_id))
    courts = {
        resource: convene(session, tree, resource, (year, day), targets=targets.get(resource, {}), tops=seen.roots)
        for resource in RESOURCES
    }
    return [
        BoardRow(unit, resource, next(iter(court.judge(unit)), None), court.spark(unit.id))
        for unit in seen.rows
        for resource, court in courts.items()
    ]
