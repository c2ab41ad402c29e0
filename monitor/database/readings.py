"""Readings in and out in bulk: store, undo, and the derived days made anew; exact counts of new, changed and same."""
# ruff: noqa: S608 - these statements are built of constants and integers only

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from monitor.database import _bulk, _derive
from monitor.database._bulk import Ints
from monitor.database._recent import Recent
from monitor.database.events import drop_spans, spans_of
from monitor.database.tables import ImportRun, ReadingRevision
from monitor.domain.readings import DTYPES, NO_START

__all__ = [
    "Recent",
    "Stored",
    "Touched",
    "rebuild_daily",
    "rebuild_meters",
    "store_readings",
    "touched_by",
    "undo_run",
]

_ALWAYS = 2**40
_MARKS = "register_id = %s AND end_at BETWEEN %s AND %s"
_NARROW = {"quality": 2, "row_no": 4}
_KEY = ("register_id", "end_at")
_HELD = ("register_id", "end_at", "start_at", "value", "quality", "run_id", "row_no")
_READ = ("register_id", "end_at", "start_at", "value", "quality")
_FIELDS = "r.register_id, r.end_at, COALESCE(r.start_at, -4611686018427387904), r.value, r.quality, r.run_id, r.row_no"
_LOCK = 7_305_811  # one storing transaction at a time on PostgreSQL, as on SQLite: counts stay exact


def _nothing_touched() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="int64") for name in ("register_id", "first_end", "last_end")})


@dataclass
class Stored:
    """What storing did. `touched` has register_id, first_end, last_end of the rows that are new or changed.

    `known` are all readings of the touched registers within those ranges: `rebuild_daily` takes them instead of reading
    them back. None where others were there before. `deferred` are rows that would change a stored reading and were to wait.
    `contradicted` has the row numbers of readings of the very same run that a later row of it replaced.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    touched: pd.DataFrame = field(default_factory=_nothing_touched)
    known: pd.DataFrame | None = None
    deferred: pd.DataFrame | None = None
    contradicted: list[int] = field(default_factory=list)


def store_readings(session: Session, frame: pd.DataFrame, run_id: int, *, defer: bool = False) -> Stored:
    """Upsert a storage frame (domain.readings.DTYPES); what changes keeps its predecessor in `reading_revision`.

    Of rows with the same register and end in one frame the last holds; the earlier ones count as changed where they
    differ from the one after them, else as same. With `defer` only what is new is stored, the rest is given back.
    """
    if not len(frame):
        return Stored()
    if not _bulk.is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    columns, inner_changed, inner_same = _tidy(frame)
    rows = len(columns["end_at"])
    held, which, alone = _held(session, columns)
    columns = {name: values[which] for name, values in columns.items()} if len(which) < rows else columns
    stored = Stored(0, inner_changed, inner_same + rows - len(which))
    if not len(which):
        return stored
    changed, position = _match(columns, held)
    if defer and changed.any():
        stored.deferred = pd.DataFrame({name: columns[name][changed] for name in DTYPES}).astype(DTYPES)
        columns = {name: values[~changed] for name, values in columns.items()}
        changed, position = (values[~changed] for values in (changed, position))
        if not len(changed):
            return stored
    own = position[changed][held["run_id"][position[changed]] == run_id]
    stored.contradicted = held["row_no"][own].tolist()
    stored.new, stored.changed = int((~changed).sum()), inner_changed + int(changed.sum()) - len(own)
    _keep_predecessors(session, {name: held[name][position[changed]] for name in _HELD}, run_id)
    for part, upsert in ((~changed, ()), (changed, _KEY)):
        news = {name: columns[name][part] for name in DTYPES} | {"run_id": np.full(int(part.sum()), run_id)}
        _bulk.insert(session, "reading", news, narrow=_NARROW, upsert=upsert)
    began = np.where(changed, held["start_at"][position] if len(held["start_at"]) else NO_START, NO_START)
    stored.touched = _touched(columns, began)
    stored.known = pd.DataFrame({name: columns[name] for name in _READ}) if alone else None
    return stored


def _tidy(frame: pd.DataFrame) -> tuple[dict[str, Ints], int, int]:
    """Sort by register and end; of equal keys keep the last. Gives columns, and how many left out differ or are the same."""
    register, end = (frame[name].to_numpy() for name in _KEY)
    order = np.lexsort((end, register))
    columns = {name: frame[name].to_numpy().astype(np.int64)[order] for name in DTYPES}
    again = np.zeros(len(frame), dtype=np.bool_)
    again[:-1] = (columns["register_id"][1:] == columns["register_id"][:-1]) & (
        columns["end_at"][1:] == columns["end_at"][:-1]
    )
    if not again.any():
        return columns, 0, 0
    alike = again.copy()
    for name in ("start_at", "value", "quality"):
        alike[:-1] &= columns[name][1:] == columns[name][:-1]
    return {name: column[~again] for name, column in columns.items()}, int((again & ~alike).sum()), int(alike.sum())


def _bounds(register: Ints) -> tuple[Ints, Ints]:
    """Give the first and last row of each register in sorted rows."""
    first = np.flatnonzero(np.diff(register, prepend=register[0] - 1))
    return first, np.append(first[1:], len(register)) - 1


def _held(session: Session, columns: dict[str, Ints]) -> tuple[dict[str, Ints], Ints, bool]:
    """Read what is stored for the rows that are new or changed (sorted); give also which rows those are.

    The flag tells that nothing else is stored in the registers' ranges: an import into the blue asks nothing back.
    """
    register, end = columns["register_id"], columns["end_at"]
    empty = not _count(session, register, end)
    which = np.arange(len(register)) if empty else _bulk.differing(session, columns)
    parts = [np.empty((0, len(_HELD)), dtype=np.int64)]
    for values in () if empty or not len(which) else _bulk.literals(register[which], end[which]):
        sql = (
            f"WITH k(id, e) AS (VALUES {values}) SELECT {_FIELDS} FROM k CROSS JOIN reading r "
            "WHERE r.register_id = k.id AND r.end_at = k.e"
        )
        parts.append(_bulk.rows_of(session, sql, len(_HELD)))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    return {name: np.ascontiguousarray(rows[:, index]) for index, name in enumerate(_HELD)}, which, empty


def _count(session: Session, register: Ints, end: Ints) -> int:
    """Tell whether anything is stored in the registers' ranges: how many registers have something."""
    first, last = _bounds(register)
    total = 0
    for values in _bulk.literals(register[first], end[first], end[last]):
        sql = (
            f"WITH t(id, lo, hi) AS (VALUES {values}) SELECT count(*) FROM t WHERE EXISTS (SELECT 1 FROM reading r "
            "WHERE r.register_id = t.id AND r.end_at BETWEEN t.lo AND t.hi)"
        )
        total += int(_bulk.rows_of(session, sql, 1)[0, 0])
    return total


