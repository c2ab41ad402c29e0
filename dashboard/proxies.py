"""In front of the application: forwarded headers count from a trusted web server alone, and only known host names are answered."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask

from monitor.settings import Settings

FORWARDED = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT"),
    *("HTTP_X_FORWARDED_PREFIX", "HTTP_X_FORWARDED_BY", "HTTP_FORWARDED", "HTTP_X_REAL_IP"),
)
WRONG_HOST = b"421 Misdirected Request: this name is not among web.hosts\n"
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})  # for probes on the machine itself
Network = IPv4Network | IPv6Network


def install(server: flask.Flask, settings: Settings) -> None:
    """Put the guard in front of a server."""
    guard = Guard(server.wsgi_app, settings.web.trusted_proxies, settings.web.hosts)
    server.wsgi_app = guard  # type: ignore[method-assign]


class Guard:
    """A WSGI application before another: it believes forwarded headers of trusted peers, takes all others' away, checks the host."""

    def __init__(self, inner: WSGIApplication, trusted: Iterable[str], hosts: Iterable[str]) -> None:
        self.inner = inner
        self.trusted = [ip_network(one, strict=False) for one in trusted]
        self.hosts = frozenset(one.lower().rstrip(".") for one in hosts)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or refuse a name that is not served here."""
        given = {name: environ.pop(name) for name in FORWARDED if name in environ}
        if given and self._trusts(str(environ.get("REMOTE_ADDR", ""))):
            self._believe(environ, given)
        if self.hosts and host_of(environ) not in self.hosts | LOCAL:
            start_response("421 Misdirected Request", [("Content-Type", "text/plain"), *HEADERS])
            return [WRONG_HOST]
        return self.inner(environ, start_response)

    def _trusts(self, address: str) -> bool:
        return bool(self.trusted) and any(_within(address, network) for network in self.trusted)

    def _believe(self, environ: dict[str, Any], given: dict[str, str]) -> None:
        """Take over who asks, how and by which name. Of a chain of addresses the last one that is no proxy of ours asked."""
        chain = [part.strip() for part in given.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        asked = next((one for one in reversed(chain) if not self._trusts(one)), chain[0] if chain else "")
        if _is_address(asked):
            environ["REMOTE_ADDR"] = asked
        scheme = given.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
        if scheme in {"http", "https"}:
            environ["wsgi.url_scheme"] = scheme
        host = given.get("HTTP_X_FORWARDED_HOST", "").rpartition(",")[2].strip()
        if host and all(sign.isalnum() or sign in ".-:[]" for sign in host):
            environ["HTTP_HOST"] = host


HEADERS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cache-Control", "no-store"),
]


def host_of(environ: WSGIEnvironment) -> str:
    """Give the name that was asked for, without its port."""
    host = str(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")).lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.rstrip(".")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, network: Network) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found in network
