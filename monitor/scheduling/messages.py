"""What alerts tell their channels: the state changes that wait, one message for each channel and look, tried again with back-off."""

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from monitor import i18n, notify
from monitor.database.engine import Database
from monitor.database.tables import Alert, AlertChannel, Notification
from monitor.domain.alerts import RULES
from monitor.errors import JieyueError
from monitor.i18n import N_
from monitor.queries import alerts
from monitor.settings import Settings

log = logging.getLogger(__name__)
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
LEASE = timedelta(minutes=5)  # a process that dies while sending leaves its messages to be tried again after this
MOST = 20
SUBJECT = N_("Jieyue: {opened} new alerts, {closed} closed")
NEW, CLOSED, MORE = N_("New: {rule}: {sentence}"), N_("Closed: {rule}: {sentence}"), N_("… and {count} more")
TEST_SUBJECT, TEST_TEXT = N_("Jieyue: test message"), N_("This channel works. Alerts will be told here.")


def deliver(database: Database, settings: Settings, now: datetime) -> int:
    """Send what waits and is due; give how many messages left. Two processes never send the same one at once."""
    with database.session() as session:
        if session.scalar(_due(now).limit(1)) is None:
            return 0
    with database.session(write=True) as session:
        taken = _take(session, now)
        parcels = [_compose(session, channel_id, ids) for channel_id, ids in taken.items()]
    left = 0
    for parcel in parcels:
        if parcel is not None:
            left += _send(database, settings, parcel, now)
    return left


def _due(now: datetime) -> Select[int]:
    """Give what waits, its turn has come, and was not given up."""
    waiting = Notification.sent_at.is_(None), Notification.attempt <= len(BACK_OFF)
    return select(Notification.id).where(
        *waiting, or_(Notification.not_before.is_(None), Notification.not_before <= now)
    )


def _take(session: Session, now: datetime) -> dict[int, list[int]]:
    """Take what is due for a while: counted as a try before it is tried, so that a crash cannot send it for ever."""
    found = session.execute(
        update(Notification)
        .where(Notification.id.in_(_due(now)))
        .values(attempt=Notification.attempt + 1, not_before=now + LEASE)
        .returning(Notification.id, Notification.channel_id)
    ).all()
    by_channel: dict[int, list[int]] = defaultdict(list)
    for row_id, channel_id in sorted(found):
        by_channel[channel_id].append(row_id)
    return by_channel


class _Parcel:
    """One message to one channel, and the notifications it settles."""

    def __init__(self, channel: AlertChannel, ids: list[int], subject: str, text: str) -> None:
        self.kind, self.address, self.ids, self.subject, self.text = channel.kind, channel.address, ids, subject, text


def _compose(session: Session, channel_id: int, ids: list[int]) -> _Parcel | None:
    channel = session.get_one(AlertChannel, channel_id)
    if not channel.enabled:
        session.execute(update(Notification).where(Notification.id.in_(ids)).values(attempt=len(BACK_OFF) + 1))
        return None
    language = channel.language
    chosen = select(Notification.event, Alert).join(Alert, Alert.id == Notification.alert_id)
    rows = session.execute(chosen.where(Notification.id.in_(ids)).order_by(Notification.id)).all()
    named = {row.id: row for row in alerts.named(session, [alert for _, alert in rows])}
    lines = []
    for event, alert in rows:
        rule = RULES[alert.rule].name if alert.rule in RULES else alert.rule
        words = {"rule": i18n.translate(rule, language), "sentence": alerts.said(named[alert.id], language)}
        lines.append(i18n.translate(NEW if event == "opened" else CLOSED, language, **words))
    opened = sum(event == "opened" for event, _ in rows)
    subject = i18n.translate(SUBJECT, language, opened=opened, closed=len(rows) - opened)
    more = [i18n.translate(MORE, language, count=len(lines) - MOST)] if len(lines) > MOST else []
    return _Parcel(channel, ids, subject, "\n".join([*lines[:MOST], *more]))


def _send(database: Database, settings: Settings, parcel: _Parcel, now: datetime) -> int:
    try:
        # sent first, written down after: a process that dies between the two sends it again, under the same name
        notify.CHANNELS[parcel.kind](settings, parcel.address, parcel.subject, parcel.text, key=repr(parcel.ids))
    except JieyueError as error:
        log.warning("a message could not be sent: %s", error.code)
        _postpone(database, parcel, error, now)
        return 0
    with database.session(write=True) as session:
        done = update(Notification).where(Notification.id.in_(parcel.ids))
        session.execute(done.values(sent_at=now, error="", not_before=None))
    return 1


def _postpone(database: Database, parcel: _Parcel, error: JieyueError, now: datetime) -> None:
    with database.session(write=True) as session:
        for row in session.scalars(select(Notification).where(Notification.id.in_(parcel.ids))):
            row.error = str(error)[:500]
            row.not_before = now + BACK_OFF[min(row.attempt, len(BACK_OFF)) - 1]


def send_test(settings: Settings, kind: str, address: str, language: str) -> None:
    """Send a message that says only that the channel works; what is wrong is raised."""
    words = i18n.translate(TEST_SUBJECT, language), i18n.translate(TEST_TEXT, language)
    notify.CHANNELS[kind](settings, address, *words)
