"""People: passwords, roles on sub-trees, server-side sessions that end the moment a right changes."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from monitor.database import audit
from monitor.database.tables import ApiToken, LoginSession, OrgUnit, RoleGrant, User
from monitor.domain.access import SYSTEM, Action, Actor, Role
from monitor.errors import ConfigurationError, Conflict, NotFound
from monitor.i18n import N_
from monitor.services import passwords

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TRIES = 5  # then the account rests: 5 tries in 5 minutes are at most 60 an hour
REST = timedelta(minutes=5)
LOGIN = re.compile(r"[\w.@+-]{1,60}")
EMAIL = re.compile(r"[^@\s,;<>\"\\]{1,64}@[A-Za-z0-9.-]{1,189}")
LONGEST_NAME = 120
LOGIN_WRONG = N_("A sign-in name has 1 to 60 letters, digits or . @ + - _ and no blanks.")
NAME_WRONG = N_("A name has 1 to {length} characters.")
EMAIL_WRONG = N_("'{email}' is not a mail address.")
LAST_ADMIN = N_("{login} is the last administrator of the organisation; make somebody else one first.")
_HASHER = PasswordHasher()


@cache
def _nobodys_hash() -> str:
    """A hash that no password has: unknown names cost as much time as known ones."""
    return _HASHER.hash(secrets.token_urlsafe(32))


def new_password() -> str:
    """Make a password to be shown once."""
    return secrets.token_urlsafe(12)


# ---------------------------------------------------------------- people


def create_user(
    session: Session,
    actor: Actor,
    login: str,
    name: str,
    password: str | None = None,
    *,
    email: str = "",
    now: datetime | None = None,
) -> tuple[int, str]:
    """Add a person, with a generated password where none is given; give id and password. Conflict where the login is taken."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    if not LOGIN.fullmatch(login):
        raise ConfigurationError("LOGIN_WRONG", LOGIN_WRONG)
    if session.scalar(select(User.id).where(User.login == login)) is not None:
        raise Conflict("LOGIN_TAKEN", "The sign-in name {login} is taken.", login=login)
    _check_person(name, email)
    chosen = passwords.check(password, login) if password is not None else new_password()
    user = User(
        login=login, name=name, email=email, password_hash=_HASHER.hash(chosen), created_at=now or datetime.now(UTC)
    )
    session.add(user)
    session.flush()
    audit.record(session, actor, "user.create", f"user:{login}", after={"name": name, "email": email}, at=now)
    return user.id, chosen


def _check_person(name: str, email: str) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise ConfigurationError("NAME_WRONG", NAME_WRONG, length=LONGEST_NAME)
    if email and not EMAIL.fullmatch(email):
        raise ConfigurationError("EMAIL_WRONG", EMAIL_WRONG, email=email[:100])


def change_user(
    session: Session, actor: Actor, user_id: int, *, name: str, email: str, now: datetime | None = None
) -> None:
    """Change a person's name and mail address; the same again changes nothing."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    _check_person(name, email)
    user = _user(session, user_id)
    before, after = {"name": user.name, "email": user.email}, {"name": name, "email": email}
    if before != after:
        user.name, user.email = name, email
        audit.record(session, actor, "user.change", f"user:{user.login}", before=before, after=after, at=now)


def end_sessions(session: Session, actor: Actor, user_id: int) -> None:
    """Sign a person out everywhere."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    user = _user(session, user_id)
    close_all_sessions(session, user_id)
    audit.record(session, actor, "user.sessions_ended", f"user:{user.login}")


def find_user(session: Session, actor: Actor, login: str) -> int:
    """Give the id of a sign-in name; NotFound otherwise."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    found = session.scalar(select(User.id).where(User.login == login))
    if found is None:
        raise NotFound("NO_SUCH_USER", "There is no such person.")
    return found


def list_users(session: Session, actor: Actor) -> list[tuple[str, str, bool, list[tuple[str, str]]]]:
    """Give sign-in name, name, disabled, and (unit code, role) of every person, by sign-in name."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    grants: dict[int, list[tuple[str, str]]] = {}
    chosen = select(RoleGrant.user_id, OrgUnit.code, RoleGrant.role).join(OrgUnit, OrgUnit.id == RoleGrant.unit_id)
    for user_id, code, role in session.execute(chosen.order_by(OrgUnit.code)):
        grants.setdefault(user_id, []).append((code, role))
    people = session.scalars(select(User).order_by(User.login))
    return [(user.login, user.name, user.disabled, grants.get(user.id, [])) for user in people]


