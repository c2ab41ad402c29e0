"""Documents beyond one chunk: stored in parts, pages answer meanwhile, running it again is idempotent."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, ImportRun, Reading, ReadingRevision
from monitor.domain.access import SYSTEM
from monitor.errors import ResourceBusy
from monitor.intake import pipeline
from tests.intake.conftest import NOW, ROWS

MINUTES = 260_000  # a meter read every minute for half a year: more than one chunk
PROFILE: dict[str, Any] = ROWS | {"time": {"column": "time", "format": "epoch", "interval": "1min", "label": "end"}}
FIRST = 1_761_926_400  # 2025-11-01T00:00 in Shanghai


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "minutes.csv"
    with path.open("w") as stream:
        stream.write("meter,time,kWh\n")
        stream.writelines(f"E-1,{FIRST + 60 * n},0.5\n" for n in range(1, MINUTES + 1))
    return path


def test_pages_answer_while_a_large_import_runs(
    database: Database, make_source: Callable[..., int], large: Path, tmp_path: Path
) -> None:
    seen: list[tuple[int, int, str]] = []
    problems: list[Exception] = []
    between, answered = threading.Event(), threading.Event()

    def page() -> None:
        """Read as a page does, while the import holds its write transaction open."""
        try:
            between.wait(60)
            with database.session() as session:
                rows = session.scalar(select(func.count()).select_from(Reading)) or 0
                days = session.scalar(select(func.count()).select_from(DailyConsumption)) or 0
                state = session.scalars(select(ImportRun.state)).one()
                seen.append((rows, days, state))
        except Exception as error:  # noqa: BLE001 - told to the test
            problems.append(error)
        finally:
            answered.set()

    commits: list[int] = []

    def fence(session: Session) -> None:
        commits.append(1)
        if len(commits) == 3:  # begun, first part stored, and now the last part waits for its COMMIT
            between.set()
            assert answered.wait(60)

    reader = threading.Thread(target=page)
    reader.start()
    receipt = pipeline.import_file(
        database, make_source(PROFILE), large, actor=SYSTEM, now=NOW, archive=tmp_path / "archive", fence=fence
    )
    reader.join(60)

    assert problems == []
    rows, days, state = seen[0]
    assert (rows, state) == (250_000, "running")
    assert days == 174  # 250,000 minutes: their days came with them
    assert (receipt.state, receipt.new, len(commits)) == ("done", MINUTES, 3)


def test_an_interrupted_large_import_is_finished_by_the_next(
    database: Database, make_source: Callable[..., int], large: Path, tmp_path: Path
) -> None:
    source = make_source(PROFILE)
    asked: list[int] = []

    def fence(session: Session) -> None:
        asked.append(1)
        if len(asked) == 3:
            raise ResourceBusy("CLAIM_LOST", "Somebody else has it.")

    options: dict[str, Any] = {"actor": SYSTEM, "now": NOW, "archive": tmp_path / "archive"}
    with pytest.raises(ResourceBusy):
        pipeline.import_file(database, source, large, fence=fence, **options)
    receipt = pipeline.import_file(database, source, large, **options)

    with database.session() as session:
        count, total = session.execute(select(func.count(), func.sum(Reading.value))).one()
        quantity = session.scalar(select(func.sum(DailyConsumption.quantity)))
        states = list(session.scalars(select(ImportRun.state).order_by(ImportRun.id)))
    assert (receipt.read, receipt.new, receipt.same) == (MINUTES, 10_000, 250_000)
    assert (count, int(total), int(quantity or 0)) == (MINUTES, MINUTES * 500_000, MINUTES * 500_000)
    assert states == ["failed", "done"]


def test_a_large_file_that_contradicts_itself_changes_nothing_when_saved_again(
    database: Database, make_source: Callable[..., int], large: Path, tmp_path: Path
) -> None:
    source = make_source(PROFILE)
    text = large.read_text() + f"E-1,{FIRST + 60},0.75\n"
    options: dict[str, Any] = {"actor": SYSTEM, "now": NOW, "archive": tmp_path / "archive"}
    receipts = []
    for name, saved in (("a.csv", text), ("b.csv", text.replace("\n", "\r\n"))):
        (tmp_path / name).write_bytes(saved.encode())
        receipts.append(pipeline.import_file(database, source, tmp_path / name, **options))

    with database.session() as session:
        first = session.scalar(select(Reading.value).where(Reading.end_at == FIRST + 60))
        day = session.scalars(select(DailyConsumption.quantity).order_by(DailyConsumption.day).limit(1)).one()
        revised = session.scalar(select(func.count()).select_from(ReadingRevision))
    assert [(r.new, r.changed, r.same, r.blank, r.refused) for r in receipts] == [
        (MINUTES, 0, 0, 1, 0),
        (0, 0, MINUTES, 1, 0),
    ]
    assert [[i.code for i in r.tally.issues] for r in receipts] == [["ROW_CONTRADICTED"]] * 2
    assert (first, day, revised) == (750_000, 1440 * 500_000 + 250_000, 0)


def test_a_corrected_large_file_corrects_exactly_what_differs(
    database: Database, make_source: Callable[..., int], large: Path, tmp_path: Path
) -> None:
    source = make_source(PROFILE)
    options: dict[str, Any] = {"actor": SYSTEM, "now": NOW, "archive": tmp_path / "archive"}
    pipeline.import_file(database, source, large, **options)
    (tmp_path / "c.csv").write_text(large.read_text().replace(f"{FIRST + 600},0.5", f"{FIRST + 600},1.5"))
    receipt = pipeline.import_file(database, source, tmp_path / "c.csv", **options)

    with database.session() as session:
        day = session.scalars(select(DailyConsumption.quantity).order_by(DailyConsumption.day).limit(1)).one()
    assert (receipt.new, receipt.changed, receipt.same, day) == (0, 1, MINUTES - 1, 1440 * 500_000 + 1_000_000)
