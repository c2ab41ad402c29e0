"""Storing readings, deriving their days, taking an import back: the same on both databases."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.readings import rebuild_daily, rebuild_meters, store_readings, undo_run
from monitor.database.tables import (
    Correction,
    DailyConsumption,
    Estimate,
    Meter,
    MeterEvent,
    Place,
    Reading,
    ReadingRevision,
    Register,
)
from monitor.domain.periods import day_edges, to_day
from monitor.domain.readings import storage_frame

ZONE = "Asia/Shanghai"
FIRST = to_day(date(2026, 3, 2))  # a Monday
EDGES = day_edges(ZONE, FIRST, FIRST + 60)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def register(session: Session, code: str, **fields: object) -> Register:
    place = session.scalars(select(Place)).first() or Place(code="B1", name_zh="楼", name_en="House", zone=ZONE)
    session.add(place)
    session.flush()
    meter = Meter(code=code, name_zh=code, name_en=code, resource="electricity", place_id=place.id)
    session.add(meter)
    session.flush()
    found = Register(meter_id=meter.id, **{"kind": "interval", "measure": "kWh", "interval_seconds": 3600, **fields})
    session.add(found)
    session.flush()
    return found


def hours(register_id: int, first: int, last: int, value: int = 1000) -> pd.DataFrame:
    """Hourly intervals that end first+1 … last hours after the first day's midnight."""
    end = EDGES[0] + 3600 * np.arange(first + 1, last + 1)
    return storage_frame(
        register_id=np.full(len(end), register_id), end_at=end, start_at=end - 3600, value=np.full(len(end), value)
    )


def points(register_id: int, *values: tuple[int, int]) -> pd.DataFrame:
    """Register values at hours after the first day's midnight."""
    return storage_frame(
        register_id=[register_id] * len(values),
        end_at=[int(EDGES[0]) + hour * 3600 for hour, _ in values],
        value=[value for _, value in values],
    )


def bring(session: Session, frame: pd.DataFrame, run: int = 1) -> tuple[int, int, int]:
    stored = store_readings(session, frame, run)
    rebuild_daily(session, stored.touched, known=stored.known)
    return stored.new, stored.changed, stored.same


