"""What a machine that watches wants to know: deliveries, work that is due, open alerts, size; codes and numbers, never a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from monitor.database import state
from monitor.database.size import database_bytes
from monitor.database.tables import Alert, ImportRun, JobRun, Source
from monitor.domain.access import Action, Actor

GOOD = ("done", "unchanged")
WAITING = ("due", "running", "failed", "gave_up", "beyond_window")
UNDONE = ("due", "failed")  # still to be run
OUTCOMES = ("new", "changed", "same", "blank", "refused")


@dataclass(frozen=True, slots=True)
class SourceNumbers:
    """A source since it was made: its last good import, rows by outcome, receipts by state."""

    code: str
    last_good: datetime | None
    rows: Mapping[str, int]
    runs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The state of an installation: every process on the same database gives the same."""

    sources: tuple[SourceNumbers, ...]
    jobs: Mapping[str, int]
    oldest_due: datetime | None
    heartbeat: int | None  # epoch seconds
    alerts: Mapping[str, int]
    database_bytes: int


def numbers(session: Session, actor: Actor) -> Numbers:
    """Give all of it; for who manages the whole, and the program itself."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    jobs = dict.fromkeys(WAITING, 0)
    counted = select(JobRun.state, func.count()).where(JobRun.state.in_(WAITING)).group_by(JobRun.state)
    jobs |= {name: count for name, count in session.execute(counted)}  # noqa: C416 - typed rows
    opened = select(Alert.rule, func.count()).where(Alert.closed_at.is_(None)).group_by(Alert.rule)
    return Numbers(
        sources=_sources(session),
        jobs=jobs,
        oldest_due=session.scalar(select(func.min(JobRun.due_at)).where(JobRun.state.in_(UNDONE))),
        heartbeat=state.get(session, state.HEARTBEAT),
        alerts={rule: count for rule, count in session.execute(opened)},  # noqa: C416 - typed rows
        database_bytes=database_bytes(session),
    )


def _sources(session: Session) -> tuple[SourceNumbers, ...]:
    columns = [getattr(ImportRun, f"rows_{name}") for name in OUTCOMES]
    chosen = (
        select(
            Source.code,
            ImportRun.state,
            func.count(ImportRun.id),
            func.max(case((ImportRun.state.in_(GOOD), ImportRun.finished_at))),
            *(func.coalesce(func.sum(column), 0) for column in columns),
        )
        .outerjoin(ImportRun, ImportRun.source_id == Source.id)
        .group_by(Source.code, ImportRun.state)
        .order_by(Source.code)
    )
    found: dict[str, SourceNumbers] = {}
    for code, how, count, last, *rows in session.execute(chosen):
        before = found.get(code) or SourceNumbers(code, None, dict.fromkeys(OUTCOMES, 0), {})
        found[code] = SourceNumbers(
            code,
            max((one for one in (before.last_good, last) if one is not None), default=None),
            {name: before.rows[name] + int(more) for name, more in zip(OUTCOMES, rows, strict=True)},
            {**before.runs, **({how: count} if how else {})},
        )
    return tuple(found.values())
