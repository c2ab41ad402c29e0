"""What a target is about: a total, or a total per person or per square metre; denominators are dated and time-weighted."""

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

THOUSANDTHS = 1000


class Indicator(StrEnum):
    """The figure that a target limits (EnPI): the resource's total, or the total over a denominator."""

    TOTAL = "total"
    PER_PERSON = "per_person"
    PER_M2 = "per_m2"


def fact_kinds(indicator: Indicator, resource: str) -> tuple[str, ...]:
    """Name the kinds of unit facts that may be the denominator, the best first; none for a total.

    Water per person counts those who use water (用水人数) where that is kept apart from 用能人数.
    """
    if indicator is Indicator.TOTAL:
        return ()
    if indicator is Indicator.PER_M2:
        return ("floor_area",)
    return ("water_head_count", "head_count") if resource == "water" else ("head_count",)


def time_weighted(facts: Iterable[tuple[int, int, int | None]], start: int, end: int) -> Fraction | None:
    """Average dated facts (value in thousandths, first day, day after the last or None) over the days start..end-1.

    Gives whole units (persons, m²), exactly. None where any day has no fact: a denominator is never guessed.
    Where facts overlap, the one that begins last holds.
    """
    if end <= start:
        return None
    rows = sorted(facts, key=lambda fact: fact[1])
    inside = {edge for _, first, last in rows for edge in (first, end if last is None else last) if start < edge < end}
    edges = sorted({start, end} | inside)
    total = 0
    for left, right in pairwise(edges):
        holding = [value for value, first, last in rows if first <= left and (last is None or left < last)]
        if not holding:
            return None
        total += holding[-1] * (right - left)
    return Fraction(total, (end - start) * THOUSANDTHS)


def per(quantity: int | None, denominator: Fraction | None) -> Fraction | None:
    """Give a quantity per unit of the denominator; None where either is missing or the denominator is not above 0."""
    if quantity is None or denominator is None or denominator <= 0:
        return None
    return quantity / denominator
