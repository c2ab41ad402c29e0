"""What would a change change? It is made, looked at and rolled back: nothing stays behind."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, Meter
from monitor.domain.access import Action, Actor
from monitor.domain.amounts import NOTHING, Amount
from monitor.domain.periods import from_day, year_days
from monitor.domain.resources import RESOURCES
from monitor.queries._court import Judged, convene, in_force
from monitor.queries._tree import UnitRow, load_tree
from monitor.queries.scope import actor_for, visible_tree
from monitor.queries.targets import default_as_of
from monitor.services._site_apply import PREVIEW

__all__ = ["AuditLine", "FigureChange", "Preview", "RestChange", "preview_change"]

WITHOUT_FIGURES = frozenset({"alias", "hours", "source", "user"})  # what the units used does not hang on these


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A unit and resource whose figures would differ: used this year so far, its targets judged, before and after."""

    unit: UnitRow
    resource: str
    used_before: Amount
    used_after: Amount
    judged_before: list[Judged]  # status and allowance: one.progress.status, one.progress.allowed
    judged_after: list[Judged]


@dataclass(frozen=True, slots=True)
class RestChange:
    """What is not allocated of a resource, this year so far, before and after."""

    resource: str
    before: Amount
    after: Amount


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line that the change would write into the audit trail."""

    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would change, by unit in tree order; `as_of` is the last day counted (inclusive)."""

    year: int
    as_of: int
    figures: list[FigureChange]
    not_allocated: list[RestChange]
    audit: list[AuditLine]

    def __bool__(self) -> bool:
        """Tell whether anything would be written at all."""
        return bool(self.audit)


@dataclass(frozen=True, slots=True)
class _Figures:
    """How units stand: by (unit, resource), and what is not allocated by resource."""

    units: dict[int, UnitRow] = field(default_factory=dict)
    used: dict[tuple[int, str], Amount] = field(default_factory=dict)
    judged: dict[tuple[int, str], list[Judged]] = field(default_factory=dict)
    rest: dict[str, Amount] = field(default_factory=dict)


def preview_change(
    session: Session, actor: Actor, change: Callable[[Session], object], *, now: datetime | None = None
) -> Preview:
    """Say what a change would do: `change` is any of the functions of `organisation`, `metering` or `setup`, bound.

    `preview_change(session, actor, lambda s: move_unit(s, actor, "a1", "b", day))`. It runs in a transaction within the
    session's that is rolled back; open the session with `write=True`. Refusals of the change are raised as they are.
    Figures are those of the units that the actor may see and whose figures change.
    """
    if not actor.units(Action.MANAGE_ORGANISATION):
        actor.require_everywhere(Action.MANAGE_ORGANISATION)
    session.flush()
    as_of = default_as_of(session, now=now)
    last = session.scalar(select(func.max(AuditEvent.id))) or 0
    before_that = session.info.get(PREVIEW, False)
    session.info[PREVIEW] = True
    made = session.begin_nested()
    try:
        resources = _meters(session)
        change(session)
        session.flush()
        lines = session.scalars(select(AuditEvent).where(AuditEvent.id > last).order_by(AuditEvent.id)).all()
        audit = [AuditLine(line.action, line.subject, line.before, line.after) for line in lines]
        concerned = _concerned(audit, resources | _meters(session))
        after = _figures(session, _now(session, actor), concerned, as_of)
    finally:
        session.info[PREVIEW] = before_that
        made.rollback()
        session.expire_all()
    before = _figures(session, actor, concerned, as_of)
    return Preview(from_day(as_of).year, as_of, _differing(before, after), _rests(before, after), audit)


def _meters(session: Session) -> dict[str, str]:
    return {row.code: row.resource for row in session.execute(select(Meter.code, Meter.resource))}


def _now(session: Session, actor: Actor) -> Actor:
    """Let the actor see the units that the change makes as well."""
    if actor.system or actor.user_id is None:
        return actor
    return replace(actor, roles=actor.roles | actor_for(session, actor.user_id).roles)


def _concerned(audit: Iterable[AuditLine], meters: dict[str, str]) -> list[str]:
    """Name the resources whose figures a change can touch, by the subjects that it wrote down."""
    found: set[str] = set()
    for line in audit:
        parts = line.subject.split(":")
        named = next((part for part in parts[1:] if part in RESOURCES), None)
        if parts[0] in WITHOUT_FIGURES:
            continue
        if parts[0] in {"meter", "register"} and parts[1] in meters:
            found.add(meters[parts[1]])
        elif parts[0] in {"basis", "target", "baseline"} and named:
            found.add(named)
        else:
            found |= set(RESOURCES)
    return [resource for resource in RESOURCES if resource in found]


def _figures(session: Session, actor: Actor, resources: Iterable[str], as_of: int) -> _Figures:
    """Judge the units that the actor may see, for some resources, in one go each."""
    seen, tree = visible_tree(session, actor), load_tree(session)
    year = from_day(as_of).year
    first, end = year_days(year)[0], as_of + 1
    found = _Figures({row.id: row for row in seen.rows})
    targets = in_force(session, year, list(seen.by_id))
    for resource in resources if seen.rows else ():
        court = convene(session, tree, resource, (year, as_of), targets=targets.get(resource, {}), tops=seen.roots)
        for row in seen.rows:
            found.used[row.id, resource] = court.days_of(row.id, year).amount(first, end)
            found.judged[row.id, resource] = court.judge(row)
        rests = [court.ledgers[top].not_allocated().amount(first, end) for top in seen.roots]
        found.rest[resource] = sum(rests, NOTHING)
    return found


def _differing(before: _Figures, after: _Figures) -> list[FigureChange]:
    rows = after.units | {key: row for key, row in before.units.items() if key not in after.units}
    keys = sorted(set(before.used) | set(after.used), key=lambda key: (list(rows).index(key[0]), key[1]))
    changes = [
        FigureChange(
            before.units.get(unit, rows[unit]),
            resource,
            before.used.get((unit, resource), NOTHING),
            after.used.get((unit, resource), NOTHING),
            before.judged.get((unit, resource), []),
            after.judged.get((unit, resource), []),
        )
        for unit, resource in keys
    ]
    return [
        one
        for one in changes
        if one.used_before != one.used_after or _said(one.judged_before) != _said(one.judged_after)
    ]


def _said(judged: list[Judged]) -> list[object]:
    return [(one.target_id, one.progress) for one in judged]


def _rests(before: _Figures, after: _Figures) -> list[RestChange]:
    changes = [RestChange(one, before.rest.get(one, NOTHING), rest) for one, rest in after.rest.items()]
    return [one for one in changes if one.before != one.after]
