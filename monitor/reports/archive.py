"""Make, send and compare reports: what the job, the command and the page call."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from monitor import i18n
from monitor.database.engine import Database
from monitor.domain.access import Action, Actor
from monitor.domain.periods import Month
from monitor.i18n import N_, translate
from monitor.notify import Attachment, send_mail
from monitor.reports import commentary, lines, monthly, words
from monitor.reports.html import render
from monitor.reports.numbers import Data, canonical
from monitor.services import reports
from monitor.settings import MailSettings

OFFICE = "application/vnd.openxmlformats-officedocument"
FORMS = {  # further renderings of a report, kept beside its page; each is the module monitor.reports.NAME
    "xlsx": f"{OFFICE}.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "docx": f"{OFFICE}.wordprocessingml.document",
}
SUBJECT = N_("Monthly report on saving targets: {unit}, {month}")
SEE = N_("The whole report is in the attached page; it opens in any browser and prints on A4.")


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a report that reads otherwise today: which one, what was printed, what it would be now."""

    field: str
    then: str
    now: str


def make(session: Session, actor: Actor, unit_id: int, month: Month, language: str, *, now: datetime) -> int:
    """Build, render and keep a report; gives its id. Nothing changed since the latest version: that one's id.

    `now` is shown in the zone that it carries. Needs a session that may write. NotFound for a stranger, Forbidden for who may
    only look, Conflict where no day of the month is complete.
    """
    data = _build(session, actor, unit_id, month, now=now)
    return _store(session, actor, data, language, now=now)


def produce(
    database: Database,
    actor: Actor,
    unit_id: int,
    month: Month,
    language: str,
    *,
    now: datetime,
    fence: Callable[[Session], None] | None = None,
) -> int:
    """Do what `make` does in short transactions: one that only reads, ones that write (`fence` before their end); and all its files."""
    with database.session() as session:
        data = _build(session, actor, unit_id, month, now=now)
    with database.session(write=True) as session:
        report_id = _store(session, actor, data, language, now=now)
        if fence is not None:
            fence(session)
    for form in FORMS:
        file(database, actor, report_id, form, zone=now.tzinfo, fence=fence)
    return report_id


def file(
    database: Database,
    actor: Actor,
    report_id: int,
    form: str,
    *,
    zone: tzinfo | str | None,
    fence: Callable[[Session], None] | None = None,
) -> bytes:
    """Give a report as a file of FORMS as it is stored; one that has none yet gets it from its stored data. NotFound for a stranger.

    `zone` is that of the clock by which the report says when it was made. No transaction is open while it is rendered.
    """
    with database.session() as session:
        row = reports.find(session, actor, report_id)
        kept = reports.fetch_file(session, actor, report_id, form)
        text = "" if kept is not None else reports.fetch(session, actor, report_id)[0]
    if kept is not None:
        return kept
    made_at = row.created_at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    module = import_module(f"monitor.reports.{form}")  # what prints and writes is loaded only where something is made
    content: bytes = module.render(json.loads(text), row.language, version=row.version, made_at=made_at)
    with database.session(write=True) as session:
        content = reports.keep_file(session, actor, report_id, form, content)
        if fence is not None:
            fence(session)
    return content


def _build(session: Session, actor: Actor, unit_id: int, month: Month, *, now: datetime) -> Data:
    actor.require(Action.SEND_REPORT, unit_id)
    return monthly.build(session, actor, unit_id, month, now=now)


def _store(session: Session, actor: Actor, data: Data, language: str, *, now: datetime) -> int:
    def rendered(version: int) -> bytes:
        return render(data, language, version=version, made_at=now)

    unit_id, month = data["unit"]["id"], Month(data["year"], data["month"])
    return reports.store(session, actor, unit_id, month, language, data=canonical(data), render=rendered, now=now)


def changed_since(session: Session, actor: Actor, report_id: int, *, now: datetime | None = None) -> list[Change]:
    """List what a report would say otherwise today, in its language; empty where nothing changed. NotFound for a stranger.

    A difference below the printed precision is listed with all its digits.
    """
    row = reports.find(session, actor, report_id)
    text, _ = reports.fetch(session, actor, report_id)
    today = monthly.build(session, actor, row.unit_id, row.month, now=now)
    return compare(json.loads(text), today, row.language)


def compare(then: Data, now: Data, language: str) -> list[Change]:
    """List the lines that differ between the data of two reports, in the order of the report."""
    old, new = lines.lines(then, language), lines.lines(now, language)
    changes = []
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if (before and before.raw) == (after and after.raw):
            continue
        exact = before is not None and after is not None and before.text == after.text
        shown = [i18n.MISSING if line is None else line.exact if exact else line.text for line in (before, after)]
        changes.append(Change((after or before).label, *shown))  # type: ignore[union-attr]
    return changes


def send(
    database: Database,
    actor: Actor,
    report_id: int,
    to: Sequence[str],
    mail: MailSettings,
    *,
    now: datetime,
    forms: Sequence[str] = ("xlsx",),
    key: str = "",
) -> None:
    """Mail a report as it is stored, as body and as attachment, with its files in the `forms` named, and write that down.

    No transaction is open while the mail server answers. NotFound for a stranger, Forbidden for who may only look,
    ConfigurationError without server or recipient, SourceUnavailable where the server does not take it.
    """
    with database.session() as session:
        row = reports.find(session, actor, report_id)
        actor.require(Action.SEND_REPORT, row.unit_id)
        text, html = reports.fetch(session, actor, report_id)
    attachments = [Attachment(file_name(row), "text/html", html)]
    for form in forms:
        content = file(database, actor, report_id, form, zone=now.tzinfo)
        attachments.append(Attachment(file_name(row, form), FORMS[form], content))
    send_mail(
        mail,
        list(to),
        title(row),
        html.decode(),
        plain(json.loads(text), row.language),
        attachments=attachments,
        key=key,
    )
    with database.session(write=True) as session:
        reports.mark_sent(session, actor, report_id, to, now=now)


def title(row: reports.ReportRow) -> str:
    """Give the title of a report in its language."""
    unit = words.name({"name_zh": row.name_zh, "name_en": row.name_en, "code": row.unit_code}, row.language)
    return translate(SUBJECT, row.language, unit=unit, month=i18n.month(row.month.year, row.month.month, row.language))


def file_name(row: reports.ReportRow, ending: str = "html") -> str:
    """Give the name under which a report is saved: plain ASCII, the same for the same report."""
    code = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "-" for letter in row.unit_code
    )
    return f"jieyue-{code}-{row.month}-{row.language}-v{row.version}.{ending}"


def plain(data: Data, language: str) -> str:
    """Give the headline of a report as plain text, for readers of mail without HTML."""
    said: list[Any] = [
        line for section in data["resources"] for line in commentary.headline(section, data["as_of"], language)
    ]
    return "\n".join([*said, "", translate(SEE, language), ""])
