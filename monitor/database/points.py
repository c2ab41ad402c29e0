"""Readings of gauges and events as they count: what was read, with the corrections laid over it."""
# ruff: noqa: S608 - the statement is built of constants and integers only

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database.tables import Correction
from monitor.domain.periods import DAY_SECONDS
from monitor.domain.readings import NO_START
from monitor.domain.registers import Points, corrected, tidy


def counted_points(session: Session, register_ids: Sequence[int], start: int, end: int) -> Points:
    """Give the readings of registers that tell of the instants [start, end), `reg` their place in the list; two statements.

    A reading for a longer span may begin before, or end up to a day after.
    """
    listed = ",".join(str(int(one)) for one in register_ids)
    found = _bulk.rows_of(
        session,
        f"SELECT r.register_id, r.end_at, COALESCE(r.start_at, {NO_START}), r.value, r.quality FROM reading r "
        f"WHERE r.register_id IN ({listed}) AND r.end_at BETWEEN {int(start)} AND {int(end) + DAY_SECONDS}",
        5,
    )
    ids = {one: place for place, one in enumerate(register_ids)}
    places = np.array([ids[one] for one in found[:, 0].tolist()], dtype=np.int64)
    columns = (np.ascontiguousarray(found[:, column]) for column in (1, 2, 3, 4))
    wanted = select(Correction).where(Correction.register_id.in_(list(ids)), Correction.voided_at.is_(None))
    overlays = [
        (ids[row.register_id], row.operation, row.start_at, row.end_at, row.value)
        for row in session.scalars(wanted.order_by(Correction.id))
    ]
    return corrected(tidy(Points(places, *columns)), overlays)
