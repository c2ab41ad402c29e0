"""Who is better, fairly: the visible units beside each other, by distance to their target, per person and per m².

Like is compared with like (units of the same kind, or below the same parent), and only what was measured is ranked: a
missing reading is never a saving.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import NOTHING, Amount, total
from monitor.domain.baselines import Finding
from monitor.domain.indicators import Indicator
from monitor.domain.periods import year_days
from monitor.domain.quotas import judged_days
from monitor.domain.targets import Status
from monitor.i18n import N_
from monitor.queries._allocation import Ledger
from monitor.queries._court import Court, Judged, convene, in_force
from monitor.queries._intensities import MIN_COVERAGE, days_of, intensity, undecided, unmeasured
from monitor.queries._quotas import Judgement, Rules, judgement, rules
from monitor.queries._series import Series
from monitor.queries._tree import Structure, load_tree
from monitor.queries.scope import UnitRow, visible_tree
from monitor.queries.targets import default_as_of

NO_TARGET = N_("No target is set for this year.")
NO_ALLOWANCE = N_("Nothing is allowed for these days yet, so no pace can be told.")


class By(StrEnum):
    """What units are ranked by; smaller is better in each."""

    TARGET = "target"  # use ÷ allowed − 1: below zero is better than promised
    PER_PERSON = "per_person"
    PER_M2 = "per_m2"


INDICATORS = {By.PER_PERSON: Indicator.PER_PERSON, By.PER_M2: Indicator.PER_M2}


class Over(StrEnum):
    """Over which days use per person and per m² is taken."""

    YEAR = "year"  # since 1 January
    TWELVE = "twelve_months"  # what a quota is for: see `monitor.domain.quotas.judged_days`


class Grouping(StrEnum):
    """Who is compared with whom."""

    KIND = "kind"  # units of the same kind (bureau, department …)
    PARENT = "parent"  # units directly below the same unit
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Compared:
    """A unit with what it is compared by.

    `used` is the assessed use of the span. `persons` and `area` are whole persons and m², time-weighted over the span, of the
    kind of fact named (None: not known for each day of it). `values` has for each measure that can be ranked its value: for
    TARGET a plain ratio (−1/20 is 5 % better than promised), else thousandths of the base measure per person or m² in the
    span, *as if complete* (used ÷ coverage), so that gaps do not look like savings. `reasons` has for each other measure
    why the unit is not ranked. `quotas` has where the unit stands against the quota in force for it, where there is one
    and the span is twelve months.
    """

    unit: UnitRow
    used: Amount
    judged: Judged | None
    persons: Fraction | None
    persons_kind: str
    area: Fraction | None
    values: dict[By, Fraction]
    reasons: dict[By, tuple[Finding, ...]]
    quotas: dict[By, Judgement]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in a ranking: equal values have equal ranks, 1 is best; `distance` is value ÷ the group's median − 1, None for targets."""

    rank: int
    value: Fraction
    row: Compared
    distance: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Units that are compared with each other: ranked, best first, then those not ranked, in tree order, with the reason.

    `key` is the kind's code, the parent's id (None: a top of what the actor sees) or "" for all; `median` of the values.
    """

    key: str | int | None
    ranked: tuple[Ranked, ...]
    unranked: tuple[tuple[Compared, tuple[Finding, ...]], ...]
    median: Fraction | None


@dataclass(frozen=True, slots=True)
class Point:
    """A unit in the scatter: persons across, use of the span up (thousandths, as measured), ranked or too little measured."""

    unit: UnitRow
    persons: Fraction
    used: Amount
    enough: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All visible units over the days start..end-1, in tree order; `yearly`: these are twelve months, so quotas speak of them.

    `not_allocated` is what no share reaches: nobody's in particular, so in nobody's figure; NOTHING unless the actor sees
    the first top unit.
    """

    resource: str
    year: int
    start: int
    end: int
    min_coverage: int
    rows: tuple[Compared, ...] = ()
    yearly: bool = False
    not_allocated: Amount = NOTHING

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Compared]:
        return iter(self.rows)

    def groups(self, by: By, grouping: Grouping = Grouping.KIND) -> list[Group]:
        """Rank within each group, groups in tree order of their first unit."""
        found: dict[Hashable, list[Compared]] = {}
        for row in self.rows:
            found.setdefault(_KEYS[grouping](row.unit), []).append(row)
        return [_group(key, rows, by) for key, rows in found.items()]

    def scatter(self) -> list[Point]:
        """Give people × use of each unit of which both are known."""
        return [
            Point(row.unit, row.persons, row.used, By.PER_PERSON in row.values)
            for row in self.rows
            if row.persons and row.used.quantity is not None
        ]


