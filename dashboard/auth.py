"""Signing in and out, the one gate in front of everything, and the headers on every answer."""

import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import flask
from dash import Dash
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from dashboard import guards, health
from dashboard.api import gate, problems
from dashboard.context import THEMES, Context, Site, Standing, current, language_of, theme_of
from dashboard.login_page import render
from dashboard.tries import Tries
from monitor.i18n import LANGUAGES, N_
from monitor.services import accounts, identities, visits

log = logging.getLogger(__name__)
SESSION = "jieyue_session"
LOGIN_TOKEN = "jieyue_login"  # noqa: S105 - the cookie's name
BY_PROVIDER = "jieyue_by"  # the cookie of who signed in at an identity provider
OIDC_START, OIDC_BACK, OIDC_BYE = "/login/oidc", "/login/oidc/back", "/login/bye"
PUBLIC = (
    *("/login", *health.ADDRESSES, OIDC_START, OIDC_BACK, OIDC_BYE),
    *("/assets/login.css", "/_favicon.ico", "/assets/favicon.svg"),
)
WHOLE_HOST = "JIEYUE_WHOLE_HOST"
YEAR = 365 * 86_400
TOO_OLD = N_("The form was too old. Please try again.")
TOO_MANY = N_("Too many sign-ins from your address were refused. Please wait a while.")
WRONG = N_("Name or password is wrong, or the account is locked for some minutes.")
SAFE = ("GET", "HEAD", "OPTIONS")


def install(app: Dash, site: Site) -> None:
    """Put the gate, the sign-in routes and the headers on an app."""
    server = app.server
    server.before_request(lambda: _gate(app, site))
    server.after_request(lambda response: _headers(app, response))
    server.config[WHOLE_HOST] = site.given.web.base_path == "/"
    tries = Tries()
    server.add_url_rule("/login", "login", lambda: _login(site, tries), methods=["GET", "POST"])
    server.add_url_rule("/logout", "logout", lambda: _logout(site), methods=["POST"])
    server.add_url_rule("/prefer", "prefer", _prefer, methods=["POST"])


# ---------------------------------------------------------------- the gate


def _gate(app: Dash, site: Site) -> ResponseReturnValue | None:
    """Deny by default: without a session only the public addresses; with one, callbacks and forms are checked."""
    request = flask.request
    if gate.is_api(request.path) and not _reading(site):
        return gate.enter(site)
    flask.g.jieyue = _context(site)
    if request.path in PUBLIC:
        return None
    if not current().signed_in:
        return _turn_away()
    if request.path == guards.ENDPOINT:
        guards.permit(app)
    elif request.method not in SAFE:
        check_csrf()
    return None


def _reading(site: Site) -> bool:
    """Tell who reads the description of the interface without a token: like a page, it asks for a sign-in."""
    request = flask.request
    return gate.for_people(request.path) and request.method in SAFE and gate.caller(site).token_id is None


def _context(site: Site) -> Context:
    request = flask.request
    language, theme = language_of(request.cookies, request.headers.get("Accept-Language")), theme_of(request.cookies)
    token = request.cookies.get(named(SESSION), "")
    if not token or request.path in PUBLIC[1:]:
        return Context(site, language=language, theme=theme)
    idle = timedelta(seconds=site.settings.session.idle)
    with site.database.session() as session:
        found = visits.find(session, token, site.clock(), idle=idle)
        if found is None:
            return Context(site, language=language, theme=theme)
        actor, reach = site.people.actor(session, found)
    standing = Standing(found.version, found.acts)
    return Context(site, actor, actor.login, language, theme, found.csrf, standing, reach)


def _turn_away() -> ResponseReturnValue:
    """Send a browser to the sign-in page; answer 401 to anything that is not a page."""
    request = flask.request
    wants_page = (
        request.method == "GET"
        and request.accept_mimetypes.accept_html
        and not request.path.startswith(("/_", "/assets/"))
    )
    if gate.is_api(request.path) and request.path != gate.PAGE:
        return problems.standard(401)
    if not wants_page or request.path.startswith("/export/"):
        return flask.Response("sign in first\n", 401, mimetype="text/plain")
    return flask.redirect("/login?" + urlencode({"next": request.full_path.rstrip("?")}))


def check_csrf() -> None:
    """Refuse a changing request without the session's token (form field `csrf` or header X-CSRF-Token): 403."""
    given = flask.request.headers.get("X-CSRF-Token") or flask.request.form.get("csrf", "")
    if not secrets.compare_digest(given.encode(), current().csrf.encode()) or not current().csrf:
        flask.abort(403)


# ---------------------------------------------------------------- in and out


