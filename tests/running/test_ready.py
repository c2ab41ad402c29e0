"""/readyz says whether the process can do its work, quickly and without telling anything; /healthz only that it lives."""

import threading
from pathlib import Path

from sqlalchemy import text

from dashboard.app import create_app
from monitor import probes
from monitor.database.engine import Database
from monitor.probes import Readiness
from monitor.settings import Settings


def test_a_process_with_its_database_is_ready(database: Database, tmp_path: Path) -> None:
    client = create_app(Settings(data=tmp_path), database).server.test_client()

    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")


def test_a_schema_of_another_version_is_not_ready(database: Database) -> None:
    with database.session(write=True) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert probes.look(database) == probes.SCHEMA


def test_a_database_that_is_away_is_not_ready_and_its_address_is_not_told(tmp_path: Path) -> None:
    with Database("postgresql://jieyue:secret@127.0.0.1:1/jieyue") as database:
        client = create_app(Settings(data=tmp_path), database).server.test_client()
        answer = client.get("/readyz")

        assert (answer.status_code, answer.text) == (503, "not ready: database away\n")
        assert client.get("/healthz").status_code == 200


def test_a_database_that_is_silent_makes_nobody_wait(monkeypatch: object) -> None:
    import pytest

    assert isinstance(monkeypatch, pytest.MonkeyPatch)
    monkeypatch.setattr(probes, "PATIENCE", 0.05)
    answers, now = threading.Event(), [0.0]
    readiness = Readiness(lambda: "" if answers.wait(10) else "never", clock=lambda: now[0])

    assert readiness.problem() == probes.SILENT
    answers.set()
    now[0] = 10.0  # the next to ask does not wait for the look that hung
    assert readiness.problem() == probes.READY


def test_many_who_ask_are_one_look_a_second() -> None:
    looks, now = [], [0.0]
    readiness = Readiness(lambda: str(looks.append(1) or ""), clock=lambda: now[0])

    assert [readiness.problem() for _ in range(50)] == [""] * 50
    assert len(looks) == 1
    now[0] = 1.1
    readiness.problem()
    assert len(looks) == 2
