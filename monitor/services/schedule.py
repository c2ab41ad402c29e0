"""Run a source now: a due line in the ledger, picked up by the next tick of whichever scheduler is awake."""

from datetime import datetime

from sqlalchemy.orm import Session

from monitor.database import audit
from monitor.database.tables import JobRun, Source
from monitor.domain.access import Action, Actor
from monitor.errors import NotFound


def run_now(session: Session, actor: Actor, source_id: int, now: datetime) -> int:
    """Enter a period `hand:…` that is due at once and give its ledger row; needs the right to import for the whole organisation."""
    actor.require_everywhere(Action.IMPORT)
    source = session.get(Source, source_id)
    if source is None:
        raise NotFound("NO_SUCH_SOURCE", "There is no such source, or you may not see it.")
    row = JobRun(
        job=f"import:{source.code}",
        due_period=f"hand:{now.isoformat(timespec='microseconds')}:{actor.login}",
        due_at=now,
        state="due",
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "source.run_now", f"source:{source.code}", at=now)
    return row.id