def _match(columns: dict[str, Ints], held: dict[str, Ints]) -> tuple[np.ndarray, Ints]:
    """Find each row among the held ones: whether it is there, and where (0 where not)."""
    count = len(columns["end_at"])
    if not len(held["end_at"]):
        return np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
    registers = np.unique(columns["register_id"])
    lowest = min(int(columns["end_at"].min()), int(held["end_at"].min()))
    keys = [
        (np.searchsorted(registers, part["register_id"]) << 40) + (part["end_at"] - lowest) for part in (columns, held)
    ]
    position = np.minimum(np.searchsorted(keys[1], keys[0]), len(keys[1]) - 1)
    found = keys[1][position] == keys[0]
    return found, np.where(found, position, 0)


def _keep_predecessors(session: Session, rows: dict[str, Ints], run_id: int) -> None:
    """Keep what another run had said; a file that corrects itself has no predecessor of its own."""
    foreign = rows["run_id"] != run_id
    kept = {name: values[foreign] for name, values in rows.items()}
    kept["replaced_by"] = np.full(int(foreign.sum()), run_id, dtype=np.int64)
    _bulk.insert(session, "reading_revision", kept, narrow=_NARROW)


def _touched(columns: dict[str, Ints], began: Ints) -> pd.DataFrame:
    """Give the ranges written; where a replaced span began earlier (`began`), from there."""
    register, end = columns["register_id"], columns["end_at"]
    first, last = _bounds(register)
    begin = np.where(began == NO_START, end, np.minimum(began + 1, end))
    return pd.DataFrame(
        {"register_id": register[first], "first_end": np.minimum.reduceat(begin, first), "last_end": end[last]}
    )


def rebuild_daily(
    session: Session, touched: pd.DataFrame, *, known: pd.DataFrame | None = None, recent: Recent | None = None
) -> int:
    """Make the derived days around touched readings anew; gives the rows written. The only writer of daily_consumption.

    `touched` has register_id, first_end, last_end. `known` (Stored.known) spares reading back what was just stored, `recent`
    what the parts before of the same import have read and stored.
    """
    return _derive.rebuild(session, touched, known, recent)


def rebuild_meters(session: Session, meter_ids: Iterable[int]) -> int:
    """Make all derived days of some meters anew, whole history, a few meters at a time; gives the rows written."""
    return _derive.rebuild_meters(session, meter_ids)


