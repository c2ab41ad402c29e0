"""A lost daily log is missing, not quiet: by the days on which the source speaks, by the calendar, or as the operator says."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Meter
from monitor.domain.events import uncovered
from monitor.domain.periods import to_day
from monitor.domain.rhythm import AUTO, DAILY, IRREGULAR, lost, without
from tests.paper.conftest import PRINTERS, job

HEADER = "PaperCut Print Logger - http://www.papercut.com/\r\nTime,User,Pages,Copies,Printer,Document Name,Client,Paper Size,Language,Height,Width,Duplex,Grayscale,Size\r\n"
FIRST, WEDNESDAY = date(2026, 10, 12), date(2026, 10, 21)  # Monday; the National Day week is over
DAYS = [FIRST + timedelta(days=n) for n in range(19) if (FIRST + timedelta(days=n)).weekday() < 5]


def line(day: date) -> str:
    return f"{day} 10:00:00,li,4,1,Mono,Report,PC1,A4,PCL6,,,NOT DUPLEX,GRAYSCALE,76kb\r\n"


def covered(database: Database, printer: str = "Mono") -> dict[date, int]:
    with database.session() as session:
        meter = session.scalars(select(Meter.id).where(Meter.code == f"PR-{printer}")).one()
        rows = session.execute(
            select(DailyConsumption.day, DailyConsumption.covered).where(DailyConsumption.meter_id == meter)
        )
        return {date(1970, 1, 1) + timedelta(days=day): seconds for day, seconds in rows}


@pytest.fixture
def papercut(make_source: Callable[..., int]) -> Callable[..., int]:
    return lambda **options: make_source("papercut_print_log", options, {name: f"PR-{name}" for name in PRINTERS})


def bring_days(source: int, bring: Callable[..., Any], *, without_day: date) -> None:
    for day in DAYS:
        if day != without_day:
            bring(source, HEADER + line(day), f"papercut-print-log-{day}.csv")


def test_the_file_of_a_working_day_that_is_lost_is_a_hole_and_weekends_are_quiet(
    database: Database, papercut: Callable[..., int], bring: Callable[..., Any]
) -> None:
    source = papercut()
    bring_days(source, bring, without_day=WEDNESDAY)
    whole = [day for day, seconds in covered(database).items() if seconds == 86_400]
    expected = [FIRST + timedelta(days=n) for n in range((DAYS[-1] - FIRST).days + 1)]
    assert sorted(whole) == [day for day in expected if day != WEDNESDAY]

    bring(source, HEADER + line(WEDNESDAY), f"papercut-print-log-{WEDNESDAY}.csv")  # it turns up after all
    assert covered(database)[WEDNESDAY] == 86_400


def test_an_empty_file_of_a_day_says_that_nothing_was_printed(
    database: Database, papercut: Callable[..., int], bring: Callable[..., Any]
) -> None:
    source = papercut()
    bring(source, HEADER, f"papercut-print-log-{WEDNESDAY}.csv")
    bring_days(source, bring, without_day=WEDNESDAY)
    assert covered(database)[WEDNESDAY] == 86_400


def test_the_operator_may_say_otherwise(
    database: Database, papercut: Callable[..., int], bring: Callable[..., Any]
) -> None:
    bring_days(papercut(rhythm="irregular"), bring, without_day=WEDNESDAY)
    assert covered(database)[WEDNESDAY] == 86_400


@pytest.mark.parametrize(("rhythm", "hole"), [("auto", True), ("irregular", False)])
def test_a_page_log_whose_rotated_file_is_lost_has_a_hole(
    database: Database, make_source: Callable[..., int], bring: Callable[..., Any], rhythm: str, *, hole: bool
) -> None:
    source = make_source("cups_page_log", {"rhythm": rhythm}, {name: f"PR-{name}" for name in PRINTERS})
    log = "".join(job(f"{day} 10:00:00", 4) for day in DAYS if day != WEDNESDAY)
    bring(source, log)
    days = covered(database)
    assert (WEDNESDAY not in days) == hole
    assert days[WEDNESDAY + timedelta(days=3)] == 86_400  # Saturday


def test_a_log_that_speaks_now_and_then_has_no_rhythm(
    database: Database, make_source: Callable[..., int], bring: Callable[..., Any]
) -> None:
    source = make_source("cups_page_log", {}, {name: f"PR-{name}" for name in PRINTERS})
    bring(source, "".join(job(f"{day} 10:00:00", 4) for day in DAYS[::2]))
    inside = [DAYS[0] + timedelta(days=n) for n in range(1, (DAYS[::2][-1] - DAYS[0]).days)]
    assert {covered(database)[day] for day in inside} == {86_400}


def test_days_off_are_never_lost_and_every_working_day_may_be_asked_for() -> None:
    days = [to_day(day) for day in DAYS]
    silent, active = days[3], set(days[::3]) - {days[3]}
    assert lost([silent], active, set(days), mode=DAILY) == [silent]
    assert lost([silent], active, set(days), mode=AUTO) == []
    assert lost([silent], set(days) - {silent}, set(days), mode=AUTO) == [silent]
    assert lost([silent], set(days) - {silent}, set(days) - {silent}, mode=AUTO) == []
    assert lost([silent], set(days) - {silent}, set(days), mode=IRREGULAR) == []


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: (pair[0], sum(pair))), max_size=6)


@given(spans=SPANS, gone=SPANS)
def test_what_is_taken_out_is_out_and_all_else_stays(spans: list[tuple[int, int]], gone: list[tuple[int, int]]) -> None:
    def seconds(listed: list[tuple[int, int]]) -> set[int]:
        return {one for start, end in listed for one in range(start, end)}

    assert seconds(without(spans, gone)) == seconds(spans) - seconds(gone)
    for span in spans:
        assert seconds(uncovered(span, gone)) == seconds([span]) - seconds(gone)
