"""Whole columns in and out of the database at the driver's speed: VALUES by the hundred on SQLite, COPY on PostgreSQL."""
# ruff: noqa: S608 - these statements are built of constants and integers only

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from monitor.domain.readings import NO_START

Ints = npt.NDArray[np.int64]
BATCH = 300  # rows of one VALUES: beyond that SQLite gains nothing
FEWEST = 16  # rows of a register that are worth a statement
LITERALS = 2_000  # rows of keys written into one statement
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


def is_sqlite(session: Session) -> bool:
    """Tell the dialect."""
    return session.get_bind().dialect.name == "sqlite"


def rows_of(session: Session, statement: str, width: int) -> Ints:
    """Read integers: one row of the array for each row of the result, `width` columns, no NULLs."""
    with session.connection().exec_driver_sql(statement) as result:
        # The driver's own tuples, each gone at once: rows of SQLAlchemy, or a list of them all, would cost as much again.
        cursor: Any = result.cursor
        found = cursor if is_sqlite(session) else cursor.fetchall()
        return np.fromiter(chain.from_iterable(found), dtype=np.int64).reshape(-1, width)


def _driver(session: Session) -> Any:  # noqa: ANN401 - a raw DBAPI connection
    return session.connection().connection


def literals(*columns: Ints) -> Iterator[str]:
    """Write columns of keys as lists for VALUES, at most LITERALS rows each; integers only, so nothing can be injected."""
    rows = np.column_stack(columns)
    for begin in range(0, len(rows), LITERALS):
        yield ",".join("(" + ",".join(map(str, row)) + ")" for row in rows[begin : begin + LITERALS].tolist())


def insert(
    session: Session, table: str, columns: Mapping[str, Ints], *, narrow: Mapping[str, int], upsert: Sequence[str] = ()
) -> None:
    """Insert rows. NO_START becomes NULL in `start_at`; `narrow` names the columns of 2 or 4 bytes (PostgreSQL).

    With `upsert` (the key's columns) a row that is there already takes the new values.
    """
    if not len(next(iter(columns.values()))):
        return
    if is_sqlite(session):
        _insert_values(session, table, columns, upsert)
    elif upsert:
        _merge(session, table, columns, narrow, upsert)
    else:
        _copy(session, table, columns, narrow)


def _on_conflict(columns: Mapping[str, Ints], upsert: Sequence[str]) -> str:
    if not upsert:
        return ""
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in upsert)
    return f" ON CONFLICT ({', '.join(upsert)}) DO UPDATE SET {changes}"


def _marks(columns: Mapping[str, Ints]) -> str:
    """Give the parameters of one row; the function that makes NULLs only where there are any."""
    missing = "start_at" in columns and bool((columns["start_at"] == NO_START).any())
    return ",".join(f"NULLIF(?,{NO_START})" if missing and name == "start_at" else "?" for name in columns)


def _insert_values(session: Session, table: str, columns: Mapping[str, Ints], upsert: Sequence[str]) -> None:
    if not upsert and (block := _even_block(columns)):
        _insert_even(session, table, columns, block)
        return
    sent, terms = _terms(columns)
    rows = np.column_stack([columns[name] for name in sent])
    connection = session.connection()
    whole = len(rows) // BATCH * BATCH
    for part, size in (
        (rows[:whole].reshape(-1, BATCH * len(sent)), BATCH),
        (rows[whole:].reshape(1, -1), len(rows) - whole),
    ):
        if not size or not part.size:
            continue
        values = ",".join(
            terms.format(*range(begin + 1, begin + len(sent) + 1)) for begin in range(0, size * len(sent), len(sent))
        )
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}{_on_conflict(columns, upsert)}"
        for begin in range(0, len(part), 100):
            connection.exec_driver_sql(sql, [tuple(row) for row in part[begin : begin + 100].tolist()])


def _terms(columns: Mapping[str, Ints]) -> tuple[list[str], str]:
    """Give the columns that must be sent row by row, and one row of VALUES with a place for each of them.

    What is the same in every row is written into the statement, and so is the length of intervals that are all alike:
    each value that is not sent spares an object and a binding.
    """
    sent: list[str] = []
    terms = []
    for name, values in columns.items():
        if name == "start_at" and "end_at" in sent and (length := _same(columns["end_at"] - values)) is not None:
            terms.append(f"?{{{sent.index('end_at')}}}-{length}")
        elif sent and (only := _same(values)) is not None:
            terms.append("NULL" if name == "start_at" and only == NO_START else str(only))
        else:
            terms.append(f"NULLIF(?{{{len(sent)}}},{NO_START})" if name == "start_at" else f"?{{{len(sent)}}}")
            sent.append(name)
    return sent, f"({','.join(terms)})"


def _even_block(columns: Mapping[str, Ints]) -> int:
    """Tell how many rows each register has, where all have as many, and all their other columns but the values go in even steps."""
    register = columns.get("register_id")
    if register is None or "value" not in columns:
        return 0
    if "start_at" in columns and _same(columns["start_at"] == NO_START) is None:
        return 0  # some have a start
    block = int(np.searchsorted(register, register[0], side="right"))
    if not FEWEST <= block <= BATCH or len(register) % block:
        return 0
    heads = register.reshape(-1, block)
    if (heads != heads[:, :1]).any() or (np.diff(heads[:, 0]) <= 0).any():
        return 0
    others = (values.reshape(-1, block) for name, values in columns.items() if name not in {"register_id", "value"})
    return block if all((np.diff(own, axis=1) == own[0, 1] - own[0, 0]).all() for own in others) else 0


