"""Another site in a colleague's browser: it can neither post, nor read, nor change anything by a link."""

import json
from typing import Any

import pytest

from dashboard import guards
from tests.dashboard import matrix
from tests.dashboard.conftest import Web, csrf
from tests.dashboard.test_access import body_of, snapshot

ORIGIN = {"Origin": "https://evil.example", "Referer": "https://evil.example/", "Sec-Fetch-Site": "cross-site"}
TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "")


@pytest.mark.parametrize("kind", TYPES)
def test_no_post_of_another_site_changes_anything(web: Web, kind: str) -> None:
    client, before = web.client("admin"), snapshot(web)
    statuses = {}
    for rule in sorted(matrix.FORMS):
        for body in (
            b"",
            b'{"csrf": ""}',
            b"csrf=guessed&unit=finance",
            b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nx\r\n--x--',
        ):
            answer = client.post(rule, data=body, content_type=kind, headers=ORIGIN)
            statuses[rule, body] = answer.status_code

    assert set(statuses.values()) <= {400, 403}
    assert snapshot(web) == before


@pytest.mark.parametrize("kind", [kind for kind in TYPES if "json" not in kind])
def test_a_callback_takes_no_body_that_a_form_can_send(web: Web, kind: str) -> None:
    client = web.client("admin")
    for output in matrix.CALLBACKS:
        body = json.dumps(body_of(web, output))
        for sent in (body, f"{body}=", f"x={body}"):
            assert client.post(guards.ENDPOINT, data=sent, content_type=kind, headers=ORIGIN).status_code == 415


def test_nobody_elsewhere_is_told_that_it_may_read(web: Web) -> None:
    client = web.client("admin")
    told = []
    for rule, get in matrix.GETS.items():
        address = get.address.format(run=web.ids.run_id, report=1, meter=1)
        for method in ("GET", "OPTIONS", "HEAD"):
            headers = {
                **ORIGIN,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-csrf-token",
            }
            with client.open(address, method=method, headers=headers) as answer:
                told += [(method, rule) for name in answer.headers.keys() if name.lower().startswith("access-control")]  # noqa: SIM118

    assert told == []


def test_reading_never_changes_anything(web: Web) -> None:
    client, before = web.client("admin"), snapshot(web)
    for rule in {*matrix.GETS, *matrix.FORMS} - {"/login"}:
        get = matrix.GETS.get(rule)
        address = rule if get is None else get.address.format(run=web.ids.run_id, report=1, meter=1)
        address += ("&" if "?" in address else "?") + f"csrf={csrf(client)}"
        for method in ("GET", "HEAD", "OPTIONS"):
            with client.open(address, method=method) as answer:
                assert answer.status_code < 500, address

    assert {**snapshot(web), "audit_event": 0} == {**before, "audit_event": 0}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "X"])
def test_other_methods_do_nothing(web: Web, method: str) -> None:
    client, before = web.client("admin"), snapshot(web)
    statuses = set()
    for address in (
        "/",
        "/admin/units/add",
        "/export/days.csv",
        "/api/v1/units",
        "/login",
        guards.ENDPOINT,
        "/reports/1.html",
    ):
        for headers in ({}, {"X-CSRF-Token": csrf(client)}):
            with client.open(address, method=method, headers=headers) as answer:
                statuses.add(answer.status_code)

    assert statuses <= {400, 401, 403, 404, 405, 415}
    assert snapshot(web) == before


def test_the_token_of_another_persons_form_is_worth_nothing(web: Web) -> None:
    admin, own = web.client("admin"), web.client("own")
    before = snapshot(web)
    token: Any = csrf(own)

    assert {admin.post(rule, data={"csrf": token}).status_code for rule in matrix.FORMS} == {403}
    assert snapshot(web) == before
