"""The scheduler: APScheduler ticks, the ledger decides; one tick runs everything that is due, oldest first."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import cast

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from monitor import trouble
from monitor.database import seals, state
from monitor.database.engine import Database
from monitor.database.tables import JobRun
from monitor.domain.access import SYSTEM
from monitor.errors import JieyueError, ResourceBusy
from monitor.i18n import N_, both
from monitor.queries.version import data_version
from monitor.scheduling import claims, jobs, messages, pings
from monitor.scheduling.claims import Claim
from monitor.scheduling.ledger import note_due
from monitor.services import alerts
from monitor.services.settings import effective
from monitor.settings import Settings

log = logging.getLogger(__name__)
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
HEARTBEAT_EVERY = 30
LOOK_AGAIN = timedelta(minutes=2)
SOON, LATER = timedelta(minutes=1), timedelta(minutes=10)  # while a disk is full or a database away
PATIENCE = timedelta(minutes=10)  # then somebody is told


def _now() -> datetime:
    return datetime.now(UTC)


class Scheduler:
    """Runs due periods of one database; any number of them side by side do no harm.

    `each_tick` is called with the moment at every tick. `alone` says that a lock of the caller's keeps other schedulers away:
    leases that a killed process left behind are void at once.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = _now,
        owner: str = "",
        each_tick: Callable[[datetime], object] | None = None,
        alone: bool = False,
        pulse: Callable[[], float] = time.monotonic,
    ) -> None:
        self.database, self.given, self.settings, self.clock = database, settings, settings, clock
        self.owner = owner or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.each_tick, self.alone, self.pulse = each_tick, alone, pulse
        self.lease = timedelta(seconds=settings.scheduler.lease)
        self._looked: tuple[int, datetime | None] = (-1, None)
        self._ahead: dict[claims.Held, float] = {}
        self._pinged: datetime | None = None
        self._stopping = threading.Event()
        self._timer = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        """Tick now and then every few seconds, in a thread of its own."""
        if self.alone:
            with self.database.session(write=True) as session:
                claims.release_all(session, self.clock())
        self._timer.add_job(
            self._safe_tick,
            "interval",
            seconds=self.settings.scheduler.tick,
            next_run_time=_now(),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        self._timer.start()

    def stop(self) -> None:
        """Stop before the next COMMIT: what was begun is rolled back and stays due."""
        self._stopping.set()
        if self._timer.running:
            self._timer.shutdown(wait=True)

    def _safe_tick(self) -> None:
        try:
            self.tick()
        except Exception as error:
            known = self._trouble(error)  # a full disk, a database that is away: the ledger still knows what is due
            if known is None:
                log.exception("a tick failed")
            else:
                log.warning("the scheduler waits: [%s] %s", known.code, both(known.template, **known.data))

    def tick(self, now: datetime | None = None) -> list[int]:
        """Note what fell due, run all that may run, look for late sources; give the ledger rows that were run."""
        moment = now or self.clock()
        self._beat(moment)
        if self.each_tick is not None:
            self.each_tick(moment)
        with self.database.session() as session:
            self.settings = effective(session, self.given)  # what was set on the Admin page meanwhile
        self._free_stopped(moment)
        note_due(self.database, self.settings, moment)
        ran: list[int] = []
        while not self._stopping.is_set() and (held := self._claim(now or self.clock())) is not None:
            self._run(held, now)
            ran.append(held.id)
        self._look_round(now or self.clock())
        self._pinged = pings.after_round(self.settings, now or self.clock(), self._pinged)
        return ran

    def _look_round(self, now: datetime) -> None:
        """Look for late sources, at the rules of alerts if anything was written since, and send what waits.

        A site that is written to all the time is looked at every few minutes, not at every tick.
        """
        jobs.watch_late(self.database, now)
        with self.database.session() as session:
            version = data_version(session)
        seen, at = self._looked
        if version != seen and (at is None or now - at >= LOOK_AGAIN or now < at):
            jobs.watch(self.database, now)
            with self.database.session() as session:
                self._looked = (data_version(session), now)
        messages.deliver(self.database, self.settings, now)
        seals.seal(self.database, now)

    def _beat(self, now: datetime) -> None:
        with self.database.session() as session:
            last, installed = state.get(session, state.HEARTBEAT), state.get(session, state.INSTALLATION)
        epoch = int(now.timestamp())
        if last is None or abs(epoch - last) >= HEARTBEAT_EVERY or installed is None:
            with self.database.session(write=True) as session:
                state.put(session, state.HEARTBEAT, epoch)
                if installed is None:
                    state.put(session, state.INSTALLATION, epoch)

    def _free_stopped(self, now: datetime) -> None:
        """Free periods whose lease lies further ahead than any can, once it was not renewed for as long as one lasts.

        The clock went back since it was written, so it says nothing of the owner: whether that lives shows by its renewing.
        """
        with self.database.session() as session:
            ahead = claims.ahead(session, now, self.lease)
        pulse = self.pulse()
        self._ahead = {one: self._ahead.get(one, pulse) for one in ahead}
        for one, since in self._ahead.items():
            if pulse - since >= self.lease.total_seconds():
                with self.database.session(write=True) as session:
                    claims.void(session, one, now)

    def _trouble(self, error: BaseException) -> JieyueError | None:
        return trouble.explained(error, self.database, self.settings.data)

    def _claim(self, now: datetime) -> Claim | None:
        with self.database.session() as session:  # a look takes no write lock
            if not claims.anything(session, now):
                return None
        with self.database.session(write=True) as session:
            held = claims.claim(session, self.owner, now, self.lease)
            if held is None or held.attempt <= len(BACK_OFF) + 1:
                return held
            self._give_up(session, held, now, "OWNER_DIED")  # it took its process down every time
        return self._claim(now)

    def _run(self, held: Claim, fixed: datetime | None) -> None:
        def fence(session: Session) -> None:
            if self._stopping.is_set():
                raise ResourceBusy("STOPPING", N_("The program is being stopped; the work goes on at the next start."))
            claims.renew(session, held, (fixed or self.clock()) + self.lease)

        try:
            with self._kept_alive(held, fixed):
                rows = jobs.run(
                    held.job,
                    self.database,
                    self.settings,
                    due_period=held.due_period,
                    now=fixed or self.clock(),
                    fence=fence,
                )
        except Exception as error:  # noqa: BLE001 - whatever a job throws is written into the ledger
            self._failed(held, error, fixed or self.clock())
            pings.after_job(self.database, self.settings, held.job, error)
            return
        with self.database.session(write=True) as session:
            now = fixed or self.clock()
            if claims.finish(session, held, "succeeded", now, rows=rows, error="", not_before=None):
                alerts.close_alert(session, SYSTEM, alerts.JOB_FAILED, held.job, now=now)
        pings.after_job(self.database, self.settings, held.job)

    def _failed(self, held: Claim, error: Exception, now: datetime) -> None:
        error = self._trouble(error) or error
        code = error.code if isinstance(error, JieyueError) else type(error).__name__
        if code == "CLAIM_LOST":
            log.warning("%s %s was taken over by another scheduler", held.job, held.due_period)
            return
        with self.database.session(write=True) as session:
            if code == "STOPPING":
                claims.finish(session, held, "due", now, attempt=held.attempt - 1)
                return
            log.warning(
                "%s %s failed (try %d): %s",
                held.job,
                held.due_period,
                held.attempt,
                error,
                exc_info=None if isinstance(error, JieyueError) else error,
            )
            permanent = isinstance(error, JieyueError) and error.permanent
            if code in trouble.PASSING:
                self._wait(session, held, now, cast("JieyueError", error))
            elif permanent or held.attempt > len(BACK_OFF):
                self._give_up(session, held, now, code, told=str(error))
            else:
                claims.finish(
                    session, held, "failed", now, error=str(error)[:2000], not_before=now + BACK_OFF[held.attempt - 1]
                )

    def _wait(self, session: Session, held: Claim, now: datetime, error: JieyueError) -> None:
        """Try again soon, however often: the machine is in trouble, not the work. After a while somebody is told."""
        due = session.scalar(select(JobRun.due_at).where(JobRun.id == held.id)) or now
        told = both(error.template, **error.data)
        wait = SOON if now - due < PATIENCE else LATER
        kept = claims.finish(
            session, held, "failed", now, error=told[:2000], not_before=now + wait, attempt=held.attempt - 1
        )
        if kept and wait == LATER:
            data = {"period": held.due_period, "code": error.code, "error": told[:500]}
            alerts.open_alert(session, SYSTEM, alerts.JOB_FAILED, held.job, now=now, data=data)

    def _give_up(self, session: Session, held: Claim, now: datetime, code: str, *, told: str = "") -> None:
        if claims.finish(session, held, "gave_up", now, error=(told or code)[:2000]):
            data = {"period": held.due_period, "code": code, "error": told[:500]}
            alerts.open_alert(session, SYSTEM, alerts.JOB_FAILED, held.job, now=now, data=data)

    @contextmanager
    def _kept_alive(self, held: Claim, fixed: datetime | None) -> Iterator[None]:
        """Renew the lease while the job computes between two COMMITs; a frozen process renews nothing."""
        done = threading.Event()

        def keep() -> None:
            while not done.wait(self.lease.total_seconds() / 3):
                try:
                    with self.database.session(write=True) as session:
                        claims.renew(session, held, (fixed or self.clock()) + self.lease)
                except (JieyueError, DBAPIError):
                    return

        thread = threading.Thread(target=keep, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
