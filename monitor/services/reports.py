"""Reports as they were: canonical data and rendered bytes, one version after another, kept and handed out again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.tables import OrgUnit, Report, ReportFile
from monitor.domain.access import Action, Actor
from monitor.domain.periods import Month
from monitor.errors import NotFound, ResourceBusy
from monitor.i18n import N_

KIND = "monthly"
NO_SUCH_REPORT = N_("There is no such report, or you may not see it.")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report of the archive without its contents; `sha256` is that of its canonical data."""

    id: int
    unit_id: int
    unit_code: str
    name_zh: str
    name_en: str
    month: Month
    language: str
    version: int
    sha256: str
    actor: str
    created_at: datetime
    sent_at: datetime | None
    sent_to: tuple[str, ...]


_COLUMNS = (Report.id, Report.unit_id, OrgUnit.code, OrgUnit.name_zh, OrgUnit.name_en, Report.period, Report.language)
_KEPT = (Report.version, Report.sha256, Report.actor, Report.created_at, Report.sent_at, Report.sent_to)


def _query() -> Select[Any]:
    return select(*_COLUMNS, *_KEPT).join(OrgUnit, OrgUnit.id == Report.unit_id).where(Report.kind == KIND)


def _row(found: Row[Any]) -> ReportRow:
    values: dict[str, Any] = dict(zip(ReportRow.__dataclass_fields__, found, strict=True))
    values["month"], values["sent_to"] = Month.parse(values["month"]), tuple(values["sent_to"] or ())
    return ReportRow(**values)


def archive(session: Session, actor: Actor, unit_id: int | None = None, *, limit: int = 1000) -> list[ReportRow]:
    """List the reports that the actor may see, newest month first, versions downward; a stranger gets none."""
    query = _query().order_by(
        Report.period.desc(), OrgUnit.position, OrgUnit.code, Report.language, Report.version.desc()
    )
    if unit_id is not None:
        query = query.where(Report.unit_id == unit_id)
    if not actor.system:
        query = query.where(Report.unit_id.in_(actor.units(Action.VIEW)))
    return [_row(found) for found in session.execute(query.limit(limit))]


def find(session: Session, actor: Actor, report_id: int) -> ReportRow:
    """Give one report of the archive. NotFound where there is none or the actor may not see its unit."""
    found = session.execute(_query().where(Report.id == report_id)).one_or_none()
    row = None if found is None else _row(found)
    if row is None or not actor.may(Action.VIEW, row.unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_REPORT)
    return row


def fetch(session: Session, actor: Actor, report_id: int) -> tuple[str, bytes]:
    """Give a report's canonical data and its HTML, byte for byte as stored. NotFound for a stranger."""
    find(session, actor, report_id)
    found = session.execute(select(Report.data, Report.html).where(Report.id == report_id)).one()
    return found[0], bytes(found[1])


def latest(session: Session, actor: Actor, unit_id: int, month: Month, language: str) -> ReportRow | None:
    """Give the highest version of a unit's report; None where none was made yet. NotFound for a stranger."""
    actor.require(Action.VIEW, unit_id)
    wanted = (Report.unit_id == unit_id, Report.period == str(month), Report.language == language)
    found = session.execute(_query().where(*wanted).order_by(Report.version.desc()).limit(1)).one_or_none()
    return None if found is None else _row(found)


def store(
    session: Session,
    actor: Actor,
    unit_id: int,
    month: Month,
    language: str,
    *,
    data: str,
    render: Callable[[int], bytes],
    now: datetime,
) -> int:
    """Keep a report and give its id: the same data as the latest version are that version, other data the next.

    `render` is given the version and gives the bytes to keep. ResourceBusy where another wrote the same version just now.
    """
    actor.require(Action.SEND_REPORT, unit_id)
    fingerprint = sha256(data.encode()).hexdigest()
    before = latest(session, actor, unit_id, month, language)
    if before is not None and before.sha256 == fingerprint:
        return before.id
    version = 1 if before is None else before.version + 1
    terms = {"kind": KIND, "unit_id": unit_id, "period": str(month), "language": language, "version": version}
    row = Report(
        **terms, data=data, sha256=fingerprint, html=render(version), actor=actor.login, created_at=now, sent_to=[]
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise ResourceBusy("REPORT_BUSY", N_("The same report is being made at this moment; try again.")) from error
    record(session, actor, "report.make", f"report:{row.id}", after={**terms, "sha256": fingerprint}, at=now)
    return row.id


def mark_sent(session: Session, actor: Actor, report_id: int, to: Sequence[str], *, now: datetime) -> None:
    """Write down that a report went out; addresses add up over several times, each time is in the audit trail."""
    row = find(session, actor, report_id)
    actor.require(Action.SEND_REPORT, row.unit_id)
    report = session.get_one(Report, report_id)
    report.sent_at, report.sent_to = now, sorted({*row.sent_to, *to})
    record(session, actor, "report.send", f"report:{report_id}", after={"to": list(to)}, at=now)


# ---------------------------------------------------------------- further formats


def fetch_file(session: Session, actor: Actor, report_id: int, form: str) -> bytes | None:
    """Give a further rendering of a report (xlsx) byte for byte as stored; None where none was kept yet. NotFound for a stranger."""
    find(session, actor, report_id)
    wanted = (ReportFile.report_id == report_id, ReportFile.format == form)
    found = session.scalar(select(ReportFile.content).where(*wanted))
    return None if found is None else bytes(found)


def keep_file(session: Session, actor: Actor, report_id: int, form: str, content: bytes) -> bytes:
    """Keep a further rendering of a report and give what is kept: the first one stays. NotFound for a stranger."""
    before = fetch_file(session, actor, report_id, form)
    if before is not None:
        return before
    try:
        with session.begin_nested():
            session.add(ReportFile(report_id=report_id, format=form, content=content))
    except IntegrityError:  # another made it in this moment; the same data gave the same bytes
        return fetch_file(session, actor, report_id, form) or content
    return content
