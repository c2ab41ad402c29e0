"""The description of the interface (OpenAPI 3.1), made from the models, and the page on which it can be tried out."""

import json
from collections.abc import Sequence
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import flask
from dash import Dash
from pydantic.json_schema import models_json_schema

from dashboard import context
from dashboard.api.ask import Route
from dashboard.api.models import Problem
from dashboard.api.problems import TYPE
from monitor.i18n import N_, translate
from monitor.services.tokens import SCOPES

OWN = Path(__file__).parent / "static"
REFUSALS = {
    "400": N_("A parameter is wrong, missing or unknown"),
    "401": N_("No valid token"),
    "403": N_("The token's scopes do not cover this"),
    "404": N_("There is no such thing, or the token may not see it"),
}
NOT_CHANGED = N_("Nothing changed since the answer whose ETag was sent as If-None-Match")
ABOUT = N_(
    "Read only. Send Authorization: Bearer followed by a token (Administration, or jieyue token add). Quantities are exact: whole "
    "thousandths of the base measure, and decimal strings of the display measure. What is missing is null, never 0."
)
TRY = N_("Try the interface")
BACK = N_("Back to the pages")


def register(app: Dash, routes: Sequence[Route]) -> None:
    """Add the document and its page with everything that the page loads."""
    add = app.server.add_url_rule
    add("/api/v1/openapi.json", "api_description", lambda: _document(routes))
    add("/api/docs", "api_docs", _page)
    add("/api/docs/<name>", "api_docs_file", _file)


def _document(routes: Sequence[Route]) -> flask.Response:
    spoken = context.current().language
    response = flask.Response(json.dumps(document(routes, spoken), ensure_ascii=False), mimetype="application/json")
    response.headers["Content-Language"] = spoken
    return response


def document(routes: Sequence[Route], language: str) -> dict[str, Any]:
    """Describe the interface; descriptions in a language."""
    answers = [(route.answer, "serialization") for route in routes if route.answer is not None]
    _, schemas = models_json_schema(
        [*answers, (Problem, "serialization")],  # type: ignore[list-item] # the mode is a literal
        by_alias=True,
        ref_template="#/components/schemas/{model}",
    )
    made = {
        "openapi": "3.1.1",
        "info": {"title": "Jieyue", "version": version_of("jieyue"), "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "paths": {_path(route): {"get": _operation(route)} for route in routes},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    spoken: dict[str, Any] = _spoken(made, language)
    return spoken


def _path(route: Route) -> str:
    return route.path.replace("<int:", "{").replace("<", "{").replace(">", "}")


def _operation(route: Route) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "object"} if route.mimetype == "application/json" else {"type": "string"}
    if route.answer is not None:
        body = {"$ref": f"#/components/schemas/{route.answer.__name__}"}
    content = {route.mimetype: {"schema": body}} | ({"text/csv": {"schema": {"type": "string"}}} if route.csv else {})
    problem = {"content": {TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        "operationId": route.name,
        "summary": route.summary,
        "description": f"{route.scope}: {SCOPES[route.scope]}",
        "tags": [route.scope.partition(":")[2]],
        "security": [{"token": []}],
        "parameters": [*_gaps(route), *_parameters(route)],
        "responses": {
            "200": {"description": route.summary, "content": content},
            "304": {"description": NOT_CHANGED},
            **{status: {"description": sentence, **problem} for status, sentence in REFUSALS.items()},
        },
    }


def _gaps(route: Route) -> list[dict[str, Any]]:
    found = [part[1:-1] for part in route.path.split("/") if part.startswith("<")]
    return [
        {
            "name": gap.removeprefix("int:"),
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if gap.startswith("int:") else "string"},
        }
        for gap in found
    ]


def _parameters(route: Route) -> list[dict[str, Any]]:
    schema = route.question.model_json_schema(by_alias=True)
    needed = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": one.get("description", ""),
            "schema": {key: value for key, value in one.items() if key not in {"description", "title"}},
        }
        for name, one in schema.get("properties", {}).items()
    ]


def _spoken(node: Any, language: str) -> Any:
    """Translate summaries and descriptions; a scope is followed by its sentence."""
    if isinstance(node, list):
        return [_spoken(one, language) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _say(value, language)
        if key in {"summary", "description"} and isinstance(value, str)
        else _spoken(value, language)
        for key, value in node.items()
    }


def _say(sentence: str, language: str) -> str:
    scope, colon, rest = sentence.partition(": ")
    return f"{scope}: {translate(rest, language)}" if colon and scope in SCOPES else translate(sentence, language)


# ---------------------------------------------------------------- the page


def _files() -> dict[str, tuple[Path, str]]:
    """Name what the page loads: Swagger UI's files from its package (found, never imported), and our own start."""
    spec = find_spec("flask_openapi3_swagger")
    package = Path((spec.submodule_search_locations or [""])[0] if spec else "") / "templates" / "swagger"
    return {
        "swagger-ui.css": (package / "css" / "swagger-ui.css", "text/css"),
        "swagger-ui-bundle.js": (package / "js" / "swagger-ui-bundle.js", "text/javascript"),
        "start.js": (OWN / "start.js", "text/javascript"),
        "start.css": (OWN / "start.css", "text/css"),
    }


def _file(name: str) -> flask.Response:
    found = _files().get(name)
    if found is None:
        flask.abort(404)
    response = flask.Response(found[0].read_bytes(), mimetype=found[1])
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(flask.request)
    return response


def _page() -> flask.Response:
    here = context.current()
    page = (
        (OWN / "docs.html")
        .read_text(encoding="utf-8")
        .format(lang="zh-CN" if here.language == "zh" else "en", title=here.say(TRY), back=here.say(BACK))
    )
    return flask.Response(page, mimetype="text/html")
