"""Alerts as changes of state: opened once, closed once, however often the rule is looked at."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.state import bump_data_version
from monitor.database.tables import Alert
from monitor.domain.access import Action, Actor

SOURCE_LATE = "source_late"
JOB_FAILED = "job_failed"
JOB_BEYOND_WINDOW = "job_beyond_window"


def open_alert(
    session: Session, actor: Actor, rule: str, subject: str, *, now: datetime, data: dict[str, Any] | None = None
) -> bool:
    """Open an alert unless one of this rule and subject is open; tell whether it is new."""
    actor.require_everywhere(Action.IMPORT)
    if _open(session, rule, subject) is not None:
        return False
    session.add(Alert(rule=rule, subject=subject, opened_at=now, data=data or {}))
    session.flush()
    bump_data_version(session)
    return True


def close_alert(session: Session, actor: Actor, rule: str, subject: str, *, now: datetime) -> bool:
    """Close the open alert of this rule and subject; tell whether there was one."""
    actor.require_everywhere(Action.IMPORT)
    row = _open(session, rule, subject)
    if row is None:
        return False
    row.closed_at = now
    session.flush()
    bump_data_version(session)
    return True


def _open(session: Session, rule: str, subject: str) -> Alert | None:
    chosen = select(Alert).where(Alert.rule == rule, Alert.subject == subject, Alert.closed_at.is_(None))
    return session.scalars(chosen.limit(1)).first()


def open_subjects(session: Session, actor: Actor, rule: str) -> frozenset[str]:
    """Give the subjects for which an alert of this rule is open."""
    actor.require_everywhere(Action.IMPORT)
    return frozenset(session.scalars(select(Alert.subject).where(Alert.rule == rule, Alert.closed_at.is_(None))))
