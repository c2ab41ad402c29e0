"""Alerts as people read them: open, acknowledged, closed; the sentence, its history; rules and channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from monitor import i18n
from monitor.database.tables import Alert, AlertChannel, AlertRule, AuditEvent, Meter, Notification, OrgUnit, Source
from monitor.domain.access import Action, Actor
from monitor.domain.alerts import RULES, Rule, limits
from monitor.domain.periods import from_day
from monitor.domain.resources import RESOURCES
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries._tree import load_tree

STATES = ("open", "acknowledged", "closed")
NO_SUCH_ALERT = N_("There is no such alert, or you may not see it.")
MONTHLY_REPORT = N_("Monthly report")


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert: what it is about (named in both languages) and where it stands; `data` is the evidence when it opened."""

    id: int
    rule: str
    subject: str
    unit_id: int | None
    name_zh: str
    name_en: str
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    note: str
    closed_at: datetime | None
    data: Mapping[str, Any]

    @property
    def state(self) -> str:
        """Open, acknowledged or closed."""
        if self.closed_at is not None:
            return "closed"
        return "acknowledged" if self.acknowledged_at is not None else "open"


@dataclass(frozen=True, slots=True)
class Step:
    """Something in the history of an alert: opened, acknowledged, noted, a message sent or failed, closed."""

    at: datetime | None
    what: str  # opened | acknowledged | closed | sent | waiting
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as it is set."""

    rule: Rule
    enabled: bool
    limits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel, its address without what is secret in it; how many messages wait, and the last error."""

    id: int
    kind: str
    address: str
    unit_id: int | None
    rules: tuple[str, ...]
    language: str
    enabled: bool
    sent: int
    waiting: int
    error: str


def _visible(actor: Actor) -> ColumnElement[bool]:
    own = Alert.unit_id.in_(actor.units())
    if actor.system:
        return Alert.id.is_not(None)
    return or_(Alert.unit_id.is_(None), own) if actor.may_everywhere(Action.VIEW) else own


_OPEN = and_(Alert.closed_at.is_(None), Alert.acknowledged_at.is_(None))
_WHERE: dict[str, ColumnElement[bool]] = {
    "open": _OPEN,
    "acknowledged": and_(Alert.closed_at.is_(None), Alert.acknowledged_at.is_not(None)),
    "closed": Alert.closed_at.is_not(None),
}


def open_count(session: Session, actor: Actor) -> int:
    """Count the open alerts, not yet acknowledged, that the actor may see: one cheap statement; 0 for a stranger."""
    return session.scalar(select(func.count()).select_from(Alert).where(_OPEN, _visible(actor))) or 0


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """Count open, acknowledged and closed alerts that the actor may see; states without any are left out."""
    found = {
        state: session.scalar(select(func.count()).select_from(Alert).where(where, _visible(actor))) or 0
        for state, where in _WHERE.items()
    }
    return {state: number for state, number in found.items() if number}


def listed(session: Session, actor: Actor, *, state: str = "", limit: int = 500) -> list[AlertRow]:
    """List alerts that the actor may see, newest first, of one state or of all; a stranger gets none."""
    where = (_WHERE[state],) if state in _WHERE else ()
    rows = session.scalars(
        select(Alert).where(_visible(actor), *where).order_by(Alert.opened_at.desc(), Alert.id.desc()).limit(limit)
    )
    return named(session, list(rows))


def alert(session: Session, actor: Actor, alert_id: int) -> AlertRow:
    """Give one alert; NotFound where there is none or the actor may not see it."""
    row = session.scalars(select(Alert).where(Alert.id == alert_id, _visible(actor))).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_ALERT)
    return named(session, [row])[0]


def named(session: Session, rows: list[Alert]) -> list[AlertRow]:
    """Name what alerts are about: source, meter, unit; four statements, whoever asks."""
    if not rows:
        return []
    sources = {
        row.code: (row.name_zh, row.name_en)
        for row in session.execute(select(Source.code, Source.name_zh, Source.name_en))
    }
    wanted = {str(row.data.get("meter")) for row in rows if row.data.get("meter")}
    meters = {
        row.code: (f"{row.code} {row.name_zh}", f"{row.code} {row.name_en}")
        for row in session.execute(select(Meter.code, Meter.name_zh, Meter.name_en).where(Meter.code.in_(wanted)))
    }
    units = {
        row.id: (row.name_zh, row.name_en)
        for row in session.execute(select(OrgUnit.id, OrgUnit.name_zh, OrgUnit.name_en))
    }
    found = []
    for row in rows:
        zh, en = _name(row, sources, meters, units)
        found.append(
            AlertRow(
                row.id,
                row.rule,
                row.subject,
                row.unit_id,
                zh or en,
                en or zh,
                row.opened_at,
                row.acknowledged_at,
                row.acknowledged_by,
                row.note,
                row.closed_at,
                dict(row.data),
            )
        )
    return found


Names = tuple[str, str]


