"""Settings made on the Admin page: what can be set there, where each value comes from, and the live settings of a process."""

import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import StoredSetting
from monitor.domain.access import Action, Actor
from monitor.errors import ConfigurationError, Conflict
from monitor.i18n import N_
from monitor.settings import DEFAULT, SECRET, STORED, Settings
from monitor.settings_parts import renewed

Kind = Literal["text", "number", "percent", "choice", "switch", "words", "secret"]
EVERY = 5.0  # seconds after which another process's change is seen
FIXED = N_("{key} is fixed by the {origin}; change it there, or take it out there first.")
UNKNOWN = N_("{key} cannot be set here.")
NOT_NUMBER = N_("'{value}' is not a whole number.")
NOT_PERCENT = N_("'{value}' is not a percentage between 0 and 100.")
NOT_CERTIFICATES = N_("'{value}' is not a file with certificates (PEM) that the program may read.")


@dataclass(frozen=True, slots=True)
class Editable:
    """A setting that can be made on the page: its group, words, kind; `restart` where a running process keeps the old one."""

    key: str
    group: str
    label: str
    kind: Kind = "text"
    hint: str = ""
    choices: tuple[str, ...] = ()
    restart: bool = False


WEATHER = N_("Weather")
GENERAL, MAIL, REPORT, ALERTS, SIGN_IN, SCHEDULER = (
    N_("General"),
    N_("Mail"),
    N_("Monthly report"),
    N_("Alerts"),
    N_("Sign-in"),
    N_("Scheduler"),
)
SINGLE, WATCHED = N_("Single sign-on"), N_("Sign of life")
YES, NO = "true", "false"
_PRIVATE = N_(
    "Hosts or networks inside your own to which this may lead, such as robot.intern.example or 10.1.0.0/16; several with commas. "
    "Empty: none."
)
_OIDC_REFERENCE = N_(
    "A reference, never the secret itself: env:JIEYUE_HIDDEN_OIDC, or file:NAME in the folder 'secrets'."
)
_PING_REFERENCE = N_(
    "A reference to the address, for whoever knows it can answer for us: env:JIEYUE_HIDDEN_PING, or file:NAME in the folder 'secrets'."
)
_GROUPS = N_("GROUP=ROLE@UNIT, several with commas: energy-office=manager@hq. Roles: viewer, editor, manager, admin.")
_PASSWORDS = N_("No: by password only administrators of the whole organisation sign in.")
_CA_FILE = N_("Path of a PEM file on the machine that runs this; empty: the system's certificates.")
_REFERENCE = N_("A reference, never the password itself: env:JIEYUE_HIDDEN_SMTP, or file:NAME in the folder 'secrets'.")
_BASE = N_("Mean temperature of a day outside, °C: the base of its degree days.")
_SCATTER = N_("CV(RMSE) of the baseline year in percent; beyond it the weather's part of a change is not told.")
_R2 = N_("R² of the baseline year in percent; 0: not asked.")
_NEVER_EMPTY = {"zone", "country", "weather.heating_base", "weather.cooling_base"}
EDITABLE: tuple[Editable, ...] = (
    Editable("name", GENERAL, N_("Name of this site"), hint=N_("Shown beside Jieyue at the top of every page.")),
    Editable("zone", GENERAL, N_("Time zone"), hint=N_("Such as Asia/Shanghai: report schedule and clock on pages.")),
    Editable("country", GENERAL, N_("Holiday calendar"), hint=N_("Country code, such as CN.")),
    Editable("min_coverage", GENERAL, N_("Least coverage"), "percent", N_("Below it a target is not judged.")),
    Editable("mail.host", MAIL, N_("Mail server"), hint=N_("Empty: no mail is sent.")),
    Editable("mail.port", MAIL, N_("Port"), "number"),
    Editable("mail.tls", MAIL, N_("Encryption"), "choice", choices=("none", "starttls", "tls")),
    Editable("mail.sender", MAIL, N_("Sender")),
    Editable("mail.user", MAIL, N_("User name")),
    Editable("mail.password", MAIL, N_("Password"), "secret", _REFERENCE),
    Editable("mail.ca_file", MAIL, N_("Certificates of the mail server"), hint=_CA_FILE),
    Editable("mail.recipients", REPORT, N_("Recipients"), "words", N_("Mail addresses, several with commas.")),
    Editable("report.working_day", REPORT, N_("On this working day"), "number", N_("1 to 15.")),
    Editable("report.hour", REPORT, N_("At this hour"), "number", N_("0 to 23, in the time zone above.")),
    Editable("report.languages", REPORT, N_("Languages"), "words", N_("zh, en or both.")),
    Editable(
        "report.units", REPORT, N_("Units with a report of their own"), "words", N_("Codes, several with commas.")
    ),
    Editable(
        "report.attachments", REPORT, N_("Files in the mail"), "words", N_("xlsx, pdf, docx; several with commas.")
    ),
    Editable(
        "alerts.hour", ALERTS, N_("All rules are looked at"), "number", N_("0 to 23; beside that after each import.")
    ),
    Editable("alerts.allow_private", ALERTS, N_("Webhooks inside the own network"), "words", _PRIVATE),
    Editable("weather.heating_base", WEATHER, N_("Heating from below"), hint=_BASE),
    Editable("weather.cooling_base", WEATHER, N_("Cooling from above"), hint=_BASE),
    Editable("weather.most_cv_days", WEATHER, N_("Scatter of days at most"), "number", _SCATTER),
    Editable("weather.most_cv_months", WEATHER, N_("Scatter of months at most"), "number", _SCATTER),
    Editable("weather.least_r2", WEATHER, N_("Explained at least"), "number", _R2),
    Editable("session.idle", SIGN_IN, N_("Ends without use after"), "number", N_("Seconds, at least 60.")),
    Editable("session.absolute", SIGN_IN, N_("Ends anyway after"), "number", N_("Seconds, at least 60.")),
    Editable("oidc.issuer", SINGLE, N_("Address of the provider"), hint=N_("https://…; empty: no single sign-on.")),
    Editable("oidc.client_id", SINGLE, N_("Client")),
    Editable("oidc.client_secret", SINGLE, N_("Secret of the client"), "secret", _OIDC_REFERENCE),
    Editable("oidc.scopes", SINGLE, N_("Scopes"), hint=N_("Several with blanks; openid is always among them.")),
    Editable("oidc.groups", SINGLE, N_("Groups and their roles"), "words", _GROUPS),
    Editable(
        "oidc.groups_claim", SINGLE, N_("Claim with the groups"), hint=N_("A dot leads inside: realm_access.roles.")
    ),
    Editable("oidc.login_claim", SINGLE, N_("Claim with the sign-in name")),
    Editable("oidc.name_claim", SINGLE, N_("Claim with the name")),
    Editable("oidc.email_claim", SINGLE, N_("Claim with the mail address")),
    Editable("oidc.create_users", SINGLE, N_("Create who is not known here"), "switch", choices=(YES, NO)),
    Editable("oidc.password_sign_in", SINGLE, N_("Passwords for all"), "switch", _PASSWORDS, choices=(YES, NO)),
    Editable("oidc.label_zh", SINGLE, N_("Text of the button in Chinese")),
    Editable("oidc.label_en", SINGLE, N_("Text of the button in English")),
    Editable("oidc.allow_private", SINGLE, N_("Provider inside the own network"), "words", _PRIVATE),
    Editable("oidc.ca_file", SINGLE, N_("Certificates of the provider"), hint=_CA_FILE),
    Editable("ping.url", WATCHED, N_("Address to call"), "secret", _PING_REFERENCE),
    Editable("ping.every", WATCHED, N_("Called every"), "number", N_("Seconds, at least 15.")),
    Editable("ping.allow_private", WATCHED, N_("Watcher inside the own network"), "words", _PRIVATE),
    Editable("scheduler.catch_up", SCHEDULER, N_("Missed work is caught up"), "number", N_("Seconds back in time.")),
    Editable("scheduler.tick", SCHEDULER, N_("Looks at the clock every"), "number", N_("Seconds."), restart=True),
    Editable(
        "scheduler.lease", SCHEDULER, N_("A claim holds for"), "number", N_("Seconds, at least 10."), restart=True
    ),
)
IN_REPORT = "report."
BY_KEY = {one.key: one for one in EDITABLE}


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting as it stands: its value as text (a secret as its reference), and where that comes from."""

    what: Editable
    value: str
    origin: str

    @property
    def fixed(self) -> bool:
        """Whether the environment, the settings file or the command line decide, and the page cannot."""
        return self.origin not in {STORED, DEFAULT}


def effective(session: Session, settings: Settings) -> Settings:
    """Give the settings with what is stored; a stored value that can no longer be used is left out."""
    kept: dict[str, Any] = {}
    for key, value in _stored(session).items():
        if key in BY_KEY:
            try:
                settings.overlaid({key: value})
            except ConfigurationError:
                continue
            kept[key] = value
    return settings.overlaid(kept)


def _stored(session: Session) -> dict[str, Any]:
    rows = {key: value for key, value in session.execute(select(StoredSetting.key, StoredSetting.value))}  # noqa: C416 - typed rows
    report = {key: rows.pop(key) for key in list(rows) if key.startswith(IN_REPORT)}
    today = renewed({key.removeprefix(IN_REPORT): value for key, value in report.items()})
    return rows | {f"{IN_REPORT}{key}": value for key, value in today.items()}


def listed(session: Session, actor: Actor, settings: Settings) -> list[SettingRow]:
    """List what can be set, with value and origin. `settings` are those without the stored ones."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    stored, now = _stored(session), effective(session, settings)
    rows = []
    for one in EDITABLE:
        origin = now.origin(one.key)
        value = now.value(one.key)
        if one.kind == "secret":
            shown = str(stored.get(one.key, "")) if origin in {STORED, DEFAULT} else "••••"
            origin = STORED if shown and origin == DEFAULT else origin
        else:
            shown = _shown(one, value)
        rows.append(SettingRow(one, shown, origin))
    return rows


