"""What a report is about: who asks, which unit and month, up to which day, and the same days of the year before."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.periods import Month, from_day, to_day, year_days
from monitor.queries.scope import UnitRow


def year_before(end: int) -> int:
    """Give the end (exclusive) of the same days a year earlier; an end of February stays one."""
    last = from_day(end - 1)
    length = monthrange(last.year, last.month)[1]
    before = monthrange(last.year - 1, last.month)[1]
    return to_day(date(last.year - 1, last.month, before if last.day == length else min(last.day, before))) + 1


@dataclass(frozen=True)
class Asked:
    """The question: days are numbers, `end` is exclusive and at most the end of the month."""

    session: Session
    actor: Actor
    unit: UnitRow
    month: Month
    end: int

    @property
    def as_of(self) -> int:
        """The last day counted."""
        return self.end - 1

    @property
    def in_month(self) -> tuple[int, int]:
        """The days of the month that are counted."""
        return self.month.start, self.end

    @property
    def month_before(self) -> tuple[int, int]:
        """The same days of the month a year earlier."""
        return Month(self.month.year - 1, self.month.month).start, year_before(self.end)

    @property
    def in_year(self) -> tuple[int, int]:
        """The days of the year so far."""
        return year_days(self.month.year)[0], self.end

    @property
    def year_before(self) -> tuple[int, int]:
        """The same days of the year before."""
        return year_days(self.month.year - 1)[0], year_before(self.end)
