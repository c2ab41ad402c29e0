"""Closing a month: its figures are kept as reported; reopening it with a reason; both in the audit log."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import OrgUnit, PeriodClose
from monitor.domain.access import Action, Actor
from monitor.domain.closing import written
from monitor.domain.consumption import RULE_VERSION
from monitor.domain.periods import Month, from_day
from monitor.errors import Conflict, ResourceBusy
from monitor.i18n import N_
from monitor.queries import _closing, checklist, closing
from monitor.queries._tree import load_tree

NOT_OVER = N_("{month} is not over; it can be closed from {day} on.")
ALREADY = N_("{month} is closed already, by {who}.")
SAY_WHY = N_("{count} points of the check list are open: say in the note why the month is closed in spite of them.")
NOT_CLOSED = N_("{month} is not closed for this unit; look whether a unit above it closed it.")
NO_REASON = N_("Say why the month is reopened: whoever has its report will ask.")
BUSY = N_("Somebody else is closing the same month at this moment; look again.")
LONGEST = 2000


def close(
    session: Session, actor: Actor, unit_id: int, month: Month, note: str = "", *, now: datetime | None = None
) -> int:
    """Close a month of a unit's sub-tree: keep all its figures as they stand; gives the id of the closing.

    Conflict where it is not over or closed already (for this unit or one above), or where something of the check list is
    open and no note says why.
    """
    actor.require(Action.CLOSE_MONTH, unit_id)
    moment = now or datetime.now(UTC)
    if _closing.today(session, moment) < month.end:
        raise Conflict("MONTH_NOT_OVER", NOT_OVER, month=str(month), day=from_day(month.end).isoformat())
    before = closing.of_month(session, actor, unit_id, month)
    if before is not None:
        raise Conflict("MONTH_CLOSED_ALREADY", ALREADY, month=str(month), who=before.closed_by)
    points, said = checklist.points(session, actor, unit_id, month, now=moment), note.strip()[:LONGEST]
    if points and not said:
        raise Conflict("NOTE_MISSING", SAY_WHY, count=len(points))
    tree = load_tree(session)
    found = _closing.figures(session, tree, unit_id, [month])
    _closing.with_coverage(session, tree, unit_id, found)
    kept = [point.kept() for point in points]
    code = tree.by_id[unit_id].code
    data, fingerprint = written(code, str(month), found[month], open=kept, rule_version=RULE_VERSION)
    row = PeriodClose(
        unit_id=unit_id,
        month=str(month),
        data=data,
        sha256=fingerprint,
        note=said,
        closed_at=moment,
        closed_by=actor.login,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise ResourceBusy("MONTH_BUSY", BUSY) from error
    after = {"sha256": fingerprint, "figures": len(found[month]), "note": said, "open": len(points)}
    record(session, actor, "month.close", f"month:{code}:{month}", after=after, at=moment)
    bump_data_version(session)
    return row.id


def reopen(
    session: Session, actor: Actor, unit_id: int, month: Month, reason: str, *, now: datetime | None = None
) -> None:
    """Reopen a month that was closed for this unit, with a reason; what was kept stays in the history."""
    actor.require(Action.CLOSE_MONTH, unit_id)
    chosen = select(PeriodClose).where(
        PeriodClose.unit_id == unit_id, PeriodClose.month == str(month), PeriodClose.reopened_at.is_(None)
    )
    row = session.scalars(chosen).one_or_none()
    if row is None:
        raise Conflict("MONTH_NOT_CLOSED", NOT_CLOSED, month=str(month))
    said = reason.strip()[:LONGEST]
    if not said:
        raise Conflict("REASON_MISSING", NO_REASON)
    row.reopened_at, row.reopened_by, row.reopened_reason = now or datetime.now(UTC), actor.login, said
    session.flush()
    code = session.get_one(OrgUnit, unit_id).code
    before = {"sha256": row.sha256, "by": row.closed_by, "at": row.closed_at.isoformat()}
    after = {"reason": said}
    record(session, actor, "month.reopen", f"month:{code}:{month}", before=before, after=after, at=row.reopened_at)
    bump_data_version(session)
