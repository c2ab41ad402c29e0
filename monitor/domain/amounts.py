"""A number travels as an `Amount`: quantity, coverage and estimated share. Missing is not zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

PPM = 1_000_000


def nearest(numerator: int, denominator: int) -> int:
    """Round a fraction to the nearest whole number, halves to the even one; the denominator is above 0."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


@dataclass(frozen=True, slots=True)
class Amount:
    """A consumption over a period.

    `quantity` is in thousandths of the resource's base measure and None where nothing at all was measured;
    `estimated` is the part of it that was estimated or prorated. `covered` and `expected` are weighted seconds:
    each meter's seconds times its weight (its usual consumption), so that a big meter's gap counts as a big gap.
    """

    quantity: int | None
    covered: int
    expected: int
    estimated: int = 0

    @property
    def coverage(self) -> Fraction:
        """The measured part of what should have been measured, 0 to 1; 0 where nothing is expected."""
        return Fraction(self.covered, self.expected) if self.expected else Fraction(0)

    @property
    def estimated_share(self) -> Fraction:
        """The estimated part of the quantity, 0 to 1."""
        return Fraction(self.estimated, self.quantity) if self.quantity else Fraction(0)

    def if_complete(self) -> int | None:
        """The quantity, were the missing part like the measured one: a lower bound made honest. None if nothing is known."""
        if self.quantity is None or not self.covered:
            return None
        return nearest(self.quantity * self.expected, self.covered)

    def __add__(self, other: "Amount") -> "Amount":
        """Add what is known; the sum of nothing and nothing is nothing."""
        quantity = (
            None if self.quantity is None and other.quantity is None else (self.quantity or 0) + (other.quantity or 0)
        )
        return Amount(
            quantity, self.covered + other.covered, self.expected + other.expected, self.estimated + other.estimated
        )


NOTHING = Amount(None, 0, 0)


def total(amounts: Iterable[Amount]) -> Amount:
    """Sum amounts exactly; an empty sum is NOTHING, which is not zero."""
    return sum(amounts, NOTHING)


def change(now: int | None, base: int | None) -> Fraction | None:
    """Give (now - base) / base as a fraction: negative is a saving. None where either is missing or the base is 0."""
    if now is None or not base:
        return None
    return Fraction(now - base, base)
