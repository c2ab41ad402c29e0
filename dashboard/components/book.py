"""The same table as on the page, as a workbook: numbers as numbers, percentages as percentages, days as days, text inert."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dashboard.components.tables import Column, Table
from monitor import i18n
from monitor.domain.periods import Month, from_day
from monitor.domain.resources import from_quantity, resource
from monitor.reports.workbook import Book, Cell, instant, text

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHARES = {"percent": "percent", "coverage": "percent", "change": "change"}


@dataclass(frozen=True, slots=True)
class Note:
    """What stands above a table: its title, and lines of what and its value (period, measure, coverage, version of the data)."""

    title: str
    lines: Sequence[tuple[str, str]] = field(default_factory=list)


def to_xlsx(content: Table, language: str, note: Note) -> bytes:
    """Write a table as a workbook of one sheet; the same table and note give the same bytes."""
    book = Book(note.title)
    sheet = book.sheet(note.title)
    sheet.put(0, 0, text(note.title, bold=True, size=14), measure=False)
    row = 1
    for label, value in note.lines:
        sheet.put(row, 0, text(f"{label}{'：' if language == 'zh' else ': '}{value}", colour="#6b7785"), measure=False)
        row += 1
    rows = [
        [cell(value, column) for value, column in zip(given, content.columns, strict=True)] for given in content.rows
    ]
    row += 1
    sheet.table(row, 0, [heading(column, language) for column in content.columns], rows)
    sheet.print_setup(note.title, note.lines[0][1] if note.lines else "", repeat=row, freeze=(row + 1, 1))
    return book.close()


def heading(column: Column, language: str) -> str:
    """Name a column with its measure."""
    if column.kind != "quantity":
        return column.title
    return f"{column.title} ({i18n.measure_name(column.resource, language)})"


def cell(value: Any, column: Column) -> Cell:
    """Give a raw value as a typed cell; missing is a dash, never a zero."""
    if value is None:
        return Cell()
    if column.kind == "quantity":
        digits = resource(column.resource).digits if column.digits is None else column.digits
        return Cell(from_quantity(value, column.resource), "number", digits)
    if column.kind in _SHARES:
        return Cell(_share(value, column.kind), _SHARES[column.kind], 1)  # type: ignore[arg-type]
    if column.kind == "number":
        return Cell(_exact(value), "number", column.digits or 0)
    if column.kind in {"day", "moment", "month"}:
        return _time(value)
    return text(value[0] if column.kind == "link" else value)


def _share(value: Any, kind: str) -> Fraction:
    """Give a share; a coverage as it is shown, cut off and never rounded up."""
    exact = _exact(value)
    return Fraction(int(exact * 1000), 1000) if kind == "coverage" else exact


def _exact(value: Any) -> Fraction:
    return Fraction(Decimal(str(value))) if isinstance(value, float) else Fraction(value)


def _time(value: Any) -> Cell:
    if isinstance(value, datetime):
        return Cell(instant(value), "moment")
    if isinstance(value, date):
        return Cell(value, "day")
    if isinstance(value, Month):
        return Cell(from_day(value.start), "month")
    return Cell(from_day(value), "day")