def _name(row: Alert, sources: dict[str, Names], meters: dict[str, Names], units: dict[int, Names]) -> Names:
    if row.data.get("unit") in units:
        return units[row.data["unit"]]
    if row.data.get("meter"):
        code = str(row.data["meter"])
        return meters.get(code, (code, code))
    code = str(row.data.get("source") or row.subject.removeprefix("import:").removeprefix("source:"))
    if code == "report:monthly":
        return i18n.translate(MONTHLY_REPORT, "zh"), MONTHLY_REPORT
    return sources.get(code, (code, code))


def said(row: AlertRow, language: str) -> str:
    """Say an alert in one sentence."""
    rule = RULES.get(row.rule)
    if rule is None:
        return row.subject
    data = {"error": "", "count": 0, "read": 0, "refused": 0, "document": "", "since": "", "meters": 1, **row.data}
    data["name"] = row.name_zh if language == "zh" else row.name_en
    for key in ("first", "last"):
        value = data.get(key)
        data[key] = (
            i18n.day(from_day(value), language) if isinstance(value, int) and "late_after" not in data else value
        )
    if isinstance(row.data.get("last"), int) and "late_after" in row.data:
        data["since"] = i18n.moment(datetime.fromtimestamp(row.data["last"], UTC), language) + " UTC"
    for key in ("pace", "coverage", "difference"):
        value = data.get(key)
        data[key] = i18n.MISSING if value is None else i18n.number(Fraction(int(value), 10), language, 1)
    code = str(data.get("resource", ""))
    data["resource"] = str(getattr(RESOURCES[code], language)) if code in RESOURCES else code
    data["error"] = data["error"] or data.get("code", "")
    return i18n.translate(rule.sentence, language, **data)


def history(session: Session, actor: Actor, alert_id: int) -> list[Step]:
    """Tell what happened to an alert, oldest first; NotFound where the actor may not see it. Addresses are left out."""
    row = alert(session, actor, alert_id)
    steps = [Step(row.opened_at, "opened", "", "")]
    chosen = select(AuditEvent).where(AuditEvent.subject == f"alert:{alert_id}").order_by(AuditEvent.id)
    steps += [
        Step(event.at, "acknowledged", event.actor, str((event.after or {}).get("note", "")))
        for event in session.scalars(chosen)
    ]
    sent = select(Notification, AlertChannel.kind).join(AlertChannel, AlertChannel.id == Notification.channel_id)
    for one, kind in session.execute(sent.where(Notification.alert_id == alert_id).order_by(Notification.id)):
        steps.append(Step(one.sent_at, "sent" if one.sent_at else "waiting", kind, one.error))
    if row.closed_at is not None:
        steps.append(Step(row.closed_at, "closed", "", ""))
    return sorted(steps, key=lambda step: (step.at is None, step.at or row.opened_at))


def rules(session: Session, actor: Actor) -> list[RuleRow]:
    """List the rules as they are set; none for those who may not see the whole organisation."""
    if not actor.may_everywhere(Action.VIEW):
        return []
    rows = {row.kind: row for row in session.scalars(select(AlertRule))}
    return [
        RuleRow(
            rule, rows[kind].enabled if kind in rows else True, limits(kind, rows[kind].limits if kind in rows else {})
        )
        for kind, rule in RULES.items()
    ]


def channels(session: Session, actor: Actor) -> list[ChannelRow]:
    """List the channels, for those who may change them; none for others. Two statements."""
    if not actor.may_everywhere(Action.MANAGE_ORGANISATION):
        return []
    counted: dict[int, tuple[int, int, str]] = {}
    chosen = select(Notification.channel_id, Notification.sent_at, Notification.error).order_by(Notification.id)
    for channel_id, sent_at, error in session.execute(chosen):
        sent, waiting, last = counted.get(channel_id, (0, 0, ""))
        counted[channel_id] = (
            sent + (sent_at is not None),
            waiting + (sent_at is None),
            "" if sent_at else error or last,
        )
    return [
        ChannelRow(
            row.id,
            row.kind,
            row.address if row.kind == "mail" else "/".join(row.address.split("/")[:3]) + "/…" + row.address[-4:],
            row.unit_id,
            tuple(row.rules),
            row.language,
            row.enabled,
            *counted.get(row.id, (0, 0, "")),
        )
        for row in session.scalars(select(AlertChannel).order_by(AlertChannel.id))
    ]


def unit_codes(session: Session, actor: Actor) -> dict[int, str]:
    """Give the codes of the units that the actor may see, by id: for the addresses of their pages."""
    seen = actor.units()
    return {row.id: row.code for row in load_tree(session).rows if row.id in seen or actor.system}


def resource_of(session: Session, actor: Actor, code: str) -> str:
    """Give the resource of a meter of which the actor may see an alert; "" where there is none."""
    if not actor.system and not actor.units():
        return ""
    seen = select(Alert.id).where(
        Alert.rule == "delivery_missing", Alert.subject.startswith(f"meter:{code}:"), _visible(actor)
    )
    if session.scalar(seen.limit(1)) is None:
        return ""
    return session.scalar(select(Meter.resource).where(Meter.code == code)) or ""
