"""Sheets of workbooks: .xlsx through calamine, .xls through xlrd; locked ones are named as such."""

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import Any

import python_calamine
import xlrd

from importers._tabular_profile import Profile
from importers._tabular_source import HEAD_ROWS, SheetTable, Table, _text
from monitor.intake.contract import DocumentRefused

MOST_SHEETS = 1000
_LOCKED = "EncryptedPackage".encode("utf-16-le")


def xlsx_sheets(path: Path, name: str, profile: Profile) -> Iterator[Table]:
    """Give the sheets with content whose name the profile accepts."""
    try:
        # by its bytes: of a path the extension would be believed
        book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(path.read_bytes()))
        for title in _wanted(book.sheet_names, name, profile):
            yield from _table(name, title, _rows(book.get_sheet_by_name(title), name))
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise _damaged(name, error) from error


def _rows(sheet: python_calamine.CalamineSheet, name: str) -> Iterator[list[Any]]:
    """Give the rows from A1 on, one at a time: a sheet's cells as Python objects are many times its file."""
    try:
        left = [""] * (sheet.start[1] if sheet.start else 0)  # the iterator begins with the first used column
        yield from sheet.iter_rows() if not left else (left + row for row in sheet.iter_rows())
    except (python_calamine.CalamineError, ValueError, OSError) as error:
        raise _damaged(name, error) from error


def xls_sheets(path: Path, name: str, profile: Profile) -> Iterator[Table]:
    """Give the sheets with content whose name the profile accepts."""
    if _LOCKED in path.read_bytes():
        raise DocumentRefused("ENCRYPTED", "{file}: the file is locked with a password.", file=name)
    try:
        book = xlrd.open_workbook(file_contents=path.read_bytes(), logfile=_Silent(), on_demand=True, ragged_rows=True)
        for title in _wanted(book.sheet_names(), name, profile):
            sheet = book.sheet_by_name(title)
            rows = [[_cell(cell, book.datemode) for cell in sheet.row(n)] for n in range(sheet.nrows)]
            yield from _table(name, title, iter(rows))
            book.unload_sheet(title)
    except DocumentRefused:
        raise
    except Exception as error:  # what xlrd raises on damaged bytes has no common root
        if "encrypted" in str(error).lower():
            raise DocumentRefused("ENCRYPTED", "{file}: the file is locked with a password.", file=name) from error
        raise _damaged(name, error) from error


class _Silent:
    """Takes xlrd's remarks."""

    def write(self, text: str) -> int:
        """Forget it."""
        return len(text)


def _cell(cell: Any, datemode: int) -> Any:  # noqa: ANN401 - an xlrd cell
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):  # a number in a cell that is formatted as a date
            return cell.value
        return moment.time() if 0 <= cell.value < 1 else moment
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return "" if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _wanted(titles: list[str], name: str, profile: Profile) -> list[str]:
    """Give the sheets that the profile asks for; a workbook with more of them than anybody keeps is refused."""
    found = [title for title in titles if not profile.sheet or re.search(profile.sheet, title) is not None]
    if len(found) > MOST_SHEETS:
        raise DocumentRefused(
            "SHEETS_TOO_MANY",
            "{file}: the workbook has {count} sheets, at most {most} are read; split it, or name the sheets in the profile.",
            file=name,
            count=len(found),
            most=MOST_SHEETS,
        )
    return found


def _table(name: str, title: str, rows: Iterator[list[Any]]) -> Iterator[Table]:
    first = list(islice(rows, HEAD_ROWS))
    if any(cell not in ("", None) for row in first for cell in row):
        head = [[_text(cell) for cell in row] for row in first]
        yield SheetTable(name, title, head, chain(first, rows), {"sheet": title})


def _damaged(name: str, error: Exception) -> DocumentRefused:
    return DocumentRefused(
        "WORKBOOK_DAMAGED", "{file}: the workbook is damaged: {reason}", file=name, reason=str(error)[:300]
    )
