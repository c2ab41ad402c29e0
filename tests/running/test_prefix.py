"""Below a folder of a host: every own address that leaves us carries the folder once, and every address that comes in works."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard import guards
from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.errors import JieyueError
from monitor.settings import Settings
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.dashboard.conftest import csrf_of, parts

BASE = "/jieyue"
ADDRESSES = ("href", "action", "src", "go", "url")


@pytest.fixture(scope="module")
def below(site_file: tuple[Path, SimpleNamespace], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The small site below /jieyue/, one application for all."""
    folder = tmp_path_factory.mktemp("below")
    (folder / "jieyue.db").write_bytes(site_file[0].read_bytes())
    settings = Settings.load(folder=folder, environ={}, flags={"data": folder, "web": {"base_path": "jieyue"}})
    with Database(f"sqlite:///{folder}/jieyue.db") as database:
        yield create_app(settings, database).server


@pytest.fixture
def admin(below: Any) -> FlaskClient:
    """A browser of the administrator, who signed in below the folder."""
    client: FlaskClient = below.test_client()
    form = {"csrf": csrf_of(client.get(f"{BASE}/login").text), "login": "admin", "password": small.PASSWORD}
    answer = client.post(f"{BASE}/login", data={**form, "next": "/unit?unit=finance"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}/unit?unit=finance")
    return client


def visit(client: FlaskClient, path: str, search: str = "") -> Any:
    body = {
        "output": guards.ROUTER,
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": f"{BASE}{path}"},
            {"id": "_pages_location", "property": "search", "value": search},
        ],
        "changedPropIds": ["_pages_location.pathname"],
        "state": [],
    }
    return client.post(f"{BASE}{guards.ENDPOINT}", json=body)


def bare(value: Any) -> list[str]:
    """Find own addresses without the folder anywhere inside a JSON value."""
    if isinstance(value, list):
        return [found for one in value for found in bare(one)]
    if not isinstance(value, dict):
        return []
    own = [f"{key}={one}" for key, one in value.items() if key in ADDRESSES and isinstance(one, str) and wrong(one)]
    return own + [found for one in value.values() for found in bare(one)]


def status(client: FlaskClient, address: str) -> int:
    with client.get(address) as answer:
        return int(answer.status_code)


def wrong(address: str) -> bool:
    inside = address.startswith("/") and not address.startswith("//")
    return inside and (not address.startswith(f"{BASE}/") or address.startswith(f"{BASE}{BASE}"))


@pytest.mark.parametrize("path", matrix.PAGES)
def test_every_address_on_every_page_carries_the_folder(admin: FlaskClient, path: str) -> None:
    for search in ("", "?unit=finance"):
        answer = visit(admin, path, search)

        assert answer.status_code == 200
        assert bare(answer.json) == []
        assert "INTERNAL" not in answer.text


def test_the_frame_and_its_scripts_carry_the_folder(admin: FlaskClient) -> None:
    page = admin.get(f"{BASE}/").text
    found = re.findall(r'(?:href|src)="(/[^"]*)"', page)

    assert [address for address in found if wrong(address)] == []
    assert f'"requests_pathname_prefix":"{BASE}/"' in page.replace("\\u002f", "/").replace(" ", "")
    assert {status(admin, address) for address in found} == {200}
    layout = admin.get(f"{BASE}/_dash-layout").json
    assert bare(layout) == []
    assert {part["href"] for part in parts(layout) if str(part.get("href", "")).endswith("/compare")} == {
        f"{BASE}/compare"
    }


def test_links_exports_and_forms_of_a_page_work_as_they_stand(admin: FlaskClient) -> None:
    shown = list(parts(visit(admin, "/unit", "?unit=finance").json))
    links = [part["href"] for part in shown if str(part.get("href", "")).startswith("/")]
    files = [address for address in links if "/export/" in address]

    assert files
    assert {status(admin, address) for address in files[:3]} == {200}
    frame = list(parts(admin.get(f"{BASE}/_dash-layout").json))
    form = next(part for part in frame if part.get("action") == f"{BASE}/prefer")
    token = next(str(part["value"]) for part in frame if part.get("name") == "csrf")
    came_from = {"Referer": f"http://localhost{BASE}/unit?unit=finance"}
    answer = admin.post(form["action"], data={"csrf": token, "language": "en"}, headers=came_from)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BASE}/unit?unit=finance")
    out = admin.post(f"{BASE}/logout", data={"csrf": token})
    assert out.headers["Location"] == f"{BASE}/login"


def test_cookies_stay_below_the_folder(below: Any) -> None:
    client = below.test_client()
    form = {"csrf": csrf_of(client.get(f"{BASE}/login").text), "login": "admin", "password": small.PASSWORD}
    answer = client.post(f"{BASE}/login", data=form)
    paths = [re.search(r"Path=([^;]*)", cookie)[1] for cookie in answer.headers.getlist("Set-Cookie")]  # type: ignore[index]

    assert paths == [f"{BASE}/", f"{BASE}/login"]


def test_who_is_not_signed_in_is_led_to_the_page_below(below: Any) -> None:
    client = below.test_client()
    answer = client.get(f"{BASE}/unit?unit=finance", headers={"Accept": "text/html"})

    assert answer.headers["Location"] == f"{BASE}/login?next=%2Funit%3Funit%3Dfinance"
    assert client.get(BASE).headers["Location"] == f"{BASE}/"
    assert f'action="{BASE}/login"' in client.get(f"{BASE}/login").text
    assert f'href="{BASE}/assets/login.css"' in client.get(f"{BASE}/login").text


def test_a_web_server_that_takes_the_folder_off_is_understood_too(below: Any) -> None:
    client = below.test_client()

    assert client.get("/readyz").status_code == client.get(f"{BASE}/readyz").status_code == 200
    assert client.get("/unit", headers={"Accept": "text/html"}).headers["Location"].startswith(f"{BASE}/login?")


def test_the_description_of_the_interface_names_the_folder(admin: FlaskClient) -> None:
    assert admin.get(f"{BASE}/api/v1/openapi.json").json["servers"] == [{"url": f"{BASE}/api/v1"}]
    found = re.findall(r'(?:href|src)="(/[^"]*)"', admin.get(f"{BASE}/api/docs").text)
    assert {address: status(admin, address) for address in found} == dict.fromkeys(found, 200)


@pytest.mark.parametrize("given", ["jieyue", "/jieyue", "/jieyue/", "jieyue/"])
def test_a_folder_may_be_written_in_any_way(tmp_path: Path, given: str) -> None:
    assert Settings.load(folder=tmp_path, environ={}, flags={"web": {"base_path": given}}).web.base_path == "/jieyue/"


@pytest.mark.parametrize("given", ["a b", "../x?", "https://x/", "a//b", 'a"b', "节约"])
def test_what_is_no_folder_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(JieyueError):
        Settings.load(folder=tmp_path, environ={}, flags={"web": {"base_path": given}})
