"""Registers of meters and what was read last on them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Reading, Register


def last_readings(session: Session, meter_ids: Iterable[int]) -> dict[int, datetime]:
    """Give the end of the last reading of each meter that has any: one look into the key for each register."""
    last = (
        select(Reading.end_at)
        .where(Reading.register_id == Register.id)
        .order_by(Reading.end_at.desc())
        .limit(1)
        .correlate(Register)
        .scalar_subquery()
    )
    found: dict[int, int] = {}
    for meter_id, end_at in session.execute(
        select(Register.meter_id, last).where(Register.meter_id.in_(list(meter_ids)))
    ):
        if end_at is not None:
            found[meter_id] = max(found.get(meter_id, end_at), end_at)
    return {meter_id: datetime.fromtimestamp(end_at, UTC) for meter_id, end_at in found.items()}
