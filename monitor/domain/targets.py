"""Targets judged: allowance for the days gone by, pace, what remains, forecast, status. Missing is never a saving."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from monitor.domain.amounts import PPM, Amount, nearest
from monitor.domain.baselines import (
    EVEN,
    Calendar,
    Days,
    Finding,
    Flags,
    Ints,
    Shape,
    amount_of_sums,
    class_sums,
    empty_months,
    percent_text,
    running,
    shape_of,
    sufficiency,
    whole_year,
)
from monitor.domain.indicators import Indicator
from monitor.domain.periods import year_days
from monitor.i18n import N_

__all__ = ["Finding", "Indicator", "Kind", "Status", "TargetProgress", "TargetTerms", "progress"]

RECENT_DAYS = 56  # the forecast looks at the last eight weeks beside the whole year so far

NOT_BEGUN = N_("The year {year} has not begun.")
NO_READINGS = N_("There are no readings for {year} yet.")
COVERAGE_LOW = N_("Only {coverage} % of the days so far were measured; {least} % are needed.")
DENOMINATOR_MISSING = N_("Head count or floor area is not known for every day of {year}.")
VERDICT_HANGS_ON_MISSING = N_("Met or missed hangs on the {missing} % that were not measured.")
VERDICT_HANGS_ON_BASELINE = N_("Met or missed hangs on the {missing} % of the baseline year that were not measured.")
COURSE_EVEN = N_("The baseline year {year} gives no course: the cap is spread evenly over the days of the year.")
BASIS_MISSING = N_(
    "It is not declared which measurement counts (print logs, counters or packs issued) for {year}, or nothing measures by it."
)
BASIS_DIFFERS = N_(
    "{year} and {baseline_year} are counted on different bases (print logs, counters, packs issued) and are not compared."
)
_GRAVE = {"BASELINE_MISSING", "BASELINE_COVERAGE_LOW", "BASELINE_ZERO"}


class _Rates(NamedTuple):
    """A rate and how far off it may be, in use per weight: whole numbers over the same `parts`, above 0."""

    middle: int
    off: int
    parts: int


class Kind(StrEnum):
    """How a promise is made: less than in the baseline year, or at most so much."""

    REDUCTION = "reduction"
    CAP = "cap"


class Status(StrEnum):
    """How a target stands; met and missed only once the year is closed."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    USED_UP = "used_up"
    NOT_JUDGED = "not_judged"
    MET = "met"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class TargetTerms:
    """What was promised: an indicator, in a year; coverage needed in ppm.

    A reduction: `reduction` ppm below the baseline year. A cap: at most `cap` thousandths of the base measure, per person or
    m² where the indicator says so; the baseline year then only gives the course over the year.
    """

    indicator: Indicator
    year: int
    baseline_year: int
    reduction: int
    min_coverage: int = 950_000
    kind: Kind = Kind.REDUCTION
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class TargetProgress:
    """A target on a day. Quantities are thousandths of the base measure, also for intensities (denominators applied).

    `as_of` is the last day counted, `used` the days up to it, `baseline` the whole baseline year. `allowance` is the
    year's, `allowed` that of the days gone by, `pace` used ÷ allowed, `remaining` may be below zero; `runs_out` is the day
    on which the allowance is (or, at this rate, will be) used up, None if not within the year.
    """

    terms: TargetTerms
    status: Status
    reasons: tuple[Finding, ...]
    as_of: int
    closed: bool
    used: Amount
    baseline: Amount
    allowance: int | None = None
    allowed: int | None = None
    pace: Fraction | None = None
    remaining: int | None = None
    remaining_per_day: int | None = None
    runs_out: int | None = None
    forecast: int | None = None
    forecast_low: int | None = None
    forecast_high: int | None = None
    denominator: Fraction | None = None
    baseline_denominator: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known. Denominators (persons, m²) are those of the two years, needed for intensities only.

    A declared baseline stands for the measured one; its course over the year is still that of the baseline's readings.
    `hindrances` are what else keeps the target from being judged (bases of paper).
    """

    denominator: Fraction | None = None
    baseline_denominator: Fraction | None = None
    declared_baseline: int | None = None
    hindrances: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class _Course:
    """The target year seen through the baseline's shape: weights and sums of the first 0, 1, 2 … days; a stretch is a difference."""

    weights: list[int]
    sums: Ints  # `running`
    edges: list[int]  # of the months up to the day judged
    at: dict[int, list[int]]  # the sums at days asked for

    @classmethod
    def of(cls, sums: Ints, calendar: Calendar, shape: Shape, gone: int) -> "_Course":
        edges = [0, *(edge for edge in calendar.edges if edge < gone), gone]
        asked = sorted({*edges, max(gone - RECENT_DAYS, 0)})
        return cls(shape.cumulated(calendar), sums, edges, dict(zip(asked, sums[:, asked].T.tolist(), strict=True)))

    @property
    def gone(self) -> int:
        """Give the days gone by."""
        return self.edges[-1]

    @property
    def length(self) -> int:
        """Give the days of the year."""
        return len(self.weights) - 1

    def weight(self, first: int, last: int) -> int:
        """Give the weight of the days first..last-1 of the year."""
        return self.weights[last] - self.weights[first]

    def used(self, first: int, last: int) -> Amount:
        """Give what was used on them."""
        pairs = zip(self.at[last], self.at[first], strict=True)
        quantity, covered, expected, estimated, known = (one - other for one, other in pairs)
        return Amount(quantity if known else None, covered, expected, estimated)

    def rate(self, first: int, last: int) -> tuple[int, int] | None:
        """Give use, as if complete, per weight of the shape: numerator, denominator above 0."""
        weight, used = self.weight(first, last), self.used(first, last).if_complete()
        return None if used is None or not weight else (used, weight)