class Touched(NamedTuple):
    """What a run did to a register: its readings lie (or begin) from first_end to last_end; stretches of events count none."""

    register_id: int
    first_end: int
    last_end: int
    readings: int


def touched_by(session: Session, run_id: int) -> list[Touched]:
    """Give what a run brought and nobody has said anew since, by register.

    Readings have no index by run: they are looked for in the run's own time, register by register, along the key.
    """
    low, high = _box(session, run_id)
    sql = (
        "SELECT r.register_id, min(COALESCE(r.start_at + 1, r.end_at)), max(r.end_at), count(*) FROM register g "
        f"CROSS JOIN reading r WHERE r.register_id = g.id AND r.end_at BETWEEN {low} AND {high} "
        f"AND r.run_id = {int(run_id)} GROUP BY r.register_id"
    )
    rows = [Touched(*row) for row in _bulk.rows_of(session, sql, 4).tolist()]
    return rows + [Touched(*span, 0) for span in spans_of(session, run_id)]


def _box(session: Session, run_id: int) -> tuple[int, int]:
    """Give the time in which a run's readings lie: what its receipt says, and what it changed besides (events taken back)."""
    told = select(ImportRun.first_at, ImportRun.last_at).where(ImportRun.id == run_id)
    first, last = session.execute(told).one_or_none() or (None, None)
    if first is None or last is None:
        return -_ALWAYS, _ALWAYS
    changed = select(func.min(ReadingRevision.end_at), func.max(ReadingRevision.end_at))
    low, high = session.execute(changed.where(ReadingRevision.replaced_by == run_id)).one()
    known = [int(first.timestamp()), int(last.timestamp()), *(end for end in (low, high) if end is not None)]
    return min(known), max(known)


def undo_run(session: Session, run_id: int, touched: Sequence[Touched] | None = None) -> int:
    """Take an import back: predecessors return, what it brought new goes, derived days follow. Gives the readings undone.

    What a later run said over this one stays, and its predecessor becomes what was there before this one. Bills and the
    stretches of complete events follow; the run's state becomes `undone`. `touched` spares asking `touched_by` again.
    """
    ranges = touched_by(session, run_id) if touched is None else touched
    low, high = _box(session, run_id)
    along = "FROM register g CROSS JOIN reading_revision p WHERE p.register_id = g.id"
    mine = f"id IN (SELECT p.id {along} AND p.end_at BETWEEN {low} AND {high} AND p.run_id = {int(run_id)})"
    _take_back(session, run_id, "reading", ("start_at", "value", "quality", "row_no"), mine=mine)
    marks = "register_id = ? AND end_at BETWEEN ? AND ?" if _bulk.is_sqlite(session) else _MARKS
    keys = [(one.register_id, one.first_end, one.last_end) for one in ranges if one.readings]
    if keys:
        session.connection().exec_driver_sql(f"DELETE FROM reading WHERE run_id = {int(run_id)} AND {marks}", keys)
    _forget(session, run_id, "reading")
    _take_back(session, run_id, "bill", ("amount", "currency", "invoice"), mine="run_id = :run")
    session.execute(text("DELETE FROM bill WHERE run_id = :run"), {"run": run_id})
    _forget(session, run_id, "bill")
    drop_spans(session, run_id)
    session.execute(text("UPDATE import_run SET state = 'undone' WHERE id = :run"), {"run": run_id})
    whole = pd.DataFrame(ranges, columns=Touched._fields).groupby("register_id", as_index=False)
    rebuild_daily(session, whole.agg({"first_end": "min", "last_end": "max"}))
    return sum(one.readings for one in ranges)


def _take_back(session: Session, run_id: int, table: str, said: tuple[str, ...], *, mine: str) -> None:
    """Put the predecessors of a run's rows back; `mine` chooses the revisions that have its own words."""
    same_key = "m.register_id = p.register_id AND m.end_at = p.end_at"
    values = ", ".join(f"{name} = p.{name}" for name in (*said, "run_id"))
    for statement in (
        (
            f"UPDATE {table}_revision AS p SET replaced_by = m.replaced_by FROM {table}_revision AS m "
            f"WHERE p.replaced_by = :run AND m.run_id = :run AND {same_key}"
        ),
        f"DELETE FROM {table}_revision WHERE {mine}",
        (
            f"UPDATE {table} AS m SET {values} FROM {table}_revision AS p "
            f"WHERE p.replaced_by = :run AND m.run_id = :run AND {same_key}"
        ),
    ):
        session.execute(text(statement), {"run": run_id} if ":run" in statement else {})


def _forget(session: Session, run_id: int, table: str) -> None:
    """Drop the predecessors that have returned."""
    session.execute(text(f"DELETE FROM {table}_revision WHERE replaced_by = :run"), {"run": run_id})
