"""Reads what derivation needs: readings of ranges with their neighbours, as little of it from the database as can be."""
# ruff: noqa: S608 - these statements are built of constants and integers only

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from monitor.database import _bulk
from monitor.database._bulk import Ints
from monitor.database._recent import ALL, NEIGHBOURS, Recent, in_order, near
from monitor.domain.readings import NO_START

Corrections = dict[int, list[tuple[str, int, int, int | None]]]


def rows_of(known: pd.DataFrame | None) -> Ints | None:
    """Give just stored readings (sorted) as rows: register, end, start, value, quality."""
    names = ("register_id", "end_at", "start_at", "value", "quality")
    return None if known is None or not len(known) else known[list(names)].to_numpy(dtype=np.int64)


class Look:
    """Gives the readings that derivation needs: from the import's own memory where it has them, else from the database."""

    def __init__(self, session: Session, corrections: Corrections, known: Ints | None, recent: Recent | None) -> None:
        self.session, self.corrections, self.known, self.recent = session, corrections, known, recent
        remembered = recent is not None and known is not None and not corrections
        self.both = recent.with_known(known) if remembered and recent is not None and known is not None else None
        self.parts: list[tuple[Ints, Ints, Ints]] = []

    def near(self, ranges: Ints) -> Ints:
        """See _near; of touched ranges, which may be widened by corrections."""
        if self.both is not None and self.recent is not None and self.recent.covers(self.both, ranges):
            return near(self.both, ranges)
        return _near(self.session, _past_voids(ranges, self.corrections))

    def readings(self, ranges: Ints) -> Ints:
        """Give the readings of ranges (register, lo, hi) with their neighbours: register, end, start, value, quality."""
        if self.both is not None and self.recent is not None and self.recent.covers(self.both, ranges):
            mine = np.isin(self.both[:, 0], ranges[:, 0])
            rows = self.both if mine.all() else self.both[mine]
            ids = np.sort(ranges[:, 0])
            self.parts.append((rows, ids, self.recent.since[np.searchsorted(self.recent.ids, ids)]))
            return rows
        found = _near(self.session, _past_voids(ranges, self.corrections))
        wide = np.column_stack([found[:, 0], np.minimum(found[:, 1], found[:, 2]), found[:, 3]])
        rows = self._read(_past_voids(wide, self.corrections))
        if self.recent is not None and self.known is not None and not self.corrections:
            self._note(rows, ranges[np.argsort(ranges[:, 0])], found[np.argsort(found[:, 0])])
        return rows

    def _read(self, ranges: Ints) -> Ints:
        if self.known is None:
            return _read(self.session, ranges)
        rows = _read(self.session, _around(ranges, self.known))
        mine = np.isin(self.known[:, 0], ranges[:, 0])
        return np.concatenate([rows, self.known if mine.all() else self.known[mine]])

    def _note(self, rows: Ints, ranges: Ints, found: Ints) -> None:
        """Note what was read of registers behind whose range nothing lies."""
        last = found[:, 3] == ranges[:, 2]
        since = np.where(found[:, 1] == ranges[:, 1], ALL, np.minimum(found[:, 1], found[:, 2]))
        mine = np.isin(rows[:, 0], ranges[last, 0])
        rows = rows[mine]
        self.parts.append((rows, ranges[last, 0], since[last]))

    def remember(self) -> None:
        """Leave what was read and stored to the next part."""
        if self.recent is None:
            return
        if not self.parts:
            self.recent.forget()
            return
        rows, ids, since = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        order = np.argsort(ids)
        self.recent.keep(in_order(rows), ids[order], since[order])


def _near(session: Session, ranges: Ints) -> Ints:
    """Look around ranges (register, lo, hi): register, end of the NEIGHBOURS before, begin of the first inside, end of those after."""
    parts = []
    for values in _bulk.literals(ranges[:, 0], ranges[:, 1], ranges[:, 2]):
        near = "SELECT r.end_at AS e, r.start_at AS s FROM reading r WHERE r.register_id = t.id AND r.end_at"
        sql = (
            f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT t.id, "
            f"COALESCE((SELECT min(n.e) FROM ({near} < t.lo ORDER BY r.end_at DESC LIMIT {NEIGHBOURS}) AS n), t.lo), "
            f"COALESCE((SELECT min(n.s) FROM ({near} >= t.lo ORDER BY r.end_at LIMIT {NEIGHBOURS}) AS n), t.lo), "
            f"COALESCE((SELECT max(n.e) FROM ({near} > t.hi ORDER BY r.end_at LIMIT {NEIGHBOURS}) AS n), t.hi), t.lo FROM t"
        )
        found = _bulk.rows_of(session, sql, 5)
        found[:, 2] = np.minimum(found[:, 2], found[:, 4])
        parts.append(found[:, :4])
    return np.concatenate(parts)


def _past_voids(ranges: Ints, corrections: Corrections) -> Ints:
    """Widen ranges over the voided spans and replaced readings that they meet: the next true reading lies beyond."""
    result = ranges.copy()
    for row in result:
        for _, start, end, _ in corrections.get(int(row[0]), ()):
            if start <= row[2] and end >= row[1]:
                row[1], row[2] = min(row[1], start), max(row[2], end)
    return result


def _around(ranges: Ints, known: Ints) -> Ints:
    """Give what is left of the ranges on either side of the known readings' spans (sorted rows)."""
    first = np.flatnonzero(np.diff(known[:, 0], prepend=-1))
    ids, low, high = known[first, 0], known[first, 1], known[np.append(first[1:], len(known)) - 1, 1]
    position = np.minimum(np.searchsorted(ids, ranges[:, 0]), len(ids) - 1)
    inside = ids[position] == ranges[:, 0]
    before, after = ranges.copy(), ranges[inside].copy()
    before[inside, 2] = np.minimum(before[inside, 2], low[position[inside]] - 1)
    after[:, 1] = np.maximum(after[:, 1], high[position[inside]] + 1)
    both = np.concatenate([before, after])
    return both[both[:, 1] <= both[:, 2]]


def _read(session: Session, ranges: Ints) -> Ints:
    """Read one text for each range: the driver would make five objects of each reading, which takes three times as long."""
    row = (
        f"(r.end_at - t.lo) || ',' || COALESCE(r.end_at - r.start_at, {NO_START}) || ',' || r.value || ',' || r.quality"
    )
    joined = f"group_concat({row})" if _bulk.is_sqlite(session) else f"string_agg({row}, ',')"
    parts = [np.empty((0, 5), dtype=np.int64)]
    for values in _bulk.literals(ranges[:, 0], ranges[:, 1], ranges[:, 2]) if len(ranges) else ():
        sql = (
            f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT t.id, t.lo, (SELECT {joined} "
            "FROM reading r WHERE r.register_id = t.id AND r.end_at BETWEEN t.lo AND t.hi) FROM t"
        )
        with session.connection().exec_driver_sql(sql) as result:
            texts = [(register, low, text) for register, low, text in result.cursor.fetchall() if text]
        for register, low, text in texts:
            end, length, value, quality = np.fromstring(text, dtype=np.int64, sep=",").reshape(-1, 4).T
            end += low
            start = np.where(length == NO_START, NO_START, end - length)
            parts.append(np.column_stack([np.full(len(end), register), end, start, value, quality]))
    return np.concatenate(parts)
