r"""Tables to and from CSV, exactly, whichever database: `\N` is null, bytes are base64, truth is 1 or 0, JSON its own text."""

import base64
import csv
import io
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from sqlalchemy import JSON, Boolean, Column, Connection, Integer, LargeBinary, Table, text
from sqlalchemy.types import TypeDecorator

from monitor.database.tables import Base

NULL = "\\N"
ROWS = 20_000
Encode = Callable[[Any], str]
Decode = Callable[[str], Any]


PASSING = frozenset({"session"})  # who is signed in does not outlive the installation


def all_tables() -> list[Table]:
    """Give every table that is kept, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in PASSING]


def kind_of(column: "Column[Any]") -> str:
    """Name how the values of a column are written: int, bool, bytes, json or text."""
    found = column.type.impl if isinstance(column.type, TypeDecorator) else column.type
    kinds = ((Boolean, "bool"), (Integer, "int"), (LargeBinary, "bytes"), (JSON, "json"))
    return next((name for kind, name in kinds if isinstance(found, kind)), "text")


def _text(value: str) -> str:
    return "\\" + value if value.startswith("\\") else value


ENCODE: dict[str, Encode] = {
    "int": str,
    "bool": lambda value: "1" if value else "0",
    "bytes": lambda value: base64.b64encode(value).decode("ascii"),
    "json": _text,
    "text": _text,
}
DECODE: dict[str, Decode] = {
    "int": int,
    "bool": lambda value: value == "1",
    "bytes": base64.b64decode,
    "json": lambda value: value.removeprefix("\\"),
    "text": lambda value: value.removeprefix("\\"),
}


def dump(connection: Connection, table: Table, stream: TextIO) -> int:
    """Write a table with its column names in the first row; gives the number of rows."""
    kinds = {column.name: kind_of(column) for column in table.columns}
    encode = [ENCODE[kind] for kind in kinds.values()]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(kinds)
    shown = ", ".join(
        f'CAST("{name}" AS TEXT)' if kind == "json" and connection.dialect.name == "postgresql" else f'"{name}"'
        for name, kind in kinds.items()
    )
    key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    query = f'SELECT {shown} FROM "{table.name}" ORDER BY {key}'  # noqa: S608 - names of our own tables
    rows = 0
    with connection.execution_options(stream_results=True).exec_driver_sql(query) as found:
        for part in found.partitions(ROWS):
            writer.writerows(
                [NULL if value is None else form(value) for value, form in zip(row, encode, strict=True)]
                for row in part
            )
            rows += len(part)
    return rows


def read(stream: TextIO, kinds: dict[str, str]) -> Iterator[list[Any]]:
    """Give the rows of a dump as values, in the order of its columns; the first row is their names."""
    reader = csv.reader(stream)
    decode = [DECODE[kinds[name]] for name in next(reader)]
    for row in reader:
        yield [None if value == NULL else form(value) for value, form in zip(row, decode, strict=True)]


def load(connection: Connection, name: str, kinds: dict[str, str], stream: TextIO) -> int:
    """Put a dump into an empty table; gives the number of rows."""
    columns = ", ".join(f'"{column}"' for column in kinds)
    rows = read(stream, kinds)
    if connection.dialect.name == "postgresql":
        return _copy(connection, f'COPY "{name}" ({columns}) FROM STDIN', rows)
    marks = ", ".join("?" * len(kinds))
    cursor = connection.connection.cursor()
    insert = f'INSERT INTO "{name}" ({columns}) VALUES ({marks})'  # noqa: S608 - names checked against our tables
    count = 0
    while part := [row for _, row in zip(range(ROWS), rows, strict=False)]:
        cursor.executemany(insert, part)
        count += len(part)
    cursor.close()
    return count


def _copy(connection: Connection, order: str, rows: Iterator[list[Any]]) -> int:
    count = 0
    raw: Any = connection.connection
    with raw.cursor() as cursor, cursor.copy(order) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def number_on(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the ones that were put in."""
    if connection.dialect.name != "postgresql":
        return
    for table in all_tables():
        [key, *more] = list(table.primary_key.columns)
        if not more and key.autoincrement is True:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'),"  # noqa: S608 - our own names
                    f' (SELECT COALESCE(MAX("{key.name}"), 0) + 1 FROM "{table.name}"), false)'
                )
            )


def wrapped(stream: Any) -> io.TextIOWrapper:  # noqa: ANN401 - a binary file of a kind that tarfile or tempfile gives
    """Read or write a binary file as the text of a dump."""
    return io.TextIOWrapper(stream, encoding="utf-8", newline="")
