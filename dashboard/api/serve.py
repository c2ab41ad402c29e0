"""Answer questions of programs: scope, parameters, ETag, the query, JSON or CSV; every refusal is a problem with a code."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.metadata import version as version_of
from typing import Any

import flask
from dash import Dash
from pydantic import ValidationError

from dashboard import context
from dashboard.api import consumption, description, gate, organisation, problems, reports, targets
from dashboard.api.ask import Ask, Raw, Route
from dashboard.api.questions import Question
from monitor.errors import JieyueError
from monitor.services.tokens import Caller

PREFIX = "/api/v1"
JSON = "application/json"
MOST_KEPT, LARGEST_KEPT = 200, 200_000  # at most 40 MB
_LOCK, _VERSION = threading.Lock(), version_of("jieyue")
ROUTES: tuple[Route, ...] = (*organisation.ROUTES, *consumption.ROUTES, *targets.ROUTES, *reports.ROUTES)


def register(app: Dash) -> None:
    """Add the routes, the description of the interface and its page."""
    for route in ROUTES:
        view = functools.partial(_answer, route)
        app.server.add_url_rule(PREFIX + route.path, f"api_{route.name}", view, methods=["GET"])
    app.server.add_url_rule(f"{PREFIX}/", "api_nothing", _nothing)
    app.server.add_url_rule(f"{PREFIX}/<path:rest>", "api_unknown", _nothing)
    description.register(app, ROUTES)


def _nothing(rest: str = "") -> flask.Response:
    """Answer an address that is none: otherwise the frame of the pages would."""
    del rest
    return problems.standard(404)


def _answer(route: Route, **gaps: Any) -> flask.Response:
    caller: Caller = flask.g.jieyue_caller
    if route.scope not in caller.scopes:
        return problems.standard(403)
    try:
        question = _read(route.question)
        return question if isinstance(question, flask.Response) else _asked(route, question, gaps)
    except JieyueError as error:
        return problems.of_error(error)


def _read(model: type[Question]) -> Question | flask.Response:
    """Read the parameters; a wrong, unknown or doubled one is a problem that names it."""
    given = flask.request.args.to_dict(flat=False)
    twice = next((name for name, values in given.items() if len(values) > 1), None)
    if twice is not None:
        return problems.answer(400, "PARAMETER_TWICE", problems.TWICE, parameter=twice[:100])
    try:
        return model.model_validate({name: values[0] for name, values in given.items()}, by_alias=True, by_name=False)
    except ValidationError as error:
        return problems.of_question(error, model)


def _asked(route: Route, question: Question, gaps: Mapping[str, Any]) -> flask.Response:
    here = context.current()
    kind = _kind(route)
    with here.session() as session:
        ask = Ask(here, session, question, dict(gaps))
        tag = _tag(route, ask, kind) if route.versioned else ""
        if tag and flask.request.if_none_match.contains_weak(tag):
            return _finish(flask.Response(status=304), tag)
        return _send(_kept(tag, lambda: _made(route, ask, kind)), tag)


def _made(route: Route, ask: Ask, kind: str) -> Raw:
    found = route.function(ask)
    if isinstance(found, Raw):
        return found
    if route.csv is not None and kind != JSON:
        return route.csv(found)
    return Raw(found.model_dump_json(by_alias=True).encode(), JSON)


def _kept(tag: str, make: Callable[[], Raw]) -> Raw:
    """Give the answer made before under this tag, which names all that it hangs on, else make and keep it; the oldest goes first."""
    answers: OrderedDict[str, Raw] = flask.current_app.extensions.setdefault("jieyue_answers", OrderedDict())
    found = answers.get(tag) if tag else None
    if found is None:
        found = make()
        if tag and len(found.content) <= LARGEST_KEPT:
            with _LOCK:
                answers[tag] = found
                while len(answers) > MOST_KEPT:
                    answers.popitem(last=False)
    return found


def _kind(route: Route) -> str:
    """Choose between JSON and CSV by Accept; what asks for neither gets JSON."""
    if route.csv is None:
        return JSON
    return flask.request.accept_mimetypes.best_match([JSON, consumption.CSV], JSON)


def _tag(route: Route, ask: Ask, kind: str) -> str:
    """Name an answer by what it hangs on: version of data and program, the question, the last complete day, who may see what."""
    parts = (
        ask.version,
        _VERSION,
        ask.latest,
        route.path,
        sorted(ask.gaps.items()),
        ask.question.model_dump_json(),
        kind,
        sorted(ask.actor.roles),
        sorted(ask.actor.root_ids),
    )
    return sha256(repr(parts).encode()).hexdigest()[:32]


def _send(found: Raw, tag: str) -> flask.Response:
    etag = tag or sha256(found.content).hexdigest()[:32]
    if not tag and flask.request.if_none_match.contains_weak(etag):
        return _finish(flask.Response(status=304), etag)
    response = flask.Response(found.content, mimetype=found.mimetype)
    if found.name:
        response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return _finish(response, etag)


def _finish(response: flask.Response, tag: str) -> flask.Response:
    """Let clients keep an answer for themselves, as long as they ask each time whether it still holds."""
    response.set_etag(tag, weak=True)  # compressed or not, the answer is the same
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(("Authorization", "Accept"))
    return response


def failed(error: Exception) -> flask.Response | None:
    """Answer a failure below /api as a problem; None elsewhere."""
    return problems.of_failure(error) if gate.is_api(flask.request.path) else None
