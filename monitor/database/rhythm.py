"""Which days of an event log are lost: days without its file between days with one, though it speaks on every working day."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints
from monitor.database.tables import EventSpan, ImportRun, Meter, Place, Register, Source
from monitor.domain import rhythm
from monitor.domain.events import union
from monitor.domain.periods import day_edges, local_day, workdays

Span = tuple[int, int]
_FIELD = "rhythm"  # the option of a source that says otherwise


def lost_days(
    session: Session, run_id: int, register_ids: Sequence[int], spans: Sequence[Span], *, events: Ints, bridge: int
) -> list[Span]:
    """Give the days (their instants) that are lost in or around the stretches of a document, and so must not pass as silence.

    `events` are the instants of the document's events. A stretch that begins with an event is told by the events alone; any other
    was named by the document itself (a file of a day or a month) and is complete as it says. What was known already stays.
    """
    if not spans or not register_ids or bridge <= 0:
        return []
    mode = session.scalar(select(Source.options).join(ImportRun).where(ImportRun.id == run_id)) or {}
    zone, country = _place(session, register_ids)
    first = local_day(min(start for start, _ in spans) - bridge, zone)
    last = local_day(max(end for _, end in spans) + bridge, zone)
    edges = day_edges(zone, first, last + 1)
    instants = set(events.tolist())
    told = [span for span in spans if span[0] not in instants] + _known(session, register_ids, edges)
    joined = [(start, end) for _, start, end in union((0, *span) for span in told)]
    quiet = [
        day
        for day in range(first, last + 1)
        if not any(start <= edges[day - first] and edges[day + 1 - first] <= end for start, end in joined)
    ]
    own = set(_days(events, zone))
    work = _workdays(first - rhythm.WINDOW, last + rhythm.WINDOW, country)
    quiet = [day for day in quiet if day not in own and day in work]
    if not quiet:
        return []
    active = own | _spoken(session, register_ids, quiet, zone)
    found = rhythm.lost(quiet, active, work, mode=str(mode.get(_FIELD, rhythm.AUTO)))
    return [(int(edges[day - first]), int(edges[day + 1 - first])) for day in found]


def _place(session: Session, register_ids: Sequence[int]) -> tuple[str, str]:
    """Give zone and calendar where most of the registers' meters stand."""
    query = select(Place.zone, Place.country).join(Meter, Meter.place_id == Place.id)
    rows = session.execute(
        query.join(Register, Register.meter_id == Meter.id).where(Register.id.in_(list(register_ids)[:1000]))
    )
    return Counter((zone, country) for zone, country in rows).most_common(1)[0][0]


def _known(session: Session, register_ids: Sequence[int], edges: Ints) -> list[Span]:
    chosen = select(EventSpan.start_at, EventSpan.end_at).where(
        EventSpan.register_id.in_(list(register_ids)[:1000]),
        EventSpan.start_at < int(edges[-1]),
        EventSpan.end_at > int(edges[0]),
    )
    return [(row.start_at, row.end_at) for row in session.execute(chosen.distinct())]


def _workdays(first: int, last: int, country: str) -> set[int]:
    return {first + int(one) for one in np.flatnonzero(workdays(first, last + 1, country))}


def _days(instants: Ints, zone: str) -> list[int]:
    """Give the local days of instants."""
    if not len(instants):
        return []
    first, last = (local_day(int(one), zone) for one in (instants.min(), instants.max()))
    edges = day_edges(zone, first, last + 1)
    found: list[int] = (np.unique(np.searchsorted(edges, instants, side="right")) - 1 + first).tolist()
    return found


def _spoken(session: Session, register_ids: Sequence[int], quiet: Sequence[int], zone: str) -> set[int]:
    """Give the days around the quiet ones on which anything is stored."""
    first, last = min(quiet) - rhythm.WINDOW, max(quiet) + rhythm.WINDOW
    low, high = (int(edge) for edge in day_edges(zone, first, last + 1)[[0, -1]])
    ids = np.array(list(register_ids), dtype=np.int64)
    found = [np.empty((0, 1), dtype=np.int64)]
    for values in _bulk.literals(ids, np.full(len(ids), low), np.full(len(ids), high)):
        sql = (
            f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT DISTINCT r.end_at / 1800 * 1800 FROM t CROSS JOIN reading r "  # noqa: S608 - integers only
            "WHERE r.register_id = t.id AND r.end_at >= t.lo AND r.end_at < t.hi AND r.value <> 0"
        )
        found.append(_bulk.rows_of(session, sql, 1))
    return set(_days(np.concatenate(found)[:, 0], zone))


__all__ = ["lost_days"]
