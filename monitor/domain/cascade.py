"""A unit's target shared out to its children, and whether what was promised below adds up to what was promised above.

Quantities are thousandths of the base measure; shares are exact to the last integer (largest remainder). A child of which the
needed figure is unknown is named and gets nothing: it is never guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from monitor.domain.amounts import PPM
from monitor.domain.baselines import Finding
from monitor.domain.indicators import Indicator
from monitor.domain.targets import Kind
from monitor.i18n import N_

NO_BASELINE = N_("Its baseline is not known or too little of it was measured, so its part cannot be told.")
NO_HEADS = N_("Its head count is not known, so its part cannot be told.")
NO_DENOMINATOR = N_("Its head count or floor area is not known, so nothing can be told per person or m².")
NOT_GIVEN = N_("Nothing was given for it.")
NO_ALLOWANCE = N_("The allowance of the unit itself is not known, so nothing can be shared out.")
WHOLE_UNKNOWN = N_("The parts of other units are not known, so no unit's part of the whole can be told.")


class Way(StrEnum):
    """How a target is shared out."""

    EQUAL = "equal"  # the same percentage for all
    BASELINE = "baseline"  # the allowance in proportion to the baselines
    HEADS = "heads"  # the allowance in proportion to the head count
    HAND = "hand"  # as negotiated


class State(StrEnum):
    """What the children's promises are against the unit's own."""

    EQUAL = "equal"
    BELOW = "below"
    ABOVE = "above"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised: `reduction` ppm, or a `cap` in thousandths (per person or m² for intensities)."""

    kind: Kind
    reduction: int = 0
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A unit as far as sharing out needs it: baseline quantity, denominators of both years (persons, m²), persons."""

    key: int
    baseline: int | None
    heads: Fraction | None = None
    denominator: Fraction | None = None
    baseline_denominator: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A child's part: its promise and the allowance of the year that follows from it; `problem` says why one is missing.

    A percentage can be promised where the baseline is not known yet; an amount cannot.
    """

    key: int
    promise: Promise | None
    allowance: int | None = None
    problem: Finding | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """The children against the unit: allowances for totals, thousandths per person or m² for intensities.

    `parts` is the sum (or the mean weighted by denominators) over the children known, `by` parts − own; `missing` are the
    keys of children not in it. A thousandth for each child is rounding and counts as equal.
    """

    state: State
    own: Fraction | None
    parts: Fraction | None
    missing: tuple[int, ...] = ()

    @property
    def by(self) -> Fraction | None:
        """Give how much the children are above (or below: negative) the unit's own."""
        return None if self.own is None or self.parts is None else self.parts - self.own


@dataclass(frozen=True, slots=True)
class Cascade:
    """A target shared out: a share for each child, in their order, and the check of the sum."""

    shares: tuple[Share, ...]
    check: Check


def allowance(promise: Promise, member: Member, indicator: Indicator) -> int | None:
    """Give the year's allowance that a promise means for a unit, rounded down; None where a figure for it is unknown."""
    total = indicator is Indicator.TOTAL
    if promise.kind is Kind.CAP:
        if promise.cap is None or (not total and not member.denominator):
            return None
        return floor(promise.cap if total else promise.cap * (member.denominator or 0))
    if member.baseline is None:
        return None
    exact = Fraction(member.baseline) * (PPM - promise.reduction) / PPM
    if not total:
        if not member.denominator or not member.baseline_denominator:
            return None
        exact = exact * member.denominator / member.baseline_denominator
    return floor(exact)


def apportion(whole: int, weights: Sequence[Fraction]) -> list[int]:
    """Share a whole number out in proportion to weights (not below 0): floors, the rest to the largest remainders, first first.

    The parts add up to the whole exactly; all are 0 where all weights are.
    """
    total = sum(weights, Fraction(0))
    if not total:
        return [0] * len(weights)
    exact = [whole * weight / total for weight in weights]
    parts = [floor(one) for one in exact]
    order = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[: whole - sum(parts)]:
        parts[at] += 1
    return parts


def check_sum(own: int | None, parts: Iterable[tuple[int, int | None]]) -> Check:
    """Check absolute allowances by their sum: `parts` are (key, allowance or None)."""
    listed = list(parts)
    known = [value for _, value in listed if value is not None]
    missing = tuple(key for key, value in listed if value is None)
    whole = Fraction(sum(known)) if known else None
    return _check(None if own is None else Fraction(own), whole, missing, len(known))


def check_mean(own: Fraction | None, parts: Iterable[tuple[int, Fraction | None, Fraction | None]]) -> Check:
    """Check intensities by their mean, weighted by the denominators: `parts` are (key, intensity, denominator)."""
    listed = list(parts)
    known = [(value, weight) for _, value, weight in listed if value is not None and weight]
    missing = tuple(key for key, value, weight in listed if value is None or not weight)
    weights = sum((weight for _, weight in known), Fraction(0))
    mean = sum((value * weight for value, weight in known), Fraction(0)) / weights if weights else None
    return _check(own, mean, missing, 1)


