"""Alerts as changes of state: opened once, closed once, however often the rules are looked at; acknowledged with a note."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import Alert, AlertRule
from monitor.domain import alerts as rules
from monitor.domain.access import Action, Actor
from monitor.domain.alerts import CLOCK_BACK, JOB_BEYOND_WINDOW, JOB_FAILED, RULES, SOURCE_LATE
from monitor.errors import ConfigurationError, Conflict, NotFound
from monitor.i18n import N_
from monitor.services import _conditions
from monitor.services._outbox import queue

__all__ = [
    "CLOCK_BACK",
    "JOB_BEYOND_WINDOW",
    "JOB_FAILED",
    "SOURCE_LATE",
    "Changed",
    "acknowledge",
    "apply",
    "close_alert",
    "evaluate",
    "look",
    "open_alert",
    "open_subjects",
    "set_rule",
]

NO_SUCH_ALERT = N_("There is no such alert, or you may not see it.")
NO_NOTE = N_("Say in a few words what is being done about it.")
ALREADY = N_("This alert is closed already.")
NO_SUCH_RULE = N_("There is no alert rule {kind}.")
LIMIT_WRONG = N_("A whole number from {least} to {most} is wanted here.")
LONGEST_NOTE = 2000
Seen = dict[str, _conditions.Found]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a look at the rules changed: the alerts opened and closed."""

    opened: tuple[int, ...]
    closed: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.opened) + len(self.closed)


def open_alert(
    session: Session,
    actor: Actor,
    rule: str,
    subject: str,
    *,
    now: datetime,
    data: dict[str, Any] | None = None,
    unit_id: int | None = None,
) -> bool:
    """Open an alert unless one of this rule and subject is open or the rule is off; tell whether it is new."""
    actor.require_everywhere(Action.IMPORT)
    if not _is_on(session, rule) or _open(session, rule, subject) is not None:
        return False
    begun = _begin(session, Alert(rule=rule, subject=subject, unit_id=unit_id, opened_at=now, data=data or {}))
    bump_data_version(session, by_hand=not actor.system)
    return begun is not None


def close_alert(session: Session, actor: Actor, rule: str, subject: str, *, now: datetime) -> bool:
    """Close the open alert of this rule and subject; tell whether there was one."""
    actor.require_everywhere(Action.IMPORT)
    row = _open(session, rule, subject)
    if row is None:
        return False
    _end(session, row, now)
    bump_data_version(session, by_hand=not actor.system)
    return True


def _begin(session: Session, alert: Alert) -> int | None:
    """Open an alert; None where another process has just opened it."""
    try:
        with session.begin_nested():
            session.add(alert)
            session.flush()
    except IntegrityError:
        return None
    queue(session, alert, "opened")
    return alert.id


def _end(session: Session, alert: Alert, now: datetime) -> int:
    alert.closed_at = now
    session.flush()
    queue(session, alert, "closed")
    return alert.id


def _open(session: Session, rule: str, subject: str) -> Alert | None:
    chosen = select(Alert).where(Alert.rule == rule, Alert.subject == subject, Alert.closed_at.is_(None))
    return session.scalars(chosen.limit(1)).first()


def _is_on(session: Session, rule: str) -> bool:
    row = session.get(AlertRule, rule)
    return row is None or row.enabled


def open_subjects(session: Session, actor: Actor, rule: str) -> frozenset[str]:
    """Give the subjects for which an alert of this rule is open."""
    actor.require_everywhere(Action.IMPORT)
    return frozenset(session.scalars(select(Alert.subject).where(Alert.rule == rule, Alert.closed_at.is_(None))))


def look(session: Session, actor: Actor, *, now: datetime) -> Seen:
    """Look at the rules on deliveries, refused rows, pace and coverage, reading only; `apply` makes alerts of what was seen."""
    actor.require_everywhere(Action.IMPORT)
    chosen = {row.kind: row for row in session.scalars(select(AlertRule))}
    seen: Seen = {}
    for kind, find in _conditions.FINDERS.items():
        row = chosen.get(kind)
        if row is not None and not row.enabled:
            seen[kind] = ([], set())
            continue
        standing = list(session.scalars(_standing(kind)))
        seen[kind] = find(session, _conditions.Look(now, rules.limits(kind, row.limits if row else {}), standing))
    return seen


