"""The jobs as plain functions: import a source, make the monthly report, look at the rules of alerts, prune the ledger."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from monitor.database import soundness
from monitor.database.engine import Database
from monitor.database.tables import Document, JobRun, OrgUnit, Report, Source
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.keeping.standing import damaged
from monitor.scheduling.claims import HAND, Fence
from monitor.services import alerts
from monitor.settings import Settings

IMPORT = "import:"
MONTHLY = "report:monthly"
WATCH = "watch"
KEPT = timedelta(days=400)
NO_SUCH_UNIT = N_("report.units names units that do not exist: {codes}")


def run(job: str, database: Database, settings: Settings, *, due_period: str, now: datetime, fence: Fence) -> int:
    """Run a job for a due period and give the rows it wrote; `fence` is called right before every COMMIT."""
    if job.startswith(IMPORT):
        return import_source(job.removeprefix(IMPORT), database, settings, due_period=due_period, now=now, fence=fence)
    if job == MONTHLY:
        return monthly_report(database, settings, due_period=due_period, now=now, fence=fence)
    if job == WATCH:
        prune(database, now, fence)
        changed = watch(database, now, fence)
        if found := soundness.faults(database):
            raise damaged(database, found)
        return len(changed)
    raise ConfigurationError("NO_SUCH_JOB", N_("There is no job {job}."), job=job)


def import_source(
    code: str, database: Database, settings: Settings, *, due_period: str, now: datetime, fence: Fence
) -> int:
    """Fetch and import everything new of a source; give the number of new and changed readings."""
    from monitor.intake import pipeline  # noqa: PLC0415 - the importers are found only where one is needed

    with database.session() as session:
        source_id = session.scalar(select(Source.id).where(Source.code == code))
    if source_id is None:
        raise ConfigurationError("NO_SUCH_SOURCE", N_("There is no source {source}."), source=code)
    trigger = "hand" if due_period.startswith(HAND) else "schedule"
    receipts = pipeline.run_source(
        database, source_id, trigger=trigger, actor=SYSTEM, now=now, archive=settings.archive, fence=fence
    )
    return sum(receipt.new + receipt.changed for receipt in receipts)


def monthly_report(database: Database, settings: Settings, *, due_period: str, now: datetime, fence: Fence) -> int:
    """Make the report of a month (`2026-10`) in each language and mail what was not sent yet.

    For the top units and those that `report.units` names; a code that no unit has is a ConfigurationError.
    """
    from monitor.reports import archive  # noqa: PLC0415 - templates are read only where a report is made

    month = Month.parse(due_period)
    with database.session() as session:
        units = _reported_units(session, settings.report.units)
    local = now.astimezone(ZoneInfo(settings.zone))
    made = [
        archive.produce(database, SYSTEM, unit_id, month, language, now=local, fence=fence)
        for unit_id in units
        for language in settings.report.languages
    ]
    if settings.mail.host and settings.mail.recipients:
        for report_id in made:
            _send_once(database, settings, report_id, now=now, fence=fence)
    return len(made)


def _reported_units(session: Session, codes: Sequence[str]) -> list[int]:
    found = {
        row.code: row.id for row in session.execute(select(OrgUnit.code, OrgUnit.id).where(OrgUnit.code.in_(codes)))
    }
    missing = [code for code in codes if code not in found]
    if missing:
        raise ConfigurationError("REPORT_UNIT_UNKNOWN", NO_SUCH_UNIT, codes=", ".join(missing))
    roots = session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None)).order_by(OrgUnit.id)).all()
    return list(dict.fromkeys([*roots, *(found[code] for code in codes)]))


def _send_once(database: Database, settings: Settings, report_id: int, *, now: datetime, fence: Fence) -> None:
    from monitor.reports import archive  # noqa: PLC0415 - as above

    with database.session(write=True) as session:
        if session.scalar(select(Report.sent_at).where(Report.id == report_id)) is not None:
            return
        fence(session)  # before the mail leaves: a former owner must not send it a second time
    forms = settings.report.attachments
    to, key = settings.mail.recipients, f"report:{report_id}"
    archive.send(database, SYSTEM, report_id, to, settings.mail, now=now, forms=forms, key=key)


def watch(database: Database, now: datetime, fence: Fence | None = None) -> alerts.Changed:
    """Look at the rules of alerts and open or close what changed. Looking twice changes nothing.

    The look only reads, however long it takes; the write is short.
    """
    with database.session() as session:
        seen = alerts.look(session, SYSTEM, now=now)
    with database.session(write=True) as session:
        changed = alerts.apply(session, SYSTEM, seen, now=now)
        if fence is not None:
            fence(session)
    return changed


def prune(database: Database, now: datetime, fence: Fence | None = None) -> int:
    """Forget what succeeded more than 400 days ago; the newest line of each job stays, so that nothing falls due again."""
    newest = select(func.max(JobRun.due_at)).where(JobRun.due_period.not_like(HAND + "%")).group_by(JobRun.job)
    old = delete(JobRun).where(JobRun.state == "succeeded", JobRun.due_at < now - KEPT, JobRun.due_at.not_in(newest))
    with database.session(write=True) as session:
        gone = len(session.execute(old.returning(JobRun.id)).all())
        if fence is not None:
            fence(session)
    return gone


def watch_late(database: Database, now: datetime) -> list[str]:
    """Open an alert for each source that is late, close it where a document came; give the codes that changed.

    Looking twice changes nothing, so this keeps no ledger. A source counts from its last document, or from when it was made.
    """
    newest = func.max(Document.received_at)
    chosen = (
        select(Source.code, Source.late_after, Source.created_at, newest, Source.enabled)
        .outerjoin(Document, Document.source_id == Source.id)
        .where(Source.late_after > 0)
        .group_by(Source.id)
        .order_by(Source.code)
    )
    changed = []
    with database.session() as session:
        rows = session.execute(chosen).all()
        open_now = alerts.open_subjects(session, SYSTEM, alerts.SOURCE_LATE)
    for code, late_after, created_at, last, enabled in rows:
        late = enabled and (now - (last or created_at)).total_seconds() > late_after
        if late == (code in open_now):
            continue
        with database.session(write=True) as session:
            if late:
                since = {"last": int((last or created_at).timestamp()), "late_after": late_after}
                alerts.open_alert(session, SYSTEM, alerts.SOURCE_LATE, code, now=now, data=since)
            else:
                alerts.close_alert(session, SYSTEM, alerts.SOURCE_LATE, code, now=now)
        changed.append(code)
    return changed
