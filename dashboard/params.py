"""What the address asks for: unit, resource, year, as-of day; anything unreadable becomes the default."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from dashboard.context import Context
from monitor.domain.periods import from_day, to_day, year_days
from monitor.domain.resources import RESOURCES
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries import scope, targets
from monitor.queries.scope import UnitRow

NO_UNITS = N_("You have no unit yet. Ask the administrator to give you a role on one.")
YEARS = 4


@dataclass(frozen=True, slots=True)
class View:
    """A view as its address says: the unit, all visible units, resource, year, last day counted (inclusive), and the latest possible one."""

    unit: UnitRow
    units: list[UnitRow]
    resource: str
    year: int
    as_of: int
    latest: int

    @property
    def span(self) -> tuple[int, int]:
        """The days of the year gone by: first, and the day after the last counted."""
        return year_days(self.year)[0], self.as_of + 1

    @property
    def weeks(self) -> tuple[int, int]:
        """The last four weeks of them: what shows habits, without reading a year of quarter hours."""
        first, end = self.span
        return max(first, end - 28), end

    @property
    def query(self) -> dict[str, object]:
        """The address of this view, to be carried on."""
        return {
            "unit": self.unit.code,
            "resource": self.resource,
            "year": self.year,
            "as_of": from_day(self.as_of).isoformat(),
        }


def read(session: Session, context: Context, given: Mapping[str, str]) -> View:
    """Read a view from the parameters of an address. NotFound where the unit is not there or may not be seen."""
    units = scope.units(session, context.actor)
    if not units:
        raise NotFound("NO_UNITS", NO_UNITS)
    code = given.get("unit", "")
    unit = scope.unit_by_code(session, context.actor, code) if code else units[0]
    latest = targets.default_as_of(session, now=context.now())
    year = _year(given.get("year", ""), from_day(latest).year)
    first, end = year_days(year)
    as_of = _day(given.get("as_of", ""), latest)
    as_of = min(as_of, end - 1, latest) if as_of >= first else min(end - 1, max(latest, first))
    resource = given.get("resource", "")
    return View(unit, units, resource if resource in RESOURCES else next(iter(RESOURCES)), year, as_of, latest)


def _year(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and 1990 <= int(text) <= default + 1 else default  # noqa: PLR2004 - no meter data before


def _day(text: str, default: int) -> int:
    try:
        return to_day(date.fromisoformat(text))
    except ValueError:
        return default


def years(latest: int) -> list[int]:
    """Give the years that a filter offers, newest first."""
    return [from_day(latest).year - back for back in range(YEARS)]
