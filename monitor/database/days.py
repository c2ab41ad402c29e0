"""Derived days out of the database as arrays; a serving process keeps those of whole years until the data change."""
# ruff: noqa: S608 - the statements are built of integers only

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints
from monitor.database.state import data_version
from monitor.database.tables import Meter
from monitor.domain.periods import from_day, year_days

KEY = "days"  # in `session.info`: the DayCache of a process that only reads
FEW = 8  # of so few meters the database gives the days at once
MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Days:
    """Days of meters: a row for each meter, a column for each day; a day of which nothing is known has no row in the database."""

    quantity: Ints
    covered: Ints
    estimated: Ints
    known: np.ndarray

    @classmethod
    def none(cls, meters: int, days: int) -> "Days":
        """Give days of which nothing is known."""
        quantity, covered, estimated = (np.zeros((meters, days), dtype=np.int64) for _ in range(3))
        return cls(quantity, covered, estimated, np.zeros((meters, days), dtype=np.bool_))

    @property
    def size(self) -> int:
        """Give the bytes it takes."""
        return self.quantity.nbytes * 3 + self.known.nbytes

    def rows(self, which: Sequence[int]) -> "Days":
        """Give the days of some of the meters."""
        return Days(self.quantity[which], self.covered[which], self.estimated[which], self.known[which])

    def cut(self, begin: int, end: int) -> "Days":
        """Give the days from one column to before another; they share memory."""
        part = (slice(None), slice(begin, end))
        return Days(self.quantity[part], self.covered[part], self.estimated[part], self.known[part])

    def take(self, to: "Days", rows: tuple[Ints, Ints], shift: tuple[int, int, int]) -> None:
        """Copy rows (from, to) and `shift` (first column from, first column to, how many) into another."""
        (source, target), (begin, at, count) = rows, shift
        for name in ("quantity", "covered", "estimated", "known"):
            getattr(to, name)[target, at : at + count] = getattr(self, name)[source, begin : begin + count]


class DayCache:
    """Whole years of a resource's meters, as they stand at a data version; the least used go first. Safe among threads."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, int], tuple[int, Ints, Days]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[tuple[str, int], threading.Lock] = defaultdict(threading.Lock)

    def year(self, session: Session, resource: str, year: int) -> tuple[Ints, Days]:
        """Give the sorted meters of a resource and their days of a year."""
        key, version = (resource, year), data_version(session)
        with self._making[key]:
            with self._lock:
                found = self._kept.get(key)
                if found is not None and found[0] == version:
                    self._kept.move_to_end(key)
                    return found[1], found[2]
            ids = np.array(sorted(session.scalars(select(Meter.id).where(Meter.resource == resource))), dtype=np.int64)
            days = _read(session, ids, *year_days(year))
            with self._lock:
                self._kept[key] = (version, ids, days)
                self._kept.move_to_end(key)
                while sum(one.size for _, _, one in self._kept.values()) > self._most and len(self._kept) > 1:
                    self._kept.popitem(last=False)
        return ids, days


def days_of(session: Session, resource: str, meter_ids: Sequence[int], start: int, end: int) -> Days:
    """Give the derived days start..end-1 of meters (sorted) of a resource, in their order."""
    ids = np.array(meter_ids, dtype=np.int64)
    cache = session.info.get(KEY)
    if cache is None or len(ids) < FEW or session.new or session.dirty or session.deleted:
        return _read(session, ids, start, end)
    found = Days.none(len(ids), end - start)
    for year in range(from_day(start).year, from_day(end - 1).year + 1):
        known, days = cache.year(session, resource, year)
        first, last = year_days(year)
        inside = np.flatnonzero(np.isin(ids, known))
        low, high = max(first, start), min(last, end)
        days.take(found, (np.searchsorted(known, ids[inside]), inside), (low - first, low - start, high - low))
    return found


def _read(session: Session, ids: Ints, start: int, end: int) -> Days:
    """Read days, a row of text for each meter: the driver would make an object of each number, which takes three times as long.

    The columns of one meter are put together in one and the same order, whichever that is.
    """
    session.flush()
    found = Days.none(len(ids), end - start)
    listed = "group_concat({})" if _bulk.is_sqlite(session) else "string_agg({}::text, ',')"
    columns = ", ".join(listed.format(name) for name in ("day", "quantity", "covered", "estimated"))
    statement = (
        f"SELECT meter_id, {columns} FROM daily_consumption WHERE meter_id IN ({','.join(map(str, ids.tolist())) or 'NULL'}) "
        f"AND day >= {int(start)} AND day < {int(end)} GROUP BY meter_id"
    )
    with session.connection().exec_driver_sql(statement) as result:
        rows = result.cursor.fetchall()
    for meter_id, *texts in rows:
        day, quantity, covered, estimated = (np.fromstring(text, dtype=np.int64, sep=",") for text in texts)
        at = (np.searchsorted(ids, meter_id), day - start)
        found.quantity[at], found.covered[at], found.estimated[at], found.known[at] = quantity, covered, estimated, True
    return found
