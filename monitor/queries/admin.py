"""What administrators look at: people with their roles, a source with its options, and who changed what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    AuditEvent,
    LoginSession,
    Meter,
    MeterAlias,
    OrgUnit,
    Place,
    Register,
    RoleGrant,
    Source,
    User,
)
from monitor.domain.access import Action, Actor
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries.scope import require_meter, unit_by_code

NO_SUCH_PERSON = N_("There is no such person.")
NO_SUCH_SOURCE = N_("There is no such source, or you may not see it.")


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role of a person on a unit; `of_group` where it follows the groups of the identity provider."""

    unit_id: int
    unit_code: str
    name_zh: str
    name_en: str
    role: str
    of_group: bool


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as administrators see one; `sessions` browsers are signed in, `seen_at` is the latest look of one of them."""

    id: int
    login: str
    name: str
    email: str
    disabled: bool
    locked_until: datetime | None
    created_at: datetime
    sessions: int
    seen_at: datetime | None
    grants: tuple[GrantRow, ...]


def people(session: Session, actor: Actor, *, now: datetime, login: str = "") -> list[PersonRow]:
    """List people by sign-in name, or the one of `login`. Three statements."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    grants: dict[int, list[GrantRow]] = {}
    unit = (OrgUnit.id, OrgUnit.code, OrgUnit.name_zh, OrgUnit.name_en)
    chosen = select(RoleGrant.user_id, *unit, RoleGrant.role, RoleGrant.origin != "").join(
        OrgUnit, OrgUnit.id == RoleGrant.unit_id
    )
    for row in session.execute(chosen.order_by(OrgUnit.code)):
        grants.setdefault(row[0], []).append(GrantRow(*row[1:]))
    open_now = select(LoginSession.user_id, func.count(), func.max(LoginSession.seen_at)).where(
        LoginSession.expires_at > now
    )
    signed_in: dict[int, tuple[int, datetime | None]] = {
        row[0]: (row[1], row[2]) for row in session.execute(open_now.group_by(LoginSession.user_id))
    }
    query = select(User).order_by(User.login)
    found = session.scalars(query.where(User.login == login) if login else query)
    return [
        PersonRow(
            user.id,
            user.login,
            user.name,
            user.email,
            user.disabled,
            user.locked_until if user.locked_until is not None and user.locked_until > now else None,
            user.created_at,
            signed_in.get(user.id, (0, None))[0],
            signed_in.get(user.id, (0, None))[1],
            tuple(grants.get(user.id, ())),
        )
        for user in found
    ]


def person(session: Session, actor: Actor, login: str, *, now: datetime) -> PersonRow:
    """Give one person. NotFound where there is none."""
    found = people(session, actor, now=now, login=login) if login else []
    if not found:
        raise NotFound("NO_SUCH_USER", NO_SUCH_PERSON)
    return found[0]


@dataclass(frozen=True, slots=True)
class SourceDetail:
    """A source with all that can be changed; `aliases` is what it calls meters → their codes."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    options: Mapping[str, Any]
    schedule: str
    zone: str
    late_after: int
    catch_up: int
    ping: str
    enabled: bool
    aliases: Mapping[str, str]


def source(session: Session, actor: Actor, code: str) -> SourceDetail:
    """Give one source to those who may import. NotFound where there is none."""
    actor.require_everywhere(Action.IMPORT)
    row = session.scalars(select(Source).where(Source.code == code)).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_SOURCE)
    named = select(MeterAlias.alias, Meter.code).join(Meter, Meter.id == MeterAlias.meter_id)
    aliases = session.execute(named.where(MeterAlias.source_id == row.id).order_by(MeterAlias.alias)).all()
    rest = (row.schedule, row.zone, row.late_after, row.catch_up, row.ping, row.enabled)
    return SourceDetail(
        row.id,
        row.code,
        row.name_zh,
        row.name_en,
        row.kind,
        dict(row.options),
        *rest,
        {a: m for a, m in aliases},  # noqa: C416 - typed rows
    )


# ---------------------------------------------------------------- who changed what


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A write: when, who, what, to which thing, values before and after."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


_COLUMNS = tuple(getattr(AuditEvent, name) for name in AuditRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which writes are looked for: part of the subject, part of the actor's or action's name, and a span; "" and None: all."""

    subject: str = ""
    who: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


def audit(session: Session, actor: Actor, wanted: Wanted | None = None, *, limit: int = 200) -> list[AuditRow]:
    """List writes, newest first, to administrators of the whole organisation; `before_id` gives the next page."""
    actor.require_everywhere(Action.MANAGE_ORGANISATION)
    asked = wanted or Wanted()
    conditions: list[ColumnElement[bool]] = [
        column.icontains(text, autoescape=True)
        for column, text in (
            (AuditEvent.subject, asked.subject),
            (AuditEvent.actor, asked.who),
            (AuditEvent.action, asked.action),
        )
        if text
    ]
    if asked.since is not None:
        conditions.append(AuditEvent.at >= asked.since)
    if asked.until is not None:
        conditions.append(AuditEvent.at < asked.until)
    if asked.before_id is not None:
        conditions.append(AuditEvent.id < asked.before_id)
    found = session.execute(select(*_COLUMNS).where(*conditions).order_by(AuditEvent.id.desc()).limit(limit))
    return [_row(session, AuditRow(*row)) for row in found.all()]


