"""/metrics: closed unless opened, figures that are the database's, no names of people, and one scrape with the database away."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from dashboard.app import create_app
from dashboard.context import Site
from monitor.database import state
from monitor.database.engine import Database
from monitor.database.tables import Alert, JobRun
from monitor.settings import Settings
from tests.dashboard import site as small
from tests.dashboard.conftest import Web

TOKEN = "a token that nobody guesses"


def client(web: Web, **metrics: Any) -> FlaskClient:
    settings = Settings.load(folder=web.folder, environ={}, flags={"data": web.folder, "metrics": metrics})
    found: FlaskClient = create_app(settings, web.database).server.test_client()
    return found


def figures(text: str) -> dict[str, float]:
    """Give each sample as Prometheus would write it in a query."""
    return {
        sample.name + "".join(f" {key}={value}" for key, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize("settings", [{}, {"allow": ["10.0.0.0/8"]}, {"token": TOKEN}])
def test_nobody_reads_without_being_let_in(web: Web, settings: dict[str, Any]) -> None:
    asked = client(web, **settings)

    assert asked.get("/metrics").status_code == 403
    assert asked.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert asked.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


def test_the_token_or_the_address_lets_in(web: Web) -> None:
    asked = client(web, token=TOKEN, allow=["10.0.0.0/8"])

    assert asked.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert asked.get("/metrics", environ_base={"REMOTE_ADDR": "10.1.2.3"}).status_code == 200
    assert asked.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403


def test_the_figures_are_those_of_the_database(web: Web) -> None:
    with web.database.session(write=True) as session:
        now = Site(web.database, Settings(data=web.folder)).clock()
        state.put(session, state.HEARTBEAT, int(now.timestamp()) - 90)
        waiting = {"due_at": now - timedelta(hours=2), "attempt": 0, "state": "due"}
        session.add(JobRun(job="import:power", due_period="2026-09-16T02:00", **waiting))
        session.add(JobRun(job="import:power", due_period="2026-09-15T02:00", **waiting | {"state": "gave_up"}))
        session.add(Alert(rule="source_late", subject="power", unit_id=None, opened_at=now, data={}))
    found = figures(client(web, allow=["127.0.0.1"]).get("/metrics").text)

    assert found["jieyue_import_rows_total outcome=refused source=power"] == 2
    assert found["jieyue_import_rows_total outcome=new source=water"] == 96
    assert found["jieyue_imports_total source=power state=done"] == 1
    assert found["jieyue_source_last_success_timestamp_seconds source=power"] == small.NOW.timestamp()
    assert found["jieyue_jobs state=due"] == found["jieyue_jobs state=gave_up"] == 1
    assert 7200 <= found["jieyue_job_oldest_due_seconds"] < 7500
    assert 90 <= found["jieyue_scheduler_heartbeat_age_seconds"] < 390
    assert found["jieyue_alerts_open rule=source_late"] == 1
    assert found["jieyue_database_up"] == 1
    assert found["jieyue_database_bytes"] > 100_000
    assert found["jieyue_build_info version=0.1.0"] == 1


def test_requests_are_counted_by_route_and_never_by_address(web: Web) -> None:
    asked = client(web, allow=["127.0.0.1"])
    asked.get("/unit?unit=secret-name")
    asked.get("/no/such/thing/secret-name")
    text = asked.get("/metrics").text

    assert figures(text)["jieyue_request_seconds_count method=GET route=/<path:path> status=4xx"] == 2
    assert "secret-name" not in text
    assert [login for login in small.PEOPLE if login in text.lower()] == []


def test_two_processes_say_the_same_of_the_installation(web: Web) -> None:
    texts = [client(web, allow=["127.0.0.1"]).get("/metrics").text for _ in range(2)]
    same = [
        {
            name: value
            for name, value in figures(text).items()
            if name.startswith(("jieyue_import", "jieyue_jobs", "jieyue_source"))
        }
        for text in texts
    ]

    assert same[0] == same[1] != {}


def test_a_scrape_with_the_database_away_says_so(tmp_path: Path) -> None:
    settings = Settings.load(folder=tmp_path, environ={}, flags={"data": tmp_path, "metrics": {"allow": ["127.0.0.1"]}})
    with Database("postgresql://jieyue:secret@127.0.0.1:1/jieyue") as database:
        answer = create_app(settings, database).server.test_client().get("/metrics")

    assert (answer.status_code, figures(answer.text)["jieyue_database_up"]) == (200, 0)
    assert "secret" not in answer.text
