"""Collects which rows of a chunk are refused and why, vectorised; the first reason of a row counts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from monitor.intake.contract import MAX_ISSUES, WARNING, RowIssue

Bools = npt.NDArray[np.bool_]


class Sieve:
    """The rows of a chunk: `alive` are neither refused nor blank. `weight` readings go with each row."""

    def __init__(self, row_no: npt.NDArray[np.int32], *, weight: int = 1) -> None:
        self.row_no = row_no
        self.weight = weight
        self.alive: Bools = np.ones(len(row_no), dtype=bool)
        self.issues: list[RowIssue] = []
        self.refused = 0
        self.blank = 0

    def ignore(self, mask: Bools) -> None:
        """Leave rows out that are no data: totals, empty rows."""
        self.alive &= ~mask

    def missing(self, mask: Bools) -> None:
        """Count rows that the profile declares missing."""
        hit = mask & self.alive
        self.blank += int(hit.sum()) * self.weight
        self.alive &= ~hit

    def refuse(
        self,
        mask: Bools,
        code: str,
        template: str,
        *,
        column: str = "",
        text: Callable[[int], str] | None = None,
        **data: object,
    ) -> None:
        """Refuse the rows of a mask that are still alive, with their text as value."""
        hit = np.flatnonzero(mask & self.alive)
        if not len(hit):
            return
        self.alive[hit] = False
        self.refused += len(hit) * self.weight
        for index in hit[: MAX_ISSUES - len(self.issues)]:
            value = text(int(index))[:200] if text else ""
            filled = {"value": value, "column": column, **data}
            self.issues.append(
                RowIssue(code, template, int(self.row_no[index]), column, value, filled, count=self.weight)
            )

    def warn(self, mask: Bools, code: str, template: str, *, column: str = "", **data: object) -> None:
        """Say a word about rows that are taken."""
        for index in np.flatnonzero(mask & self.alive)[: MAX_ISSUES - len(self.issues)]:
            self.issues.append(
                RowIssue(
                    code, template, int(self.row_no[index]), column, data={"column": column, **data}, severity=WARNING
                )
            )


def text_of(column: pd.Categorical) -> Callable[[int], str]:
    """Give a function from row to the text of its cell."""
    return lambda index: "" if column.codes[index] < 0 else str(column.categories[column.codes[index]])


def cell_of(cells: npt.NDArray[Any]) -> Callable[[int], str]:
    """Give a function from row to the text of its number cell."""
    return lambda index: str(cells[index])
