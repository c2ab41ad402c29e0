"""Signs of life to a watcher outside (a dead man's switch): after each import of a source, and while rounds succeed.

A ping that nobody takes is a line in the log and nothing else: no job fails by it.
"""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from monitor import webhook
from monitor.database.engine import Database
from monitor.database.tables import Source
from monitor.errors import JieyueError
from monitor.scheduling.jobs import IMPORT
from monitor.settings import Settings

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3.0
STATE = "{state}"
NOT_OVER = ("STOPPING", "CLAIM_LOST")  # somebody else, or a later start, brings it to its end


def address_for(address: str, *, good: bool) -> str:
    """Give where to call: `{state}` becomes up or down; where there is none, `/fail` behind the path says that it failed."""
    if STATE in address:
        return address.replace(STATE, "up" if good else "down")
    if good:
        return address
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/fail"))


def after_job(database: Database, settings: Settings, job: str, error: Exception | None = None) -> None:
    """Tell how an import ended, where its source wants that; nothing for other jobs."""
    code = getattr(error, "code", "") if error is not None else ""
    if code in NOT_OVER:
        return
    told = {"job": job, "good": error is None, "code": code}
    log.info("%s %s", job, "succeeded" if error is None else "failed", extra={"event": told})
    if not job.startswith(IMPORT):
        return
    try:
        with database.session() as session:
            address = session.scalar(select(Source.ping).where(Source.code == job.removeprefix(IMPORT)))
        if address:
            _call(address_for(_spelled(settings, address), good=error is None), settings)
    except (JieyueError, DBAPIError) as problem:
        log.warning("the sign of life of %s was not taken: %s", job, problem)


def after_round(settings: Settings, now: datetime, last: datetime | None) -> datetime | None:
    """Tell that a round of the scheduler succeeded, every `ping.every` seconds; give when that was last tried."""
    address = settings.ping.url.get_secret_value()
    if not address or (last is not None and last <= now < last + timedelta(seconds=settings.ping.every)):
        return last
    try:
        _call(address_for(address, good=True), settings)
    except JieyueError as problem:
        log.warning("the scheduler's sign of life was not taken: %s", problem)
    return now


def _spelled(settings: Settings, address: str) -> str:
    """Give the address itself where a reference (`env:…`, `file:…`) is kept."""
    return settings.revealed(address) if address.startswith(("env:", "file:")) else address


def _call(address: str, settings: Settings) -> None:
    webhook.exchange("GET", address, allow_private=settings.ping.allow_private, timeout=TIMEOUT_SECONDS)
