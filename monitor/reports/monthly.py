"""The monthly target report as data: whole numbers and exact ratios from the queries that the pages read, nothing formatted.

It depends on the unit, the month and what is stored, and not on who asks or when: whoever may see the unit sees the same.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from monitor.domain.access import Action, Actor
from monitor.domain.consumption import RULE_VERSION
from monitor.domain.periods import Month, from_day, to_day
from monitor.domain.resources import RESOURCES
from monitor.errors import Conflict
from monitor.queries import consumption, scope, targets
from monitor.reports.asked import Asked
from monitor.reports.board import below, board, rows_below, unit_data
from monitor.reports.exceptions import exceptions
from monitor.reports.figures import resource_section
from monitor.reports.numbers import Data, ratio
from monitor.reports.quality import closed, deliveries, metering
from monitor.reports.sharing import shares_in_force

FORMAT = 2  # of this dictionary; raised whenever its shape or meaning changes


def build(session: Session, actor: Actor, unit_id: int, month: Month, *, now: datetime | None = None) -> Data:
    """Build the report of a unit for a month: a dict that `numbers.canonical` writes, days as numbers, ratios as [n, d].

    Quantities are thousandths of each resource's base measure; `now` says which days are over. NotFound for a stranger; Conflict where not one day of the
    month is complete yet.
    """
    actor.require(Action.VIEW, unit_id)
    asked = _asked(session, actor, unit_id, month, now=now)
    facts = _facts(asked)
    meters = {code: consumption.meters(session, actor, unit_id, code, *asked.in_month) for code in RESOURCES}
    sections = {code: resource_section(asked, code, facts) for code in RESOURCES}
    present = [code for code in RESOURCES if meters[code] or sections[code]["targets"]]
    units = below(asked)
    rows = rows_below(asked, units)
    judged = [
        item
        for code in present
        for item in targets.progress(session, actor, unit_id, code, month.year, as_of=asked.as_of)
    ]
    return {
        "format": FORMAT,
        "kind": "monthly",
        "year": month.year,
        "month": month.month,
        "start": month.start,
        "as_of": asked.as_of,
        "complete": asked.end == month.end,
        "unit": unit_data(asked.unit),
        "resources": [sections[code] for code in present],
        "unmetered": [code for code in RESOURCES if code not in present],
        "board": board(units, rows),
        "exceptions": exceptions(asked, judged, rows, units, present),
        "quality": {
            "resources": [metering(code, sections[code], meters[code]) for code in present],
            "deliveries": deliveries(asked),
            **closed(asked),
        },
        "method": _method([sections[code] for code in present], facts) | {"shares": shares_in_force(asked, present)},
    }


def _asked(session: Session, actor: Actor, unit_id: int, month: Month, *, now: datetime | None) -> Asked:
    last = targets.default_as_of(session, now=now)
    if last < month.start:
        raise Conflict(
            "REPORT_TOO_EARLY",
            "There is no complete day with data in {month} yet; the data reach to {last}.",
            month=str(month),
            last=from_day(last).isoformat(),
        )
    return Asked(session, actor, scope.unit(session, actor, unit_id), month, min(month.end, last + 1))


def _facts(asked: Asked) -> list[Data]:
    """Give the unit's denominators on the last day and on the same day a year before, in thousandths, with their dates.

    `mean`, `mean_year` and `mean_before` are time-weighted over the month, the year so far and the same days of the year
    before, in whole persons or m²: what the intensities divide by.
    """
    before_day = asked.month_before[1] - 1
    before = {
        fact.kind: fact.value for fact in scope.denominators(asked.session, asked.actor, asked.unit.id, before_day)
    }
    spans = {"mean": asked.in_month, "mean_year": asked.in_year, "mean_before": asked.year_before}
    means = {
        key: {one.kind: ratio(one.mean) for one in scope.averages(asked.session, asked.actor, asked.unit.id, *span)}
        for key, span in spans.items()
    }
    return [
        {
            "kind": fact.kind,
            "value": fact.value,
            "from": to_day(fact.valid_from),
            "value_before": before.get(fact.kind),
            **{key: found.get(fact.kind) for key, found in means.items()},
        }
        for fact in scope.denominators(asked.session, asked.actor, asked.unit.id, asked.as_of)
    ]


def _method(sections: Iterable[Data], facts: Iterable[Data]) -> Data:
    promised = [target for section in sections for target in section["targets"]]
    return {
        "rule_version": RULE_VERSION,
        "baseline_years": sorted({target["baseline_year"] for target in promised}),
        "min_coverage": sorted({target["min_coverage"] for target in promised}),
        "denominators": list(facts),
    }
