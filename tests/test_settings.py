"""Settings in their layers, secrets from files, and what is refused."""

import stat
from pathlib import Path

import pytest

from monitor.errors import ConfigurationError
from monitor.settings import Settings


def load(folder: Path, env: dict[str, str] | None = None, flags: dict[str, object] | None = None) -> Settings:
    return Settings.load(folder=folder, environ=env or {}, flags=flags)


def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    found = [load(tmp_path).web.port]
    (tmp_path / "jieyue.toml").write_text("[web]\nport = 1\n")
    found.append(load(tmp_path).web.port)
    (tmp_path / ".env").write_text("JIEYUE_WEB__PORT=2\n")
    found.append(load(tmp_path).web.port)
    found.append(load(tmp_path, {"JIEYUE_WEB__PORT": "3"}).web.port)
    found.append(load(tmp_path, {"JIEYUE_WEB__PORT": "3"}, {"web": {"port": 4}}).web.port)
    assert found == [8050, 1, 2, 3, 4]


def test_a_layer_leaves_what_it_does_not_name(tmp_path: Path) -> None:
    (tmp_path / "jieyue.toml").write_text('[web]\nport = 1\nhost = "::1"\n')
    web = load(tmp_path, {"JIEYUE_WEB__PORT": "3"}).web
    assert (web.host, web.port) == ("::1", 3)


@pytest.mark.parametrize(
    ("env", "key"),
    [
        ({"JIEYUE_WEB__PROT": "1"}, "web.prot"),
        ({"JIEYUE_NONSENSE": "1"}, "nonsense"),
        ({"JIEYUE_WEB__PORT": "many"}, "web.port"),
        ({"JIEYUE_ZONE": "Mars/Olympus"}, "zone"),
        ({"JIEYUE_REPORT__LANGUAGES": "zh,xx"}, "report.languages"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(tmp_path: Path, env: dict[str, str], key: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load(tmp_path, env)
    assert (refusal.value.code, refusal.value.data["key"]) == ("SETTING_WRONG", key)


def test_a_secret_comes_from_a_file_and_never_shows(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("tell nobody\n")
    settings = load(tmp_path, {"JIEYUE_MAIL__PASSWORD_FILE": str(tmp_path / "password")})
    assert settings.mail.password.get_secret_value() == "tell nobody"
    assert "tell nobody" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        load(tmp_path, {"JIEYUE_MAIL__PASSWORD_FILE": "/no/such/file"})
    assert (refusal.value.code, refusal.value.data["file"]) == ("SECRET_FILE_UNREADABLE", "/no/such/file")


def test_a_broken_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "jieyue.toml").write_text("[web\n")
    with pytest.raises(ConfigurationError) as refusal:
        load(tmp_path)
    assert refusal.value.code == "SETTINGS_FILE_BROKEN"


def test_lists_are_written_with_commas(tmp_path: Path) -> None:
    mail = load(tmp_path, {"JIEYUE_MAIL__RECIPIENTS": "a@x.cn, b@x.cn"}).mail
    assert mail.recipients == ["a@x.cn", "b@x.cn"]


def test_the_secret_key_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    settings = load(tmp_path, flags={"data": tmp_path / "data"})
    key = settings.secret_key()
    assert len(key) >= 60
    assert settings.secret_key() == key
    assert stat.S_IMODE((tmp_path / "data" / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("key", ["short", "x" * 64])
def test_a_weak_secret_key_is_fatal(tmp_path: Path, key: str) -> None:
    problems = load(tmp_path, {"JIEYUE_WEB__SECRET_KEY": key}).check()
    assert [(problem.id, problem.fatal) for problem in problems] == [("SECRET_KEY_WEAK", True)]


def test_defaults_have_no_problem_and_listen_on_this_machine_alone(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert (settings.web.host, settings.check()) == ("127.0.0.1", [])


def test_an_open_door_and_mail_without_a_server_are_told(tmp_path: Path) -> None:
    env = {"JIEYUE_WEB__HOST": "0.0.0.0", "JIEYUE_MAIL__RECIPIENTS": "a@x.cn"}
    assert [problem.id for problem in load(tmp_path, env).check()] == ["OPEN_TO_NETWORK", "MAIL_WITHOUT_HOST"]


def test_the_database_is_a_file_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    assert load(tmp_path, flags={"data": tmp_path}).database_url == f"sqlite:///{tmp_path}/jieyue.db"
    assert load(tmp_path, {"JIEYUE_DATABASE__URL": "postgresql://h/d"}).database_url == "postgresql://h/d"


def test_a_setting_that_is_itself_a_file_is_not_read_as_a_secret(tmp_path: Path) -> None:
    given = {"JIEYUE_MAIL__CA_FILE": "/etc/ca.pem", "JIEYUE_OIDC__CA_FILE": "/etc/other.pem"}
    settings = Settings.load(folder=tmp_path, environ=given)

    assert (settings.mail.ca_file, settings.oidc.ca_file) == ("/etc/ca.pem", "/etc/other.pem")
