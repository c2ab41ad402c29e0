"""The site below a folder (`web.base_path`): inside, every address begins at /; here, and only here, the folder is put before it.

On the way in the folder is taken off the path, whether or not the web server in front has done so. On the way out it goes before
redirects, the paths of cookies, and own addresses in pages, forms and callbacks.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask

STEP = "jieyue_below"
Step = Callable[[flask.Response], flask.Response]
AS_THEY_ARE = "/reports/"  # a report's bytes are those that were kept; there are no addresses in them


def install(server: flask.Flask, base: str) -> None:
    """Put the folder before a server's addresses; nothing where it is `/`."""
    if base == "/":
        return
    server.extensions[STEP] = _rewriter(base)
    server.after_request(partial(placed, server))
    server.wsgi_app = Folder(server.wsgi_app, base)  # type: ignore[method-assign]


def placed(server: flask.Flask, response: flask.Response) -> flask.Response:
    """Put the folder before the addresses in an answer; what is packed has been through this."""
    step: Step | None = server.extensions.get(STEP)
    return response if step is None or "Content-Encoding" in response.headers else step(response)


def _rewriter(base: str) -> Step:
    """Give the step that puts the folder before addresses in HTML attributes and in JSON fields that hold one.

    In JSON a quotation mark inside a text is escaped, so what looks like a field is one.
    """
    stroke = r"(?:/|\\u002f)"  # Dash writes it so
    own = rf"{stroke}(?!{stroke}|{re.escape(base[1:-1]).replace('/', stroke)}{stroke})"
    in_json = re.compile(rf'("(?:href|action|src|go|url)": ?"){own}'.encode())
    in_html = re.compile(rf'((?:href|action|src)="|content="0;url=){own}'.encode())
    before = rb"\g<1>" + base.encode()

    def rewrite(response: flask.Response) -> flask.Response:
        kind = (response.mimetype or "").lower()
        pattern = in_html if kind == "text/html" else in_json if kind.endswith("json") else None
        if pattern is None or flask.request.path.startswith(AS_THEY_ARE):
            return response
        response.direct_passthrough = False
        response.set_data(pattern.sub(before, response.get_data()))
        return response

    return rewrite


class Folder:
    """A WSGI application below a folder of a host."""

    def __init__(self, inner: WSGIApplication, base: str) -> None:
        self.inner, self.base, self.bare = inner, base, base.rstrip("/")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; the folder without its stroke is sent to the one with it."""
        path = environ.get("PATH_INFO", "")
        if path == self.bare:
            start_response("308 Permanent Redirect", [("Location", self.base), ("Content-Length", "0")])
            return [b""]
        if path.startswith(self.base):
            environ["PATH_INFO"] = path[len(self.bare) :]
        environ["SCRIPT_NAME"] = self.bare

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            return start_response(status, [(name, self._below(name.lower(), value)) for name, value in headers], *error)

        return self.inner(environ, start)

    def _below(self, name: str, value: str) -> str:
        if name == "location" and value.startswith("/") and not value.startswith(("//", self.base)):
            return self.bare + value
        if name == "set-cookie":
            return re.sub(r"(; ?Path=)/", rf"\g<1>{self.base}", value, count=1, flags=re.IGNORECASE)
        return value
