"""Small named numbers, above all the data version: pages cache by it, every business write bumps it."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from monitor.database.tables import State

DATA_VERSION = "data_version"
ACTS = "acts"
HEARTBEAT = "scheduler_heartbeat"
INSTALLATION = "installation"
BACKUP = "backup"


def put(session: Session, key: str, value: int, *, add: bool = False) -> None:
    """Set a named number, or add to it."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(State).values(key=key, value=value)
    new = State.value + value if add else value
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": new}))


def get(session: Session, key: str) -> int | None:
    """Give a named number; None where it was never set."""
    return session.scalar(select(State.value).where(State.key == key))


def bump_data_version(session: Session, *, by_hand: bool = True) -> None:
    """Say that figures may have changed; call it last before COMMIT, since the row is locked from then on.

    What somebody did shows on every page at once; `by_hand=False` is for what nobody waits for, such as a part of an import,
    which a kept page may show some seconds later.
    """
    put(session, DATA_VERSION, 1, add=True)
    if by_hand:
        put(session, ACTS, 1, add=True)


def data_version(session: Session) -> int:
    """Give the number that changes with every business write; 0 in a new database."""
    return get(session, DATA_VERSION) or 0


def standing(session: Session) -> tuple[int, int]:
    """Give the data version, and how often it was moved by hand, with one statement."""
    found = {key: value for key, value in session.execute(_STANDING)}  # noqa: C416 - typed rows
    return found.get(DATA_VERSION, 0), found.get(ACTS, 0)


_STANDING = select(State.key, State.value).where(State.key.in_((DATA_VERSION, ACTS)))
