"""Every request has a number and is timed: the number is in the answer and in the log, the time in /metrics."""

import logging
import secrets
import time

import flask
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector

from monitor import logs

log = logging.getLogger("jieyue.request")
REQUEST_ID = "X-Request-ID"
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def install(server: flask.Flask) -> CollectorRegistry:
    """Watch a server; give the registry of this process. Comes before everything else, so that it sees refusals too."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    taken = Histogram(
        "jieyue_request_seconds",
        "Time until an answer was ready.",
        ("route", "method", "status"),
        registry=registry,
        buckets=BUCKETS,
    )

    def begin() -> None:
        flask.g.begun = time.perf_counter()
        logs.REQUEST.set(secrets.token_hex(8))

    def end(response: flask.Response) -> flask.Response:
        seconds = time.perf_counter() - flask.g.get("begun", time.perf_counter())
        rule = flask.request.url_rule
        route, status = str(rule) if rule is not None else "none", f"{response.status_code // 100}xx"
        method = flask.request.method if flask.request.method in {"GET", "HEAD", "POST"} else "other"
        taken.labels(route, method, status).observe(seconds)
        response.headers[REQUEST_ID] = logs.REQUEST.get()
        path = flask.request.path  # without what follows the question mark: it may carry a code or a token
        told = {"method": method, "path": path, "status": response.status_code, "ms": round(seconds * 1000, 1)}
        log.info("%s %s %s %.0f ms", method, path, response.status_code, seconds * 1000, extra={"event": told})
        return response

    server.before_request(begin)
    server.after_request(end)
    server.teardown_request(lambda _error: logs.REQUEST.set("") and None)
    return registry
