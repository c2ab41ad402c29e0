"""Targets judged: one unit's, or all units on a board; the same calculation as every other figure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Baseline, DailyConsumption, Meter, Place, Target
from monitor.domain.access import Actor
from monitor.domain.indicators import Indicator
from monitor.domain.periods import Month, local_day, workdays, year_days
from monitor.domain.resources import RESOURCES
from monitor.domain.targets import TargetProgress, TargetTerms
from monitor.domain.targets import progress as judge
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Series
from monitor.queries._denominators import Facts, pair
from monitor.queries._meters import Layout, load_layout, weights
from monitor.queries._tree import Tree, load_tree
from monitor.queries.scope import UnitRow, load_facts, require_unit, visible_tree

Unit = int
Year = int
ORDER = tuple(Indicator)


@dataclass(frozen=True, slots=True)
class Judged:
    """A target in force with how it stands."""

    unit: UnitRow
    resource: str
    target_id: int
    progress: TargetProgress


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A unit and a resource on the board: its first target judged, the twelve months of the year (None: nothing known)."""

    unit: UnitRow
    resource: str
    judged: Judged | None
    spark: list[int | None] = field(default_factory=list)


@dataclass(frozen=True)
class _Court:
    """What judging the targets of a resource and year needs, read once for all units."""

    tree: Tree
    layout: Layout
    year: Year
    as_of: int
    targets: dict[Unit, list[Target]]
    declared: dict[tuple[Unit, Year], int]
    facts: Facts
    series: dict[tuple[Unit, Year], Series]

    @cached_property
    def country(self) -> str:
        """The calendar by which most of the resource's meters work."""
        found = Counter(meter.country for meter in self.layout.meters.values())
        return found.most_common(1)[0][0] if found else "CN"

    def flags(self, year: Year) -> npt.NDArray[np.bool_]:
        """Tell the workdays of a year."""
        return workdays(*year_days(year), self.country)

    def judge(self, unit: UnitRow) -> list[Judged]:
        """Judge each target of a unit, totals before intensities."""
        return [Judged(unit, self.layout.resource, t.id, self._progress(t)) for t in self.targets.get(unit.id, ())]

    def path(self, target: Target) -> list[tuple[int, int]]:
        """Give (day, allowed up to and with it) at each month's end, by the same judgement; empty without an allowance."""
        ends = (Month(self.year, number).end - 1 for number in range(1, 13))
        found = ((day, self._progress(target, day).allowed) for day in ends)
        return [(day, allowed) for day, allowed in found if allowed is not None]

    def _progress(self, target: Target, as_of: int | None = None) -> TargetProgress:
        terms = TargetTerms(
            Indicator(target.indicator), target.year, target.baseline_year, target.reduction, target.min_coverage
        )
        years = (target.year, target.baseline_year)
        now, before = pair(self.facts, self.tree, target.unit_id, target.resource, terms.indicator, years)
        return judge(
            terms,
            days=self.series[target.unit_id, target.year].frame(),
            baseline_days=self.series[target.unit_id, target.baseline_year].frame(),
            workdays=self.flags(target.year),
            baseline_workdays=self.flags(target.baseline_year),
            as_of=self.as_of if as_of is None else as_of,
            denominator=now,
            baseline_denominator=before,
            declared_baseline=self.declared.get((target.unit_id, target.baseline_year)),
        )

    def spark(self, unit_id: Unit) -> list[int | None]:
        """Give the twelve months up to the day judged."""
        series, end = self.series[unit_id, self.year], self.as_of + 1
        months = (Month(self.year, number) for number in range(1, 13))
        return [series.amount(m.start, min(m.end, end)).quantity if m.start < end else None for m in months]


def default_as_of(session: Session, *, now: datetime | None = None) -> int:
    """Give the last complete day: yesterday where most places are, or the last day with data where that is earlier."""
    zones = Counter(session.scalars(select(Place.zone)))
    zone = zones.most_common(1)[0][0] if zones else "Asia/Shanghai"
    today = local_day(int((now or datetime.now(UTC)).timestamp()), zone)
    last = (
        select(DailyConsumption.day)
        .where(DailyConsumption.meter_id == Meter.id, DailyConsumption.covered > 0, DailyConsumption.day < today)
        .order_by(DailyConsumption.day.desc())
        .limit(1)
        .correlate(Meter)
        .scalar_subquery()
    )
    return max((day for day in session.scalars(select(last)) if day is not None), default=today - 1)


