"""A closed month as figures: what was kept, how it is written down, and what reads otherwise today; pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

FORMAT = 1  # of what is kept; raised whenever its shape or meaning changes
COUNTED, DEDUCTED, NOT_ALLOCATED, FACT = "counted", "deducted", "not_allocated", "fact"
Key = tuple[str, str, str]
"""Unit (its code), resource (or kind of fact), and which part of its line: counted, deducted, not allocated; or a fact."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a month: quantity (None where nothing is known) with its estimated part, in thousandths of the base measure.

    `covered` of `expected` are weighted seconds, as coverage is shown everywhere; the weights follow the usual consumption and
    so may shift by themselves. `measured` of `due` are the same seconds unweighted: only readings and shares change them.
    Of a fact `quantity` is its mean over the month, in thousandths.
    """

    quantity: int | None
    estimated: int = 0
    covered: int = 0
    expected: int = 0
    measured: int = 0
    due: int = 0

    @property
    def coverage(self) -> Fraction | None:
        """The measured part of what should have been measured; None where nothing was expected."""
        return Fraction(self.covered, self.expected) if self.expected else None

    def reads(self) -> tuple[int | None, int, int, int]:
        """Give what may not change in a closed month."""
        return self.quantity, self.estimated, self.measured, self.due


UNKNOWN = Figure(None)
Figures = Mapping[Key, Figure]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of a closed month that reads otherwise today."""

    unit: str
    resource: str
    part: str
    before: Figure
    now: Figure

    @property
    def amount(self) -> int | None:
        """Give now less before; None where either is not known."""
        if self.before.quantity is None or self.now.quantity is None:
            return None
        return self.now.quantity - self.before.quantity


def differences(kept: Figures, now: Figures) -> list[Difference]:
    """List the figures that read otherwise, by unit, resource and part; what neither knows is not there."""
    found = []
    for key in sorted(kept.keys() | now.keys()):
        before, after = kept.get(key, UNKNOWN), now.get(key, UNKNOWN)
        if before.reads() != after.reads():
            found.append(Difference(*key, before, after))
    return found


def written(unit: str, month: str, figures: Figures, **more: Any) -> tuple[str, str]:  # noqa: ANN401 - JSON
    """Write what is kept the one way (keys sorted, no spaces) and give it with its SHA-256."""
    rows = [
        [*key, one.quantity, one.estimated, one.covered, one.expected, one.measured, one.due]
        for key, one in sorted(figures.items())
    ]
    data = {"format": FORMAT, "unit": unit, "month": month, "figures": rows, **more}
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text, fingerprint(text)


def fingerprint(text: str) -> str:
    """Give the SHA-256 of what is kept."""
    return sha256(text.encode()).hexdigest()


def read(text: str) -> dict[Key, Figure]:
    """Read the figures that `written` wrote."""
    rows: Iterable[list[Any]] = json.loads(text)["figures"]
    return {(row[0], row[1], row[2]): Figure(*row[3:]) for row in rows}
