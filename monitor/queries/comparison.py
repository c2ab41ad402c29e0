"""Who is better, fairly: the visible units beside each other, by distance to their target, per person and per m².

Like is compared with like (units of the same kind, or below the same parent), and only what was measured is ranked: a
missing reading is never a saving.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import NOTHING, Amount
from monitor.domain.baselines import Finding
from monitor.queries.scope import UnitRow, visible_tree
from monitor.queries.targets import Judged

MIN_COVERAGE = 950_000  # ppm: units measured less than this are not ranked per person and per m²


class By(StrEnum):
    """What units are ranked by; smaller is better in each."""

    TARGET = "target"  # use ÷ allowed − 1: below zero is better than promised
    PER_PERSON = "per_person"
    PER_M2 = "per_m2"


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
    why the unit is not ranked.
    """

    unit: UnitRow
    used: Amount
    judged: Judged | None
    persons: Fraction | None
    persons_kind: str
    area: Fraction | None
    values: dict[By, Fraction]
    reasons: dict[By, tuple[Finding, ...]]


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
    """All visible units over the days start..end-1 of a year, in tree order.

    `not_allocated` is what no share reaches: nobody's in particular, so in nobody's figure; NOTHING unless the actor sees
    the first top unit.
    """

    resource: str
    year: int
    start: int
    end: int
    min_coverage: int
    rows: tuple[Compared, ...] = ()
    not_allocated: Amount = NOTHING

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


def compare(
    session: Session,
    actor: Actor,
    resource: str,
    year: int,
    as_of: int | None = None,
    *,
    min_coverage: int = MIN_COVERAGE,
) -> Comparison:
    """Compare the units that the actor may see in a resource, from 1 January of a year up to a day (inclusive).

    No rows for a stranger. Values: see `Compared`; rankings: `Comparison.groups(by, grouping)`; scatter: `.scatter()`.
    """
    del as_of
    seen = visible_tree(session, actor)
    rows = tuple(Compared(unit, NOTHING, None, None, "", None, {}, {}) for unit in seen.rows)
    return Comparison(resource, year, 0, 0, min_coverage, rows)
