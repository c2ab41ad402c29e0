"""OpenID Connect, the protocol: where to send a browser, what a code is worth, and whether a token may be believed.

Authorization code with PKCE, state and nonce. All calls go out through `monitor.webhook`, which looks where they lead.
"""

import json
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from monitor import webhook
from monitor.errors import ConfigurationError, Forbidden, JieyueError, SourceUnavailable
from monitor.i18n import N_
from monitor.settings_parts import OidcSettings

ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)  # keys that can be public
KINDS = ("RSA", "EC")
LEEWAY_SECONDS = 60
FRESH_SECONDS = 3600.0
AGAIN_SECONDS = 30.0  # after a failure, so that a provider that is away is not asked by every visitor
TIMEOUT_SECONDS = 5.0
PATIENCE_SECONDS = 1.0  # a provider that is slow holds up one thread, not all
LARGEST = 1024 * 1024
LONGEST_SUBJECT = 255
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
ENDPOINTS = (*NEEDED[1:], "userinfo_endpoint", "end_session_endpoint")

AWAY = N_("The identity provider at {host} does not answer as it should: {problem}")
OTHER_ISSUER = N_(
    "The provider calls itself '{found}', but oidc.issuer is '{wanted}'; the two must be the same, letter by letter."
)
NOT_SAFE = N_("The provider names an address that is not https: {name}")
NO_TOKEN = N_("What the identity provider said about this sign-in could not be believed ({reason}). Please try again.")


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in under way: what is compared when the browser comes back. `link` is the person who wants an account linked."""

    state: str
    nonce: str
    verifier: str
    goal: str = "/"
    link: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is: `subject` never changes; the rest is as of now.

    `email` only where it was verified; `token` is the ID token that said all this.
    """

    issuer: str
    subject: str
    login: str = ""
    name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


