"""Workbooks: typed cells, real tables, formulas with their values beside them; no text of a user ever becomes a formula or a link.

The same cells give the same bytes: nothing in a file says when or where it was written.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from io import BytesIO
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from monitor import i18n

LONGEST_TEXT = 32_767  # of a cell, in UTF-16 units
LONGEST_NAME = 31  # of a sheet
LONGEST_HEAD = 255
MOST_ROWS = 1_048_000
NARROWEST, WIDEST, HEAD_WIDTH = 7, 46, 12
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - the format knows no zones; a date that says nothing
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f]")

_TIMES = {"day": "yyyy-mm-dd", "month": "yyyy-mm", "moment": "yyyy-mm-dd hh:mm"}
Kind = Literal["text", "number", "percent", "change", "day", "month", "moment"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and how it looks; None shows as a dash. With a formula, the value is what the formula gives."""

    value: Any = None
    kind: Kind = "text"
    digits: int = 0
    formula: str = ""
    bold: bool = False
    colour: str = ""
    size: int = 0
    wrap: bool = False
    centred: bool = False


def text(value: object, **look: Any) -> Cell:  # noqa: ANN401 - fields of Cell
    """Give a cell with text that stays text."""
    return Cell("" if value is None else str(value), **look)


def computed(formula: str, shown: Fraction | None, again: Fraction | int | None, like: Cell) -> Cell:
    """Give the cell of a figure with the formula that recomputes it; without, where computing again would say something else."""
    fits = shown is not None and again is not None and shown == again
    return replace(like, value=shown, formula=formula if fits else "")


def clean(value: str) -> str:
    """Make a text fit for a cell: no control characters, no half characters, not too long; blanks and lines stay."""
    fit = _UNFIT.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    if len(fit.encode("utf-16-le")) // 2 <= LONGEST_TEXT:
        return fit
    return fit.encode("utf-16-le")[: 2 * (LONGEST_TEXT - 1)].decode("utf-16-le", "ignore") + "…"


def plain_name(value: str) -> str:
    """Make a text fit to name a sheet: no reserved characters, no quote at either end, 31 characters, never empty."""
    fit = _NOT_IN_NAMES.sub(" ", clean(value)).strip().strip("'").strip()
    while len(fit.encode("utf-16-le")) // 2 > LONGEST_NAME:
        fit = fit[:-1]
    return fit.rstrip("' ") or "–"


