"""Text answers go out gzipped: a page's figures shrink tenfold, the scripts of a first visit threefold."""

import gzip
import threading

import flask
from dash import Dash

SMALLEST = 1024
KEPT = 64
TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")
SUITES = "/_dash-component-suites/"


def install(app: Dash) -> None:
    """Compress what is text, large enough and asked for so; the packaged scripts are compressed once per process."""
    kept: dict[str, bytes] = {}
    lock = threading.Lock()

    def squeeze(response: flask.Response) -> flask.Response:
        if not _wanted(response):
            return response
        path = flask.request.path
        response.direct_passthrough = False
        data = response.get_data()
        if len(data) < SMALLEST:
            return response
        packed = kept.get(path)
        if packed is None:
            packed = gzip.compress(data, 6 if path.startswith(SUITES) else 4, mtime=0)
            if path.startswith(SUITES):
                with lock:
                    if len(kept) < KEPT:
                        kept[path] = packed
        response.set_data(packed)
        response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
        return response

    app.server.after_request(squeeze)


def understood() -> bool:
    """Tell whether who asks takes packed answers."""
    return "gzip" in flask.request.headers.get("Accept-Encoding", "")


def _wanted(response: flask.Response) -> bool:
    return (
        response.status_code == 200  # noqa: PLR2004 - parts of files and redirects stay as they are
        and understood()
        and "Content-Encoding" not in response.headers
        and (response.mimetype or "").startswith(TEXT)
    )
