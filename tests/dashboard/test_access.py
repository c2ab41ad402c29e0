"""Generated: every address, page, export, form and callback, as nobody, a stranger, the own unit, the parent unit and the administrator.

What is asked comes from the application itself (url_map, callback_map, PAGES, EXPORTS); the right answers stand in matrix.py.
"""

import json
from typing import Any

import pytest
from dash import Input, Output
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dashboard import auth, exports, guards
from dashboard.app import create_app
from dashboard.pages import PAGES
from monitor.database.state import data_version
from monitor.database.tables import Base
from monitor.domain.access import SYSTEM, Action, Role, allows
from monitor.domain.periods import Month
from monitor.errors import ConfigurationError
from monitor.reports import archive
from monitor.services import accounts
from tests.dashboard import matrix
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, sign_in, visit
from tests.dashboard.matrix import FOREIGN, FORMS, GETS, PEOPLE

LOGIN = {"/login", guards.ENDPOINT}  # the two posts that are no forms of ours


@pytest.fixture
def ids(web: Web) -> dict[str, int]:
    """Things of a unit beside the own one: a meter, a report, the receipt of a whole source."""
    with web.database.session(write=True) as session:
        report = archive.make(session, SYSTEM, web.ids.units["education"], Month(2026, 8), "zh", now=small.NOW)
    return {"report": report, "run": web.ids.run_id, "meter": web.ids.meters["E-education"]}


def rules(web: Web, method: str) -> set[str]:
    """Give every rule of the application that takes this method."""
    return {str(rule) for rule in web.app.server.url_map.iter_rules() if method in (rule.methods or ())}


def leaks(text: str) -> list[str]:
    return [word for word in FOREIGN if word in text]


# ---------------------------------------------------------------- nothing is left out


def test_every_address_is_declared(web: Web) -> None:
    assert sorted(rules(web, "GET") ^ set(GETS)) == []


def test_every_form_is_declared(web: Web) -> None:
    assert sorted((rules(web, "POST") - LOGIN) ^ set(FORMS)) == []


def test_no_address_takes_anything_but_reading_and_posting(web: Web) -> None:
    methods = {method for rule in web.app.server.url_map.iter_rules() for method in rule.methods or ()}

    assert methods <= {"GET", "HEAD", "OPTIONS", "POST"}


def test_every_page_and_every_export_is_declared() -> None:
    assert sorted({page.PATH for page in PAGES} ^ set(matrix.PAGES)) == []
    assert sorted({"board", *exports.EXPORTS} ^ set(matrix.EXPORTS)) == []


def test_every_callback_is_declared_with_what_it_asks_for(web: Web) -> None:
    assert guards.guards(web.app) == matrix.CALLBACKS
    assert set(web.app.callback_map) == set(matrix.CALLBACKS)


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("login", PEOPLE)
def test_each_address_answers_each_person_as_declared(web: Web, ids: dict[str, int], login: str) -> None:
    client = web.client(login)
    person = PEOPLE.index(login)
    right = {rule: get.statuses[person] for rule, get in GETS.items()}
    statuses, told = {}, {}
    for rule, get in GETS.items():
        with client.get(get.address.format(**ids), headers={"Accept": "text/html,*/*"}) as answer:
            statuses[rule], told[rule] = answer.status_code, leaks(answer.data.decode("utf-8", "replace"))

    assert statuses == right
    if login in {"", "stranger", "own"}:
        assert {rule: words for rule, words in told.items() if words} == {}


@pytest.mark.parametrize("login", PEOPLE)
def test_each_page_shows_each_person_the_own_part_alone(web: Web, ids: dict[str, int], login: str) -> None:
    client = web.client(login)
    wrong = {}
    for path, search in matrix.PAGES.items():
        for asked in {"", search.format(**ids), "?unit=education"}:
            answer = visit(client, path, asked)
            told = leaks(said(answer)) if login in {"", "stranger", "own"} else []
            if answer.status_code != (200 if login else 401) or told or '"INTERNAL"' in said(answer):
                wrong[path + asked] = (answer.status_code, told)

    assert wrong == {}


