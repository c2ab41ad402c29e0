"""Denominators of intensities: the dated facts of a unit, or the sum of its sub-units', averaged over a year."""

from collections.abc import Iterable
from fractions import Fraction

from monitor.database.tables import UnitFact
from monitor.domain.indicators import Indicator, fact_kinds, time_weighted
from monitor.domain.periods import to_day, year_days
from monitor.queries._tree import Tree

Facts = dict[int, list[UnitFact]]


def average(facts: Facts, tree: Tree, unit_id: int, kind: str, year: int) -> Fraction | None:
    """Average a kind of fact over a year; a unit that has none of its own takes the sum of its sub-units', if all have one."""
    own = [fact for fact in facts.get(unit_id, ()) if fact.kind == kind]
    if own:
        return time_weighted(_dated(own), *year_days(year))
    parts = [average(facts, tree, child, kind, year) for child in tree.children.get(unit_id, ())]
    if not parts or None in parts:
        return None
    return sum((part for part in parts if part is not None), Fraction(0))


def _dated(facts: Iterable[UnitFact]) -> list[tuple[int, int, int | None]]:
    return [(f.value, to_day(f.valid_from), None if f.valid_to is None else to_day(f.valid_to)) for f in facts]


def pair(  # noqa: PLR0917 - facts and tree, whose, what, and the two years compared
    facts: Facts, tree: Tree, unit_id: int, resource: str, indicator: Indicator, years: tuple[int, int]
) -> tuple[Fraction | None, Fraction | None]:
    """Give the denominators of two years, of the same kind: the best kind that is known for both."""
    found: tuple[Fraction | None, Fraction | None] = (None, None)
    for kind in fact_kinds(indicator, resource):
        one, other = (average(facts, tree, unit_id, kind, year) for year in years)
        if one is not None and other is not None:
            return one, other
        found = found if any(found) else (one, other)
    return found
