"""What needs a word in the month: targets missed or not judged, jumps against last year, meters that fell silent."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from monitor.domain.periods import year_days
from monitor.queries import consumption
from monitor.queries.consumption import MeterRow
from monitor.queries.scope import UnitRow
from monitor.queries.targets import BoardRow, Judged
from monitor.reports.asked import Asked
from monitor.reports.board import unit_data
from monitor.reports.figures import target
from monitor.reports.numbers import Data, amount, change, fraction
from monitor.reports.quality import meter_data

LISTED = 18  # exceptions told in full; the rest is counted
OF_A_KIND = 3  # of one kind and resource
METERS = 12  # silent meters named
JUMP = Fraction(20, 100)  # a month differs from last year's by more than this share
ORDER = ("used_up", "missed", "behind", "at_risk", "not_judged", "rise", "fall", "silent")


def exceptions(
    asked: Asked, judged: Iterable[Judged], rows: Iterable[BoardRow], units: Iterable[UnitRow], resources: Iterable[str]
) -> Data:
    """Give the exceptions of the unit and the units below it, gravest first; each with amount, period and evidence."""
    wanted = [*judged, *(row.judged for row in rows if row.judged is not None)]
    near = [asked.unit, *(unit for unit in units if unit.depth == 1)]
    found = [item for each in wanted if (item := _target(each)) is not None]
    found += [item for unit in near for resource in resources if (item := _jump(asked, unit, resource)) is not None]
    found += [item for resource in resources if (item := _silent(asked, resource)) is not None]
    found.sort(key=lambda item: (ORDER.index(item["code"]), -item["weight"], item["unit"]["code"], item["resource"]))
    found = _once(found)
    shown = _fair(found)
    for item in shown:
        if item["code"] in {"used_up", "missed", "behind", "at_risk", "rise"}:
            item["meter"] = _driver(asked, item["unit"]["id"], item["resource"])
    return {"items": shown, "count": len(found)}


def _fair(found: Iterable[Data]) -> list[Data]:
    """Choose what is told in full: the largest few of each kind and resource, so that none hides the others."""
    taken: Counter[tuple[str, str]] = Counter()
    shown = []
    for item in found:
        group = (item["code"], item["resource"])
        taken[group] += 1
        if taken[group] <= OF_A_KIND:
            shown.append(item)
    return shown[:LISTED]


def _once(found: Iterable[Data]) -> list[Data]:
    """Keep of several targets of a unit and resource (total, per person …) only the gravest: they tell one story."""
    told: set[tuple[int, str]] = set()
    kept = []
    for item in found:
        key = (item["unit"]["id"], item["resource"])
        if "target" not in item or key not in told:
            kept.append(item)
        if "target" in item:
            told.add(key)
    return kept


def _item(code: str, unit: UnitRow, resource: str, days: tuple[int, int], *, weight: int, **data: object) -> Data:
    start, end = days
    return {
        "code": code,
        "unit": unit_data(unit),
        "resource": resource,
        "start": start,
        "end": end,
        "weight": weight,
        **data,
    }


def _target(judged: Judged) -> Data | None:
    progress = judged.progress
    code = str(progress.status)
    if code not in ORDER:
        return None
    over = (progress.used.quantity or 0) - progress.allowed if progress.allowed is not None else 0
    start, _ = year_days(progress.terms.year)
    return _item(
        code,
        judged.unit,
        judged.resource,
        (start, progress.as_of + 1),
        weight=max(over, 0),
        over=over,
        target=target(judged),
    )


def _jump(asked: Asked, unit: UnitRow, resource: str) -> Data | None:
    ask = (asked.session, asked.actor, unit.id, resource)
    now, before = consumption.amount(*ask, *asked.in_month), consumption.amount(*ask, *asked.month_before)
    moved = fraction(change(now, before))  # None where too little was measured
    if moved is None or abs(moved) <= JUMP:
        return None
    difference = (now.quantity or 0) - (before.quantity or 0)
    code = "rise" if difference > 0 else "fall"
    compared = {
        "now": amount(now),
        "before": amount(before),
        "difference": difference,
        "change": change(now, before),
    }
    return _item(code, unit, resource, asked.in_month, weight=abs(difference), **compared)


def _silent(asked: Asked, resource: str) -> Data | None:
    rows = consumption.meters(asked.session, asked.actor, asked.unit.id, resource, *asked.in_month)
    silent = [row for row in rows if row.gross.quantity is None]
    if not silent:
        return None
    meters = [meter_data(row) for row in silent[:METERS]]
    return _item("silent", asked.unit, resource, asked.in_month, weight=len(silent), meters=meters, count=len(silent))


def _driver(asked: Asked, unit_id: int, resource: str) -> Data | None:
    """Name the meter whose share rose most against the same month last year; None where none rose."""
    ask = (asked.session, asked.actor, unit_id, resource)
    before = {row.id: _assessed(row) for row in consumption.meters(*ask, *asked.month_before)}
    risen = [
        (now - was, row.code, row, now, was)
        for row in consumption.meters(*ask, *asked.in_month)
        if (now := _assessed(row)) is not None and (was := before.get(row.id)) is not None and now > was
    ]
    if not risen:
        return None
    rise, _, row, now, was = max(risen, key=lambda entry: (entry[0], entry[1]))
    return {**meter_data(row), "now": now, "before": was, "rise": rise}


def _assessed(row: MeterRow) -> int | None:
    return row.share.quantity if row.assessed else None
