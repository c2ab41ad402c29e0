"""Single sign-on: to the identity provider and back, linking one's own account, and the page after signing out."""

import hmac
import logging
import secrets
import time
from collections.abc import Callable
from datetime import timedelta

import flask
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from werkzeug.wrappers import Response

from dashboard import auth
from dashboard.context import Site, current
from dashboard.login_page import notice
from monitor.errors import Forbidden, JieyueError, NotFound
from monitor.i18n import N_
from monitor.openid import Flow, Identity, Provider
from monitor.queries import scope
from monitor.services import accounts, identities, visits

log = logging.getLogger(__name__)
START, BACK, BYE, LINK = auth.OIDC_START, auth.OIDC_BACK, auth.OIDC_BYE, "/login/oidc/link"
COOKIE = "jieyue_oidc"
HINT, LONGEST_HINT = "jieyue_hint", 3_500  # the ID token, for signing out there; browsers drop cookies beyond 4 kB
LONGEST_SECONDS = 600
SIGNED = ["HS256"]

NOT_SET = N_("There is no sign-in of this kind here.")
TOO_OLD = N_("This sign-in was begun too long ago, in another browser, or already finished. Please begin again.")
DENIED = N_("The identity provider did not sign you in.")
MIXED = N_("The answer came from another provider than the one that was asked.")
NOT_YOU = N_("Somebody else is signed in here now; the account was not linked.")
FAILED, AGAIN, LEFT = N_("Signing in did not work"), N_("Back to the sign-in page"), N_("You are signed out.")
STILL = N_("Your sign-in at the organisation's account goes on. End it too, if others use this machine:")
END_THERE, GO_ON = N_("Sign out there too"), N_("Go on to the organisation's sign-in")


def install(server: flask.Flask, site: Site) -> None:
    """Put the routes on a server; the gate in front of them knows which of them are open to everybody."""
    asked = Known(site)
    server.add_url_rule(START, "oidc", _shown(lambda: _start(site, asked())))
    server.add_url_rule(BACK, "oidc_back", _shown(lambda: _back(site, asked())))
    server.add_url_rule(LINK, "oidc_link", _shown(lambda: _link(site, asked())), methods=["POST"])
    server.add_url_rule(BYE, "bye", lambda: _bye(site, asked))


