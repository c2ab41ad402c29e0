"""Events through the whole pipeline on both databases: sums, measured zeros, re-imports, undo, retraction."""

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from monitor.database.engine import Database
from monitor.database.readings import rebuild_meters, undo_run
from monitor.database.tables import (
    DailyConsumption,
    Document,
    EventSpan,
    ImportRun,
    Meter,
    Place,
    PlaceHours,
    Reading,
    ReadingRevision,
)
from monitor.intake.pipeline import Receipt
from tests.paper.conftest import NOW, PRINTERS, days, job, stored

Bring = Callable[..., Receipt]
DAY = 86_400
FIRST = (
    job("2026-11-02 10:00:00", 4) + job("2026-11-02 10:00:00", 2, number=2) + job("2026-11-02 20:00:00", 6, number=3)
)


def test_events_of_one_second_add_up_and_an_idle_printer_is_a_measured_zero(
    database: Database, cups: int, bring: Bring
) -> None:
    receipt = bring(cups, FIRST)

    with database.session() as session:
        assert days(session, "PR-Mono") == [("2026-11-02", 12_000, 36_001, 6_000)]
        assert days(session, "PR-Idle") == [("2026-11-02", 0, 36_001, 0)]
        run = session.get_one(ImportRun, receipt.run_id)
    assert (receipt.read, receipt.new, receipt.to_json()["events"]["jobs"]) == (2, 2, 3)
    assert run.detected["events"]["sides"] == 12


def test_the_same_log_again_and_a_longer_one_bring_only_what_is_new(
    database: Database, cups: int, bring: Bring
) -> None:
    bring(cups, FIRST)
    resaved = bring(cups, FIRST.replace("\n", "\r\n"))
    grown = bring(cups, FIRST + job("2026-11-02 20:00:00", 1, number=4) + job("2026-11-03 09:00:00", 5, number=5))

    with database.session() as session:
        assert days(session, "PR-Mono") == [
            ("2026-11-02", 13_000, 14 * 3600, 7_000),
            ("2026-11-03", 5_000, 9 * 3600 + 1, 0),
        ]
        spans = session.scalar(select(func.count()).select_from(EventSpan))
    assert (resaved.new, resaved.changed, resaved.same) == (0, 0, 2)
    assert (grown.new, grown.changed, grown.same) == (1, 1, 1)
    assert spans == 2 * len(PRINTERS)  # what was known is not said again


def test_a_day_of_silence_between_two_logs_is_no_gap_but_a_month_is(
    database: Database, cups: int, bring: Bring
) -> None:
    bring(cups, job("2026-10-01 10:00:00"), "page_log.1")
    bring(cups, job("2026-11-06 17:00:00"), "page_log.3")
    bring(cups, job("2026-11-09 09:00:00"), "page_log.2")

    with database.session() as session:
        found = [(day, covered) for day, _, covered, _ in days(session, "PR-Mono")]
    assert found == [
        ("2026-10-01", 1),
        ("2026-11-06", 7 * 3600),
        ("2026-11-07", DAY),
        ("2026-11-08", DAY),
        ("2026-11-09", 9 * 3600 + 1),
    ]


def test_undoing_a_run_takes_its_events_and_its_stretch_back(database: Database, cups: int, bring: Bring) -> None:
    bring(cups, FIRST)
    with database.session() as session:
        before = (days(session, "PR-Mono"), days(session, "PR-Idle"), stored(session))
    second = bring(cups, FIRST + job("2026-11-04 09:00:00", 5, number=5))

    with database.session(write=True) as session:
        undo_run(session, second.run_id)

    with database.session() as session:
        after = (days(session, "PR-Mono"), days(session, "PR-Idle"), stored(session))
        state = session.get_one(ImportRun, second.run_id).state
    assert (after, state) == (before, "undone")


def test_a_day_at_its_edge_belongs_to_the_day_that_begins(database: Database, cups: int, bring: Bring) -> None:
    bring(cups, job("2026-11-02 23:59:59", 1) + job("2026-11-03 00:00:00", 2, number=2))

    with database.session() as session:
        assert [(day, sheets) for day, sheets, _, _ in days(session, "PR-Mono")] == [
            ("2026-11-02", 1000),
            ("2026-11-03", 2000),
        ]


