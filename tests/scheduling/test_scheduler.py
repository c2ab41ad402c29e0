"""The promises of the schedule: every period once, oldest first, nothing silent."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from monitor.database import state
from monitor.database.engine import Database
from monitor.database.tables import Alert, Document, JobRun, Source
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Forbidden, NotFound, ResourceBusy, SourceUnavailable
from monitor.scheduling import claims, jobs
from monitor.scheduling.scheduler import Scheduler
from monitor.services import alerts, schedule
from monitor.settings import Settings
from tests.scheduling.conftest import Work, add_source, at, ledger, open_alerts

START = at("2026-05-01T00:00")
LEASE = timedelta(seconds=60)


@pytest.mark.parametrize(("hours", "nights"), [(3, 0), (20, 1), (72, 3), (35 * 24, 35)])
def test_after_downtime_every_missed_night_runs_once_and_oldest_first(
    database: Database, scheduler: Scheduler, work: Work, hours: int, nights: int
) -> None:
    add_source(database, created=START)
    now = START + timedelta(hours=hours)
    scheduler.tick(now)
    scheduler.tick(now)
    assert len(work.done) == nights
    assert work.periods == sorted(set(work.periods))
    assert [state for _, state, _ in ledger(database)] == ["succeeded"] * nights
    assert open_alerts(database) == []


def test_beyond_the_window_periods_are_listed_and_alarmed_but_not_run(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    add_source(database, created=START, catch_up=2 * 86_400)
    scheduler.tick(START + timedelta(days=5))
    assert ledger(database) == [
        ("2026-05-02T02:00", "beyond_window", 0),
        ("2026-05-03T02:00", "beyond_window", 0),
        ("2026-05-04T02:00", "beyond_window", 0),
        ("2026-05-05T02:00", "succeeded", 1),
        ("2026-05-06T02:00", "succeeded", 1),
    ]
    assert work.periods == ["2026-05-05T02:00", "2026-05-06T02:00"]
    with database.session() as session:
        [alert] = session.scalars(select(Alert)).all()
    told = {"count": 3, "first": "2026-05-02T02:00", "last": "2026-05-04T02:00"}
    assert (alert.rule, alert.subject, alert.data) == ("job_beyond_window", "import:power", told)


def test_two_schedulers_run_a_period_once(database: Database, settings: Settings, work: Work) -> None:
    for code in ("a", "b", "c"):
        add_source(database, code=code, created=START)
    now = START + timedelta(days=4)
    both = [threading.Thread(target=Scheduler(database, settings, owner=name).tick, args=(now,)) for name in "xy"]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(work.done) == 12
    assert len(set(work.done)) == 12
    assert {state for _, state, _ in ledger(database)} == {"succeeded"}


def claim_one(database: Database, owner: str, now: datetime) -> claims.Claim | None:
    with database.session(write=True) as session:
        return claims.claim(session, owner, now, LEASE)


def due_once(database: Database, scheduler: Scheduler) -> datetime:
    """Enter one due period without running it; give the moment."""
    add_source(database, created=START)
    now = START + timedelta(days=1)
    with database.session(write=True) as session:
        session.add(
            JobRun(job="import:power", due_period="2026-05-02T02:00", due_at=at("2026-05-01T18:00"), state="due")
        )
    return now


def test_a_killed_owners_period_is_taken_over_after_its_lease_and_not_before(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)
    assert claim_one(database, "killed", now) is not None
    scheduler.tick(now + LEASE - timedelta(seconds=1))
    assert work.periods == []
    scheduler.tick(now + LEASE)
    assert work.periods == ["2026-05-02T02:00"]
    assert ledger(database) == [("2026-05-02T02:00", "succeeded", 2)]


def test_a_frozen_former_owner_writes_nothing(database: Database, scheduler: Scheduler, work: Work) -> None:
    now = due_once(database, scheduler)
    frozen = claim_one(database, "frozen", now)
    assert frozen is not None
    later = now + LEASE
    scheduler.tick(later)
    with pytest.raises(ResourceBusy) as lost, database.session(write=True) as session:  # noqa: PT012 - one transaction
        state.put(session, "written by the frozen one", 1)
        claims.renew(session, frozen, later + LEASE)
    with database.session(write=True) as session:
        written = claims.finish(session, frozen, "failed", later), state.get(session, "written by the frozen one")
    assert (lost.value.code, written) == ("CLAIM_LOST", (False, None))
    assert ledger(database) == [("2026-05-02T02:00", "succeeded", 2)]


def test_a_claim_that_is_taken_over_while_it_runs_is_not_written_as_a_failure(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)

    def thief(_job: str, _period: str) -> None:
        with database.session(write=True) as session:
            session.execute(update(JobRun).values(fence=JobRun.fence + 1, owner="thief"))

    work.before = thief
    scheduler.tick(now)
    assert (work.done, ledger(database)) == ([], [("2026-05-02T02:00", "running", 1)])


def test_a_lone_scheduler_takes_up_at_once_what_a_killed_process_left(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)
    claim_one(database, "killed", now)
    with database.session(write=True) as session:
        assert claims.release_all(session, now) == 1
    scheduler.tick(now)
    assert work.periods == ["2026-05-02T02:00"]


def test_retries_come_after_one_five_thirty_minutes_and_two_hours_then_an_alert(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)

    def away(_job: str, _period: str) -> None:
        raise SourceUnavailable("AWAY", "The source is away.")

    work.before = away
    for wait in (1, 5, 30, 120):
        scheduler.tick(now)
        assert scheduler.tick(now + timedelta(minutes=wait) - timedelta(seconds=1)) == []
        assert open_alerts(database) == []
        now += timedelta(minutes=wait)
    scheduler.tick(now)
    assert ledger(database) == [("2026-05-02T02:00", "gave_up", 5)]
    assert open_alerts(database) == [("job_failed", "import:power")]


def test_a_permanent_error_is_alarmed_at_once_and_a_later_success_closes_the_alert(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)

    def wrong(_job: str, _period: str) -> None:
        raise ConfigurationError("WRONG", "The profile is wrong.")

    work.before = wrong
    scheduler.tick(now)
    assert ledger(database) == [("2026-05-02T02:00", "gave_up", 1)]
    assert open_alerts(database) == [("job_failed", "import:power")]
    work.before = lambda _job, _period: None
    scheduler.tick(now + timedelta(days=1))
    assert open_alerts(database) == []


def test_a_later_period_waits_for_an_earlier_one_that_is_being_retried(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    add_source(database, created=START)

    def away(_job: str, period: str) -> None:
        if period == "2026-05-02T02:00":
            raise SourceUnavailable("AWAY", "The source is away.")

    work.before = away
    scheduler.tick(START + timedelta(days=2))
    assert work.periods == []
    work.before = lambda _job, _period: None
    scheduler.tick(START + timedelta(days=2, minutes=1))
    assert work.periods == ["2026-05-02T02:00", "2026-05-03T02:00"]


def test_a_job_that_takes_its_process_down_every_time_is_given_up(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)
    for _ in range(5):
        assert claim_one(database, "killed", now) is not None
        now += LEASE
    scheduler.tick(now)
    assert (work.done, ledger(database)) == ([], [("2026-05-02T02:00", "gave_up", 6)])
    assert open_alerts(database) == [("job_failed", "import:power")]


def test_stopping_rolls_back_and_leaves_the_period_due(database: Database, scheduler: Scheduler, work: Work) -> None:
    now = due_once(database, scheduler)
    work.before = lambda _job, _period: scheduler.stop()
    scheduler.tick(now)
    assert (work.done, ledger(database)) == ([], [("2026-05-02T02:00", "due", 0)])


def test_run_now_runs_at_the_next_tick_even_while_a_night_is_being_retried(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    now = due_once(database, scheduler)

    def away(_job: str, period: str) -> None:
        if not period.startswith("hand:"):
            raise SourceUnavailable("AWAY", "The source is away.")

    work.before = away
    scheduler.tick(now)
    with database.session(write=True) as session:
        source_id = session.scalars(select(Source.id)).one()
        schedule.run_now(session, SYSTEM, source_id, now)
    scheduler.tick(now)
    assert work.done == [("import:power", "hand:2026-05-02T00:00:00.000000+00:00:system")]


def test_a_hand_run_does_not_hide_the_nights_before_it(database: Database, scheduler: Scheduler, work: Work) -> None:
    source_id = add_source(database, created=START)
    now = START + timedelta(days=2)
    with database.session(write=True) as session:
        schedule.run_now(session, SYSTEM, source_id, now)
    scheduler.tick(now)
    assert sorted(work.periods)[:2] == ["2026-05-02T02:00", "2026-05-03T02:00"]
    assert len(work.done) == 3


def test_run_now_asks_for_the_right_to_import(database: Database) -> None:
    source_id = add_source(database, created=START)
    editor = Actor(7, "e", {1: Role.EDITOR}, frozenset({1}))
    for actor, error in ((NOBODY, NotFound), (editor, Forbidden)):
        with pytest.raises(error), database.session(write=True) as session:
            schedule.run_now(session, actor, source_id, START)
    with pytest.raises(NotFound), database.session(write=True) as session:
        schedule.run_now(session, SYSTEM, source_id + 1, START)
    assert ledger(database) == []


def test_a_disabled_source_and_one_without_a_schedule_never_run(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    add_source(database, code="off", created=START, enabled=False)
    add_source(database, code="by hand", schedule="", created=START)
    assert scheduler.tick(START + timedelta(days=3)) == []


def test_a_schedule_that_cannot_be_read_is_alarmed_and_stops_no_other(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    add_source(database, code="bad", schedule="whenever", created=START)
    add_source(database, code="good", created=START)
    for _ in range(2):
        scheduler.tick(START + timedelta(days=1))
    assert work.done == [("import:good", "2026-05-02T02:00")]
    assert open_alerts(database) == [("job_failed", "import:bad")]


def test_a_report_falls_due_after_the_installation_and_not_before(
    database: Database, scheduler: Scheduler, work: Work
) -> None:
    scheduler.tick(at("2026-05-20T00:00"))
    scheduler.tick(at("2026-07-04T00:00"))
    reports = [one for one in work.done if one[0] == jobs.MONTHLY]
    assert reports == [("report:monthly", "2026-05"), ("report:monthly", "2026-06")]
    assert ("watch", "2026-07-04T07:00") in work.done  # one look sees all that was missed


def test_a_source_that_delivers_nothing_is_alarmed_once_and_closed_by_a_document(database: Database) -> None:
    source_id = add_source(database, schedule="", created=START, late_after=86_400)
    changes = [jobs.watch_late(database, START + timedelta(hours=hours)) for hours in (24, 25, 26)]
    now = START + timedelta(hours=27)
    with database.session(write=True) as session:
        session.add(Document(source_id=source_id, sha256="0" * 64, name="a.csv", size=1, kept_as="a", received_at=now))
    changes += [jobs.watch_late(database, now + timedelta(hours=hours)) for hours in (0, 24, 25)]
    assert changes == [[], ["power"], [], ["power"], [], ["power"]]
    with database.session() as session:
        kept = session.execute(select(Alert.opened_at, Alert.closed_at).order_by(Alert.id)).all()
    assert [tuple(row) for row in kept] == [(START + timedelta(hours=25), now), (now + timedelta(hours=25), None)]


def test_alerts_are_opened_by_those_who_may_import(database: Database) -> None:
    for call in (alerts.open_alert, alerts.close_alert):
        with pytest.raises(NotFound), database.session(write=True) as session:
            call(session, NOBODY, "rule", "subject", now=START)
    with pytest.raises(NotFound), database.session() as session:
        alerts.open_subjects(session, NOBODY, "rule")


def test_the_heartbeat_and_the_day_of_installation_are_written(database: Database, scheduler: Scheduler) -> None:
    scheduler.tick(START)
    scheduler.tick(START + timedelta(seconds=29))
    scheduler.tick(START + timedelta(seconds=31))
    epoch = int(START.timestamp())
    with database.session() as session:
        found = state.get(session, state.HEARTBEAT), state.get(session, state.INSTALLATION)
    assert found == (epoch + 31, epoch)


def test_an_unknown_job_is_a_configuration_error(database: Database, settings: Settings) -> None:
    for job, code in (("dance", "NO_SUCH_JOB"), ("import:ghost", "NO_SUCH_SOURCE")):
        with pytest.raises(ConfigurationError) as refusal:
            jobs.run(job, database, settings, due_period="x", now=START, fence=lambda _session: None)
        assert refusal.value.code == code


def test_started_it_ticks_at_once_and_stops_at_once(database: Database, settings: Settings, work: Work) -> None:
    ticked = threading.Event()
    running = Scheduler(database, settings, each_tick=lambda _now: ticked.set(), alone=True)
    running.start()
    assert ticked.wait(10)
    running.stop()
    assert running._timer.running is False
