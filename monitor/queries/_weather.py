"""The temperature where a unit is, and what the weather did to a use: read once, for a change and for what stands behind it."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.points import counted_points
from monitor.database.tables import Meter, MeterShare, Place, Register
from monitor.domain.baselines import Finding, months_of
from monitor.domain.periods import Month, day_edges, from_day, year_days
from monitor.domain.resources import GAUGES, THOUSANDTHS
from monitor.domain.weather import (
    MONTH_UNKNOWN,
    NO_SOURCE,
    SHARE_OF_DAYS,
    Model,
    Observed,
    Rule,
    Year,
    daily_means,
    degree_days,
    fitted,
    observed,
    summed,
)
from monitor.queries._series import Series
from monitor.queries._tree import Tree

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
TEMPERATURE = next(iter(GAUGES))
WELL = Fraction(95, 100)  # of a day or month that must be measured for it to tell of the weather
GUESSED = Fraction(20, 100)  # of a day's use that may be estimated or spread over days


@dataclass(frozen=True, slots=True)
class Station:
    """Where the temperature is read: a meter, its registers (the best first) and the zone of its place."""

    meter_id: int
    code: str
    name_zh: str
    name_en: str
    zone: str
    registers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Weather:
    """What split the weather off: the model of the baseline year, degree days (before, now), the rule, the station."""

    model: Model
    heating: tuple[float, float]
    cooling: tuple[float, float]
    rule: Rule
    station: Station

    @property
    def part(self) -> int:
        """What the change of degree days alone would have made of last year's use."""
        return self.model.part(self.heating[1] - self.heating[0], self.cooling[1] - self.cooling[0])


def station_of(session: Session, tree: Tree, unit_id: int) -> Station | None:
    """Find the temperature nearest to where most of a unit's meters stand: at the place, or below the nearest one above it.

    Of several equally near the first by priority and code. At most three statements.
    """
    columns = (Meter.id, Meter.code, Meter.name_zh, Meter.name_en, Place.zone, Register.id, Meter.place_id)
    read = (
        select(*columns)
        .join(Place, Place.id == Meter.place_id)
        .join(Register, Register.meter_id == Meter.id)
        .where(Meter.resource == TEMPERATURE, Register.kind == "gauge", Register.counts.is_(True))
    )
    rows = session.execute(read.order_by(Register.priority, Meter.code, Register.id)).all()
    if not rows:
        return None
    own = (
        select(Meter.place_id, func.count())
        .join(MeterShare, MeterShare.meter_id == Meter.id)
        .where(MeterShare.unit_id.in_(tree.subtree(unit_id)))
        .group_by(Meter.place_id)
    )
    stand = Counter({place: int(count) for place, count in session.execute(own.order_by(Meter.place_id))})
    above = {row[0]: row[1] for row in session.execute(select(Place.id, Place.parent_id))}
    at = stand.most_common(1)[0][0] if stand else None
    while at is not None:
        near = [row for row in rows if _below(row[6], at, above)]
        if near:
            chosen = near[0]
            return Station(*chosen[:5], tuple(row[5] for row in near if row[0] == chosen[0]))
        at = above.get(at)
    return None


def station_at(session: Session, meter_id: int) -> Station | None:
    """Give a meter as a station; None where it is none."""
    columns = (Meter.id, Meter.code, Meter.name_zh, Meter.name_en, Place.zone, Register.id)
    read = (
        select(*columns)
        .join(Place, Place.id == Meter.place_id)
        .join(Register, Register.meter_id == Meter.id)
        .where(Meter.id == meter_id, Register.kind == "gauge", Register.counts.is_(True))
    )
    rows = session.execute(read.order_by(Register.priority, Register.id)).all()
    return Station(*rows[0][:5], tuple(row[5] for row in rows)) if rows else None


def _below(place: int | None, top: int, above: dict[int, int | None]) -> bool:
    while place is not None and place != top:
        place = above.get(place)
    return place == top


def means_of(session: Session, station: Station, start: int, end: int) -> Floats:
    """Give the mean temperature in °C of each local day start..end-1, NaN where too few hours are known."""
    edges = day_edges(station.zone, start, end)
    points = counted_points(session, station.registers, int(edges[0]), int(edges[-1]))
    found = np.full(end - start, np.nan)
    for place in range(len(station.registers)):
        own = points.take(points.reg == place)
        means = daily_means(own.start, own.end, own.value / THOUSANDTHS, edges)
        found = np.where(np.isnan(found), means, found)
    return found


def split(
    session: Session, station: Station | None, last: Series, flags: Flags, *, ends: tuple[int, int], rule: Rule
) -> Weather | Finding:
    """Say what the weather did between the days of two years, up to `ends` (exclusive: before, now); or why it cannot be told.

    `last` are the days of the whole year before, `flags` its workdays.
    """
    if station is None:
        return Finding("WEATHER_NO_SOURCE", NO_SOURCE)
    first, turn = last.start, year_days(from_day(last.start).year + 1)[0]
    year = from_day(first).year
    means = means_of(session, station, first, ends[1])
    sums = []
    for low, high in ((first, ends[0]), (turn, ends[1])):
        months = _months(low, high)
        for values in degree_days(means[low - first : high - first], rule):
            found = summed(values, months)
            if isinstance(found, tuple):
                return _unknown(from_day(low).year, found)
            sums.append(found)
    seen = observed(_baseline(last, flags, means[: turn - first], year), rule)
    model = fitted(seen, year, rule) if isinstance(seen, Observed) else seen
    if isinstance(model, Finding):
        return model
    return Weather(model, (sums[0], sums[2]), (sums[1], sums[3]), rule, station)


def _months(first: int, end: int) -> npt.NDArray[np.int64]:
    return months_of(from_day(first).year)[: end - first]


def _unknown(year: int, found: tuple[int, int, int]) -> Finding:
    month, known, days = found
    least = -(-days * SHARE_OF_DAYS // 1)
    data = {"month": str(Month(year, month)), "count": known, "days": days, "least": int(least)}
    return Finding("WEATHER_MONTH_UNKNOWN", MONTH_UNKNOWN, data)


def _baseline(last: Series, flags: Flags, means: Floats, year: int) -> Year:
    """Take the days of a year that were measured well, as if complete, and its months that were."""
    quantity, covered, expected = (one.astype(np.float64) for one in (last.quantity, last.covered, last.expected))
    well = last.known & (last.expected > 0) & (covered >= float(WELL) * expected)
    guessed = last.estimated > float(GUESSED) * np.abs(quantity)
    use = np.where(well & ~guessed, quantity * expected / np.maximum(covered, 1), np.nan)
    months = months_of(year)
    whole: dict[int, float] = {}
    for month in range(1, 13):
        one = Month(year, month)
        amount = last.amount(one.start, one.end)
        complete = amount.if_complete()
        if complete is not None and amount.coverage >= WELL:
            whole[month] = float(complete)
    return Year(year, use, flags, means, months, whole)