def test_a_stranger_sees_no_unit_on_any_page(web: Web, ids: dict[str, int]) -> None:
    client = web.client("stranger")
    told = {
        path: word
        for path, search in matrix.PAGES.items()
        for asked in {search.format(**ids), "?unit=finance"}
        for word in ("财政局", "Finance Bureau", "power-2026", "市级机关")
        if word in said(visit(client, path, asked))
    }

    assert told == {}


@pytest.mark.parametrize("view", sorted(matrix.EXPORTS))
def test_each_export_answers_by_scope(web: Web, view: str) -> None:
    foreign = {login: web.client(login).get(f"/export/{view}.csv?unit=education") for login in PEOPLE}

    assert [answer.status_code for answer in foreign.values()] == [401, 404, 404, 200, 200]
    own = web.client("own").get(f"/export/{view}.csv?unit=finance")
    assert (own.status_code, leaks(own.text)) == (200, [])


# ---------------------------------------------------------------- writing


def snapshot(web: Web) -> dict[str, int]:
    """Count everything but sessions, and give the version of the data: equal snapshots, nothing changed."""
    with web.database.session() as session:
        counts = {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in {"session", "state"}
        }
        return counts | {"data_version": data_version(session)}


def staff(web: Web, role: Role) -> FlaskClient:
    """Sign somebody in who has this role on the whole."""
    with web.database.session(write=True) as session:
        user_id, _ = accounts.create_user(session, SYSTEM, f"the-{role}", role.title(), small.PASSWORD)
        accounts.grant(session, SYSTEM, user_id, web.ids.units["hq"], role)
    return sign_in(web.app, f"the-{role}")


def sent(client: FlaskClient, rule: str, ids: dict[str, int]) -> Any:
    body = {name: value.format(**ids) for name, value in FORMS[rule].body.items()}
    return client.post(rule, data={"csrf": csrf(client), **body})


def test_nobody_reaches_a_form(web: Web, ids: dict[str, int]) -> None:
    client, before = web.client(""), snapshot(web)

    assert {rule: client.post(rule, data=form.body).status_code for rule, form in FORMS.items()} == dict.fromkeys(
        FORMS, 401
    )
    assert snapshot(web) == before


@pytest.mark.parametrize("login", PEOPLE[1:])
def test_a_form_without_its_token_changes_nothing_for_anyone(web: Web, ids: dict[str, int], login: str) -> None:
    client, before = web.client(login), snapshot(web)

    assert {rule: client.post(rule).status_code for rule in FORMS} == dict.fromkeys(FORMS, 403)
    assert snapshot(web) == before


@pytest.mark.parametrize("role", ["stranger", *Role])
def test_a_form_refuses_every_role_below_its_own(web: Web, ids: dict[str, int], role: str) -> None:
    client = web.client("stranger") if role == "stranger" else staff(web, Role(role))
    weaker = [rule for rule, form in FORMS.items() if form.role is not None and not at_least(role, form.role)]
    before = snapshot(web)
    answers = {rule: sent(client, rule, ids) for rule in weaker}

    assert {rule: a.status_code for rule, a in answers.items() if a.status_code not in {403, 404}} == {}
    assert snapshot(web) == before
    if role == "stranger":
        assert {rule: leaks(answer.text) for rule, answer in answers.items() if leaks(answer.text)} == {}


@pytest.mark.parametrize("role", list(Role))
def test_a_form_lets_its_own_role_in(web: Web, ids: dict[str, int], role: Role) -> None:
    client = staff(web, role)
    answers = {rule: sent(client, rule, ids) for rule, form in FORMS.items() if form.role is role}

    assert {r: a.status_code for r, a in answers.items() if a.status_code in {401, 403} or a.status_code >= 500} == {}


def test_a_viewer_of_the_own_unit_changes_nothing_of_another(web: Web, ids: dict[str, int]) -> None:
    client, before, wrong = web.client("own"), snapshot(web), {}
    for rule, form in FORMS.items():
        answer = sent(client, rule, ids)
        refused = form.role in {None, Role.VIEWER} or answer.status_code in {403, 404}
        if not refused or leaks(answer.text) or {**snapshot(web), "audit_event": 0} != {**before, "audit_event": 0}:
            wrong[rule] = (answer.status_code, leaks(answer.text))
        if rule == "/logout":
            client = web.client("own")

    assert wrong == {}


