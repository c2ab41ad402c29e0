"""Generated: every address, form, callback and API route, with a session or a token that has ended: as nobody, everywhere."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from dashboard import guards
from monitor.database.tables import ApiToken, LoginSession, User
from monitor.domain.access import SYSTEM
from monitor.services import tokens
from tests.dashboard import matrix
from tests.dashboard.conftest import Web, csrf
from tests.dashboard.test_access import body_of, snapshot

PAST = datetime(2026, 1, 1, tzinfo=UTC)
ENDS: dict[str, Any] = {
    "expired": update(LoginSession).values(expires_at=PAST),
    "idle": update(LoginSession).values(seen_at=PAST),
    "deleted": delete(LoginSession),
    "shut out": update(User).where(User.login == "admin").values(disabled=True),
}
TOKEN_ENDS: dict[str, Any] = {
    "expired": update(ApiToken).values(expires_at=PAST),
    "revoked": update(ApiToken).values(revoked_at=PAST),
    "shut out": update(User).where(User.login == "admin").values(disabled=True),
    "cut off by one": None,
}


@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_has_ended_opens_nothing(web: Web, end: str) -> None:
    client = web.client("admin")
    token = csrf(client)
    with web.database.session(write=True) as session:
        session.execute(ENDS[end])
    before, wrong = snapshot(web), {}
    for rule, get in matrix.GETS.items():
        with client.get(
            get.address.format(run=web.ids.run_id, report=1, meter=1), headers={"Accept": "text/html,*/*"}
        ) as answer:
            if answer.status_code != get.statuses[0]:
                wrong[rule] = answer.status_code
    forms = {
        rule: client.post(rule, data={**form.body, "csrf": token}).status_code for rule, form in matrix.FORMS.items()
    }
    calls = {output: client.post(guards.ENDPOINT, json=body_of(web, output)).status_code for output in matrix.CALLBACKS}

    assert wrong == {}
    assert set(forms.values()) == set(calls.values()) == {401}
    assert snapshot(web) == before


@pytest.mark.parametrize("end", TOKEN_ENDS)
def test_a_token_that_has_ended_opens_nothing(web: Web, end: str) -> None:
    with web.database.session(write=True) as session:
        until = datetime.now(UTC) + timedelta(days=1)
        token = tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=1)[1]
    client: FlaskClient = web.app.server.test_client()
    ask: Callable[..., Any] = lambda address, given: client.get(address, headers={"Authorization": f"Bearer {given}"})  # noqa: E731
    assert ask("/api/v1/units", token).status_code == 200
    if TOKEN_ENDS[end] is None:
        token = token[:-1]
    else:
        with web.database.session(write=True) as session:
            session.execute(TOKEN_ENDS[end])
    wrong = {}
    for rule, get in matrix.GETS.items():
        with ask(get.address.format(run=web.ids.run_id, report=1, meter=1), token) as answer:
            if rule.startswith("/api/v1") and answer.status_code not in {401, 302}:
                wrong[rule] = answer.status_code

    assert wrong == {}
