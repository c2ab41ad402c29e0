"""A real browser against a real server on loopback; skipped with the reason where no chromium is."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from tests.dashboard import site as small

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

AUDIT = (Path(__file__).parent / "audit.js").read_text(encoding="utf-8")


@dataclass
class Visit:
    """A page in a browser, with what went wrong and where it asked."""

    page: Any
    base: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page and wait until its content stands."""
        self.page.goto(self.base + path)
        self.page.wait_for_selector("#content .panel, #content .note")
        self.page.wait_for_load_state("networkidle")

    def audit(self) -> list[str]:
        """Say what keeps somebody from reading or using the page, its folds open: contrast, names, what sticks out."""
        self.page.evaluate("document.querySelectorAll('#content details').forEach((one) => { one.open = true; })")
        return list(self.page.evaluate(AUDIT))

    def overflow(self) -> int:
        """Tell by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.fixture(scope="session")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The small site served by waitress on a free port."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        ids = small.build(database)
        server = create_server(create_app(small.settings(folder), database).server, host="127.0.0.1", port=0, threads=8)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield SimpleNamespace(base=f"http://127.0.0.1:{server.effective_port}", ids=ids, database=database)
        server.close()
        thread.join(timeout=10)


@pytest.fixture
def visit(browser: Any, served: SimpleNamespace) -> Iterator[Callable[..., Visit]]:
    """Open a fresh profile, signed in as somebody, in a language, theme and width."""
    contexts = []

    def begin(login: str = "admin", *, language: str = "zh", theme: str = "light", width: int = 1280) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 844})
        contexts.append(context)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": served.base}
                for name, value in (("language", language), ("theme", theme))
            ]
        )
        found = Visit(context.new_page(), served.base)
        watch(found)
        if login:
            found.page.goto(served.base + "/login")
            found.page.fill("#login", login)
            found.page.fill("#password", small.PASSWORD)
            found.page.click("button[type=submit]")
            found.page.wait_for_selector("#content .panel, #content .note")
        return found

    yield begin
    for context in contexts:
        context.close()


def watch(found: Visit) -> None:
    """Note errors and every request that would leave the machine."""

    def asked(request: Any) -> None:
        if not request.url.startswith((found.base + "/", "data:", "blob:")):
            found.elsewhere.append(request.url)

    found.page.on("request", asked)
    found.page.on("pageerror", lambda error: found.errors.append(str(error)))
    found.page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
