"""The weather where a unit is: mean temperatures of days, and degree days of months beside those of the year before."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.periods import Month, year_days
from monitor.domain.weather import DEFAULT, Rule, degree_days
from monitor.queries._tree import load_tree
from monitor.queries._weather import Station, means_of, station_at, station_of
from monitor.queries.scope import require_meter, require_unit

__all__ = ["MonthOfWeather", "Outdoor", "Station", "at_meter", "by_month", "outdoor"]


@dataclass(frozen=True, slots=True)
class Outdoor:
    """Where the temperature is read, and the mean of each local day from `start` on in °C (NaN: too few hours)."""

    station: Station
    start: int
    means: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MonthOfWeather:
    """Heating and cooling degree days of a month's known days, and how many are known of how many; of this year and the last."""

    month: Month
    heating: tuple[float | None, float | None]
    cooling: tuple[float | None, float | None]
    known: tuple[int, int]
    days: tuple[int, int]


def outdoor(session: Session, actor: Actor, unit_id: int, start: int, end: int) -> Outdoor | None:
    """Give the temperature outside on the days start..end-1 where a unit is; None where none is read, NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    station = station_of(session, tree, unit_id)
    return None if station is None else Outdoor(station, start, means_of(session, station, start, end))


def at_meter(session: Session, actor: Actor, meter_id: int, start: int, end: int) -> Outdoor | None:
    """Give what a station read on the days start..end-1; None where the meter is none, NotFound for a stranger."""
    require_meter(session, actor, meter_id)
    station = station_at(session, meter_id)
    return None if station is None else Outdoor(station, start, means_of(session, station, start, end))


def by_month(
    session: Session, actor: Actor, unit_id: int, year: int, as_of: int, *, rule: Rule = DEFAULT
) -> list[MonthOfWeather]:
    """Give the months of a year up to a day beside the same days of the year before; none where no temperature is read."""
    before, turn = year_days(year - 1)[0], year_days(year)[0]
    found = outdoor(session, actor, unit_id, before, as_of + 1)
    if found is None:
        return []
    heating, cooling = degree_days(found.means, rule)
    rows = []
    for number in range(1, 13):
        now, then = Month(year, number), Month(year - 1, number)
        end = min(now.end, as_of + 1)
        if end <= max(now.start, turn):
            break
        spans = ((now.start, end), (then.start, min(then.start + end - now.start, then.end)))
        parts = [slice(first - before, last - before) for first, last in spans]
        known = [int((~np.isnan(found.means[part])).sum()) for part in parts]
        rows.append(
            MonthOfWeather(
                now,
                (_sum(heating[parts[0]]), _sum(heating[parts[1]])),
                (_sum(cooling[parts[0]]), _sum(cooling[parts[1]])),
                (known[0], known[1]),
                (spans[0][1] - spans[0][0], spans[1][1] - spans[1][0]),
            )
        )
    return rows


def _sum(values: npt.NDArray[np.float64]) -> float | None:
    return None if np.isnan(values).all() else float(np.nansum(values))
