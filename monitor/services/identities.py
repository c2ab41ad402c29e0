"""People whom an identity provider knows: found by issuer and subject alone, their roles from groups, linked by hand."""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database import audit
from monitor.database.tables import OrgUnit, RoleGrant, User, UserIdentity
from monitor.domain.access import SYSTEM, Action, Actor, Role, allows
from monitor.errors import ConfigurationError, Conflict, Forbidden, JieyueError, NotFound
from monitor.i18n import N_
from monitor.openid import LONGEST_SUBJECT, Identity
from monitor.services import accounts
from monitor.settings_parts import OidcSettings

log = logging.getLogger(__name__)
ORIGIN = "oidc"
GROUPS = Actor(None, "oidc", system=True)
NOT_KNOWN = N_(
    "This account is not linked to anybody here. Ask an administrator to link it; your identifier at the provider is {subject}"
)
NO_ROLE = N_("You are known, but none of your groups has a role here. Ask an administrator for one.")
SHUT_OUT = N_("This account is shut out here. Ask an administrator.")
TAKEN = N_(
    "There is already a person named {login} here who is not linked to this account. Ask an administrator to link it; "
    "your identifier at the provider is {subject}"
)
LINKED = N_("This account is already linked to {login}.")
NO_SUBJECT = N_("An identifier has 1 to {length} characters.")
NO_PROVIDER = N_("No identity provider is set (oidc.issuer).")
NO_IDENTITY = N_("There is no such linked account, or you may not see it.")


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """An account at a provider that is linked to a person."""

    id: int
    issuer: str
    subject: str
    created_at: datetime
    seen_at: datetime | None


# ---------------------------------------------------------------- signing in


def sign_in(session: Session, who: Identity, settings: OidcSettings, now: datetime) -> int | JieyueError:
    """Give the person's id, with roles as the groups say; or why not, in words for that person. Every try is written down.

    Nobody is ever found by mail address or name: whoever could choose these at a provider would be anybody here.
    """
    found = _person(session, who, settings, now)
    if isinstance(found, JieyueError):
        audit.record(session, Actor(None, ORIGIN), "sign_in.refused", f"oidc:{who.subject[:100]}", at=now)
        return found
    user, identity = found
    problem = None
    if user.disabled:
        problem = Forbidden("OIDC_SHUT_OUT", SHUT_OUT)
    else:
        _follow(session, user, _wanted(session, who, settings), now)
        if session.scalar(select(func.count()).where(RoleGrant.user_id == user.id)) == 0:
            problem = Forbidden("OIDC_NO_ROLE", NO_ROLE)
    action = "sign_in.refused" if problem else "sign_in"
    audit.record(session, Actor(user.id, user.login), action, f"user:{user.login}", after={"by": who.issuer}, at=now)
    identity.seen_at = now
    return problem or user.id


def _person(
    session: Session, who: Identity, settings: OidcSettings, now: datetime
) -> tuple[User, UserIdentity] | JieyueError:
    identity = _identity(session, who.issuer, who.subject)
    if identity is not None:
        return session.get_one(User, identity.user_id), identity
    if not settings.create_users:
        return Forbidden("OIDC_NOT_KNOWN", NOT_KNOWN, subject=who.subject)
    if not _wanted(session, who, settings):
        return Forbidden("OIDC_NO_ROLE", NO_ROLE)
    if not accounts.LOGIN.fullmatch(who.login):
        return Forbidden("OIDC_NOT_KNOWN", NOT_KNOWN, subject=who.subject)
    if session.scalar(select(User.id).where(func.lower(User.login) == who.login.lower())) is not None:
        return Conflict("OIDC_LOGIN_TAKEN", TAKEN, login=who.login, subject=who.subject)
    name = who.name[: accounts.LONGEST_NAME] or who.login
    email = who.email if accounts.EMAIL.fullmatch(who.email) else ""
    user_id, _ = accounts.create_user(session, SYSTEM, who.login, name, email=email, now=now)  # a password nobody knows
    return session.get_one(User, user_id), _linked(session, GROUPS, user_id, who, now)


def _identity(session: Session, issuer: str, subject: str) -> UserIdentity | None:
    return session.scalar(select(UserIdentity).where(UserIdentity.issuer == issuer, UserIdentity.subject == subject))


def _linked(session: Session, actor: Actor, user_id: int, who: Identity, now: datetime) -> UserIdentity:
    row = UserIdentity(user_id=user_id, issuer=who.issuer, subject=who.subject, created_at=now)
    session.add(row)
    session.flush()
    after = {"issuer": who.issuer, "subject": who.subject}
    audit.record(session, actor, "user.link", f"user:{session.get_one(User, user_id).login}", after=after, at=now)
    return row


# ---------------------------------------------------------------- roles from groups


def _wanted(session: Session, who: Identity, settings: OidcSettings) -> dict[int, Role]:
    """Give the strongest role of each unit that the groups give; a unit that does not exist gives nothing and is logged."""
    units = {row.code: row.id for row in session.execute(select(OrgUnit.code, OrgUnit.id))}
    wanted: dict[int, Role] = {}
    for line in settings.mapping:
        if line.group not in who.groups:
            continue
        if line.unit not in units:
            log.warning("oidc.groups names a unit that does not exist: %s", line.unit)
            continue
        unit_id = units[line.unit]
        has = wanted.get(unit_id)
        if has is None or all(allows(line.role, action) for action in Action if allows(has, action)):
            wanted[unit_id] = line.role
    return wanted


