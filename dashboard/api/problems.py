"""Errors as programs read them: problem+json (RFC 9457) with a code to quote and a sentence in the language asked for."""

import flask
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from dashboard.api.models import Problem
from dashboard.api.questions import Question
from dashboard.context import language_of
from monitor.errors import Conflict, Forbidden, JieyueError, NotFound, ResourceBusy, SourceUnavailable
from monitor.i18n import N_, translate

TYPE = "application/problem+json"
SENTENCES = {
    400: ("BAD_REQUEST", N_("This question cannot be read.")),
    401: ("TOKEN_MISSING", N_("Send a valid token: Authorization: Bearer …")),
    403: ("FORBIDDEN", N_("This token's scopes do not cover this.")),
    404: ("NOT_FOUND", N_("There is no such thing, or you may not see it.")),
    405: ("READ_ONLY", N_("This interface only reads: use GET.")),
}
FAILED = N_("Something went wrong on our side. It has been written down; please try again or quote this code.")
UNKNOWN = N_("There is no parameter {parameter} here.")
TWICE = N_("The parameter {parameter} is there more than once.")
MISSING = N_("The parameter {parameter} is missing. Expected: {expected}.")
WRONG = N_("The parameter {parameter} is not right. Expected: {expected}.")


def language() -> str:
    """Choose the language by Accept-Language alone: programs have no cookies here."""
    return language_of({}, flask.request.headers.get("Accept-Language"))


def answer(status: int, code: str, sentence: str, *, parameter: str | None = None, **data: object) -> flask.Response:
    """Give a problem; `sentence` is a key of the catalogue."""
    spoken = language()
    problem = Problem(
        title=code.replace("_", " ").capitalize(),
        status=status,
        code=code,
        detail=translate(sentence, spoken, **({"parameter": parameter} if parameter is not None else {}), **data),
        parameter=parameter,
    )
    response = flask.Response(problem.model_dump_json(exclude_none=True), status, mimetype=TYPE)
    response.headers["Content-Language"] = spoken
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept-Language")
    if status == 401:  # noqa: PLR2004 - a challenge belongs to it
        given = "Authorization" in flask.request.headers
        response.headers["WWW-Authenticate"] = 'Bearer realm="jieyue"' + (', error="invalid_token"' if given else "")
    return response


def of_error(error: JieyueError) -> flask.Response:
    """Answer one of our errors; what may not be seen is not there."""
    status = 400
    match error:
        case NotFound():
            return standard(404)
        case Forbidden():
            status = 403
        case Conflict():
            status = 409
        case ResourceBusy() | SourceUnavailable():
            status = 503
    data = {name: value for name, value in error.data.items() if name != "parameter"}
    named = error.data.get("parameter")
    return answer(status, error.code, error.template, parameter=None if named is None else str(named), **data)


def standard(status: int) -> flask.Response:
    """Answer with the usual sentence of a status."""
    return answer(status, *SENTENCES.get(status, SENTENCES[400]))


def of_failure(error: Exception) -> flask.Response:
    """Answer what Flask refused, or what failed on our side."""
    if isinstance(error, HTTPException):
        found = standard(error.code or 400)
        for name, value in error.get_headers():
            if name == "Allow":
                found.headers[name] = value
        return found
    return answer(500, "INTERNAL", FAILED)


def of_question(error: ValidationError, model: type[Question]) -> flask.Response:
    """Say which parameter is wrong and what is expected there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "extra_forbidden":
        return answer(400, "PARAMETER_UNKNOWN", UNKNOWN, parameter=name[:100])
    fields = {field.alias or key: field for key, field in model.model_fields.items()}
    expected = translate((fields[name].description if name in fields else None) or "…", language())
    missing = first["type"] == "missing"
    code, sentence = ("PARAMETER_MISSING", MISSING) if missing else ("PARAMETER_WRONG", WRONG)
    return answer(400, code, sentence, parameter=name, expected=expected)
