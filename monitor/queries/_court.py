"""What judging the targets of a resource and year needs, read once for all units: the one judgement behind every page."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Baseline, Target
from monitor.domain.indicators import Indicator
from monitor.domain.periods import Month, workdays, year_days
from monitor.domain.targets import BASIS_DIFFERS, BASIS_MISSING, Finding, Kind, TargetProgress, TargetTerms
from monitor.domain.targets import progress as judge
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Ledger
from monitor.queries._denominators import Facts, pair
from monitor.queries._meters import Layout, load_layout
from monitor.queries._series import Ints, Series
from monitor.queries._tree import Structure, Tree
from monitor.queries.scope import UnitRow, load_facts

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


@dataclass(frozen=True)
class Court:
    """What judging the targets of a resource and year needs, read once for all units."""

    tree: Tree
    layout: Layout
    year: Year
    as_of: int
    targets: dict[Unit, list[Target]]
    declared: dict[tuple[Unit, Year], int]
    facts: Facts
    series: dict[tuple[Unit, Year], Series]
    structures: dict[Year, Structure]
    ledgers: dict[Unit, Ledger]  # of the year judged, by top unit

    @cached_property
    def country(self) -> str:
        """The calendar by which most of the resource's meters work."""
        found = Counter(meter.country for meter in self.layout.meters.values())
        return found.most_common(1)[0][0] if found else "CN"

    @cached_property
    def _flags(self) -> dict[Year, npt.NDArray[np.bool_]]:
        return {year: workdays(*year_days(year), self.country) for year in self.structures}

    def flags(self, year: Year) -> npt.NDArray[np.bool_]:
        """Tell the workdays of a year."""
        return self._flags[year]

    def judge(self, unit: UnitRow) -> list[Judged]:
        """Judge each target of a unit, totals before intensities."""
        return [Judged(unit, self.layout.resource, t.id, self._progress(t)) for t in self.targets.get(unit.id, ())]

    def path(self, target: Target) -> list[tuple[int, int]]:
        """Give (day, allowed up to and with it) at each month's end, by the same judgement; empty without an allowance."""
        ends = (Month(self.year, number).end - 1 for number in range(1, 13))
        found = ((day, self._progress(target, day).allowed) for day in ends)
        return [(day, allowed) for day, allowed in found if allowed is not None]

    def _progress(self, target: Target, as_of: int | None = None) -> TargetProgress:
        terms = _terms(target)
        structures = (self.structures[target.year], self.structures[target.baseline_year])
        now, before = pair(self.facts, structures, target.unit_id, target.resource, terms.indicator)
        hindrances, comparable = self._bases(terms, target.unit_id)
        reference = self.series[target.unit_id, target.baseline_year]
        return judge(
            terms,
            days=self.series[target.unit_id, target.year].columns(),
            baseline_days=(reference if comparable else reference.missing()).columns(),
            workdays=self.flags(target.year),
            baseline_workdays=self.flags(target.baseline_year),
            as_of=self.as_of if as_of is None else as_of,
            denominator=now,
            baseline_denominator=before,
            declared_baseline=self.declared.get((target.unit_id, target.baseline_year)),
            hindrances=hindrances,
            stretches=self._stretches(target),
        )

    def _stretches(self, target: Target) -> tuple[Ints, Ints] | None:
        """Number the days of target and baseline year by the moves into the unit's sub-tree and out of it; None without."""
        numbered = [self._numbered(self.structures[y], target.unit_id) for y in (target.year, target.baseline_year)]
        now, before = numbered
        return (now, before) if now is not None and before is not None else None

    @staticmethod
    def _numbered(structure: Structure, unit_id: Unit) -> Ints | None:
        if len(structure.stretches) == 1:
            return None
        found, number, last = np.zeros(structure.end - structure.start, dtype=np.int64), -1, None
        for one in structure.stretches:
            inside = frozenset(one.tree.subtree(unit_id))
            number, last = (number, last) if inside == last else (number + 1, inside)
            found[one.first - structure.start : one.last - structure.start] = number
        return found if number else None

    def undecided(self, unit_id: Unit, year: Year) -> bool:
        """Tell whether paper of the unit's sub-tree is measured and nothing says which measurement counts."""
        bases = self.layout.bases
        inside = self.structures[self.year].members(unit_id) if bases.used else {}
        return any(bases.undecided(unit, year) for unit in inside if unit in bases.used)

    def _bases(self, terms: TargetTerms, unit_id: Unit) -> tuple[list[Finding], bool]:
        """Tell what the bases of paper forbid, and whether the two years are counted by the same.

        A cap asks for the basis of its own year only: the baseline year of another basis merely gives no course.
        """
        bases, years = self.layout.bases, (terms.year, terms.baseline_year)
        inside = self.structures[terms.year].members(unit_id) if bases.used else {}
        units = [unit for unit in inside if unit in bases.used]
        for year in years if terms.kind is Kind.REDUCTION else (terms.year,):
            if self.undecided(unit_id, year):
                return [Finding("BASIS_MISSING", BASIS_MISSING, {"year": year})], False
        for unit in units:
            now, before = (bases.of(unit, year) for year in years)
            if now != before and bases.in_use(unit, terms.baseline_year):
                names = {"basis": now, "baseline_basis": before}
                data = {"year": terms.year, "baseline_year": terms.baseline_year, **names}
                found = [Finding("BASIS_DIFFERS", BASIS_DIFFERS, data)]
                return (found if terms.kind is Kind.REDUCTION else []), False
        return [], True

    def spark(self, unit_id: Unit) -> list[int | None]:
        """Give the twelve months up to the day judged."""
        series, end = self.series[unit_id, self.year], self.as_of + 1
        months = (Month(self.year, number) for number in range(1, 13))
        return [series.amount(m.start, min(m.end, end)).quantity if m.start < end else None for m in months]


