"""For the machines that watch: /healthz (the process answers), /readyz (it can do its work)."""

from functools import partial

import flask

from dashboard.context import Site
from monitor import probes

ADDRESSES = ("/healthz", "/readyz")


def install(server: flask.Flask, site: Site) -> None:
    """Put the addresses on a server; none of them opens a session or tells a name."""
    readiness = probes.Readiness(partial(probes.look, site.database))
    server.add_url_rule("/healthz", "healthz", lambda: _said("ok"))
    server.add_url_rule("/readyz", "readyz", lambda: _ready(readiness))


def _ready(readiness: probes.Readiness) -> flask.Response:
    problem = readiness.problem()
    return _said(f"not ready: {problem}", 503) if problem else _said("ready")


def _said(text: str, status: int = 200) -> flask.Response:
    return flask.Response(f"{text}\n", status, mimetype="text/plain", headers={"Cache-Control": "no-store"})
