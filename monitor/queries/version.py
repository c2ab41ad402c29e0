"""The state of the data as a number: the same number, the same figures; what kept pages hang on."""

from sqlalchemy.orm import Session

from monitor.database import state


def data_version(session: Session) -> int:
    """Give the version that every business write raises; it says nothing about anyone, so it asks for no actor."""
    return state.data_version(session)


def standing(session: Session) -> tuple[int, int]:
    """Give the data version, and how often it was moved by what somebody did; no actor, as above."""
    return state.standing(session)
