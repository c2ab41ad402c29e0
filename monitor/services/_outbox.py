"""The outbox: a state change of an alert leaves a message for each channel that wants it, in the same transaction."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Alert, AlertChannel, Notification
from monitor.queries._tree import load_tree


def queue(session: Session, alert: Alert, event: str) -> int:
    """Leave one message per channel for this state change (opened, closed); give how many."""
    channels = session.scalars(
        select(AlertChannel).where(AlertChannel.enabled.is_(True)).order_by(AlertChannel.id)
    ).all()
    if not channels:
        return 0
    tree = load_tree(session)
    above = set(tree.roots) if alert.unit_id is None else set(tree.above(alert.unit_id))
    wanted = [
        channel
        for channel in channels
        if (not channel.rules or alert.rule in channel.rules) and (channel.unit_id is None or channel.unit_id in above)
    ]
    session.add_all(Notification(alert_id=alert.id, channel_id=channel.id, event=event) for channel in wanted)
    session.flush()
    return len(wanted)
