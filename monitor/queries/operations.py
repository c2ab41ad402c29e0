"""What arrived and what did not: sources with schedule and last receipt, runs, refused rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from monitor.database.tables import Alert, Document, ImportIssue, ImportRun, Source
from monitor.domain.access import Action, Actor
from monitor.errors import NotFound
from monitor.i18n import N_

NO_SUCH_RUN = N_("There is no such import run, or you may not see it.")


@dataclass(frozen=True, slots=True)
class RunRow:
    """A receipt: state, counts, span, and why it failed (`error_template` filled with `error_data`)."""

    id: int
    source_id: int
    source_code: str
    source_name_zh: str
    source_name_en: str
    document_id: int | None
    document: str
    sha256: str
    state: str
    trigger: str
    actor: str
    started_at: datetime
    finished_at: datetime | None
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_same: int
    rows_blank: int
    rows_refused: int
    first_at: datetime | None
    last_at: datetime | None
    detected: Mapping[str, Any]
    error_code: str
    error_template: str
    error_data: Mapping[str, Any]
    issues_total: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with what it did last; `late` while its alarm is open; `next_run` None where it runs by hand only."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    enabled: bool
    schedule: str
    zone: str
    next_run: datetime | None
    last_run: RunRow | None
    late: bool


@dataclass(frozen=True, slots=True)
class IssueRow:
    """A refused or remarkable row: place, value, code; `template` filled with `data` is the sentence."""

    severity: str
    code: str
    template: str
    data: Mapping[str, Any]
    file: str
    sheet: str
    row_no: int | None
    column: str
    value: str


_RUN = tuple(getattr(ImportRun, name) for name in RunRow.__dataclass_fields__ if hasattr(ImportRun, name))
_NAMES = [column.key for column in _RUN]


def _receipts(session: Session, *conditions: ColumnElement[bool], limit: int | None = None) -> list[RunRow]:
    """Read receipts, newest first: two statements."""
    origin = (Source.code, Source.name_zh, Source.name_en, Document.name, Document.sha256)
    query = (
        select(*_RUN, *origin)
        .join(Source, Source.id == ImportRun.source_id)
        .outerjoin(Document, Document.id == ImportRun.document_id)
    )
    found = session.execute(query.where(*conditions).order_by(ImportRun.id.desc()).limit(limit)).all()
    ids = [row[0] for row in found]
    counted = select(ImportIssue.run_id, func.count()).where(ImportIssue.run_id.in_(ids)).group_by(ImportIssue.run_id)
    totals = dict(session.execute(counted).all())
    rows = []
    for row in found:
        code, name_zh, name_en, document, sha256 = row[len(_NAMES) :]
        rows.append(
            RunRow(
                **dict(zip(_NAMES, row[: len(_NAMES)], strict=True)),
                source_code=code,
                source_name_zh=name_zh,
                source_name_en=name_en,
                document=document or "",
                sha256=sha256 or "",
                issues_total=totals.get(row[0], 0),
            )
        )
    return rows


def next_run(schedule: str, zone: str, now: datetime) -> datetime | None:
    """Give when a crontab line is due next after `now`; None for "" (by hand only)."""
    if not schedule:
        return None
    due: datetime | None = CronTrigger.from_crontab(schedule, timezone=ZoneInfo(zone)).get_next_fire_time(None, now)
    return due


def sources(session: Session, actor: Actor, *, now: datetime | None = None) -> list[SourceRow]:
    """List the sources by code; they belong to the whole organisation, so others than its viewers get none. Four statements."""
    if not actor.may_everywhere(Action.VIEW):
        return []
    moment = now or datetime.now(UTC)
    newest = select(func.max(ImportRun.id)).group_by(ImportRun.source_id)
    last = {row.source_id: row for row in _receipts(session, ImportRun.id.in_(newest))}
    late = set(session.scalars(select(Alert.subject).where(Alert.rule == "source_late", Alert.closed_at.is_(None))))
    columns = (
        Source.id,
        Source.code,
        Source.name_zh,
        Source.name_en,
        Source.kind,
        Source.enabled,
        Source.schedule,
        Source.zone,
    )
    return [
        SourceRow(
            *row,
            next_run=next_run(row.schedule, row.zone, moment) if row.enabled else None,
            last_run=last.get(row.id),
            late=not late.isdisjoint({row.code, f"source:{row.code}"}),
        )
        for row in session.execute(select(*columns).order_by(Source.code))
    ]


def runs(session: Session, actor: Actor, *, source_id: int | None = None, limit: int = 50) -> list[RunRow]:
    """List receipts, newest first; none for those who may not see the whole organisation. Two statements."""
    if not actor.may_everywhere(Action.VIEW):
        return []
    return _receipts(session, *(() if source_id is None else (ImportRun.source_id == source_id,)), limit=limit)


def run(session: Session, actor: Actor, run_id: int) -> RunRow:
    """Give one receipt. NotFound for those who may not see it."""
    found = _receipts(session, ImportRun.id == run_id) if actor.may_everywhere(Action.VIEW) else []
    if not found:
        raise NotFound("NOT_FOUND", NO_SUCH_RUN)
    return found[0]


def issues(session: Session, actor: Actor, run_id: int, limit: int = 1000) -> list[IssueRow]:
    """List the issues of a run by row; NotFound for those who may not see the run."""
    run(session, actor, run_id)
    columns = (getattr(ImportIssue, name) for name in IssueRow.__dataclass_fields__)
    query = (
        select(*columns).where(ImportIssue.run_id == run_id).order_by(ImportIssue.row_no, ImportIssue.id).limit(limit)
    )
    return [IssueRow(*row) for row in session.execute(query)]
