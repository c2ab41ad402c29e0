"""For the machines that watch: /healthz (the process answers), /readyz (it can do its work), /metrics (figures for Prometheus)."""

import hmac
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.metadata import version
from ipaddress import ip_address, ip_network

import flask
from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy.exc import SQLAlchemyError

from dashboard.context import Site
from monitor import probes
from monitor.domain.access import SYSTEM
from monitor.queries import telemetry
from monitor.settings_parts import MetricsSettings

ADDRESSES = ("/healthz", "/readyz", "/metrics")
TEXT = "text/plain; version=0.0.4; charset=utf-8"
CLOSED = "metrics are closed: set metrics.token, or name this address in metrics.allow"
disable_created_metrics()  # type: ignore[no-untyped-call]


def install(server: flask.Flask, site: Site, registry: CollectorRegistry) -> None:
    """Put the addresses on a server; none of them opens a session or tells a name."""
    readiness = probes.Readiness(partial(probes.look, site.database))
    registry.register(Installation(site))
    server.add_url_rule("/healthz", "healthz", lambda: _said("ok"))
    server.add_url_rule("/readyz", "readyz", lambda: _ready(readiness))
    server.add_url_rule("/metrics", "metrics", lambda: _metrics(site.given.metrics, registry))


def _ready(readiness: probes.Readiness) -> flask.Response:
    problem = readiness.problem()
    return _said(f"not ready: {problem}", 503) if problem else _said("ready")


def _said(text: str, status: int = 200) -> flask.Response:
    return flask.Response(f"{text}\n", status, mimetype="text/plain", headers={"Cache-Control": "no-store"})


# ---------------------------------------------------------------- figures


def _metrics(settings: MetricsSettings, registry: CollectorRegistry) -> flask.Response:
    if not _may_read(settings):
        return _said(CLOSED, 403)
    text = generate_latest(registry)
    return flask.Response(text, content_type=TEXT, headers={"Cache-Control": "no-store"})


def _may_read(settings: MetricsSettings) -> bool:
    """Whoever shows the token, and the addresses named; nobody else."""
    token = settings.token.get_secret_value()
    given = flask.request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(), token.encode()):
        return True
    try:
        asks = ip_address(flask.request.remote_addr or "")
    except ValueError:
        return False
    return any(asks in ip_network(one, strict=False) for one in settings.allow)


class Installation:
    """What the database says at the moment of asking: each process gives the same, so any one of them may be asked."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def collect(self) -> Iterator[Metric]:
        """Give the figures; where the database is away, that."""
        yield _by("jieyue_build_info", "1, with the version.", "version", {version("jieyue"): 1})
        try:
            with self.site.database.session() as session:
                found = telemetry.numbers(session, SYSTEM)
        except SQLAlchemyError:
            yield GaugeMetricFamily("jieyue_database_up", UP, 0)
            return
        yield GaugeMetricFamily("jieyue_database_up", UP, 1)
        yield GaugeMetricFamily("jieyue_database_bytes", "Room that the database takes.", found.database_bytes)
        yield from _sources(found)
        yield from _work(found, self.site.clock().timestamp())


UP = "Whether the database answers."


def _by(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _sources(found: telemetry.Numbers) -> Iterator[Metric]:
    last = {one.code: one.last_good.timestamp() for one in found.sources if one.last_good is not None}
    yield _by("jieyue_source_last_success_timestamp_seconds", "When a source last delivered well.", "source", last)
    rows = CounterMetricFamily("jieyue_import_rows", "Rows read, by outcome.", labels=["source", "outcome"])
    runs = CounterMetricFamily(
        "jieyue_imports", "Documents imported, by state of the receipt.", labels=["source", "state"]
    )
    for one in found.sources:
        for outcome, count in one.rows.items():
            rows.add_metric([one.code, outcome], count)
        for state, count in one.runs.items():
            runs.add_metric([one.code, state], count)
    yield rows
    yield runs


def _work(found: telemetry.Numbers, now: float) -> Iterator[Metric]:
    yield _by("jieyue_jobs", "Due periods in the ledger that have not succeeded, by state.", "state", found.jobs)
    waits = 0.0 if found.oldest_due is None else max(0.0, now - found.oldest_due.timestamp())
    yield GaugeMetricFamily("jieyue_job_oldest_due_seconds", "How long the oldest due period has waited.", waits)
    if found.heartbeat is not None:
        silent = max(0.0, now - found.heartbeat)
        yield GaugeMetricFamily("jieyue_scheduler_heartbeat_age_seconds", "Since the scheduler was last awake.", silent)
    yield _by("jieyue_alerts_open", "Open alerts, by rule.", "rule", found.alerts)
