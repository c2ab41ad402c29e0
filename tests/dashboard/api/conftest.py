"""Tokens for the people of the small site, and a way to ask with them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.tables import User
from monitor.domain.access import SYSTEM
from monitor.services import tokens
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, cheap_passwords, site_file, web

__all__ = ["cheap_passwords", "site_file", "web"]
Ask = Callable[..., Any]


def token_of(web: Web, login: str, *, scopes: tuple[str, ...] = tuple(tokens.SCOPES), unit: str = "") -> str:
    """Make a token for one of the site's people."""
    with web.database.session(write=True) as session:
        user_id = session.scalar(select(User.id).where(User.login == login))
        until = small.NOW.replace(year=2027) + timedelta(days=300)
        made = {"expires_at": until, "now": until - timedelta(days=700), "user_id": user_id}
        return tokens.create(session, SYSTEM, "test", scopes, unit_id=web.ids.units[unit] if unit else None, **made)[1]


@pytest.fixture
def ask(web: Web) -> Ask:
    """Ask as one of the site's people: address below /api/v1, headers by keyword."""
    client, kept = web.app.server.test_client(), {}

    def get(address: str, login: str = "parent", *, token: str | None = None, **headers: str) -> Any:
        if token is None and login not in kept:
            kept[login] = token_of(web, login)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        bearer = {"Authorization": f"Bearer {token or kept[login]}"}
        return client.get(f"/api/v1{address}", headers=bearer | sent)

    return get
