"""Months as columns: which month and year each column is, what is blank, what is a total, and what is refused by name."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from importers._tabular_year import ENGLISH, month_of
from monitor.errors import ConfigurationError, DocumentRefused
from monitor.intake import registry
from monitor.intake.contract import WARNING, Chunk
from tests.intake.test_layouts import read, values

GRID: dict[str, Any] = {
    "layout": "year",
    "skip": "合计|Total",
    "meter": {"column": "表号"},
    "time": {"zone": "Asia/Shanghai"},
    "value": {"measure": "kWh"},
}


def with_time(**time: Any) -> dict[str, Any]:
    return GRID | {"time": GRID["time"] | time}


def months(chunks: list[Chunk]) -> list[str]:
    zone = ZoneInfo("Asia/Shanghai")
    return [f"{datetime.fromtimestamp(int(at), zone):%Y-%m-%d %H:%M}" for c in chunks for at in c.frame["start_at"]]


@pytest.mark.parametrize(
    ("header", "name", "time"),
    [
        ("2026-01,2026-02", "use.csv", {}),
        ("2026年1月,2026年2月", "use.csv", {}),
        ("2026/1,2026/2", "use-2020.csv", {}),
        ("Jan 2026,Feb 2026", "use.csv", {}),
        ("1月,2月", "用电量2026.csv", {}),
        ("1月份,2月份", "2026年用电量.csv", {}),
        ("01,02", "2026_20270301.csv", {}),
        ("January,Feb", "use.csv", {"year": 2026}),
        ("1月,2月", "2020-用量-26年.csv", {"year": 2026}),
        ("1月,2月", "batch 2031, of 2026.csv", {"file_name": r"of \d+"}),
    ],
)
def test_the_year_is_found_where_sheets_write_it(tmp_path: Path, header: str, name: str, time: dict[str, Any]) -> None:
    chunks = read(tmp_path, f"表号,{header},合计\nA,5,7,12\n", with_time(**time), name)

    assert (months(chunks), values(chunks)) == (["2026-01-01 00:00", "2026-02-01 00:00"], [5, 7])
    last = chunks[0].frame["end_at"].iloc[-1]
    assert datetime.fromtimestamp(int(last), ZoneInfo("Asia/Shanghai")).strftime("%m-%d %H:%M") == "03-01 00:00"


def test_the_line_above_the_header_may_name_the_year(tmp_path: Path) -> None:
    chunks = read(tmp_path, "某市2025年度用水统计,,\n表号,1月,2月\nA,1,2\n", GRID, "x.csv")
    assert months(chunks) == ["2025-01-01 00:00", "2025-02-01 00:00"]


def test_each_row_may_name_its_year(tmp_path: Path) -> None:
    body = "表号,年度,12月\nA,2024,1\nA,2025年,2\nA,soon,3\n"
    chunks = read(tmp_path, body, with_time(column="年度"))
    assert months(chunks) == ["2024-12-01 00:00", "2025-12-01 00:00"]
    [issue] = chunks[0].issues
    assert (issue.code, issue.row_no, issue.column, issue.value) == ("NOT_A_YEAR", 4, "年度", "soon")


def test_the_sheets_of_a_workbook_are_years_and_heads_may_be_dates(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm"}) as book:
        for name in ("2024", "2025年"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["表号", "1月"])
            sheet.write_row(1, 0, ["A", int(name[:4])])
        sheet = book.add_worksheet("dates")
        sheet.write_row(0, 0, ["表号", datetime(2026, 3, 1)])  # noqa: DTZ001 - a cell has no zone
        sheet.write_row(1, 0, ["A", 9])
    chunks = read(tmp_path, path.read_bytes(), GRID, "book.xlsx")
    assert months(chunks) == ["2024-01-01 00:00", "2025-01-01 00:00", "2026-03-01 00:00"]
    assert values(chunks) == [2024, 2025, 9]


def test_blank_is_missing_zero_is_zero_and_totals_are_said(tmp_path: Path) -> None:
    body = "表号,2026-01,2026-02\nA,,0\nB,3,\n合计,3,0\n合计说明,,\n"
    [chunk] = read(tmp_path, body, GRID)
    assert (values([chunk]), chunk.blank, chunk.refused) == ([0, 3], 2, 0)
    [said] = chunk.issues
    assert (said.code, said.row_no, said.value, said.severity) == ("TOTAL_NOT_READ", 4, "合计", WARNING)


def test_a_wrong_cell_is_named_by_row_and_column_and_the_rest_is_read(tmp_path: Path) -> None:
    [chunk] = read(tmp_path, "表号,2026-01,2026-02\nA,1,二\nB,3,4\n", GRID)
    [issue] = chunk.issues
    assert (issue.code, issue.row_no, issue.column, issue.value) == ("NOT_A_NUMBER", 2, "2026-02", "二")
    assert values([chunk]) == [1, 3, 4]


@pytest.mark.parametrize(
    ("body", "name", "code"),
    [
        ("表号,1月\nA,1\n", "use.csv", "YEAR_MISSING"),
        ("2024-2025年,\n表号,1月\nA,1\n", "use.csv", "YEAR_UNCLEAR"),
        ("表号,2026-01,2026年1月\nA,1,2\n", "use.csv", "MONTH_TWICE"),
        ("表号,一季度\nA,1\n", "use.csv", "COLUMN_MISSING"),
    ],
)
def test_what_cannot_be_known_is_refused_and_never_guessed(tmp_path: Path, body: str, name: str, code: str) -> None:
    with pytest.raises(DocumentRefused) as refused:
        read(tmp_path, body, GRID, name)
    assert refused.value.code == code


def test_the_months_to_read_can_be_named_where_a_sheet_has_several_tables_beside_each_other(tmp_path: Path) -> None:
    profile = GRID | {"value": {"measure": "kWh", "columns": r"2026-\d\d"}}
    chunks = read(tmp_path, "表号,2026-01,1\nA,1,99\n", profile)
    assert values(chunks) == [1]


def test_a_year_is_for_this_layout_alone() -> None:
    with pytest.raises(ConfigurationError):
        registry.build("tabular", {"profile": with_time(year=2026, column="日期") | {"layout": "days"}})


@given(st.integers(1, 12), st.integers(1990, 2100))
def test_every_way_to_write_a_month_is_read_the_same(month: int, year: int) -> None:
    name = ENGLISH[month - 1].title()
    alone = (f"{month}", f"{month:02d}", f"{month}月", f"{month} 月份", name, name.upper(), f"{name}.")
    whole = (f"{year}-{month:02d}", f"{year}/{month}", f"{year}年{month}月", f"{year}.{month:02d}", f"{name}-{year}")
    cell = f"@{year}-{month:02d}-01T00:00:00"
    assert {month_of(text) for text in alone} == {(0, month)}
    assert {month_of(text) for text in (*whole, cell)} == {(year, month)}


@pytest.mark.parametrize(
    "text", ["", "合计", "13", "0", "2026", "Marble", "Mayor", "1-2", "1月至3月", "Q1", "2026-13", "meter"]
)
def test_what_is_no_month_is_none(text: str) -> None:
    assert month_of(text) is None
