"""Keys for programs: shown once, kept as a hash, never more than their person may see, and only to read, until they expire."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from monitor.database import audit
from monitor.database.tables import ApiToken, OrgUnit, User
from monitor.domain.access import NOBODY, Action, Actor, Role
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries.scope import actor_for, require_unit, visible_tree

MARK = "jy_"  # so that a token found in a file is known for what it is
PREFIX = 12  # characters kept to tell tokens apart; 54 of 256 random bits, the rest stays secret
LONGEST = timedelta(days=731)  # two years
USED_EVERY = timedelta(minutes=1)
NAME_LENGTH = 100

READ_UNITS, READ_METERS, READ_CONSUMPTION = "read:units", "read:meters", "read:consumption"
READ_TARGETS, READ_REPORTS = "read:targets", "read:reports"
SCOPES: dict[str, str] = {
    READ_UNITS: N_("Units: the tree, codes and names"),
    READ_METERS: N_("Meters: place, purpose, shares, registers"),
    READ_CONSUMPTION: N_("Consumption of units and meters by day, month and year"),
    READ_TARGETS: N_("Targets, how they stand, board and comparison"),
    READ_REPORTS: N_("Reports: list and contents"),
}

NO_SUCH_TOKEN = N_("There is no such token, or it is not yours.")
OTHERS_TOKEN = N_("Everybody makes tokens for himself alone.")
SCOPES_WRONG = N_("A token needs at least one scope of these: {scopes}.")
EXPIRY_WRONG = N_("A token needs an expiry in the future, at most two years away.")
NAME_WRONG = N_("A token needs a name of 1 to {length} characters that says what uses it.")


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as lists show it: never the token itself. `unit_code` limits it to a sub-tree, "" to none."""

    id: int
    user_id: int
    login: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    unit_code: str
    unit_name_zh: str
    unit_name_en: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """Tell whether it is valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= now else "valid"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks with a token: the person's grants within the token's sub-tree, as a viewer; and its scopes. NOBODY has none."""

    actor: Actor = NOBODY
    scopes: frozenset[str] = frozenset()
    token_id: int | None = None


STRANGER = Caller()


def create(
    session: Session,
    actor: Actor,
    name: str,
    scopes: Iterable[str],
    *,
    expires_at: datetime,
    unit_id: int | None = None,
    user_id: int | None = None,
    now: datetime | None = None,
) -> tuple[int, str]:
    """Make a token for oneself and give (id, token): the token is shown this once, only its hash is kept.

    `unit_id` limits it to a sub-tree that the person sees. Only the system (the command line) may name another person by `user_id`.
    NotFound for who sees nothing, Forbidden for another person's, ConfigurationError where name, scopes or expiry are wrong.
    """
    at = now or datetime.now(UTC)
    owner = _owner(session, actor, user_id)
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(SCOPES):
        raise ConfigurationError("TOKEN_SCOPES", SCOPES_WRONG, scopes=", ".join(SCOPES))
    if not at < expires_at <= at + LONGEST:
        raise ConfigurationError("TOKEN_EXPIRY", EXPIRY_WRONG)
    title = name.strip()
    if not 0 < len(title) <= NAME_LENGTH or not title.isprintable():
        raise ConfigurationError("TOKEN_NAME", NAME_WRONG, length=NAME_LENGTH)
    if unit_id is not None:
        require_unit(owner, visible_tree(session, owner), unit_id)
    token = MARK + secrets.token_urlsafe(32)
    row = ApiToken(user_id=owner.user_id, name=title, prefix=token[:PREFIX], token_hash=_hashed(token), scopes=wanted)
    row.unit_id, row.created_at, row.expires_at = unit_id, at, expires_at
    session.add(row)
    session.flush()
    after = {"name": title, "scopes": wanted, "unit": unit_id, "expires": expires_at.isoformat(), "prefix": row.prefix}
    audit.record(session, actor, "token.create", f"user:{owner.login}", after=after, at=at)
    return row.id, token


