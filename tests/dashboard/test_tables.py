"""A table reads for people on the page and for programs in CSV; formulas stay text, negative numbers stay numbers."""

import csv
import io
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from dashboard.components.tables import Column, Table, inert, plain, shown, table, to_csv
from monitor.domain.periods import Month, to_day

DAY = to_day(date(2026, 9, 15))
KWH = Column("Used", "quantity", "electricity")


def read(content: Table) -> list[list[str]]:
    return list(csv.reader(io.StringIO(to_csv(content).decode("utf-8-sig"))))


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1+1", "＋1a", "－1a", "＠x"]
)
def test_a_formula_becomes_text(text: str) -> None:
    assert inert(text) == "'" + text


@pytest.mark.parametrize("text", ["-12.5", "+3", "-1e3", "12", "E-0412", "", "1-2", "甲=乙"])
def test_numbers_and_ordinary_text_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


def test_headings_are_inert_too() -> None:
    assert read(Table((Column("=1+1"),)))[0] == ["'=1+1"]


@pytest.mark.parametrize(
    ("value", "column", "cell", "text"),
    [
        (1_234_567_000, KWH, "1234.567", "1,235"),
        (-500_000_000, KWH, "-500", "-500"),
        (None, KWH, "", "–"),
        (0, KWH, "0", "0"),
        (Fraction(1, 3), Column("Share", "percent"), "33.333333", "33.3%"),
        (Fraction(-1, 20), Column("Change", "change"), "-5", "-5.0%"),
        (Fraction(1, 20), Column("Change", "change"), "5", "+5.0%"),
        (1234, Column("Rows", "number"), "1234", "1,234"),
        (DAY, Column("Day", "day"), "2026-09-15", "15 Sept 2026"),
        (Month(2026, 9), Column("Month", "month"), "2026-09", "September 2026"),
        (
            datetime(2026, 9, 15, 8, tzinfo=UTC),
            Column("At", "moment"),
            "2026-09-15T08:00:00+00:00",
            "15 Sept 2026, 08:00",
        ),
        (("=cmd", "/x"), Column("Meter", "link"), "'=cmd", "('=cmd', '/x')"),
    ],
)
def test_a_value_is_exact_in_csv_and_rounded_for_people(value: Any, column: Column, cell: str, text: str) -> None:
    assert plain(value, column) == cell
    assert shown(value, column, "en") == text


def test_the_measure_stands_in_the_head_of_a_csv() -> None:
    assert read(Table((KWH, Column("Coverage", "percent")), [(1_000_000, Fraction(1))])) == [
        ["Used (kWh)", "Coverage (%)"],
        ["1", "100"],
    ]


def test_a_csv_begins_with_a_byte_order_mark_so_that_chinese_opens() -> None:
    assert to_csv(Table((Column("单位"),), [("财政局",)])) == "\ufeff单位\r\n财政局\r\n".encode()


def test_a_wide_table_scrolls_inside_its_frame() -> None:
    assert table(Table((Column("A"),), [("x",)]), "en").className == "scroll"