def _check(own: Fraction | None, parts: Fraction | None, missing: tuple[int, ...], rounding: int) -> Check:
    if own is None or parts is None:
        return Check(State.UNKNOWN, own, parts, missing)
    if abs(parts - own) <= rounding:
        return Check(State.EQUAL, own, parts, missing)
    return Check(State.ABOVE if parts > own else State.BELOW, own, parts, missing)


def check(
    promise_allowance: int | None, parent: Member, indicator: Indicator, parts: Sequence[tuple[Member, int | None]]
) -> Check:
    """Check the children's allowances (quantities) against the unit's own, in the way that the indicator asks for."""
    if indicator is Indicator.TOTAL:
        return check_sum(promise_allowance, ((member.key, value) for member, value in parts))
    return check_mean(
        per(promise_allowance, parent.denominator),
        ((member.key, per(value, member.denominator), member.denominator) for member, value in parts),
    )


def per(value: int | None, denominator: Fraction | None) -> Fraction | None:
    """Give a quantity per person or m²; None where either is unknown or nobody is there."""
    return None if value is None or not denominator else value / denominator


def cascade(
    promise: Promise,
    parent: Member,
    children: Sequence[Member],
    *,
    indicator: Indicator,
    way: Way,
    hand: Mapping[int, Promise] | None = None,
) -> Cascade:
    """Share a unit's promise out to its children; `hand` has what was negotiated, by key, for the way HAND."""
    whole = allowance(promise, parent, indicator)
    if way is Way.HAND:
        shares = [_given(child, indicator, (hand or {}).get(child.key)) for child in children]
    elif way is Way.EQUAL:
        shares = [_equal(promise, whole, parent, child, indicator) for child in children]
    else:
        shares = _apportioned(whole, parent, children, indicator=indicator, way=way)
    by_key = {share.key: share.allowance for share in shares}
    return Cascade(
        tuple(shares), check(whole, parent, indicator, [(child, by_key.get(child.key)) for child in children])
    )


def _given(child: Member, indicator: Indicator, promise: Promise | None) -> Share:
    if promise is None:
        return Share(child.key, None, problem=Finding("NOT_GIVEN", NOT_GIVEN))
    return Share(child.key, promise, allowance(promise, child, indicator))


def _equal(promise: Promise, whole: int | None, parent: Member, child: Member, indicator: Indicator) -> Share:
    """Give a child the same percentage; under a cap of a total, the percentage that it means for the unit itself."""
    if promise.kind is Kind.CAP and indicator is Indicator.TOTAL:
        if whole is None or not parent.baseline or parent.baseline < 0:
            return Share(child.key, None, problem=Finding("NO_ALLOWANCE", NO_ALLOWANCE))
        promise = Promise(Kind.REDUCTION, ceil(PPM - Fraction(whole * PPM, parent.baseline)))
    value = allowance(promise, child, indicator)
    if value is None:
        return Share(child.key, promise, problem=_lacking(child, promise.kind))
    return Share(child.key, promise, value)


def _lacking(child: Member, kind: Kind) -> Finding:
    if kind is Kind.REDUCTION and child.baseline is None:
        return Finding("NO_BASELINE", NO_BASELINE)
    return Finding("NO_DENOMINATOR", NO_DENOMINATOR)


def _apportioned(
    whole: int | None, parent: Member, children: Sequence[Member], *, indicator: Indicator, way: Way
) -> list[Share]:
    """Share the allowance out by weight; what belongs to the unit itself, or to children not known, stays with the unit."""
    weights = [_weight(child, way) for child in children]
    above, sure = _weight(parent, way), [weight for weight in weights if weight is not None]
    lacking = Finding("NO_HEADS", NO_HEADS) if way is Way.HEADS else Finding("NO_BASELINE", NO_BASELINE)
    if whole is None:
        return [Share(child.key, None, problem=Finding("NO_ALLOWANCE", NO_ALLOWANCE)) for child in children]
    if above is None and len(sure) < len(weights):
        unknown = Finding("WHOLE_UNKNOWN", WHOLE_UNKNOWN)
        return [
            Share(child.key, None, problem=lacking if weight is None else unknown)
            for child, weight in zip(children, weights, strict=True)
        ]
    rest = max((above or Fraction(0)) - sum(sure, Fraction(0)), Fraction(0))
    parts = iter(apportion(whole, [*sure, rest]))
    return [
        Share(child.key, None, problem=lacking) if weight is None else _capped(child, next(parts), indicator)
        for child, weight in zip(children, weights, strict=True)
    ]


def _weight(member: Member, way: Way) -> Fraction | None:
    if way is Way.HEADS:
        return member.heads if member.heads is not None and member.heads >= 0 else None
    return None if member.baseline is None or member.baseline < 0 else Fraction(member.baseline)


def _capped(child: Member, part: int, indicator: Indicator) -> Share:
    """Make a part of the allowance a cap: of the total, or per person or m² by the child's own denominator."""
    if indicator is Indicator.TOTAL:
        return Share(child.key, Promise(Kind.CAP, cap=part), part)
    if not child.denominator:
        return Share(child.key, None, problem=Finding("NO_DENOMINATOR", NO_DENOMINATOR))
    promise = Promise(Kind.CAP, cap=floor(part / child.denominator))
    return Share(child.key, promise, allowance(promise, child, indicator))
