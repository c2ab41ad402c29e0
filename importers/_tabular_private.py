"""Writes a table again with nothing in it but the columns that the profile names: no names, no remarks."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter

from importers._tabular_cells import tidy
from importers._tabular_columns import Bound, bind
from importers._tabular_profile import Profile
from importers._tabular_source import SheetTable, Table, tables
from importers._tabular_text import TextTable
from monitor.intake.contract import Document, DocumentRefused

_UTF8 = {"auto", "utf-8", "utf8", "utf-8-sig"}
_FORMATS = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd", time: "hh:mm:ss"}


def write(document: Document, target: Path, profile: Profile) -> None:
    """Write the document's tables to `target` in their own kind: a text, a workbook, or an archive of such."""
    texts: dict[str, bytes] = {}
    books: dict[str, list[tuple[str, list[list[Any]]]]] = {}
    first: DocumentRefused | None = None
    with tables(document.path, document.name, profile) as opened:
        for table in opened:
            try:
                bound = bind(table, profile)
            except DocumentRefused as error:
                first = first or error
                continue
            rows = list(_rows(table, bound, profile))
            if isinstance(table, TextTable):
                texts[table.file] = _text(rows, table, profile)
            else:
                books.setdefault(table.file, []).append((table.sheet, rows))
    made = texts | {name: _book(sheets) for name, sheets in books.items()}
    if not made:
        raise first or DocumentRefused("NO_ROWS", "{file}: there is no reading in it.", file=document.name)
    if list(made) == [document.name]:
        target.write_bytes(made[document.name])
        return
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in made.items():
            archive.writestr(name.rpartition("/")[2], data)


def _rows(table: Table, bound: Bound, profile: Profile) -> Iterator[list[Any]]:
    """Give all rows, so that their numbers stay; above the header nothing is left, below it the named columns."""
    kept = {*bound.single.values(), *bound.times, *bound.slots}
    width = len(table.head[bound.skip - 1]) if 0 < bound.skip <= len(table.head) else 0
    words = [re.compile(pattern) for pattern in (profile.skip, profile.end) if pattern]
    for number, row in enumerate(_raw(table), 1):
        if number == bound.skip:
            yield list(row)
        elif number < bound.skip:
            yield row if row and str(row[0]).lower().startswith("sep=") else []
        else:
            cells = [_own(cell) if n in kept else "" for n, cell in enumerate(row)]
            if row and 0 not in kept and any(word.match(tidy(str(row[0]))) for word in words):
                cells[0] = next(found[0] for word in words if (found := word.match(tidy(str(row[0])))))
            if width and len(row) > width and any(str(cell) for cell in row[width:]):
                cells[width] = "?"  # it stays a row that is too long
            yield cells


def _own(cell: Any) -> Any:  # noqa: ANN401 - a cell
    """Keep a cell of one line; a quotation mark that is not closed brings other rows into it, names and all."""
    return "?" if isinstance(cell, str) and "\n" in cell else cell


def _raw(table: Table) -> Iterator[list[Any]]:
    if isinstance(table, SheetTable):
        yield from table.rows
    elif isinstance(table, TextTable):
        with table.path.open(encoding=table.encoding, errors="replace", newline="") as stream:
            try:
                yield from csv.reader(stream, delimiter=table.delimiter)
            except csv.Error as error:
                raise DocumentRefused(
                    "QUOTE_NOT_CLOSED_ANYWHERE", "{file}: a field is longer than any title is.", file=table.file
                ) from error


def _text(rows: list[list[Any]], table: TextTable, profile: Profile) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=table.delimiter).writerows(rows)
    declared = profile.encoding.casefold()
    return out.getvalue().encode("utf-8-sig" if declared in _UTF8 else table.encoding, "replace")


def _book(sheets: list[tuple[str, list[list[Any]]]]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _FORMATS.items()}
        for title, rows in sheets:
            sheet = book.add_worksheet(title[:31])
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    _put(sheet, number, column, cell, formats)
    return out.getvalue()


def _put(sheet: Any, row: int, column: int, cell: Any, formats: dict[type, Any]) -> None:  # noqa: ANN401 - xlsxwriter's own
    if cell is None or cell == "":
        return
    if type(cell) in formats:
        sheet.write_datetime(row, column, cell, formats[type(cell)])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    else:
        sheet.write_string(row, column, str(cell))
