"""One question of a program: who asks, in which session, about what; and the defaults that pages have too."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from dashboard.api.questions import Question
from dashboard.context import Context
from monitor.domain.access import Actor
from monitor.domain.periods import from_day, to_day, year_days
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.queries import targets
from monitor.queries.version import data_version

DAY_OUTSIDE = N_("The day {parameter} does not lie in the year {year}.")


@dataclass(frozen=True)
class Ask:
    """A question with its parameters and what stood in the gaps of the address."""

    here: Context
    session: Session
    question: Any
    gaps: dict[str, Any]

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.here.actor

    @cached_property
    def version(self) -> int:
        """The version of the data."""
        return data_version(self.session)

    @cached_property
    def latest(self) -> int:
        """The last complete day, as on the pages."""
        return targets.default_as_of(self.session, now=self.here.now())

    def year_and_day(self, year: int | None, as_of: date | None) -> tuple[int, int]:
        """Choose year and last day counted: the last complete day unless named, never later, always within the year."""
        chosen = year if year is not None else (as_of or from_day(self.latest)).year
        first, end = year_days(chosen)
        if as_of is None:
            return chosen, min(end - 1, max(self.latest, first))
        if not first <= to_day(as_of) < end:
            raise ConfigurationError("DAY_OUTSIDE", DAY_OUTSIDE, parameter="as_of", year=chosen)
        return chosen, max(min(to_day(as_of), self.latest), first)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer that is handed out as it is stored."""

    content: bytes
    mimetype: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """An address below /api/v1: which scope it needs, what may be asked, what it answers, who answers.

    `versioned`: the answer hangs on the version of the data alone (and who asks what when), so its ETag is known beforehand.
    """

    path: str
    scope: str
    summary: str
    question: type[Question]
    answer: type[BaseModel] | None
    function: Callable[[Ask], BaseModel | Raw]
    mimetype: str = "application/json"
    versioned: bool = True
    csv: Callable[[Any], Raw] | None = field(default=None)

    @property
    def name(self) -> str:
        """Name the operation: `units_code`."""
        return "_".join(
            part
            for part in self.path.replace("<int:", "").replace("<", "").replace(">", "").replace(".", "/").split("/")
            if part
        )
