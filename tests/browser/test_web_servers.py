"""The lines for nginx and Caddy in docs/running.md, word for word, in front of a real server: TLS, names, cookies, sizes, signing in."""

import gzip
import http.client
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.settings import Settings
from tests.browser.conftest import Visit, watch
from tests.browser.web_servers import Front, in_front, program
from tests.conftest import BROWSER_FLAGS
from tests.dashboard import site as small
from tests.dashboard.conftest import csrf_of

KINDS = ["nginx-own", "caddy-own", "nginx-below", "caddy-below"]


@dataclass
class Reached:
    """What a visitor reaches: a front, the folder, and the application behind."""

    front: Front
    base: str
    site: Any

    def ask(self, method: str, path: str, body: bytes | None = None, *, tls: bool = True, **headers: str) -> Any:
        """Ask as a browser does that knows the name; give (status, headers, body)."""
        plain = http.client.HTTPConnection("127.0.0.1", self.front.plain, timeout=60)
        connection = self._over_tls() if tls else plain
        names = {"Host": self.front.name, **{name.replace("_", "-"): value for name, value in headers.items()}}
        try:
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def _over_tls(self) -> http.client.HTTPConnection:
        context = ssl._create_unverified_context()
        raw = socket.create_connection(("127.0.0.1", self.front.tls), timeout=60)
        connection = http.client.HTTPConnection("127.0.0.1", self.front.tls)
        connection.sock = context.wrap_socket(raw, server_hostname=self.front.name)
        return connection


@pytest.fixture(scope="module", params=KINDS)
def reached(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reached]:
    kind, _, where = request.param.partition("-")
    if program(kind) is None:
        pytest.skip(f"{kind} is not installed")
    folder, below = tmp_path_factory.mktemp(kind), where == "below"
    (folder / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{folder}/jieyue.db") as database:
        small.build(database)
        base = "/jieyue/" if below else "/"
        web = {
            "base_path": base,
            "trusted_proxies": ["127.0.0.1"],
            "hosts": ["jieyue.example.gov.cn", "portal.example.gov.cn"],
        }
        settings = Settings.load(folder=folder, environ={}, flags={"data": folder, "web": web})
        app = create_app(settings, database)
        server = create_server(app.server, host="127.0.0.1", port=0, threads=8, clear_untrusted_proxy_headers=False)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        with in_front(kind, folder, server.effective_port, below=below) as front:
            yield Reached(front, base, app)
        server.close()
        thread.join(timeout=10)


def test_signing_in_over_tls_gives_secure_cookies_and_stays_on_the_site(reached: Reached) -> None:
    status, headers, body = reached.ask("GET", f"{reached.base}login?next={reached.base}targets")
    token = headers["Set-Cookie"].partition(";")[0]
    form = urlencode({"csrf": csrf_of(body.decode()), "login": "admin", "password": small.PASSWORD, "next": "/targets"})
    kind = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": token}
    told, inside, _ = reached.ask("POST", f"{reached.base}login", form.encode(), **kind)
    cookies = [one for one in inside.get_all("Set-Cookie") if "jieyue_session" in one]

    assert status == 200
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert token.startswith("__Secure-")
    assert (told, inside["Location"]) == (303, f"{reached.base}targets")
    assert ["Secure" in one and "HttpOnly" in one and f"Path={reached.base}" in one for one in cookies] == [True]
    assert cookies[0].startswith("__Host-" if reached.base == "/" else "__Secure-")


def test_plain_http_leads_to_tls(reached: Reached) -> None:
    status, headers, _ = reached.ask("GET", f"{reached.base}targets?unit=finance", tls=False)

    assert status in {301, 308}
    assert headers["Location"] == f"https://{reached.front.name}{reached.base}targets?unit=finance"


def test_a_name_that_is_not_ours_and_the_figures_for_prometheus_are_not_served(reached: Reached) -> None:
    strange, _, body = reached.ask("GET", f"{reached.base}login", Host="evil.example")

    assert strange != 200 or b"login" not in body
    assert reached.ask("GET", f"{reached.base}metrics")[0] in {403, 404}


def test_who_asks_is_who_really_asks(reached: Reached) -> None:
    _, headers, body = reached.ask("GET", f"{reached.base}login")
    token, seen = headers["Set-Cookie"].partition(";")[0], []
    reached.site.server.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append(_peer()))
    forged = {"X_Forwarded_For": "198.51.100.9", "X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example"}
    reached.ask("GET", f"{reached.base}login", Cookie=token, **forged)
    del reached.site.server.before_request_funcs[None][0]

    assert body
    assert seen == [("127.0.0.1", "https", reached.front.name)]


def _peer() -> tuple[str | None, str, str]:
    import flask

    return flask.request.remote_addr, flask.request.scheme, flask.request.host


def test_what_is_packed_is_packed_once(reached: Reached) -> None:
    _, headers, body = reached.ask("GET", f"{reached.base}login", Accept_Encoding="gzip")

    assert headers.get_all("Content-Encoding") in (None, ["gzip"])
    assert b"<form" in (gzip.decompress(body) if headers["Content-Encoding"] else body)


@pytest.mark.parametrize(("megabytes", "wanted"), [(18, 400), (22, 413)])
def test_a_large_file_comes_through_and_a_larger_one_does_not(reached: Reached, megabytes: int, wanted: int) -> None:
    kind = {"Content_Type": "application/x-www-form-urlencoded"}
    try:
        status = reached.ask("POST", f"{reached.base}login", b"x" * (megabytes << 20), **kind)[0]
    except OSError:
        status = 413  # the connection was closed in the middle

    assert status == wanted


def test_a_person_signs_in_and_looks_around_in_a_browser(browser: Any, reached: Reached) -> None:
    rule = f"--host-resolver-rules=MAP {reached.front.name}:443 127.0.0.1:{reached.front.tls}"
    path = browser.browser_type.executable_path if shutil.which("chromium") is None else shutil.which("chromium")
    own = browser.browser_type.launch(executable_path=path, args=[*BROWSER_FLAGS, rule])
    try:
        page = own.new_context(ignore_https_errors=True, locale="en-GB").new_page()
        found = Visit(page, f"https://{reached.front.name}")
        watch(found)
        page.goto(f"{found.base}{reached.base}unit?unit=finance&year=2026")
        page.fill("#login", "admin")
        page.fill("#password", small.PASSWORD)
        page.click("form button[type=submit]")
        page.wait_for_selector("#content .panel")
        page.click(f'nav a[href="{reached.base}targets"]')
        page.wait_for_url("**/targets*")
        page.wait_for_selector("#content .panel")
        page.click("button[lang=zh]")
        page.wait_for_selector('nav:has-text("目标")')
        at = page.url
    finally:
        own.close()

    assert at.startswith(f"{found.base}{reached.base}targets")
    assert (found.errors, found.elsewhere) == ([], [])
