"""What would a change change? It is made, looked at and rolled back: nothing stays behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import Amount
from monitor.queries._tree import UnitRow
from monitor.queries.targets import Judged


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A unit and resource whose figures would differ: used this year so far, its targets judged, before and after."""

    unit: UnitRow
    resource: str
    used_before: Amount
    used_after: Amount
    judged_before: list[Judged]  # status and allowance: one.progress.status, one.progress.allowed
    judged_after: list[Judged]


@dataclass(frozen=True, slots=True)
class RestChange:
    """What is not allocated of a resource, this year so far, before and after."""

    resource: str
    before: Amount
    after: Amount


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line that the change would write into the audit trail."""

    action: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """All that would change, by unit in tree order; `as_of` is the last day counted (inclusive)."""

    year: int
    as_of: int
    figures: list[FigureChange]
    not_allocated: list[RestChange]
    audit: list[AuditLine]

    def __bool__(self) -> bool:
        """Tell whether anything would be written at all."""
        return bool(self.audit)


def preview_change(
    session: Session, actor: Actor, change: Callable[[Session], object], *, now: datetime | None = None
) -> Preview:
    """Say what a change would do: `change` is any of the functions of `organisation`, `metering` or `setup`, bound.

    `preview_change(session, actor, lambda s: move_unit(s, actor, "a1", "b", day))`. It runs in a transaction within the
    session's that is rolled back; open the session with `write=True`. Refusals of the change are raised as they are.
    Figures cover the units that the actor may see and whose figures can change.
    """
    raise NotImplementedError