def set_password(
    session: Session, actor: Actor, user_id: int, password: str | None = None, *, keep_tokens: bool = False
) -> str:
    """Change a password (one's own, or as administrator), ending all sessions and tokens of that person; give the new one.

    Only who changes the own one may keep the tokens (`keep_tokens`): nobody else knows whether the old one had got about.
    """
    user = _user(session, user_id)
    if actor.user_id != user_id:
        actor.require_everywhere(Action.MANAGE_PEOPLE)
        keep_tokens = False
    chosen = passwords.check(password, user.login) if password is not None else new_password()
    user.password_hash, user.failed, user.locked_until = _HASHER.hash(chosen), 0, None
    close_all_sessions(session, user_id)
    ended = 0 if keep_tokens else _end_tokens(session, user_id)
    audit.record(session, actor, "user.password", f"user:{user.login}", after={"tokens_ended": ended})
    return chosen


def _end_tokens(session: Session, user_id: int) -> int:
    """End all tokens of a person for good; give how many were alive."""
    alive = update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return len(session.execute(alive.values(revoked_at=datetime.now(UTC)).returning(ApiToken.id)).all())


def set_disabled(session: Session, actor: Actor, user_id: int, *, disabled: bool) -> None:
    """Shut a person out, or let them in again; all their sessions and tokens end at once, and tokens never come back."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    user = _user(session, user_id)
    if disabled and not user.disabled:
        _keep_an_admin(session, user)
    before, user.disabled = user.disabled, disabled
    close_all_sessions(session, user_id)
    after = {"disabled": disabled, "tokens_ended": _end_tokens(session, user_id) if disabled else 0}
    audit.record(session, actor, "user.disable", f"user:{user.login}", before={"disabled": before}, after=after)


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("NO_SUCH_USER", "There is no such person.")
    return user


# ---------------------------------------------------------------- roles


def grant(session: Session, actor: Actor, user_id: int, unit_id: int, role: Role) -> None:
    """Give a person a role on a unit and its sub-tree, in place of one they had there; their sessions end."""
    actor.require(Action.MANAGE_PEOPLE, unit_id)
    user = _user(session, user_id)
    row = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.unit_id == unit_id))
    before = {"role": row.role, "unit": unit_id} if row is not None else None
    if row is not None and role is not Role.ADMIN:
        _keep_an_admin(session, user, unit_id)
    if row is None:
        session.add(RoleGrant(user_id=user_id, unit_id=unit_id, role=role.value))
    else:
        row.role, row.origin = role.value, ""  # from now on given by hand
    session.flush()
    close_all_sessions(session, user_id)
    after = {"role": role.value, "unit": unit_id}
    audit.record(session, actor, "user.grant", f"user:{user.login}", before=before, after=after)


def revoke(session: Session, actor: Actor, user_id: int, unit_id: int) -> None:
    """Take a person's role on a unit away; their sessions end. NotFound where they had none."""
    actor.require(Action.MANAGE_PEOPLE, unit_id)
    user = _user(session, user_id)
    row = session.scalar(select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.unit_id == unit_id))
    if row is None:
        raise NotFound("NO_SUCH_GRANT", "This person has no role there.")
    _keep_an_admin(session, user, unit_id)
    session.delete(row)
    session.flush()
    close_all_sessions(session, user_id)
    audit.record(session, actor, "user.revoke", f"user:{user.login}", before={"role": row.role, "unit": unit_id})


