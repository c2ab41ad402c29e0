"""The parts of the settings: one model per group, each key with its default and its limits."""

import re
from collections.abc import Mapping
from datetime import date
from ipaddress import ip_network
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from monitor.domain.access import Role
from monitor.domain.weather import Rule
from monitor.i18n import LANGUAGES

Words = Annotated[
    list[str], BeforeValidator(lambda v: [w.strip() for w in v.split(",") if w.strip()] if isinstance(v, str) else v)
]


ATTACHMENTS = ("xlsx", "pdf", "docx")
_YES_NO = {**dict.fromkeys(("true", "1", "yes", "on"), True), **dict.fromkeys(("false", "0", "no", "off"), False)}


def renewed(report: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is set under `report` with `attach_excel`, as it was called before there was PDF, as the list it became."""
    given = dict(report)
    excel = _YES_NO.get(str(given.get("attach_excel")).lower())
    if excel is not None:
        del given["attach_excel"]
        given.setdefault("attachments", ["xlsx"] if excel else [])
    return given


def networks(value: list[str]) -> list[str]:
    """Give the list where each entry is an address or a network; ValueError otherwise."""
    for one in value:
        ip_network(one, strict=False)
    return value


class Part(BaseModel):
    """What all have in common: unknown keys are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WebSettings(Part):
    """Where pages are served; `secret_key` is generated into the data folder where empty.

    `base_path` is the folder of the site under which a web server in front shows it; `hosts` are the names under which the pages are asked for (empty: any); `trusted_proxies` the addresses or networks of
    web servers in front, whose X-Forwarded headers count (empty: nobody's).
    """

    host: str = "127.0.0.1"
    port: int = Field(8050, ge=0, le=65_535)
    threads: int = Field(8, ge=1)
    connections: int = Field(1200, ge=10)
    secret_key: SecretStr = SecretStr("")
    base_path: str = "/"
    hosts: Words = []
    trusted_proxies: Words = []

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return networks(value)

    @field_validator("base_path")
    @classmethod
    def _folder(cls, value: str) -> str:
        """Take `jieyue`, `/jieyue` and `/jieyue/` for the same."""
        bare = value.strip("/")
        if bare and not re.fullmatch(r"[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*", bare):
            message = "a path of letters, digits and . _ ~ - such as /jieyue/"
            raise ValueError(message)
        return f"/{bare}/" if bare else "/"


class DatabaseSettings(Part):
    """The database's address; empty: a SQLite file in the data folder."""

    url: str = ""


class MailSettings(Part):
    """How mail leaves; an empty `host` means that none does."""

    host: str = ""
    port: int = Field(25, ge=1, le=65_535)
    sender: str = "jieyue@localhost"
    user: str = ""
    password: SecretStr = SecretStr("")
    tls: Literal["none", "starttls", "tls"] = "none"
    recipients: Words = []
    ca_file: str = ""


class AlertSettings(Part):
    """When the rules are looked at each day, and which hosts or networks inside a webhook may lead to."""

    hour: int = Field(7, ge=0, le=23)
    allow_private: Words = []


class WeatherSettings(Part):
    """How the weather's part of a change is worked out: base temperatures in °C; limits in percent, `least_r2` 0: not asked."""

    heating_base: float = Field(18.0, ge=-20, le=40)
    cooling_base: float = Field(26.0, ge=-20, le=40)
    most_cv_days: int = Field(30, ge=1, le=100)
    most_cv_months: int = Field(15, ge=1, le=100)
    least_r2: int = Field(0, ge=0, le=99)

    @property
    def rule(self) -> Rule:
        """Give them as the calculation takes them."""
        limits = (self.most_cv_days / 100, self.most_cv_months / 100, self.least_r2 / 100)
        return Rule(self.heating_base, self.cooling_base, *limits)


class ReportSettings(Part):
    """When the monthly report is made: at this hour of the n-th working day, in these languages.

    It is made for the organisation and for each unit whose code is in `units`; `attachments` are mailed with it.
    """

    working_day: int = Field(3, ge=1, le=15)
    hour: int = Field(7, ge=0, le=23)
    languages: Words = ["zh", "en"]
    units: Words = []
    attachments: Words = ["xlsx"]

    @field_validator("attachments")
    @classmethod
    def _forms(cls, value: list[str]) -> list[str]:
        if not set(value) <= set(ATTACHMENTS):
            message = f"attachments are {', '.join(ATTACHMENTS)}"
            raise ValueError(message)
        return list(dict.fromkeys(value))

    @field_validator("languages")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        if not value or not set(value) <= set(LANGUAGES):
            message = f"languages are {', '.join(LANGUAGES)}"
            raise ValueError(message)
        return value


class SessionSettings(Part):
    """How long a sign-in lasts, in seconds: without use, and at most."""

    idle: int = Field(1800, ge=60)
    absolute: int = Field(43_200, ge=60)


class SchedulerSettings(Part):
    """Seconds between two looks at the ledger, a claim's lease, and how far back missed periods are still run."""

    tick: int = Field(15, ge=1)
    lease: int = Field(30, ge=10)
    catch_up: int = Field(35 * 86_400, ge=0)


class DemoSettings(Part):
    """The demo's last day; today where empty."""

    anchor: date | None = None


class LogSettings(Part):
    """How the program's log is written: as text or one JSON object per line; from which level on."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class MetricsSettings(Part):
    """Who may read /metrics: these addresses or networks, and whoever shows the token. Empty: nobody."""

    allow: Words = []
    token: SecretStr = SecretStr("")

    @field_validator("allow")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        return networks(value)


class PingSettings(Part):
    """The address that is called every so many seconds while the scheduler's rounds succeed; empty: none."""

    url: SecretStr = SecretStr("")
    every: int = Field(300, ge=15)
    allow_private: Words = []


class GroupRole(BaseModel):
    """What membership in a group gives: a role on a unit and what is below it."""

    model_config = ConfigDict(frozen=True)
    group: str
    role: Role
    unit: str


class OidcSettings(Part):
    """Sign-in at an OpenID Connect provider; an empty `issuer` means that there is none. docs/sign-on.md explains each."""

    issuer: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    scopes: str = "openid profile email"
    login_claim: str = "preferred_username"
    name_claim: str = "name"
    email_claim: str = "email"
    groups_claim: str = "groups"
    groups: Words = []
    create_users: bool = False
    password_sign_in: bool = True
    label_zh: str = Field("用单位账号登录", max_length=40)
    label_en: str = Field("Sign in with your organisation's account", max_length=60)
    allow_private: Words = []
    ca_file: str = ""

    @field_validator("issuer")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = parts.scheme == "http" and (parts.hostname or "") in LOOPBACK
        if value and (not parts.hostname or parts.query or parts.fragment or not (parts.scheme == "https" or plain)):
            message = "an https address such as https://login.example.gov.cn/realms/all (http only on this machine)"
            raise ValueError(message)
        return value

    @field_validator("groups")
    @classmethod
    def _readable(cls, value: list[str]) -> list[str]:
        for line in value:
            group_role(line)
        return value

    @property
    def mapping(self) -> list[GroupRole]:
        """What each group gives, in the order written."""
        return [group_role(line) for line in self.groups]


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def group_role(line: str) -> GroupRole:
    """Read `GROUP=ROLE@UNIT`; the group may itself have = and @. ValueError otherwise."""
    rest, _, unit = line.rpartition("@")
    group, _, role = rest.rpartition("=")
    if not group.strip() or not unit.strip() or role.strip() not in set(Role):
        message = f"write GROUP=ROLE@UNIT with a role of {', '.join(Role)}: {line[:80]}"
        raise ValueError(message)
    return GroupRole(group=group.strip(), role=Role(role.strip()), unit=unit.strip())
