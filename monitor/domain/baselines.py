"""The reference year: what it used, how its use spreads over the year, and whether it suffices; findings have names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate
from math import gcd, lcm
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
SUMMED = DAY_COLUMNS[1:]
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


@dataclass(frozen=True)
class Calendar:
    """The days of a year by class: their month (+ 12 for each move of units before them), and workday or not."""

    year: int
    workdays: Flags
    stretch: Ints | None = None

    @cached_property
    def keys(self) -> Ints:
        """Give the class of each day, workdays apart."""
        return keys_of(self.year, self.stretch)

    @cached_property
    def classes(self) -> Ints:
        """Number the class of each day: twice its key from 0 on, the workdays after the others."""
        return (self.keys - 1) * 2 + self.workdays

    @cached_property
    def listed(self) -> list[int]:
        """Give the same as a list."""
        found: list[int] = self.classes.tolist()
        return found

    @cached_property
    def edges(self) -> list[int]:
        """Give the days, counted from 0, on which another month or stretch begins."""
        found: list[int] = (np.flatnonzero(np.diff(self.keys)) + 1).tolist()
        return found

    @property
    def stretches(self) -> int:
        """Count the stretches between moves."""
        return 1 if self.stretch is None else int(self.stretch.max()) + 1


def class_sums(days: Days, calendar: Calendar) -> Ints:
    """Sum the days (the last axis) of a whole year by class: quantity, covered, expected, estimated, known, number of days.

    Of one thing classes × 6; of many, things × classes × 6.
    """
    order = np.argsort(calendar.classes, kind="stable")
    there, begin = np.unique(calendar.classes[order], return_index=True)
    columns = [np.asarray(days[name])[..., order] for name in SUMMED]
    found = np.zeros((*columns[0].shape[:-1], 24 * calendar.stretches, len(SUMMED) + 1), dtype=np.int64)
    for number, column in enumerate(columns):
        found[..., there, number] = np.add.reduceat(column, begin, axis=-1, dtype=np.int64)
    found[..., there, len(SUMMED)] = np.diff(begin, append=len(order))
    return found


def running(days: Days) -> Ints:
    """Sum the first 0, 1, 2 … days (the last axis): quantity, covered, expected, estimated, known in the axis before it."""
    columns = [np.asarray(days[name]) for name in SUMMED]
    found = np.zeros((*columns[0].shape[:-1], len(SUMMED), columns[0].shape[-1] + 1), dtype=np.int64)
    for number, column in enumerate(columns):
        np.cumsum(column, axis=-1, dtype=np.int64, out=found[..., number, 1:])
    return found


def amount_of_sums(sums: Ints) -> Amount:
    """Add classes up to the year."""
    quantity, covered, expected, estimated, known, _ = sums.sum(axis=0).tolist()
    return Amount(quantity if known else None, covered, expected, estimated)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a reference year's use spreads: the mean day of each class (`Calendar.classes`), as whole numbers in proportion.

    Mapped on another year it follows that year's own workdays, so that a May with two more workdays is allowed more.
    """

    means: tuple[int, ...]

    def cumulated(self, calendar: Calendar) -> list[int]:
        """Give the weight of the first 0, 1, 2 … days of a year."""
        return list(accumulate(map(self.means.__getitem__, calendar.listed), initial=0))


EVEN = Shape((1,) * 24)


@lru_cache(maxsize=64)
def months_of(year: int) -> Ints:
    """Give the month (1 to 12) of each day of a year."""
    start, end = year_days(year)
    result = np.array([from_day(day).month for day in range(start, end)], dtype=np.int64)
    result.flags.writeable = False
    return result


_Mean = tuple[int, int]  # numerator, denominator above 0


def _mean(sums: Sequence[int]) -> _Mean | None:
    """Give the mean day, as if complete; None where nothing was measured."""
    quantity, covered, expected, _, _, count = sums
    if not count or not covered or not expected:
        return None
    if covered == expected:
        return quantity, count
    common = gcd(covered, expected)
    return quantity * (expected // common), count * (covered // common)


def shape_of(sums: Ints) -> Shape:
    """Derive the shape of a year from its sums by class.

    A class without a measured day takes the month's mean, then that of all such days, then the year's; a year without
    anything, or with a class below zero (export), counts each day alike there. Each stretch between moves of units has its
    own classes (month + 12 × stretch), and weighs nothing where nothing was expected.
    """
    listed, stretches = sums.tolist(), len(sums) // 24
    means: list[_Mean] = []
    for number, own in enumerate(listed):
        if stretches > 1 and own[5] and not own[2]:
            means.append((0, 1))
            continue
        mean = _mean(own) or next((m for part in _wider(sums, number) if (m := _mean(part)) is not None), (1, 1))
        means.append(mean if mean[0] > 0 else (0, 1))
    if not any(quantity for quantity, _ in means):
        return Shape((1,) * len(means))
    scale = lcm(*(parts for _, parts in means))
    return Shape(tuple(quantity * (scale // parts) for quantity, parts in means))


def _wider(sums: Ints, number: int) -> Iterator[list[int]]:
    """Give the sums of what a class without a measured day belongs to, the nearest first."""
    key, workday = divmod(number, 2)
    by_key = sums.reshape(-1, 2, sums.shape[-1])
    stretch = key // 12
    yield by_key[key].sum(axis=0).tolist()
    yield by_key[stretch * 12 : stretch * 12 + 12, workday].sum(axis=0).tolist()
    yield by_key[:, workday].sum(axis=0).tolist()
    yield sums.sum(axis=0).tolist()


def keys_of(year: int, stretch: Ints | None = None) -> Ints:
    """Give the class of each day of a year, workdays apart: its month, + 12 for each move of units before it."""
    return months_of(year) if stretch is None else months_of(year) + 12 * stretch


def empty_months(sums: Ints, *, moved: bool = False) -> list[int]:
    """List the months of a year in which nothing was measured; if units `moved`, only those in which something should have been."""
    by_month = sums.reshape(-1, 12, 2, sums.shape[-1]).sum(axis=(0, 2)).tolist()
    return [
        month for month, (_, covered, expected, *_) in enumerate(by_month, 1) if not covered and (not moved or expected)
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