# What is written about a thing: its own subjects, by its kind; one that ends with a colon stands for all that begin so.
SUBJECTS = {
    "unit": (
        "unit:{key}",
        "fact:{key}:",
        "move:{key}:",
        "basis:{key}:",
        "baseline:{key}:",
        "target:{key}:",
        "month:{key}:",
        "quota:{key}:",
    ),
    "target": ("target:{key}:", "quota:{key}:"),
    "meter": ("meter:{key}", "meter:{key}:", "register:{key}:"),
    "source": ("source:{key}", "alias:{key}:"),
    "place": ("place:{key}", "hours:{key}:"),
    "user": ("user:{key}",),
}
_EVERYWHERE = {"source": Action.IMPORT, "place": Action.MANAGE_ORGANISATION}


def history(
    session: Session,
    actor: Actor,
    subjects: Sequence[str],
    *,
    unit_id: int | None = None,
    limit: int = 50,
) -> list[AuditRow]:
    """List writes to things, newest first: `unit:b` names one, `fact:b:` all that begin so.

    For those who manage the unit `unit_id`, or without one the whole organisation (or its sources).
    """
    if unit_id is None:
        actor.require_everywhere(Action.IMPORT)
    else:
        actor.require(Action.MANAGE_ORGANISATION, unit_id)
    return _written(session, subjects, limit)


def history_of(session: Session, actor: Actor, kind: str, key: str, *, limit: int = 50) -> list[AuditRow]:
    """List writes to a thing, newest first, to those who manage it: a unit or meter, a unit's targets, a source, place, user.

    NotFound for who may not see it, Forbidden for who may only see it.
    """
    if kind in {"unit", "target"}:
        action = Action.MANAGE_ORGANISATION if kind == "unit" else Action.SET_TARGET
        actor.require(action, unit_by_code(session, actor, key).id)
    elif kind == "meter":
        meter_id = session.scalar(select(Meter.id).where(Meter.code == key))
        require_meter(session, actor, -1 if meter_id is None else meter_id, Action.MANAGE_ORGANISATION)
    else:
        actor.require_everywhere(_EVERYWHERE.get(kind, Action.MANAGE_PEOPLE))
    return _written(session, [one.format(key=key) for one in SUBJECTS.get(kind, ())], limit)


def _written(session: Session, subjects: Sequence[str], limit: int) -> list[AuditRow]:
    wanted = [
        AuditEvent.subject.startswith(one, autoescape=True) if one.endswith(":") else AuditEvent.subject == one
        for one in subjects
    ]
    if not wanted:
        return []
    found = session.execute(select(*_COLUMNS).where(or_(*wanted)).order_by(AuditEvent.id.desc()).limit(limit))
    return [_row(session, AuditRow(*row)) for row in found.all()]


# ---------------------------------------------------------------- for people

_PARTS = {"reduction", "min_coverage"}
_OF_KIND = {"unit": OrgUnit, "move": OrgUnit, "place": Place, "meter": Meter}
_OF_KEY = {
    "unit_id": OrgUnit,
    "unit": OrgUnit,
    "from_parent_id": OrgUnit,
    "to_parent_id": OrgUnit,
    "place_id": Place,
    "meter_id": Meter,
    "register_id": Register,
    "source_id": Source,
}


def _row(session: Session, row: AuditRow) -> AuditRow:
    before, after = readable(session, row.subject, row.before), readable(session, row.subject, row.after)
    return replace(row, before=before, after=after)


def readable(session: Session, subject: str, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Write the values of a change for people: codes for ids, persons and m² for thousandths, per cent for parts per million.

    What an id stands for may be gone; then it is left out.
    """
    if given is None:
        return None
    kind, found = subject.partition(":")[0], {}
    for key, value in given.items():
        if key == "id":
            continue
        model: Any = _OF_KIND.get(kind) if key == "parent_id" else _OF_KEY.get(key)
        if model is not None and isinstance(value, int):
            row = session.get(model, value)
            if row is not None:
                found[key.removesuffix("_id")] = row.code
        elif isinstance(value, int) and key in {"value", "area"} and kind in {"fact", "place"}:
            found[key] = f"{value / 1000:g}"
        elif isinstance(value, int) and key in _PARTS and kind == "target":
            found[key] = f"{value / 10_000:g} %"
        elif isinstance(value, int) and key == "ppm":
            found["share"] = f"{value / 10_000:g} %"
        else:
            found[key] = value
    return found
