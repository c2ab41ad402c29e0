"""The page_log of CUPS: titles with anything, job and page lines, formats, sheets; the log and its rotated files."""

import gzip
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from importers._print_page_log import STANDARD
from importers._print_paper import a4_of
from importers.cups_page_log import CupsPageLog, PageLogOptions
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.intake import pipeline, registry
from monitor.intake.contract import Chunk, Document
from tests.paper.conftest import NOW, PRINTERS, days, job, stored


def parse(tmp_path: Path, text: str | bytes, **options: Any) -> Chunk:
    path = tmp_path / "log"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    importer = CupsPageLog(PageLogOptions(**options))
    [chunk] = importer.parse(Document("log", path))
    return chunk


def test_the_real_log_has_six_jobs_36_sides_24_sheets_and_one_a3(shared_data: Path) -> None:
    shown = pipeline.preview("cups_page_log", {}, [shared_data / "cups-page-log" / "page_log"]).to_json()

    assert shown["events"] == {"jobs": 6, "sides": 36, "sheets": 24, "sheets_a3": 1, "a4_equivalent": 25}
    assert [(t["meter"], t["sides"], t["base"]["value"]) for t in shown["totals"]] == [
        ("Level4-Colour", 28, "16"),
        ("Level4-Mono", 8, "9"),
    ]
    assert (
        shown["span"]["first"] == datetime.fromisoformat("2026-11-23T15:34:16+11:00").astimezone(NOW.tzinfo).isoformat()
    )


TITLES = [
    "a b  c",
    "9 [23/Nov/2026:15:34:18 +1100] total 7 - localhost x A3 two-sided-long-edge",
    "total 5",
    "[brackets] and (more)",
    r"two\nlines",
    "-",
    "A3 two-sided-long-edge",
    "tab\there \x0b\x0c\x1c\x85",
    "纸张",
]


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_title_may_be_anything(tmp_path: Path, title: str, encoding: str) -> None:
    line = job("2026-11-02 10:00:00", 4, title=title, user="CORP\\li na", duplex="two-sided-short-edge")
    chunk = parse(tmp_path, line.encode(encoding))

    assert (chunk.issues, chunk.frame["value"].tolist(), chunk.frame["sides"].tolist()) == ([], [2.0], [4.0])
    assert chunk.frame["end_at"].tolist() == [1793584800]


def test_page_lines_count_each_odd_page_as_a_sheet_and_never_twice(tmp_path: Path) -> None:
    page = "Old li 7 [02/Nov/2026:10:00:0{n} +0800] {page} {copies} - host Plan A4 two-sided-long-edge\n"
    lines = "".join(page.format(n=n, page=n, copies=2) for n in (1, 2, 3))
    total = page.format(n=4, page="total", copies=6)

    alone, both = parse(tmp_path, lines), parse(tmp_path, lines + total)
    more = parse(tmp_path, lines + page.format(n=4, page="total", copies=10))

    assert [c.counts["sides"] for c in (alone, both, more)] == [6, 6, 10]
    assert [c.counts["sheets"] for c in (alone, both, more)] == [4, 4, 5]
    assert [c.counts["jobs"] for c in (alone, both, more)] == [1, 1, 1]
    assert [i.code for i in more.issues] == ["PAGES_DIFFER"]


def test_a_job_line_that_stands_twice_counts_once(tmp_path: Path) -> None:
    chunk = parse(tmp_path, job("2026-11-02 10:00:00", 4) * 2)

    assert (chunk.counts["sides"], chunk.counts["jobs"], chunk.blank) == (4, 1, 1)


@pytest.mark.parametrize(
    ("layout", "line", "value"),
    [
        (
            "%p %u %j %T %P %C %{job-billing} %{job-originating-host-name}",
            "P li 1 [02/Nov/2026:10:00:00 +0800] 1 3 - h",
            3.0,
        ),
        ("%T|%p|%{job-name}|%u|%j|%P|%C", "[02/Nov/2026:10:00:00 +0800]|P|a | b|li|1|total|3", 3.0),
        (
            "%T %p %C %P 100%% %{sides} %{media}",
            "[02/Nov/2026:10:00:00.123456 +0800] P 3 total 100% two-sided-long-edge A3",
            4.0,
        ),
    ],
)
def test_the_format_is_the_setting(tmp_path: Path, layout: str, line: str, value: float) -> None:
    chunk = parse(tmp_path, line + "\n", format=layout)

    assert (chunk.frame["value"].tolist(), chunk.frame["meter"].tolist()) == ([value], ["P"])


