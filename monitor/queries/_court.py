"""What judging the targets of a resource and year needs, read once for all units: the one judgement behind every page."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Baseline, Target
from monitor.domain.baselines import SUMMED, Calendar, class_sums, running
from monitor.domain.indicators import Indicator
from monitor.domain.periods import Month, workdays, year_days
from monitor.domain.targets import (
    BASIS_DIFFERS,
    BASIS_MISSING,
    Finding,
    Kind,
    Known,
    TargetProgress,
    TargetTerms,
    judged,
)
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Ledger
from monitor.queries._denominators import Facts, pair
from monitor.queries._meters import Layout, load_layout
from monitor.queries._series import Ints, Rows, Series
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
    days: dict[Year, list[Rows]]  # of each unit, a list item for each top unit
    structures: dict[Year, Structure]
    ledgers: dict[Unit, Ledger]  # of the year judged, by top unit
    _calendars: dict[Year, Calendar] = field(default_factory=dict)
    _classes: dict[Year, dict[Unit, Ints]] = field(default_factory=dict)

    @cached_property
    def country(self) -> str:
        """The calendar by which most of the resource's meters work."""
        found = Counter(meter.country for meter in self.layout.meters.values())
        return found.most_common(1)[0][0] if found else "CN"

    def calendar(self, year: Year, stretch: Ints | None = None) -> Calendar:
        """Give the days of a year by class; one calendar for all units that no move concerns."""
        if stretch is not None:
            return Calendar(year, self.calendar(year).workdays, stretch)
        if year not in self._calendars:
            self._calendars[year] = Calendar(year, workdays(*year_days(year), self.country))
        return self._calendars[year]

    @cached_property
    def _running(self) -> list[Ints]:
        """Give the sums up to each day of the year, of all units below each top."""
        return [running(days.series.columns()) for days in self.days[self.year]]

    def _sums(self, unit_id: Unit) -> Ints:
        return next(
            sums[days.at[unit_id]]
            for days, sums in zip(self.days[self.year], self._running, strict=True)
            if unit_id in days.at
        )

    def _baseline(self, unit_id: Unit, year: Year) -> Ints:
        """Give the sums of a baseline year by class, made for all units at once."""
        if year not in self._classes:
            made = (class_sums(days.series.columns(), self.calendar(year)) for days in self.days[year])
            self._classes[year] = {
                unit: sums[row]
                for days, sums in zip(self.days[year], made, strict=True)
                for unit, row in days.at.items()
            }
        return self._classes[year][unit_id]

    def known(self, unit_id: Unit, year: Year) -> bool:
        """Tell whether the days of a unit in a year were read."""
        return any(unit_id in days.at for days in self.days.get(year, ()))

    def days_of(self, unit_id: Unit, year: Year) -> Series:
        """Give the days of a unit in a year."""
        return next(days[unit_id] for days in self.days[year] if unit_id in days.at)

    def judge(self, unit: UnitRow) -> list[Judged]:
        """Judge each target of a unit, totals before intensities."""
        return [Judged(unit, self.layout.resource, t.id, self._progress(t)) for t in self.targets.get(unit.id, ())]

    def path(self, target: Target) -> list[tuple[int, int]]:
        """Give (day, allowed up to and with it) at each month's end, by the same judgement; empty without an allowance."""
        ends = (Month(self.year, number).end - 1 for number in range(1, 13))
        found = ((day, self._progress(target, day).allowed) for day in ends)
        return [(day, allowed) for day, allowed in found if allowed is not None]

    def _progress(self, target: Target, as_of: int | None = None) -> TargetProgress:
        terms, unit_id = _terms(target), target.unit_id
        structures = (self.structures[target.year], self.structures[target.baseline_year])
        now, before = pair(self.facts, structures, unit_id, target.resource, terms.indicator)
        hindrances, comparable = self._bases(terms, unit_id)
        stretches = self._stretches(target) or (None, None)
        if comparable and stretches[1] is None:
            baseline = self._baseline(unit_id, target.baseline_year)
        else:
            days = self.days_of(unit_id, target.baseline_year)
            calendar = self.calendar(target.baseline_year, stretches[1])
            baseline = class_sums((days if comparable else days.missing()).columns(), calendar)
        return judged(
            terms,
            (self._sums(unit_id), self.calendar(target.year, stretches[0])),
            baseline,
            as_of=self.as_of if as_of is None else as_of,
            known=Known(now, before, self.declared.get((unit_id, target.baseline_year)), hindrances),
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
        sums = self._sums(unit_id)[[SUMMED.index("quantity"), SUMMED.index("known")]]
        quantity, known = sums[:, self._months].tolist()
        found = [
            now - before if seen > seen_before else None
            for (before, now), (seen_before, seen) in zip(pairwise(quantity), pairwise(known), strict=True)
        ]
        return found + [None] * (12 - len(found))

    @cached_property
    def _months(self) -> list[int]:
        """Give the days, counted from 0, on which the months begun by the day judged begin, and where the last of them ends."""
        start, end = year_days(self.year)[0], self.as_of + 1
        gone = [month for month in (Month(self.year, number) for number in range(1, 13)) if month.start < end]
        return [0, *(min(month.end, end) - start for month in gone)]


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
    days: dict[Year, list[Rows]] = {each: [] for each in years}
    ledgers: dict[Unit, Ledger] = {}
    for each in years:
        for top in tops:
            ledger = allocation.read(book, structures[each], unit_id=top, weight=weight)
            days[each].append(allocation.of_each_unit(ledger))
            if each == year:
                ledgers[top] = ledger
    query = (
        select(Baseline).where(Baseline.resource == resource, Baseline.quantity.is_not(None)).order_by(Baseline.version)
    )
    declared = {(b.unit_id, b.year): b.quantity for b in session.scalars(query) if b.quantity is not None}
    return Court(tree, layout, year, as_of, targets, declared, load_facts(session), days, structures, ledgers)


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
