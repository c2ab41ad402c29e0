"""Derived days out of the database as one array of integers: a page may need a million of them."""
# ruff: noqa: S608 - the statement is built of integers only

from collections.abc import Iterable

from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints


def read_days(session: Session, meter_ids: Iterable[int], start: int, end: int) -> Ints:
    """Read the derived days start..end-1 of meters: columns meter_id, day, quantity, covered, estimated."""
    ids = ",".join(str(int(meter_id)) for meter_id in meter_ids) or "NULL"
    session.flush()
    return _bulk.rows_of(
        session,
        "SELECT meter_id, day, quantity, covered, estimated FROM daily_consumption "
        f"WHERE meter_id IN ({ids}) AND day >= {int(start)} AND day < {int(end)}",
        5,
    )
