"""The workbook: nothing a person wrote runs, the same data give the same bytes, what is kept is handed out again."""

import io
import json
import re
import zipfile
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select

from monitor.database.tables import ReportFile
from monitor.domain.access import SYSTEM
from monitor.errors import NotFound
from monitor.i18n import LANGUAGES
from monitor.reports import archive, monthly, xlsx
from monitor.reports.workbook import Book, Cell, clean, computed, plain_name, text
from monitor.services import reports
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import NOW

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r\n=1", "＝1+1", "http://evil.example",
    "mailto:a@b", "x" * 40_000, "a\x00b\x1fc\ufffe", "_x0041_", "<f>1</f>", "&[Picture]&G",
)  # fmt: skip


def data(city: City, unit: str = "city") -> Any:
    with city.database.session() as session:
        return monthly.build(session, SYSTEM, city.units[unit], OCTOBER, now=NOW)


def parts(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_data_give_the_same_bytes(city: City, language: str) -> None:
    given = data(city)

    assert xlsx.render(given, language, version=2) == xlsx.render(json.loads(json.dumps(given)), language, version=2)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_a_formula_or_a_link(city: City, name: str) -> None:
    plain = parts(xlsx.render(data(city), "en"))
    given = data(city)
    fields = ("name_zh", "name_en", "code")
    todo: list[Any] = [given]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            node.update(
                {field: name for field in fields if field in node and "value" not in node} if "id" in node else {}
            )
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)

    found = parts(xlsx.render(given, "en"))

    formulas = [sorted(re.findall(r"<f>[^<]*</f>", "".join(each.values()))) for each in (plain, found)]
    assert formulas[0] == formulas[1]
    assert [part for part in found if "externalLink" in part or "<hyperlink" in found[part]] == []
    assert [part for part, content in found.items() if part.endswith(".rels") and "External" in content] == []


def test_text_that_starts_like_a_formula_stays_text_when_it_is_edited() -> None:
    book = Book("t")
    book.sheet("t").put(0, 0, text("=1+1"))
    content = parts(book.close())

    assert 'quotePrefix="1"' in content["xl/styles.xml"]
    assert "<f>" not in content["xl/worksheets/sheet1.xml"]


def test_a_cell_holds_what_a_cell_may_hold() -> None:
    assert clean("a\x00b\x1fc\ud800d") == "a\ufffdb\ufffdc\ufffdd"
    assert len(clean("x" * 40_000)) == 32_767
    assert len(clean("😀" * 40_000).encode("utf-16-le")) <= 2 * 32_767
    assert clean("a\tb\r\nc") == "a b\nc"


def test_sheets_are_named_as_excel_wants_them() -> None:
    book = Book("t")
    names = [
        book.sheet(name).name for name in ("a/b:[c]*?\\", "'quoted'", "", "History", "x" * 40, "X" * 40, "财政局" * 20)
    ]

    assert names[:4] == ["a b  c", "quoted", "–", "History 2"]
    assert all(1 <= len(name) <= 31 for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert plain_name("[]") == "–"


def test_a_formula_is_written_only_where_it_gives_what_is_shown() -> None:
    like = Cell(kind="number")

    assert computed("A1+B1", Fraction(3), 3, like).formula == "A1+B1"
    assert computed("A1+B1", Fraction(3), 4, like).formula == ""
    assert computed("A1+B1", None, 4, like) == like


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (Fraction(5, 2), "number", "#,##0.0"),
        (Fraction(12345), "number", "#,##0"),
        (Fraction(9998, 10_000), "percent", "0.00%"),
        (Fraction(1), "percent", "0.0%"),
    ],
)
def test_a_tie_or_a_share_short_of_the_whole_gets_one_digit_more(value: Fraction, kind: Any, shown: str) -> None:
    book = Book("t")
    book.sheet("t").put(0, 0, Cell(value, kind, 1 if kind == "percent" else 0))

    styles = parts(book.close())["xl/styles.xml"]
    assert f'formatCode="{shown}"' in styles or shown == "#,##0"


def test_what_is_missing_is_a_dash_and_never_a_zero(city: City) -> None:
    given = data(city, "silent")
    rows = sheets(xlsx.render(given, "en"))["Electricity"]

    assert rows[4][0] == "In the month"
    assert rows[4][1] == "–"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sheet_prints_on_a4_with_header_and_footer(city: City, language: str) -> None:
    found = parts(xlsx.render(data(city), language))
    papers = [content for name, content in found.items() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]

    assert len(papers) >= 7
    assert all('paperSize="9"' in paper and 'orientation="landscape"' in paper for paper in papers)
    assert all("<oddHeader>" in paper and "<oddFooter>" in paper for paper in papers)
    assert sum(name.startswith("xl/charts/chart") for name in found) >= 3
    assert sum(name.startswith("xl/tables/") for name in found) >= 8


def test_the_workbook_is_made_once_and_handed_out_again(city: City) -> None:
    made = archive.produce(city.database, SYSTEM, city.units["finance"], OCTOBER, "zh", now=NOW)
    with city.database.session() as session:
        kept = reports.fetch_file(session, SYSTEM, made, "xlsx")

    assert kept is not None
    assert archive.file(city.database, city.people["looker"], made, "xlsx", zone="Asia/Shanghai") == kept


def test_a_report_from_before_gets_its_workbook_from_its_stored_data(city: City) -> None:
    made = archive.produce(city.database, SYSTEM, city.units["finance"], OCTOBER, "zh", now=NOW)
    first = archive.file(city.database, SYSTEM, made, "xlsx", zone="UTC")
    with city.database.session(write=True) as session:
        session.execute(delete(ReportFile))

    again = archive.file(city.database, city.people["looker"], made, "xlsx", zone="UTC")

    assert again == first
    with city.database.session() as session:
        assert session.scalars(select(ReportFile.content)).all() == [first]


def test_a_workbook_of_an_earlier_format_can_be_made(city: City) -> None:
    given = data(city, "finance")
    for fact in given["method"]["denominators"]:
        for key in ("mean", "mean_year", "mean_before"):
            fact.pop(key, None)
    given["method"].pop("shares", None)
    for section in given["resources"]:
        section.pop("bases", None)
        for target in section["targets"]:
            for key in ("path", "per", "kind", "cap"):
                target.pop(key, None)

    assert list(sheets(xlsx.render(given, "en")))[:3] == ["Summary", "Units", "Months"]


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_a_stranger_gets_no_workbook(city: City, who: str) -> None:
    made = archive.produce(city.database, SYSTEM, city.units["finance"], OCTOBER, "zh", now=NOW + timedelta(days=1))

    with pytest.raises(NotFound):
        archive.file(city.database, city.people[who], made, "xlsx", zone="UTC")