def width(shown: str) -> int:
    """Count the columns of a text: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in shown)


def at(row: int, column: int, *, fixed: bool = False) -> str:
    """Name a cell by its row and column, both from 0: (0, 1) is B1."""
    return str(xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed))


def down(column: int, first: int, last: int) -> str:
    """Name the cells of a column from one row to another, both inclusive, from 0."""
    return f"{xl_col_to_name(column)}{first + 1}:{xl_col_to_name(column)}{last + 1}"


def _digits(value: Fraction, digits: int, *, share: bool) -> int:
    """Give enough decimals that rounding says the same everywhere: no tie, and no share short of the whole shown as the whole."""
    scale = 10 ** (digits + (2 if share else 0))
    while digits < 9 and (  # noqa: PLR2004 - more would not fit in a cell
        (value * scale).denominator == 2  # noqa: PLR2004 - exactly half a last digit: programs round it differently
        or (share and value < 1 <= Fraction(round(value * scale), scale))
    ):
        digits, scale = digits + 1, scale * 10
    return digits


class Sheet:
    """A sheet: cells are put by row and column from 0; the columns take the width that they need."""

    def __init__(self, book: "Book", name: str) -> None:
        self.book, self.name = book, name
        self.paper = book.file.add_worksheet(name)
        self._widths: dict[int, int] = {}
        self.fixed: dict[int, int] = {}  # columns that have a width whatever they hold

    def put(self, row: int, column: int, cell: Cell, *, measure: bool = True) -> None:
        """Write a cell; with `measure` its column grows to it."""
        shown, look = self._shown(cell)
        if cell.size:
            self.paper.set_row(row, cell.size * 1.5)
        if measure:
            self._widths[column] = max(self._widths.get(column, 0), min(width(shown) + 2, WIDEST))
        if cell.value is None:
            self.paper.write_string(
                row,
                column,
                i18n.MISSING,
                self.book.look(align="center" if cell.centred else "right", font_color="#6b7785"),
            )
        elif cell.kind == "text":
            self.paper.write_string(row, column, clean(cell.value), look)
        elif cell.formula:
            self.paper.write_formula(row, column, "=" + cell.formula, look, float(cell.value))
        elif cell.kind in _TIMES:
            self.paper.write_datetime(row, column, cell.value, look)
        else:
            self.paper.write_number(row, column, float(cell.value), look)

    def _shown(self, cell: Cell) -> tuple[str, Any]:
        """Give a text as wide as the cell will be, and its format."""
        look: dict[str, Any] = {"valign": "top" if cell.wrap else "vcenter"}
        look |= {"bold": True} if cell.bold else {}
        look |= {"font_color": cell.colour} if cell.colour else {}
        look |= {"font_size": cell.size} if cell.size else {}
        look |= {"text_wrap": True} if cell.wrap else {}
        look |= {"align": "center"} if cell.centred else {}
        if cell.value is None:
            return i18n.MISSING, None
        if cell.kind == "text":
            look |= {} if cell.size or cell.wrap else {"indent": 1}
            # what begins like a formula stays text even when somebody edits the cell and presses Enter
            look |= {"quote_prefix": True} if cell.value.startswith(_STARTS) else {}
            longest = max(clean(cell.value).split("\n"), key=width)
            return longest, self.book.look(**look)
        if cell.kind in _TIMES:
            form = _TIMES[cell.kind]
            return form, self.book.look(num_format=form, align="left", **look)
        exact, share = Fraction(cell.value), cell.kind != "number"
        digits = _digits(exact, cell.digits, share=share)
        tail = "." + "0" * digits if digits else ""
        body = f"0{tail}%" if share else f"#,##0{tail}"
        form = f"+{body};-{body};{body}" if cell.kind == "change" else body
        shown = f"{float(exact) * 100:.{digits}f}%+" if share else f"{float(exact):,.{digits}f}"
        return shown, self.book.look(num_format=form, **look)

    def line(self, row: int, content: str, columns: int, **look: Any) -> None:  # noqa: ANN401 - fields of Cell
        """Write a long text over several columns, as high as it needs once the columns have their widths."""
        self.book.long_lines.append((self, row, text(content, wrap=True, **look), columns))

    def table(self, row: int, column: int, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
        """Write a real table, with filter and heading, and give the row below it; an empty one has a line of dashes."""
        shown = rows[:MOST_ROWS] or [[Cell() for _ in heads]]
        titles = _distinct(heads)
        last = row + len(shown)
        self.paper.add_table(
            row,
            column,
            last,
            column + len(titles) - 1,
            {
                "name": self.book.table_name(),
                "style": "Table Style Light 9",
                "columns": [{"header": title, "header_format": self.book.heading()} for title in titles],
            },
        )
        for index, title in enumerate(titles):
            longest = max(width(part) for part in title.split())  # headings fold at blanks
            needed = (
                max(min(width(title), HEAD_WIDTH), longest if longest <= WIDEST // 2 else 0) + 4
            )  # the filter's button
            self._widths[column + index] = max(self._widths.get(column + index, 0), needed)
        self.paper.set_row(row, 15.0 * max(-(-width(title) // HEAD_WIDTH) for title in titles))
        for down_by, cells in enumerate(shown, 1):
            for index, cell in enumerate(cells):
                self.put(row + down_by, column + index, cell)
                if cell.wrap and column + index in self.fixed:
                    lines = -(-width(cell.value) // (self.fixed[column + index] - 4))
                    self.paper.set_row(row + down_by, 15.0 * min(max(lines, 1), 25))
        return last + 1

    def finish(self) -> None:
        """Give the columns their widths."""
        for column, needed in (self._widths | self.fixed).items():
            self.paper.set_column(column, column, max(needed, NARROWEST))

    def span(self, columns: int) -> int:
        """Give the width of the first columns together."""
        return sum(max(self._widths.get(column, 0), NARROWEST + 2) for column in range(columns))

    def print_setup(
        self,
        above: str,
        below: str,
        *,
        repeat: int | None = None,
        freeze: tuple[int, int] = (0, 0),
        pages: int = 0,
    ) -> None:
        """Set A4 landscape, one page wide and `pages` high (0: as many as needed), header, footer, repeated row, frozen panes."""
        paper = self.paper
        paper.set_landscape()
        paper.set_paper(9)
        paper.fit_to_pages(1, pages)
        paper.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        paper.set_header(f"&L&9 {_marginal(above)}&R&9 &A")
        paper.set_footer(f"&L&9 {_marginal(below)}&R&9 &P / &N")
        paper.hide_gridlines(2)
        if repeat is not None:
            paper.repeat_rows(repeat)
        if freeze != (0, 0):
            paper.freeze_panes(*freeze)


def _marginal(content: str) -> str:
    """Make a text fit for header or footer, where & begins a code."""
    return clean(content).replace("\n", " ").replace("&", "＆")[:80]


def _distinct(heads: Sequence[str]) -> list[str]:
    """Make the headings of a table differ, as a table wants them, and none empty or too long."""
    seen: set[str] = set()
    titles = []
    for number, head in enumerate(heads, 1):
        title = base = clean(head)[: LONGEST_HEAD - 8] or str(number)
        count = 2
        while title.casefold() in seen:
            title, count = f"{base} ({count})", count + 1
        seen.add(title.casefold())
        titles.append(title)
    return titles


class Book:
    """A workbook in memory."""

    def __init__(self, title: str) -> None:
        self._bytes = BytesIO()
        inert = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self.file = xlsxwriter.Workbook(self._bytes, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **inert})
        self.file.set_properties({"title": clean(title)[:200], "author": "Jieyue", "created": CREATED})
        self.file.set_size(1920, 1200)
        self._looks: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._sheets: list[Sheet] = []
        self._tables = 0
        self.long_lines: list[tuple[Sheet, int, Cell, int]] = []

    def look(self, **properties: Any) -> Any:  # noqa: ANN401 - properties of a format, and the format
        """Give the format with these properties; each exists once."""
        key = tuple(sorted(properties.items()))
        if key not in self._looks:
            self._looks[key] = self.file.add_format(properties)
        return self._looks[key]

    def heading(self) -> Any:  # noqa: ANN401 - the library's format
        """Give the format of a table's headings."""
        return self.look(
            bold=True, text_wrap=True, valign="vcenter", align="center", bg_color="#1f5f8b", font_color="#ffffff"
        )

    def table_name(self) -> str:
        """Give the next table's name; names are the same for the same workbook."""
        self._tables += 1
        return f"Table{self._tables}"

    def sheet(self, name: str) -> Sheet:
        """Add a sheet; a name that is taken gets a number."""
        base = title = plain_name(name)
        taken = {sheet.name.casefold() for sheet in self._sheets} | {"history"}
        number = 2
        while title.casefold() in taken:
            tail = f" {number}"
            title, number = plain_name(base[: LONGEST_NAME - len(tail)]) + tail, number + 1
        sheet = Sheet(self, title)
        self._sheets.append(sheet)
        return sheet

    def close(self) -> bytes:
        """Give the file."""
        for sheet, row, cell, columns in self.long_lines:
            lines = sum(-(-max(width(part), 1) // max(sheet.span(columns) - 2, 1)) for part in cell.value.split("\n"))
            _, look = sheet._shown(cell)  # noqa: SLF001 - of this module
            sheet.paper.merge_range(row, 0, row, columns - 1, "", look)
            sheet.paper.write_string(row, 0, clean(cell.value), look)
            sheet.paper.set_row(row, max(15.0, (cell.size or 11) * 1.4 * min(lines, 25)))
        for sheet in self._sheets:
            sheet.finish()
        self.file.close()
        return self._bytes.getvalue()


def instant(value: datetime | date) -> datetime | date:
    """Give an instant as a clock shows it in the zone it carries: workbooks know no zones."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
