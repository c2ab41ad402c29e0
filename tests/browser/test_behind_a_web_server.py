"""In a real browser, through a real web server in front, below /jieyue/: single sign-on, pages, a click, a file, a form, signing out."""

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.services import accounts, identities
from monitor.settings import Settings
from tests.browser.conftest import Visit, watch
from tests.browser.front import in_front
from tests.dashboard import site as small
from tests.running.provider import CLIENT, SECRET, running


@pytest.fixture(scope="module")
def portal(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A portal that shows us below /jieyue/, with an identity provider beside it."""
    folder, port = tmp_path_factory.mktemp("portal"), [0]
    (folder / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with (
        pytest.MonkeyPatch.context() as patch,
        Database(f"sqlite:///{folder}/jieyue.db") as database,
        running() as provider,
        in_front(port, "/jieyue/") as base,
    ):
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # plain HTTP, on loopback
        small.build(database)
        provider.redirects.add(f"{base}/jieyue/login/oidc/back")
        with database.session(write=True) as session:
            user_id = accounts.find_user(session, SYSTEM, "admin")
            identities.link(session, SYSTEM, user_id, provider.issuer, "s-1", now=small.NOW)
        oidc = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "allow_private": ["127.0.0.1"]}
        web = {"base_path": "/jieyue/", "trusted_proxies": ["127.0.0.1"], "hosts": ["127.0.0.1"]}
        settings = Settings.load(folder=folder, environ={}, flags={"data": folder, "oidc": oidc, "web": web})
        server = create_server(create_app(settings, database).server, host="127.0.0.1", port=0, threads=8)
        port[0] = server.effective_port
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield SimpleNamespace(base=base, provider=provider)
        server.close()
        thread.join(timeout=10)


def test_the_whole_way_below_a_folder(browser: Any, portal: SimpleNamespace) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 844}, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    found = Visit(page, portal.base)
    watch(found)
    page.goto(f"{portal.base}/jieyue/unit?unit=finance&year=2026")
    page.click("a.button")  # to the provider, which knows the person, and back to the page that was wanted
    page.wait_for_selector("#content .panel")
    assert page.url.startswith(f"{portal.base}/jieyue/unit?unit=finance")

    page.click('nav a[href="/jieyue/compare"]')
    page.wait_for_url("**/jieyue/compare*")
    page.wait_for_selector("#content .panel")
    with page.expect_download() as begun:
        page.locator('a[href^="/jieyue/export/"][href*=".csv"]').first.click()
    assert Path(begun.value.path()).stat().st_size > 100
    page.click("button[lang=zh]")  # a form, back to the same page
    page.wait_for_selector('#content:has-text("排名"), #content:has-text("比较")')
    assert page.url.startswith(f"{portal.base}/jieyue/compare")
    page.goto(f"{portal.base}/jieyue/admin?section=account")
    page.wait_for_selector('td:has-text("s-1")')

    cookies = {one["name"]: one["path"] for one in context.cookies()}
    assert cookies["jieyue_session"] == "/jieyue/"
    page.click('form[action="/jieyue/logout"] button')
    page.wait_for_url("**/jieyue/login/bye")
    page.click("a.button")  # at the provider too, which sends the browser back
    page.wait_for_url("**/jieyue/login")
    elsewhere = [address for address in found.elsewhere if not address.startswith(portal.provider.issuer)]
    context.close()

    assert (found.errors, elsewhere) == ([], [])


def test_linking_from_the_page_passes_the_policy_of_the_browser(browser: Any, portal: SimpleNamespace) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 844}, locale="en-GB")
    page = context.new_page()
    found = Visit(page, portal.base)
    watch(found)
    page.goto(f"{portal.base}/jieyue/login?next=/admin?section=account")
    page.fill("#login", "parent")
    page.fill("#password", small.PASSWORD)
    page.click("form button[type=submit]")
    portal.provider.person.sub = "s-2"
    page.click('form[action="/jieyue/login/oidc/link"] button')
    page.wait_for_selector('td:has-text("s-2")')
    context.close()

    assert found.errors == []