class Known:
    """The provider that the settings name now, with what is known of it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.provider: Provider | None = None

    def __call__(self) -> Provider:
        """Give it. NotFound where none is set."""
        settings = self.site.settings.oidc
        if not settings.issuer or not settings.client_id:
            raise NotFound("OIDC_NOT_SET", NOT_SET)
        if self.provider is None or self.provider.settings != settings:
            self.provider = Provider(settings)
        return self.provider


def _shown(answer: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    """Show whatever goes wrong as a page with a code and a way back."""

    def view() -> ResponseReturnValue:
        try:
            return answer()
        except JieyueError as error:
            log.warning("sign-in refused: %s", error)
            return _refused(error)

    return view


def _refused(error: JieyueError) -> flask.Response:
    here = current()
    page = notice(
        here.language,
        here.theme,
        title=FAILED,
        said=[(error.template, error.data)],
        code=error.code,
        link=("/login", AGAIN),
    )
    status = 404 if isinstance(error, NotFound) else 403 if error.permanent else 503
    found = flask.Response(page, status, mimetype="text/html")
    found.delete_cookie(auth.named(COOKIE), path="/login", secure=flask.request.is_secure)
    return found


# ---------------------------------------------------------------- there


def _flow(goal: str, link: int | None = None) -> Flow:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Flow(state, nonce, verifier, goal, link)


def _start(site: Site, provider: Provider) -> ResponseReturnValue:
    flow = _flow(auth.local(flask.request.args.get("next")))
    answer = flask.redirect(provider.address(flow, _redirect()))
    _remember(answer, site, flow)
    return answer


def _link(site: Site, provider: Provider) -> ResponseReturnValue:
    """Send a signed-in person to the provider. By a page in between: our forms may lead nowhere else (form-action)."""
    flow = _flow("/admin?section=account", current().actor.user_id)
    there = provider.address(flow, _redirect())
    here = current()
    page = notice(here.language, here.theme, title=GO_ON, link=(there, GO_ON), at_once=True)
    answer = flask.Response(page, mimetype="text/html")
    _remember(answer, site, flow)
    return answer


def _redirect() -> str:
    return flask.request.url_root.rstrip("/") + BACK


def _key(site: Site) -> OctKey:
    return OctKey.import_key(site.given.key_for("oidc"))


def _remember(answer: Response, site: Site, flow: Flow) -> None:
    """Let the browser carry what is compared when it comes back: signed, for ten minutes, for these addresses alone."""
    names = {"s": flow.state, "n": flow.nonce, "v": flow.verifier, "g": flow.goal, "l": flow.link}
    text = jwt.encode({"alg": "HS256"}, {**names, "exp": int(time.time()) + LONGEST_SECONDS}, _key(site), SIGNED)
    secure = flask.request.is_secure
    answer.set_cookie(
        auth.named(COOKIE), text, max_age=LONGEST_SECONDS, path="/login", httponly=True, samesite="Lax", secure=secure
    )


def _remembered(site: Site) -> Flow:
    """Give the flow that this browser began. Forbidden where there is none, it is too old, or the state is another."""
    try:
        kept = jwt.decode(flask.request.cookies.get(auth.named(COOKIE), ""), _key(site), SIGNED).claims
        flow = Flow(kept["s"], kept["n"], kept["v"], kept["g"], kept["l"])
        fits = hmac.compare_digest(flask.request.args.get("state", "").encode(), flow.state.encode())
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise Forbidden("OIDC_STATE", TOO_OLD) from error
    if not fits or kept["exp"] < time.time():
        raise Forbidden("OIDC_STATE", TOO_OLD)
    return flow


# ---------------------------------------------------------------- and back


def _back(site: Site, provider: Provider) -> ResponseReturnValue:
    flow = _remembered(site)
    args = flask.request.args
    strict = provider.metadata().get("authorization_response_iss_parameter_supported") is True
    if args.get("iss", None if strict else provider.settings.issuer) != provider.settings.issuer:
        raise Forbidden("OIDC_MIXED", MIXED)
    if "error" in args or not args.get("code"):
        log.info("the provider said %r", args.get("error", "")[:100])
        raise Forbidden("OIDC_DENIED", DENIED)
    who = provider.identify(flow, args["code"], _redirect())
    answer = _linked(site, flow, who) if flow.link is not None else _entered(site, provider, flow, who)
    answer.delete_cookie(auth.named(COOKIE), path="/login", secure=flask.request.is_secure)
    return answer


def _entered(site: Site, provider: Provider, flow: Flow, who: Identity) -> Response:
    with site.database.session(write=True) as session:
        found = identities.sign_in(session, who, provider.settings, site.clock())
        if isinstance(found, int):
            accounts.close_session(session, flask.request.cookies.get(auth.named(auth.SESSION), ""))
            token = auth.begin(session, site, found)
    if not isinstance(found, int):
        raise found
    answer = flask.redirect(auth.local(flow.goal), 303)
    auth.cookie(answer, auth.named(auth.SESSION), token)
    auth.cookie(answer, auth.BY_PROVIDER, "1")
    if len(who.token) <= LONGEST_HINT:
        secure = flask.request.is_secure
        answer.set_cookie(auth.named(HINT), who.token, path=BYE, httponly=True, samesite="Lax", secure=secure)
    return answer


def _linked(site: Site, flow: Flow, who: Identity) -> Response:
    """Link the account to the person who began this, who must still be the one signed in."""
    idle = timedelta(seconds=site.settings.session.idle)
    with site.database.session(write=True) as session:
        found = visits.find(session, flask.request.cookies.get(auth.named(auth.SESSION), ""), site.clock(), idle=idle)
        if found is None or found.user_id != flow.link:
            raise Forbidden("OIDC_NOT_YOU", NOT_YOU)
        actor = scope.actor_for(session, found.user_id)
        identities.link(session, actor, found.user_id, who.issuer, who.subject, now=site.clock())
    return flask.redirect(auth.local(flow.goal), 303)


# ---------------------------------------------------------------- out


def _bye(site: Site, asked: Known) -> ResponseReturnValue:
    """Say that the session has ended, and how to end the provider's too where it offers that."""
    there = None
    if site.settings.oidc.issuer and site.settings.oidc.client_id:
        token = flask.request.cookies.get(auth.named(HINT), "")
        there = asked().farewell(flask.request.url_root.rstrip("/") + "/login", token=token)
    answer = flask.redirect("/login") if there is None else flask.make_response(_parting(there))
    answer.delete_cookie(auth.named(HINT), path=BYE, secure=flask.request.is_secure)
    return answer


def _parting(there: str) -> str:
    here = current()
    return notice(
        here.language, here.theme, title=LEFT, said=[(STILL, {})], link=(there, END_THERE), other=("/login", AGAIN)
    )
