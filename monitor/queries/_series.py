"""Days of something as arrays: quantity, covered and expected weighted seconds, estimated part, known."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.domain.amounts import PPM, Amount

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Series:
    """Days of something: quantity, covered and expected weighted seconds, estimated part, known; `start` is the first day."""

    start: int
    quantity: Ints
    covered: Ints
    expected: Ints
    estimated: Ints
    known: Flags

    @classmethod
    def empty(cls, start: int, end: int) -> "Series":
        """Give days of nothing: nothing measured, nothing expected."""
        zero = np.zeros(end - start, dtype=np.int64)
        return cls(start, zero, zero, zero, zero, np.zeros(end - start, dtype=np.bool_))

    def __add__(self, other: "Series") -> "Series":
        return Series(
            self.start,
            self.quantity + other.quantity,
            self.covered + other.covered,
            self.expected + other.expected,
            self.estimated + other.estimated,
            self.known | other.known,
        )

    def only(self, spans: Iterable[tuple[int, int]]) -> "Series":
        """Keep the days of these spans (first, last-exclusive); on the others there is nothing, and nothing expected."""
        mask = np.zeros(len(self.quantity), dtype=np.bool_)
        for first, last in spans:
            mask[max(first - self.start, 0) : max(last - self.start, 0)] = True
        if mask.all():
            return self
        return Series(
            self.start,
            self.quantity * mask,
            self.covered * mask,
            self.expected * mask,
            self.estimated * mask,
            self.known & mask,
        )

    def missing(self) -> "Series":
        """Give the same days with all that was expected missing."""
        zero = np.zeros_like(self.quantity)
        return Series(self.start, zero, zero, self.expected, zero, np.zeros_like(self.known))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Give day, quantity, covered, expected, estimated, known as arrays."""
        return {
            "day": np.arange(self.start, self.start + len(self.quantity), dtype=np.int64),
            "quantity": self.quantity,
            "covered": self.covered,
            "expected": self.expected,
            "estimated": self.estimated,
            "known": self.known,
        }

    def frame(self) -> pd.DataFrame:
        """Give the same as a day frame."""
        return pd.DataFrame(self.columns())

    def amount(self, start: int | None = None, end: int | None = None) -> Amount:
        """Sum the days start..end-1 (all unless named); a quantity of None where no day is known."""
        part = slice(
            None if start is None else max(start - self.start, 0), None if end is None else max(end - self.start, 0)
        )
        known = bool(self.known[part].any())
        return Amount(
            int(self.quantity[part].sum()) if known else None,
            int(self.covered[part].sum()),
            int(self.expected[part].sum()),
            int(self.estimated[part].sum()),
        )


def times_ppm(values: Ints, ppm: Ints | int) -> Ints:
    """Give floor(values × ppm ÷ 1,000,000) without overflow of 64 bits."""
    return values // PPM * ppm + values % PPM * ppm // PPM
