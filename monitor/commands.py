"""What the commands of `jieyue` do, beyond reading their arguments."""

import json
import os
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import OrgUnit, Source
from monitor.domain.access import Actor, Role
from monitor.domain.periods import Month
from monitor.errors import ConfigurationError, NotFound
from monitor.i18n import LANGUAGES, N_
from monitor.intake import pipeline, pseudonyms
from monitor.intake.pipeline import Preview, Receipt
from monitor.services import accounts
from monitor.settings import Settings

FORMATS = ("html", "xlsx", "pdf", "docx")
COMMAND = Actor(None, "command", system=True)


def _unit(session: Session, code: str | None) -> int:
    chosen = select(OrgUnit.id).order_by(OrgUnit.id).limit(1)
    found = session.scalar(chosen.where(OrgUnit.parent_id.is_(None) if code is None else OrgUnit.code == code))
    if found is None:
        raise NotFound("NO_SUCH_UNIT", N_("There is no unit {unit}."), unit=code or "–")
    return found


# ---------------------------------------------------------------- people


def add_user(database: Database, login: str, name: str, email: str) -> str:
    """Add a person and give the generated password."""
    with database.session(write=True) as session:
        return accounts.create_user(session, COMMAND, login, name, email=email)[1]


def user_lines(database: Database) -> Iterator[str]:
    """Give a line per person: sign-in name, name, roles."""
    with database.session() as session:
        people = accounts.list_users(session, COMMAND)
    for login, name, disabled, grants in people:
        yield "\t".join([login, name, "disabled" if disabled else "", *(f"{unit}:{role}" for unit, role in grants)])


def grant_role(database: Database, login: str, unit: str, role: str) -> None:
    """Give a role, or take it away with `none`."""
    if role != "none" and role not in set(Role):
        raise ConfigurationError(
            "NO_SUCH_ROLE", N_("There is no role {role}; choose one of {roles}."), role=role, roles=", ".join(Role)
        )
    with database.session(write=True) as session:
        user_id, unit_id = accounts.find_user(session, COMMAND, login), _unit(session, unit)
        if role == "none":
            accounts.revoke(session, COMMAND, user_id, unit_id)
        else:
            accounts.grant(session, COMMAND, user_id, unit_id, Role(role))


def new_password(database: Database, login: str) -> str:
    """Give a person a new generated password."""
    with database.session(write=True) as session:
        return accounts.set_password(session, COMMAND, accounts.find_user(session, COMMAND, login))


def disable(database: Database, login: str, *, disabled: bool) -> None:
    """Shut a person out, or let them in."""
    with database.session(write=True) as session:
        accounts.set_disabled(session, COMMAND, accounts.find_user(session, COMMAND, login), disabled=disabled)


# ---------------------------------------------------------------- reports


def make_report(
    settings: Settings,
    database: Database,
    *,
    month: str,
    unit: str | None,
    language: str,
    send: bool,
    form: str = "html",
) -> bytes:
    """Make a report, mail it where asked, and give it in a format of FORMATS."""
    from monitor.reports import archive  # noqa: PLC0415 - templates are read only where a report is made
    from monitor.services import reports  # noqa: PLC0415 - as above
    from monitor.services.settings import effective  # noqa: PLC0415 - as above

    try:
        wanted = Month.parse(month)
    except ValueError as error:
        raise ConfigurationError("MONTH_WRONG", N_("{month} is not a month; write YYYY-MM."), month=month) from error
    with database.session() as session:
        settings = effective(session, settings)
    if form not in FORMATS:
        raise ConfigurationError(
            "FORMAT_UNKNOWN", N_("{form} is not a format; known: {known}"), form=form, known=", ".join(FORMATS)
        )
    now = datetime.now(ZoneInfo(settings.zone))
    with database.session() as session:
        report_id = archive.make(session, COMMAND, _unit(session, unit), wanted, language, now=now)
        content: bytes = reports.fetch(session, COMMAND, report_id)[1]
    if form != "html":
        content = archive.file(database, COMMAND, report_id, form, zone=settings.zone)
    if send:
        forms = settings.report.attachments
        archive.send(database, COMMAND, report_id, settings.mail.recipients, settings.mail, now=now, forms=forms)
    return content


# ---------------------------------------------------------------- files


def show_preview(
    kind: str,
    files: Sequence[Path],
    profile: str | None,
    option: Sequence[str] = (),
    *,
    language: str | None = None,
    as_json: bool,
) -> bool:
    """Print what an import would say; tell whether no file was refused."""
    if language is not None and language not in LANGUAGES:
        raise ConfigurationError(
            "LANGUAGE_UNKNOWN", N_("{language} is not a language here; choose zh or en."), language=language
        )
    options: dict[str, Any] = {}
    for word in option:
        name, _, value = word.partition("=")
        options[name] = value
    if profile is not None:
        options["profile"] = _profile(profile)
    found = pipeline.preview(kind, options, [_there(file) for file in files])
    shown(found, as_json=as_json, language=language)
    return found.state != "refused"


def _profile(name: str) -> dict[str, Any] | str:
    """Read a profile's file; what is none is the name of a ready-made one, which the importer knows."""
    path = Path(name)
    if not path.is_file() and not path.suffix:
        return name
    try:
        return tomllib.loads(_there(path).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(
            "PROFILE_BROKEN", N_("{file} is not valid TOML: {problem}"), file=name, problem=str(error)
        ) from error


def pseudonym_of(settings: Settings, login: str, source: str | None) -> str:
    """Give what stands for a login name: by the key of a source, or by our own."""
    reference = ""
    if source is not None:
        with Database(settings.database_url) as database, database.session() as session:
            options = session.scalar(select(Source.options).where(Source.code == source))
        if options is None:
            raise NotFound("NO_SUCH_SOURCE", N_("There is no source {source}."), source=source)
        reference = str(options.get("key", ""))
    return pseudonyms.pseudonym(pseudonyms.secret_of(reference, settings.archive), login)


def import_files(settings: Settings, database: Database, source: str, files: Sequence[Path], *, as_json: bool) -> bool:
    """Import files one after the other, print their receipts, tell whether none was refused."""
    with database.session() as session:
        source_id = session.scalar(select(Source.id).where(Source.code == source))
    if source_id is None:
        raise NotFound("NO_SUCH_SOURCE", N_("There is no source {source}."), source=source)
    receipts = [
        pipeline.import_file(
            database,
            source_id,
            _there(file),
            actor=COMMAND,
            trigger="command",
            now=datetime.now(UTC),
            archive=settings.archive,
        )
        for file in files
    ]
    for receipt in receipts:
        shown(receipt, as_json=as_json)
    return all(receipt.state in {"done", "unchanged"} for receipt in receipts)


def _there(file: Path) -> Path:
    if not file.is_file():
        raise NotFound("FILE_MISSING", N_("There is no file {file}."), file=str(file))
    return file


def shown(result: Preview | Receipt, *, as_json: bool, language: str | None = None) -> None:
    """Print a preview or a receipt: its documented JSON, or its text in one language (default: the system's)."""
    if as_json:
        typer.echo(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    else:
        typer.echo(result.to_text(language or spoken()))


def spoken() -> str:
    """Give the language of the system's locale: zh, or en for all others."""
    named = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next((name for name in named if name), "").casefold().startswith("zh") else "en"
