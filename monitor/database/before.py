"""Which run brought the last reading of a meter before an instant: one look into the key of readings for each register."""
# ruff: noqa: S608 - the statements are built of integers only

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from monitor.database import _bulk


def last_runs(session: Session, asked: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Give the run of the last reading of each (meter, instant) that ends by then; pairs without one are left out. One statement."""
    ends: dict[tuple[int, int], tuple[int, int]] = {}
    pairs = np.array(sorted(set(asked)), dtype=np.int64).reshape(-1, 2)
    last = "FROM reading r WHERE r.register_id = g.id AND r.end_at <= t.edge ORDER BY r.end_at DESC LIMIT 1"
    for values in _bulk.literals(pairs[:, 0], pairs[:, 1]) if len(pairs) else ():
        sql = (
            f"WITH t(id, edge) AS (VALUES {values}) SELECT t.id, t.edge, (SELECT r.end_at {last}), (SELECT r.run_id {last}) "
            "FROM t CROSS JOIN register g WHERE g.meter_id = t.id ORDER BY g.id"
        )
        with session.connection().exec_driver_sql(sql) as result:
            rows = result.cursor.fetchall()
        for meter_id, edge, end, run in rows:
            if end is not None and ((meter_id, edge) not in ends or end > ends[meter_id, edge][0]):
                ends[meter_id, edge] = (end, run)
    return {pair: run for pair, (_, run) in ends.items() if run is not None}