def _keep_an_admin(session: Session, user: User, unit_id: int | None = None) -> None:
    """Refuse where the organisation would be left with no administrator: by a role less on `unit_id`, or by a person less."""
    admins = (
        select(RoleGrant.user_id, RoleGrant.unit_id)
        .join(User, User.id == RoleGrant.user_id)
        .join(OrgUnit, OrgUnit.id == RoleGrant.unit_id)
        .where(OrgUnit.parent_id.is_(None), RoleGrant.role == Role.ADMIN.value, User.disabled.is_(False))
    )
    rows = [(who, where) for who, where in session.execute(admins)]
    gone = {(who, where) for who, where in rows if who == user.id and unit_id in {None, where}}
    if gone and len(gone) == len(rows):
        raise Conflict("LAST_ADMIN", LAST_ADMIN, login=user.login)


def first_admin(session: Session, now: datetime) -> tuple[str, str] | None:
    """Where there is nobody yet, create `admin` with a generated password and give both, once; never a default one."""
    created = None
    if session.scalar(select(func.count()).select_from(User)) == 0:
        _, password = create_user(session, SYSTEM, "admin", "管理员 Administrator", now=now)
        created = ("admin", password)
    adopt_roots(session)
    return created


def adopt_roots(session: Session) -> None:
    """Make the first person administrator of every top unit that has none, so that a new organisation is not orphaned."""
    first = session.scalar(select(User.id).where(User.disabled.is_(False)).order_by(User.id).limit(1))
    kept = exists().where(RoleGrant.unit_id == OrgUnit.id, RoleGrant.role == Role.ADMIN.value)
    orphans = session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None), ~kept)).all()
    if first is not None:
        for unit_id in orphans:
            grant(session, SYSTEM, first, unit_id, Role.ADMIN)


# ---------------------------------------------------------------- signing in


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether a password fits a hash."""

    hash: str
    fits: bool


def try_password(session: Session, login: str, password: str) -> Tried:
    """Do the slow part of signing in with a session that only reads, so that nobody who writes waits for it.

    An unknown name costs the same as a wrong password.
    """
    found = session.scalar(select(User.password_hash).where(User.login == _plain(login)))
    hashed = _nobodys_hash() if found is None else found
    return Tried(hashed, _verify(hashed, password))


def _plain(login: str) -> str:
    return login.replace("\0", "�")  # PostgreSQL takes no NUL in a text


def authenticate(
    session: Session, login: str, password: str, now: datetime, *, tried: Tried | None = None
) -> int | None:
    """Give the person's id where name and password fit and the account is neither locked nor disabled; else None.

    Every try is counted and written down, one after the other for each account, however many come at once.
    """
    login = _plain(login)
    user = session.scalar(select(User).where(User.login == login).with_for_update())
    hashed = _nobodys_hash() if user is None else user.password_hash
    fits = tried.fits if tried is not None and tried.hash == hashed else _verify(hashed, password)
    if user is None or user.disabled or (user.locked_until is not None and user.locked_until > now):
        audit.record(session, Actor(None, login[:100]), "sign_in.refused", f"user:{login[:100]}", at=now)
        return None
    who = Actor(user.id, user.login)
    if not fits:
        user.failed += 1
        if user.failed >= TRIES:
            user.failed, user.locked_until = 0, now + REST
        audit.record(session, who, "sign_in.refused", f"user:{login}", at=now)
        return None
    user.failed, user.locked_until = 0, None
    if _HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = _HASHER.hash(password)
    audit.record(session, who, "sign_in", f"user:{login}", at=now)
    return user.id


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def hashed(token: str) -> str:
    """Give what is kept of a session's token."""
    return sha256(token.encode()).hexdigest()


def open_session(session: Session, user_id: int, now: datetime, *, absolute: timedelta = ABSOLUTE) -> str:
    """Begin a session and give its token; only the token's hash is kept. Sessions past their time are swept out."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= now))
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=hashed(token),
            user_id=user_id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            expires_at=now + absolute,
        )
    )
    session.flush()
    return token


def close_session(session: Session, token: str) -> None:
    """End a session; an unknown one is no trouble."""
    session.execute(delete(LoginSession).where(LoginSession.token_hash == hashed(token)))


def close_all_sessions(session: Session, user_id: int) -> None:
    """End every session of a person."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
