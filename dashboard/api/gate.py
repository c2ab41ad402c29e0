"""The door for programs: a bearer token and nothing else.

A browser adds its cookie to any request, also to one that a foreign page makes it send; it never adds a bearer token by
itself. So a cookie opens nothing below /api/v1 (reading the description of the interface aside, which holds no data), and no
cross-origin header is ever sent: another site can neither read nor act through a reader's browser.
"""

import flask
from flask.typing import ResponseReturnValue

from dashboard.api import problems
from dashboard.context import Context, Site
from monitor.services import tokens
from monitor.services.tokens import STRANGER, Caller

BASE = "/api/"
DESCRIPTION, PAGE = "/api/v1/openapi.json", "/api/docs"
LONGEST_TOKEN = 200


def is_api(path: str) -> bool:
    """Tell an address of the interface."""
    return path.startswith(BASE)


def for_people(path: str) -> bool:
    """Tell the description and its pages: they may be read by who is signed in."""
    return path in {DESCRIPTION, PAGE} or path.startswith(f"{PAGE}/")


def enter(site: Site) -> ResponseReturnValue | None:
    """Let a valid token in as its person, reading only; 401 for everything else, whatever the address."""
    found = caller(site)
    flask.g.jieyue_caller = found
    flask.g.jieyue = Context(site, found.actor, found.actor.login, problems.language())
    return None if found.token_id is not None else problems.standard(401)


def caller(site: Site) -> Caller:
    """Find who asks by the Authorization header."""
    kind, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        return STRANGER
    with site.database.session() as session:
        return tokens.find(session, token, site.clock())
