"""Columns of a workbook, read by distinct cells, say the same as read cell by cell."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from importers._tabular_source import ROWS_AT_ONCE, SheetTable, _text, coded
from importers._tabular_workbook import _rows

PLAIN: list[Any] = ["", " a ", "a", None, "7", 7.0, -0.0, 0.0, 1.5e15, datetime(2026, 1, 1, 0, 0, 0, 600_000), date(2026, 1, 1), time(8)]  # noqa: DTZ001 - a workbook's clock  # fmt: skip
MIXED: list[Any] = [*PLAIN, True, False, 1, 1.0, 0, 10**16, 1e16]


@pytest.mark.parametrize("values", [PLAIN, MIXED, ["", ""]])
def test_equal_cells_read_alike_and_true_is_not_one(values: list[Any]) -> None:
    cells = [values[index] for index in np.random.default_rng(3).integers(0, len(values), 1_700)]
    table = SheetTable("f", "s", [], iter([[cell] for cell in cells]))

    (found,) = table.cells(0, [0], [], 50_000)

    expected = coded(pd.Categorical([_text(cell) or None for cell in cells]))
    assert found.text[0].tolist() == expected.tolist()


def test_finite_numbers_are_floats_and_anything_else_stays_as_it_is() -> None:
    rows = [[1.5, 1.0, float("nan")], [2.0, "", 1.0], [3, "x", True]]

    (found,) = SheetTable("f", "s", [], iter(rows)).cells(0, [], [0, 1, 2, 5], 50_000)

    assert found.number[0].dtype == np.float64
    assert found.number[0].tolist() == [1.5, 2.0, 3.0]
    assert found.number[1].tolist() == [1.0, None, "x"]
    assert found.number[2].tolist()[1:] == [1.0, "True"]
    assert found.number[5].tolist() == [None, None, None]


def test_rows_are_numbered_through_all_parts_and_short_rows_have_empty_cells() -> None:
    rows = [[float(number), "b"] if number % 3 else [float(number)] for number in range(2 * ROWS_AT_ONCE + 7)]

    parts = list(SheetTable("f", "s", [], iter(rows)).cells(1, [1], [0], ROWS_AT_ONCE + 1))

    assert np.concatenate([part.row_no for part in parts]).tolist() == list(range(2, len(rows) + 1))
    assert np.concatenate([part.number[0] for part in parts]).tolist() == [row[0] for row in rows[1:]]
    assert [text for part in parts for text in part.text[1].codes >= 0] == [len(row) > 1 for row in rows[1:]]


def test_a_sheet_that_begins_in_the_middle_keeps_its_rows_and_columns(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "m.xlsx"))
    book.add_worksheet("a").write(4, 2, "x")
    book.add_worksheet("nothing")
    book.close()
    opened = CalamineWorkbook.from_path(str(tmp_path / "m.xlsx"))

    rows = list(_rows(opened.get_sheet_by_name("a"), "m.xlsx"))

    assert rows == opened.get_sheet_by_name("a").to_python(skip_empty_area=False)
    assert (len(rows), rows[4][2]) == (5, "x")
    assert list(_rows(opened.get_sheet_by_name("nothing"), "m.xlsx")) == []