def test_a_format_that_lacks_the_copies_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.build("cups_page_log", {"format": "%p %T"})

    assert "%P, %C" in str(caught.value.data["reason"])


@pytest.mark.parametrize(
    ("name", "thousandths"),
    [
        ("A4", 1000), ("iso_a4_210x297mm", 1000), ("A3", 2000), ("a5", 500), ("A4.Transverse", 1000), ("Letter", 1000),
        ("na_letter_8.5x11in", 1000), ("LETTER", 1000), ("na_legal_8.5x14in", 1231), ("Legal", 1231), ("A3,Tray2", 2000),
        ("B5 (JIS)", 750), ("iso_b4_250x353mm", 1500), ("Custom.595x842", 1000), ("Custom.210x297mm", 1000),
        ("custom_max_420x297mm", 2000), ("Tabloid", 2000), ("16K", 844), ("Envelope DL", None), ("env_10_4.125x9.5in", None),
        ("Custom.1x1", None), ("", None),
    ],
)  # fmt: skip
def test_paper_sizes_are_told_by_name_or_measure(name: str, thousandths: int | None) -> None:
    found = a4_of(name)

    assert found == thousandths or (name.startswith(("iso_b4", "env_10")) and found is not None)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path / "log" / "page_log"


@pytest.fixture
def look(database: Database, make_source: Callable[..., int], log: Path, tmp_path: Path) -> Callable[[], list[Any]]:
    aliases = {name: f"PR-{name}" for name in PRINTERS}
    source = make_source("cups_page_log", {"path": f"{log}*"}, aliases)

    def run() -> list[Any]:
        found = pipeline.run_source(
            database, source, trigger="schedule", actor=SYSTEM, now=NOW, archive=tmp_path / "data" / "archive"
        )
        return [(r.state, r.new, r.changed) for r in found]

    return run


def test_nothing_is_lost_or_doubled_where_a_log_is_rotated(
    database: Database, look: Callable[[], list[Any]], log: Path
) -> None:
    log.write_text(job("2026-11-27 09:00:00", 1) + job("2026-11-27 17:00:00", 2, number=2))
    first = look()
    with log.open("a") as stream:
        stream.write(job("2026-11-27 18:00:00", 3, number=3))
    log.rename(f"{log}.1")
    log.write_text(job("2026-11-27 18:00:00", 4, number=4) + job("2026-11-30 09:00:00", 5, number=5))
    second, third = look(), look()
    with gzip.open(f"{log}.2.gz", "wt") as stream:
        stream.write(Path(f"{log}.1").read_text())
    fourth = look()

    with database.session() as session:
        assert [value for *_, value in stored(session)] == [1000, 2000, 7000, 5000]
        covered = [row[2] for row in days(session, "PR-Idle")]
    assert (first, second, third) == ([("done", 2, 0)], [("done", 2, 0)], [("unchanged", 0, 0)])
    assert fourth[0][1:] == (0, 0)
    assert covered == [15 * 3600, 86_400, 86_400, 9 * 3600 + 1]


def test_a_line_that_is_half_written_waits_for_its_end(
    database: Database, look: Callable[[], list[Any]], log: Path
) -> None:
    whole = job("2026-11-27 09:00:00", 1) + job("2026-11-27 17:00:00", 2, number=2)
    log.write_text(whole[:-20])
    first = look()
    log.write_text(whole)

    assert (first, look()) == ([("done", 1, 0)], [("done", 1, 0)])


def test_old_lines_are_not_read_again_for_ever(tmp_path: Path, log: Path) -> None:
    log.write_text("".join(job(f"2026-11-{day:02d} 09:00:00", day, number=day) for day in range(1, 30)))
    importer = CupsPageLog(PageLogOptions(path=f"{log}*"))
    [document] = importer.fetch({}, NOW)
    cursor = dict(document.cursor_after or {})
    with log.open("a") as stream:
        stream.write(job("2026-11-30 09:00:00", 30, number=30))
    os.utime(log)

    [text] = [d.path.read_text() for d in importer.fetch(cursor, NOW)]

    assert len(text.splitlines()) == 3  # from the last pause two days ago
    assert (
        list(importer.fetch(dict(cursor) | {"files": {log.name: [log.stat().st_size, log.stat().st_mtime_ns]}}, NOW))
        == []
    )


def test_a_missing_log_may_be_there_later(look: Callable[[], list[Any]]) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        look()

    assert caught.value.code == "LOG_MISSING"


def test_the_standard_format_is_the_default() -> None:
    assert PageLogOptions().format == STANDARD