def in_force(session: Session, year: Year, units: list[Unit]) -> dict[str, dict[Unit, list[Target]]]:
    """Read the targets in force of a year, by resource and unit: the highest version not withdrawn, totals first."""
    query = select(Target).where(Target.year == year, Target.unit_id.in_(units), Target.withdrawn_at.is_(None))
    newest = {(t.resource, t.unit_id, t.indicator): t for t in session.scalars(query.order_by(Target.version))}
    found: dict[str, dict[Unit, list[Target]]] = defaultdict(dict)
    for target in sorted(newest.values(), key=lambda t: ORDER.index(Indicator(t.indicator))):
        found[target.resource].setdefault(target.unit_id, []).append(target)
    return found


def convene(
    session: Session,
    tree: Tree,
    resource: str,
    when: tuple[Year, int],
    *,
    targets: dict[Unit, list[Target]],
    tops: list[Unit],
) -> Court:
    """Read layout, weights, facts, declared baselines and the days of each year that the targets compare."""
    year, as_of = when
    layout = load_layout(session, resource, tree)
    years = sorted({year} | _baseline_years(targets))
    structures = {each: tree.structure(*year_days(each), as_in=year) for each in years}
    wanted = (allocation.needed(layout, structures[year], top) for top in tops)
    book = allocation.Book(session, layout, set().union(*wanted))
    weight = book.weights(year)
    series: dict[tuple[Unit, Year], Series] = {}
    ledgers: dict[Unit, Ledger] = {}
    for each in years:
        for top in tops:
            ledger = allocation.read(book, structures[each], unit_id=top, weight=weight)
            series |= {(unit, each): found for unit, found in allocation.of_each_unit(ledger).items()}
            if each == year:
                ledgers[top] = ledger
    query = (
        select(Baseline).where(Baseline.resource == resource, Baseline.quantity.is_not(None)).order_by(Baseline.version)
    )
    declared = {(b.unit_id, b.year): b.quantity for b in session.scalars(query) if b.quantity is not None}
    return Court(tree, layout, year, as_of, targets, declared, load_facts(session), series, structures, ledgers)


def _terms(target: Target) -> TargetTerms:
    return TargetTerms(
        Indicator(target.indicator),
        target.year,
        target.baseline_year,
        target.reduction,
        target.min_coverage,
        Kind(target.kind),
        target.cap,
    )


def _baseline_years(targets: dict[Unit, list[Target]]) -> set[Year]:
    rows: Iterable[list[Target]] = targets.values()
    return {target.baseline_year for listed in rows for target in listed}
