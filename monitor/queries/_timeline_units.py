"""What happened to the units: moves, changes of people and areas, targets set and changed, months closed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, PeriodClose, Target, UnitFact, UnitMove
from monitor.domain.periods import Month, local_day, to_day
from monitor.queries._timeline_rows import Happening, Mine, shown_as

_IDS = 5_000


def of_units(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give what happened to the units, in no order."""
    yield from _moves(session, mine)
    yield from _facts(session, mine)
    yield from _targets(session, mine)
    yield from _closed(session, mine)


def _moves(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give the units that came, left or moved within; where to is named only if the asker may see it."""
    for row in session.scalars(select(UnitMove)):
        day, unit = to_day(row.at), mine.tree.by_id.get(row.unit_id)
        before = set(mine.tree.on(day - 1).subtree(mine.unit_id))
        touched = row.unit_id in before or row.unit_id in mine.below
        if unit is None or not touched or not mine.within(day, day):
            continue
        ends = [mine.unit(parent) for parent in (row.from_parent_id, row.to_parent_id)]
        ways = " → ".join("…" if end is None else end.code for end in ends)
        yield Happening(day, day, "moved", *shown_as(unit), detail=ways, reason=row.note, actor=row.actor)


def _facts(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give the days on which persons or areas of a unit changed; a first value is no change."""
    wanted = select(UnitFact).order_by(UnitFact.unit_id, UnitFact.kind, UnitFact.valid_from)
    changed: list[tuple[UnitFact, UnitFact]] = []
    for (unit, _), rows in groupby(session.scalars(wanted), key=attrgetter("unit_id", "kind")):
        earlier: UnitFact | None = None
        for row in rows:
            day = to_day(row.valid_from)
            if unit in mine.below and earlier and earlier.value != row.value and mine.within(day, day):
                changed.append((earlier, row))
            earlier = row
    subjects = {(row.unit_id, row.kind, row.valid_from): _subject(mine, row) for _, row in changed}
    who = _actors(session, subjects.values())
    for earlier, row in changed:
        unit, day = mine.tree.by_id[row.unit_id], to_day(row.valid_from)
        yield Happening(
            day,
            day,
            "fact",
            *shown_as(unit),
            detail=row.kind,
            before=earlier.value,
            after=row.value,
            reason=row.note,
            actor=who.get(subjects[row.unit_id, row.kind, row.valid_from], ""),
        )


def _subject(mine: Mine, row: UnitFact) -> str:
    return f"fact:{mine.tree.by_id[row.unit_id].code}:{row.kind}:{row.valid_from}"


def _actors(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """Give who last wrote each subject of the audit log."""
    listed = sorted(set(subjects))
    found: dict[str, str] = {}
    for begin in range(0, len(listed), _IDS):
        wanted = select(AuditEvent.subject, AuditEvent.actor).where(
            AuditEvent.subject.in_(listed[begin : begin + _IDS])
        )
        found |= dict(session.execute(wanted.order_by(AuditEvent.id)).all())
    return found


def _targets(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give what became of the unit's own targets: set, changed, approved, withdrawn."""
    wanted = select(Target).where(Target.unit_id == mine.unit_id, Target.resource == mine.layout.resource)
    unit, zone = mine.tree.by_id[mine.unit_id], _zone(mine)
    for row in session.scalars(wanted.order_by(Target.id)):
        steps: tuple[tuple[str, datetime | None, str], ...] = (
            ("changed" if row.version > 1 else "set", row.created_at, row.actor),
            ("approved", row.approved_at, row.approved_by),
            ("withdrawn", row.withdrawn_at, ""),
        )
        for step, at, actor in steps:
            day = None if at is None else local_day(int(at.timestamp()), zone)
            if day is not None and mine.within(day, day):
                detail = f"{step}:{row.indicator}:{row.year}"
                yield Happening(day, day, "target", *shown_as(unit), detail=detail, reason=row.note, actor=actor)


def _closed(session: Session, mine: Mine) -> Iterator[Happening]:
    """Give the months closed and reopened, of the unit or of one above it, on the day that this was done."""
    above, zone = list(mine.tree.above(mine.unit_id)), _zone(mine)
    for row in session.scalars(select(PeriodClose).where(PeriodClose.unit_id.in_(above))):
        unit = mine.unit(row.unit_id)
        what = ("", "", "") if unit is None else shown_as(unit)
        steps: tuple[tuple[str, datetime | None, str, str], ...] = (
            ("closed", row.closed_at, row.closed_by, row.note),
            ("reopened", row.reopened_at, row.reopened_by, row.reopened_reason),
        )
        for kind, at, actor, reason in steps:
            day = None if at is None else local_day(int(at.timestamp()), zone)
            if day is not None and mine.within(day, day):
                yield Happening(day, day, kind, *what, detail=str(Month.parse(row.month)), reason=reason, actor=actor)


def _zone(mine: Mine) -> str:
    """Give the zone in which what people do has its day: that of the unit's first meter."""
    meters = mine.layout.meters
    first = next(iter(sorted(mine.own)), next(iter(meters), None))
    return "Asia/Shanghai" if first is None else meters[first].zone
