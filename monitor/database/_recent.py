"""What an import in several parts knows of the database from its last part, so that the next one need not ask again."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from monitor.database._bulk import Ints
from monitor.domain.readings import NO_START

NEIGHBOURS = 3  # a reading tells on the spans to its neighbours, and on whether these look misread
KEPT_SECONDS = 30 * 3600  # before a register's last reading: the day with which the next part goes on lies in it
KEPT_ROWS = 2 * NEIGHBOURS + 2  # of a register that is read more seldom
MOST_KEPT = 600_000  # rows; beyond that asking again is cheaper than remembering
ALL = -(2**62)  # everything that is stored of a register is known


def _none() -> Ints:
    return np.empty((0, 5), dtype=np.int64)


def _bounds(register: Ints) -> tuple[Ints, Ints]:
    """Give first row and row after the last of each register in sorted rows."""
    first = np.flatnonzero(np.diff(register, prepend=-1))
    return first, np.append(first, len(register))[1:]


def in_order(rows: Ints) -> Ints:
    """Sort rows by register and end; fast where they are a few sorted pieces, or sorted already."""
    register, end = rows[:, 0], rows[:, 1]
    if not len(rows) or bool(
        ((register[1:] > register[:-1]) | ((register[1:] == register[:-1]) & (end[1:] >= end[:-1]))).all()
    ):
        return rows
    key = (register - register.min() << 40) + (end - end.min())
    return rows[np.argsort(key, kind="stable")]


def near(rows: Ints, ranges: Ints) -> Ints:
    """Look around ranges (register, lo, hi) in sorted rows behind which nothing lies.

    Gives register, end of the NEIGHBOURS before, begin of the first inside, end of those after: as `_derive._near` does.
    """
    known = np.unique(np.concatenate([rows[:, 0], ranges[:, 0]]))
    base = min(int(rows[:, 1].min()), int(ranges[:, 1].min())) if len(rows) else 0
    key = (np.searchsorted(known, rows[:, 0]) << 40) + (rows[:, 1] - base)
    own = np.searchsorted(known, ranges[:, 0]) << 40
    at, begin, end = (np.searchsorted(key, own + shift) for shift in (ranges[:, 1] - base, 0, 2**40))
    before = np.where(at > begin, rows[np.maximum(at - NEIGHBOURS, begin).clip(0, len(rows) - 1), 1], ranges[:, 1])
    inside = ranges[:, 1].copy()
    for step in range(NEIGHBOURS):
        row = np.minimum(at + step, len(rows) - 1)
        start = np.where((at + step < end) & (rows[row, 2] != NO_START), rows[row, 2], inside)
        inside = np.minimum(inside, start)
    return np.column_stack([ranges[:, 0], before, inside, ranges[:, 2]])


@dataclass(slots=True)
class Recent:
    """Terms of meters and the newest readings of registers, as the database has them at data version `version`.

    Whoever writes anything bumps the data version: an equal one says that nobody but this import has. `rows` has register,
    end, start, value, quality, sorted; of a register in `ids` they are all that is stored from its `since` on.
    """

    version: int | None = None
    touched: bytes = b""
    meters: Any = None
    rows: Ints = field(default_factory=_none)
    ids: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    since: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def stands(self, version: int) -> None:
        """Forget everything where somebody else has written since."""
        if version != self.version:
            self.meters, self.touched = None, b""
            self.forget()

    def forget(self) -> None:
        """Forget the readings."""
        self.rows, self.ids, self.since = _none(), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)

    def with_known(self, known: Ints) -> Ints | None:
        """Give the kept and the just stored readings together, sorted; None unless these all come after those."""
        first, _ = _bounds(known[:, 0])
        position = np.searchsorted(self.ids, known[first, 0])
        if not len(self.ids) or (self.ids[np.minimum(position, len(self.ids) - 1)] != known[first, 0]).any():
            return None
        both = in_order(np.concatenate([self.rows, known]))
        kept_first, kept_end = _bounds(self.rows[:, 0])
        last = np.full(len(self.ids), ALL, dtype=np.int64)
        last[np.searchsorted(self.ids, self.rows[kept_first, 0])] = self.rows[kept_end - 1, 1]
        return both if (last[position] < known[first, 1]).all() else None

    def covers(self, rows: Ints, ranges: Ints) -> bool:
        """Tell whether sorted rows have all of these ranges (register, lo, hi), with NEIGHBOURS before them."""
        position = np.minimum(np.searchsorted(self.ids, ranges[:, 0]), len(self.ids) - 1)
        if (self.ids[position] != ranges[:, 0]).any():
            return False
        since = self.since[position]
        known = np.searchsorted(rows[:, 0], ranges[:, 0])
        third = np.minimum(known + NEIGHBOURS - 1, len(rows) - 1)
        enough = (rows[third, 0] == ranges[:, 0]) & (rows[third, 1] < ranges[:, 1]) & (since <= ranges[:, 1])
        return bool((enough | (since == ALL)).all())

    def keep(self, rows: Ints, ids: Ints, since: Ints) -> None:
        """Keep the end of each register's readings: sorted rows, the registers of which they are all from `since` on."""
        first, end = _bounds(rows[:, 0])
        counts = end - first
        late = rows[:, 1] > np.repeat(rows[end - 1, 1], counts) - KEPT_SECONDS
        late |= np.arange(len(rows)) >= np.repeat(end, counts) - KEPT_ROWS
        if int(late.sum()) > MOST_KEPT:
            self.forget()
            return
        self.rows = rows[late]
        self.ids, self.since = ids, since.copy()
        begin, until = _bounds(self.rows[:, 0])
        cut = until - begin < counts
        position = np.searchsorted(ids, self.rows[begin[cut], 0])
        self.since[position] = self.rows[begin[cut], 1]