def _owner(session: Session, actor: Actor, user_id: int | None) -> Actor:
    if actor.system and user_id is not None:
        owner = actor_for(session, user_id)
    elif user_id in {None, actor.user_id}:
        owner = actor
    else:
        raise Forbidden("TOKEN_OTHERS", OTHERS_TOKEN) if actor.roles else NotFound("NOT_FOUND", NO_SUCH_TOKEN)
    if owner.user_id is None or not owner.units():
        raise NotFound("NOT_FOUND", N_("There is no such person, or one who may not see anything yet."))
    return owner


def own(session: Session, actor: Actor) -> list[TokenRow]:
    """List the tokens of who asks, newest first; a stranger has none."""
    found = session.execute(_query().where(ApiToken.user_id == (-1 if actor.user_id is None else actor.user_id)))
    return [_row(one) for one in found]


def list_all(session: Session, actor: Actor) -> list[TokenRow]:
    """List everybody's tokens, newest first; asks for MANAGE_PEOPLE on the organisation."""
    actor.require_everywhere(Action.MANAGE_PEOPLE)
    return [_row(one) for one in session.execute(_query())]


def _query() -> Select[Any]:
    token = (ApiToken.id, ApiToken.user_id, User.login, ApiToken.name, ApiToken.prefix, ApiToken.scopes)
    unit = (OrgUnit.code, OrgUnit.name_zh, OrgUnit.name_en)
    times = (ApiToken.created_at, ApiToken.expires_at, ApiToken.used_at, ApiToken.revoked_at)
    joined = select(*token, *unit, *times).join(User, User.id == ApiToken.user_id)
    return joined.outerjoin(OrgUnit, OrgUnit.id == ApiToken.unit_id).order_by(
        ApiToken.created_at.desc(), ApiToken.id.desc()
    )


def _row(found: Row[Any]) -> TokenRow:
    values: dict[str, Any] = dict(zip(TokenRow.__dataclass_fields__, found, strict=True))
    values["scopes"] = tuple(values["scopes"])
    values |= {name: values[name] or "" for name in ("unit_code", "unit_name_zh", "unit_name_en")}
    return TokenRow(**values)


def revoke(session: Session, actor: Actor, token_id: int, *, now: datetime | None = None) -> None:
    """End a token at once: one's own, or as administrator anybody's; twice changes nothing. NotFound for everyone else."""
    row = session.get(ApiToken, token_id)
    if row is None or not (actor.user_id == row.user_id or actor.may_everywhere(Action.MANAGE_PEOPLE)):
        raise NotFound("NOT_FOUND", NO_SUCH_TOKEN)
    if row.revoked_at is None:
        at = now or datetime.now(UTC)
        row.revoked_at = at
        owner = session.get_one(User, row.user_id)
        before = {"name": row.name, "prefix": row.prefix}
        audit.record(session, actor, "token.revoke", f"user:{owner.login}", before=before, at=at)


# ---------------------------------------------------------------- asking with one


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def find(session: Session, token: str, now: datetime) -> Caller:
    """Give who asks with this token; STRANGER where it is unknown, expired, revoked or its person disabled.

    The look-up is by hash, so its time says nothing of how much of a guess was right. The use is noted once a minute.
    """
    chosen = select(ApiToken).where(ApiToken.token_hash == _hashed(token))
    row = session.scalar(chosen)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return STRANGER
    person = actor_for(session, row.user_id)
    if person.user_id is None:
        return STRANGER
    if row.used_at is None or row.used_at + USED_EVERY <= now:
        _used(session, row.id, now)
    return Caller(_narrowed(session, person, row.unit_id), frozenset(row.scopes), row.id)


def _narrowed(session: Session, person: Actor, unit_id: int | None) -> Actor:
    """Make a viewer of the person, within the sub-tree where one is named; what left the sub-tree is left out at once."""
    seen = person.units()
    if unit_id is not None:
        tree = visible_tree(session, person)
        seen &= frozenset(tree.subtree(unit_id)) if unit_id in tree.by_id else frozenset()
    return replace(person, roles=dict.fromkeys(seen, Role.VIEWER))


def _used(session: Session, token_id: int, now: datetime) -> None:
    """Note the use; where another writer is in the way the answer is worth more than the note."""
    try:
        with session.begin_nested():
            session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
    except OperationalError:
        return
