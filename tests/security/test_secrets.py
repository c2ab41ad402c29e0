"""A mark in every secret: it is looked for in every page, file, log, figure, error and list, and is nowhere but where it must be."""

import logging
import os
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel, SecretStr
from sqlalchemy import select, text

from dashboard import guards
from dashboard.app import create_app
from monitor import cli, logs
from monitor.database.tables import AuditEvent, Base
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError
from monitor.keeping import backup
from monitor.scheduling import messages
from monitor.services import accounts, alerts, channels, tokens
from monitor.settings import Settings
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, csrf_of, said, visit

MARK = "cAnArY7x"
ENVIRONMENT = {
    "JIEYUE_WEB__SECRET_KEY": f"{MARK}-web-key-1f9d0c47aa53e2b6",
    "JIEYUE_MAIL__PASSWORD": f"{MARK}-mail",
    "JIEYUE_MAIL__HOST": "127.0.0.1",
    "JIEYUE_MAIL__PORT": "9",
    "JIEYUE_METRICS__TOKEN": f"{MARK}-metrics",
    "JIEYUE_OIDC__CLIENT_SECRET": f"{MARK}-oidc",
    "JIEYUE_PING__URL": f"https://ping.example/{MARK}-ping",
}


def secrets_of(model: Any, prefix: str = "") -> set[str]:
    """Name every setting that is kept secret."""
    found: set[str] = set()
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            found.add(f"{prefix}{name}")
        elif isinstance(value, BaseModel):
            found |= secrets_of(value, f"{name}.")
    return found


def test_every_secret_setting_has_a_mark() -> None:
    marked = {name.removeprefix("JIEYUE_").lower().replace("__", ".") for name, v in ENVIRONMENT.items() if MARK in v}

    assert secrets_of(Settings()) == marked


def test_no_secret_is_told_anywhere(
    web: Web, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = Settings.load(folder=tmp_path, environ=ENVIRONMENT, flags={"data": web.folder})
    app = create_app(settings, web.database)
    password, token = f"{MARK} a person's", ""
    with web.database.session(write=True) as session:
        user_id, _ = accounts.create_user(session, SYSTEM, "marked", "Marked", password)
        accounts.grant(session, SYSTEM, user_id, web.ids.units["hq"], accounts.Role.ADMIN)
        accounts.authenticate(session, "marked", f"{MARK} wrong", small.NOW)
        until = datetime.now(UTC) + timedelta(days=1)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=user_id)[1]
        address = f"https://robot.example/hook?key={MARK}-webhook-of-our-robot"
        channels.save_channel(session, SYSTEM, channels.ChannelSpec("wecom", address), now=small.NOW)
        alerts.evaluate(session, SYSTEM, now=small.NOW)
    client = app.server.test_client()
    form = {"csrf": csrf_of(client.get("/login").text), "login": "marked", "password": password}
    assert client.post("/login", data=form).status_code == 303
    cookie = client.get_cookie("jieyue_session")
    assert cookie is not None
    hidden = [MARK, token, token[tokens.PREFIX :], cookie.value]
    told: dict[str, str] = {}
    for path in matrix.PAGES:
        told[path] = said(visit(client, path))
    for section in ("people", "tokens", "settings", "audit", "account", "sources"):
        told[section] = said(visit(client, "/admin", f"?section={section}&person=marked"))
    for rule, get in matrix.GETS.items():
        headers = {"Authorization": f"Bearer {token}"} if rule.startswith("/api") else {}
        with client.get(get.address.format(run=web.ids.run_id, report=1, meter=1), headers=headers) as answer:
            told[rule] = answer.data.decode("latin-1")
    told["metrics"] = client.get("/metrics", headers={"Authorization": f"Bearer {MARK}-metrics"}).text
    told["history"] = client.get("/export/history/all.csv").text
    told["refused"] = client.post(
        "/admin/settings/save", data={"csrf": csrf(client), "mail.password": "x", "step": "apply"}
    ).text
    told["broken"] = client.post(guards.ENDPOINT, data="{", content_type="application/json").text
    messages.deliver(
        web.database, settings, datetime.now(UTC)
    )  # to a robot that is not there and a mail server that is none
    told["settings"] = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for command in (f"doctor --data {web.folder}", f"user list --data {web.folder}", f"token list --data {web.folder}"):
        with pytest.raises(SystemExit):
            typer.main.get_command(cli.app)(command.split())
        told[command] = "".join(capsys.readouterr())
    with web.database.session() as session:
        told["audit"] = repr(session.execute(select(AuditEvent.__table__)).all())
    hidden_in_logs = logs.Text(logs.secrets(settings))
    told["log"] = "\n".join(hidden_in_logs.format(record) for record in caplog.records)

    assert {where: one for where, words in told.items() for one in hidden if one in words} == {}


