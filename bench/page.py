"""A first visit at 10 Mbit/s and 40 ms, in chromium: bytes and time of our pages and of a default Dash page. `python -m bench.page FOLDER`."""

import json
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from dash import Dash, dcc, html
from playwright.sync_api import Browser, sync_playwright
from waitress.server import create_server

from bench.compound import LOGIN, PASSWORD
from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.settings import Settings

SLOW = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def serve(server: Any) -> str:
    running = create_server(server, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=running.run, daemon=True).start()
    return f"http://127.0.0.1:{running.effective_port}"


def plain() -> Dash:
    app = Dash("plain")
    figure = {
        "data": [{"type": "bar", "x": list(range(200)), "y": list(range(200))}],
        "layout": {"title": {"text": "200 units"}},
    }
    app.layout = html.Div([html.H1("Overview"), dcc.Graph(figure=figure), dcc.Dropdown(["a", "b"], "a")])
    return app


def visit(
    browser: Browser, address: str, wanted: str, *, state: Any = None, slow: bool = True
) -> list[dict[str, float]]:
    """Give bytes and seconds until something is drawn, cold and then warm."""
    context = browser.new_context(storage_state=state)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    if slow:
        wire.send("Network.emulateNetworkConditions", SLOW)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    found = []
    for _ in range(2):
        sizes.clear()
        began = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(wanted, timeout=60_000)
        seconds = time.perf_counter() - began
        page.wait_for_load_state("networkidle")
        found.append({"seconds": seconds, "bytes": sum(sizes)})
    context.close()
    return found


def main(folder: Path) -> None:
    executable = next(path for name in BROWSERS if (path := shutil.which(name)))
    settings = Settings(data=folder)
    with Database(settings.database_url) as database, sync_playwright() as playwright:
        ours, default = serve(create_app(settings, database).server), serve(plain().server)
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        context = browser.new_context()
        page = context.new_page()
        page.goto(ours + "/login")
        page.fill("input[name=login]", LOGIN)
        page.fill("input[type=password]", PASSWORD)
        page.press("input[type=password]", "Enter")
        page.wait_for_selector("#content h1")
        state = context.storage_state()
        chart = ".js-plotly-plot .main-svg"
        figures = {
            "default": visit(browser, default, chart),
            "overview": visit(browser, ours + "/", ".board tbody tr", state=state),
            "unit": visit(browser, ours + "/unit?unit=u1-1", chart, state=state),
            "overview_near": visit(browser, ours + "/", ".board tbody tr", state=state, slow=False),
        }
        page.goto(ours + "/")
        page.wait_for_selector(".board tbody tr")
        began = time.perf_counter()
        page.click("nav a[href='/targets'], a[href='/targets']")
        page.wait_for_selector("#plan tbody tr")
        figures["change"] = [{"seconds": time.perf_counter() - began, "bytes": 0}]
        browser.close()
    print(json.dumps(figures))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
