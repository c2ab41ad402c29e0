"""Quotas (能耗定额): the three values of a band per person or m² and year, and where a unit stands against them."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from monitor.domain.periods import Month, from_day, year_days

LARGEST = 2**62  # what a column of the database takes


class Standing(StrEnum):
    """What a band says of a year's use per person or m²; smaller use is better."""

    ADVANCED = "advanced"  # 先进: at most the guidance value
    REASONABLE = "reasonable"  # 合理: at most the reference value
    COMPLIANT = "compliant"  # 达标: at most the constraint value
    RECTIFY = "rectify"  # 需整改: above the constraint value
    BEYOND = "beyond"  # above all that the band names, which has no constraint value
    NOT_JUDGED = "not_judged"  # 不评价: too little is known; never a good word


@dataclass(frozen=True, slots=True)
class Band:
    """Constraint (约束值) ≥ reference (基准值) ≥ guidance (引导值), thousandths of the base measure per person or m² and year.

    None where the standard names none.
    """

    constraint: int | None = None
    reference: int | None = None
    guidance: int | None = None

    @property
    def named(self) -> list[tuple[str, int]]:
        """Give the values that there are with their names, the smallest first."""
        values = (("guidance", self.guidance), ("reference", self.reference), ("constraint", self.constraint))
        return [(name, value) for name, value in values if value is not None]


GOOD = {"guidance": Standing.ADVANCED, "reference": Standing.REASONABLE, "constraint": Standing.COMPLIANT}


def judge(band: Band, value: Fraction | None) -> Standing:
    """Tell where a year's use per person or m² stands; a value that is not known is not judged."""
    if value is None:
        return Standing.NOT_JUDGED
    within = (GOOD[name] for name, limit in band.named if value <= limit)
    return next(within, Standing.BEYOND if band.constraint is None else Standing.RECTIFY)


def problem(band: Band) -> str:
    """Name what keeps three values from being a band: QUOTA_EMPTY, QUOTA_NOT_ABOVE_ZERO, QUOTA_ORDER; "" where nothing does."""
    values = [value for _, value in band.named]
    if not values:
        return "QUOTA_EMPTY"
    if not all(0 < value < LARGEST for value in values):
        return "QUOTA_NOT_ABOVE_ZERO"
    return "" if values == sorted(values) else "QUOTA_ORDER"


def holds(year: int, first: int, last: int | None) -> bool:
    """Tell whether a row of the years first..last (None: open) speaks for a year."""
    return first <= year and (last is None or year <= last)


def judged_days(year: int, as_of: int) -> tuple[int, int]:
    """Give the days start..end-1 that are held against the quota of a year as seen on a day (inclusive).

    A quota is for twelve months: the calendar year once it is over; before that the twelve whole months up to the last one
    that is over, as bills and meter readings come by the month.
    """
    start, end = year_days(year)
    if as_of + 1 >= end:
        return start, end
    tomorrow = from_day(as_of + 1)
    return Month(tomorrow.year - 1, tomorrow.month).start, Month(tomorrow.year, tomorrow.month).start
