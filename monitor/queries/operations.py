"""What arrived and what did not: sources with schedule and last receipt, runs, refused rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.domain.access import Actor


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


def sources(session: Session, actor: Actor) -> list[SourceRow]:
    """List the sources by code; they belong to the whole organisation, so others than its viewers get none."""
    raise NotImplementedError


def runs(session: Session, actor: Actor, *, source_id: int | None = None, limit: int = 50) -> list[RunRow]:
    """List receipts, newest first; none for those who may not see the whole organisation."""
    raise NotImplementedError


def run(session: Session, actor: Actor, run_id: int) -> RunRow:
    """Give one receipt. NotFound for those who may not see it."""
    raise NotImplementedError


def issues(session: Session, actor: Actor, run_id: int, limit: int = 1000) -> list[IssueRow]:
    """List the issues of a run by row; NotFound for those who may not see the run."""
    raise NotImplementedError
