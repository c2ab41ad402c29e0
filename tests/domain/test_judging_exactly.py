"""Judging in whole numbers gives what plain fractions give, day by day and to the last integer; of many at once as of each alone."""

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.amounts import Amount, nearest
from monitor.domain.baselines import SUMMED, Calendar, class_sums, months_of, running
from monitor.domain.indicators import Indicator
from monitor.domain.periods import workdays, year_days
from monitor.domain.targets import RECENT_DAYS, TargetTerms, progress

Year = dict[str, np.ndarray]
FLAGS = {year: workdays(*year_days(year), "CN") for year in (2024, 2025, 2026)}


@st.composite
def years(draw: st.DrawFn, number: int) -> Year:
    """Draw a year with stretches of its own level and coverage, some without readings, some below zero."""
    start, end = year_days(number)
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    stretches = draw(st.integers(1, 14))
    cuts = np.sort(random.integers(0, end - start, stretches))
    level = random.choice([0, 900, 1000, 1100, -40, 10**12], stretches + 1, p=[0.1, 0.3, 0.3, 0.2, 0.05, 0.05])
    share = random.choice([0, 43_199, 86_400], stretches + 1, p=[0.15, 0.1, 0.75])
    at = np.searchsorted(cuts, np.arange(end - start), side="right")
    covered = share[at] * 7
    quantity = np.where(covered > 0, level[at] + random.integers(-3, 4, end - start), 0)
    expected, known = np.full(end - start, 86_400 * 7), covered > 0
    return {
        "day": np.arange(start, end),
        "quantity": quantity,
        "covered": covered,
        "expected": expected,
        "estimated": np.maximum(quantity, 0) // 5,
        "known": known,
    }


def amount(days: Year, first: int, last: int) -> Amount:
    sums = {name: int(days[name][first:last].sum()) for name in SUMMED}
    return Amount(sums["quantity"] if sums["known"] else None, sums["covered"], sums["expected"], sums["estimated"])


def mean_of(days: Year, which: np.ndarray) -> Fraction | None:
    quantity, covered, expected = (int(days[name][which].sum()) for name in ("quantity", "covered", "expected"))
    return Fraction(quantity * expected, int(which.sum()) * covered) if which.any() and covered and expected else None


def weights(base: Year, number: int, year: int) -> list[Fraction]:
    """Give the weight of each day of a year, from the mean days of the baseline year's classes."""
    months, flags = months_of(number), FLAGS[number]
    means = {}
    for month in range(1, 13):
        for workday in (True, False):
            own = (months == month) & (flags == workday)
            wider = (own, months == month, flags == workday, flags == workday, months > 0)
            found = next((mean for which in wider if (mean := mean_of(base, which)) is not None), Fraction(1))
            means[month, workday] = max(found, Fraction(0))
    if not any(means.values()):
        means = dict.fromkeys(means, Fraction(1))
    return [means[key] for key in zip(months_of(year).tolist(), FLAGS[year].tolist(), strict=True)]


def plainly(terms: TargetTerms, days: Year, base: Year, gone: int) -> dict[str, Any]:
    """Judge with a fraction for each day."""
    sums = list(accumulate(weights(base, terms.baseline_year, terms.year), initial=Fraction(0)))
    used, length = amount(days, 0, gone), len(sums) - 1
    baseline = amount(base, 0, len(base["day"])).quantity
    if baseline is None or used.quantity is None:
        return {}
    allowance = (Fraction(baseline) * (10**6 - terms.reduction) / 10**6).__floor__()
    allowed = (allowance * sums[gone] / sums[length]).__floor__()
    found: dict[str, Any] = {"allowance": allowance, "allowed": allowed, "used": used}
    complete = used.if_complete()

    def rate(first: int, last: int) -> Fraction | None:
        part, weight = amount(days, first, last).if_complete(), sums[last] - sums[first]
        return None if part is None or not weight else part / weight

    year, recent = rate(0, gone), rate(max(gone - RECENT_DAYS, 0), gone)
    middle = None
    if year is not None and complete is not None:
        middle = year if recent is None else (year + recent) / 2
        edges = [0, *(int(edge) + 1 for edge in np.flatnonzero(np.diff(months_of(terms.year)[:gone]))), gone]
        parts = [one for a, b in pairwise(edges) if (one := rate(a, b)) is not None]
        scatter = sum((abs(one - year) for one in parts), Fraction(0)) / max(len(parts), 1)
        off, rest = max(abs(middle - year), scatter), sums[length] - sums[gone]
        found["forecast_low"] = round(complete + rest * (middle - off))
        found["forecast"] = round(complete + rest * middle)
        found["forecast_high"] = round(complete + rest * (middle + off))
    start = year_days(terms.year)[0]
    above = [n for n, total in enumerate(accumulate(days["quantity"][:gone].tolist())) if total > allowance]
    found["runs_out"] = start + above[0] if above else None
    if not above and middle is not None and middle > 0 and complete is not None:
        index = bisect_right(sums, (allowance - complete) / middle + sums[gone], lo=gone)
        found["runs_out"] = start + max(index - 1, gone) if index < len(sums) else None
    return found


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(0, 366), st.integers(0, 300_000))
def test_whole_numbers_judge_as_fractions_do(data: st.DataObject, gone: int, reduction: int) -> None:
    now, before = data.draw(st.sampled_from([(2026, 2025), (2025, 2024), (2024, 2025)]))
    days, base = data.draw(years(now)), data.draw(years(before))
    terms, start = TargetTerms(Indicator.TOTAL, now, before, reduction), year_days(now)[0]
    gone = min(gone, len(days["day"]))

    found = progress(
        terms,
        days=days,
        baseline_days=base,
        workdays=FLAGS[now],
        baseline_workdays=FLAGS[before],
        as_of=start + gone - 1,
    )

    wanted = plainly(terms, days, base, gone)
    assert {name: getattr(found, name) for name in wanted} == wanted


@settings(max_examples=20, deadline=None)
@given(st.lists(years(2025), min_size=1, max_size=4))
def test_the_sums_of_many_are_those_of_each(listed: list[Year]) -> None:
    many = {name: np.array([days[name] for days in listed]) for name in SUMMED}
    calendar = Calendar(2025, FLAGS[2025])
    assert class_sums(many, calendar).tolist() == [class_sums(days, calendar).tolist() for days in listed]
    assert running(many).tolist() == [running(days).tolist() for days in listed]


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**15))
def test_halves_are_rounded_to_the_even_number(numerator: int, denominator: int) -> None:
    assert nearest(numerator, denominator) == round(Fraction(numerator, denominator))
    assert nearest(2 * numerator + 1, 2) == round(Fraction(2 * numerator + 1, 2))
