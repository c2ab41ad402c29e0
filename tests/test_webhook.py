"""Webhooks against a real HTTP server on loopback, and what must never be asked for."""

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor import webhook
from monitor.errors import ConfigurationError, SourceUnavailable

LOOPBACK = ("127.0.0.1",)


class Peer:
    """A server that answers as told and keeps what was posted."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.status, self.answer, self.headers = 200, b"{}", {}
        self.heard: list[tuple[str, Any]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                peer.heard.append((self.path, json.loads(body)))
                self.send_response(peer.status)
                for name, value in peer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(peer.answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def address(self, scheme: str = "http", host: str = "127.0.0.1") -> str:
        return f"{scheme}://{host}:{self.server.server_address[1]}/hook?key=1"


def closed(peer: Peer) -> None:
    peer.server.shutdown()
    peer.server.server_close()
    peer.thread.join()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    closed(made)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("webhook", {"subject": "告警", "text": "线路 1"}),
        ("wecom", {"msgtype": "text", "text": {"content": "告警\n线路 1"}}),
        ("dingtalk", {"msgtype": "text", "text": {"content": "告警\n线路 1"}}),
        ("feishu", {"msg_type": "text", "content": {"text": "告警\n线路 1"}}),
    ],
)
def test_each_kind_of_robot_gets_its_own_form(peer: Peer, kind: str, body: object) -> None:
    webhook.post(kind, peer.address(), "告警", "线路 1", allow_private=LOOPBACK)
    assert peer.heard == [("/hook?key=1", body)]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "169.254.169.254"]
)
def test_an_address_inside_is_refused_before_anything_is_sent(peer: Peer, host: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        webhook.post("webhook", peer.address(host=host), "s", "t")
    assert (refused.value.code, peer.heard) == ("WEBHOOK_PRIVATE", [])


def test_a_network_or_a_name_may_be_allowed(peer: Peer) -> None:
    webhook.post("webhook", peer.address(), "s", "t", allow_private=["127.0.0.0/8"])
    with pytest.raises(ConfigurationError):
        webhook.post("webhook", peer.address(), "s", "t", allow_private=["10.0.0.0/8", "example.cn", "nonsense/99"])
    assert len(peer.heard) == 1


def test_a_redirect_is_not_followed(peer: Peer) -> None:
    peer.status, peer.headers = 307, {"Location": "http://169.254.169.254/latest"}
    with pytest.raises(SourceUnavailable) as failed:
        webhook.post("webhook", peer.address(), "s", "t", allow_private=LOOPBACK)
    assert "HTTP 307" in str(failed.value)
    assert len(peer.heard) == 1


def test_a_robot_that_answers_200_to_what_it_refuses_has_refused_it(peer: Peer) -> None:
    peer.answer = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    with pytest.raises(SourceUnavailable) as failed:
        webhook.post("wecom", peer.address(), "s", "t", allow_private=LOOPBACK)
    assert "errcode 93000" in str(failed.value)


def test_an_endless_answer_is_read_only_so_far(peer: Peer) -> None:
    peer.answer = b"x" * (4 * webhook.LARGEST_ANSWER)
    webhook.post("webhook", peer.address(), "s", "t", allow_private=LOOPBACK)
    assert len(peer.heard) == 1


def test_nobody_at_home_may_be_tried_again(peer: Peer) -> None:
    address = peer.address()
    peer.server.server_close()
    with pytest.raises(SourceUnavailable) as failed:
        webhook.post("webhook", address, "s", "t", allow_private=LOOPBACK)
    assert not failed.value.permanent


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost that signs itself."""
    key, pem = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        str(key),
        "-out",
        str(pem),
    ]
    subprocess.run([*made, *subject], check=True, capture_output=True)
    return key, pem


def test_https_wants_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    key, pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    made = Peer(context)
    try:
        address = made.address("https", "localhost")
        allowed = ["localhost"]
        with pytest.raises(SourceUnavailable):
            webhook.post("webhook", address, "s", "t", allow_private=allowed)
        trusting = ssl.create_default_context(cafile=str(pem))
        webhook.post("webhook", address, "s", "t", allow_private=allowed, context=trusting)
        assert len(made.heard) == 1
    finally:
        closed(made)


@pytest.mark.parametrize(
    ("address", "open_to_all"),
    [
        ("8.8.8.8", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:4860:4860::8888", True),
    ],
)
def test_which_addresses_are_on_the_open_internet(address: str, open_to_all: bool) -> None:
    assert webhook.public(address) is open_to_all