def progress(
    terms: TargetTerms,
    *,
    days: Days,
    baseline_days: Days,
    workdays: Flags,
    baseline_workdays: Flags,
    as_of: int,
    stretches: tuple[Ints, Ints] | None = None,
    known: Known | None = None,
) -> TargetProgress:
    """Judge a target as of a day (inclusive), from the day frames of its year and its baseline year.

    `workdays` and `baseline_workdays` have one flag for each day of the year. `stretches` number the days of the two years by
    the moves of units before them: the course is another after each.
    """
    now, before = stretches or (None, None)
    calendar, reference = Calendar(terms.year, workdays, now), Calendar(terms.baseline_year, baseline_workdays, before)
    sums = running(whole_year(days, terms.year))
    baseline = class_sums(whole_year(baseline_days, terms.baseline_year), reference)
    return judged(terms, (sums, calendar), baseline, as_of=as_of, known=known or Known())


def judged(
    terms: TargetTerms, course: tuple[Ints, Calendar], baseline_sums: Ints, *, as_of: int, known: Known
) -> TargetProgress:
    """Judge a target as of a day (inclusive): `running` and calendar of its year, `class_sums` of the baseline year."""
    start, end = year_days(terms.year)
    sums, calendar = course
    gone = min(max(as_of + 1 - start, 0), end - start)
    measured = amount_of_sums(baseline_sums)
    baseline = measured if known.declared_baseline is None else Amount(known.declared_baseline, 1, 1)
    empty = empty_months(baseline_sums, moved=calendar.stretch is not None)
    reasons = sufficiency(baseline, terms.baseline_year, terms.min_coverage, empty=empty)
    if terms.kind is Kind.CAP and any(finding.code in _GRAVE for finding in reasons):
        shape, calendar = EVEN, replace(calendar, stretch=None)
        reasons = [Finding("COURSE_EVEN", COURSE_EVEN, {"year": terms.baseline_year})]
    else:
        shape = shape_of(baseline_sums)
    seen = _Course.of(sums, calendar, shape, gone)
    bare = TargetProgress(
        terms=terms,
        status=Status.NOT_JUDGED,
        reasons=tuple(reasons),
        as_of=start + gone - 1,
        closed=gone == end - start,
        used=seen.used(0, gone),
        baseline=baseline,
        denominator=known.denominator,
        baseline_denominator=known.baseline_denominator,
    )
    return _judge(_measure(bare, seen), known.hindrances)


def _allowance(bare: TargetProgress, baseline: int | None) -> int | None:
    """Give the year's allowance, rounded down: the reduced baseline, for intensities grown or shrunk with the denominator.

    That of a cap is the cap itself, times the denominator for intensities.
    """
    terms = bare.terms
    total = terms.indicator is Indicator.TOTAL
    if terms.kind is Kind.CAP:
        denominator = Fraction(1) if total else bare.denominator
        return None if terms.cap is None or not denominator else (terms.cap * denominator).__floor__()
    if baseline is None:
        return None
    exact = Fraction(baseline) * (PPM - terms.reduction) / PPM
    if not total:
        if not bare.denominator or not bare.baseline_denominator:
            return None
        exact = exact * bare.denominator / bare.baseline_denominator
    return exact.__floor__()


def _measure(bare: TargetProgress, course: _Course) -> TargetProgress:
    """Fill in allowance, pace, remainder and forecast, as far as they can be known."""
    allowance = _allowance(bare, bare.baseline.quantity)
    used = bare.used.quantity
    whole = course.weight(0, course.length)
    if allowance is None or not whole:
        return bare
    allowed = allowance * course.weight(0, course.gone) // whole
    filled = replace(bare, allowance=allowance, allowed=allowed)
    if used is None:
        return filled
    left = course.length - course.gone
    remaining = allowance - used
    rates = _rates(course)
    low, middle, high = _forecast(course, rates)
    return replace(
        filled,
        pace=Fraction(used, allowed) if allowed > 0 else None,
        remaining=remaining,
        remaining_per_day=max(remaining, 0) // left if left else None,
        runs_out=_runs_out(course, rates, allowance, bare.as_of - course.gone + 1),
        forecast=middle,
        forecast_low=low,
        forecast_high=high,
    )


