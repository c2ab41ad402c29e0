"""What the page Data does with months: close one, and reopen it with a reason."""

from dash import Dash

from dashboard.admin.answers import Answer, Posted, route, somewhere
from dashboard.components.links import address
from dashboard.context import Context
from monitor.domain.access import Action
from monitor.domain.periods import Month
from monitor.i18n import N_
from monitor.queries import scope
from monitor.services import closing

NO_MONTH = N_("'{value}' is not a month such as 2026-05.")


def register(app: Dash) -> None:
    """Add the routes; who may close this very unit's month is asked by the service."""
    allowed = somewhere(Action.CLOSE_MONTH)
    route(app, "data/close", _close, allowed, fields={"NOTE_MISSING": "note"})
    route(app, "data/reopen", _reopen, allowed, fields={"REASON_MISSING": "reason"})


def _close(here: Context, posted: Posted) -> Answer:
    unit, month = posted.text("unit", need=True), _month(posted)
    note = posted.text("note", most=closing.LONGEST, lines=True)
    posted.done()
    with here.session(write=True) as session:
        unit_id = scope.unit_by_code(session, here.actor, unit).id
        closing.close(session, here.actor, unit_id, month, note, now=here.now())
    return _back(unit, month, "closed")


def _reopen(here: Context, posted: Posted) -> Answer:
    unit, month = posted.text("unit", need=True), _month(posted)
    reason = posted.text("reason", most=closing.LONGEST, lines=True)
    posted.done()
    with here.session(write=True) as session:
        unit_id = scope.unit_by_code(session, here.actor, unit).id
        closing.reopen(session, here.actor, unit_id, month, reason, now=here.now())
    return _back(unit, month, "reopened")


def month_of(text: str) -> Month | None:
    """Read a month such as 2026-05; None where it is none."""
    try:
        month = Month.parse(text)
    except ValueError:
        return None
    return month if 1990 <= month.year <= 9998 else None  # noqa: PLR2004 - no meter data before, no calendar after


def _month(posted: Posted) -> Month:
    value = posted.raw("month")
    month = month_of(value)
    if month is None:
        posted.refuse("month", "NOT_A_MONTH", NO_MONTH, value=value[:40])
    return month or Month(1990, 1)


def _back(unit: str, month: Month, message: str) -> Answer:
    return {"go": address("/data", unit=unit, year=month.year, close=str(month), message=message)}
