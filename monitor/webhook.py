"""Messages to a webhook: one JSON POST to an address that was checked, no redirects, limited in time and size."""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from monitor.errors import ConfigurationError, SourceUnavailable
from monitor.i18n import N_

TIMEOUT_SECONDS = 10
LARGEST_ANSWER = 64 * 1024
LONGEST_TEXT = 1800  # WeCom takes 2048 bytes of text, the others more
ROBOTS = {"wecom": "errcode", "dingtalk": "errcode", "feishu": "code"}

NOT_HTTP = N_("'{address}' is not a web address; it begins with https:// or http:// and carries no name or password.")
PRIVATE = N_(
    "{host} lies inside this network. Name it in alerts.allow_private if messages are really meant to go there."
)
UNREACHABLE = N_("{host} did not take the message: {problem}")


def check(address: str) -> SplitResult:
    """Take an address apart; ConfigurationError unless it is http or https with a host and without a name or password."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or "@" in parts.netloc or any(sign.isspace() or not sign.isprintable() for sign in address):
        raise ConfigurationError("WEBHOOK_ADDRESS", NOT_HTTP, address=address[:200])
    return parts


def payload(kind: str, subject: str, text: str) -> dict[str, Any]:
    """Give the JSON of a message as each kind of robot wants it; a plain webhook gets subject and text."""
    whole = _cut(f"{subject}\n{text}")
    if kind in {"wecom", "dingtalk"}:
        return {"msgtype": "text", "text": {"content": whole}}
    if kind == "feishu":
        return {"msg_type": "text", "content": {"text": whole}}
    return {"subject": subject, "text": text}


def _cut(text: str) -> str:
    body = text.encode()
    return text if len(body) <= LONGEST_TEXT else body[:LONGEST_TEXT].decode(errors="ignore") + " …"


def post(
    kind: str,
    address: str,
    subject: str,
    text: str,
    *,
    allow_private: Sequence[str] = (),
    timeout: float = TIMEOUT_SECONDS,
    context: ssl.SSLContext | None = None,
) -> None:
    """Send one message. ConfigurationError where it must not go there, SourceUnavailable where nobody takes it."""
    body = json.dumps(payload(kind, subject, text), ensure_ascii=False).encode()
    answer = exchange(
        "POST",
        address,
        body=body,
        headers={"Content-Type": "application/json; charset=utf-8"},
        allow_private=allow_private,
        timeout=timeout,
        context=context,
    )
    _accepted(kind, str(check(address).hostname), answer)


def exchange(
    method: str,
    address: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    allow_private: Sequence[str] = (),
    timeout: float = TIMEOUT_SECONDS,
    context: ssl.SSLContext | None = None,
    largest: int = LARGEST_ANSWER,
) -> bytes:
    """Ask an address once and give its answer, at most `largest` bytes of it; the errors are those of `post`.

    The name is looked up once and the connection goes to exactly that address, so it cannot lead elsewhere in between; no redirect
    is followed; after three times `timeout` the connection is cut, however slowly the answer drips.
    """
    parts = check(address)
    host = str(parts.hostname)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = _resolved(host, port, allow_private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with socket.create_connection((target, port), timeout=timeout) as plain, _cut_after(plain, 3 * timeout):
            secure = parts.scheme == "https"
            stream = (
                (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) if secure else plain
            )
            with stream:
                connection = http.client.HTTPConnection(host, port)
                connection.sock = stream
                connection.request(
                    method, path, body, {"User-Agent": "Jieyue", "Connection": "close", **(headers or {})}
                )
                with connection.getresponse() as found:
                    status, answer = found.status, found.read(largest)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _failed(host, error) from error
    if not http.HTTPStatus.OK <= status < http.HTTPStatus.MULTIPLE_CHOICES:
        raise _failed(host, f"HTTP {status}")
    return answer


@contextmanager
def _cut_after(connection: socket.socket, seconds: float) -> Iterator[None]:
    """Close a connection from outside when its time is over: a limit on each read alone lets an answer drip for days."""
    other = connection.dup()  # the same connection, whatever wraps or closes the other one meanwhile

    def cut() -> None:
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        other.close()


def _accepted(kind: str, host: str, answer: bytes) -> None:
    """Robots answer 200 even to what they refuse; their own code says so."""
    field = ROBOTS.get(kind)
    if field is None:
        return
    try:
        said = json.loads(answer)
        code = said.get(field, 0)
    except (ValueError, AttributeError):
        raise _failed(host, "no JSON") from None
    if code != 0:
        raise _failed(host, f"{field} {code}")


def _failed(host: str, problem: object) -> SourceUnavailable:
    return SourceUnavailable("WEBHOOK_FAILED", UNREACHABLE, host=host, problem=str(problem)[:200])


def _resolved(host: str, port: int, allowed: Sequence[str]) -> str:
    """Look a host up; refuse it if any of its addresses lies inside, unless the host or its network is allowed."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise _failed(host, error) from error
    inside = [one for one in found if not public(one)]
    if inside and not all(_allowed(host, one, allowed) for one in inside):
        raise ConfigurationError("WEBHOOK_PRIVATE", PRIVATE, host=host)
    return found[0]


def public(address: str) -> bool:
    """Tell whether an address is on the open internet; one that only wraps a private one (IPv4 in IPv6) is not."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        nat64 = ipaddress.ip_network("64:ff9b::/96")
        if found in nat64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return public(str(wrapped))
    return found.is_global and not found.is_multicast


def _allowed(host: str, address: str, allowed: Sequence[str]) -> bool:
    for entry in allowed:
        if entry.strip().lower() == host.lower():
            return True
        try:
            if ipaddress.ip_address(address.partition("%")[0]) in ipaddress.ip_network(entry.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False