_KEYS: dict[Grouping, Callable[[UnitRow], str | int | None]] = {
    Grouping.KIND: lambda unit: unit.kind,
    Grouping.PARENT: lambda unit: unit.parent_id,
    Grouping.ALL: lambda _: "",
}


def _group(key: Hashable, rows: list[Compared], by: By) -> Group:
    able = sorted((row for row in rows if by in row.values), key=lambda row: row.values[by])
    values = [row.values[by] for row in able]
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2 if values else None
    ranked = tuple(
        Ranked(
            values.index(row.values[by]) + 1,
            row.values[by],
            row,
            row.values[by] / middle - 1 if middle and by is not By.TARGET else None,
        )
        for row in able
    )
    others = tuple((row, row.reasons.get(by, ())) for row in rows if by not in row.values)
    return Group(key if isinstance(key, str | int) else None, ranked, others, middle)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What comparing needs, read once: the court for targets, and the days of the span with the quotas that speak of them."""

    court: Court
    structure: Structure
    series: dict[int, Series]
    span: tuple[int, int]
    quotas: Rules
    least: int


def compare(
    session: Session,
    actor: Actor,
    resource: str,
    year: int,
    as_of: int | None = None,
    *,
    over: Over = Over.YEAR,
    min_coverage: int = MIN_COVERAGE,
) -> Comparison:
    """Compare the units that the actor may see in a resource, from 1 January of a year (or over twelve months) up to a day.

    No rows for a stranger. Values: see `Compared`; rankings: `Comparison.groups(by, grouping)`; scatter: `.scatter()`.
    Distances to targets are always those of the year.
    """
    seen = visible_tree(session, actor)
    start = year_days(year)[0]
    if not seen.rows:
        return Comparison(resource, year, start, start, min_coverage)
    tree = load_tree(session)
    day = default_as_of(session) if as_of is None else as_of
    end = min(max(day + 1, start), year_days(year)[1])
    twelve = judged_days(year, day)
    span = twelve if over is Over.TWELVE else (start, end)
    promised = in_force(session, year, list(seen.by_id)).get(resource, {})
    court = convene(session, tree, resource, (year, day), targets=promised, tops=seen.roots)
    structure = tree.structure(span[0], max(span[1], span[0] + 1))
    series = {unit.id: court.days_of(unit.id, year) for unit in seen.rows}
    ledgers: list[Ledger] = list(court.ledgers.values())
    if span[0] != start:
        series, ledgers = days_of(session, court.layout, structure, seen.roots)
    yearly = span == twelve
    desk = _Desk(court, structure, series, span, rules(session, tree, resource, year) if yearly else {}, min_coverage)
    rows = tuple(_compared(desk, unit) for unit in seen.rows)
    rest = [ledger.not_allocated().amount(*span) for ledger in ledgers if ledger.unit_id in tree.roots[:1]]
    return Comparison(resource, year, *span, min_coverage, rows, yearly, total(rest))


def _compared(desk: _Desk, unit: UnitRow) -> Compared:
    """Put together what a unit is compared by."""
    court, structure = desk.court, desk.structure
    used = desk.series[unit.id].amount(*desk.span)
    judged = next(iter(court.judge(unit)), None)
    values: dict[By, Fraction] = {}
    reasons: dict[By, tuple[Finding, ...]] = {By.TARGET: _not_judged(judged)}
    if judged is not None and not reasons[By.TARGET] and judged.progress.pace is not None:
        values[By.TARGET] = judged.progress.pace - 1
    without = undecided(court.layout.bases, structure, unit.id)
    hindrances = unmeasured(used, court.year, desk.least, undecided=without)
    figures = {
        by: intensity(used, (unit.id, court.layout.resource, one), court.facts, structure, hindrances=hindrances)
        for by, one in INDICATORS.items()
    }
    for by, figure in figures.items():
        reasons[by] = figure.reasons
        if figure.value is not None:
            values[by] = figure.value
    held = {
        by: judgement(desk.quotas[unit.id, one], figures[by], court.year, desk.span)
        for by, one in INDICATORS.items()
        if (unit.id, one) in desk.quotas
    }
    persons, area = figures[By.PER_PERSON], figures[By.PER_M2]
    kept = {by: found for by, found in reasons.items() if by not in values}
    return Compared(unit, used, judged, persons.denominator, persons.kind, area.denominator, values, kept, held)


def _not_judged(judged: Judged | None) -> tuple[Finding, ...]:
    """Tell why a unit has no place in the ranking by targets; nothing where it has one."""
    if judged is None:
        return (Finding("NO_TARGET", NO_TARGET),)
    if judged.progress.status is Status.NOT_JUDGED:
        return judged.progress.reasons
    return () if judged.progress.pace is not None else (Finding("NO_ALLOWANCE", NO_ALLOWANCE),)