def _shown(one: Editable, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    if one.kind == "percent":
        return f"{int(str(value)) / 10_000:g}"
    if one.kind == "switch":
        return YES if value else NO
    return "" if isinstance(value, SecretStr) else str(value)


def change(
    session: Session, actor: Actor, settings: Settings, values: Mapping[str, str], *, now: datetime | None = None
) -> list[str]:
    """Store what differs from how it stands; gives the keys that changed.

    An empty text stores nothing of a number: the default holds again. Conflict for a key that environment or file fix,
    ConfigurationError for one that cannot be used (`data["key"]` names it); nothing is stored then.
    """
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    before, changed = _stored(session), []
    standing = {row.what.key: row for row in listed(session, actor, settings)}
    for key, text in values.items():
        row = standing.get(key)
        if row is None:
            raise ConfigurationError("SETTING_UNKNOWN", UNKNOWN, key=key)
        if text.strip() == row.value:
            continue
        if row.fixed:
            raise Conflict("SETTING_FIXED", FIXED, key=key, origin=row.origin)
        _store(session, actor, settings, row.what, text.strip(), before=before, now=now or datetime.now(UTC))
        changed.append(key)
    if changed:
        session.flush()
        bump_data_version(session)
    return changed


def _store(
    session: Session,
    actor: Actor,
    settings: Settings,
    one: Editable,
    text: str,
    *,
    before: Mapping[str, Any],
    now: datetime,
) -> None:
    value = _read(one, text)
    row = session.get(StoredSetting, one.key)
    if value is None:
        if row is not None:
            session.delete(row)
    else:
        settings.overlaid({one.key: value})
        if row is None:
            session.add(StoredSetting(key=one.key, value=value, actor=actor.login, at=now))
        else:
            row.value, row.actor, row.at = value, actor.login, now
    change_of = {
        "before": {"value": before[one.key]} if one.key in before else None,
        "after": None if value is None else {"value": value},
    }
    record(session, actor, "setting.change", f"setting:{one.key}", at=now, **change_of)


def _read(one: Editable, text: str) -> Any:  # noqa: ANN401 - each setting has its own kind
    """Read what was typed; None means: as if it had never been stored."""
    if one.kind == "words":
        return [word.strip() for word in text.replace("，", ",").replace("、", ",").split(",") if word.strip()]
    if not text and (one.kind in {"number", "percent", "choice", "switch"} or one.key in SECRET | _NEVER_EMPTY):
        return None
    if one.kind == "number":
        if not (text.isascii() and text.isdigit()):
            raise ConfigurationError("SETTING_NOT_NUMBER", NOT_NUMBER, key=one.key, value=text)
        return int(text)
    if one.kind == "percent":
        return _ppm(one, text)
    if one.kind == "switch":
        return text == YES
    if one.key.endswith(".ca_file") and text:
        _certificates(one, text)
    return text


def _certificates(one: Editable, path: str) -> None:
    """Refuse a file without certificates; whether it is missing or something else is not told, so that nobody feels their way about."""
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError) as error:
        raise ConfigurationError("SETTING_NOT_CERTIFICATES", NOT_CERTIFICATES, key=one.key, value=path) from error


def _ppm(one: Editable, text: str) -> int:
    try:
        ppm = round(float(text.removesuffix("%")) * 10_000)
    except (ValueError, OverflowError):
        ppm = -1
    if not 0 <= ppm <= 1_000_000:  # noqa: PLR2004 - the whole
        raise ConfigurationError("SETTING_NOT_PERCENT", NOT_PERCENT, key=one.key, value=text)
    return ppm


@dataclass(slots=True)
class Live:
    """The settings of a running process: its own with the stored ones, read anew every few seconds and after a change here."""

    last: Settings | None = None
    read_at: float = float("-inf")
    guard: threading.Lock = field(default_factory=threading.Lock)

    def of(self, database: Any, settings: Settings) -> Settings:  # noqa: ANN401 - anything that opens sessions
        """Give the settings as they stand; where the database does not answer, as they last stood."""
        with self.guard:
            if time.monotonic() - self.read_at >= EVERY or self.last is None:
                try:
                    with database.session() as session:
                        self.last = effective(session, settings)
                except SQLAlchemyError:
                    self.last = self.last or settings
                self.read_at = time.monotonic()
            return self.last

    def forget(self) -> None:
        """Have the next look read anew."""
        with self.guard:
            self.read_at = float("-inf")
