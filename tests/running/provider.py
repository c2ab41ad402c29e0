"""An identity provider for the tests, on loopback: Authlib's server parts, real HTTP, RS256 keys made here, PKCE verified.

A test may bend what it says: `claims` are added to each ID token, `tamper` takes the finished token, `metadata` and `answer` change what
it publishes and what it gives back to the browser.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from waitress.server import create_server

LI = {"preferred_username": "li", "name": "李 Li", "email": "li@example.org", "email_verified": True}
CLIENT, SECRET = "jieyue", "secret of the client: 节约 %+/"


class Client(ClientMixin):
    """One registered client: its redirect address alone, code alone, PKCE always."""

    def __init__(self, client_id: str, secret: str, redirects: set[str]) -> None:
        self.client_id, self.secret, self.redirects = client_id, secret, redirects

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirects

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Person:
    """Somebody with an account at the provider."""

    sub: str
    claims: dict[str, Any] = field(default_factory=dict)

    def get_user_id(self) -> str:
        return self.sub


@dataclass
class Code:
    """A code that was given and not yet taken back."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    person: Person

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class Provider:
    """The provider: people, clients, keys, and what went on."""

    def __init__(self) -> None:
        self.redirects = {"http://localhost/login/oidc/back"}
        self.clients = {CLIENT: Client(CLIENT, SECRET, self.redirects), "other": Client("other", "o", self.redirects)}
        self.issuer = ""
        self.keys = [RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}) for kid in ("k1", "k2")]
        self.reset()

    def reset(self) -> None:
        """Forget what went on and what a test bent."""
        self.key = self.keys[0]
        self.person = Person("s-1", dict(LI))
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, Person] = {}
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.tamper: Callable[[str], str] = lambda token: token
        self.answer: Callable[[str], str] = lambda address: address
        self.userinfo: dict[str, Any] | None = None
        self.asked: list[str] = []

    def signed(self, claims: dict[str, Any], *, key: Any = None, alg: str = "RS256") -> str:
        """Sign claims as the provider signs, or with another key."""
        chosen = key or self.key
        return jwt.encode({"alg": alg, "kid": chosen.kid or "k1"}, claims, chosen, [alg])

    def said(self, **more: Any) -> dict[str, Any]:
        """Give the claims of a good ID token, with some of them changed; None takes one away."""
        now = int(time.time())
        good = {"iss": self.issuer, "aud": CLIENT, "sub": "s-1", "exp": now + 300, "iat": now, "nonce": "n"}
        return {name: value for name, value in (good | more).items() if value is not None}

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self.key = self.keys[1]


class _IdToken(OpenIDCode):
    """The ID token of Authlib, with the claims of the person and those a test adds."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.nonce == nonce for code in self.provider.codes.values())

    def resolve_client_private_key(self, client: Any) -> Any:
        return self.provider.key

    def get_client_algorithm(self, client: Any) -> str:
        return "RS256"

    def get_client_claims(self, client: Any) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.provider.issuer, "aud": [client.get_client_id()], "iat": now, "exp": now + 300}

    def get_compatible_claims(self, request: Any) -> dict[str, Any]:
        return self.get_client_claims(request.client)

    def get_encode_header(self, client: Any) -> dict[str, str]:
        return {"alg": "RS256", "kid": str(self.provider.key.kid)}

    def generate_user_info(self, user: Person, scope: str) -> UserInfo:
        return UserInfo(sub=user.sub, **user.claims, **self.provider.claims)

    def process_token(self, grant: Any, response: Any) -> Any:
        token = super().process_token(grant, response)
        token["id_token"] = self.provider.tamper(token["id_token"])
        return token


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> None:
            data = request.payload.data
            challenge = data["code_challenge"], data["code_challenge_method"]
            about = (request.client.client_id, request.payload.redirect_uri, request.payload.scope, data["nonce"])
            provider.codes[code] = Code(code, *about, *challenge, request.user)

        def query_authorization_code(self, code: str, client: Any) -> Code | None:
            found = provider.codes.get(code)
            return found if found is not None and found.client_id == client.client_id else None

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> Person:
            return authorization_code.person

    return Grant


def application(provider: Provider) -> flask.Flask:
    """Build the provider's application."""
    app = flask.Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=provider.clients.get,
        save_token=lambda token, request: provider.tokens.update({token["access_token"]: request.user}),
    )
    server.register_grant(_grant(provider), [CodeChallenge(required=True), _IdToken(provider)])
    app.before_request(lambda: provider.asked.append(flask.request.path))

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        at = provider.issuer
        names = {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/jwks",
            "end_session_endpoint": f"{at}/end",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        more = {"userinfo_endpoint": f"{at}/userinfo"} if provider.userinfo is not None else {}
        return {**names, **more, **provider.metadata}

    @app.get("/jwks")
    def jwks() -> Any:
        return KeySet([provider.key]).as_dict(private=False)

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=provider.person)
        answer = server.create_authorization_response(grant=grant, grant_user=provider.person)
        answer.headers["Location"] = provider.answer(answer.headers["Location"])
        return answer

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        person = provider.tokens[flask.request.headers["Authorization"].removeprefix("Bearer ")]
        return {"sub": person.sub, **(provider.userinfo or {})}

    @app.get("/end")
    def end() -> Any:
        return flask.redirect(flask.request.args["post_logout_redirect_uri"])

    return app


@contextmanager
def running() -> Iterator[Provider]:
    """Serve a provider on a free port of this machine."""
    provider = Provider()
    server = create_server(application(provider), host="127.0.0.1", port=0, threads=4)
    provider.issuer = f"http://127.0.0.1:{server.effective_port}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.close()
        thread.join(timeout=10)
