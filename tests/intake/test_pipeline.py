"""Documents through the whole pipeline, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from monitor.database.engine import Database
from monitor.database.readings import undo_run
from monitor.database.state import data_version
from monitor.database.tables import (
    Bill,
    BillRevision,
    DailyConsumption,
    Document,
    ImportIssue,
    ImportRun,
    Place,
    Reading,
    ReadingRevision,
    Source,
)
from monitor.domain.access import NOBODY, SYSTEM
from monitor.errors import NotFound, ResourceBusy, SourceUnavailable
from monitor.intake import pipeline
from monitor.intake.pipeline import Receipt
from monitor.services import metering
from monitor.services.setup import parse_part
from tests.intake.conftest import NOW, ROWS

HEAD = "meter,time,kWh\n"
DAY = HEAD + "".join(f"E-1,2026-05-{1 + h // 24:02d} {h % 24:02d}:00,{h}.5\n" for h in range(1, 25))
Bring = Callable[..., Receipt]


def counts(receipt: Receipt) -> tuple[int, ...]:
    return (receipt.read, receipt.new, receipt.changed, receipt.same, receipt.blank, receipt.refused)


def test_a_day_of_hours_becomes_readings_and_a_derived_day(
    database: Database, make_source: Callable[..., int], site: dict[str, int], bring: Bring
) -> None:
    receipt = bring(make_source(ROWS), DAY)

    with database.session() as session:
        stored = session.execute(select(func.count(), func.sum(Reading.value), func.min(Reading.register_id))).one()
        days = session.execute(select(DailyConsumption.quantity, DailyConsumption.covered)).all()
        run = session.get_one(ImportRun, receipt.run_id)
    assert counts(receipt) == (24, 24, 0, 0, 0, 0)
    assert (stored[0], int(stored[1]), stored[2]) == (24, 312_000_000, site["E-1 interval"])
    assert [tuple(row) for row in days] == [(312_000_000, 86_400)]
    assert (run.state, run.rows_new, run.first_at, run.last_at) == (
        "done",
        24,
        datetime(2026, 4, 30, 16, tzinfo=UTC),
        datetime(2026, 5, 1, 16, tzinfo=UTC),
    )


def test_the_same_bytes_again_are_unchanged_and_nothing_is_read(make_source: Callable[..., int], bring: Bring) -> None:
    source = make_source(ROWS)
    bring(source, DAY)

    again = bring(source, DAY, "another-name.csv")

    assert (again.state, counts(again)) == ("unchanged", (0, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    "saved",
    [
        DAY.replace("\n", "\r\n"),
        HEAD + "".join(sorted(DAY.splitlines(keepends=True)[1:], reverse=True)),
        DAY.replace("E-1", '"E-1"'),
        DAY.encode("utf-16"),
        DAY.replace(",", ";"),
        DAY + DAY.splitlines()[3] + "\n",
    ],
    ids=["crlf", "reversed", "quoted", "utf-16", "semicolons", "repeated row"],
)
def test_a_file_saved_otherwise_changes_nothing(
    make_source: Callable[..., int], bring: Bring, saved: str | bytes
) -> None:
    source = make_source(ROWS)
    bring(source, DAY)

    again = bring(source, saved)

    assert (again.state, again.new, again.changed, again.refused) == ("done", 0, 0, 0)
    assert again.read == again.same


def test_a_corrected_file_corrects_exactly_what_differs(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source(ROWS)
    bring(source, DAY)

    receipt = bring(source, DAY.replace(",7.5", ",9.5"))

    with database.session() as session:
        before = session.execute(select(ReadingRevision.value, ReadingRevision.replaced_by)).all()
        day = session.scalars(select(DailyConsumption.quantity)).one()
    assert counts(receipt) == (24, 0, 1, 23, 0, 0)
    assert [tuple(row) for row in before] == [(7_500_000, receipt.run_id)]
    assert day == 314_000_000


def test_undoing_an_import_puts_the_readings_before_it_back(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source(ROWS)
    bring(source, DAY)
    second = bring(source, DAY.replace(",7.5", ",9.5") + "E-2,2026-05-02 01:00,5\n")

    with database.session(write=True) as session:
        undo_run(session, second.run_id)

    with database.session() as session:
        rows = session.execute(select(func.count(), func.sum(Reading.value))).one()
        days = session.scalars(select(DailyConsumption.quantity)).all()
    assert (rows[0], int(rows[1]), list(days)) == (24, 312_000_000, [312_000_000])


def test_refused_rows_keep_place_value_reason_and_the_rest_is_stored(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    text = HEAD + (
        "E-1,2026-05-01 01:00,1\n"
        "X-9,2026-05-01 01:00,1\n"
        "E-1,2026-05-01 25:00,1\n"
        'E-1,2026-05-01 02:00,"12,5"\n'
        "E-1,2026-05-01 03:00,\n"
        "E-1,2031-05-01 03:00,4\n"
        "W-1,2026-05-01 03:00,4\n"
        "E-1,2026-05-01 04:00,12,5\n"
    )

    receipt = bring(make_source(ROWS), text)

    with database.session() as session:
        found = session.execute(
            select(ImportIssue.row_no, ImportIssue.code, ImportIssue.column, ImportIssue.value).order_by(
                ImportIssue.row_no
            )
        ).all()
    assert counts(receipt) == (8, 1, 0, 0, 0, 7)
    assert [tuple(row) for row in found] == [
        (3, "METER_UNKNOWN", "", "X-9"),
        (4, "NOT_A_TIME", "time", "2026-05-01 25:00"),
        (5, "NOT_A_NUMBER", "kWh", "12,5"),
        (6, "CELL_EMPTY", "kWh", ""),
        (7, "TIME_IN_FUTURE", "", "2031-04-30T19:00:00Z"),
        (8, "RESOURCE_DIFFERS", "", "W-1"),
        (9, "ROW_TOO_LONG", "", ""),
    ]


def test_an_alias_leads_to_its_meter(
    database: Database, make_source: Callable[..., int], site: dict[str, int], bring: Bring
) -> None:
    bring(make_source(ROWS), HEAD + "second,2026-05-01 01:00,1\n")

    with database.session() as session:
        assert session.scalars(select(Reading.register_id)).all() == [site["E-2 interval"]]


def test_a_bill_keeps_its_money_and_its_invoice(
    database: Database, make_source: Callable[..., int], site: dict[str, int], bring: Bring
) -> None:
    profile: dict[str, Any] = {
        "layout": "bills",
        "resource": "electricity",
        "meter": {"constant": "E-1"},
        "time": {"start": "起", "end": "止", "format": "%Y-%m-%d", "end_inclusive": True},
        "value": {"column": "电量(度)", "measure": "度", "amount": "金额", "invoice": "发票"},
    }

    receipt = bring(make_source(profile), "起,止,电量(度),金额,发票\n2026-04-01,2026-04-30,3000,2455.55,N-7\n")

    with database.session() as session:
        bill = session.execute(select(Bill.register_id, Bill.amount, Bill.invoice)).one()
        days = session.execute(select(func.count(), func.sum(DailyConsumption.quantity))).one()
    assert counts(receipt) == (1, 1, 0, 0, 0, 0)
    assert tuple(bill) == (site["E-1 bill"], 245_555_000, "N-7")
    assert (days[0], int(days[1])) == (30, 3_000_000_000)


def test_undoing_a_corrected_bill_brings_the_earlier_amount_back(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source(
        {
            "layout": "bills",
            "resource": "electricity",
            "meter": {"constant": "E-1"},
            "time": {"start": "起", "end": "止", "format": "%Y-%m-%d", "end_inclusive": True},
            "value": {"column": "电量(度)", "measure": "度", "amount": "金额", "invoice": "发票"},
        }
    )
    text = "起,止,电量(度),金额,发票\n2026-04-01,2026-04-30,3000,2455.55,N-7\n"
    first = bring(source, text)
    second = bring(source, text.replace("2455.55", "2500") + "2026-05-01,2026-05-31,10,8,N-8\n")
    with database.session(write=True) as session:
        kept = session.execute(select(BillRevision.amount, BillRevision.run_id, BillRevision.replaced_by)).all()
        undo_run(session, second.run_id)

    with database.session() as session:
        bills = session.execute(select(Bill.amount, Bill.invoice, Bill.run_id)).all()
        left = session.scalar(select(func.count()).select_from(BillRevision))
        states = list(session.scalars(select(ImportRun.state).order_by(ImportRun.id)))
    assert [tuple(row) for row in kept] == [(245_555_000, first.run_id, second.run_id)]
    assert [tuple(row) for row in bills] == [(245_555_000, "N-7", first.run_id)]
    assert (left, states) == (0, ["done", "undone"])


def test_a_refused_document_is_a_receipt_and_no_reading(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    receipt = bring(make_source(ROWS), "<!DOCTYPE html><html><title>Sign in</title></html>")

    with database.session() as session:
        run = session.get_one(ImportRun, receipt.run_id)
        assert session.scalar(select(func.count()).select_from(Reading)) == 0
    assert (receipt.state, run.state, run.error_code, run.error_data["title"]) == (
        "refused",
        "refused",
        "HTML_PAGE",
        "Sign in",
    )


def test_a_document_is_kept_by_its_hash(
    database: Database, make_source: Callable[..., int], bring: Bring, tmp_path: Path
) -> None:
    receipt = bring(make_source(ROWS), DAY)

    with database.session() as session:
        kept = session.scalars(select(Document.kept_as).where(Document.sha256 == receipt.sha256)).one()
    assert (tmp_path / "archive" / kept).read_bytes() == DAY.encode()


def test_a_watched_folder_brings_new_and_changed_files_once(
    database: Database, make_source: Callable[..., int], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text(DAY)
    (inbox / "~$a.csv").write_text("a lock of a workbook")
    source = make_source(ROWS, inbox=str(inbox))

    def look() -> list[tuple[str, str, int, int]]:
        found = pipeline.run_source(
            database, source, trigger="schedule", actor=SYSTEM, now=NOW, archive=tmp_path / "archive"
        )
        return [(r.document, r.state, r.new, r.changed) for r in found]

    first, second = look(), look()
    (inbox / "a.csv").write_text(DAY.replace(",7.5", ",19.5"))
    (inbox / "b.csv").write_text(HEAD + "E-2,2026-05-01 01:00,1\n")
    third = look()

    assert first == [("a.csv", "done", 24, 0)]
    assert second == [("", "unchanged", 0, 0)]
    assert sorted(third) == [("a.csv", "done", 0, 1), ("b.csv", "done", 1, 0)]


def test_looks_that_find_nothing_share_one_receipt(
    database: Database, make_source: Callable[..., int], tmp_path: Path
) -> None:
    source = make_source(ROWS, inbox=str(tmp_path))

    for minute in range(3):
        now = NOW + timedelta(minutes=minute)
        pipeline.run_source(database, source, trigger="schedule", actor=SYSTEM, now=now, archive=tmp_path / "archive")

    with database.session() as session:
        runs = session.execute(select(ImportRun.state, ImportRun.finished_at)).all()
    assert [tuple(run) for run in runs] == [("unchanged", NOW + timedelta(minutes=2))]


def test_a_missing_inbox_is_a_failed_run_and_worth_a_retry(
    database: Database, make_source: Callable[..., int], tmp_path: Path
) -> None:
    source = make_source(ROWS, inbox=str(tmp_path / "nowhere"))

    with pytest.raises(SourceUnavailable) as caught:
        pipeline.run_source(database, source, trigger="schedule", actor=SYSTEM, now=NOW, archive=tmp_path)

    with database.session() as session:
        assert session.execute(select(ImportRun.state, ImportRun.error_code)).one() == ("failed", "INBOX_MISSING")
    assert caught.value.permanent is False


def test_a_fence_that_refuses_leaves_no_reading_behind(
    database: Database, make_source: Callable[..., int], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text(DAY)
    source = make_source(ROWS, inbox=str(inbox))
    asked: list[int] = []

    def fence(session: Any) -> None:
        asked.append(1)
        if len(asked) == 2:
            raise ResourceBusy("CLAIM_LOST", "Somebody else has it.")

    options: dict[str, Any] = {"trigger": "schedule", "actor": SYSTEM, "now": NOW, "archive": tmp_path / "archive"}
    with pytest.raises(ResourceBusy):
        pipeline.run_source(database, source, fence=fence, **options)
    with database.session() as session:
        lost = (session.scalar(select(func.count()).select_from(Reading)), session.get_one(Source, source).cursor)
    again = pipeline.run_source(database, source, **options)

    with database.session() as session:
        states = list(session.scalars(select(ImportRun.state).order_by(ImportRun.id)))
    assert lost == (0, {})
    assert [(r.state, r.new) for r in again] == [("done", 24)]
    assert states == ["failed", "done"]


def test_what_was_undone_comes_back_by_hand_only(
    database: Database, make_source: Callable[..., int], bring: Bring, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").write_text(DAY)
    source = make_source(ROWS, inbox=str(inbox))
    first = bring(source, DAY)
    with database.session(write=True) as session:
        undo_run(session, first.run_id)
        session.get_one(ImportRun, first.run_id).state = "undone"

    looked = pipeline.run_source(
        database, source, trigger="schedule", actor=SYSTEM, now=NOW, archive=tmp_path / "archive"
    )
    again = bring(source, DAY)

    assert [r.state for r in looked] == ["unchanged"]
    assert (again.state, again.new) == ("done", 24)


def test_a_stranger_may_not_import(make_source: Callable[..., int], bring: Bring) -> None:
    with pytest.raises(NotFound):
        bring(make_source(ROWS), DAY, actor=NOBODY)


def test_every_write_moves_the_data_version(database: Database, make_source: Callable[..., int], bring: Bring) -> None:
    source = make_source(ROWS)
    with database.session() as session:
        before = data_version(session)

    bring(source, DAY)

    with database.session() as session:
        assert data_version(session) == before + 1


STATION = {"base": "outdoor-temperature-hourly", "time": {"format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai"}}
FROST = "站号,时间,气温(℃)\nT-1,2026-01-05 01:00,-3.5\nT-1,2026-01-05 02:00,999999\nT-1,2026-01-05 03:00,88\n"


def test_temperatures_come_in_below_zero_are_revised_and_undone_and_derive_no_days(
    database: Database, make_source: Callable[..., int], site: dict[str, int], bring: Bring
) -> None:
    assert site
    with database.session(write=True) as session:
        spec = {"code": "T-1", "zh": "站", "en": "Station", "resource": "outdoor_temperature"}
        place = session.scalars(select(Place.code)).first()
        metering.put_meter(session, SYSTEM, parse_part(metering.MeterSpec, spec | {"place": place}))
    source = make_source(STATION)

    first = bring(source, FROST)
    second = bring(source, FROST.replace("-3.5", "-4.25"))
    with database.session(write=True) as session:
        values = session.execute(select(Reading.value, Reading.start_at, Reading.quality)).all()
        days = session.scalar(select(func.count()).select_from(DailyConsumption))
        said = set(session.scalars(select(ImportIssue.code)))
        undo_run(session, second.run_id)
        back = session.scalars(select(Reading.value)).all()

    assert [counts(one) for one in (first, second)] == [(3, 1, 0, 0, 1, 1), (3, 0, 1, 0, 1, 1)]
    assert [tuple(row) for row in values] == [(-4250, None, 0)]
    assert (days, said, list(back)) == (0, {"GAUGE_IMPLAUSIBLE"}, [-3500])
