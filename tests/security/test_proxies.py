"""Forwarded headers count from a trusted web server alone; a host that is not served is refused; nobody is sent elsewhere."""

from typing import Any

import pytest

from dashboard.app import create_app
from dashboard.auth import local
from dashboard.proxies import Guard, host_of
from monitor.errors import ConfigurationError
from monitor.settings import Settings, WebSettings
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, csrf_of

FORWARDED = {
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "jieyue.example",
    "HTTP_X_FORWARDED_PREFIX": "/evil",
    "HTTP_X_REAL_IP": "203.0.113.9",
    "HTTP_FORWARDED": "for=203.0.113.9;proto=https;host=evil.example",
}


def seen(peer: str, *, trusted: tuple[str, ...] = (), hosts: tuple[str, ...] = (), **more: str) -> dict[str, Any]:
    """Give what an application behind the guard is told by a request of a peer, and the status."""
    told: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        told.update(environ)
        start_response("200 OK", [])
        return [b""]

    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "plain.example", **more}
    Guard(application, trusted, hosts)(environ, lambda status, _: told.update(status=status))
    return told


@pytest.mark.parametrize("peer", ["198.51.100.1", "10.1.0.1", "::1", "", "unix:"])
def test_a_peer_that_is_not_trusted_says_nothing_about_itself(peer: str) -> None:
    for trusted in ((), ("127.0.0.1", "192.0.2.0/24")):
        told = seen(peer, trusted=trusted, **FORWARDED)

        assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"], told["HTTP_HOST"]) == (peer, "http", "plain.example")
        assert [name for name in told if "FORWARDED" in name or "REAL_IP" in name] == []


@pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.7", "::ffff:127.0.0.1", "2001:db8::5"])
def test_a_trusted_peer_says_who_asks(peer: str) -> None:
    told = seen(peer, trusted=("127.0.0.1", "192.0.2.0/24", "2001:db8::/32"), **FORWARDED)

    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"], told["HTTP_HOST"]) == (
        "203.0.113.9",
        "https",
        "jieyue.example",
    )


@pytest.mark.parametrize(
    ("chain", "asked"),
    [
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what the client itself put in front is not believed
        ("6.6.6.6, 203.0.113.9, 192.0.2.8", "203.0.113.9"),
        ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("192.0.2.8", "192.0.2.8"),
        ("unknown", "192.0.2.7"),
        ("<script>", "192.0.2.7"),
        ("", "192.0.2.7"),
    ],
)
def test_of_a_chain_the_last_stranger_asked(chain: str, asked: str) -> None:
    told = seen("192.0.2.7", trusted=("192.0.2.0/24",), HTTP_X_FORWARDED_FOR=chain)

    assert told["REMOTE_ADDR"] == asked


@pytest.mark.parametrize("proto", ["javascript", "https://", "ftp", "http, evil", " "])
def test_a_scheme_that_is_none_is_ignored(proto: str) -> None:
    assert seen("192.0.2.7", trusted=("192.0.2.7",), HTTP_X_FORWARDED_PROTO=proto)["wsgi.url_scheme"] == "http"


HOSTS = {
    "jieyue.example": True,
    "JIEYUE.example:8443": True,
    "jieyue.example.": True,
    "localhost:8050": True,
    "127.0.0.1": True,
    "[::1]:8050": True,
    "evil.example": False,
    "jieyue.example.evil.example": False,
    "evil-jieyue.example": False,
    "jieyue.example@evil.example": False,
    "evil.example#jieyue.example": False,
    "jieyue.example, evil.example": False,
    "[::2]": False,
    "": False,
}


@pytest.mark.parametrize("host", HOSTS)
def test_only_the_hosts_named_are_served(host: str) -> None:
    answer = seen("198.51.100.1", hosts=("jieyue.example",), HTTP_HOST=host)["status"]

    assert answer.startswith("200" if HOSTS[host] else "421")


def test_without_a_host_header_the_servers_own_name_counts() -> None:
    assert host_of({"SERVER_NAME": "Jieyue.Example"}) == "jieyue.example"


def test_behind_a_trusted_proxy_on_tls_cookies_are_secure_and_hsts_is_sent(web: Web) -> None:
    trusting = small.settings(web.folder).model_copy(update={"web": WebSettings(trusted_proxies=["127.0.0.1"])})
    client = create_app(trusting, web.database).server.test_client()
    headers = {"X-Forwarded-Proto": "https"}
    token = csrf_of(client.get("/login", headers=headers).text)
    client.set_cookie("jieyue_login", token, path="/login")
    body = {"csrf": token, "login": "admin", "password": small.PASSWORD}
    answer = client.post("/login", data=body, headers=headers)
    alone = web.app.server.test_client().get("/login", headers=headers)

    assert "Strict-Transport-Security" in answer.headers
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie") if "=;" not in cookie)
    assert "Strict-Transport-Security" not in alone.headers


def test_a_network_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"web\.trusted_proxies"):
        Settings.load(environ={"JIEYUE_WEB__TRUSTED_PROXIES": "everybody"})


# ---------------------------------------------------------------- where one is sent after signing in

ELSEWHERE = [
    *("https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", "////evil.example"),
    *("/\\evil.example", "\\\\evil.example", "/\\/evil.example", "\\/evil.example", "/\t/evil.example"),
    *("/\n/evil.example", "\t//evil.example", " //evil.example", "/ /evil\r\nLocation: x", "https:evil.example"),
    *("https:/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "data:text/html,x"),
    *("vbscript:x", "//evil.example/%2f..", "//evil.example?/", "//evil.example#/", "//@evil.example"),
    *("//user:pw@evil.example", "/%5cevil.example\\", "//%65vil.example", "//[::1]", "//127.1", "//1"),
    *("https://localhost.evil.example", "https://evil.example?localhost", "mailto:x@y", "file:///etc/passwd"),
    *("/\u2028/evil", "/\u0000/evil", "//evil。example", "／／evil.example", "?next=//evil", "evil.example", ".evil"),
]


def test_nobody_is_sent_to_another_site(web: Web) -> None:
    assert len(ELSEWHERE) >= 40
    client = web.client("admin")
    signed_in = {goal: client.get("/login", query_string={"next": goal}).location for goal in ELSEWHERE}
    shown = {goal: web.app.server.test_client().get("/login", query_string={"next": goal}).text for goal in ELSEWHERE}

    assert {goal for goal in ELSEWHERE if local(goal) != "/"} == set()
    assert {goal: where for goal, where in signed_in.items() if where != "/"} == {}
    assert [goal for goal, page in shown.items() if 'name="next" value="/"' not in page] == []


def test_signing_in_leads_nowhere_else_either(web: Web) -> None:
    for goal in ELSEWHERE[::15]:
        client = web.app.server.test_client()
        body = {"csrf": csrf_of(client.get("/login").text), "login": "admin", "password": small.PASSWORD, "next": goal}

        assert client.post("/login", data=body).location == "/"


def test_a_preference_leads_back_to_this_site(web: Web) -> None:
    client = web.client("admin")
    token = csrf(client)
    for goal in ELSEWHERE:
        if goal.isascii() and goal.isprintable():
            answer = client.post("/prefer", data={"csrf": token, "theme": "dark"}, headers={"Referer": goal})

            assert answer.status_code == 303
            assert answer.location.startswith("/")
            assert not answer.location.startswith(("//", "/\\"))
