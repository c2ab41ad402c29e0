"""Denominators of intensities: the dated facts of a unit, or the sum of its sub-units', averaged over days.

A unit that sums its sub-units does so by the structure of each day. Where a structure is assumed (a target compares its
baseline year by the structure of its own year), a unit with facts of its own has those of the units that came added and
those of the units that left taken off, so that a move never looks like a saving per person either.
"""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

from monitor.database.tables import UnitFact
from monitor.domain.indicators import Indicator, fact_kinds, time_weighted
from monitor.domain.periods import to_day
from monitor.queries._tree import Structure, Tree

Facts = dict[int, list[UnitFact]]


def average(facts: Facts, structure: Structure, unit_id: int, kind: str) -> Fraction | None:
    """Average a kind of fact over the days of a structure, in whole persons or m².

    A unit that has none of its own takes the sum of its sub-units', if all have one. None where a day has no fact.
    """
    total = Fraction(0)
    for first, last, tree, actual in _stretches(structure):
        part = _over(facts, (tree, actual), unit_id, kind, (first, last))
        if part is None:
            return None
        total += part * (last - first)
    days = structure.end - structure.start
    return total / days if days > 0 else None


def _stretches(structure: Structure) -> list[tuple[int, int, Tree, Tree]]:
    """Give days (first, last-exclusive) with the tree to go by and the one that was."""
    if not structure.assumed:
        return [(one.first, one.last, one.tree, one.tree) for one in structure.stretches]
    was = structure.tree.structure(structure.start, structure.end).stretches
    edges = sorted({edge for one in (*structure.stretches, *was) for edge in (one.first, one.last)})
    return [
        (
            first,
            last,
            next(one.tree for one in structure.stretches if one.first <= first < one.last),
            next(one.tree for one in was if one.first <= first < one.last),
        )
        for first, last in pairwise(edges)
    ]


def _over(facts: Facts, trees: tuple[Tree, Tree], unit_id: int, kind: str, span: tuple[int, int]) -> Fraction | None:
    own = [fact for fact in facts.get(unit_id, ()) if fact.kind == kind]
    if own:
        found = time_weighted(_dated(own), *span)
        return found if trees[0] is trees[1] else _moved(found, facts, trees, unit_id, kind=kind, span=span)
    return _sum(_over(facts, trees, child, kind, span) for child in trees[0].children.get(unit_id, ()))


def _moved(
    found: Fraction | None,
    facts: Facts,
    trees: tuple[Tree, Tree],
    unit_id: int,
    *,
    kind: str,
    span: tuple[int, int],
) -> Fraction | None:
    """Add the facts of the sub-trees that came and take off those of the sub-trees that left."""
    now, then = (set(tree.subtree(unit_id)) for tree in trees)
    for tree, other, sign in ((trees[0], now - then, 1), (trees[1], then - now, -1)):
        tops = [unit for unit in sorted(other) if tree.by_id[unit].parent_id not in other]
        if any(set(tree.subtree(top)) - other for top in tops):
            return None  # parts of what moved stayed: nothing says how the facts divide
        part = _sum([Fraction(0), *(_over(facts, (tree, tree), top, kind, span) for top in tops)])
        found = None if found is None or part is None else found + sign * part
    return found if found is not None and found > 0 else None


def _sum(parts: Iterable[Fraction | None]) -> Fraction | None:
    """Add; nothing is known of the whole where a part is missing, or where there is none."""
    listed = list(parts)
    known = [part for part in listed if part is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(listed) else None


def _dated(facts: Iterable[UnitFact]) -> list[tuple[int, int, int | None]]:
    return [(f.value, to_day(f.valid_from), None if f.valid_to is None else to_day(f.valid_to)) for f in facts]


def pair(
    facts: Facts, structures: tuple[Structure, Structure], unit_id: int, resource: str, indicator: Indicator
) -> tuple[Fraction | None, Fraction | None]:
    """Give the denominators of two spans of days, of the same kind: the best kind that is known for both."""
    found: tuple[Fraction | None, Fraction | None] = (None, None)
    for kind in fact_kinds(indicator, resource):
        one, other = (average(facts, structure, unit_id, kind) for structure in structures)
        if one is not None and other is not None:
            return one, other
        found = found if any(found) else (one, other)
    return found


def best(
    facts: Facts, structure: Structure, unit_id: int, resource: str, indicator: Indicator
) -> tuple[str, Fraction | None]:
    """Give the best kind of fact that is known for each day of a span, with its average; ("", None) where none is."""
    for kind in fact_kinds(indicator, resource):
        value = average(facts, structure, unit_id, kind)
        if value is not None:
            return kind, value
    return "", None
