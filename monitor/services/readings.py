"""A clerk's hand on the readings: corrections and estimates as overlays, hand readings, an import undone; all audited.

What a supplier said stays in `reading`; the derived days are made anew in the same transaction.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import readings as stored
from monitor.database.audit import record
from monitor.database.events import store_spans
from monitor.database.state import bump_data_version
from monitor.database.tables import Correction, Estimate, ImportRun, Meter, Reading, Register, Source
from monitor.domain.access import Action, Actor
from monitor.domain.periods import from_day
from monitor.domain.readings import NO_START, Quality
from monitor.domain.resources import resource, to_quantity
from monitor.errors import Conflict, NotFound
from monitor.i18n import N_
from monitor.queries.scope import MeterRow, require_meter
from monitor.services._closed import readings_kept

HAND = "hand"  # the source that hand readings belong to
NO_SUCH = N_("There is no such reading, or you may not see it.")
NO_REASON = N_("Say why: a correction without a reason cannot be checked later.")
EMPTY_PERIOD = N_("The period ends before it begins.")
NOT_FUTURE = N_("A reading cannot lie in the future.")
FALLS = N_(
    "The register showed {before} before; {value} is less. Enter a replacement of the meter, or check the figure."
)
NO_RUN = N_("There is no such import run, or you may not see it.")
NOT_UNDONE = N_("Only a finished import can be undone; this one is '{state}'.")


def void(
    session: Session, actor: Actor, register_id: int, *, start: int, end: int, reason: str, now: datetime | None = None
) -> int:
    """Ignore the readings whose end lies in (start, end] (epoch s); gives the correction's id."""
    return _correct(session, actor, register_id, ("void", start, end, None), reason=reason, now=now)


def replace(
    session: Session,
    actor: Actor,
    register_id: int,
    *,
    at: int,
    value: Decimal,
    reason: str,
    now: datetime | None = None,
) -> int:
    """Let `value` (in the register's measure, as read) stand for the reading at `at` (epoch s); gives the correction's id."""
    quantity = _as_read(session, register_id, value)
    return _correct(session, actor, register_id, ("replace", at - 1, at, quantity), reason=reason, now=now)


def _correct(
    session: Session,
    actor: Actor,
    register_id: int,
    what: tuple[str, int, int, int | None],
    *,
    reason: str,
    now: datetime | None,
) -> int:
    meter = _require(session, actor, register_id)
    operation, start, end, value = what
    _reasonable(reason, start, end)
    moment = now or datetime.now(UTC)
    row = Correction(
        register_id=register_id,
        operation=operation,
        start_at=start,
        end_at=end,
        value=value,
        reason=reason.strip(),
        actor=actor.login,
        created_at=moment,
    )
    with readings_kept(session, [meter.id]):
        session.add(row)
        session.flush()
        after = {
            "id": row.id,
            "register": register_id,
            "start": start,
            "end": end,
            "value": value,
            "reason": row.reason,
        }
        record(session, actor, f"reading.{operation}", f"meter:{meter.code}", after=after, at=moment)
        _rebuild(session, register_id, start, end)
    return row.id


def withdraw_correction(session: Session, actor: Actor, correction_id: int, *, now: datetime | None = None) -> None:
    """Take a correction back: what was read counts again. Twice changes nothing."""
    row = session.get(Correction, correction_id)
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH)
    meter = _require(session, actor, row.register_id)
    if row.voided_at is None:
        with readings_kept(session, [meter.id]):
            row.voided_at = now or datetime.now(UTC)
            session.flush()
            before = {"id": row.id, "reason": row.reason}
            record(session, actor, "reading.restore", f"meter:{meter.code}", before=before, at=row.voided_at)
            _rebuild(session, row.register_id, row.start_at, row.end_at)


def estimate(
    session: Session,
    actor: Actor,
    meter_id: int,
    *,
    start: int,
    end: int,
    quantity: Decimal,
    reason: str,
    now: datetime | None = None,
) -> int:
    """Estimate `quantity` (display measure) for the whole local days start..end-1 of a meter; gives the estimate's id."""
    meter = require_meter(session, actor, meter_id, Action.EDIT_READINGS)
    _reasonable(reason, start, end)
    moment = now or datetime.now(UTC)
    amount = to_quantity(Fraction(quantity), meter.resource, resource(meter.resource).display)
    row = Estimate(
        meter_id=meter_id,
        start_day=from_day(start),
        end_day=from_day(end),
        quantity=amount,
        reason=reason.strip(),
        actor=actor.login,
        created_at=moment,
    )
    with readings_kept(session, [meter_id]):
        session.add(row)
        session.flush()
        after = {"id": row.id, "start": start, "end": end, "quantity": amount, "reason": row.reason}
        record(session, actor, "reading.estimate", f"meter:{meter.code}", after=after, at=moment)
        _rebuild_meters(session, [meter_id])
    return row.id


def withdraw_estimate(session: Session, actor: Actor, estimate_id: int, *, now: datetime | None = None) -> None:
    """Take an estimate back. Twice changes nothing."""
    row = session.get(Estimate, estimate_id)
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH)
    meter = require_meter(session, actor, row.meter_id, Action.EDIT_READINGS)
    if row.voided_at is None:
        with readings_kept(session, [row.meter_id]):
            row.voided_at = now or datetime.now(UTC)
            session.flush()
            before = {"id": row.id, "quantity": row.quantity, "reason": row.reason}
            record(session, actor, "reading.restore", f"meter:{meter.code}", before=before, at=row.voided_at)
            _rebuild_meters(session, [row.meter_id])


