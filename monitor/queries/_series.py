"""Days of something, or of many things, as arrays: quantity, covered and expected weighted seconds, estimated part, known."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.domain.amounts import Amount
from monitor.domain.organisation import times_ppm

__all__ = ["FIELDS", "Flags", "Ints", "Rows", "Series", "times_ppm"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
FIELDS = ("quantity", "covered", "expected", "estimated", "known")


@dataclass(frozen=True, slots=True)
class Series:
    """Days of something: quantity, covered and expected weighted seconds, estimated part, known; `start` is the first day.

    The last axis of the arrays is the days; those of many things (`Rows`) have a row for each.
    """

    start: int
    quantity: Ints
    covered: Ints
    expected: Ints
    estimated: Ints
    known: Flags

    @classmethod
    def empty(cls, start: int, end: int, rows: int | None = None) -> "Series":
        """Give days of nothing: nothing measured, nothing expected."""
        shape = (end - start,) if rows is None else (rows, end - start)
        quantity, covered, expected, estimated = (np.zeros(shape, dtype=np.int64) for _ in range(4))
        return cls(start, quantity, covered, expected, estimated, np.zeros(shape, dtype=np.bool_))

    @classmethod
    def of(cls, start: int, arrays: Iterable[npt.NDArray[Any]]) -> "Series":
        """Make one of the five arrays in the order of FIELDS."""
        quantity, covered, expected, estimated, known = arrays
        return cls(start, quantity, covered, expected, estimated, known)

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """Give the five arrays in the order of FIELDS."""
        return self.quantity, self.covered, self.expected, self.estimated, self.known

    def __add__(self, other: "Series") -> "Series":
        return Series(
            self.start,
            self.quantity + other.quantity,
            self.covered + other.covered,
            self.expected + other.expected,
            self.estimated + other.estimated,
            self.known | other.known,
        )

    def rows(self, which: Any) -> "Series":  # noqa: ANN401 - whatever chooses rows: a number, numbers, flags
        """Give one of many, or some."""
        return Series.of(self.start, (array[which] for array in self.arrays()))

    def put(self, which: Any, other: "Series") -> None:  # noqa: ANN401 - as above
        """Write one of many, or some."""
        for array, given in zip(self.arrays(), other.arrays(), strict=True):
            array[which] = given

    def copy(self) -> "Series":
        """Give the same in memory of its own."""
        return Series.of(self.start, (array.copy() for array in self.arrays()))

    def added(self, begin: Ints) -> "Series":
        """Add rows up that follow each other: from each beginning to before the next."""
        *numbers, known = self.arrays()
        return Series.of(
            self.start, (*(np.add.reduceat(array, begin) for array in numbers), np.logical_or.reduceat(known, begin))
        )

    def together(self) -> "Series":
        """Add many up to one."""
        *numbers, known = self.arrays()
        return Series.of(self.start, (*(array.sum(axis=0) for array in numbers), np.logical_or.reduce(known, axis=0)))

    def where(self, mask: Flags) -> "Series":
        """Keep the days that the mask (for all, or a row for each) is true on; on the others nothing, and nothing expected."""
        return Series(
            self.start,
            self.quantity * mask,
            self.covered * mask,
            self.expected * mask,
            self.estimated * mask,
            self.known & mask,
        )

    def mask(self, spans: Iterable[tuple[int, int]]) -> Flags:
        """Tell which days lie in these spans (first, last-exclusive)."""
        found = np.zeros(self.quantity.shape[-1], dtype=np.bool_)
        for first, last in spans:
            found[max(first - self.start, 0) : max(last - self.start, 0)] = True
        return found

    def only(self, spans: Iterable[tuple[int, int]]) -> "Series":
        """Keep the days of these spans (first, last-exclusive); on the others there is nothing, and nothing expected."""
        mask = self.mask(spans)
        return self if mask.all() else self.where(mask)

    def missing(self) -> "Series":
        """Give the same days with all that was expected missing."""
        zero = np.zeros_like(self.quantity)
        return Series(self.start, zero, zero, self.expected, zero, np.zeros_like(self.known))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Give day, quantity, covered, expected, estimated, known as arrays."""
        days = np.arange(self.start, self.start + self.quantity.shape[-1], dtype=np.int64)
        return {"day": days, **dict(zip(FIELDS, self.arrays(), strict=True))}

    def frame(self) -> pd.DataFrame:
        """Give the same as a day frame."""
        return pd.DataFrame(self.columns())

    def amount(self, start: int | None = None, end: int | None = None) -> Amount:
        """Sum the days start..end-1 (all unless named); a quantity of None where no day is known."""
        part = slice(
            None if start is None else max(start - self.start, 0), None if end is None else max(end - self.start, 0)
        )
        known = bool(self.known[..., part].any())
        return Amount(
            int(self.quantity[..., part].sum()) if known else None,
            int(self.covered[..., part].sum()),
            int(self.expected[..., part].sum()),
            int(self.estimated[..., part].sum()),
        )


class Rows(Mapping[int, Series]):
    """The days of many by id, as one `Series` with a row for each: what is asked of all of them is asked of arrays."""

    def __init__(self, ids: Iterable[int], series: Series) -> None:
        self.at = {one: row for row, one in enumerate(ids)}
        self.series = series

    @classmethod
    def of(cls, found: Mapping[int, Series]) -> "Rows":
        """Put the days of some, at least one, together."""
        first, *_ = listed = list(found.values())
        arrays = (np.stack(columns) for columns in zip(*(one.arrays() for one in listed), strict=True))
        return cls(found, Series.of(first.start, arrays))

    def __getitem__(self, one: int) -> Series:
        return self.series.rows(self.at[one])

    def __iter__(self) -> Iterator[int]:
        return iter(self.at)

    def __len__(self) -> int:
        return len(self.at)
