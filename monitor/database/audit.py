"""Who did what to which thing: one row per change, written in the same transaction as the change."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent
from monitor.domain.access import Actor


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Write down an action (`user.grant`) on a subject (`user:li`) with JSON-able values before and after."""
    session.add(
        AuditEvent(
            at=at or datetime.now(UTC), actor=actor.login, action=action, subject=subject, before=before, after=after
        )
    )


def record_all(session: Session, actor: Actor, lines: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Write down many actions at once: each line has action, subject, before, after."""
    if lines:
        session.execute(insert(AuditEvent), [{"at": at, "actor": actor.login, **line} for line in lines])
