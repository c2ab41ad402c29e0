"""Who a browser's request comes from: session, person, roles and the state of the data, read with one short statement."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from monitor.database.state import ACTS, DATA_VERSION
from monitor.database.tables import LoginSession, RoleGrant, State, User
from monitor.domain.access import Actor
from monitor.queries import scope
from monitor.services import accounts

IDLE = accounts.IDLE
SEEN_EVERY = timedelta(minutes=1)
PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class Visit:
    """A person signed in: roles as granted (unit, role), the token of the session's forms, data version and acts as they stand."""

    user_id: int
    login: str
    csrf: str
    grants: tuple[tuple[int, str], ...]
    version: int
    acts: int


_STATE = {
    name: select(State.value).where(State.key == name).correlate(None).scalar_subquery()
    for name in (DATA_VERSION, ACTS)
}
_VISIT = (
    select(
        *(LoginSession.user_id, User.login, LoginSession.csrf, RoleGrant.unit_id, RoleGrant.role, User.disabled),
        *(LoginSession.seen_at, LoginSession.expires_at, _STATE[DATA_VERSION], _STATE[ACTS]),
    )
    .join(User, User.id == LoginSession.user_id)
    .outerjoin(RoleGrant, RoleGrant.user_id == LoginSession.user_id)
    .where(LoginSession.token_hash == bindparam("token"))
    .order_by(RoleGrant.id)
)


def find(session: Session, token: str, now: datetime, *, idle: timedelta = IDLE) -> Visit | None:
    """Find whose session a token opens: one that is neither idle too long, nor too old, nor of a disabled person."""
    token_hash = accounts.hashed(token)
    rows = session.connection().execute(_VISIT, {"token": token_hash}).all()  # asked at every request: past the ORM
    if not rows:
        return None
    user_id, login, csrf, _, _, disabled, seen_at, expires_at, version, acts = rows[0]
    if disabled or expires_at <= now or seen_at + idle <= now:
        return None
    if seen_at + SEEN_EVERY <= now:
        _seen(session, token_hash, now)
    grants = tuple((row[3], row[4]) for row in rows if row[3] is not None)
    return Visit(user_id, login, csrf, grants, version or 0, acts or 0)


def _seen(session: Session, token_hash: str, now: datetime) -> None:
    """Note the visit; where another writer is in the way the page is worth more than the note."""
    try:
        with session.begin_nested():
            session.execute(update(LoginSession).where(LoginSession.token_hash == token_hash).values(seen_at=now))
    except OperationalError:
        return


class People:
    """Who somebody is, kept while neither the grants, which are read at each request, change nor anybody moves a unit. Safe among threads.

    Each comes with what tells the reach of one from that of another: pages are shared by it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, tuple[Actor, Hashable]] = OrderedDict()
        self._lock = threading.Lock()

    def actor(self, session: Session, visit: Visit) -> tuple[Actor, Hashable]:
        """Give who a visit is by, and the reach."""
        key = (visit.user_id, visit.login, visit.grants, visit.acts)
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
                return found
        actor = scope.actor_of(session, visit.user_id, visit.login, visit.grants)
        found = (actor, _reach(actor))
        with self._lock:
            self._known[key] = found
            while len(self._known) > PEOPLE:
                self._known.popitem(last=False)
        return found


def _reach(actor: Actor) -> Hashable:
    """Give what two readers have in common where their roles reach exactly the same units."""
    return frozenset(actor.roles.items()), actor.root_ids