class Provider:
    """One provider as the settings name it; what it publishes about itself is kept for an hour."""

    def __init__(self, settings: OidcSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings, self.clock = settings, clock
        self._guard = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._failed: JieyueError | None = None
        self._at = float("-inf")

    # ------------------------------------------------------------ what it publishes

    def metadata(self) -> Mapping[str, Any]:
        """Give what the provider publishes. SourceUnavailable, or ConfigurationError where it is not the one that was meant."""
        if not self._guard.acquire(timeout=PATIENCE_SECONDS):  # another thread is asking, and it takes long
            if self._known is None:
                raise self._away("no answer yet")
            return self._known
        try:
            return self._current()
        finally:
            self._guard.release()

    def _current(self) -> Mapping[str, Any]:
        age = self.clock() - self._at
        if self._failed is not None and age < AGAIN_SECONDS:
            raise self._failed
        if self._known is None or self._failed is not None or age >= FRESH_SECONDS:
            try:
                self._known, self._keys, self._failed = self._discover(), None, None
            except JieyueError as error:
                self._failed = error
                raise
            finally:
                self._at = self.clock()
        return self._known

    def _discover(self) -> dict[str, Any]:
        found = self._ask("GET", self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        missing = [name for name in NEEDED if not isinstance(found.get(name), str)]
        if missing:
            raise self._away(f"no {', '.join(missing)}")
        if found["issuer"] != self.settings.issuer:
            raise ConfigurationError(
                "OIDC_ISSUER", OTHER_ISSUER, found=str(found["issuer"])[:200], wanted=self.settings.issuer
            )
        scheme = urlsplit(self.settings.issuer).scheme
        for name in ENDPOINTS:
            if name in found and urlsplit(str(found[name])).scheme not in {"https", scheme}:
                raise ConfigurationError("OIDC_NOT_SAFE", NOT_SAFE, name=name)
        return found

    def _key_set(self, *, fresh: bool) -> KeySet:
        with self._guard:
            if self._keys is None or fresh:
                published = self._ask("GET", str((self._known or {})["jwks_uri"])).get("keys")
                usable = [
                    key
                    for key in (published if isinstance(published, list) else [])
                    if isinstance(key, dict) and key.get("kty") in KINDS and key.get("use", "sig") == "sig"
                ]
                try:
                    self._keys = KeySet.import_key_set({"keys": usable})
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise self._away("keys that cannot be read") from error
            return self._keys

    # ------------------------------------------------------------ the way there and back

    def address(self, flow: Flow, redirect: str) -> str:
        """Give the address at the provider to which the browser goes."""
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect,
            "scope": self.settings.scopes,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        if flow.link is not None:
            asked["prompt"] = "login"  # whoever links an account shows that it is theirs
        start = str(self.metadata()["authorization_endpoint"])
        return start + ("&" if "?" in start else "?") + urlencode(asked)

    def identify(self, flow: Flow, code: str, redirect: str) -> Identity:
        """Turn the code that the browser brought back into who it is. Forbidden where anything does not fit."""
        known = self.metadata()
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": flow.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        client, secret = self.settings.client_id, self.settings.client_secret.get_secret_value()
        ways = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in ways:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
        else:
            body |= {"client_id": client} | ({"client_secret": secret} if secret else {})
        answer = self._ask("POST", str(known["token_endpoint"]), body=urlencode(body).encode(), headers=headers)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise _refused("no id_token")
        claims = self.believed(token, nonce=flow.nonce, access=access if isinstance(access, str) else None)
        return replace(self._identity(claims, access if isinstance(access, str) else None), token=token)

    def believed(self, token: str, *, nonce: str, access: str | None = None) -> dict[str, Any]:
        """Check an ID token and give its claims: signature, issuer, audience, authorised party, time, nonce. Forbidden otherwise."""
        self.metadata()
        try:
            signed = self._decoded(token)
            wanted: dict[str, Any] = {
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
            }
            params = {"nonce": nonce, "client_id": self.settings.client_id, "access_token": access}
            CodeIDToken(signed.claims, signed.header, wanted, params).validate(int(time.time()), LEEWAY_SECONDS)
        except JoseError as error:
            raise _refused(error.error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _refused("malformed") from error
        subject = signed.claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
            raise _refused("sub")
        return dict(signed.claims)

    def _decoded(self, token: str) -> jwt.Token:
        """Check the signature; a key that is not known yet may have been made since we looked."""
        try:
            return jwt.decode(token, self._key_set(fresh=False), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return jwt.decode(token, self._key_set(fresh=True), algorithms=ALGORITHMS)

    def _identity(self, claims: dict[str, Any], access: str | None) -> Identity:
        names = self.settings
        wanted = (names.groups_claim if names.groups else "", names.login_claim, names.name_claim)
        more = self.metadata().get("userinfo_endpoint")
        if access and more and any(name and inside(claims, name) is None for name in wanted):
            told = self._ask("GET", str(more), headers={"Authorization": f"Bearer {access}"})
            if told.get("sub") != claims["sub"]:
                raise _refused("userinfo: sub")
            claims = told | claims
        groups = inside(claims, names.groups_claim)
        listed = groups if isinstance(groups, list) else [groups]
        return Identity(
            issuer=names.issuer,
            subject=claims["sub"],
            login=_text(claims, names.login_claim),
            name=_text(claims, names.name_claim),
            email=_text(claims, names.email_claim) if claims.get("email_verified") is True else "",
            groups=tuple(one for one in listed if isinstance(one, str)),
        )

    def farewell(self, back: str, *, token: str = "") -> str | None:
        """Give the address at which the sign-in at the provider ends too; None where there is none.

        With the ID `token` of that sign-in the provider knows which one is meant and need not ask.
        """
        try:
            end = self.metadata().get("end_session_endpoint")
        except JieyueError:
            return None
        if not end:
            return None
        names = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back}
        asked = urlencode(names | ({"id_token_hint": token} if token else {}))
        return f"{end}{'&' if '?' in end else '?'}{asked}"

    # ------------------------------------------------------------ calls

    def _ask(
        self, method: str, address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Give the JSON object that an address answers. SourceUnavailable otherwise."""
        try:
            answer = webhook.exchange(
                method,
                address,
                body=body,
                headers={"Accept": "application/json", **(headers or {})},
                allow_private=self.settings.allow_private,
                timeout=TIMEOUT_SECONDS,
                context=self._trusted(),
                largest=LARGEST,
            )
            found = json.loads(answer)
        except SourceUnavailable as error:
            raise self._away(str(error.data.get("problem", ""))) from error
        except (ValueError, RecursionError) as error:
            raise self._away("no JSON") from error
        if not isinstance(found, dict):
            raise self._away("no JSON object")
        return found

    def _trusted(self) -> ssl.SSLContext:
        file = self.settings.ca_file
        try:
            return ssl.create_default_context(cafile=file or None)
        except (OSError, ssl.SSLError) as error:
            raise self._away(f"oidc.ca_file: {error}") from error

    def _away(self, problem: str) -> SourceUnavailable:
        return SourceUnavailable("OIDC_AWAY", AWAY, host=urlsplit(self.settings.issuer).hostname, problem=problem[:200])


def _refused(reason: str) -> Forbidden:
    return Forbidden("OIDC_TOKEN", NO_TOKEN, reason=reason)


def inside(claims: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - claims have any kind
    """Give a claim by its name, or where none has it by the path that its dots spell; None where there is nothing."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = inside(claims, name)
    return found.strip() if isinstance(found, str) and found.isprintable() else ""
