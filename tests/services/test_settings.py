"""Settings made on the page: below environment and file, above the defaults, checked before they are stored."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, OrgUnit, StoredSetting
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Conflict, Forbidden, NotFound
from monitor.services.settings import EDITABLE, Live, change, effective, listed
from monitor.settings import Settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def given(folder: Path, **environ: str) -> Settings:
    return Settings.load(folder=folder, environ={f"JIEYUE_{key.upper()}": value for key, value in environ.items()})


def origins(session: Session, settings: Settings) -> dict[str, tuple[str, str]]:
    return {row.what.key: (row.value, row.origin) for row in listed(session, SYSTEM, settings)}


def test_a_stored_setting_stands_over_the_default_and_under_file_and_environment(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "jieyue.toml").write_text('[mail]\nhost = "file.example"\n')
    settings = given(tmp_path, mail__port="2525")

    changed = change(session, SYSTEM, settings, {"report.hour": "9", "mail.host": "file.example"}, now=NOW)
    session.add(StoredSetting(key="mail.host", value="stored.example", at=NOW))
    session.flush()

    now = effective(session, settings)
    assert changed == ["report.hour"]
    assert (now.report.hour, now.mail.host, now.mail.port) == (9, "file.example", 2525)
    found = origins(session, settings)
    assert [found[key] for key in ("report.hour", "mail.host", "mail.port", "mail.user")] == [
        ("9", "stored"),
        ("file.example", "file"),
        ("2525", "environment"),
        ("", "default"),
    ]


@pytest.mark.parametrize(("key", "origin"), [("mail.port", "environment"), ("mail.host", "file")])
def test_what_environment_or_file_fix_is_refused(session: Session, tmp_path: Path, key: str, origin: str) -> None:
    (tmp_path / "jieyue.toml").write_text('[mail]\nhost = "file.example"\n')

    with pytest.raises(Conflict) as refused:
        change(session, SYSTEM, given(tmp_path, mail__port="2525"), {key: "26"}, now=NOW)

    assert (refused.value.code, refused.value.data) == ("SETTING_FIXED", {"key": key, "origin": origin})


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("report.hour", "24", "SETTING_WRONG"),
        ("report.hour", "nine", "SETTING_NOT_NUMBER"),
        ("report.languages", "zh, xx", "SETTING_WRONG"),
        ("zone", "Mars/Base", "SETTING_WRONG"),
        ("min_coverage", "101", "SETTING_NOT_PERCENT"),
        ("min_coverage", "nan", "SETTING_NOT_PERCENT"),
        ("mail.tls", "rot13", "SETTING_WRONG"),
        ("mail.password", "hunter2 itself", "SECRET_REFERENCE"),
        ("mail.password", "env:PATH", "SECRET_REFERENCE"),
        ("mail.password", "file:../secret.key", "SECRET_REFERENCE"),
        ("mail.password", "file:nothing", "SECRET_FILE_UNREADABLE"),
        ("web.port", "80", "SETTING_UNKNOWN"),
        ("name", "x" * 61, "SETTING_WRONG"),
        ("alerts.hour", "24", "SETTING_WRONG"),
        ("mail.ca_file", "/nowhere/ca.pem", "SETTING_NOT_CERTIFICATES"),
        ("mail.ca_file", __file__, "SETTING_NOT_CERTIFICATES"),
    ],
)
def test_what_cannot_be_used_is_not_stored(session: Session, tmp_path: Path, key: str, value: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        change(session, SYSTEM, given(tmp_path), {key: value}, now=NOW)

    assert refused.value.code == code
    assert session.scalars(select(StoredSetting)).all() == []


def test_a_password_is_kept_as_a_reference_alone(session: Session, tmp_path: Path) -> None:
    settings = Settings.load(folder=tmp_path, environ={}, flags={"data": tmp_path})
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "smtp").write_text("tell nobody\n")
    change(session, SYSTEM, settings, {"mail.password": "file:smtp"}, now=NOW)

    assert effective(session, settings).mail.password.get_secret_value() == "tell nobody"
    assert origins(session, settings)["mail.password"] == ("file:smtp", "stored")
    written = session.scalars(select(AuditEvent)).one()
    assert (written.subject, written.after) == ("setting:mail.password", {"value": "file:smtp"})


def test_a_switch_is_yes_or_no_and_networks_are_words(session: Session, tmp_path: Path) -> None:
    settings = given(tmp_path)
    assert origins(session, settings)["oidc.create_users"] == ("false", "default")

    values = {"oidc.create_users": "true", "alerts.allow_private": "robot.example，10.1.0.0/16", "alerts.hour": "6"}
    assert change(session, SYSTEM, settings, values, now=NOW) == list(values)

    now = effective(session, settings)
    assert (now.oidc.create_users, now.alerts.hour) == (True, 6)
    assert now.alerts.allow_private == ["robot.example", "10.1.0.0/16"]
    assert origins(session, settings)["oidc.create_users"] == ("true", "stored")
    assert change(session, SYSTEM, settings, {"oidc.create_users": "true"}, now=NOW) == []


def test_what_was_said_of_the_workbook_before_there_was_pdf_still_holds(session: Session, tmp_path: Path) -> None:
    def loaded(text: str, environ: dict[str, str] | None = None) -> list[str]:
        (tmp_path / "jieyue.toml").write_text(text)
        return Settings.load(folder=tmp_path, environ=environ or {}).report.attachments

    assert loaded("") == ["xlsx"]
    assert loaded("[report]\nattach_excel = false\n") == []
    assert loaded("[report]\nattach_excel = true\n") == ["xlsx"]
    assert loaded("", {"JIEYUE_REPORT__ATTACH_EXCEL": "no"}) == []
    assert loaded("", {"JIEYUE_REPORT__ATTACHMENTS": "pdf, docx"}) == ["pdf", "docx"]
    with pytest.raises(ConfigurationError):
        loaded('[report]\nattachments = ["odt"]\n')
    assert loaded("") == ["xlsx"]

    settings = given(tmp_path)
    session.add(StoredSetting(key="report.attach_excel", value=False, at=NOW))
    session.flush()
    assert origins(session, settings)["report.attachments"] == ("", "stored")
    assert change(session, SYSTEM, settings, {"report.attachments": "pdf，xlsx"}, now=NOW) == ["report.attachments"]
    assert effective(session, settings).report.attachments == ["pdf", "xlsx"]


def test_an_empty_text_brings_the_default_back(session: Session, tmp_path: Path) -> None:
    settings = given(tmp_path)
    change(session, SYSTEM, settings, {"report.hour": "9", "min_coverage": "90.5"}, now=NOW)
    assert origins(session, settings)["min_coverage"] == ("90.5", "stored")

    assert change(session, SYSTEM, settings, {"report.hour": "", "min_coverage": "90.5"}, now=NOW) == ["report.hour"]
    assert origins(session, settings)["report.hour"] == ("7", "default")


def test_a_stored_value_that_no_longer_fits_is_left_out(session: Session, tmp_path: Path) -> None:
    session.add(StoredSetting(key="report.hour", value="late", at=NOW))
    session.add(StoredSetting(key="report.working_day", value=4, at=NOW))
    session.add(StoredSetting(key="gone", value=4, at=NOW))
    session.flush()

    report = effective(session, given(tmp_path)).report

    assert (report.hour, report.working_day) == (7, 4)


def test_a_running_process_sees_a_change_after_it_forgets(session: Session, tmp_path: Path) -> None:
    settings, live = given(tmp_path), Live()

    class Opened:
        def session(self) -> "Opened":
            return self

        def __enter__(self) -> Session:
            return session

        def __exit__(self, *_: object) -> None:
            return None

    assert live.of(Opened(), settings).report.hour == 7
    change(session, SYSTEM, settings, {"report.hour": "9"}, now=NOW)
    assert live.of(Opened(), settings).report.hour == 7
    live.forget()
    assert live.of(Opened(), settings).report.hour == 9


def test_every_setting_that_can_be_made_is_one(tmp_path: Path) -> None:
    settings = given(tmp_path)

    assert {one.key: settings.origin(one.key) for one in EDITABLE} == dict.fromkeys(
        (e.key for e in EDITABLE), "default"
    )


def test_settings_are_for_administrators_of_the_whole(session: Session, tmp_path: Path) -> None:
    session.add(OrgUnit(code="top", name_zh="总", name_en="Top"))
    session.flush()
    top = session.scalars(select(OrgUnit.id)).one()
    settings = given(tmp_path)
    for actor, refusal in (
        (NOBODY, NotFound),
        (Actor(1, "below", {top + 1: Role.ADMIN}, frozenset({top})), Forbidden),
        (Actor(2, "m", {top: Role.MANAGER}, frozenset({top})), Forbidden),
    ):
        with pytest.raises(refusal):
            listed(session, actor, settings)
        with pytest.raises(refusal):
            change(session, actor, settings, {"report.hour": "9"})
