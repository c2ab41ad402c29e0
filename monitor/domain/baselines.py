"""The reference year: what it used, how its use spreads over the year, and whether it suffices; findings have names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.domain.amounts import PPM, Amount
from monitor.domain.periods import from_day, year_days
from monitor.i18n import N_

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
DAY_COLUMNS = ("day", "quantity", "covered", "expected", "estimated", "known")
Days = pd.DataFrame | Mapping[str, npt.NDArray[Any]]  # DAY_COLUMNS, a row for each day


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that keeps a target from being judged, or is odd: `template` filled with `data` is the sentence."""

    code: str
    template: str
    data: Mapping[str, object] = field(default_factory=dict)


BASELINE_MISSING = N_("The baseline year {year} has no readings.")
BASELINE_ZERO = N_("The baseline year {year} used nothing; there is nothing to reduce.")
BASELINE_COVERAGE_LOW = N_("Only {coverage} % of the baseline year {year} was measured; {least} % are needed.")
BASELINE_MONTHS_EMPTY = N_(
    "The baseline year {year} has no readings in {months}; its course there is taken from the other months."
)


def percent_text(part: Fraction) -> str:
    """Write a fraction as percent with one digit, cut off rather than rounded up: 94.96 % is never shown as 95.0."""
    tenths = int(part * 1000)
    return f"{tenths // 10}.{tenths % 10}"


def amount_of(days: Days) -> Amount:
    """Sum days; a quantity of None where no day is known."""
    quantity, covered, expected, estimated = (
        int(np.asarray(days[name]).sum(dtype=np.int64)) for name in ("quantity", "covered", "expected", "estimated")
    )
    return Amount(quantity if np.asarray(days["known"]).any() else None, covered, expected, estimated)


def whole_year(days: Days, year: int) -> Mapping[str, npt.NDArray[Any]]:
    """Give columns with one row for each day of a year; days that were not in it are missing, not zero.

    A missing row is expected to be like the usual day, so that leaving days out never raises the coverage.
    """
    start, end = year_days(year)
    columns = {name: np.asarray(days[name]) for name in DAY_COLUMNS}
    numbers = columns["day"]
    if len(numbers) == end - start and numbers[0] == start and bool((np.diff(numbers) == 1).all()):
        return columns
    inside = (numbers >= start) & (numbers < end)
    at = numbers[inside] - start
    usual = int(columns["expected"][inside].max()) if inside.any() else 0
    full: dict[str, npt.NDArray[Any]] = {"day": np.arange(start, end, dtype=np.int64)}
    for name in ("quantity", "covered", "expected", "estimated"):
        full[name] = np.full(end - start, usual if name == "expected" else 0, dtype=np.int64)
        full[name][at] = columns[name][inside]
    full["known"] = np.zeros(end - start, dtype=np.bool_)
    full["known"][at] = columns["known"][inside]
    return full


