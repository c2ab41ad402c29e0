"""A source on a schedule and a job that counts: the ledger is tested without any importer."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import Alert, JobRun, Source
from monitor.scheduling import jobs
from monitor.scheduling.claims import Fence
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings

NIGHT = "0 2 * * *"


class Work:
    """The effect of a job: what ran, in order; `before` may fail it."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.before: Callable[[str, str], None] = lambda _job, _period: None

    def __call__(
        self, job: str, database: Database, _settings: Settings, *, due_period: str, fence: Fence, **_more: object
    ) -> int:
        self.before(job, due_period)
        with database.session(write=True) as session:
            fence(session)
        self.done.append((job, due_period))
        return 3

    @property
    def periods(self) -> list[str]:
        return [period for _, period in self.done]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    doing = Work()
    monkeypatch.setattr(jobs, "run", doing)
    return doing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(folder=tmp_path, environ={}, flags={"data": tmp_path})


@pytest.fixture
def scheduler(database: Database, settings: Settings) -> Scheduler:
    return Scheduler(database, settings, owner="first")


def add_source(
    database: Database,
    *,
    code: str = "power",
    schedule: str = NIGHT,
    created: datetime,
    zone: str = "Asia/Shanghai",
    **more: int,
) -> int:
    with database.session(write=True) as session:
        source = Source(
            code=code,
            name_zh=code,
            name_en=code,
            kind="tabular",
            options={},
            schedule=schedule,
            zone=zone,
            created_at=created,
            **more,
        )
        session.add(source)
        session.flush()
        return source.id


def ledger(database: Database) -> list[tuple[str, str, int]]:
    """Period, state, attempts of every line, by due instant."""
    with database.session() as session:
        chosen = select(JobRun.due_period, JobRun.state, JobRun.attempt).order_by(JobRun.due_at, JobRun.id)
        return [tuple(row) for row in session.execute(chosen)]


def open_alerts(database: Database) -> list[tuple[str, str]]:
    with database.session() as session:
        chosen = select(Alert.rule, Alert.subject).where(Alert.closed_at.is_(None)).order_by(Alert.id)
        return [tuple(row) for row in session.execute(chosen)]


def at(text: str) -> datetime:
    """An instant, given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
