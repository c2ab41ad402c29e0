"""Events by the hour (print jobs): each hour for which the record is complete, with what happened in it, be it nothing."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.points import counted_points
from monitor.database.tables import EventSpan
from monitor.domain.events import union
from monitor.domain.periods import day_edges

HOUR = 3600


def event_hours(
    session: Session, factors: Mapping[int, float], zone: str, span: tuple[int, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give (hours from the first local midnight of the span on, quantity) of event registers (id → factor); two or three statements.

    Hours that the record covers are there without quantity, so that an hour in which nothing was printed counts as one.
    """
    edges = day_edges(zone, *span)
    first, last = int(edges[0]), int(edges[-1])
    ids = sorted(factors)
    points = counted_points(session, ids, first, last)
    factor = np.array([factors[one] for one in ids], dtype=np.float64)
    wanted = select(EventSpan.register_id, EventSpan.start_at, EventSpan.end_at).where(
        EventSpan.register_id.in_(ids), EventSpan.start_at < last, EventSpan.end_at > first
    )
    spans = union((0, start, end) for _, start, end in session.execute(wanted))
    hours = [np.arange(max(start, first), min(end, last), HOUR) for _, start, end in spans]
    covered = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *hours]) // HOUR * HOUR)
    inside = (points.end >= first) & (points.end < last)
    at = np.concatenate([covered + HOUR // 2, points.end[inside]])
    quantity = np.concatenate([np.zeros(len(covered)), points.value[inside] * factor[points.reg[inside]]])
    cell, fits = cells(at, edges)
    return cell[fits], quantity[fits]


def cells(
    at: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Number the hours that instants lie in, 24 for each local day, and tell which lie within the days at all.

    The 25th hour of a day counts as its 24th.
    """
    index = np.searchsorted(edges, at, side="right") - 1
    fits = (index >= 0) & (index < len(edges) - 1)
    return index * 24 + np.minimum((at - edges[index]) // HOUR, 23), fits
