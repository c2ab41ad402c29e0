"""Odd things in a watched folder: plain files come in whatever they are called, nothing else is followed, and what cannot be read is said."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import Document, ImportIssue, ImportRun
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.intake import pipeline, registry
from tests.hostile.case import GOOD, ROWS
from tests.hostile.corpus import logs, texts
from tests.hostile.make import CELLS, label, number, xls
from tests.intake.conftest import NOW, bring, make_source, site

__all__ = ["bring", "make_source", "site"]
ODD = (
    "a\nb.csv", "a\tb.csv", "a\rb.csv", "\u202efdp.csv", "x" * 251 + ".csv", "=1+1.csv", "<script>.csv", "a'b\";--.csv", "%00.csv", "..csv", " .csv",
    "…/.csv".replace("/", "⁄"), "\\..\\..\\x.csv", "$(reboot).csv", "表\u3000格.csv", "\x01.csv", "{file}.csv", "💧.csv",
)  # fmt: skip


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def run(database: Database, source: int, tmp_path: Path) -> list[Any]:
    return pipeline.run_source(
        database, source, trigger="schedule", actor=SYSTEM, now=NOW, archive=tmp_path / "archive"
    )


def plain(folder: Path) -> int:
    """Put a good file of each odd name there; gives how many this file system takes."""
    count = 0
    names = [os.fsencode(name) for name in ODD] + [b"\xff\xfe.csv", b"\xb1\xed.csv"]
    for n, name in enumerate(names):
        path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118 - bytes are no Path
        if name.startswith(b"."):
            continue
        with open(path, "wb") as stream:  # noqa: PTH123 - see above
            stream.write(GOOD.replace("05-01", f"05-{n + 1:02d}").encode())
        count += 1
    return count


def test_a_file_comes_in_whatever_it_is_called(
    database: Database, make_source: Callable[..., int], inbox: Path, tmp_path: Path
) -> None:
    source, count = make_source(ROWS, inbox=str(inbox)), plain(inbox)

    first, second = run(database, source, tmp_path), run(database, source, tmp_path)

    assert ({receipt.state for receipt in first}, len(first)) == ({"done"}, count)
    assert [receipt.state for receipt in second] == ["unchanged"]
    with database.session() as session:
        names = session.scalars(select(Document.name)).all()
    assert (len(set(names)), [name for name in names if not name.isprintable()]) == (count, [])


def test_what_is_no_plain_file_of_the_folder_is_not_followed(
    database: Database, make_source: Callable[..., int], inbox: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text(GOOD.replace("E-1", "E-2"))
    (inbox / "folder.csv").mkdir()
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "zero.csv").symlink_to("/dev/zero")
    (inbox / "link.csv").symlink_to(outside)
    (inbox / "up.csv").symlink_to("../secret.csv")
    (inbox / "round.csv").symlink_to("round.csv")
    (inbox / "nowhere.csv").symlink_to("gone")
    (inbox / "good.csv").write_text(GOOD)
    (inbox / "inside.csv").symlink_to("good.csv")
    source = make_source(ROWS, inbox=str(inbox))

    with pytest.raises(SourceUnavailable) as caught:
        run(database, source, tmp_path)

    said = str(caught.value.data["files"])
    assert (caught.value.code, [name in said for name in ("link.csv", "up.csv", "nowhere.csv")]) == (
        "FILES_UNREADABLE",
        [True] * 3,
    )
    with database.session() as session:
        states = session.execute(
            select(Document.name, ImportRun.state).join(ImportRun, ImportRun.document_id == Document.id)
        ).all()
        failed = session.scalars(select(ImportRun.error_code).where(ImportRun.state == "failed")).all()
    assert (sorted({name for name, _ in states}), failed) == (["good.csv"], ["FILES_UNREADABLE"])


@pytest.mark.parametrize("kind", ["tabular", "papercut_print_log"])
@pytest.mark.parametrize("pattern", ["../*.csv", "/etc/*", "a/../../*", ""])
def test_a_pattern_stays_below_its_folder(kind: str, pattern: str) -> None:
    options = {"profile": ROWS} if kind == "tabular" else {}

    with pytest.raises(ConfigurationError):
        registry.build(kind, {**options, "pattern": pattern})


def test_a_file_that_grows_while_it_is_read_ends_as_the_whole_file(
    database: Database, make_source: Callable[..., int], inbox: Path, tmp_path: Path
) -> None:
    source, path, whole = (
        make_source(ROWS, inbox=str(inbox)),
        inbox / "grows.csv",
        GOOD + "E-1,2026-05-01 03:00,1234.5\n",
    )
    for size in (len(GOOD) + 5, len(whole) - 4, len(whole)):  # cut in a time, cut in a number, whole
        path.write_text(whole[:size])
        os.utime(path, ns=(size, size))
        receipts = run(database, source, tmp_path)
        assert receipts[0].state == "done"

    assert (receipts[0].changed, receipts[0].refused, receipts[0].stored_same) == (1, 0, 2)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("NULs in a table", texts.GOOD.encode() + b"E\x001,2026-05-01\x00 03:00,1\x00\n"),
        ("NULs in a workbook", xls(CELLS + label(3, 0, "E\0001") + label(3, 1, "\0") + number(3, 2, 4), title="a\0b")),
        ("half a character", texts.SHEET.encode() + b"\xed\xa0\x80,2026-05-01 03:00,4,\n"),
        ("fields", b"meter,time,kWh\n{file} {0},2026-05-01 01:00,{x}\n"),
        ("a column of NULs", b"me\x00ter,time,kWh\nE-1,2026-05-01 01:00,1\n"),
    ],
)
def test_no_character_of_a_file_makes_the_database_fail(
    database: Database, make_source: Callable[..., int], bring: Callable[..., Any], name: str, body: bytes
) -> None:
    receipt = bring(make_source(ROWS), body, name="odd\x00".strip("\x00") + ".csv")

    assert receipt.state in {"done", "refused"}, name
    assert receipt.error_code != "INTERNAL"
    with database.session() as session:
        assert [issue for issue in session.scalars(select(ImportIssue.value)) if "\x00" in issue] == []


def test_a_print_log_of_any_time_is_stored_or_refused(database: Database, site: dict[str, int], tmp_path: Path) -> None:
    from monitor.database.tables import Source

    with database.session(write=True) as session:
        source = Source(
            code="cups",
            name_zh="印",
            name_en="Print",
            kind="cups_page_log",
            options={},
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        session.add(source)
        session.flush()
        number_of = source.id
    path = tmp_path / "page_log"
    path.write_bytes(
        b"\n".join(
            case.body()
            for case in logs.CASES
            if case.kind == "cups_page_log" and len(case.body()) < 20_000 and not case.code
        )
    )

    receipt = pipeline.import_file(database, number_of, path, actor=SYSTEM, now=NOW, archive=tmp_path / "archive")

    assert receipt.state in {"done", "refused"}
