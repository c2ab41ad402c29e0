"""The units below the report's unit: how many keep their targets, and the ranking by distance to the own target."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from monitor.domain.targets import Status
from monitor.queries import scope, targets
from monitor.queries.scope import UnitRow
from monitor.queries.targets import BoardRow, Judged
from monitor.reports.asked import Asked
from monitor.reports.figures import reasons
from monitor.reports.numbers import Data, amount, ratio


def unit_data(row: UnitRow) -> Data:
    """Give a unit as it is named in the report."""
    return {"id": row.id, "code": row.code, "name_zh": row.name_zh, "name_en": row.name_en}


def below(asked: Asked) -> list[UnitRow]:
    """List the units below the report's unit, in tree order; depth 1 are its children."""
    rows = scope.units(asked.session, asked.actor)
    inside = {asked.unit.id: 0}
    found = []
    for row in rows:
        if row.parent_id in inside:
            inside[row.id] = inside[row.parent_id] + 1
            found.append(UnitRow(row.id, row.code, row.parent_id, row.name_zh, row.name_en, row.kind, inside[row.id]))
    return found


def rows_below(asked: Asked, units: Iterable[UnitRow]) -> list[BoardRow]:
    """Give the board's rows of these units, each a unit and a resource."""
    wanted = {unit.id for unit in units}
    rows = targets.board(asked.session, asked.actor, asked.month.year, as_of=asked.as_of)
    return [row for row in rows if row.unit.id in wanted]


def board(units: Iterable[UnitRow], rows: Iterable[BoardRow]) -> Data:
    """Give the tally of all units below and the ranking of the direct children, resource by resource.

    Judged units are ranked by pace, the furthest below its allowance first; equal paces share a rank. A unit that is
    not judged is listed with its reason and has no rank.
    """
    judged = [row.judged for row in rows if row.judged is not None]
    children = {unit.id for unit in units if unit.depth == 1}
    resources = sorted({item.resource for item in judged})
    tally = Counter(str(item.progress.status) for item in judged)
    ranked = [
        _ranking(name, [item for item in judged if item.resource == name and item.unit.id in children])
        for name in resources
    ]
    return {
        "tally": dict(sorted(tally.items())),
        "rankings": [ranking for ranking in ranked if ranking["rows"] or ranking["unranked"]],
    }


def _ranking(resource: str, judged: Iterable[Judged]) -> Data:
    items = list(judged)
    able = [
        (pace, item)
        for item in items
        if (pace := item.progress.pace) is not None and item.progress.status is not Status.NOT_JUDGED
    ]
    able.sort(key=lambda pair: (pair[0], pair[1].unit.code))
    paces = [pace for pace, _ in able]
    return {
        "resource": resource,
        "rows": [{"rank": paces.index(pace) + 1, **_line(item, pace)} for pace, item in able],
        "unranked": [_line(item, None) for item in items if all(item is not other for _, other in able)],
    }


def _line(item: Judged, pace: Fraction | None) -> Data:
    progress = item.progress
    return {
        "unit": unit_data(item.unit),
        "indicator": str(progress.terms.indicator),
        "status": str(progress.status),
        "used": amount(progress.used),
        "allowed": progress.allowed,
        "distance": None if pace is None else ratio(pace - 1),
        "reasons": reasons(progress),
    }
