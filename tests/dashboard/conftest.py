"""A built site, its application, and signed-in people, once for each database kind that a test asks for."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from argon2 import PasswordHasher
from dash import Dash
from flask.testing import FlaskClient

from dashboard import guards
from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.services import accounts
from tests.dashboard import site as small


@dataclass(frozen=True)
class Web:
    """The application over a small site: ids by code, and clients by person."""

    app: Dash
    database: Database
    ids: SimpleNamespace
    folder: Path
    client: Callable[[str], FlaskClient]


def sign_in(app: Dash, login: str, password: str = small.PASSWORD) -> FlaskClient:
    """Sign a person in as a browser does; "" gives nobody."""
    client: FlaskClient = app.server.test_client()
    if login:
        token = csrf_of(client.get("/login").text)
        answer = client.post("/login", data={"csrf": token, "login": login, "password": password, "next": "/"})
        assert answer.status_code == 303
    return client


def csrf_of(page: str) -> str:
    """Find the token of a form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def csrf(client: FlaskClient) -> str:
    """Find the token of a signed-in person's session, in the frame's forms."""
    return next(str(part["value"]) for part in parts(client.get("/_dash-layout").json) if part.get("name") == "csrf")


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Walk the properties of every component of a layout."""
    if isinstance(tree, list):
        for child in tree:
            yield from parts(child)
    elif isinstance(tree, dict):
        if isinstance(tree.get("props"), dict):
            yield tree["props"]
        for child in tree.values():
            yield from parts(child)


def visit(client: FlaskClient, path: str, search: str = "") -> Any:
    """Open a page as Dash's router does."""
    body = {
        "output": guards.ROUTER,
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }
    return client.post(guards.ENDPOINT, json=body)


def said(answer: Any) -> str:
    """Give what an answer says, Chinese spelled out."""
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else str(answer.text)


@pytest.fixture(scope="session")
def cheap_passwords() -> Iterator[None]:
    """The same algorithm at its least cost: thousands of sign-ins; tests/services/test_accounts.py looks at the real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        accounts._nobodys_hash.cache_clear()
        yield
    accounts._nobodys_hash.cache_clear()


@pytest.fixture(scope="session")
def site_file(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, cheap_passwords: None
) -> tuple[Path, SimpleNamespace]:
    """The small site in a SQLite file, built once."""
    path = tmp_path_factory.mktemp("site") / "jieyue.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{path}") as database:
        ids = small.build(database)
    return path, ids


@pytest.fixture
def web(site_file: tuple[Path, SimpleNamespace], tmp_path: Path) -> Iterator[Web]:
    """The application over a fresh copy of the small site."""
    path = tmp_path / "jieyue.db"
    path.write_bytes(site_file[0].read_bytes())
    with Database(f"sqlite:///{path}") as database:
        app = create_app(small.settings(tmp_path), database)
        yield Web(app, database, site_file[1], tmp_path, lambda login: sign_in(app, login))