def test_an_unknown_printer_is_refused_by_name_and_the_rest_is_stored(cups: int, bring: Bring) -> None:
    receipt = bring(cups, FIRST + job("2026-11-02 21:00:00", 1, "Attic"))

    assert (receipt.new, receipt.refused) == (2, 1)
    assert [(i.code, i.value) for i in receipt.tally.issues] == [("METER_UNKNOWN", "Attic")]


def test_two_names_of_one_printer_add_up(database: Database, make_source: Callable[..., int], bring: Bring) -> None:
    source = make_source("cups_page_log", {}, {"a": "PR-Mono", "b": "PR-Mono"})
    bring(source, job("2026-11-02 10:00:00", 4, "a") + job("2026-11-02 10:00:00", 2, "b"))

    with database.session() as session:
        assert [value for _, _, value in stored(session)] == [6000]


def test_an_empty_log_is_done_and_says_nothing(database: Database, cups: int, bring: Bring) -> None:
    receipt = bring(cups, b"")

    assert (receipt.state, receipt.read) == ("done", 0)


def test_more_events_than_a_part_holds_add_up_across_the_parts(
    database: Database, cups: int, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.intake.events.CHUNK_ROWS", 7)
    text = "".join(job(f"2026-11-02 10:{n // 2:02d}:00", 1, number=n) for n in range(60))

    first, again = bring(cups, text), bring(cups, text + "\n")

    with database.session() as session:
        assert (len(stored(session)), days(session, "PR-Mono")[0][1]) == (30, 60_000)
    assert (first.new, again.new, again.changed, again.same) == (30, 0, 0, 30)


def test_off_hours_follow_the_office_hours_of_the_day(database: Database, cups: int, bring: Bring) -> None:
    bring(cups, "".join(job(f"2026-11-0{day} 19:00:00", 1, number=day) for day in (2, 3, 4)))
    with database.session(write=True) as session:
        place = session.scalars(select(Place.id)).one()
        session.add(PlaceHours(place_id=place, valid_from=date(2026, 11, 3), office_from=480, office_to=1200))
        session.add(PlaceHours(place_id=place, valid_from=date(2026, 11, 4), office_from=480, office_to=1080))
        rebuild_meters(session, list(session.scalars(select(Meter.id))))

    with database.session() as session:
        assert [off for *_, off in days(session, "PR-Mono")] == [1000, 0, 1000]


def test_rebuilding_everything_gives_the_same_days(database: Database, cups: int, bring: Bring) -> None:
    bring(cups, FIRST + job("2026-11-05 09:00:00", 5, "Colour", 9))
    with database.session(write=True) as session:
        before = [days(session, f"PR-{name}") for name in PRINTERS]
        session.execute(delete(DailyConsumption))
        rebuild_meters(session, list(session.scalars(select(Meter.id))))
        assert [days(session, f"PR-{name}") for name in PRINTERS] == before


def test_an_event_missing_from_a_later_log_stays_and_is_named(database: Database, cups: int, bring: Bring) -> None:
    bring(cups, FIRST)
    shorter = bring(cups, FIRST.splitlines(keepends=True)[0] + job("2026-11-02 22:00:00", 1, number=9))

    with database.session() as session:
        assert len(stored(session)) == 3
    assert [(i.code, i.data) for i in shorter.tally.issues] == [("EVENTS_ABSENT", {"count": 1})]


PACKS = {"profile": "paper-issued"}
NAMES = {"办公室": "PK-办公室", "财务处": "PK-财务处"}
MAY = "日期,部门,数量(包),领用人\n2026-05-06,办公室,3,张三\n2026-05-06,办公室,1,李四\n2026-05-19,财务处,2,王五\n"


def test_packs_are_complete_for_their_months_and_a_removed_entry_no_longer_counts(
    database: Database, make_source: Callable[..., int], bring: Bring, tmp_path: Path
) -> None:
    source = make_source("tabular", PACKS, NAMES)
    first = bring(source, MAY, "may.csv")
    with database.session() as session:
        may = days(session, "PK-办公室")
    second = bring(source, MAY.replace("2026-05-19,财务处,2,王五\n", "2026-05-20,财务处,1,王五\n"), "may.csv")

    with database.session() as session:
        finance = {day: sheets for day, sheets, _, _ in days(session, "PK-财务处")}
        kept = session.scalar(select(func.count()).select_from(ReadingRevision))
        archived = list(session.scalars(select(Document.kept_as)))
    assert (len(may), sum(row[1] for row in may), {row[2] for row in may}) == (31, 2_000_000, {DAY})
    assert (first.new, second.new, second.to_json()["events"]) == (2, 1, {"entries": 3, "retracted": 1})
    assert (finance["2026-05-19"], finance["2026-05-20"], kept) == (0, 500_000, 1)
    for name in archived:
        text = (tmp_path / "data" / "archive" / name).read_text("utf-8-sig")
        assert [who for who in ("张三", "李四", "王五") if who in text] == []


def test_a_month_that_is_not_over_is_complete_to_its_last_entry_and_wholly_when_read_again(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source("tabular", PACKS, NAMES)
    text = MAY.replace("2026-05-", "2026-11-")
    once = bring(source, text, "nov.csv")
    with database.session() as session:
        half = len(days(session, "PK-财务处"))
    same = bring(source, text, "nov.csv")
    later = bring(source, text, "nov.csv", now=NOW.replace(month=12, day=2))

    with database.session() as session:
        whole = days(session, "PK-财务处")
    assert (half, len(whole), whole[-1]) == (19, 30, ("2026-11-30", 0, DAY, 0))
    assert [r.state for r in (once, same, later)] == ["done", "unchanged", "done"]
    assert (later.new, later.changed) == (0, 0)


def test_boxes_become_packs(make_source: Callable[..., int], bring: Bring) -> None:
    source = make_source("tabular", {"profile": {"base": "paper-issued", "value": {"factors": {"箱": 8}}}}, NAMES)

    receipt = bring(source, "日期,部门,数量(箱)\n2026-05-06,办公室,2\n", "boxes.csv")

    assert receipt.to_json()["totals"][0]["display"]["value"] == "8000"


def test_counters_are_registers(database: Database, make_source: Callable[..., int], bring: Bring) -> None:
    source = make_source("tabular", {"profile": "printer-counters"}, {"P-1": "CT-1"})
    text = "打印机编号,抄表日期,累计出纸(折A4张)\nP-1,2026-05-01,1000\nP-1,2026-05-11,1400\n"
    bring(source, text.encode("gbk"), "counters.csv")

    with database.session() as session:
        found = days(session, "CT-1")
    assert (len(found), sum(row[1] for row in found)) == (10, 400_000)


LINES = [
    job(f"2026-11-{2 + n // 4:02d} {8 + 3 * (n % 4):02d}:{n:02d}:00", 1 + n, PRINTERS[n % 2], number=n)
    for n in range(16)
]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_files_that_do_not_contradict_give_the_same_in_any_order_and_again(
    database: Database, make_source: Callable[..., int], bring: Bring, data: Any
) -> None:
    edges = st.tuples(st.integers(0, 15), st.integers(1, 16)).filter(lambda pair: pair[0] < pair[1])
    pieces = [*data.draw(st.lists(edges, min_size=1, max_size=4)), (0, 16)]
    order = data.draw(st.permutations(pieces + pieces[:1]))

    def after(sequence: list[tuple[int, int]]) -> object:
        with database.session(write=True) as session:
            for model in (DailyConsumption, EventSpan, Reading, ReadingRevision):
                session.execute(delete(model))
        source = make_source("cups_page_log", {}, {n: f"PR-{n}" for n in PRINTERS}, code=f"s{next(NUMBERS)}")
        for first, last in sequence:
            bring(source, "".join(LINES[first:last]), f"log-{first}-{last}")
        with database.session() as session:
            changed = session.scalar(select(func.count()).select_from(ReadingRevision))
            return [days(session, f"PR-{name}") for name in PRINTERS], stored(session), changed

    assert after(order) == after([(0, 16)])


NUMBERS = itertools.count()