def at_least(role: str, least: Role) -> bool:
    """Tell whether a role suffices for all that another one may do."""
    return role != "stranger" and all(allows(Role(role), a) or not allows(least, a) for a in Action)


# ---------------------------------------------------------------- callbacks


def value_of(prop: str, component: str) -> object:
    """Give something of another unit that fits a property."""
    given = {"n_clicks": 1, "pathname": "/unit", "search": "?unit=education", "opened": True, "contents": None}
    return given.get(prop, {"page": "education"} if component == "_pages_store" else "education")


def item(declared: dict[str, str]) -> object:
    """Fill one declared input or state; a pattern gets one matching component, about another unit."""
    prop = declared["property"]
    if not declared["id"].startswith("{"):
        return {"id": declared["id"], "property": prop, "value": value_of(prop, declared["id"])}
    wanted = {
        key: "education|electricity|20454|20712" if isinstance(value, list) else value
        for key, value in json.loads(declared["id"]).items()
    }
    return [{"id": wanted, "property": prop, "value": wanted if prop == "id" else value_of(prop, "")}]


def body_of(web: Web, output: str) -> dict[str, object]:
    """Make a valid body for a callback from its declared inputs and states."""
    known = web.app.callback_map[output]
    inputs = [item(one) for one in known["inputs"]]
    first = inputs[0][0] if isinstance(inputs[0], list) else inputs[0]
    assert isinstance(first, dict)
    name = json.dumps(first["id"], separators=(",", ":")) if isinstance(first["id"], dict) else first["id"]
    targets = [part.rpartition(".") for part in output.strip(".").split("...")]
    outputs = [{"id": component, "property": prop} for component, _, prop in targets]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": inputs,
        "state": [item(one) for one in known["state"]],
        "changedPropIds": [f"{name}.{first['property']}"],
    }


@pytest.mark.parametrize("output", sorted(matrix.CALLBACKS))
def test_each_callback_answers_each_person_by_its_action(web: Web, output: str) -> None:
    in_browser = web.app.callback_map[output].get("callback") is None  # runs there: the server has nothing to answer
    body, action, before = body_of(web, output), matrix.CALLBACKS[output], snapshot(web)
    for login in PEOPLE:
        answer = web.client(login).post(guards.ENDPOINT, json=body)
        may = login == "admin" or (action is Action.VIEW and (login in {"own", "parent"} or output in OPEN))
        right = {401} if not login else ({400, 500} if in_browser else {200, 204}) if may else {403}

        assert answer.status_code in right, (login, output)
        if login in {"", "stranger", "own"}:
            assert leaks(said(answer)) == [], (login, output)
    assert {**snapshot(web), "audit_event": 0} == {**before, "audit_event": 0}  # who signed in is written down


OPEN = {guards.ROUTER, guards.TITLE}  # the frame is shown to everyone signed in, and says that there is nothing to see


def test_an_explanation_opens_only_for_those_who_may_see_the_unit(web: Web) -> None:
    body = body_of(web, "..explain.opened...explained.children..")

    seen = {login: "E-education" in said(web.client(login).post(guards.ENDPOINT, json=body)) for login in PEOPLE}

    assert seen == {"": False, "stranger": False, "own": False, "parent": True, "admin": True}


def test_the_application_does_not_start_with_an_unguarded_callback(web: Web) -> None:
    app = create_app(small.settings(web.folder), web.database)
    app.callback(Output("forgotten", "children"), Input("also-forgotten", "value"))(str)

    with pytest.raises(ConfigurationError, match=r"forgotten\.children"):
        guards.check(app)


def test_public_addresses_are_these_and_no_others() -> None:
    machines = ("/healthz", "/readyz", "/metrics")  # the last refuses by itself: tests/running/test_metrics.py
    ways_in = ("/login/oidc", "/login/oidc/back", "/login/bye")
    assert (
        *("/login", *machines, *ways_in),
        *("/assets/login.css", "/_favicon.ico", "/assets/favicon.svg"),
    ) == auth.PUBLIC
