"""No text that came in goes out as a formula, a link, markup or a header: CSV, workbooks, HTML, names of files."""

import csv
import io
import re
import zipfile
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from dashboard.components.book import Note, to_xlsx
from dashboard.components.tables import Column, Table, inert, to_csv
from dashboard.imports_actions import safe_name
from monitor.reports.workbook import Book, text
from tests.hostile.test_inbox import ODD
from tests.recalculate import recalculated

STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
    "\t=",
    "\r\n=",
    " =",
    "\u00a0=",
    "\u200b=",
    "\ufeff=",
    "\x0b=",
    "﹢",
    "﹣",
    "﹦",
)
ENDS = ("1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x/","y")', "SUM(A1:A9)", "WEBSERVICE(A1)", "A1", "{1}")
TEXTS = [start + end for start in STARTS for end in ENDS] + [
    "http://x/",
    "mailto:x@y",
    "internal:A1",
    "external:x",
    "{=1+1}",
    "&=1",
    "%=1",
    ";=1",
    '","=1+1',
    "a\n=1+1",
]
NUMBERS = ("-5", "+5", "-1.5e3", "-0")
TABLE = Table(
    (Column("=1+1"), Column("text"), Column("n", "number", digits=1)), [[one, one, -5] for one in [*TEXTS, *NUMBERS]]
)
LIVE = re.compile("^[\\s\u200b\ufeff\x0b]*[=+\\-@＝＋－＠﹢﹣﹦]")


def test_no_cell_of_a_csv_is_a_formula_and_negative_numbers_stay_numbers() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(TABLE).decode("utf-8-sig"), newline="")))

    live = [cell for row in rows for cell in row if LIVE.match(cell) and not re.fullmatch(r"[+-][\d.e]+", cell)]
    assert (live, len(TEXTS) >= 150, [row[2] for row in rows[1:]]) == ([], True, ["-5"] * (len(rows) - 1))
    assert [inert(number) for number in NUMBERS] == list(NUMBERS)


def sheets(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/"))


def books() -> dict[str, bytes]:
    book = Book("=1+1")
    sheet = book.sheet("=1+1")
    for number, one in enumerate(TEXTS):
        sheet.put(number, 0, text(one))
    return {"export": to_xlsx(TABLE, "zh", Note("=1+1", [("=1+1", "=2+2")])), "report": book.close()}


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = books()

    live = [name for name, content in made.items() if re.search("<f[ >]|<hyperlink", sheets(content))]
    assert live == []
    again = recalculated(made, tmp_path_factory.mktemp("formulas"))
    for name, content in again.items():
        assert re.findall("<f[ >]", sheets(content)) == [], name
        cells: list[Any] = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        assert 2 not in [cell for row in cells for cell in row], name


@pytest.mark.parametrize(
    "name",
    [
        *ODD,
        "../../etc/passwd",
        "..\\..\\x.csv",
        "C:\\x.csv",
        "/etc/passwd",
        "",
        ".",
        "..",
        "...",
        "a/../..",
        "\x00",
        "\u202e",
        "a" * 9000,
        "con\r\nX-A: 1",
        "~/.ssh/id",
    ],
)
def test_an_upload_is_called_harmlessly(name: str) -> None:
    kept = safe_name(name)

    assert (0 < len(kept) <= 120, kept.isprintable(), re.findall(r'[/\\<>:"|?*]', kept), kept in {".", ".."}) == (
        True,
        True,
        [],
        False,
    )
