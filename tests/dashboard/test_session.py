"""Signing in and out, cookies, tokens, headers, and bodies that make no sense."""

import json
from collections.abc import Iterator

import pytest

from dashboard import guards
from dashboard.auth import local
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, csrf_of, visit


def test_signing_in_makes_a_cookie_that_scripts_cannot_read(web: Web) -> None:
    client = web.app.server.test_client()
    token = csrf_of(client.get("/login").text)
    answer = client.post("/login", data={"csrf": token, "login": "admin", "password": small.PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("jieyue_session="))

    assert answer.status_code == 303
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_on_tls_the_cookie_is_secure_and_the_browser_told_to_stay_there(web: Web) -> None:
    client = web.app.server.test_client()
    token = csrf_of(client.get("/login", base_url="https://localhost").text)
    answer = client.post(
        "/login", data={"csrf": token, "login": "admin", "password": small.PASSWORD}, base_url="https://localhost"
    )

    cookies = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-jieyue_session", "__Secure-jieyue_login"}
    assert all("Secure" in line for line in cookies.values())
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(web: Web) -> None:
    pages = []
    for login in ("admin", "nobody-of-that-name"):
        client = web.app.server.test_client()
        token = csrf_of(client.get("/login").text)
        answer = client.post("/login", data={"csrf": token, "login": login, "password": "wrong"})
        assert answer.status_code == 401
        pages.append(answer.text.replace(csrf_of(answer.text), ""))

    assert pages[0] == pages[1]


def test_a_sign_in_form_without_its_cookie_is_refused(web: Web) -> None:
    client = web.app.server.test_client()

    assert (
        client.post("/login", data={"csrf": "guess", "login": "admin", "password": small.PASSWORD}).status_code == 400
    )


def test_signing_in_again_ends_the_session_before(web: Web) -> None:
    client = web.client("admin")
    before = client.get_cookie("jieyue_session")
    token = csrf_of(web.app.server.test_client().get("/login").text)
    client.set_cookie("jieyue_login", token, path="/login")
    client.post("/login", data={"csrf": token, "login": "admin", "password": small.PASSWORD})
    thief = web.app.server.test_client()
    assert before is not None
    thief.set_cookie("jieyue_session", before.value)

    assert thief.get("/_dash-layout").status_code == 401
    assert client.get("/_dash-layout").status_code == 200


def test_signing_out_ends_the_session_on_the_server(web: Web) -> None:
    client = web.client("admin")
    kept = client.get_cookie("jieyue_session")
    assert client.post("/logout", data={"csrf": csrf(client)}).status_code == 303
    assert kept is not None
    client.set_cookie("jieyue_session", kept.value)

    assert client.get("/_dash-layout").status_code == 401


def test_a_forged_session_is_nobody(web: Web) -> None:
    client = web.app.server.test_client()
    client.set_cookie("jieyue_session", "forged")

    assert client.get("/_dash-layout").status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        None,
        "/ok\r\nX: y",
        "\\\\evil",
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(address: str | None) -> None:
    assert local(address) == "/"


def test_a_local_address_is_kept() -> None:
    assert local("/unit?unit=finance&year=2026") == "/unit?unit=finance&year=2026"


def test_every_answer_carries_the_headers(web: Web) -> None:
    client = web.client("admin")
    for address in (
        "/",
        "/login",
        "/healthz",
        "/_dash-layout",
        "/assets/jieyue.css",
        "/export/days.csv",
        "/export/none.csv",
    ):
        headers = client.get(address, buffered=True).headers

        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'self'"
        assert "unsafe-inline" not in policy["script-src"]
        assert policy["frame-ancestors"] == "'none'"


def test_pages_are_not_kept_by_anything_between(web: Web) -> None:
    client = web.client("admin")

    assert {client.get(address).headers["Cache-Control"] for address in ("/", "/_dash-layout", "/export/days.csv")} == {
        "no-store"
    }


def bodies() -> Iterator[object]:
    yield from (None, 1, "text", [], {}, {"output": 1}, {"output": "no.such"}, {"output": None})
    router = {"output": guards.ROUTER}
    yield router
    yield {**router, "inputs": None}
    yield {**router, "inputs": [], "outputs": []}
    yield {**router, "inputs": [1, 2], "outputs": []}
    yield {**router, "inputs": [{"id": "_pages_location"}, {"id": "x"}], "outputs": [], "changedPropIds": []}
    good = [
        {"id": "_pages_location", "property": "pathname", "value": 7},
        {"id": "_pages_location", "property": "search", "value": []},
    ]
    yield {**router, "inputs": good, "outputs": [], "changedPropIds": []}
    yield {**router, "inputs": good, "outputs": [{"id": 1}], "changedPropIds": [None]}
    yield {**router, "inputs": good, "outputs": {"id": "x", "property": "y"}, "changedPropIds": ["a"]}
    yield {"output": "..explain.opened...explained.children..", "outputs": [], "inputs": [[7]], "changedPropIds": []}


@pytest.mark.parametrize("body", list(bodies()), ids=str)
def test_a_callback_body_that_makes_no_sense_is_a_bad_request(web: Web, body: object) -> None:
    answer = web.client("admin").post(guards.ENDPOINT, data=json.dumps(body), content_type="application/json")

    assert answer.status_code == 400
    assert answer.text == "400 Bad Request\n"


@pytest.mark.parametrize(
    ("kind", "code"), [("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json", 400)]
)
def test_a_callback_takes_json_only(web: Web, kind: str, code: int) -> None:
    assert web.client("admin").post(guards.ENDPOINT, data="{broken", content_type=kind).status_code == code


def test_language_and_theme_are_kept_and_the_reader_comes_back(web: Web) -> None:
    client = web.client("admin")
    answer = client.post(
        "/prefer", data={"csrf": csrf(client), "language": "en"}, headers={"Referer": "http://localhost/unit?unit=hq"}
    )
    client.post("/prefer", data={"csrf": csrf(client), "theme": "dark"})

    assert answer.location == "/unit?unit=hq"
    assert "Sign out" in client.get("/_dash-layout").text
    assert '"forceColorScheme":"dark"' in client.get("/_dash-layout").text


def test_an_unknown_language_is_not_kept(web: Web) -> None:
    client = web.client("admin")
    client.post("/prefer", data={"csrf": csrf(client), "language": "<script>"})

    assert client.get_cookie("language") is None


def test_a_page_that_is_not_there_says_so_in_the_readers_language(web: Web) -> None:
    assert (
        "没有此页面"
        in visit(web.client("admin"), "/no/such/page").json["response"]["_pages_content"]["children"]["props"][
            "children"
        ][0]["props"]["children"]
    )


def test_the_sign_in_page_changes_its_language_and_keeps_the_way_back(web: Web) -> None:
    client = web.app.server.test_client()
    answer = client.get("/login?language=en&next=/unit?unit=finance")
    link = 'href="/login?language=zh&amp;next=%2Funit%3Funit%3Dfinance"'

    assert '<html lang="en"' in answer.text
    assert link in answer.text
    assert (cookie := client.get_cookie("language")) is not None
    assert cookie.value == "en"
    assert '<html lang="en"' in client.get("/login").text
    assert '<html lang="zh-CN"' in client.get("/login?language=zh").text
    assert '<html lang="zh-CN"' in client.get("/login?language=tlh").text


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", '"><script>'])
def test_the_language_links_lead_nowhere_else(web: Web, goal: str) -> None:
    text = web.app.server.test_client().get("/login", query_string={"next": goal}).text

    assert "evil.example" not in text
    assert "<script" not in text