def _rates(course: _Course) -> _Rates | None:
    """Give the rate to expect for the rest of the year and how far off it may be.

    Half the year so far, half its last eight weeks; off by half their difference, or as the months so far scatter.
    """
    year = course.rate(0, course.gone)
    if year is None:
        return None
    used, weight = year
    recent = course.rate(max(course.gone - RECENT_DAYS, 0), course.gone)
    middle, parts = used, weight
    if recent is not None:
        middle, parts = used * recent[1] + recent[0] * weight, 2 * weight * recent[1]
    months = [rate for a, b in pairwise(course.edges) if (rate := course.rate(a, b)) is not None]
    scatter, share = 0, 1  # of 1 / weight
    for use, of in months:
        scatter, share = scatter * of + abs(use * weight - used * of) * share, share * of
    share *= weight * len(months)
    half = abs(middle * weight - used * parts)
    if half * share >= scatter * parts * weight:
        return _Rates(middle * weight, half, parts * weight)
    return _Rates(middle * share, scatter * parts, parts * share)


def _forecast(course: _Course, rates: _Rates | None) -> tuple[int | None, int | None, int | None]:
    """Give the year's end as (low, expected, high): the measured part as if complete, the rest at the rate to expect."""
    used = course.used(0, course.gone).if_complete()
    if rates is None or used is None:
        return None, None, None
    rest = course.weight(course.gone, course.length)
    low, middle, high = (
        nearest(used * rates.parts + rest * (rates.middle + off), rates.parts) for off in (-rates.off, 0, rates.off)
    )
    return low, middle, high


def _runs_out(course: _Course, rates: _Rates | None, allowance: int, start: int) -> int | None:
    """Give the first day at whose end the use is above the year's allowance, as measured or as expected."""
    above = course.sums[0, 1 : course.gone + 1] > allowance
    if above.any():
        return start + int(above.argmax())
    used = course.used(0, course.gone).if_complete()
    if rates is None or used is None or rates.middle <= 0:
        return None
    enough = (allowance - used) * rates.parts // rates.middle + course.weights[course.gone]
    index = bisect_right(course.weights, enough, lo=course.gone)
    return start + max(index - 1, course.gone) if index < len(course.weights) else None


def _hindrances(found: TargetProgress) -> list[Finding]:
    """Tell what keeps the target from being judged, apart from its baseline."""
    terms, used = found.terms, found.used
    if found.as_of < year_days(terms.year)[0]:
        return [Finding("NOT_BEGUN", NOT_BEGUN, {"year": terms.year})]
    if used.quantity is None:
        return [Finding("NO_READINGS", NO_READINGS, {"year": terms.year})]
    findings = []
    if used.coverage * PPM < terms.min_coverage:
        data = {"coverage": percent_text(used.coverage), "least": percent_text(Fraction(terms.min_coverage, PPM))}
        findings.append(Finding("COVERAGE_LOW", COVERAGE_LOW, data))
    if terms.indicator is not Indicator.TOTAL:
        needed = {terms.year: found.denominator}
        if terms.kind is Kind.REDUCTION:
            needed[terms.baseline_year] = found.baseline_denominator
        findings += [
            Finding("DENOMINATOR_MISSING", DENOMINATOR_MISSING, {"year": year})
            for year, value in needed.items()
            if not value
        ]
    return findings


def _hangs(found: TargetProgress) -> list[Finding]:
    """Tell whether the verdict would turn, were what is missing there: then there is none."""
    used, limit = found.used.quantity, found.allowance if found.closed else found.allowed
    complete, allowance = found.used.if_complete(), found.allowance
    if used is None or limit is None or complete is None or not allowance:
        return []
    if used <= limit:
        if complete <= limit:
            return []
        data = {"missing": percent_text(1 - found.used.coverage)}
        return [Finding("VERDICT_HANGS_ON_MISSING", VERDICT_HANGS_ON_MISSING, data)]
    if found.terms.kind is Kind.CAP:
        return []
    larger = _allowance(found, found.baseline.if_complete()) or 0
    if used > Fraction(limit) * larger / allowance:
        return []
    data = {"missing": percent_text(1 - found.baseline.coverage)}
    return [Finding("VERDICT_HANGS_ON_BASELINE", VERDICT_HANGS_ON_BASELINE, data)]


def _judge(found: TargetProgress, others: Sequence[Finding]) -> TargetProgress:
    """Give the status, or say why there is none."""
    hindrances = [*others, *_hindrances(found)]
    if not hindrances and not any(finding.code in _GRAVE for finding in found.reasons):
        hindrances = _hangs(found)
        if not hindrances:
            return replace(found, status=_status(found))
    return replace(found, reasons=(*hindrances, *found.reasons))


def _status(found: TargetProgress) -> Status:
    """Compare, everything being known."""
    used, allowance, allowed = found.used.quantity or 0, found.allowance or 0, found.allowed or 0
    if found.closed:
        return Status.MET if used <= allowance else Status.MISSED
    if used > allowance:
        return Status.USED_UP
    if used > allowed:
        return Status.BEHIND
    return Status.AT_RISK if (found.forecast or 0) > allowance else Status.ON_TRACK
