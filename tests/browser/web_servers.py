"""nginx and Caddy with the very lines of docs/running.md, on ports of their own and with a certificate made here."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs" / "running.md"
NAME, PORTAL = "jieyue.example.gov.cn", "portal.example.gov.cn"
WAIT_SECONDS = 30


def snippets(kind: str) -> list[str]:
    """Give the fenced blocks of docs/running.md for a web server: its own site, the folder of another."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    caddy = kind == "caddy"
    return [text for tongue, text in blocks if (not tongue and "reverse_proxy" in text if caddy else tongue == kind)]


def program(kind: str) -> str | None:
    """Give the web server's program; Debian keeps nginx where only administrators look."""
    return shutil.which(kind, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Front:
    """A web server in front: where it listens with and without TLS, and the name it is asked by."""

    name: str
    tls: int
    plain: int


def certificate(folder: Path) -> None:
    """Make a certificate for both names that nobody signed."""
    names = f"subjectAltName=DNS:{NAME},DNS:{PORTAL}"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    made += ["-keyout", str(folder / "key"), "-out", str(folder / "pem"), "-subj", "/CN=jieyue", "-addext", names]
    subprocess.run(made, check=True, capture_output=True)


def _nginx(folder: Path, front: Front, behind: int, *, below: bool) -> list[str]:
    own, part = snippets("nginx")
    text = own if not below else re.sub(r"    location / \{.*?\n    \}\n", lambda _: part, own, flags=re.DOTALL)
    for was, now in (
        ("listen 443 ssl", f"listen 127.0.0.1:{front.tls} ssl"),
        ("listen 80", f"listen 127.0.0.1:{front.plain}"),
        ("/etc/ssl/jieyue.pem", f"{folder}/pem"),
        ("/etc/ssl/jieyue.key", f"{folder}/key"),
        ("127.0.0.1:8050", f"127.0.0.1:{behind}"),
        (NAME, front.name),
    ):
        assert was in text, was
        text = text.replace(was, now)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; master_process off; pid {folder}/pid; error_log stderr warn; events {{}}\n"
    (folder / "nginx.conf").write_text(
        f"{main}http {{ access_log off; {places} gzip on; gzip_types *; gzip_proxied any;\n{text}\n}}\n"
    )
    return ["-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def _caddy(folder: Path, front: Front, behind: int, *, below: bool) -> list[str]:
    text = snippets("caddy")[below]
    assert "127.0.0.1:8050" in text
    text = text.replace("127.0.0.1:8050", f"127.0.0.1:{behind}").replace(
        "{\n", f"{{\n    tls {folder}/pem {folder}/key\n", 1
    )
    main = (
        f"{{ \n admin off\n http_port {front.plain}\n https_port {front.tls}\n storage file_system {folder}/store\n}}\n"
    )
    (folder / "Caddyfile").write_text(main + text)
    return ["run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@contextmanager
def in_front(kind: str, folder: Path, behind: int, *, below: bool = False) -> Iterator[Front]:
    """Run the web server in front of a port, its own site or `below` a folder of another; give where it is."""
    certificate(folder)
    front = Front(PORTAL if below else NAME, free_port(), free_port())
    make: Any = {"nginx": _nginx, "caddy": _caddy}[kind]
    command = make(folder, front, behind, below=below)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([program(kind) or kind, *command], stdout=log, stderr=log)
        try:
            _wait(server, front.tls, folder / "log")
            yield front
        finally:
            server.terminate()
            server.wait(timeout=WAIT_SECONDS)


def _wait(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=0.05)
        else:
            return
    raise AssertionError(log.read_text())
