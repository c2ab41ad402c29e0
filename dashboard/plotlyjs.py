"""Serves plotly's cartesian bundle in place of the whole one: a third of the bytes, packed once when it was taken over."""

import gzip
import hashlib
from functools import cache
from pathlib import Path

import flask
from dash import Dash

from dashboard import compress

ADDRESS = "/_dash-component-suites/plotly/package_data/plotly.min.js"  # where Dash's chart component looks for it
FILE = Path(__file__).parent / "vendor" / "plotly-cartesian.min.js.gz"
KEPT_SECONDS = 7 * 86_400


@cache
def _packed() -> tuple[bytes, str]:
    data = FILE.read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:32]


def install(app: Dash) -> None:
    """Answer for plotly's script. Bars, lines, areas and heat maps are in it; what is not (maps, 3D) no page draws."""
    app.server.add_url_rule(ADDRESS, "plotly_script", _serve)


def _serve() -> flask.Response:
    data, mark = _packed()
    packed = compress.understood()
    response = flask.Response(data if packed else gzip.decompress(data), mimetype="application/javascript")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    response.set_etag(mark if packed else mark + "-plain")
    response.make_conditional(flask.request)
    return response