@dataclass(frozen=True, slots=True)
class Shape:
    """How a reference year's use spreads: the mean day of each class (`keys_of`, workday or not), as fractions.

    Mapped on another year it follows that year's own workdays, so that a May with two more workdays is allowed more.
    """

    means: Mapping[tuple[int, bool], Fraction]

    def cumulated(self, keys: Ints, workdays: Flags) -> tuple[list[int], int]:
        """Give the weight of the first 0, 1, 2 … days as whole numbers, and how many of them make 1."""
        scale = lcm(*(mean.denominator for mean in self.means.values()))
        whole = {kind: mean.numerator * (scale // mean.denominator) for kind, mean in self.means.items()}
        kinds = zip(keys.tolist(), workdays.tolist(), strict=True)
        return list(accumulate((whole[kind] for kind in kinds), initial=0)), scale


EVEN = Shape({(month, workday): Fraction(1) for month in range(1, 13) for workday in (True, False)})


@lru_cache(maxsize=64)
def months_of(year: int) -> Ints:
    """Give the month (1 to 12) of each day of a year."""
    start, end = year_days(year)
    result = np.array([from_day(day).month for day in range(start, end)], dtype=np.int64)
    result.flags.writeable = False
    return result


def _mean(sums: Ints) -> Fraction | None:
    """Give the mean day, as if complete, of (quantity, covered, expected, days); None where nothing was measured."""
    quantity, covered, expected, count = sums.tolist()
    return Fraction(quantity * expected, count * covered) if count and covered and expected else None


def shape_of(days: Days, workdays: Flags, year: int, stretch: Ints | None = None) -> Shape:
    """Derive the shape of a year from its day frame (whole year) and workday flags.

    A class without a measured day takes the month's mean, then that of all such days, then the year's; a year without
    anything, or with a class below zero (export), counts each day alike there. `stretch` numbers the stretches between moves
    of units, for each day: each has its own classes (month + 12 × stretch), and weighs nothing where nothing was expected.
    """
    stretches = 1 if stretch is None else int(stretch.max()) + 1
    rows = 12 * stretches
    classes = (keys_of(year, stretch) - 1) * 2 + workdays
    sums = np.zeros((rows * 2, 4), dtype=np.int64)
    for column, name in enumerate(("quantity", "covered", "expected")):
        np.add.at(sums[:, column], classes, np.asarray(days[name], dtype=np.int64))
    sums[:, 3] = np.bincount(classes, minlength=rows * 2)
    by_month = sums.reshape(rows, 2, 4).sum(axis=1)
    by_stretch, by_workday = sums.reshape(stretches, 12, 2, 4).sum(axis=1), sums.reshape(rows, 2, 4).sum(axis=0)
    overall = _mean(sums.sum(axis=0)) or Fraction(1)
    means: dict[tuple[int, bool], Fraction] = {}
    for key in range(rows):
        for workday in (0, 1):
            own = sums[key * 2 + workday]
            if stretches > 1 and own[3] and not own[2]:
                means[key + 1, bool(workday)] = Fraction(0)
                continue
            choices = (own, by_month[key], by_stretch[key // 12, workday], by_workday[workday])
            found = next((mean for part in choices if (mean := _mean(part)) is not None), overall)
            means[key + 1, bool(workday)] = max(found, Fraction(0))
    if not any(means.values()):
        means = dict.fromkeys(means, Fraction(1))
    return Shape(means)


def keys_of(year: int, stretch: Ints | None = None) -> Ints:
    """Give the class of each day of a year, workdays apart: its month, + 12 for each move of units before it."""
    return months_of(year) if stretch is None else months_of(year) + 12 * stretch


def empty_months(days: Days, year: int, *, moved: bool = False) -> list[int]:
    """List the months of a year in which nothing was measured; if units `moved`, only those in which something should have been."""
    months = months_of(year)
    covered, expected = np.asarray(days["covered"]), np.asarray(days["expected"])
    return [
        month
        for month in range(1, 13)
        if not covered[months == month].any() and (not moved or expected[months == month].any())
    ]


def sufficiency(amount: Amount, year: int, min_coverage: int, *, empty: list[int] | None = None) -> list[Finding]:
    """Tell what keeps a year from being a baseline: `min_coverage` in ppm; the first finding is the gravest, none is good.

    BASELINE_MONTHS_EMPTY alone does not forbid judging; it is listed last.
    """
    findings = []
    if amount.quantity is None:
        return [Finding("BASELINE_MISSING", BASELINE_MISSING, {"year": year})]
    if amount.coverage * PPM < min_coverage:
        data = {
            "year": year,
            "coverage": percent_text(amount.coverage),
            "least": percent_text(Fraction(min_coverage, PPM)),
        }
        findings.append(Finding("BASELINE_COVERAGE_LOW", BASELINE_COVERAGE_LOW, data))
    if amount.quantity <= 0:
        findings.append(Finding("BASELINE_ZERO", BASELINE_ZERO, {"year": year}))
    if empty:
        months = ", ".join(date(year, month, 1).strftime("%Y-%m") for month in empty)
        findings.append(Finding("BASELINE_MONTHS_EMPTY", BASELINE_MONTHS_EMPTY, {"year": year, "months": months}))
    return findings
