"""Writes into the ledger what has fallen due; what lies beyond the catch-up window is listed and alarmed, never dropped."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.database import state
from monitor.database.engine import Database
from monitor.database.tables import JobRun, Source
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError
from monitor.scheduling.claims import HAND
from monitor.scheduling.jobs import IMPORT, MONTHLY, WATCH
from monitor.scheduling.plan import Calendar, Crontab, Due, WorkingDay, thinned
from monitor.services import alerts
from monitor.settings import Settings

EVER = timedelta(days=20_000)
SLACK = timedelta(minutes=2)  # clocks of two machines differ by less


@dataclass(frozen=True, slots=True)
class Planned:
    """A job with its calendar, counted from `since`; periods older than `window` are no longer run."""

    job: str
    calendar: Calendar
    since: datetime
    window: timedelta


def planned(session: Session, settings: Settings) -> list[Planned]:
    """Give every scheduled job: the enabled sources that have a schedule, the monthly report and the daily look at alerts."""
    report = settings.report
    found = [
        Planned(IMPORT + row.code, Crontab(row.schedule, row.zone), row.created_at, timedelta(seconds=row.catch_up))
        for row in session.scalars(select(Source).where(Source.enabled, Source.schedule != "").order_by(Source.code))
    ]
    installed = state.get(session, state.INSTALLATION)
    if installed is not None:
        calendar = WorkingDay(report.working_day, report.hour, settings.zone, settings.country)
        window = timedelta(seconds=settings.scheduler.catch_up)
        since = datetime.fromtimestamp(installed, UTC)
        found.append(Planned(MONTHLY, calendar, since, window))
        found.append(Planned(WATCH, Crontab(f"0 {settings.alerts.hour} * * *", settings.zone), since, EVER))
    return found


def note_due(database: Database, settings: Settings, now: datetime) -> int:
    """Enter every period that fell due up to now; give how many are new. A schedule that cannot be read is alarmed."""
    with database.session() as session:
        jobs = planned(session, settings)
        known = select(JobRun.job, func.max(JobRun.due_at)).where(JobRun.due_period.not_like(HAND + "%"))
        last = {job: newest for job, newest in session.execute(known.group_by(JobRun.job))}  # noqa: C416 - typed rows
        troubled = alerts.open_subjects(session, SYSTEM, alerts.JOB_FAILED)
        known_back = bool(alerts.open_subjects(session, SYSTEM, alerts.CLOCK_BACK))
    _clock(database, max((at for at in last.values() if at is not None), default=now), now, told=known_back)
    entered = 0
    for job in jobs:
        try:
            due = list(job.calendar.due(max(job.since, last.get(job.job) or job.since), now))
        except ConfigurationError as error:
            if job.job not in troubled:
                with database.session(write=True) as session:
                    told = {"code": error.code}
                    alerts.open_alert(session, SYSTEM, alerts.JOB_FAILED, job.job, now=now, data=told)
            continue
        if job.job == WATCH:
            due = due[-1:]  # one look sees all that was missed
        if due:
            with database.session(write=True) as session:
                entered += _enter(session, job, thinned(due, now), now)
    return entered


def _clock(database: Database, newest: datetime, now: datetime, *, told: bool) -> None:
    """Say that the clock went back where work is entered for a time to come; it is neither done twice nor forgotten."""
    back = newest > now + SLACK
    if back == told:
        return
    with database.session(write=True) as session:
        if back:
            until = {"until": f"{newest:%Y-%m-%d %H:%M}"}
            alerts.open_alert(session, SYSTEM, alerts.CLOCK_BACK, "clock", now=now, data=until)
        else:
            alerts.close_alert(session, SYSTEM, alerts.CLOCK_BACK, "clock", now=now)


def _enter(session: Session, job: Planned, due: list[Due], now: datetime) -> int:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new, beyond = 0, []
    for period in due:
        lost = period.at < now - job.window
        insert = dialect.insert(JobRun).values(
            job=job.job,
            due_period=period.period,
            due_at=period.at,
            state="beyond_window" if lost else "due",
            attempt=0,
            owner="",
            fence=0,
            rows=0,
            error="",
        )
        if session.execute(insert.on_conflict_do_nothing().returning(JobRun.id)).one_or_none() is not None:
            new += 1
            beyond += [period.period] if lost else []
    if beyond:
        told = {"count": len(beyond), "first": beyond[0], "last": beyond[-1]}
        alerts.open_alert(session, SYSTEM, alerts.JOB_BEYOND_WINDOW, job.job, now=now, data=told)
    return new
