"""Every setting: defaults < stored < jieyue.toml < .env < JIEYUE_X__Y < flags; secrets also from files; unknown keys refused."""

import hmac
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
)

from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.settings_parts import (
    AlertSettings,
    DatabaseSettings,
    DemoSettings,
    LogSettings,
    MailSettings,
    MetricsSettings,
    OidcSettings,
    Part,
    PingSettings,
    ReportSettings,
    SchedulerSettings,
    SessionSettings,
    WeatherSettings,
    WebSettings,
    Words,
    renewed,
)

__all__ = [
    "AlertSettings",
    "DatabaseSettings",
    "DemoSettings",
    "LogSettings",
    "MailSettings",
    "MetricsSettings",
    "OidcSettings",
    "PingSettings",
    "Problem",
    "ReportSettings",
    "SchedulerSettings",
    "SessionSettings",
    "Settings",
    "WeatherSettings",
    "WebSettings",
]

PREFIX = "JIEYUE_"
HIDDEN = "JIEYUE_HIDDEN_"  # variables that a stored reference `env:` may name; no others, or a page could read them all
NOT_SETTINGS = ("JIEYUE_TESTS_", "JIEYUE_CONFIG", HIDDEN)
COMMAND, ENVIRONMENT, FILE, STORED, DEFAULT = "command", "environment", "file", "stored", "default"
SECRET = frozenset({"mail.password", "oidc.client_secret", "ping.url"})  # stored as a reference, never as itself
NO_SECRET = N_(
    "'{reference}' does not lead to a secret: name env:{prefix}… and set that variable, "
    "or file:NAME and put the file NAME into the folder 'secrets' of the data folder."
)
FILES = frozenset({"mail__ca_file", "oidc__ca_file"})  # settings that are themselves the path of a file
SHORTEST_KEY, VARIED = 32, 8
PLACEHOLDERS = (
    "change",
    "example",
    "insecure",
    "secret",
    "replace",
    "your-",
    "your_",
    "default",
    "jieyue",
    "012345",
    "abcdef",
)
KEY_FILE_WEAK = N_(
    "The key in {file} is too short or too simple; delete the file, and a new one is made at the next start."
)
BROAD = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - recognised in order to warn


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an operator should mend: `id` to quote, a sentence, a hint, fields for both; `fatal` keeps us from starting."""

    id: str
    template: str
    hint: str
    data: dict[str, object] = field(default_factory=dict)
    fatal: bool = False


class Settings(Part):
    """All settings of one process; `load` builds them, `overlaid` adds what was set on the Admin page."""

    data: Path = Path("jieyue-data")
    name: str = Field("", max_length=60)
    folders: Words = Field(default_factory=list)
    zone: str = "Asia/Shanghai"
    country: str = "CN"
    min_coverage: int = Field(950_000, ge=0, le=1_000_000)
    database: DatabaseSettings = DatabaseSettings()
    web: WebSettings = WebSettings()
    mail: MailSettings = MailSettings()
    alerts: AlertSettings = AlertSettings()
    report: ReportSettings = ReportSettings()
    weather: WeatherSettings = WeatherSettings()
    session: SessionSettings = SessionSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    oidc: OidcSettings = OidcSettings()
    metrics: MetricsSettings = MetricsSettings()
    ping: PingSettings = PingSettings()
    log: LogSettings = LogSettings()
    demo: DemoSettings = DemoSettings()
    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            message = "not a time zone"
            raise ValueError(message) from error
        return value

    @property
    def archive(self) -> Path:
        """The folder in which every received document is kept."""
        return self.data / "archive"

    @property
    def database_url(self) -> str:
        """The database's address, spelled out."""
        return self.database.url or f"sqlite:///{(self.data / 'jieyue.db').absolute()}"

    @classmethod
    def load(
        cls,
        *,
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        flags: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read all layers; `flags` is nested as the settings are. ConfigurationError names the key that is wrong."""
        env = dict(os.environ if environ is None else environ)
        place = folder or Path()
        file = Path(env.get("JIEYUE_CONFIG") or place / "jieyue.toml")
        dotenv = {key: value for key, value in dotenv_values(place / ".env").items() if value is not None}
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        layers = (
            (FILE, _toml(file)),
            (ENVIRONMENT, _nested(dotenv)),
            (ENVIRONMENT, _nested(env)),
            (COMMAND, flags or {}),
        )
        for origin, given in layers:
            layer = given
            if isinstance(given.get("report"), Mapping):
                layer = {**given, "report": renewed(given["report"])}
            _merge(values, layer)
            origins |= dict.fromkeys(_keys(layer), origin)
        try:
            found = cls.model_validate(values)
        except ValidationError as error:
            raise _wrong(error) from error
        found._origins.update(origins)  # noqa: SLF001 - of the same class
        return found

    def origin(self, key: str) -> str:
        """Tell where the value of `mail.host` comes from: command, environment, file, stored or default."""
        if key in self._origins:
            return self._origins[key]
        part: BaseModel = self
        *outer, last = key.split(".")
        for name in outer:
            part = getattr(part, name)
        return COMMAND if last in part.model_fields_set else DEFAULT

    def value(self, key: str) -> Any:  # noqa: ANN401 - each setting has its own kind
        """Give the value of a dotted key."""
        found: Any = self
        for name in key.split("."):
            found = getattr(found, name)
        return found

    def overlaid(self, stored: Mapping[str, Any]) -> Self:
        """Give these settings with stored ones where neither command, environment nor file say anything.

        ConfigurationError names the key whose stored value cannot be used.
        """
        values = self.model_dump(exclude_unset=True)
        origins = dict(self._origins)
        for key, given in stored.items():
            if self.origin(key) != DEFAULT:
                continue
            *outer, last = key.split(".")
            place = values
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = self.revealed(given) if key in SECRET else given
            origins[key] = STORED
        try:
            found = type(self).model_validate(values)
        except ValidationError as error:
            raise _wrong(error) from error
        found._origins.update(origins)  # noqa: SLF001 - of the same class
        return found

    def revealed(self, reference: str) -> str:
        """Give what a reference stands for: `env:JIEYUE_HIDDEN_…`, or `file:` and a name in the folder `secrets` of the data folder.

        No other variable or file can be named, so that nobody reads the machine through a form. ConfigurationError otherwise.
        """
        how, _, name = reference.partition(":")
        if how == "env" and name.startswith(HIDDEN) and name in os.environ:
            return os.environ[name]
        if how == "file" and name and Path(name).name == name:
            return _secret(reference, str(self.data / "secrets" / name))
        raise ConfigurationError("SECRET_REFERENCE", NO_SECRET, reference=reference, prefix=HIDDEN)

    def key_for(self, purpose: str) -> bytes:
        """Give 32 bytes made from the secret key for one purpose, so that no two purposes share a key."""
        return hmac.digest(self.secret_key().encode(), purpose.encode(), "sha256")

    def check(self) -> list[Problem]:
        """Give what an operator should know before starting; `fatal` ones keep the program from starting."""
        found = []
        key = self.web.secret_key.get_secret_value()
        if key and weak(key):
            found.append(
                Problem(
                    "SECRET_KEY_WEAK",
                    N_("The secret key is too short or too simple."),
                    N_("Leave it out: one is generated; or set at least {least} random characters."),
                    {"least": SHORTEST_KEY},
                    fatal=True,
                )
            )
        if self.web.host in BROAD:
            found.append(
                Problem(
                    "OPEN_TO_NETWORK",
                    N_("The pages are served to the whole network without encryption."),
                    N_("Put a reverse proxy with TLS in front and listen on 127.0.0.1."),
                )
            )
        if self.oidc.issuer and not self.oidc.client_id:
            found.append(
                Problem(
                    "OIDC_WITHOUT_CLIENT",
                    N_("An identity provider is set, but not as which client it knows us."),
                    N_("Set oidc.client_id, or remove oidc.issuer."),
                )
            )
        if self.oidc.issuer and self.oidc.create_users and not self.oidc.groups:
            found.append(
                Problem(
                    "OIDC_WITHOUT_GROUPS",
                    N_("People are to be created at their first sign-in, but no group gives a role, so nobody is."),
                    N_("Set oidc.groups, or leave oidc.create_users out."),
                )
            )
        if self.mail.recipients and not self.mail.host:
            found.append(
                Problem(
                    "MAIL_WITHOUT_HOST",
                    N_("Reports have recipients, but no mail server is set."),
                    N_("Set mail.host, or remove mail.recipients."),
                )
            )
        return found

    def secret_key(self) -> str:
        """Give the key; on first use generate it into the data folder, readable by the owner alone."""
        given = self.web.secret_key.get_secret_value()
        if given:
            return given
        path = self.data / "secret.key"
        self.data.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            kept = path.read_text(encoding="ascii", errors="replace").strip()
            if weak(kept):
                raise ConfigurationError("SECRET_KEY_WEAK", KEY_FILE_WEAK, file=str(path)) from None
            return kept
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(key := secrets.token_urlsafe(48))
        return key


def weak(key: str) -> bool:
    """Tell a key that is too short, of too few different signs, or copied from an example."""
    plain = key.lower()
    return len(key) < SHORTEST_KEY or len(set(key)) < VARIED or any(word in plain for word in PLACEHOLDERS)


def _wrong(error: ValidationError) -> ConfigurationError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    return ConfigurationError("SETTING_WRONG", N_("Setting {key} is wrong: {problem}"), key=key, problem=first["msg"])


def _keys(layer: Mapping[str, Any], above: str = "") -> list[str]:
    """Give the dotted keys of a nested layer."""
    found: list[str] = []
    for name, value in layer.items():
        found += _keys(value, f"{above}{name}.") if isinstance(value, Mapping) else [above + name]
    return found


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "SETTINGS_FILE_BROKEN", N_("{file} is not valid TOML: {problem}"), file=str(path), problem=str(error)
        ) from error


def _nested(environ: Mapping[str, str]) -> dict[str, Any]:
    """Turn JIEYUE_MAIL__HOST=x into {"mail": {"host": "x"}}; JIEYUE_MAIL__PASSWORD_FILE names a file that holds the value."""
    result: dict[str, Any] = {}
    for name, given in environ.items():
        if not name.startswith(PREFIX) or name.startswith(NOT_SETTINGS):
            continue
        key, value = name.removeprefix(PREFIX).lower(), given
        if key.endswith("_file") and key not in FILES:
            key, value = key.removesuffix("_file"), _secret(name, given)
        *outer, last = key.split("__")
        place = result
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = value
    return result


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            "SECRET_FILE_UNREADABLE", N_("{name} names a file that cannot be read: {file}"), name=name, file=path
        ) from error


def _merge(values: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, Mapping) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = dict(value) if isinstance(value, Mapping) else value