def test_what_is_kept_is_a_hash(web: Web) -> None:
    """Of passwords, sessions and tokens the database has nothing that opens a door; webhooks are there in full, and said so."""
    client = web.client("admin")
    cookie = client.get_cookie("jieyue_session")
    assert cookie is not None
    with web.database.session(write=True) as session:
        until = datetime.now(UTC) + timedelta(days=1)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=1)[1]
    with web.database.session() as session:
        everything = "".join(repr(session.execute(select(table)).all()) for table in Base.metadata.tables.values())

    assert [one for one in (cookie.value, token, small.PASSWORD) if one in everything] == []


def test_a_backup_is_its_owners_alone_and_says_what_it_holds(web: Web) -> None:
    settings = small.settings(web.folder)
    key = settings.secret_key()
    target = web.folder / "kept.tar.gz"
    backup.backup(web.database, settings, target)
    with tarfile.open(target) as archive:
        names = archive.getnames()
        files = [archive.extractfile(name) for name in names if name.endswith("secret.key")]
        keys = [one.read().decode() for one in files if one is not None]

    assert target.stat().st_mode & 0o077 == 0
    assert not [name for name in names if "session" in name]
    assert keys == [key]
    assert "the keys" in (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Settings(data=tmp_path).secret_key()
    finally:
        os.umask(before)

    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "key",
    ["", "short", "a" * 64, "abababab" * 8, "change-me-change-me-change-me-please", "SECRET_KEY_SECRET_KEY_SECRET_KEY_1",
     "your-256-bit-secret-your-256-bit-x", "jieyue-jieyue-jieyue-jieyue-jieyue", "0123456789abcdef0123456789abcdef"],
)  # fmt: skip
def test_a_known_or_short_key_keeps_us_from_starting(tmp_path: Path, key: str) -> None:
    if key:
        problems = Settings.load(folder=tmp_path, environ={"JIEYUE_WEB__SECRET_KEY": key}).check()
        assert [one.id for one in problems if one.fatal] == ["SECRET_KEY_WEAK"]
    (tmp_path / "secret.key").write_text(key, encoding="ascii")
    with pytest.raises(ConfigurationError, match=r"secret\.key"):
        Settings(data=tmp_path).secret_key()


def test_nobody_is_there_before_the_first_start_and_no_password_is_known(web: Web) -> None:
    with web.database.session(write=True) as session:
        for password in ("admin", "password", "jieyue", "", "123456", "changeme"):
            assert accounts.authenticate(session, "admin", password, datetime.now(UTC)) is None
        for table in ("role_grant", "session", "user_account"):
            session.execute(text(f"DELETE FROM {table}"))
        first, second = accounts.first_admin(session, small.NOW), accounts.first_admin(session, small.NOW)

    assert first is not None
    assert second is None
    assert len(first[1]) >= 16


def test_no_tool_of_developers_is_there_whatever_the_environment_says(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "DASH_DEBUG",
        "DASH_UI",
        "DASH_MCP_ENABLED",
        "DASH_HOT_RELOAD",
        "DASH_SERVE_DEV_BUNDLES",
        "FLASK_DEBUG",
        "DASH_PRUNE_ERRORS",
    ):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("FLASK_ENV", "development")
    app = create_app(small.settings(web.folder), web.database)
    client = app.server.test_client()

    assert not app.server.debug
    assert not app._dev_tools.get("ui")
    assert not app._dev_tools.get("hot_reload")
    assert [str(rule) for rule in app.server.url_map.iter_rules() if "mcp" in str(rule) or "debug" in str(rule)] == []
    assert {str(rule) for rule in app.server.url_map.iter_rules()} == {
        str(r) for r in web.app.server.url_map.iter_rules()
    }
    for path in ("/_mcp", "/_dash-mcp", "/console", "/_alive_x", "/?__debugger__=yes&cmd=resource&f=debugger.js"):
        assert "Traceback" not in client.get(path).text
