"""The work: is the scheduler awake, what did it give up, does the clock agree with what was written, are messages heard, is there a backup."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from monitor.database import state
from monitor.database.tables import AuditEvent, Document, JobRun, Notification, RoleGrant, User
from monitor.doctor import machine
from monitor.doctor.finding import Finding, Scene, few
from monitor.domain.access import Role
from monitor.i18n import N_
from monitor.scheduling.messages import BACK_OFF

SILENT = timedelta(minutes=5)
SLACK = timedelta(minutes=5)
OLD_BACKUP = timedelta(days=35)
NEVER, AWAKE = N_("The scheduler has never run."), N_("The scheduler was last awake {age} s ago.")
START = N_("Start it: `jieyue up`, or `jieyue scheduler` beside `jieyue web`. If it is running, look into its log.")
LEASES = N_("No work is held by a process that is gone")
STALE = N_("{jobs}: begun by {owner}, which has not been heard of since {since} UTC.")
TAKEN = N_("A running scheduler takes it over by itself; if none does, start one.")
RUNS, GAVE_UP = N_("No job has been given up"), N_("Given up after its tries: {jobs}. Last: {error}")
MEND = N_("Mend what the error says, then press 'Run now' on the page Imports; the next due period tries by itself.")
CLOCK = N_("The clock agrees with what was written")
BEHIND = N_("The clock shows {now} UTC, but something was written at {newest} UTC: it is behind, or was ahead then.")
SET_CLOCK = N_("Set the clock and keep it by NTP (timedatectl). What was entered for a time to come is not done twice.")
TOLD, UNHEARD = N_("All messages were sent"), N_("{count} messages of alerts were given up. Last: {error}")
CHANNEL = N_("Test the channel on the page Alerts, and mend its address or the mail server.")
BACKUP, NO_BACKUP = N_("The last backup is {days} days old"), N_("No backup has been made for {days} days.")
NEW = N_("No backup yet; the installation is {days} days old")
MAKE = N_("Put `jieyue backup /another/disk/…` into the machine's timetable (cron, systemd timer).")
ADMIN, NO_ADMIN = N_("Somebody may administer"), N_("Nobody who may administer can sign in.")
GRANT = N_("Give somebody the right: jieyue user grant LOGIN UNIT admin; a new password: jieyue user password LOGIN.")


def awake(scene: Scene) -> Iterator[Finding]:
    """Whether the scheduler has shown itself lately."""
    with scene.database.session() as session:
        beat = state.get(session, state.HEARTBEAT)
    if beat is None:
        yield Finding("SCHEDULER_SILENT", well=False, template=NEVER, remedy=START)
        return
    age = int(scene.now.timestamp()) - beat
    yield Finding("SCHEDULER_SILENT", age < SILENT.total_seconds(), AWAKE, START, {"age": age})


def leases(scene: Scene) -> Iterator[Finding]:
    """Work whose owner is gone."""
    chosen = select(JobRun).where(JobRun.state == "running", JobRun.lease_until < scene.now - SILENT)
    with scene.database.session() as session:
        stale = session.scalars(chosen.order_by(JobRun.lease_until)).all()
    if not stale:
        yield Finding("LEASE_STALE", well=True, template=LEASES)
        return
    since = f"{stale[0].lease_until or scene.now:%Y-%m-%d %H:%M}"
    shown: dict[str, object] = {"jobs": few([row.job for row in stale]), "owner": stale[0].owner, "since": since}
    yield Finding("LEASE_STALE", well=False, template=STALE, remedy=TAKEN, data=shown)


def given_up(scene: Scene) -> Iterator[Finding]:
    """Jobs whose newest period was given up."""
    newest = select(JobRun.job, func.max(JobRun.due_at).label("at")).group_by(JobRun.job).subquery()
    lost = select(JobRun).join(newest, (newest.c.job == JobRun.job) & (newest.c.at == JobRun.due_at))
    with scene.database.session() as session:
        rows = session.scalars(lost.where(JobRun.state == "gave_up").order_by(JobRun.id.desc())).all()
    shown: dict[str, object] = {"jobs": few([row.job for row in rows]), "error": rows[0].error if rows else ""}
    yield Finding("JOB_GAVE_UP", not rows, GAVE_UP if rows else RUNS, MEND, shown)


def clock(scene: Scene) -> Iterator[Finding]:
    """Whether the clock lies behind something that was written, or work was done for a time to come."""
    with scene.database.session() as session:
        beat = state.get(session, state.HEARTBEAT)
        moments = [
            session.scalar(select(func.max(column)))
            for column in (Document.received_at, AuditEvent.at, JobRun.started_at, JobRun.due_at)
        ]
    if beat is not None:
        moments.append(datetime.fromtimestamp(beat, UTC))
    newest = max((at for at in moments if at is not None), default=scene.now)
    well = newest <= scene.now + SLACK
    shown: dict[str, object] = {"now": f"{scene.now:%Y-%m-%d %H:%M}", "newest": f"{newest:%Y-%m-%d %H:%M}"}
    yield Finding("CLOCK_BEHIND", well, CLOCK if well else BEHIND, SET_CLOCK, shown)


def messages(scene: Scene) -> Iterator[Finding]:
    """Messages of alerts that no channel took."""
    lost = (Notification.sent_at.is_(None), Notification.attempt > len(BACK_OFF), Notification.error != "")
    with scene.database.session() as session:
        count = session.scalar(select(func.count()).select_from(Notification).where(*lost)) or 0
        last = session.scalar(select(Notification.error).where(*lost).order_by(Notification.id.desc()).limit(1))
    yield Finding(
        "MESSAGES_LOST", not count, UNHEARD if count else TOLD, CHANNEL, {"count": count, "error": last or ""}
    )


def backup(scene: Scene) -> Iterator[Finding]:
    """Whether a backup was made lately, wherever it went."""
    with scene.database.session() as session:
        made, installed = state.get(session, state.BACKUP), state.get(session, state.INSTALLATION)
    since = made if made is not None else installed
    if since is None:
        return
    age = scene.now - datetime.fromtimestamp(since, UTC)
    well = age < OLD_BACKUP
    sentence = (BACKUP if made else NEW) if well else NO_BACKUP
    yield Finding("BACKUP_OLD", well, sentence, MAKE, {"days": max(age.days, 0)})


def administered(scene: Scene) -> Iterator[Finding]:
    """Whether somebody is left who may administer."""
    chosen = select(func.count()).select_from(RoleGrant).join(User, User.id == RoleGrant.user_id)
    with scene.database.session() as session:
        count = session.scalar(chosen.where(RoleGrant.role == Role.ADMIN, User.disabled.is_(False)))
        people = session.scalar(select(func.count()).select_from(User))
        rooted = session.scalar(select(func.count()).select_from(RoleGrant))
    if people and rooted:
        yield Finding("NO_ADMIN", bool(count), ADMIN if count else NO_ADMIN, GRANT)


LOOKS = (awake, leases, given_up, clock, messages, machine.secrets, machine.mail, backup, administered)
