"""Degree days from temperatures, and what the weather does to a use: a regression of the baseline year, judged before it is used.

The criteria and where they come from are in docs/weather.md. Temperatures are °C as floats, missing is NaN; uses are thousandths of
the resource's base measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.domain.baselines import Finding, percent_text
from monitor.domain.readings import NO_START
from monitor.i18n import N_

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
HOUR = 3600
LOST_HOURS = 4  # of a day that may lack a temperature: 20 of 24 make a mean
SHARE_OF_DAYS = Fraction(9, 10)  # of a year, and of each month, that must be known
MONTHS = 12
T_LEAST = 2.0  # a coefficient smaller than twice its standard error is not told from none
DAYS_FEW = N_("Only {count} days of {year} have both temperature and use; {least} are needed, or twelve whole months.")
NO_EFFECT = N_("The use of {year} does not follow the temperature clearly enough to say what the weather did.")
SCATTERED = N_(
    "The use of {year} follows the temperature, but scatters too much: CV(RMSE) {cv} %, at most {most} % is allowed."
)
UNEXPLAINED = N_(
    "Temperature and workdays explain {r2} % of how the use of {year} varies; at least {least} % are asked for."
)
MONTH_UNKNOWN = N_("{month} has temperatures of {count} of {days} days; {least} are needed.")
NO_SOURCE = N_("No temperature outside is read where the meters of this unit stand.")


@dataclass(frozen=True, slots=True)
class Rule:
    """How the calculation is done: base temperatures in °C, how much a baseline may scatter, what it must explain (0: not asked)."""

    heating_base: float = 18.0
    cooling_base: float = 26.0
    most_cv_days: float = 0.30
    most_cv_months: float = 0.15
    least_r2: float = 0.0


DEFAULT = Rule()


def daily_means(starts: Ints, ends: Ints, values: Floats, edges: Ints) -> Floats:
    """Give the mean of each local day between `edges`; NaN where more than LOST_HOURS of its hours have no value.

    A value with a start holds for its whole span, one without for the hour it lies in; several of an hour are averaged.
    """
    if not len(ends):
        return np.full(len(edges) - 1, np.nan)
    momentary = starts == NO_START
    first = np.where(momentary, ends, starts) // HOUR
    count = np.where(momentary, 1, np.maximum(-(-ends // HOUR) - first, 1))
    hours = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    each, owner = np.unique(hours, return_inverse=True)
    mean = np.bincount(owner, weights=np.repeat(values, count)) / np.bincount(owner)
    day = np.searchsorted(edges, each * HOUR + HOUR // 2, side="right") - 1
    inside = (day >= 0) & (day < len(edges) - 1)
    known = np.bincount(day[inside], minlength=len(edges) - 1)
    sums = np.bincount(day[inside], weights=mean[inside], minlength=len(edges) - 1)
    enough = known >= np.diff(edges) // HOUR - LOST_HOURS
    return np.where(enough, sums / np.maximum(known, 1), np.nan)


def degree_days(means: Floats, rule: Rule) -> tuple[Floats, Floats]:
    """Give heating and cooling degree days of each day: how far its mean lies below, or above, the base. NaN stays NaN."""
    return np.maximum(rule.heating_base - means, 0.0), np.maximum(means - rule.cooling_base, 0.0)


def summed(values: Floats, months: Ints) -> float | tuple[int, int, int]:
    """Add the degree days of a span; a missing day counts as the mean day of its month.

    Gives (month, days known, days) of the first month of which too few days are known, instead.
    """
    total = 0.0
    for month in dict.fromkeys(months.tolist()):
        own = values[months == month]
        known = own[~np.isnan(own)]
        if Fraction(len(known), len(own)) < SHARE_OF_DAYS:
            return month, len(known), len(own)
        total += float(known.mean()) * len(own)
    return total


@dataclass(frozen=True, slots=True)
class Model:
    """Use per day = base + workday × (1 on a workday) + heating × HDD + cooling × CDD; `step` day or month, of `count` of them.

    A coefficient of 0 had no part in it. `cv` is CV(RMSE): the scatter of what is not explained, by the mean use.
    """

    step: str
    count: int
    base: float
    workday: float
    heating: float
    cooling: float
    r2: float
    cv: float

    def part(self, heating: float, cooling: float) -> int:
        """Give what so many more (or fewer) degree days make of the use."""
        return round(self.heating * heating + self.cooling * cooling)


@dataclass(frozen=True, slots=True)
class Observed:
    """Days or months of a baseline year: use per day, share of workdays, heating and cooling degree days per day."""

    step: str
    use: Floats
    workdays: Floats
    heating: Floats
    cooling: Floats


@dataclass(frozen=True)
class Year:
    """The days of a baseline year: use (NaN where not measured well enough), whether a workday, temperature, month."""

    year: int
    use: Floats
    workdays: npt.NDArray[np.bool_]
    means: Floats
    months: Ints
    by_months: Mapping[int, float] = field(default_factory=dict)  # use of whole months, where days are not measured


def observed(found: Year, rule: Rule) -> Observed | Finding:
    """Take the days of a year where nine tenths are known, else its twelve months where each is; else say how many there are."""
    heating, cooling = degree_days(found.means, rule)
    known = ~np.isnan(found.use) & ~np.isnan(found.means)
    least = -(-len(known) * SHARE_OF_DAYS // 1)
    if int(known.sum()) >= least:
        return Observed(
            "day", found.use[known], found.workdays[known].astype(np.float64), heating[known], cooling[known]
        )
    if len(found.by_months) == MONTHS:
        rows = [_month(found, month, heating, cooling) for month in range(1, MONTHS + 1)]
        full = [row for row in rows if row is not None]
        if len(full) == MONTHS:
            columns = np.array(full, dtype=np.float64).T
            return Observed("month", *columns)
    data = {"count": int(known.sum()), "year": found.year, "least": int(least)}
    return Finding("WEATHER_DAYS_FEW", DAYS_FEW, data)


def _month(found: Year, month: int, heating: Floats, cooling: Floats) -> tuple[float, float, float, float] | None:
    own = found.months == month
    days = int(own.sum())
    sums = [summed(values[own], found.months[own]) for values in (heating, cooling)]
    if isinstance(sums[0], tuple) or isinstance(sums[1], tuple):
        return None
    return found.by_months[month] / days, float(found.workdays[own].mean()), sums[0] / days, sums[1] / days


def fitted(seen: Observed, year: int, rule: Rule) -> Model | Finding:
    """Fit use on degree days and workdays; of the ways in which every coefficient of weather is clear, the best explained.

    Clear is above zero by T_LEAST standard errors, neighbours that err alike counted as fewer. What scatters too much, or
    explains too little, is a Finding: the weather is then not split off.
    """
    weather = {"heating": seen.heating, "cooling": seen.cooling}
    named = [name for name, values in weather.items() if np.ptp(values) > 0]
    best: tuple[float, Model] | None = None
    for size in range(len(named), 0, -1):
        for chosen in combinations(named, size):
            made = _least_squares(seen, {name: weather[name] for name in chosen})
            if made is not None and (best is None or made[0] > best[0]):
                best = made
    if best is None:
        return Finding("WEATHER_NO_EFFECT", NO_EFFECT, {"year": year})
    model = best[1]
    most = rule.most_cv_days if model.step == "day" else rule.most_cv_months
    if model.cv > most:
        data = {"year": year, "cv": _percent(model.cv, up=True), "most": _percent(most)}
        return Finding("WEATHER_SCATTERED", SCATTERED, data)
    if model.r2 < rule.least_r2:
        data = {"year": year, "r2": _percent(model.r2), "least": _percent(rule.least_r2)}
        return Finding("WEATHER_UNEXPLAINED", UNEXPLAINED, data)
    return model


def _percent(value: float, *, up: bool = False) -> str:
    """Write a share as percent, cut off, or rounded up where more is worse: what fails a limit never reads as the limit."""
    exact = Fraction(value).limit_denominator(10**6)
    return percent_text(exact + Fraction(1, 1000) if up and exact * 1000 % 1 else exact)


def _least_squares(seen: Observed, weather: Mapping[str, Floats]) -> tuple[float, Model] | None:
    """Fit; give adjusted R² and the model, or None where a coefficient of weather is not clearly above zero."""
    columns: dict[str, Floats] = {"base": np.ones(len(seen.use))}
    if np.ptp(seen.workdays) > 0:
        columns["workday"] = seen.workdays
    columns |= weather
    given = np.column_stack(list(columns.values()))
    free = len(seen.use) - given.shape[1]
    spread = float(((seen.use - seen.use.mean()) ** 2).sum())
    if free <= 0 or not spread or seen.use.mean() <= 0 or np.linalg.matrix_rank(given) < given.shape[1]:
        return None
    coefficients, *_ = np.linalg.lstsq(given, seen.use, rcond=None)
    rest = seen.use - given @ coefficients
    squares = float((rest**2).sum())
    variance = squares / free * _alike(rest)
    errors = np.sqrt(np.maximum(np.diag(np.linalg.inv(given.T @ given)) * variance, 0.0))
    found: dict[str, Any] = dict(zip(columns, coefficients.tolist(), strict=True))
    for name, value, error in zip(columns, coefficients.tolist(), errors.tolist(), strict=True):
        if name in weather and value <= T_LEAST * error:
            return None
    r2 = 1 - squares / spread
    adjusted = 1 - (1 - r2) * (len(seen.use) - 1) / free
    values = {name: found.get(name, 0.0) for name in ("base", "workday", "heating", "cooling")}
    cv = float(np.sqrt(squares / free) / seen.use.mean())
    return adjusted, Model(seen.step, len(seen.use), r2=r2, cv=cv, **values)


def _alike(rest: Floats) -> float:
    """Give how many neighbours that err alike stand for one: (1 + ρ) ÷ (1 − ρ), at least 1."""
    if len(rest) <= MONTHS or not rest.any():
        return 1.0
    rho = float(np.clip((rest[1:] * rest[:-1]).sum() / (rest**2).sum(), 0.0, 0.95))
    return (1 + rho) / (1 - rho)