def progress(  # noqa: PLR0917 - who, whose, what, when
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, as_of: int | None = None
) -> list[Judged]:
    """Judge each target in force of a unit, resource and year as of a day (inclusive); NotFound for a stranger."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    day = default_as_of(session) if as_of is None else as_of
    targets = _in_force(session, year, [unit_id])
    court = _convene(session, tree, resource, (year, day), targets=targets.get(resource, {}), tops=[unit_id])
    return court.judge(visible_tree(session, actor).by_id[unit_id])


def path(  # noqa: PLR0917 - who, whose, what, when, which
    session: Session, actor: Actor, unit_id: int, resource: str, year: int, target_id: int | None = None
) -> list[tuple[int, int]]:
    """Give a target's path: (day, allowed up to it) at each month's end; the first target unless named, [] where none."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    targets = _in_force(session, year, [unit_id]).get(resource, {})
    chosen = [t for t in targets.get(unit_id, ()) if target_id in {None, t.id}]
    if not chosen:
        return []
    court = _convene(session, tree, resource, (year, year_days(year)[1] - 1), targets=targets, tops=[unit_id])
    return court.path(chosen[0])


def board(session: Session, actor: Actor, year: int, as_of: int | None = None) -> list[BoardRow]:
    """Judge all units that the actor may see, each with every resource, in tree order; empty for a stranger."""
    seen = visible_tree(session, actor)
    if not seen.rows:
        return []
    tree = load_tree(session)
    day = default_as_of(session) if as_of is None else as_of
    targets = _in_force(session, year, list(seen.by_id))
    courts = {
        resource: _convene(session, tree, resource, (year, day), targets=targets.get(resource, {}), tops=seen.roots)
        for resource in RESOURCES
    }
    return [
        BoardRow(unit, resource, next(iter(court.judge(unit)), None), court.spark(unit.id))
        for unit in seen.rows
        for resource, court in courts.items()
    ]


def _in_force(session: Session, year: Year, units: list[Unit]) -> dict[str, dict[Unit, list[Target]]]:
    """Read the targets in force of a year, by resource and unit: the highest version not withdrawn, totals first."""
    query = select(Target).where(Target.year == year, Target.unit_id.in_(units), Target.withdrawn_at.is_(None))
    newest = {(t.resource, t.unit_id, t.indicator): t for t in session.scalars(query.order_by(Target.version))}
    found: dict[str, dict[Unit, list[Target]]] = defaultdict(dict)
    for target in sorted(newest.values(), key=lambda t: ORDER.index(Indicator(t.indicator))):
        found[target.resource].setdefault(target.unit_id, []).append(target)
    return found


def _convene(
    session: Session,
    tree: Tree,
    resource: str,
    when: tuple[Year, int],
    *,
    targets: dict[Unit, list[Target]],
    tops: list[Unit],
) -> _Court:
    """Read layout, weights, facts, declared baselines and the days of each year that the targets compare."""
    year, as_of = when
    layout = load_layout(session, resource)
    weight = weights(session, layout, set().union(*(allocation.needed(layout, tree, top) for top in tops)), year)
    series: dict[tuple[Unit, Year], Series] = {}
    for each in sorted({year} | _baseline_years(targets)):
        for top in tops:
            ledger = allocation.read(session, tree, layout, year_days(each), unit_id=top, weight=weight)
            series |= {(unit, each): found for unit, found in allocation.of_each_unit(ledger).items()}
    query = (
        select(Baseline).where(Baseline.resource == resource, Baseline.quantity.is_not(None)).order_by(Baseline.version)
    )
    declared = {(b.unit_id, b.year): b.quantity for b in session.scalars(query) if b.quantity is not None}
    return _Court(tree, layout, year, as_of, targets, declared, load_facts(session), series)


def _baseline_years(targets: dict[Unit, list[Target]]) -> set[Year]:
    rows: Iterable[list[Target]] = targets.values()
    return {target.baseline_year for listed in rows for target in listed}
