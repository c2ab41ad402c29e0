"""An import in several parts derives the same days as all its readings at once, whatever it remembers between the parts."""

import random
from collections.abc import Callable

import numpy as np
import pandas as pd
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor.database import _look
from monitor.database.readings import Recent, rebuild_daily, rebuild_meters, store_readings
from monitor.database.state import bump_data_version, data_version
from monitor.database.tables import DailyConsumption, Register
from monitor.domain.readings import NO_START, storage_frame
from tests.database.test_readings import EDGES, register


def everything(session: Session) -> list[tuple[object, ...]]:
    columns = DailyConsumption.__table__.columns
    return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def meters(session: Session, name: str) -> list[Register]:
    """Interval registers with and without starts, a register that is read each hour, one read by hand."""
    return [
        register(session, f"{name}-1"),
        register(session, f"{name}-2", interval_seconds=900),
        register(session, f"{name}-3", kind="cumulative", interval_seconds=3600, digits=6),
        register(session, f"{name}-4", kind="cumulative", interval_seconds=0, digits=6),
    ]


def readings(chance: random.Random, one: Register, days: int) -> list[tuple[int, int, int, int]]:
    """Give (register, end, start, value) in time order with holes."""
    step = one.interval_seconds or 5 * 86_400
    value, rows = 0, []
    for end in range(int(EDGES[0]) + step, int(EDGES[0]) + days * 86_400 + 1, step):
        value += chance.randrange(5000)
        if chance.random() < 0.9:
            start = end - step if one.kind == "interval" and chance.random() < 0.5 else NO_START
            rows.append((one.id, end, start, value if one.kind == "cumulative" else chance.randrange(5000)))
    return rows


def frame(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    register_id, end, start, value = (list(column) for column in zip(*rows, strict=True))
    return storage_frame(register_id=register_id, end_at=end, start_at=start, value=value)


def bring(session: Session, parts: list[pd.DataFrame], between: Callable[[int], None]) -> Recent:
    recent = Recent()
    for number, part in enumerate(parts):
        stored = store_readings(session, part, 1)
        recent.stands(data_version(session))
        rebuild_daily(session, stored.touched, known=stored.known, recent=recent)
        bump_data_version(session)
        recent.version = data_version(session)
        between(number)
    return recent


def afresh(session: Session, registers: list[Register]) -> list[tuple[object, ...]]:
    session.execute(delete(DailyConsumption))
    rebuild_meters(session, [one.meter_id for one in registers])
    return everything(session)


def nothing(_number: int) -> None:
    """Nobody else writes."""


def test_parts_in_any_sizes_and_orders_give_the_days_of_the_whole(session: Session) -> None:
    for seed in range(25):
        chance = random.Random(seed)
        session.execute(delete(DailyConsumption))
        found = meters(session, str(seed))
        rows = [row for one in found for row in readings(chance, one, 6)]
        rows.sort(key=lambda row: (row[1], row[0]))
        if seed % 5 == 4:
            chance.shuffle(rows)  # parts that go back in time must ask the database
        size = chance.randrange(40, 400)
        parts = [frame(rows[begin : begin + size]) for begin in range(0, len(rows), size)]
        bring(session, parts, nothing)
        kept = everything(session)
        assert kept == afresh(session, found), f"seed {seed}"


def test_what_somebody_else_writes_between_two_parts_is_seen(session: Session) -> None:
    one = register(session, "E1")
    rows = [(one.id, int(EDGES[0]) + 3600 * hour, NO_START, 1000) for hour in range(1, 97)]

    def other(number: int) -> None:
        """Another source brings a later reading, and one that the first part left out."""
        if number == 0:
            stored = store_readings(session, frame([(one.id, int(EDGES[0]) + 3600 * 10, NO_START, 7)]), 2)
            rebuild_daily(session, stored.touched, known=stored.known)
            bump_data_version(session)

    parts = [frame([row for row in rows[:40] if row[1] != int(EDGES[0]) + 36_000]), frame(rows[40:])]
    bring(session, parts, other)
    kept = everything(session)
    assert kept[0][2] == 23 * 1000 + 7
    assert kept == afresh(session, [one])


def test_parts_in_time_order_do_not_read_back_what_was_just_stored(session: Session, monkeypatch: object) -> None:
    found = meters(session, "M")[:2]
    rows = sorted((row for one in found for row in readings(random.Random(1), one, 12)), key=lambda row: row[1])
    asked: list[int] = []
    real = _look._read

    def counted(own: Session, ranges: np.ndarray) -> np.ndarray:
        asked.append(len(ranges))
        return real(own, ranges)

    monkeypatch.setattr(_look, "_read", counted)  # type: ignore[attr-defined]
    size = len(rows) // 4
    recent = bring(session, [frame(rows[begin : begin + size]) for begin in range(0, len(rows), size)], nothing)
    assert len(asked) == 1
    assert len(recent.rows) < len(rows) // 2
