"""The only calendar code: local days and their edges, months, years, workdays with make-up days.

A day is an integer, days since 1970-01-01 (`date.toordinal()` less EPOCH); an instant is epoch seconds UTC. Days are
local to a meter's place: 23, 24 or 25 hours long.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import numpy.typing as npt

EPOCH = date(1970, 1, 1).toordinal()
DAY_SECONDS = 86_400


def to_day(value: date) -> int:
    """Number a date: days since 1970-01-01."""
    return value.toordinal() - EPOCH


def from_day(day: int) -> date:
    """Give the date of a day number."""
    return date.fromordinal(int(day) + EPOCH)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; `start` inclusive, `end` exclusive, as day numbers."""

    year: int
    month: int

    @property
    def start(self) -> int:
        """The first day."""
        return to_day(date(self.year, self.month, 1))

    @property
    def end(self) -> int:
        """The day after the last."""
        return self.next().start

    def next(self) -> "Month":
        """The following month."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """The month before."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2019-12`."""
        year, month = text.split("-")
        return cls(*date(int(year), int(month), 1).timetuple()[:2])


def year_days(year: int) -> tuple[int, int]:
    """Give the first day of a year and the day after its last."""
    return to_day(date(year, 1, 1)), to_day(date(year + 1, 1, 1))


@lru_cache(maxsize=64)
def _edges(zone: str, start: int, end: int) -> npt.NDArray[np.int64]:
    place = ZoneInfo(zone)
    first = from_day(start)
    edges = [
        int(datetime(d.year, d.month, d.day, tzinfo=place).timestamp())
        for d in (first + timedelta(days=n) for n in range(end - start + 1))
    ]
    result = np.array(edges, dtype=np.int64)
    result.flags.writeable = False
    return result


def day_edges(zone: str, start: int, end: int) -> npt.NDArray[np.int64]:
    """Give the instants at which the local days start..end-1 begin, and the last one's end: end - start + 1 values.

    Where local midnight does not exist the day begins at the first instant after it. Read-only, cached.
    """
    return _edges(zone, start, end)


def local_day(instant: int, zone: str) -> int:
    """Give the local day that contains an instant."""
    return to_day(datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone)).date())


@lru_cache(maxsize=256)
def _off_days(country: str, year: int) -> frozenset[date]:
    """Weekends and public holidays of a year, without the weekend days that are worked instead (调休)."""
    calendar = holidays.country_holidays(country, years=year) if country else holidays.HolidayBase()
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(d for d in days if not calendar.is_working_day(d))


def is_workday(value: date, country: str) -> bool:
    """Tell whether offices work: public holidays and make-up workdays of `country` (ISO code; "" knows weekends only).

    For a year whose holidays are not announced yet, the known fixed ones and weekends are used.
    """
    return value not in _off_days(country, value.year)


def workdays(start: int, end: int, country: str) -> npt.NDArray[np.bool_]:
    """Tell for each day of start..end-1 whether it is a workday: end - start values."""
    return np.array([is_workday(from_day(d), country) for d in range(start, end)], dtype=np.bool_)
