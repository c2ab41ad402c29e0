"""Every address and every callback, as nobody, a stranger, the own unit, the parent unit and the administrator."""

import pytest
from dash import Input, Output
from flask.testing import FlaskClient

from dashboard import auth, guards
from dashboard.app import create_app
from monitor.errors import ConfigurationError
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, visit

PEOPLE = ("", "stranger", "own", "parent", "admin")
FILLED = {
    "view": "days",
    "run_id": "1",
    "path": "nothing",
    "package_name": "dash",
    "fingerprinted_path": "deps/none.js",
    "report_id": "1",
}
FOREIGN = ("教育局", "Education Bureau", "E-education", "档案馆", "E-archives")


def addresses(web: Web) -> list[tuple[str, str]]:
    """Give (method, address) for every rule of the application, with something in every gap."""
    found = []
    for rule in web.app.server.url_map.iter_rules():
        address = str(rule)
        for argument in rule.arguments:
            address = address.replace(f"<int:{argument}>", FILLED.get(argument, "1")).replace(
                f"<path:{argument}>", FILLED.get(argument, "x")
            )
            address = address.replace(f"<{argument}>", FILLED.get(argument, "x")).replace(
                f"<string:{argument}>", FILLED.get(argument, "x")
            )
        found += [(method, address) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return sorted(found)


def test_nobody_gets_nothing_but_sign_in_and_health(web: Web) -> None:
    client = web.client("")

    open_to_all = {
        (method, address) for method, address in addresses(web) if client.open(address, method=method).status_code < 300
    }

    assert open_to_all == {("GET", "/login"), ("GET", "/healthz"), ("GET", "/_favicon.ico")}


def test_nobody_gets_no_callback(web: Web) -> None:
    client = web.client("")

    codes = {
        output: client.post(guards.ENDPOINT, json={"output": output}).status_code for output in web.app.callback_map
    }

    assert codes == dict.fromkeys(web.app.callback_map, 401)


def test_a_form_without_its_token_changes_nothing_for_anyone_signed_in(web: Web) -> None:
    posts = [
        address for method, address in addresses(web) if method == "POST" and address not in {"/login", guards.ENDPOINT}
    ]
    assert posts
    for login in PEOPLE[1:]:
        client = web.client(login)

        assert {address: client.post(address).status_code for address in posts} == dict.fromkeys(posts, 403)


@pytest.mark.parametrize("login", ["stranger", "own", "parent"])
def test_those_without_the_role_cannot_import(web: Web, login: str) -> None:
    client = web.client(login)
    token = csrf(client)

    codes = [
        client.post(f"/imports/{what}", data={"csrf": token, "source": "1", "file": "a" * 64}).status_code
        for what in ("confirm", "run")
    ]

    assert set(codes) == ({404} if login == "stranger" else {403})


def test_a_stranger_sees_no_unit_on_any_page(web: Web) -> None:
    client = web.client("stranger")
    for path in ("/", "/unit", "/imports", "/reports", "/meter", "/receipt", "/preview"):
        for search in ("", "?unit=finance", "?meter=1", "?run=1", "?report=1"):
            text = said(visit(client, path, search))

            assert [word for word in (*FOREIGN, "财政局", "power-2026") if word in text] == [], (path, search)


@pytest.mark.parametrize(
    "search", ["", "?unit=education", "?unit=hq", "?meter=4", "?run=2", "?source=power", "?unit=finance&resource=water"]
)
def test_a_unit_sees_its_own_figures_and_nobody_elses(web: Web, search: str) -> None:
    client = web.client("own")
    for path in ("/", "/unit", "/imports", "/reports", "/meter", "/receipt"):
        text = said(visit(client, path, search))

        assert [word for word in FOREIGN if word in text] == [], (path, search)


def test_every_export_answers_by_scope(web: Web) -> None:
    views = ("board", "days", "months", "profile", "statement", "meters")
    expected = {"stranger": 404, "own": 404, "parent": 200, "admin": 200}

    for login, code in expected.items():
        client = web.client(login)
        codes = {view: client.get(f"/export/{view}.csv?unit=education").status_code for view in views}
        assert codes == dict.fromkeys(views, code), login


def test_own_exports_open_and_refused_rows_belong_to_the_whole(web: Web) -> None:
    own, parent = web.client("own"), web.client("parent")

    assert own.get("/export/days.csv?unit=finance").status_code == 200
    assert own.get(f"/export/run/{web.ids.run_id}.csv").status_code == 404
    assert parent.get(f"/export/run/{web.ids.run_id}.csv").status_code == 200


def explained(client: FlaskClient, key: str) -> str:
    """Ask how a figure was computed."""
    wanted = {"type": "explain", "key": key}
    body = {
        "output": "..explain.opened...explained.children..",
        "outputs": [{"id": "explain", "property": "opened"}, {"id": "explained", "property": "children"}],
        "inputs": [[{"id": wanted, "property": "n_clicks", "value": 1}]],
        "changedPropIds": ['{"key":"' + key + '","type":"explain"}.n_clicks'],
        "state": [],
    }
    answer = client.post(guards.ENDPOINT, json=body)
    assert answer.status_code in {200, 204, 403}
    return said(answer)


def test_an_explanation_opens_only_for_those_who_may_see_the_unit(web: Web) -> None:
    key = "education|electricity|20454|20712"

    seen = {login: "E-education" in explained(web.client(login), key) for login in PEOPLE[1:]}

    assert seen == {"stranger": False, "own": False, "parent": True, "admin": True}


def test_the_application_does_not_start_with_an_unguarded_callback(web: Web) -> None:
    app = create_app(small.settings(web.folder), web.database)
    app.callback(Output("forgotten", "children"), Input("also-forgotten", "value"))(str)

    with pytest.raises(ConfigurationError, match=r"forgotten\.children"):
        guards.check(app)


def test_public_addresses_are_these_and_no_others() -> None:
    assert auth.PUBLIC == ("/login", "/healthz", "/assets/login.css", "/_favicon.ico", "/assets/favicon.svg")