def _insert_even(session: Session, table: str, columns: Mapping[str, Ints], block: int) -> None:
    """Insert a register at a time: its number, the first of each other column, and the values; the steps are in the statement."""
    heads: list[Ints] = []
    terms: list[list[str]] = []
    for name, values in columns.items():
        own = values.reshape(-1, block)
        step = int(own[0, 1] - own[0, 0])
        if name == "value":
            terms.append([f"?{{value{row}}}" for row in range(block)])
        elif (only := _same(values)) is not None:
            terms.append(["NULL" if name == "start_at" and only == NO_START else str(only)] * block)
        else:
            heads.append(own[:, 0])
            terms.append([f"?{len(heads)}" + (f"+{step * row}" if step else "") for row in range(block)])
    places = {f"value{row}": len(heads) + 1 + row for row in range(block)}
    rows = ",".join(f"({','.join(row)})" for row in zip(*terms, strict=True)).format(**places)
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {rows}"
    sent = np.column_stack([*heads, columns["value"].reshape(-1, block)])
    connection = session.connection()
    for begin in range(0, len(sent), 100):
        connection.exec_driver_sql(sql, [tuple(row) for row in sent[begin : begin + 100].tolist()])


def _same(values: Ints) -> int | None:
    """Give the one value that all rows have."""
    return int(values[0]) if (values == values[0]).all() else None


def _binary(columns: Mapping[str, Ints], narrow: Mapping[str, int]) -> Iterator[bytes]:
    """Lay rows out as PostgreSQL's binary COPY: each field after its length, NULL as length -1 without a field."""
    lengths = len(next(iter(columns.values())))
    missing = columns["start_at"] == NO_START if "start_at" in columns else np.zeros(lengths, dtype=np.bool_)
    yield _SIGNATURE
    for which in (False, True):
        take = missing == which
        layout: list[tuple[str, str]] = [("fields", ">i2")]
        for name in columns:
            layout.append((f"size_{name}", ">i4"))
            if not (which and name == "start_at"):
                layout.append((name, f">i{narrow.get(name, 8)}"))
        rows = np.empty(int(take.sum()), dtype=layout)
        rows["fields"] = len(columns)
        for name, values in columns.items():
            absent = which and name == "start_at"
            rows[f"size_{name}"] = -1 if absent else narrow.get(name, 8)
            if not absent:
                rows[name] = values[take]
        yield rows.tobytes()
    yield _END


def _copy(session: Session, table: str, columns: Mapping[str, Ints], narrow: Mapping[str, int]) -> None:
    with (
        _driver(session).cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        for block in _binary(columns, narrow):
            copy.write(block)


def _merge(
    session: Session, table: str, columns: Mapping[str, Ints], narrow: Mapping[str, int], upsert: Sequence[str]
) -> None:
    connection = session.connection()
    staging = f"staging_{table}"
    names = ", ".join(columns)
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} (LIKE {table}) ON COMMIT DROP")
    connection.exec_driver_sql(f"TRUNCATE {staging}")
    _copy(session, staging, columns, narrow)
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({names}) SELECT {names} FROM {staging}{_on_conflict(columns, upsert)}"
    )


def differing(session: Session, columns: Mapping[str, Ints]) -> Ints:
    """Give the rows of a storage frame (sorted) that are not in `reading` just so: new or changed, as row numbers."""
    names = ("register_id", "end_at", "start_at", "value", "quality")
    unlike = " OR ".join(f"r.{name} IS DISTINCT FROM k.{name}" for name in names[2:])
    query = (
        "SELECT k.row_no FROM {keys} k LEFT JOIN reading r ON r.register_id = k.register_id AND r.end_at = k.end_at "
    )
    query += f"WHERE r.register_id IS NULL OR {unlike}"
    numbered = {name: columns[name] for name in names} | {"row_no": np.arange(len(columns["end_at"]))}
    if is_sqlite(session):
        return _differing_values(session, numbered, query.replace("IS DISTINCT FROM", "IS NOT"))
    session.connection().exec_driver_sql(
        "CREATE TEMPORARY TABLE IF NOT EXISTS staging_known (LIKE reading) ON COMMIT DROP"
    )
    session.connection().exec_driver_sql("ALTER TABLE staging_known ALTER run_id DROP NOT NULL; TRUNCATE staging_known")
    _copy(session, "staging_known", numbered, {"quality": 2, "row_no": 4})
    return np.sort(rows_of(session, query.format(keys="staging_known"), 1)[:, 0])


def _differing_values(session: Session, columns: Mapping[str, Ints], query: str) -> Ints:
    rows = np.column_stack(list(columns.values()))
    marks = f"({_marks(columns)})"
    keys = f"WITH k({', '.join(columns)}) AS (VALUES {{values}}) " + query.format(keys="k")
    cursor = _driver(session).cursor()
    found: list[tuple[int]] = []
    try:
        for begin in range(0, len(rows), BATCH):
            part = rows[begin : begin + BATCH]
            cursor.execute(keys.format(values=",".join([marks] * len(part))), part.ravel().tolist())
            found += cursor.fetchall()
    finally:
        cursor.close()
    return np.sort(np.fromiter(chain.from_iterable(found), dtype=np.int64, count=len(found)))
