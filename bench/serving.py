"""What a reader waits for: cached answers against a plain route, many viewers, an import beside them. `python -m bench.serving FOLDER`."""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.compound import LOGIN, PASSWORD
from bench.served import PLAIN
from dashboard import guards

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
        self.size = 0
        self.headers = {"Cookie": cookie, "Content-Type": "application/json", "Accept-Encoding": "gzip"}

    def page(self, path: str, search: str = "") -> tuple[float, int]:
        began = time.perf_counter()
        self.connection.request("POST", guards.ENDPOINT, body(path, search), self.headers)
        answer = self.connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        return time.perf_counter() - began, size

    def plain(self, size: int) -> None:
        self.connection.request("GET", f"{PLAIN}?size={size}", headers=self.headers)
        self.connection.getresponse().read()


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


def rate(port: int, cookie: str, act: Callable[[Visitor], object], seconds: float = 5) -> float:
    until = time.perf_counter() + seconds

    def one(_: int) -> list[float]:
        visitor, times = Visitor(port, cookie), []
        while time.perf_counter() < until:
            began = time.perf_counter()
            act(visitor)
            times.append(time.perf_counter() - began)
        return times

    times, failed = crowd(4, one)
    assert not failed
    return len(times) / seconds


def main(folder: Path, source: Path | None) -> None:
    figures: dict[str, float] = {}
    command = [sys.executable, "-m", "bench.served", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        try:
            assert serving.stdout is not None
            port = int(serving.stdout.readline())
            cookie = sign_in(port)
            visitor = Visitor(port, cookie)
            for path in PAGES:
                figures[f"first {path}"], visitor.size = visitor.page(path)
            visitor.size = visitor.page("/")[1]
            for path in PAGES:
                figures[f"again {path}"] = statistics.median(visitor.page(path)[0] for _ in range(7))
            figures["plain_rate"] = rate(port, cookie, lambda one: one.plain(visitor.size))
            figures["cached_rate"] = rate(port, cookie, lambda one: one.page("/"))
            for count, think, rounds in ((50, 0.0, 5), (500, 10.0, 4)):
                figures |= viewers(port, cookie, count, think, rounds)
            if source is not None:
                figures |= beside(visitor, folder, source)
        finally:
            serving.kill()
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
    """Open pages of ever another month while a large file is imported into the same database."""
    importing = subprocess.Popen(
        [sys.executable, "-m", "bench.product", str(source), str(folder / "jieyue.db")], stdout=subprocess.DEVNULL
    )
    times, number = [], 0
    while importing.poll() is None:
        number += 1
        times.append(visitor.page(PAGES[number % len(PAGES)])[0])
        time.sleep(0.05)
    times.sort()
    return {
        "beside_p50": at(times, 0.5),
        "beside_p99": at(times, 0.99),
        "beside_most": times[-1],
        "beside_pages": len(times),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
