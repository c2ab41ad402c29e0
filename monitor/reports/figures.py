"""The figures of one resource in a report: month, year to date, target, per person and m², the line that adds up."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from monitor.domain.amounts import Amount
from monitor.domain.indicators import Indicator, per
from monitor.domain.targets import TargetProgress
from monitor.queries import consumption, targets
from monitor.queries.targets import Judged
from monitor.reports.asked import Asked
from monitor.reports.numbers import Data, amount, change, comparable, intensity, ratio
from monitor.reports.sharing import bases


def resource_section(asked: Asked, resource: str, facts: Iterable[Data]) -> Data:
    """Give what the report says about a resource of the unit; all quantities in thousandths of the base measure."""
    ask = (asked.session, asked.actor, asked.unit.id, resource)
    now, before = consumption.amount(*ask, *asked.in_month), consumption.amount(*ask, *asked.month_before)
    year, last_year = consumption.amount(*ask, *asked.in_year), consumption.amount(*ask, *asked.year_before)
    rows = consumption.months(*ask, asked.month.year, asked.as_of)
    return {
        "resource": resource,
        "month": _compared(now, before),
        "year": _compared(year, last_year),
        "months": [
            {"month": row.month.month, "now": amount(row.amount), "before": amount(row.last_year)}
            for row in rows
            if row.month.month <= asked.month.month
        ],
        "targets": [
            {**target(judged), "path": _path(asked, judged)}
            for judged in targets.progress(*ask, asked.month.year, as_of=asked.as_of)
        ],
        "intensities": [_intensity(fact, now, year, last_year) for fact in facts],
        "statement": _statement(asked, resource),
        "bases": bases(asked, resource),
    }


def _path(asked: Asked, judged: Judged) -> list[list[int]]:
    """Give the target's path: [day, allowed up to it] at each month's end."""
    ask = (asked.session, asked.actor, judged.unit.id, judged.resource)
    return [list(point) for point in targets.path(*ask, judged.progress.terms.year, judged.target_id)]


def _compared(now: Amount, before: Amount) -> Data:
    return {"now": amount(now), "before": amount(before), "change": change(now, before)}


def _intensity(fact: Data, month: Amount, year: Amount, last_year: Amount) -> Data:
    now, before = intensity(year.quantity, fact["mean_year"]), intensity(last_year.quantity, fact["mean_before"])
    able = now and before and before[0] and comparable(year, last_year)
    moved = Fraction(*now) / Fraction(*before) - 1 if able and now and before else None
    return {
        "kind": fact["kind"],
        "month": intensity(month.quantity, fact["mean"]),
        "year": now,
        "year_before": before,
        "change": ratio(moved),
    }


def _statement(asked: Asked, resource: str) -> Data:
    line = consumption.statement(asked.session, asked.actor, asked.unit.id, resource, *asked.in_month)
    return {
        "total": amount(line.total),
        "counted": amount(line.counted),
        "deducted": amount(line.deducted),
        "not_allocated": amount(line.not_allocated),
        "purposes": {purpose: amount(part) for purpose, part in sorted(line.deducted_by_purpose.items())},
    }


def target(judged: Judged) -> Data:
    """Give a target and how it stands."""
    progress = judged.progress
    return {
        "indicator": str(progress.terms.indicator),
        "year": progress.terms.year,
        "baseline_year": progress.terms.baseline_year,
        "kind": str(progress.terms.kind),
        "reduction": progress.terms.reduction,
        "cap": progress.terms.cap,
        "per": _per(progress),
        "min_coverage": progress.terms.min_coverage,
        "status": str(progress.status),
        "reasons": reasons(progress),
        "closed": progress.closed,
        "used": amount(progress.used),
        "baseline": amount(progress.baseline),
        **{key: getattr(progress, key) for key in WHOLE},
        **{key: ratio(getattr(progress, key)) for key in RATIOS},
    }


def _per(progress: TargetProgress) -> Data | None:
    """Give the figures of an intensity per person or m², exactly: what its quantities come to by the denominators applied."""
    denominator, before = progress.denominator, progress.baseline_denominator
    if progress.terms.indicator is Indicator.TOTAL:
        return None
    found = {key: ratio(per(getattr(progress, key), denominator)) for key in ("allowance", "allowed", "forecast")}
    used, baseline = per(progress.used.quantity, denominator), per(progress.baseline.quantity, before)
    return {**found, "used": ratio(used), "baseline": ratio(baseline)}


WHOLE = (
    "as_of",
    "allowance",
    "allowed",
    "remaining",
    "remaining_per_day",
    "runs_out",
    "forecast",
    "forecast_low",
    "forecast_high",
)
RATIOS = ("pace", "denominator", "baseline_denominator")


def reasons(progress: TargetProgress) -> list[Data]:
    """Give why a target is not judged, or what is odd about it: code, sentence and the data that fill it."""
    return [
        {"code": finding.code, "template": finding.template, "data": _plain(finding.data)}
        for finding in progress.reasons
    ]


def _plain(data: Mapping[str, object]) -> Data:
    """Keep whole numbers; anything else goes in as it would be shown."""
    return {key: value if isinstance(value, int) else str(value) for key, value in sorted(data.items())}
