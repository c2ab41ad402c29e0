"""One owner per due period: claimed by a conditional update, held by a lease, fenced right before COMMIT."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from monitor.database.tables import JobRun
from monitor.errors import ResourceBusy
from monitor.i18n import N_

HAND = "hand:"
WAITING = ("due", "failed")
UNRESOLVED = (*WAITING, "running")
FAR = timedelta(hours=3)  # longer than any try is put off: the clock went back since


@dataclass(frozen=True, slots=True)
class Claim:
    """A period that is ours to run as long as nobody took it over: `fence` is the number of the claim."""

    id: int
    job: str
    due_period: str
    attempt: int
    fence: int
    owner: str


class Held(NamedTuple):
    """A running period as it was seen: row, fence, end of its lease."""

    id: int
    fence: int
    until: datetime


def claim(session: Session, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Take the oldest period that may run now, or whose owner's lease ran out; None where there is none.

    Within a job periods keep their order: a later one waits for an earlier one, except one started by hand, and no two run at once.
    """
    for row_id, fence in session.execute(_candidates(now)).all():
        taken = session.execute(
            update(JobRun)
            .where(JobRun.id == row_id, JobRun.fence == fence, JobRun.state.in_(UNRESOLVED))
            .values(
                state="running",
                owner=owner,
                fence=fence + 1,
                attempt=JobRun.attempt + 1,
                lease_until=now + lease,
                started_at=now,
                finished_at=None,
            )
            .returning(JobRun.id, JobRun.job, JobRun.due_period, JobRun.attempt, JobRun.fence, JobRun.owner)
        ).one_or_none()
        if taken is not None:  # else another scheduler was quicker
            return Claim(*taken)
    return None


def _candidates(now: datetime) -> Select[int, int]:
    other = aliased(JobRun)
    earlier = exists().where(
        other.job == JobRun.job,
        other.id != JobRun.id,
        other.state.in_(UNRESOLVED),
        other.due_period.not_like(HAND + "%"),
        or_(other.due_at < JobRun.due_at, and_(other.due_at == JobRun.due_at, other.id < JobRun.id)),
    )
    busy = exists().where(
        other.job == JobRun.job, other.id != JobRun.id, other.state == "running", other.lease_until > now
    )
    ready = and_(
        JobRun.state.in_(WAITING),
        or_(JobRun.not_before.is_(None), JobRun.not_before <= now, JobRun.not_before > now + FAR),
    )
    orphan = and_(JobRun.state == "running", JobRun.lease_until <= now)
    return (
        select(JobRun.id, JobRun.fence)
        .where(or_(ready, orphan), ~busy, or_(JobRun.due_period.like(HAND + "%"), ~earlier))
        .order_by(JobRun.due_at, JobRun.id)
        .limit(20)
    )


def anything(session: Session, now: datetime) -> bool:
    """Tell whether some period may be claimed now."""
    return session.execute(_candidates(now).limit(1)).first() is not None


def renew(session: Session, held: Claim, until: datetime) -> None:
    """Prolong the lease and lock the row until COMMIT; ResourceBusy where another took the period over meanwhile."""
    kept = session.execute(
        update(JobRun)
        .where(JobRun.id == held.id, JobRun.fence == held.fence, JobRun.state == "running")
        .values(lease_until=until)
        .returning(JobRun.id)
    ).one_or_none()
    if kept is None:
        raise ResourceBusy(
            "CLAIM_LOST", N_("Another process took over {job} {period}."), job=held.job, period=held.due_period
        )


def finish(session: Session, held: Claim, state: str, now: datetime, **values: object) -> bool:
    """Write the outcome, unless the claim was lost; tell whether it was ours to write."""
    done = session.execute(
        update(JobRun)
        .where(JobRun.id == held.id, JobRun.fence == held.fence, JobRun.state == "running")
        .values(state=state, finished_at=now, lease_until=None, **values)
        .returning(JobRun.id)
    ).one_or_none()
    return done is not None


def release_all(session: Session, now: datetime) -> int:
    """Void every lease: for a process that knows, by a lock of its own, that it is the only scheduler."""
    freed = session.execute(
        update(JobRun).where(JobRun.state == "running").values(lease_until=now).returning(JobRun.id)
    ).all()
    return len(freed)


def ahead(session: Session, now: datetime, lease: timedelta) -> list[Held]:
    """Give the running periods whose lease ends later than any lease can: the clock went back since it was written."""
    chosen = select(JobRun.id, JobRun.fence, JobRun.lease_until).where(
        JobRun.state == "running", JobRun.lease_until > now + 2 * lease
    )
    return [Held(id, fence, until) for id, fence, until in session.execute(chosen) if until is not None]


def void(session: Session, held: Held, now: datetime) -> None:
    """End a lease, unless it was renewed meanwhile."""
    same = JobRun.id == held.id, JobRun.fence == held.fence, JobRun.lease_until == held.until
    session.execute(update(JobRun).where(*same).values(lease_until=now))


Fence = Callable[[Session], None]
