"""The log: one JSON object per event, with its request, without a secret, and nobody writes a line of their own into it."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor import logs
from monitor.settings import Settings
from tests.dashboard.conftest import Web

CANARY = "canary-7f3a9c"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    yield Settings.load(
        folder=tmp_path,
        environ={},
        flags={
            "data": tmp_path,
            "log": {"format": "json", "level": "info"},
            "database": {"url": f"postgresql://jieyue:{CANARY}-db@db/jieyue"},
            "mail": {"password": f"{CANARY}-mail"},
            "oidc": {"client_secret": f"{CANARY}-oidc"},
            "web": {"secret_key": f"{CANARY}-key-of-more-than-thirty-two-characters"},
            "metrics": {"token": f"{CANARY}-token"},
            "ping": {"url": f"https://hc.example/{CANARY}"},
        },
    )
    logging.getLogger().handlers[:], _ = before
    logging.getLogger().setLevel(before[1])


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_event_is_one_object_even_with_a_trace_and_line_breaks(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.begin(settings)
    log = logging.getLogger("jieyue.test")
    log.warning("名称 %s", 'a\n{"level": "forged"}')
    try:
        raise ValueError("broken\nhere")
    except ValueError:
        log.exception("it failed", extra={"event": {"job": "import:power"}})
    said, failed = events(capsys.readouterr().err)

    assert (said["level"], said["logger"]) == ("warning", "jieyue.test")
    assert said["message"] == '名称 a\n{"level": "forged"}'
    assert (failed["message"], failed["job"]) == ("it failed", "import:power")
    assert "ValueError: broken" in str(failed["trace"])


@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_of_the_settings_is_ever_written(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    (settings.data / "secrets").mkdir()
    (settings.data / "secrets" / "smtp").write_text(f"{CANARY}-file\n", encoding="utf-8")
    monkeypatch.setenv("JIEYUE_HIDDEN_SMTP", f"{CANARY}-variable")
    logs.begin(settings.model_copy(update={"log": settings.log.model_copy(update={"format": form})}))
    log = logging.getLogger("jieyue.test")
    for secret in logs.secrets(settings):
        try:
            raise OSError(f"cannot reach {secret}")
        except OSError:
            log.exception("with %s", secret, extra={"event": {"address": secret}})
    text = capsys.readouterr().err

    assert len(logs.secrets(settings)) == 8
    assert text.count(logs.HIDDEN) >= 16
    assert CANARY not in text


def test_a_request_is_one_line_with_its_number_and_without_what_follows_the_question_mark(
    settings: Settings, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.begin(settings)
    answer = web.client("").get("/unit?unit=finance&code=very-secret", headers={"X-Request-ID": "forged"})
    [event] = [one for one in events(capsys.readouterr().err) if one["logger"] == "jieyue.request"]

    assert (event["method"], event["path"], event["status"]) == ("GET", "/unit", 401)
    assert event["request"] == answer.headers["X-Request-ID"] != "forged"


def test_a_line_of_text_names_its_request(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    logs.begin(settings.model_copy(update={"log": settings.log.model_copy(update={"format": "text"})}))
    token = logs.REQUEST.set("abc123")
    logging.getLogger("jieyue.test").error("failed")
    logs.REQUEST.reset(token)

    assert capsys.readouterr().err.endswith("ERROR jieyue.test [abc123]: failed\n")