def enter(
    session: Session,
    actor: Actor,
    register_id: int,
    *,
    at: int,
    value: Decimal,
    start: int | None = None,
    now: datetime | None = None,
) -> int:
    """Enter a hand reading (in the register's measure, as read) at an instant (epoch s); gives the id of its receipt.

    `start` is the beginning of an interval or bill; of an event, since when nothing else happened (it has no start of its
    own). A register that would fall without a rollover is a Conflict.
    """
    meter = _require(session, actor, register_id)
    moment = now or datetime.now(UTC)
    if at > int(moment.timestamp()):
        raise Conflict("READING_IN_FUTURE", NOT_FUTURE)
    quantity = _as_read(session, register_id, value)
    _check_rise(session, register_id, at, quantity)
    with readings_kept(session, [meter.id]):
        run = _hand_run(session, actor, moment)
        _store(session, run, register_id, (start, at), quantity)
        after = {"register": register_id, "at": at, "value": quantity}
        record(session, actor, "reading.enter", f"meter:{meter.code}", after=after, at=moment)
        bump_data_version(session)
    return run.id


def _store(session: Session, run: ImportRun, register_id: int, span: tuple[int | None, int], quantity: int) -> None:
    """Store one reading typed in, and make its days anew."""
    start, at = span
    event = session.get_one(Register, register_id).kind == "event"
    if event and start is not None:
        store_spans(session, [register_id], [(start, at + 1)], run.id)
    frame = pd.DataFrame(
        {
            "register_id": [register_id],
            "end_at": [at],
            "start_at": [NO_START if event or start is None else start],
            "value": [quantity],
            "quality": [int(Quality.MEASURED)],
            "row_no": [1],
        }
    ).astype({"quality": "int8", "row_no": "int32"})
    result = stored.store_readings(session, frame, run.id)
    run.rows_new, run.rows_changed, run.rows_same = result.new, result.changed, result.same
    run.first_at = run.last_at = datetime.fromtimestamp(at, UTC)
    session.flush()
    since = at if start is None else start
    touched = pd.DataFrame({"register_id": [register_id], "first_end": [since], "last_end": [at]})
    stored.rebuild_daily(session, touched if event else result.touched)


def undo_run(session: Session, actor: Actor, run_id: int, *, now: datetime | None = None) -> int:
    """Undo an import: its new readings go, what it changed comes back; gives the number of readings. Twice changes nothing."""
    actor.require_everywhere(Action.IMPORT)
    run = session.get(ImportRun, run_id)
    if run is None:
        raise NotFound("NOT_FOUND", NO_RUN)
    if run.state == "undone":
        return 0
    if run.state != "done":
        raise Conflict("RUN_NOT_DONE", NOT_UNDONE, state=run.state)
    ranges = stored.touched_by(session, run_id)
    registers = sorted({row.register_id for row in ranges})
    meters = session.scalars(select(Register.meter_id).where(Register.id.in_(registers)).distinct())
    with readings_kept(session, meters):
        undone: int = stored.undo_run(session, run_id, ranges)
        run.state = "undone"
        session.flush()
        record(session, actor, "import.undo", f"run:{run_id}", after={"readings": undone}, at=now or datetime.now(UTC))
        bump_data_version(session)
    return undone


def _require(session: Session, actor: Actor, register_id: int) -> MeterRow:
    """Give the register's meter, if its readings may be edited."""
    meter_id = session.scalar(select(Register.meter_id).where(Register.id == register_id))
    return require_meter(session, actor, -1 if meter_id is None else meter_id, Action.EDIT_READINGS)


def _reasonable(reason: str, start: int, end: int) -> None:
    if not reason.strip():
        raise Conflict("REASON_MISSING", NO_REASON)
    if start >= end:
        raise Conflict("PERIOD_EMPTY", EMPTY_PERIOD)


def _as_read(session: Session, register_id: int, value: Decimal) -> int:
    """Give a value written in the register's measure in thousandths of the base measure, multiplier not applied."""
    query = (
        select(Meter.resource, Register.measure)
        .join(Register, Register.meter_id == Meter.id)
        .where(Register.id == register_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("NOT_FOUND", NO_SUCH)
    return to_quantity(Fraction(value), found.resource, found.measure)


def _check_rise(session: Session, register_id: int, at: int, value: int) -> None:
    register = session.get_one(Register, register_id)
    before = select(Reading.value).where(Reading.register_id == register_id, Reading.end_at < at)
    last = session.scalar(before.order_by(Reading.end_at.desc()).limit(1))
    if register.kind == "cumulative" and not register.digits and last is not None and value < last:
        factor = to_quantity(1, session.get_one(Meter, register.meter_id).resource, register.measure)
        raise Conflict("READING_FALLS", FALLS, before=f"{last / factor:g}", value=f"{value / factor:g}")


def _hand_run(session: Session, actor: Actor, moment: datetime) -> ImportRun:
    """Open the receipt of a hand reading under the source that all of them share."""
    source = session.scalars(select(Source).where(Source.code == HAND)).one_or_none()
    if source is None:
        source = Source(
            code=HAND,
            name_zh="手工录入",
            name_en="Entered by hand",
            kind=HAND,
            options={},
            enabled=False,
            created_at=moment,
        )
        session.add(source)
        session.flush()
    run = ImportRun(
        source_id=source.id,
        state="done",
        trigger="hand",
        actor=actor.login,
        started_at=moment,
        finished_at=moment,
        rows_read=1,
    )
    session.add(run)
    session.flush()
    return run


def _rebuild(session: Session, register_id: int, start: int, end: int) -> None:
    touched = pd.DataFrame({"register_id": [register_id], "first_end": [start], "last_end": [end]})
    stored.rebuild_daily(session, touched)
    bump_data_version(session)


def _rebuild_meters(session: Session, meter_ids: Iterable[int]) -> None:
    stored.rebuild_meters(session, meter_ids)
    bump_data_version(session)