def _follow(session: Session, user: User, wanted: dict[int, Role], now: datetime) -> None:
    """Make the roles that came from groups what the groups say now. Roles given by hand stay, and hide those of groups."""
    rows = {row.unit_id: row for row in session.scalars(select(RoleGrant).where(RoleGrant.user_id == user.id))}
    changed = False
    for unit_id, role in wanted.items():
        row = rows.get(unit_id)
        if row is None:
            session.add(RoleGrant(user_id=user.id, unit_id=unit_id, role=role.value, origin=ORIGIN))
        elif row.origin != ORIGIN or row.role == role.value or _last_admin(session, row):
            continue
        before = None if row is None else {"role": row.role, "unit": unit_id}
        if row is not None:
            row.role = role.value
        after = {"role": role.value, "unit": unit_id}
        audit.record(session, GROUPS, "user.grant", f"user:{user.login}", before=before, after=after, at=now)
        changed = True
    for unit_id, row in rows.items():
        if row.origin == ORIGIN and unit_id not in wanted and not _last_admin(session, row):
            session.delete(row)
            before = {"role": row.role, "unit": unit_id}
            audit.record(session, GROUPS, "user.revoke", f"user:{user.login}", before=before, at=now)
            changed = True
    session.flush()
    if changed:
        accounts.close_all_sessions(session, user.id)


def _last_admin(session: Session, row: RoleGrant) -> bool:
    """Tell whether the organisation would have no administrator without this role: a provider's mistake locks nobody out."""
    others = (
        select(func.count())
        .select_from(RoleGrant)
        .join(User, User.id == RoleGrant.user_id)
        .join(OrgUnit, OrgUnit.id == RoleGrant.unit_id)
        .where(OrgUnit.parent_id.is_(None), RoleGrant.role == Role.ADMIN.value, User.disabled.is_(False))
        .where(RoleGrant.id != row.id)
    )
    top = session.scalar(select(OrgUnit.parent_id).where(OrgUnit.id == row.unit_id)) is None
    return top and row.role == Role.ADMIN.value and session.scalar(others) == 0


def password_allowed(session: Session, login: str, settings: OidcSettings) -> bool:
    """Tell whether somebody may sign in by password: with that switched off, administrators of the whole alone."""
    if settings.password_sign_in or not settings.issuer:
        return True
    chosen = (
        select(RoleGrant.id)
        .join(User, User.id == RoleGrant.user_id)
        .join(OrgUnit, OrgUnit.id == RoleGrant.unit_id)
        .where(User.login == login.replace("\0", ""), OrgUnit.parent_id.is_(None), RoleGrant.role == Role.ADMIN.value)
    )
    return session.scalar(chosen.limit(1)) is not None


# ---------------------------------------------------------------- linking


def linked(session: Session, actor: Actor, user_id: int) -> list[IdentityRow]:
    """List the accounts linked to a person: one's own, or as administrator."""
    _own_or_manager(actor, user_id)
    chosen = select(UserIdentity).where(UserIdentity.user_id == user_id).order_by(UserIdentity.id)
    return [
        IdentityRow(row.id, row.issuer, row.subject, row.created_at, row.seen_at) for row in session.scalars(chosen)
    ]


def link(session: Session, actor: Actor, user_id: int, issuer: str, subject: str, *, now: datetime) -> None:
    """Link an account at a provider to a person. Conflict where it belongs to somebody else; the same again changes nothing."""
    _own_or_manager(actor, user_id)
    if not issuer:
        raise ConfigurationError("OIDC_NOT_SET", NO_PROVIDER)
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ConfigurationError("SUBJECT_WRONG", NO_SUBJECT, length=LONGEST_SUBJECT)
    if session.get(User, user_id) is None:
        raise NotFound("NO_SUCH_USER", "There is no such person.")
    known = _identity(session, issuer, subject)
    if known is None:
        _linked(session, actor, user_id, Identity(issuer, subject), now)
    elif known.user_id != user_id:
        told = session.get_one(User, known.user_id).login if actor.may_everywhere(Action.MANAGE_PEOPLE) else "–"
        raise Conflict("IDENTITY_LINKED", LINKED, login=told)


def unlink(session: Session, actor: Actor, identity_id: int, *, now: datetime) -> None:
    """Take a link away, with the roles that came by it; that person's sessions end."""
    row = session.get(UserIdentity, identity_id)
    if row is None or not (actor.user_id == row.user_id or actor.may_everywhere(Action.MANAGE_PEOPLE)):
        raise NotFound("NO_SUCH_IDENTITY", NO_IDENTITY)
    user = session.get_one(User, row.user_id)
    before = {"issuer": row.issuer, "subject": row.subject}
    session.delete(row)
    session.flush()
    if session.scalar(select(func.count()).where(UserIdentity.user_id == user.id)) == 0:
        _follow(session, user, {}, now)
    accounts.close_all_sessions(session, user.id)
    audit.record(session, actor, "user.unlink", f"user:{user.login}", before=before, at=now)


def _own_or_manager(actor: Actor, user_id: int) -> None:
    if actor.user_id is None or actor.user_id != user_id:
        actor.require_everywhere(Action.MANAGE_PEOPLE)
