"""What a report says of shared meters and of paper measured several times: shares in force, bases side by side."""

from monitor.domain.amounts import PPM
from monitor.queries import explain, reconciliation
from monitor.queries.explain import MeterPart, SharePart
from monitor.queries.reconciliation import RECONCILED, ReconciledMonth
from monitor.reports.asked import Asked
from monitor.reports.numbers import Data, amount, ratio

LISTED = 60  # shares named; the rest is counted


def bases(asked: Asked, resource: str) -> Data | None:
    """Set the bases of the month and of the year so far side by side; None where the resource is measured once."""
    if resource not in RECONCILED:
        return None
    ask = (asked.session, asked.actor, asked.unit.id, resource)
    year = reconciliation.reconcile(*ask, *asked.in_year)
    if not year.bases or year.total is None:
        return None
    month = next(line for line in year.months if line.month == asked.month)
    return {
        "authoritative": year.total.authoritative,
        "mixed": year.mixed,
        "month": _line(month),
        "year": _line(year.total),
    }


def _line(line: ReconciledMonth) -> Data:
    return {
        "counted": amount(line.counted),
        "bases": [
            {
                "basis": one.basis,
                "amount": amount(one.amount),
                "counts": one.authoritative,
                "difference": one.difference,
                "ratio": ratio(one.ratio),
            }
            for one in line.bases
        ],
    }


def shares_in_force(asked: Asked, resources: list[str]) -> Data:
    """List the shares on the last day that are not simply the whole meter, with how they were worked out."""
    rows = []
    for code in resources:
        opened = explain.figure(asked.session, asked.actor, asked.unit.id, code, asked.as_of, asked.end)
        rows += [
            _share(code, meter, share)
            for meter in opened.meters
            for share in meter.shares
            if share.ppm != PPM or share.basis != "percent"
        ]
    return {"count": len(rows), "rows": rows[:LISTED]}


def _share(resource: str, meter: MeterPart, share: SharePart) -> Data:
    return {
        "resource": resource,
        "meter": {"code": meter.code, "name_zh": meter.name_zh, "name_en": meter.name_en},
        "unit": {"code": "", "name_zh": share.unit_name_zh, "name_en": share.unit_name_en},
        "basis": share.basis,
        "ppm": share.ppm,
        "value": share.value,
        "whole": share.whole,
    }