def days(session: Session, meter_id: int) -> list[tuple[int, int, int, int]]:
    """Day after the first, quantity, covered hours, estimated."""
    found = session.execute(
        select(DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered, DailyConsumption.estimated)
        .where(DailyConsumption.meter_id == meter_id)
        .order_by(DailyConsumption.day)
    )
    return [(row[0] - FIRST, row[1], row[2] // 3600, row[3]) for row in found]


def everything(session: Session) -> list[tuple[object, ...]]:
    columns = DailyConsumption.__table__.columns
    return [tuple(row) for row in session.execute(select(*columns).order_by(*columns))]


def test_new_rows_are_counted_and_become_days(session: Session) -> None:
    meter = register(session, "E1")
    assert bring(session, hours(meter.id, 0, 30)) == (30, 0, 0)
    assert days(session, meter.meter_id) == [(0, 24_000, 24, 0), (1, 6_000, 6, 0)]


def test_the_same_rows_again_change_nothing(session: Session) -> None:
    meter = register(session, "E1")
    bring(session, hours(meter.id, 0, 30))
    before = everything(session)
    assert bring(session, hours(meter.id, 0, 30), run=2) == (0, 0, 30)
    assert everything(session) == before
    assert session.scalar(select(func.max(Reading.run_id))) == 1
    assert session.scalar(select(func.count()).select_from(ReadingRevision)) == 0


def test_a_changed_row_keeps_its_predecessor(session: Session) -> None:
    meter = register(session, "E1")
    bring(session, hours(meter.id, 0, 24))
    assert bring(session, hours(meter.id, 3, 5, value=7000), run=2) == (0, 2, 0)
    assert days(session, meter.meter_id) == [(0, 36_000, 24, 0)]
    kept = session.execute(select(ReadingRevision.value, ReadingRevision.run_id, ReadingRevision.replaced_by)).all()
    assert [tuple(row) for row in kept] == [(1000, 1, 2), (1000, 1, 2)]


def test_many_rows_are_matched_by_range_as_few_are_by_key(session: Session) -> None:
    meters = [register(session, f"E{number}") for number in range(5)]
    many = pd.concat([hours(meter.id, 0, 1000) for meter in meters], ignore_index=True)
    assert bring(session, many) == (5000, 0, 0)
    corrected = many.assign(value=np.where(np.arange(len(many)) % 1000 == 500, 9, many["value"]))
    longer = pd.concat([corrected, *(hours(meter.id, 1000, 1100) for meter in meters)], ignore_index=True)
    assert bring(session, longer.sample(frac=1, random_state=1), run=2) == (500, 5, 4995)
    whole = everything(session)
    rebuild_meters(session, [meter.meter_id for meter in meters])
    assert everything(session) == whole


def test_the_last_of_two_rows_for_one_time_holds(session: Session) -> None:
    meter = register(session, "E1")
    twice = pd.concat([hours(meter.id, 0, 1, value=5), hours(meter.id, 0, 1, value=6)], ignore_index=True)
    assert bring(session, twice) == (1, 1, 0)
    assert days(session, meter.meter_id) == [(0, 6, 1, 0)]


def test_an_import_can_be_taken_back(session: Session) -> None:
    meter = register(session, "E1")
    bring(session, hours(meter.id, 0, 24))
    before = everything(session)
    bring(session, hours(meter.id, 20, 40, value=5000), run=2)
    assert everything(session) != before
    assert undo_run(session, 2) == 20
    assert everything(session) == before
    assert session.scalar(select(func.count()).select_from(ReadingRevision)) == 0
    assert session.scalars(select(Reading.run_id).distinct()).all() == [1]


def test_taking_back_an_import_in_the_middle_leaves_the_later_one(session: Session) -> None:
    meter = register(session, "E1")
    for run, value in ((1, 10), (2, 20), (3, 30)):
        bring(session, hours(meter.id, 0, 1, value=value), run=run)
    assert undo_run(session, 2) == 0
    assert days(session, meter.meter_id) == [(0, 30, 1, 0)]
    assert undo_run(session, 3) == 1
    assert days(session, meter.meter_id) == [(0, 10, 1, 0)]


def test_an_import_taken_back_that_was_the_first_leaves_no_day(session: Session) -> None:
    meter = register(session, "E1")
    bring(session, hours(meter.id, 0, 50))
    assert undo_run(session, 1) == 50
    assert days(session, meter.meter_id) == []


def test_a_late_reading_in_a_gap_divides_it_anew(session: Session) -> None:
    meter = register(session, "W1", kind="cumulative", interval_seconds=3600)
    bring(session, points(meter.id, (0, 0), (1, 100), (96, 9600), (97, 9700)))
    assert [row[1] for row in days(session, meter.meter_id)] == [2400, 2400, 2400, 2400, 100]
    bring(session, points(meter.id, (48, 9000)), run=2)
    found = days(session, meter.meter_id)
    assert sum(row[1] for row in found) == 9700
    assert sum(row[1] for row in found[:2]) == 9000
    assert [row[2] for row in found] == [24, 24, 24, 24, 1]


@pytest.mark.parametrize("seed", range(4))
def test_order_and_pieces_do_not_matter(database: Database, seed: int) -> None:
    noise = np.random.default_rng(seed)
    steps = np.cumsum(noise.integers(0, 500, 400))
    steps[noise.integers(0, 400, 3)] += 10_000  # misread now and then
    chosen = np.sort(noise.choice(400, 300, replace=False))
    with database.session(write=True) as session:
        one, two = (register(session, code, kind="cumulative", digits=6) for code in ("A", "B"))
        bill = register(session, "C", kind="bill", interval_seconds=0)
        values = [(int(hour), int(steps[hour])) for hour in chosen]
        whole = points(one.id, *values)
        bring(session, whole)
        pieces = points(two.id, *values).sample(frac=1, random_state=seed)
        for number, begin in enumerate(range(0, len(pieces), 37)):
            bring(session, pieces.iloc[begin : begin + 37], run=number + 2)
        bring(session, points(bill.id, *values[:5]).iloc[::-1], run=99)
        assert days(session, one.meter_id) == days(session, two.meter_id)
        before = everything(session)
        rebuild_meters(session, [one.meter_id, two.meter_id, bill.meter_id])
        assert everything(session) == before


def test_corrections_and_estimates_lie_over_the_readings(session: Session) -> None:
    meter = register(session, "E1")
    bring(session, hours(meter.id, 0, 48))
    midnight = int(EDGES[0])
    session.add_all(
        [
            Correction(
                register_id=meter.id, operation="void", start_at=midnight + 86_400, end_at=midnight + 172_800,
                value=None, reason="stuck", actor="li", created_at=NOW, voided_at=None,
            ),
            Correction(
                register_id=meter.id, operation="replace", start_at=midnight + 3599, end_at=midnight + 3600,
                value=3000, reason="typing", actor="li", created_at=NOW, voided_at=None,
            ),
            Estimate(
                meter_id=meter.meter_id, start_day=date(2026, 3, 3), end_day=date(2026, 3, 5), quantity=41,
                reason="like last week", actor="li", created_at=NOW, voided_at=None,
            ),
        ]
    )  # fmt: skip
    rebuild_meters(session, [meter.meter_id])
    assert days(session, meter.meter_id) == [(0, 26_000, 24, 0), (1, 20, 24, 20), (2, 21, 24, 21)]
    assert session.scalar(select(func.count()).select_from(Reading).where(Reading.value == 1000)) == 48


def test_a_swap_entered_later_mends_the_days(session: Session) -> None:
    meter = register(session, "W1", kind="cumulative", interval_seconds=86_400, measure="kWh")
    bring(session, points(meter.id, (0, 5000), (24, 6000), (48, 30), (72, 90)))
    assert [row[:3] for row in days(session, meter.meter_id)] == [(0, 1000, 24), (2, 60, 24)]
    at = datetime.fromtimestamp(int(EDGES[1]) + 43_200, UTC)
    session.add(MeterEvent(register_id=meter.id, kind="replacement", at=at, final_value=6500, initial_value=0))
    rebuild_meters(session, [meter.meter_id])
    assert [row[:3] for row in days(session, meter.meter_id)] == [(0, 1000, 24), (1, 530, 24), (2, 60, 24)]


def test_a_span_that_begins_later_than_it_did_gives_its_days_back(session: Session) -> None:
    meter = register(session, "E1", kind="bill", interval_seconds=0)
    end = int(EDGES[10])
    bring(session, storage_frame(register_id=[meter.id], end_at=[end], start_at=[int(EDGES[0])], value=[1000]))
    bring(session, storage_frame(register_id=[meter.id], end_at=[end], start_at=[int(EDGES[5])], value=[1000]), run=2)
    assert days(session, meter.meter_id) == [(day, 200, 24, 200) for day in range(5, 10)]


def test_a_part_made_anew_amid_voided_readings_is_as_the_whole(session: Session) -> None:
    meter = register(session, "W1", kind="cumulative", interval_seconds=3600)
    bring(session, points(meter.id, *((hour, hour * 10) for hour in range(0, 240, 2))))
    midnight = int(EDGES[0])
    for start, end in ((20, 90), (130, 200)):
        session.add(
            Correction(
                register_id=meter.id, operation="void", start_at=midnight + start * 3600, end_at=midnight + end * 3600,
                value=None, reason="stuck", actor="li", created_at=NOW, voided_at=None,
            )
        )  # fmt: skip
    rebuild_meters(session, [meter.meter_id])
    bring(session, points(meter.id, (101, 1005), (231, 2305)), run=2)
    partly = days(session, meter.meter_id)
    rebuild_meters(session, [meter.meter_id])
    assert days(session, meter.meter_id) == partly
    assert sum(row[1] for row in partly) == 2380


def test_a_rebuild_asks_a_fixed_number_of_questions(database: Database) -> None:
    def asked(count: int) -> int:
        statements: list[str] = []
        with database.session(write=True) as session:
            ids = [register(session, f"{count}-{number}").id for number in range(count)]
            frame = pd.concat([hours(one, 0, 5) for one in ids], ignore_index=True)
            stored = store_readings(session, frame, 1)

            def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
                statements.append(statement)

            event.listen(session.connection(), "before_cursor_execute", note)
            rebuild_daily(session, stored.touched)
        return len(statements)

    assert asked(1) == asked(3) == (10 if database.is_sqlite else 9)  # COPY goes past the event
