"""Why a use changed: so much by people (or area), so much by workdays, the rest; whole numbers that add up exactly."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise


def explained(
    before: int, now: int, factors: Sequence[tuple[str, Fraction]], parts: Sequence[tuple[str, int]] = ()
) -> list[tuple[str, int]]:
    """Give (kind, quantity) for each factor in turn, each part as it is, then ("rest", what they leave): together now − before.

    A factor says what it alone would have made of the use (11/10: a tenth more); each works on what the ones before it made,
    rounded down, so that nothing is lost between them. A part (the weather's) is a quantity already.
    """
    course = [Fraction(before)]
    for _, factor in factors:
        course.append(course[-1] * factor)
    whole = [value.__floor__() for value in course]
    steps = [(kind, after - earlier) for (kind, _), (earlier, after) in zip(factors, pairwise(whole), strict=True)]
    return [*steps, *parts, ("rest", now - whole[-1] - sum(quantity for _, quantity in parts))]
