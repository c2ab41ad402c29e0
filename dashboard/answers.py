"""A page that was made for the like of a reader goes out as its finished bytes, behind the gate but without Dash.

It is made in a request of its own, which has nothing of the reader's but what the key names: who may see what, language and
theme. Nobody's name, cookie or token can come into it.
"""

import gzip
from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from functools import partial
from typing import Any

import flask
from dash import Dash

from dashboard import compress, guards, prefix
from dashboard.cache import Answer, Cache
from dashboard.context import Context, Standing, current
from monitor.queries.version import standing

OUTPUTS = [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}]
LONGEST = 500  # characters of what follows the question mark
LEVEL = 6
WHOLE = "jieyue_whole"  # in flask.g: the page was made, and not a sentence that says why not
Body = dict[str, Any]


def install(app: Dash, addresses: Collection[str], cache: Cache) -> None:
    """Keep the answers with the pages of these addresses; every other callback goes to Dash."""
    server = app.server
    name = next(rule.endpoint for rule in server.url_map.iter_rules() if rule.rule == guards.ENDPOINT)
    dash = server.view_functions[name]

    def answer() -> Any:
        here, body = current(), flask.request.get_json()
        asked = _asked(body)
        if asked is None or asked[0] not in addresses:
            return dash()
        return _sent(cache.get(key(here, *asked), here.standing, partial(_make, server, dash, here, body)))

    server.view_functions[name] = answer


def _asked(body: Body) -> tuple[str, str] | None:
    """Give path and query of the page that Dash's router asks for; None for any other callback, or one that is put together oddly."""
    if body["output"] != guards.ROUTER or body.get("outputs") != OUTPUTS or body.get("state"):
        return None
    path, search = (one.get("value") for one in body["inputs"])
    if not isinstance(path, str) or not isinstance(search, str | None) or len(search or "") > LONGEST:
        return None
    return path, search or ""


def key(here: Context, path: str, search: str) -> Hashable:
    """Name what a page depends on beside the data; two readers share one only where their roles reach exactly the same units."""
    return path, search, here.reach, here.now().date(), here.language, here.theme


def _make(server: flask.Flask, dash: Callable[[], Any], here: Context, body: Body) -> Answer:
    """Make a page of one state of the data, and pack it."""
    asked = server.test_request_context(guards.ENDPOINT, method="POST", json=body)
    with server.app_context(), asked, here.site.database.moment() as session:
        stands = Standing(*standing(session))
        flask.g.jieyue = replace(here, name="", csrf="", standing=stands, moment=session)
        response = prefix.placed(server, server.make_response(dash()))
        packed = gzip.compress(response.get_data(), LEVEL, mtime=0)
        return Answer(packed, stands, whole=flask.g.get(WHOLE, False))


def _sent(answer: Answer) -> flask.Response:
    packed = compress.understood()
    response = flask.Response(answer.packed if packed else gzip.decompress(answer.packed), mimetype="application/json")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response