def local(address: str | None) -> str:
    """Keep only an address on this site: everything else becomes the first page."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc or not address.isprintable() else address


def _login(site: Site, tries: Tries) -> ResponseReturnValue:
    goal = local(flask.request.values.get("next"))
    if flask.request.method == "GET":
        return flask.redirect(goal) if current().signed_in else _shown(site, goal)
    wanted, given = flask.request.cookies.get(named(LOGIN_TOKEN), ""), flask.request.form.get("csrf", "")
    if not wanted or not secrets.compare_digest(wanted.encode(), given.encode()):
        return _form(site, goal, failed=TOO_OLD), 400
    if wait := tries.wait(flask.request.remote_addr, site.clock()):
        log.warning("too many refused sign-ins from %s", flask.request.remote_addr)
        return _form(site, goal, failed=TOO_MANY), 429, {"Retry-After": str(wait)}
    token = _entered(site)
    if token is None:
        tries.refused(flask.request.remote_addr, site.clock())
        log.warning("a sign-in from %s was refused", flask.request.remote_addr)
        return _form(site, goal, failed=WRONG), 401
    answer = flask.redirect(goal, 303)
    cookie(answer, named(SESSION), token)
    answer.delete_cookie(named(LOGIN_TOKEN), path="/login", secure=flask.request.is_secure)
    return answer


def _entered(site: Site) -> str | None:
    """Begin a session where name and password of the form fit, ending the one before; give its token."""
    name, password = flask.request.form.get("login", "")[:200], flask.request.form.get("password", "")[:1000]
    with site.database.session() as session:
        if not identities.password_allowed(session, name, site.settings.oidc):
            password = ""  # refused like a wrong one, and as slowly
        tried = accounts.try_password(session, name, password)
    with site.database.session(write=True) as session:
        user_id = accounts.authenticate(session, name, password, site.clock(), tried=tried)
        old = flask.request.cookies.get(named(SESSION))
        if user_id is not None and old:
            accounts.close_session(session, old)
        return None if user_id is None else begin(session, site, user_id)


def named(cookie: str) -> str:
    """Give the full name of a cookie: on TLS a prefix binds it to this host (or to TLS, where the site is but a folder of one)."""
    if not flask.request.is_secure:
        return cookie
    whole = cookie == SESSION and flask.current_app.config[WHOLE_HOST]
    return f"__{'Host' if whole else 'Secure'}-{cookie}"


def _shown(site: Site, goal: str) -> flask.Response:
    """Show the form, in the language asked for: a choice made here is kept like one made inside."""
    chosen = flask.request.args.get("language")
    if chosen in LANGUAGES:
        flask.g.jieyue = replace(current(), language=chosen)
    answer = _form(site, goal)
    if chosen in LANGUAGES:
        cookie(answer, "language", chosen, max_age=YEAR)
    return answer


def begin(session: Session, site: Site, user_id: int) -> str:
    """Open a session and give the token for its cookie."""
    absolute = timedelta(seconds=site.settings.session.absolute)
    return accounts.open_session(session, user_id, site.clock(), absolute=absolute)


def _form(site: Site, goal: str, failed: str = "") -> flask.Response:
    token, oidc = secrets.token_urlsafe(32), site.settings.oidc
    by_password = oidc.password_sign_in or not oidc.issuer or bool(failed) or "password" in flask.request.args
    page = render(
        current().language,
        current().theme,
        goal=goal,
        csrf=token,
        failed=failed,
        button=oidc if oidc.issuer else None,
        by_password=by_password,
    )
    answer = flask.Response(page, mimetype="text/html")
    answer.set_cookie(
        named(LOGIN_TOKEN),
        token,
        max_age=3600,
        path="/login",
        httponly=True,
        samesite="Strict",
        secure=flask.request.is_secure,
    )
    return answer


def _logout(site: Site) -> ResponseReturnValue:
    with site.database.session(write=True) as session:
        accounts.close_session(session, flask.request.cookies.get(named(SESSION), ""))
    elsewhere = BY_PROVIDER in flask.request.cookies
    answer = flask.redirect(OIDC_BYE if elsewhere else "/login", 303)
    answer.delete_cookie(named(SESSION), secure=flask.request.is_secure)
    answer.delete_cookie(BY_PROVIDER, secure=flask.request.is_secure)
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


def _prefer() -> ResponseReturnValue:
    """Keep language or theme in a cookie and go back to the page that asked."""
    back = urlsplit(flask.request.referrer or "")
    answer = flask.redirect(local(back.path + ("?" + back.query if back.query else "")), 303)
    for name, known in (("language", LANGUAGES), ("theme", THEMES)):
        if flask.request.form.get(name) in known:
            cookie(answer, name, flask.request.form[name], max_age=YEAR)
    return answer


def cookie(answer: Response, name: str, value: str, *, http_only: bool = True, max_age: int | None = None) -> None:
    """Set a cookie for the whole site, over TLS alone where the page came so."""
    answer.set_cookie(
        name, value, max_age=max_age, httponly=http_only, samesite="Lax", secure=flask.request.is_secure, path="/"
    )


# ---------------------------------------------------------------- headers


def _headers(app: Dash, response: flask.Response) -> flask.Response:
    scripts = app.server.extensions.get("jieyue_csp")
    if scripts is None:
        scripts = app.server.extensions["jieyue_csp"] = " ".join(f"{item}" for item in app.csp_hashes())
    set_default = response.headers.setdefault
    set_default(
        "Content-Security-Policy",
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    )
    set_default("X-Content-Type-Options", "nosniff")
    set_default("X-Frame-Options", "DENY")
    set_default("Referrer-Policy", "same-origin")
    set_default("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    set_default("Cross-Origin-Opener-Policy", "same-origin")
    if flask.request.is_secure:
        set_default("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if gate.is_api(flask.request.path):
        set_default("Cache-Control", "no-store")
    elif not flask.request.path.startswith(("/assets/", "/_dash-component-suites/")):
        response.headers["Cache-Control"] = "no-store"
    return response
