"""What a reader waits for: cached answers against a plain route, many viewers, an import beside them. `python -m bench.serving FOLDER`."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.compound import LOGIN, PASSWORD
from bench.served import PLAIN
from dashboard import guards

TURNS, SECONDS = 3, 3.0
PAGES = ("/", "/unit", "/targets", "/compare", "/data")


def body(path: str, search: str = "") -> bytes:
    return json.dumps(
        {
            "output": guards.ROUTER,
            "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
            "inputs": [
                {"id": "_pages_location", "property": "pathname", "value": path},
                {"id": "_pages_location", "property": "search", "value": search},
            ],
            "changedPropIds": ["_pages_location.pathname"],
            "state": [],
        }
    ).encode()


class Visitor:
    """A signed-in browser without the browser."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": cookie, "Content-Type": "application/json", "Accept-Encoding": "gzip"}

    def page(self, path: str, search: str = "") -> tuple[float, int]:
        began = time.perf_counter()
        size = self._read("POST", guards.ENDPOINT, body(path, search))
        return time.perf_counter() - began, size

    def plain(self, size: int) -> None:
        """Ask the plain route for so many bytes, with the same request."""
        self._read("POST", f"{PLAIN}?size={size}", body("/"))

    def default(self) -> int:
        """Ask a default Dash application for its page."""
        asked = {
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [{"id": "address", "property": "pathname", "value": "/"}],
            "changedPropIds": ["address.pathname"],
        }
        return self._read("POST", guards.ENDPOINT, json.dumps(asked).encode())

    def _read(self, method: str, address: str, sent: bytes) -> int:
        self.connection.request(method, address, sent, self.headers)
        answer = self.connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return size


def sign_in(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/login")
    answer = connection.getresponse()
    text = answer.read().decode()
    token = text.split('name="csrf" value="')[1].split('"')[0]
    cookie = "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")
    form = f"csrf={token}&login={LOGIN}&password={PASSWORD.replace(' ', '+')}&next=/"
    connection.request("POST", "/login", form, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    answer.read()
    return "; ".join(value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")


def crowd(count: int, act: Callable[[int], list[float]]) -> tuple[list[float], int]:
    """Run `count` visitors side by side; gives all their times sorted and how many failed."""
    times: list[float] = []
    failed = [0]

    def one(number: int) -> None:
        try:
            found = act(number)
        except Exception as error:  # noqa: BLE001 - counted and shown
            failed[0] += 1
            print(f"visitor {number}: {error}", file=sys.stderr)
        else:
            times.extend(found)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times), failed[0]


def at(times: list[float], part: float) -> float:
    return times[min(int(len(times) * part), len(times) - 1)] if times else float("inf")


@dataclass(frozen=True)
class Process:
    """A process that serves, and its port."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Give the seconds of processor time that it has taken."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(what: str, folder: Path) -> Iterator[Process]:
    command = [sys.executable, "-m", "bench.served", what, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            assert running.stdout is not None
            yield Process(running.pid, int(running.stdout.readline()))
        finally:
            running.kill()


def rate(
    served: Process, cookie: str, act: Callable[[Visitor], object], seconds: float = SECONDS
) -> tuple[float, float]:
    """Give requests per second of four visitors, and milliseconds of processor time for each."""
    before, until = served.cpu(), time.perf_counter() + seconds

    def one(_: int) -> list[float]:
        visitor, times = Visitor(served.port, cookie), []
        while time.perf_counter() < until:
            began = time.perf_counter()
            act(visitor)
            times.append(time.perf_counter() - began)
        return times

    times, failed = crowd(4, one)
    assert not failed
    return len(times) / seconds, (served.cpu() - before) * 1000 / len(times)


def rates(folder: Path, ours: Process, cookie: str, size: int) -> dict[str, float]:
    """Ask for a kept page, a plain route and a default Dash page in turn; the medians."""
    with serving("plain", folder) as plain, serving("default", folder) as default:
        turns: dict[str, tuple[Process, Callable[[Visitor], object]]] = {
            "cached": (ours, lambda one: one.page("/")),
            "plain": (plain, lambda one: one.plain(size)),
            "default": (default, lambda one: one.default()),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
        for _ in range(TURNS):
            for name, (served, act) in turns.items():
                found[name].append(rate(served, cookie, act))
    return {
        f"{name}_{what}": statistics.median(one[place] for one in measured)
        for name, measured in found.items()
        for place, what in enumerate(("rate", "cpu"))
    }


def main(folder: Path, source: Path | None) -> None:
    figures: dict[str, float] = {}
    with serving("ours", folder) as ours:
        cookie = sign_in(ours.port)
        visitor = Visitor(ours.port, cookie)
        for path in PAGES:
            figures[f"first {path}"] = visitor.page(path)[0]
        for path in PAGES:
            figures[f"again {path}"] = statistics.median(visitor.page(path)[0] for _ in range(7))
        figures |= rates(folder, ours, cookie, visitor.page("/")[1])
        for count, think, rounds in ((50, 0.0, 5), (500, 10.0, 4)):
            figures |= viewers(ours.port, cookie, count, think, rounds)
        if source is not None:
            figures |= beside(Visitor(ours.port, cookie), folder, source)
    print(json.dumps(figures))


def viewers(port: int, cookie: str, count: int, think: float, rounds: int) -> dict[str, float]:
    """Let so many read at a time."""
    times, failed = crowd(count, lambda number: watch(Visitor(port, cookie), number / count, think, rounds))
    name = f"viewers_{count}"
    return {f"{name}_p50": at(times, 0.5), f"{name}_p95": at(times, 0.95), f"{name}_failed": failed}


def watch(visitor: Visitor, offset: float, think: float, rounds: int) -> list[float]:
    """Open pages one after the other with time to think."""
    time.sleep(offset * think)
    times = []
    for turn in range(rounds):
        times.append(visitor.page(PAGES[turn % len(PAGES)])[0])
        if turn < rounds - 1:
            time.sleep(think)
    return times


def beside(visitor: Visitor, folder: Path, source: Path) -> dict[str, float]:
    """Open pages one after the other while a large file is imported into the same database by another process."""
    command, pipe = [sys.executable, "-m", "bench.beside", str(source), str(folder)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as importing:
        assert importing.stdin is not None
        assert importing.stdout is not None
        importing.stdout.readline()
        for path in PAGES:
            visitor.page(path)
        importing.stdin.write("\n")
        importing.stdin.flush()
        times: list[float] = []
        while importing.poll() is None:
            times.append(visitor.page(PAGES[len(times) % len(PAGES)])[0])
            time.sleep(0.05)
    assert importing.returncode == 0
    times.sort()
    return {
        "beside_p50": at(times, 0.5),
        "beside_p99": at(times, 0.99),
        "beside_most": times[-1],
        "beside_pages": len(times),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