def apply(session: Session, actor: Actor, seen: Seen, *, now: datetime) -> Changed:
    """Open and close what changed; the same seen again changes nothing. A rule that is off closes what it had open."""
    actor.require_everywhere(Action.IMPORT)
    opened: list[int] = []
    closed: list[int] = []
    for kind, (holding, undecided) in seen.items():
        standing = list(session.scalars(_standing(kind)))
        change = rules.transition((alert.subject for alert in standing), holding, undecided)
        begun = (
            _begin(
                session,
                Alert(rule=kind, subject=one.subject, unit_id=one.unit_id, opened_at=now, data=dict(one.data)),
            )
            for one in change.opened
        )
        opened += [alert_id for alert_id in begun if alert_id is not None]
        gone = set(change.closed)
        closed += [_end(session, alert, now) for alert in standing if alert.subject in gone]
    if opened or closed:
        bump_data_version(session, by_hand=not actor.system)
    return Changed(tuple(opened), tuple(closed))


def _standing(kind: str) -> Select[Alert]:
    return select(Alert).where(Alert.rule == kind, Alert.closed_at.is_(None)).order_by(Alert.id)


def evaluate(session: Session, actor: Actor, *, now: datetime) -> Changed:
    """Look and apply in one transaction."""
    return apply(session, actor, look(session, actor, now=now), now=now)


def acknowledge(session: Session, actor: Actor, alert_id: int, note: str, *, now: datetime | None = None) -> None:
    """Say that somebody sees to an alert, and how; the note can be changed while it is open.

    An alert that nothing can close by itself is closed with it. Conflict without a note or where it is closed.
    """
    alert = session.get(Alert, alert_id)
    if alert is None or not (
        actor.may_everywhere(Action.VIEW) if alert.unit_id is None else actor.may(Action.VIEW, alert.unit_id)
    ):
        raise NotFound("NOT_FOUND", NO_SUCH_ALERT)
    if alert.unit_id is None:
        actor.require_everywhere(Action.HANDLE_ALERT)
    else:
        actor.require(Action.HANDLE_ALERT, alert.unit_id)
    said = note.strip()[:LONGEST_NOTE]
    if not said:
        raise Conflict("NOTE_MISSING", NO_NOTE)
    if alert.closed_at is not None:
        raise Conflict("ALERT_CLOSED", ALREADY)
    moment = now or datetime.now(UTC)
    before = {"note": alert.note, "by": alert.acknowledged_by}
    alert.acknowledged_at = alert.acknowledged_at or moment
    alert.acknowledged_by, alert.note = actor.login, said
    session.flush()
    record(session, actor, "alert.acknowledge", f"alert:{alert_id}", before=before, after={"note": said}, at=moment)
    if alert.rule in RULES and RULES[alert.rule].by_hand:
        _end(session, alert, moment)
    bump_data_version(session)


def set_rule(
    session: Session,
    actor: Actor,
    kind: str,
    *,
    enabled: bool,
    limits: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Switch a rule on or off and give it limits (None: as they are); a ConfigurationError names a limit out of range."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    if kind not in RULES:
        raise ConfigurationError("NO_SUCH_RULE", NO_SUCH_RULE, kind=kind)
    row = session.get(AlertRule, kind)
    standing: dict[str, Any] = dict(row.limits) if row else {}
    before = {"enabled": row.enabled if row else True, "limits": standing}
    wanted = standing if limits is None else _checked(kind, limits)
    after = {"enabled": enabled, "limits": wanted}
    if after == before:
        return
    if row is None:
        row = AlertRule(kind=kind)
        session.add(row)
    row.enabled, row.limits, row.actor = enabled, wanted, actor.login
    session.flush()
    record(session, actor, "alert.rule", f"rule:{kind}", before=before, after=after, at=now)
    bump_data_version(session)


def _checked(kind: str, given: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for limit in RULES[kind].limits:
        text = str(given.get(limit.key, limit.default)).strip()
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1  # noqa: PLR2004 - fits an integer
        if not limit.least <= value <= limit.most:
            span = {"least": limit.least, "most": limit.most}
            raise ConfigurationError("LIMIT_WRONG", LIMIT_WRONG, key=limit.key, **span)
        if value != limit.default:
            found[limit.key] = value
    return found
