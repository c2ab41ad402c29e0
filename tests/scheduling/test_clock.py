"""A clock that jumps: nothing runs twice, nothing is lost, leases hold, and what cannot be known is said."""

import itertools
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from monitor.database import state
from monitor.database.engine import Database
from monitor.database.tables import JobRun
from monitor.errors import SourceUnavailable
from monitor.scheduling import claims
from monitor.scheduling.scheduler import Scheduler
from monitor.settings import Settings
from tests.scheduling.conftest import Work, add_source, at, ledger, open_alerts

START = at("2026-05-01T00:00")
HOURLY = "0 * * * *"
LEASE = timedelta(seconds=60)
JUMPS = [timedelta(hours=1), timedelta(days=1), -timedelta(hours=1), -timedelta(days=1)]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_no_hour_runs_twice_and_none_is_lost_over_a_jump_and_its_mending(
    database: Database, scheduler: Scheduler, work: Work, jump: timedelta
) -> None:
    add_source(database, created=START, schedule=HOURLY)
    real = [START + timedelta(hours=n) for n in range(40)]
    told = set()
    for now in real:
        wrong = timedelta(hours=10) <= now - START < timedelta(hours=13)
        scheduler.tick(now + jump if wrong else now)
        told |= {rule for rule, _ in open_alerts(database)}
    hours = [f"{START + timedelta(hours=n + 8):%Y-%m-%dT%H:00}" for n in range(1, 40)]  # eight hours east

    assert [period for job, period in work.done if job == "import:power"] == hours
    assert told == ({"clock_back"} if abs(jump) > timedelta(hours=1) else set())  # an hour over the hour is not seen
    assert open_alerts(database) == []


def test_a_dead_owners_lease_that_the_clock_left_ahead_ends_after_its_own_length(
    database: Database, settings: Settings, work: Work
) -> None:
    add_source(database, created=START, schedule=HOURLY)
    pulse = [0.0]
    alive = Scheduler(database, settings, pulse=lambda: pulse[0])
    alive.lease = LEASE
    now = START + timedelta(hours=1)
    with database.session(write=True) as session:
        session.add(JobRun(job="import:power", due_period="x", due_at=now, state="due"))
    with database.session(write=True) as session:
        assert (
            claims.claim(session, "dead", now + timedelta(days=1), LEASE) is not None
        )  # then the clock went back a day

    alive.tick(now)
    pulse[0] = 59.0
    alive.tick(now + timedelta(seconds=59))
    assert work.periods == []
    pulse[0] = 60.0
    alive.tick(now + timedelta(seconds=60))
    assert work.periods[0] == "x"


def test_a_living_owner_keeps_its_period_when_the_clock_goes_back(
    database: Database, settings: Settings, work: Work
) -> None:
    pulse = [0.0]
    other = Scheduler(database, settings, pulse=lambda: pulse[0])
    other.lease = LEASE
    now = START + timedelta(hours=1)
    with database.session(write=True) as session:
        session.add(JobRun(job="import:power", due_period="x", due_at=now, state="due"))
    with database.session(write=True) as session:
        held = claims.claim(session, "living", now + timedelta(days=1), LEASE)
        assert held is not None
    for seconds in range(0, 600, 20):
        pulse[0] = float(seconds)
        with database.session(write=True) as session:  # it renews by a clock of its own, a day ahead
            claims.renew(session, held, now + timedelta(days=1, seconds=seconds) + LEASE)
        other.tick(now + timedelta(seconds=seconds))
    assert ("import:power", "x") not in work.done


def test_a_try_put_off_by_a_clock_that_was_ahead_is_not_put_off_for_a_day(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    add_source(database, created=START, schedule=HOURLY)
    now = START + timedelta(hours=1)

    def away(_job: str, _period: str) -> None:
        raise SourceUnavailable("AWAY", "The source is away.")

    work.before = away
    scheduler.tick(now)
    with database.session(write=True) as session:
        row = session.scalars(select(JobRun).where(JobRun.job == "import:power")).one()
        row.not_before = now + timedelta(days=1)
    work.before = lambda _job, _period: None
    scheduler.tick(now + timedelta(minutes=1))
    assert work.periods == ["2026-05-01T09:00"]


def test_the_scheduler_shows_that_it_lives_whichever_way_the_clock_went(
    database: Database, scheduler: Scheduler
) -> None:
    beats: list[int | None] = []
    for now in itertools.accumulate([START, *JUMPS]):  # type: ignore[arg-type]
        assert isinstance(now, datetime)
        scheduler.tick(now)
        with database.session() as session:
            beats.append(state.get(session, state.HEARTBEAT))
    assert beats == [int(now.timestamp()) for now in itertools.accumulate([START, *JUMPS])]  # type: ignore[union-attr,arg-type]


def test_work_of_a_time_to_come_is_left_in_the_ledger(database: Database, scheduler: Scheduler, work: Work) -> None:
    add_source(database, created=START, schedule=HOURLY)
    scheduler.tick(START + timedelta(days=1, hours=1))
    before = ledger(database)
    scheduler.tick(START + timedelta(hours=1))
    assert ledger(database) == before
    assert open_alerts(database) == [("clock_back", "clock")]
