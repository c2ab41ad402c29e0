"""Channels: who hears of alerts, by mail or webhook, of which rules and units, in which language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitor import webhook
from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import AlertChannel, Notification, OrgUnit
from monitor.domain.access import Action, Actor
from monitor.domain.alerts import RULES
from monitor.errors import ConfigurationError, NotFound
from monitor.i18n import LANGUAGES, N_

KINDS = ("mail", "webhook", "wecom", "dingtalk", "feishu")
NO_SUCH = N_("There is no such channel, or you may not see it.")
NOT_MAIL = N_("'{address}' is not a mail address.")
KIND_UNKNOWN = N_("There is no channel of kind {kind}; known: {known}.")
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A channel as it is to be: no rules means all of them, no unit the whole organisation."""

    kind: str
    address: str
    unit_id: int | None = None
    rules: tuple[str, ...] = ()
    language: str = "zh"
    enabled: bool = True


def masked(kind: str, address: str) -> str:
    """Give an address as lists and the audit trail show it: what follows the host of a webhook is a key, so it is left out."""
    if kind == "mail":
        return address
    return "/".join(address.split("/")[:3]) + "/…" + address[-4:]


def save_channel(
    session: Session, actor: Actor, spec: ChannelSpec, *, channel_id: int | None = None, now: datetime | None = None
) -> int:
    """Make a channel or change one; give its id. ConfigurationError where the address cannot be one."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    _check(session, spec)
    row = AlertChannel(kind=spec.kind, address=spec.address) if channel_id is None else _found(session, channel_id)
    before = None if channel_id is None else _told(row)
    row.kind, row.address, row.unit_id = spec.kind, spec.address.strip(), spec.unit_id
    row.rules, row.language, row.enabled = list(spec.rules), spec.language, spec.enabled
    session.add(row)
    session.flush()
    record(session, actor, "alert.channel", f"channel:{row.id}", before=before, after=_told(row), at=now)
    bump_data_version(session)
    return row.id


def remove_channel(session: Session, actor: Actor, channel_id: int, *, now: datetime | None = None) -> None:
    """Take a channel away, with what was still to be sent to it."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    row = _found(session, channel_id)
    before = _told(row)
    session.execute(delete(Notification).where(Notification.channel_id == channel_id))
    session.delete(row)
    session.flush()
    record(session, actor, "alert.channel", f"channel:{channel_id}", before=before, at=now)
    bump_data_version(session)


def address_of(session: Session, actor: Actor, channel_id: int) -> tuple[str, str, str]:
    """Give kind, full address and language of a channel, to those who may change it."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    row = _found(session, channel_id)
    return row.kind, row.address, row.language


def _found(session: Session, channel_id: int) -> AlertChannel:
    row = session.get(AlertChannel, channel_id)
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH)
    return row


def _told(row: AlertChannel) -> dict[str, object]:
    return {
        "kind": row.kind,
        "address": masked(row.kind, row.address),
        "unit": row.unit_id,
        "rules": list(row.rules),
        "language": row.language,
        "enabled": row.enabled,
    }


def _check(session: Session, spec: ChannelSpec) -> None:
    if spec.kind not in KINDS:
        raise ConfigurationError("CHANNEL_KIND", KIND_UNKNOWN, kind=spec.kind, known=", ".join(KINDS))
    if spec.kind == "mail" and not _MAIL.fullmatch(spec.address.strip()):
        raise ConfigurationError("MAIL_ADDRESS", NOT_MAIL, address=spec.address[:200])
    if spec.kind != "mail":
        webhook.check(spec.address.strip())
    if not _known(spec.rules, RULES) or not _known((spec.language,), LANGUAGES):
        raise ConfigurationError("CHANNEL_KIND", KIND_UNKNOWN, kind=spec.language, known=", ".join(LANGUAGES))
    if spec.unit_id is not None and session.scalar(select(OrgUnit.id).where(OrgUnit.id == spec.unit_id)) is None:
        raise NotFound("NOT_FOUND", N_("There is no such unit, or you may not see it."))


def _known(given: Sequence[str], known: object) -> bool:
    return all(one in known for one in given)  # type: ignore[operator]
