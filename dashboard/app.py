"""Build the web application: pages registered one by one, everything served from this machine, nothing open by default."""

import logging
from pathlib import Path
from typing import Any

import dash
import flask
from dash import Dash
from dash import _pages as registry
from dash.exceptions import DashException, DependencyException
from werkzeug.exceptions import HTTPException

from dashboard import (
    answers,
    auth,
    compress,
    exports,
    guards,
    health,
    history_files,
    imports_actions,
    oidc,
    plotlyjs,
    prefix,
    proxies,
    shell,
    templates_actions,
    trouble,
    watching,
)
from dashboard.api import serve
from dashboard.cache import Cache
from dashboard.context import Site
from dashboard.pages import CACHED, PAGES, shown
from monitor.domain.access import Action
from monitor.settings import Settings

log = logging.getLogger(__name__)
BODY_LIMIT = 20 * 1024 * 1024
MALFORMED = (DashException, KeyError, TypeError, ValueError, IndexError, AttributeError)

_INDEX = """<!doctype html>
<html>
<head>{%metas%}<title>{%title%}</title><link rel="icon" href="/assets/favicon.svg">{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def create_app(settings: Settings, database: Any) -> Dash:
    """Build the Dash application for one process; waitress serves its `.server`. ConfigurationError where a callback lacks a guard."""
    site = Site(database, settings)
    database.keep_days()
    registry.PAGE_REGISTRY.clear()
    app = Dash(
        "jieyue",
        use_pages=True,
        pages_folder="",
        assets_folder=str(Path(__file__).parent / "assets"),
        assets_ignore=r"^login\.css$",  # the sign-in page has its own; here it would restyle everything
        serve_locally=True,
        routes_pathname_prefix="/",
        requests_pathname_prefix=settings.web.base_path,
        suppress_callback_exceptions=True,
        enable_mcp=False,
        title="节约 Jieyue",
        update_title="",
        index_string=_INDEX,
        include_pages_meta=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "referrer", "content": "same-origin"},
        ],
    )
    _without_tools(app)
    app.server.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    proxies.install(app.server, settings)
    measured = watching.install(app.server)
    compress.install(app)
    prefix.install(app.server, settings.web.base_path)
    plotlyjs.install(app)
    auth.install(app, site)
    health.install(app.server, site, measured)
    oidc.install(app.server, site)
    app.layout = shell.layout
    shell.register(app)
    exports.register(app)
    history_files.register(app)
    templates_actions.register(app)
    imports_actions.register(app)
    serve.register(app)
    for page in PAGES:
        layout = shown(page.layout, kept=page.__name__ in CACHED)
        dash.register_page(page.__name__, path=page.PATH, name=page.NAME, title="节约 Jieyue", layout=layout)
        page.register(app)
    base = settings.web.base_path.rstrip("/")
    answers.install(app, {base + page.PATH for page in PAGES if page.__name__ in CACHED}, Cache())
    app.server.register_error_handler(Exception, _failed)
    trouble.install(app.server, site, _failed)
    _start(app)
    return app


def _without_tools(app: Dash) -> None:
    """Leave the tools of developers off, whatever DASH_… and FLASK_DEBUG say."""
    app.server.debug = False
    off = ("ui", "props_check", "serve_dev_bundles", "hot_reload", "prune_errors", "validate_callbacks")
    app.enable_dev_tools(debug=False, **{f"dev_tools_{name}": False for name in off})


def _start(app: Dash) -> None:
    """Let Dash register its own callbacks now instead of at the first request, then check that each has a guard."""
    with app.server.test_request_context("/healthz"):
        app.server.preprocess_request()
    for own in (guards.ROUTER, guards.TITLE):
        guards.guards(app)[own] = Action.VIEW
    guards.check(app)


def _failed(error: Exception) -> flask.typing.ResponseReturnValue:
    """Answer any failure without a trace of the code; what Dash cannot read of a callback's body is the caller's fault."""
    known = serve.failed(error)
    if known is not None and isinstance(error, HTTPException):
        return known
    if isinstance(error, HTTPException):
        return flask.Response(f"{error.code} {error.name}\n", error.code, mimetype="text/plain")
    if isinstance(error, DependencyException):  # a file that no component package has
        return flask.Response("404 NOT FOUND\n", 404, mimetype="text/plain")
    if flask.request.path == guards.ENDPOINT and isinstance(error, MALFORMED):
        log.warning("malformed callback body: %s", type(error).__name__)
        return flask.Response("400 Bad Request\n", 400, mimetype="text/plain")
    log.error("request failed: %s", flask.request.path, exc_info=error)
    return known or flask.Response("500 INTERNAL\n", 500, mimetype="text/plain")
