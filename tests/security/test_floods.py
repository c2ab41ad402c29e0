"""Too much at once: large bodies, long spans, a thousand silent connections, bytes that drip; the others' pages stay quick meanwhile."""

import http.client
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.app import BODY_LIMIT, create_app
from monitor import process
from monitor.domain.access import SYSTEM
from monitor.services import tokens
from monitor.settings import WebSettings
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf

SILENT = int(os.environ.get("JIEYUE_SILENT", "1000"))
PATIENCE = 1.0  # seconds, of 95 of 100 answers


@pytest.fixture
def running(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The application served as `jieyue web` serves it, limits and all, from a thread."""
    made: list[Any] = []
    real = process.create_server

    def create(*given: Any, **named: Any) -> Any:
        made.append(real(*given, **named))
        return made[0]

    monkeypatch.setattr(process, "create_server", create)
    monkeypatch.setattr(process, "_signals", _no_signals)
    settings = small.settings(web.folder).model_copy(update={"web": WebSettings(port=0)})
    up = threading.Event()
    application = create_app(settings, web.database).server
    thread = threading.Thread(
        target=process.serve,
        args=(settings, application),
        kwargs={"beside": None, "announce": lambda _: up.set()},
        daemon=True,
    )
    thread.start()
    assert up.wait(30)
    yield SimpleNamespace(port=made[0].effective_port, settings=settings)
    made[0].asyncore.close_all(made[0]._map)
    made[0].task_dispatcher.shutdown()
    thread.join(10)


class _no_signals:  # noqa: N801 - stands in for a context manager of that name
    """Threads have no signals."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> bool:
        """Let the end of the server's sockets pass."""
        return True


def answers(port: int, count: int) -> list[float]:
    """Ask for the sign-in page, again and again; give how long each took."""
    took = []
    for _ in range(count):
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/login")
        assert connection.getresponse().status == 200
        connection.close()
        took.append(time.monotonic() - begun)
    return sorted(took)


def test_silent_and_dripping_connections_keep_nobody_waiting(running: SimpleNamespace) -> None:
    """A thousand that say nothing or go on saying little: more than select() can hold, more than there are threads."""
    process.many_files(2 * SILENT + 600)
    idle = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(SILENT)]
    slow = idle[: SILENT // 10]
    for one in slow:
        one.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n")
    for one in idle[SILENT // 10 : SILENT // 5]:
        one.sendall(b"GET /login HTTP/1.1\r\nX-")
    took = []
    for _ in range(10):
        for one in slow:
            one.send(b"a")  # a byte now and then
        took += answers(running.port, 4)
    with selectors.DefaultSelector() as look:
        for one in idle:
            look.register(one, selectors.EVENT_READ)
        closed = len(look.select(0))
    for one in idle:
        one.close()

    took.sort()
    assert took[int(len(took) * 0.95) - 1] < PATIENCE, took[-5:]
    assert closed == 0  # they were not shut out either: nobody is taken for an attacker for being slow


@pytest.mark.parametrize("path", ["/login", "/admin/units/add", "/_dash-update-component", "/nowhere"])
def test_a_body_beyond_the_limit_is_refused_before_it_is_taken(running: SimpleNamespace, path: str) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as one:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {process.LARGEST_BODY + 1}\r\n\r\n"
        one.sendall(head.encode())
        status = one.recv(100).split(b" ")[1]

    assert status == b"413"
    assert BODY_LIMIT < process.LARGEST_BODY < 2 * BODY_LIMIT


def test_endless_headers_are_refused(running: SimpleNamespace) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as one:
        one.sendall(b"GET / HTTP/1.1\r\n")
        refused = b""
        try:
            for _ in range(200):
                one.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
            refused = one.recv(100)
        except OSError:
            refused = b"closed"

    assert refused == b"closed" or b" 431 " in refused or b" 400 " in refused


def test_a_large_body_is_refused_by_the_application_too(web: Web) -> None:
    client = web.client("admin")
    body = {"csrf": csrf(client), "note": "a" * (BODY_LIMIT + 1)}

    assert {client.post(rule, data=body).status_code for rule in ("/admin/units/add", "/login", "/prefer")} <= {
        400,
        403,
        413,
    }


def test_no_question_is_too_long_for_the_interface(web: Web) -> None:
    with web.database.session(write=True) as session:
        until = datetime.now(UTC) + timedelta(days=1)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=1)[1]
    client, statuses = web.app.server.test_client(), {}
    for query in (
        "consumption?unit=hq&resource=water&from=0001-01-01&to=9999-12-31",
        "consumption?unit=hq&resource=water&from=2000-01-01&to=2026-01-01&by=day",
        "consumption?unit=hq&resource=water&from=1900-01-01&to=2026-01-01&by=month",
        "consumption?unit=hq&resource=water&from=2026-01-01&to=2025-01-01",
        "units?limit=100000",
        "units?limit=-1",
        "units?limit=99999999999999999999999",
        "units?cursor=" + "a" * 5000,
        "board?year=99999999",
        "board?year=-1",
        "targets?unit=" + "x" * 10_000,
        "reports?month=2026-99",
    ):
        begun = time.monotonic()
        statuses[query[:60]] = client.get(f"/api/v1/{query}", headers={"Authorization": f"Bearer {token}"}).status_code
        assert time.monotonic() - begun < 5

    assert {query: status for query, status in statuses.items() if status not in {400, 404}} == {}


def test_no_page_is_too_long_either(web: Web, tmp_path: Path) -> None:
    client = web.client("admin")
    for query in (
        "unit=hq&year=99999",
        "unit=hq&as_of=9999-12-31",
        "unit=hq&year=0",
        "unit=" + "x" * 20_000,
        "meter=1&start=0001-01-01",
    ):
        for path in ("/export/days.csv", "/export/months.csv", "/export/meter-days.csv", "/export/board.csv"):
            begun = time.monotonic()
            answer = client.get(f"{path}?{query}")

            assert answer.status_code in {200, 404}, (path, query)
            assert len(answer.data) < 2_000_000
            assert time.monotonic() - begun < 10
