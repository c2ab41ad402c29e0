"""What is answered while the disk is full or the database is away: a plain sentence and 503, and a page that looks again by itself."""

import logging
from collections.abc import Callable
from functools import partial
from html import escape

import flask
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from dashboard import guards
from dashboard.api import gate, problems
from dashboard.context import Site, language_of
from monitor import trouble
from monitor.i18n import N_, translate

log = logging.getLogger(__name__)
AGAIN = 10  # seconds
# Whoever reads this may be a stranger, so no folder and no address is named: the operator finds them in the log.
SENTENCES = {
    trouble.DISK_FULL: N_(
        "The disk of this server is full, so nothing can be saved at the moment. What was saved is safe. "
        "The operator sees where with: jieyue doctor"
    ),
    trouble.AWAY: N_("The database is away for the moment. Nothing is lost; this page looks again by itself."),
    trouble.BUSY: N_("The database is busy at the moment; this page looks again by itself."),
    trouble.READ_ONLY: N_(
        "This server may not write into its data folder. The operator sees what to do with: jieyue doctor"
    ),
    trouble.DAMAGED: N_(
        "The database is damaged and is left untouched. The operator sees what to do with: jieyue doctor"
    ),
}
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{again}"><title>节约 Jieyue</title><link rel="stylesheet" href="/assets/login.css"></head>
<body><main><h1>节约 <span>Jieyue</span></h1><p class="failed" role="alert">⚠ {sentence}</p><p class="what">{code}</p></main></body></html>
"""
Otherwise = Callable[[Exception], ResponseReturnValue]


def install(server: flask.Flask, site: Site, otherwise: Otherwise) -> None:
    """Answer for the machine's troubles; every other error goes on to `otherwise`."""
    for kind in (DBAPIError, OSError):
        server.register_error_handler(kind, partial(_answer, site, otherwise))


def _answer(site: Site, otherwise: Otherwise, error: Exception) -> ResponseReturnValue:
    known = trouble.explained(error, site.database, site.given.data)
    if known is None:
        return otherwise(error)
    log.warning("%s: %s", flask.request.path, known)
    if gate.is_api(flask.request.path):
        answer = problems.answer(503, known.code, SENTENCES[known.code])
    else:
        answer = _said(known.code, language_of(flask.request.cookies, flask.request.headers.get("Accept-Language")))
    answer.headers["Retry-After"] = str(AGAIN)
    return answer


def _said(code: str, language: str) -> flask.Response:
    sentence = translate(SENTENCES[code], language)
    if flask.request.path == guards.ENDPOINT or not flask.request.accept_mimetypes.accept_html:
        return flask.Response(f"{code}: {sentence}\n", 503, mimetype="text/plain")
    lang = "zh-CN" if language == "zh" else "en"
    return flask.Response(_PAGE.format(lang=lang, again=AGAIN, sentence=escape(sentence), code=code), 503)
