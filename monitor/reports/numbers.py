"""How figures travel in a report's data: whole numbers, exact ratios, days; nothing formatted, nothing rounded."""

import json
from fractions import Fraction
from typing import Any

from monitor.domain.amounts import Amount
from monitor.domain.amounts import change as relative

Data = dict[str, Any]
COMPARABLE = Fraction(95, 100)  # the least coverage of both sides of a comparison with last year


def canonical(data: Data) -> str:
    """Write data the one way: keys sorted, no spaces, characters as they are; equal data give equal text."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def ratio(value: Fraction | None) -> list[int] | None:
    """Give an exact ratio as [numerator, denominator]; None stays None."""
    return None if value is None else [value.numerator, value.denominator]


def fraction(pair: list[int] | None) -> Fraction | None:
    """Read what `ratio` wrote."""
    return None if pair is None else Fraction(pair[0], pair[1])


def amount(value: Amount) -> Data:
    """Give an amount as quantity and estimated part (thousandths of the base measure) and its coverage, an exact ratio."""
    return {
        "quantity": value.quantity,
        "estimated": value.estimated,
        "coverage": ratio(value.coverage) if value.expected else None,
    }


def comparable(now: Amount, base: Amount) -> bool:
    """Tell whether both amounts are measured well enough to be set against each other: a gap must not look like a saving."""
    return min(now.coverage, base.coverage) >= COMPARABLE


def change(now: Amount, base: Amount) -> list[int] | None:
    """Give (now - base) / base as an exact ratio, negative where something was saved; None where it cannot be said."""
    return ratio(relative(now.quantity, base.quantity)) if comparable(now, base) else None


def intensity(quantity: int | None, denominator: list[int] | None) -> list[int] | None:
    """Give thousandths of the base measure per person or m², exactly; the denominator as `ratio` wrote it."""
    whole = fraction(denominator)
    return None if quantity is None or not whole else ratio(quantity / whole)
