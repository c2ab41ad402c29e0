"""Templates to fill in: what a reader may see is there, and what is typed in comes back through the importer as typed."""

import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select

from monitor.database.tables import Meter, Reading, Register, Source
from monitor.domain.access import SYSTEM
from monitor.errors import NotFound
from monitor.i18n import LANGUAGES
from monitor.intake import pipeline
from monitor.reports import forms
from tests.reports.conftest import City

NOW = datetime(2026, 11, 4, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
READ = datetime(2026, 10, 31, 16, tzinfo=UTC)
PROFILES = {kind: form.profile for kind, form in forms.FORMS.items()}


def form(city: City, kind: str, language: str = "zh", who: str = "own") -> bytes:
    with city.database.session() as session:
        return forms.make(session, city.people[who], kind, language, now=NOW)


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def filled(content: bytes, path: Path, typed: dict[tuple[int, int], Any]) -> Path:
    """Type into the first sheet of a template as a person would, and save the whole."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd"}) as book:
        for number, (name, rows) in enumerate(sheets(content).items()):
            sheet = book.add_worksheet(name)
            given = {(row, column): value for row, cells in enumerate(rows) for column, value in enumerate(cells)}
            for (row, column), value in (given | (typed if number == 0 else {})).items():
                sheet.write(row, column, value)
    return path


def equip(city: City) -> int:
    """Give W1 a last reading, E1 registers for bills and months; a source for all forms. Gives W1's register."""
    with city.database.session(write=True) as session:
        register = session.scalars(select(Register).where(Register.meter_id == city.meters["W1"])).one()
        register.multiplier_num = 10
        session.execute(
            insert(Reading),
            {"register_id": register.id, "end_at": int(READ.timestamp()), "start_at": None, "value": 1_234_500_000}
            | {"quality": 0, "run_id": 0, "row_no": 1},
        )
        for kind in ("bill", "interval"):
            if not session.scalars(
                select(Register).where(Register.meter_id == city.meters["E1"], Register.kind == kind)
            ).all():
                session.add(Register(meter_id=city.meters["E1"], code=kind, kind=kind, measure="kWh"))
        meter = session.get_one(Meter, city.meters["W1"])
        session.add(
            Meter(code="P1", name_zh="领用", name_en="Packs", resource="paper", place_id=meter.place_id, basis="packs")
        )
        session.flush()
        packs = session.scalars(select(Meter.id).where(Meter.code == "P1")).one()
        session.add(Register(meter_id=packs, code="", kind="event", measure="包"))
        return register.id


def imported(city: City, kind: str, path: Path, folder: Path) -> tuple[Any, list[Reading]]:
    """Look at a preview, then import; give the receipt and the readings that came of it."""
    options = {"profile": PROFILES[kind]}
    looked = pipeline.preview("tabular", options, [path]).to_json()
    assert not looked.get("issues"), looked
    with city.database.session(write=True) as session:
        source = Source(code=kind, name_zh=kind, name_en=kind, kind="tabular", options=options, created_at=NOW)
        session.add(source)
        session.flush()
        source_id = source.id
    receipt = pipeline.import_file(city.database, source_id, path, actor=SYSTEM, now=NOW, archive=folder / "archive")
    with city.database.session() as session:
        rows = session.scalars(select(Reading).where(Reading.run_id == receipt.run_id).order_by(Reading.end_at)).all()
        session.expunge_all()
    return receipt, list(rows)


def row_of(content: bytes, code: str) -> int:
    rows = next(iter(sheets(content).values()))
    return next(number for number, row in enumerate(rows) if row and row[0] == code)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reading_sheet_knows_the_meters_and_takes_what_is_typed(city: City, tmp_path: Path, language: str) -> None:
    register = equip(city)
    content = form(city, "readings", language)
    row = row_of(content, "W1")
    before = next(iter(sheets(content).values()))[row]
    assert before[3:5] == [date(2026, 11, 1), 1234.5]
    assert before[7] == 10

    path = filled(content, tmp_path / "read.xlsx", {(row, 5): date(2026, 11, 3), (row, 6): 1250.25})
    receipt, rows = imported(city, "readings", path, tmp_path)

    assert (receipt.state, len(rows)) == ("done", 1)
    end = datetime(2026, 11, 3, 16, tzinfo=UTC)
    assert (rows[0].register_id, rows[0].end_at, rows[0].value) == (register, int(end.timestamp()), 1_250_250_000)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_bill_sheet_takes_both_days_and_the_quantity(city: City, tmp_path: Path, language: str) -> None:
    equip(city)
    content = form(city, "bills", language)
    row = row_of(content, "E1")
    typed = {
        (row, 2): date(2026, 10, 1),
        (row, 3): date(2026, 10, 31),
        (row, 4): 2790,
        (row, 6): 2000.5,
        (row, 7): "044",
    }

    receipt, rows = imported(city, "bills", filled(content, tmp_path / "bills.xlsx", typed), tmp_path)

    assert (receipt.state, [one.value for one in rows]) == ("done", [2_790_000_000])
    assert rows[0].end_at - (rows[0].start_at or 0) == 31 * 86_400


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_months_leaves_out_what_is_empty(city: City, tmp_path: Path, language: str) -> None:
    equip(city)
    content = form(city, "months", language)
    row = row_of(content, "E1")

    rows_before = next(iter(sheets(content).values()))
    assert rows_before[3][2:] == [rows_before[3][2], *(f"2026-{month:02d}" for month in range(1, 13))]
    assert sum(1 for cells in rows_before if cells[0] == "E1") == 1
    path = filled(content, tmp_path / "months.xlsx", {(row, 4): 2520, (row, 5): 2790})
    receipt, rows = imported(city, "months", path, tmp_path)

    assert (receipt.state, [one.value for one in rows]) == ("done", [2_520_000_000, 2_790_000_000])
    assert [one.end_at - (one.start_at or 0) for one in rows] == [28 * 86_400, 31 * 86_400]


def test_in_january_the_months_are_those_of_the_year_before(city: City) -> None:
    with city.database.session() as session:
        content = forms.make(session, SYSTEM, "months", "zh", now=datetime(2027, 1, 9, tzinfo=ZoneInfo("UTC")))
    assert next(iter(sheets(content).values()))[3][3::11] == ["2026-01", "2026-12"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_packs_issued_come_back_as_sheets(city: City, tmp_path: Path, language: str) -> None:
    equip(city)
    content = form(city, "paper-issued", language)
    typed = {(4, 0): date(2026, 10, 9), (4, 1): "P1", (4, 2): 12, (4, 3): "王芳", (4, 4): "-"}

    receipt, rows = imported(city, "paper-issued", filled(content, tmp_path / "packs.xlsx", typed), tmp_path)

    assert (receipt.state, [one.value for one in rows]) == ("done", [12 * 500 * 1000])


@pytest.mark.parametrize("kind", forms.FORMS)
def test_a_form_names_only_what_its_reader_may_see(city: City, kind: str) -> None:
    equip(city)

    for who in ("stranger", "nobody"):
        told = str(sheets(form(city, kind, who=who)))
        assert [code for code in ("'W1'", "'E1'", "'E9'") if code in told] == []


def test_an_unknown_form_is_not_there(city: City) -> None:
    with pytest.raises(NotFound):
        form(city, "wishes")
