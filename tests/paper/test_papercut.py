"""PaperCut Print Logger: code pages, titles, overlapping files, periods that are over and that are not."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from importers.papercut_print_log import PaperCutOptions, PaperCutPrintLog
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.errors import DocumentRefused
from monitor.intake import pipeline, sandbox
from monitor.intake.contract import Chunk, Document
from monitor.intake.pipeline import Receipt
from tests.paper.conftest import NOW, PRINTERS, days, stored

Bring = Callable[..., Receipt]
VENDOR = "PaperCut Print Logger - http://www.papercut.com/\r\n"
HEAD = "Time,User,Pages,Copies,Printer,Document Name,Client,Paper Size,Language,Height,Width,Duplex,Grayscale,Size\r\n"
ALIASES = {name: f"PR-{name}" for name in PRINTERS}


def row(when: str, pages: int = 1, copies: int = 1, printer: str = "Mono", **more: str) -> str:
    said = {"user": "li", "title": "Agenda", "paper": "A4", "duplex": "NOT DUPLEX"} | more
    title = said["title"].replace('"', '""')
    return (
        f'{when},{said["user"]},{pages},{copies},{printer},"{title}",PC-1,{said["paper"]},PCL6,,,'
        f"{said['duplex']},GRAYSCALE,19kb,\r\n"
    )


def log(*rows: str) -> str:
    return VENDOR + HEAD + "".join(rows)


def parse(tmp_path: Path, data: str | bytes, name: str = "all-time.csv", **options: Any) -> Chunk:
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    [chunk] = PaperCutPrintLog(PaperCutOptions(**options)).parse(Document(name, path))
    return chunk


@pytest.mark.parametrize(
    ("encoding", "printer"),
    [("utf-8-sig", "财务处"), ("gbk", "财务处"), ("cp1252", "Büro–Süd"), ("cp1252", "Mono"), ("utf-16", "财务处")],
)
def test_the_code_page_of_the_machine_is_found(tmp_path: Path, encoding: str, printer: str) -> None:
    text = log(
        row("2026-11-02 10:00:00", printer=printer),
        row("2026-11-02 10:00:01", title="关于通知" if encoding != "cp1252" else "é"),
    )

    chunk = parse(tmp_path, text.encode(encoding))

    assert chunk.frame["meter"].tolist() == [printer, "Mono"]


def test_the_code_page_may_be_named(tmp_path: Path) -> None:
    chunk = parse(tmp_path, log(row("2026-11-02 10:00:00", printer="Å")).encode("cp1252"), encoding="cp1252")

    assert chunk.frame["meter"].tolist() == ["Å"]


@pytest.mark.parametrize(
    "title",
    ['say "hi", then go', "two\r\nlines", "a,b,,c", "=1+1", "Time,User,Pages", "2026-11-02 10:00:00", "纸" * 300, ""],
)
def test_a_title_may_be_anything(tmp_path: Path, title: str) -> None:
    chunk = parse(tmp_path, log(row("2026-11-02 10:00:00", 3, 2, title=title, duplex="DUPLEX")))

    assert (chunk.issues, chunk.frame["value"].tolist(), chunk.counts["sides"]) == ([], [4.0], 6)


def test_rows_that_cannot_be_read_are_refused_in_their_place(tmp_path: Path) -> None:
    bad = [
        row("2026-11-02 10:00:00").replace(",1,1,", ",one,1,"),
        row("2026-02-30 10:00:00"),
        row("2026-11-02 10:00:00", printer=""),
        "cut,off\r\n",
    ]
    chunk = parse(tmp_path, log(row("2026-11-02 09:00:00"), *bad))

    assert (len(chunk.frame), chunk.refused) == (1, 4)
    assert sorted((i.row_no or 0, i.code) for i in chunk.issues) == [
        (4, "NOT_A_NUMBER"), (5, "NOT_A_TIME"), (6, "PRINTER_MISSING"), (7, "ROW_UNREADABLE"),
    ]  # fmt: skip


def test_a_repeated_hour_is_summer_first_and_winter_after_the_clock_went_back(tmp_path: Path) -> None:
    times = [
        "2026-10-25 01:30:00",
        "2026-10-25 01:50:00",
        "2026-10-25 01:10:00",
        "2026-10-25 01:55:00",
        "2026-10-25 02:01:00",
    ]
    chunk = parse(tmp_path, log(*map(row, times)), zone="Europe/London")

    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp())
    assert [at - first for at in chunk.frame["end_at"].tolist()] == [0, 1200, 2400, 5100, 5460]


def test_an_hour_that_never_was_is_refused(tmp_path: Path) -> None:
    chunk = parse(tmp_path, log(row("2026-03-29 01:30:00")), zone="Europe/London")

    assert [i.code for i in chunk.issues] == ["TIME_NOT_EXISTING"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE html><title>PaperCut</title>", "HTML_PAGE"),
        (b"%PDF-1.7", "NOT_A_TABLE"),
        (b"a,b\r\n1,2\r\n", "NOT_PAPERCUT"),
        (b"", "EMPTY"),
        (VENDOR.encode(), "NOT_PAPERCUT"),
        (b"PK\x03\x04zip", "NOT_PAPERCUT"),
    ],
)
def test_other_content_is_refused_by_content(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        parse(tmp_path, data, "papercut-print-log-2026-11-02.csv")

    assert caught.value.code == code


DAILY = log(row("2026-11-02 09:00:00", 4), row("2026-11-02 17:00:00", 2))
NOON = datetime(2026, 11, 2, 4, 30, tzinfo=UTC)


def test_a_day_read_at_noon_is_complete_to_its_last_line_and_wholly_the_next_day(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source("papercut_print_log", {}, ALIASES)
    name = "papercut-print-log-2026-11-02.csv"
    morning = log(row("2026-11-02 09:00:00", 4))
    bring(source, morning, name, now=NOON)
    with database.session() as session:
        noon = days(session, "PR-Idle")
    evening = bring(source, DAILY, name, now=NOON.replace(hour=12))
    with database.session() as session:
        late = days(session, "PR-Idle")
    next_day = bring(source, DAILY, name, now=NOON.replace(day=3))

    with database.session() as session:
        whole = days(session, "PR-Idle")
    assert (noon[0][2], late[0][2], whole[0][2]) == (9 * 3600 + 1, 17 * 3600 + 1, 86_400)
    assert (evening.new, evening.same, next_day.new, next_day.same) == (1, 1, 0, 2)
    assert bring(source, DAILY, name, now=NOON.replace(day=4)).state == "unchanged"


def test_daily_monthly_and_all_time_files_overlap_without_harm(
    database: Database, make_source: Callable[..., int], bring: Bring
) -> None:
    source = make_source("papercut_print_log", {}, ALIASES)
    november = [
        row("2026-11-02 09:00:00", 4),
        row("2026-11-02 17:00:00", 2),
        row("2026-11-03 09:00:00", 1, 3, "Colour"),
    ]
    october = [row("2026-10-30 09:00:00", 7)]
    bring(source, log(*november[:2]), "papercut-print-log-2026-11-02.csv")
    month = bring(source, log(*november), "papercut-print-log-2026-11.csv", now=NOW.replace(month=12, day=1))
    everything = bring(source, log(*october, *november), "papercut-print-log-all-time.csv")
    again = bring(source, log(*november[2:]), "papercut-print-log-2026-11-03.csv")

    with database.session() as session:
        assert [value for *_, value in stored(session)] == [7000, 4000, 2000, 3000]
        covered = [day[2] for day in days(session, "PR-Idle")]
    assert [(r.new, r.changed) for r in (month, everything, again)] == [(1, 0), (1, 0), (0, 0)]
    assert covered == [54_000, 86_400] + [86_400] * 30


def test_a_folder_is_looked_through_and_a_day_that_is_over_is_read_again(
    database: Database, make_source: Callable[..., int], tmp_path: Path
) -> None:
    inbox = tmp_path / "csv" / "daily"
    inbox.mkdir(parents=True)
    (inbox / "papercut-print-log-2026-11-02.csv").write_bytes(DAILY.encode())
    source = make_source("papercut_print_log", {"inbox": str(tmp_path / "csv")}, ALIASES)

    def look(now: datetime) -> list[tuple[str, int]]:
        found = pipeline.run_source(
            database, source, trigger="schedule", actor=SYSTEM, now=now, archive=tmp_path / "data" / "archive"
        )
        return [(r.state, r.new) for r in found]

    moments = (NOON.replace(hour=12), NOON.replace(hour=13), NOON.replace(day=3), NOON.replace(day=4))
    assert [look(now) for now in moments] == [[("done", 2)], [("unchanged", 0)], [("done", 0)], [("unchanged", 0)]]
    with database.session() as session:
        assert days(session, "PR-Idle")[0][2] == 86_400


def test_a_cleaned_file_reads_as_the_original_and_cleaning_it_again_changes_nothing(tmp_path: Path) -> None:
    text = log(
        row("2026-11-02 10:00:00", printer="财务处", title="秘密,\r\n计划"), row("2026-11-02 10:00:01", paper="A3")
    )
    raw, once, twice = (tmp_path / name for name in ("raw", "once", "twice"))
    raw.write_bytes(text.encode("gbk"))
    for source, target in ((raw, once), (once, twice)):
        sandbox.scrub("papercut_print_log", {}, Document("x.csv", source), target, b"key")

    importer = PaperCutPrintLog(PaperCutOptions())
    [before], [after] = (list(importer.parse(Document("x.csv", path))) for path in (raw, once))
    assert before.frame.equals(after.frame)
    assert before.detected == after.detected
    assert once.read_bytes() == twice.read_bytes()
