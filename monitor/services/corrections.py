"""Corrections with a look first: what a change would do to the days, hand readings with a reason, and their withdrawal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.tables import DailyConsumption, ImportRun, Reading, Register, Source
from monitor.domain.access import Action, Actor
from monitor.domain.periods import Month, from_day
from monitor.errors import Conflict, NotFound
from monitor.i18n import N_
from monitor.queries.scope import require_meter
from monitor.services import readings

NO_REASON = N_("Say why: a correction without a reason cannot be checked later.")
NO_SUCH = N_("There is no such reading, or you may not see it.")
LONGEST = 62  # days listed one by one in a preview


@dataclass(frozen=True, slots=True)
class DayEffect:
    """A day of a meter before and after a change; None where nothing is known."""

    day: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do: the days that differ (at most 62), how many in all, and the months they lie in."""

    resource: str
    days: list[DayEffect]
    changed: int
    months: list[tuple[Month, int | None, int | None]]


Days = dict[int, tuple[int, int, int]]


def preview_effect(session: Session, actor: Actor, meter_id: int, change: Callable[[Session], object]) -> Effect:
    """Make a change, look at the meter's days and take it back: nothing stays. Refusals of the change are raised.

    Open the session with `write=True`.
    """
    meter = require_meter(session, actor, meter_id, Action.EDIT_READINGS)
    before = _days(session, meter_id)
    inside = session.begin_nested()
    try:
        change(session)
        after = _days(session, meter_id)
    finally:
        inside.rollback()
    differing = sorted(day for day in before.keys() | after.keys() if before.get(day) != after.get(day))
    days = [DayEffect(day, _used(before, day), _used(after, day)) for day in differing[:LONGEST]]
    months = sorted({Month(from_day(day).year, from_day(day).month) for day in differing})
    totals = [(month, _total(before, month), _total(after, month)) for month in months[:12]]
    return Effect(meter.resource, days, len(differing), totals)


def _days(session: Session, meter_id: int) -> Days:
    table = DailyConsumption
    chosen = select(table.day, table.quantity, table.covered, table.estimated).where(table.meter_id == meter_id)
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(chosen)}


def _used(days: Days, day: int) -> int | None:
    return days[day][0] if day in days else None


def _total(days: Days, month: Month) -> int | None:
    found = [value[0] for day, value in days.items() if month.start <= day < month.end]
    return sum(found) if found else None


def enter(
    session: Session,
    actor: Actor,
    register_id: int,
    *,
    at: int,
    value: Decimal,
    reason: str,
    start: int | None = None,
    now: datetime | None = None,
) -> int:
    """Enter a hand reading with its reason (in the register's measure, as read); gives the id of its receipt."""
    if not reason.strip():
        raise Conflict("REASON_MISSING", NO_REASON)
    held = select(Reading.value).where(Reading.register_id == register_id, Reading.end_at == at)
    before = session.scalar(held)
    run_id = readings.enter(session, actor, register_id, at=at, value=value, start=start, now=now)
    run = session.get_one(ImportRun, run_id)
    run.detected = {
        **run.detected,
        "reason": reason.strip()[:2000],
        "register": register_id,
        "at": at,
        "before": before,
        "value": session.scalar(held),
    }
    session.flush()
    return run_id


def withdraw_entry(session: Session, actor: Actor, run_id: int, *, now: datetime | None = None) -> int:
    """Take a hand reading back, by whoever may edit the meter's readings; gives the readings undone. Twice changes nothing."""
    chosen = select(ImportRun).join(Source, Source.id == ImportRun.source_id)
    run = session.scalars(chosen.where(ImportRun.id == run_id, Source.code == readings.HAND)).one_or_none()
    register = None if run is None else run.detected.get("register")
    meter_id = None if register is None else session.scalar(select(Register.meter_id).where(Register.id == register))
    if run is None or meter_id is None:
        raise NotFound("NOT_FOUND", NO_SUCH)
    require_meter(session, actor, meter_id, Action.EDIT_READINGS)
    return readings.undo_run(session, replace(actor, system=True), run_id, now=now)


def undo_run(session: Session, actor: Actor, run_id: int, reason: str, *, now: datetime | None = None) -> int:
    """Undo an import with a reason that the receipt keeps; gives the number of readings. Twice changes nothing."""
    actor.require_everywhere(Action.IMPORT)
    if not reason.strip():
        raise Conflict("REASON_MISSING", NO_REASON)
    undone = readings.undo_run(session, actor, run_id, now=now)
    run = session.get_one(ImportRun, run_id)
    if "undone_reason" not in run.detected:
        moment = now or datetime.now(UTC)
        told = {"undone_reason": reason.strip()[:2000], "undone_by": actor.login}
        run.detected = {**run.detected, **told}
        session.flush()
        record(session, actor, "import.undo_reason", f"run:{run_id}", after=told, at=moment)
    return undone
