"""Generated: every route of the interface with every token: nobody's, an expired one, the own unit's, a sub-tree's, one of other scopes."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dashboard.api.serve import PREFIX, ROUTES
from monitor.database.tables import ApiToken, User
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.reports import archive
from monitor.services.tokens import SCOPES
from tests.dashboard import site as small
from tests.dashboard.api.conftest import Ask, token_of
from tests.dashboard.conftest import Web
from tests.dashboard.matrix import FOREIGN

# Route → how it is asked about a unit, and whether it then belongs to that unit alone (else: everybody gets the own part).
ASKED = {
    "/units": ("/units", False),
    "/units/<code>": ("/units/{unit}", True),
    "/meters": ("/meters?unit={unit}", True),
    "/consumption": ("/consumption?unit={unit}&resource=water&from=2026-01-01&by=month", True),
    "/targets": ("/targets?unit={unit}", True),
    "/board": ("/board?year=2026", False),
    "/comparison": ("/comparison?resource=water&year=2026&by=per_person&group=all", False),
    "/reports": ("/reports?unit={unit}", True),
    "/reports/<int:report_id>": ("/reports/{report}", True),
    "/reports/<int:report_id>/html": ("/reports/{report}/html", True),
    "/reports/<int:report_id>/xlsx": ("/reports/{report}/xlsx", True),
    "/reports/<int:report_id>/pdf": ("/reports/{report}/pdf", True),
    "/reports/<int:report_id>/docx": ("/reports/{report}/docx", True),
}
METER = "/consumption?meter=E-{unit}&from=2026-09-01"
WHOLE = ("/units", "/meters", "/meters?limit=500", "/board", "/comparison?resource=electricity", "/reports")


@pytest.fixture
def made(web: Web) -> dict[str, int]:
    """A report of the education bureau and one of the finance bureau."""
    with web.database.session(write=True) as session:
        return {
            unit: archive.make(session, SYSTEM, web.ids.units[unit], Month(2026, 8), "zh", now=small.NOW)
            for unit in ("education", "finance")
        }


def about(unit: str, made: dict[str, int]) -> dict[str, str]:
    return {route: asked.format(unit=unit, report=made[unit]) for route, (asked, _) in ASKED.items()}


def test_every_route_is_declared_here() -> None:
    assert {route.path for route in ROUTES} == set(ASKED)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic YWRtaW46YWRtaW4=", "Bearer " + "x" * 5000, "jy_x"])
def test_without_a_valid_token_every_address_answers_alike(web: Web, made: dict[str, int], header: str) -> None:
    client = web.app.server.test_client()
    answers = [
        client.get(PREFIX + address, headers={"Authorization": header} if header else {})
        for address in (*about("education", made).values(), "/units/none", "/nothing", "/units?limit=x")
    ]

    assert {(a.status_code, a.mimetype) for a in answers} == {(401, "application/problem+json")}
    assert len({a.text for a in answers}) == 1
    assert all(a.headers["WWW-Authenticate"].startswith("Bearer") for a in answers)


def test_a_cookie_opens_nothing(web: Web, made: dict[str, int]) -> None:
    client = web.client("admin")

    assert {client.get(PREFIX + address).status_code for address in about("education", made).values()} == {401}


def test_an_expired_a_revoked_and_a_disabled_persons_token_open_nothing(
    web: Web, ask: Ask, made: dict[str, int]
) -> None:
    past = small.NOW - timedelta(days=900)
    dead = {what: token_of(web, "admin") for what in ("expired", "revoked")} | {"disabled": token_of(web, "parent")}
    with web.database.session(write=True) as session:
        for what, values in (("expired", {"expires_at": past}), ("revoked", {"revoked_at": past})):
            session.execute(update(ApiToken).where(ApiToken.prefix == dead[what][:12]).values(**values))
        session.execute(update(User).where(User.login == "parent").values(disabled=True))

    codes = {ask(a, token=token).status_code for a in about("finance", made).values() for token in dead.values()}
    assert codes == {401}


def test_each_route_answers_each_token_by_the_unit(ask: Ask, made: dict[str, int]) -> None:
    alone = {route for route, (_, by_unit) in ASKED.items() if by_unit}
    for login, code in (("own", 404), ("parent", 200), ("admin", 200)):
        codes = {route: ask(address, login).status_code for route, address in about("education", made).items()}
        assert codes == {route: code if route in alone else 200 for route in ASKED}, login
        own = {route: ask(address, login).status_code for route, address in about("finance", made).items()}
        assert own == dict.fromkeys(ASKED, 200), login
        assert ask(METER.format(unit="education"), login).status_code == code
        assert ask(METER.format(unit="finance"), login).status_code == 200


def test_no_answer_to_the_own_unit_speaks_of_another(ask: Ask, made: dict[str, int]) -> None:
    addresses = [*WHOLE, *about("education", made).values(), *about("finance", made).values()]
    told = {
        address: [word for word in (*FOREIGN, "education", "archives", "transport") if word in answer.text]
        for address in addresses
        if not address.endswith(("xlsx", "pdf", "docx"))
        for answer in (ask(address, "own"),)
    }

    assert {address: words for address, words in told.items() if words} == {}


def test_what_may_not_be_seen_is_not_told_from_what_is_not_there(ask: Ask, made: dict[str, int]) -> None:
    for there, gone in (
        ("/units/education", "/units/none"),
        (f"/reports/{made['education']}", "/reports/999"),
        (METER.format(unit="education"), METER.format(unit="none")),
        ("/targets?unit=education", "/targets?unit=none"),
        ("/meters?unit=education", "/meters?unit=none"),
    ):
        assert ask(there, "own").text == ask(gone, "own").text


def test_a_sub_tree_token_of_the_administrator_sees_the_sub_tree_alone(
    web: Web, ask: Ask, made: dict[str, int]
) -> None:
    token = token_of(web, "admin", unit="finance")

    assert [unit["code"] for unit in ask("/units", token=token).json["items"]] == ["finance"]
    assert {ask(address, token=token).status_code for address in about("finance", made).values()} == {200}
    for address in (*WHOLE, *about("education", made).values()):
        assert [w for w in FOREIGN if w in ask(address, token=token).data.decode("utf-8", "replace")] == [], address


@pytest.mark.parametrize("scope", list(SCOPES))
def test_a_scope_opens_its_own_routes_alone(web: Web, ask: Ask, made: dict[str, int], scope: str) -> None:
    token = token_of(web, "admin", scopes=(scope,))
    right = {route.path: 200 if route.scope == scope else 403 for route in ROUTES}

    addresses = about("finance", made)
    assert {path: ask(address, token=token).status_code for path, address in addresses.items()} == right


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_through_the_interface(web: Web, method: str) -> None:
    client, bearer = web.app.server.test_client(), {"Authorization": f"Bearer {token_of(web, 'admin')}"}

    answers = [client.open(f"{PREFIX}{path}", method=method, headers=bearer) for path in ("/units", "/reports/1")]
    assert {(a.status_code, a.json["code"]) for a in answers} == {(405, "READ_ONLY")}


def test_no_answer_invites_another_site(web: Web, ask: Ask) -> None:
    client = web.app.server.test_client()
    preflight = client.options(
        f"{PREFIX}/units",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Headers": "authorization"},
    )

    for answer in (preflight, ask("/units", Origin="https://evil.example")):
        assert [name for name, _ in answer.headers if name.lower().startswith("access-control")] == []
    assert preflight.status_code == 401


def test_the_description_is_read_by_the_signed_in_and_by_tokens(web: Web, ask: Ask) -> None:
    assert web.client("stranger").get("/api/v1/openapi.json").status_code == 200
    assert ask("/openapi.json", "own").status_code == 200
    assert web.client("").get("/api/v1/openapi.json").status_code == 401
    assert web.client("").get("/api/docs", headers={"Accept": "text/html"}).status_code == 302
