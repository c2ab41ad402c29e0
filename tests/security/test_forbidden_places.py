"""Where the server may not be sent: sixty ways to write an address inside the network, and names that change what they mean."""

import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from monitor import notify, webhook
from monitor.errors import ConfigurationError, JieyueError, SourceUnavailable
from monitor.settings import Settings

INSIDE = [
    *(
        "127.0.0.1",
        "127.0.0.2",
        "127.1",
        "127.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
    ),
    *(
        "017700000001",
        "0177.0.0.1",
        "0x7f.0x0.0x0.0x1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "ip6-localhost",
    ),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "100.64.0.1"),
    *("169.254.169.254", "169.254.0.1", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "192.0.0.1", "192.0.2.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]"),
    *("[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]"),
    *("[2002:7f00:1::]", "[2002:a00:1::]", "[2002:a9fe:a9fe::]", "[2001:db8::1]", "[100::1]", "[0:0:0:0:0:0:0:1]"),
    *("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1"),
]
NO_WEB = [
    *(
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "dict://127.0.0.1:11211/",
        "ftp://127.0.0.1/",
        "ldap://127.0.0.1/",
    ),
    *(
        "jar:http://127.0.0.1!/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http:///x",
        "http://",
        "//127.0.0.1/",
        "127.0.0.1",
    ),
    *(
        "http://user:pw@example.org/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1#@example.org/x y",
        "http://x\r\nHost: y/",
    ),
    *(
        "http://example.org:99999/",
        "http://example.org:0/",
        "http://[::1/",
        "https://\texample.org/",
        " http://example.org/",
    ),
]


@pytest.fixture
def listening() -> Iterator[tuple[int, list[Any]]]:
    """A server on all addresses of this machine that notes who connects."""
    heard: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1], heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that is begun, noted and then let go on."""
    begun: list[Any] = []
    real = socket.create_connection

    def noted(address: Any, *given: Any, **named: Any) -> socket.socket:
        begun.append(address)
        return real(address, *given, **named)

    monkeypatch.setattr(socket, "create_connection", noted)
    return begun


def test_no_way_of_writing_it_leads_inside(listening: tuple[int, list[Any]], connections: list[Any]) -> None:
    port, heard = listening
    assert len(INSIDE) >= 60
    through = []
    for host in INSIDE:
        for scheme in ("http", "https"):
            try:
                webhook.post("webhook", f"{scheme}://{host}:{port}/x", "s", "t", timeout=2)
            except JieyueError:
                continue
            through.append(host)

    assert (through, connections, heard) == ([], [], [])


@pytest.mark.parametrize("address", NO_WEB)
def test_what_is_no_plain_web_address_is_refused(connections: list[Any], address: str) -> None:
    with pytest.raises(ConfigurationError):
        webhook.post("webhook", address, "s", "t", timeout=2)
    assert connections == []


def test_every_kind_of_channel_asks_the_same_guard(connections: list[Any]) -> None:
    for kind in sorted(set(notify.CHANNELS) - {"mail"}):
        with pytest.raises(ConfigurationError) as refused:
            notify.CHANNELS[kind](Settings(), "http://169.254.169.254/latest/meta-data", "s", "t")
        assert refused.value.code == "WEBHOOK_PRIVATE"
    assert connections == []


def test_a_name_that_means_something_else_the_second_time_is_asked_once(
    listening: tuple[int, list[Any]], connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is outside, every later one inside; the connection goes to the first, or nowhere."""
    port, heard = listening
    answers = itertools.chain(["203.0.114.9"], itertools.repeat("127.0.0.1"))
    asked = []

    def resolver(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def refuse(address: Any, **_: Any) -> socket.socket:
        connections.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(SourceUnavailable):
        webhook.post("webhook", f"http://rebinding.example:{port}/", "s", "t", timeout=2)

    assert (asked, connections, heard) == (["rebinding.example"], [("203.0.114.9", port)], [])


def test_a_name_of_which_one_address_is_inside_is_refused(
    connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 80)) for one in ("203.0.114.9", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(ConfigurationError):
        webhook.post("webhook", "http://mixed.example/", "s", "t")
    assert connections == []


def test_what_is_allowed_is_that_alone(listening: tuple[int, list[Any]], connections: list[Any]) -> None:
    port, heard = listening
    webhook.post("webhook", f"http://127.0.0.1:{port}/mine", "s", "t", allow_private=["127.0.0.1"])
    for host in ("127.0.0.2", "[::1]", "10.0.0.1", "169.254.169.254"):
        with pytest.raises(ConfigurationError):
            webhook.post("webhook", f"http://{host}:{port}/", "s", "t", allow_private=["127.0.0.1"])

    assert (heard, len(connections)) == (["/mine"], 1)


def test_an_answer_that_drips_is_cut_off() -> None:
    """A byte now and then keeps each read alive; the whole has an end all the same."""
    server, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip() -> None:
        peer, _ = server.accept()
        with peer:
            while not stop.wait(0.05):
                try:
                    peer.sendall(b"H")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable):
        webhook.post(
            "webhook",
            f"http://127.0.0.1:{server.getsockname()[1]}/",
            "s",
            "t",
            allow_private=["127.0.0.1"],
            timeout=0.3,
        )
    stop.set()
    thread.join()
    server.close()

    assert time.monotonic() - begun < 10
