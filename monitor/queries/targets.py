"""Targets judged: one unit's, or all units on a board; the same calculation as every other figure."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.targets import TargetProgress
from monitor.queries.scope import UnitRow


@dataclass(frozen=True, slots=True)
class Judged:
    """A target in force with how it stands."""

    unit: UnitRow
    resource: str
    target_id: int
    progress: TargetProgress


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A unit and a resource on the board: its first target judged, the twelve months of the year (None: nothing known)."""

    unit: UnitRow
    resource: str
    judged: Judged | None
    spark: list[int | None] = field(default_factory=list)


def default_as_of(session: Session) -> int:
    """Give the last complete day: yesterday, or the last day with data where that is earlier."""
    raise NotImplementedError


def progress(  # noqa: PLR0917 - who, whose, what, when
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, as_of: int | None = None
) -> list[Judged]:
    """Judge each target in force of a unit, resource and year; NotFound for a stranger."""
    raise NotImplementedError


def board(session: Session, actor: Actor, year: int, as_of: int | None = None) -> list[BoardRow]:
    """Judge all units that the actor may see, each with every resource; empty for a stranger."""
    raise NotImplementedError
