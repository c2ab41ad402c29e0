"""The Excel template of an organisation: out, filled in, and in again."""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
import python_calamine
import xlsxwriter
from sqlalchemy import select

from monitor.database.tables import Meter, MeterEvent, OrgUnit, PlaceHours
from monitor.domain.access import SYSTEM
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.services import metering, organisation, template
from monitor.services._template_columns import SHEETS
from monitor.services.metering import EventSpec, HoursSpec
from tests.queries.conftest import NOW, World

FIRST = datetime(2025, 1, 1)  # noqa: DTZ001 - a cell has no zone

GOOD: dict[str, list[dict[str, Any]]] = {
    "units": [
        {"code": "hq", "zh": "机关"},
        {"code": "x", "zh": "新局", "parent": "hq", "kind": "局 bureau"},
        {"code": 412.0, "zh": "新处", "parent": "x", "kind": "department"},
    ],
    "facts": [
        {"unit": "x", "kind": "用能人数 energy users", "value": "1,200", "since": FIRST},
        {"unit": "b", "kind": "head_count", "value": 30, "since": "2026年3月1日", "note": "合并"},
    ],
    "places": [{"code": "L2", "zh": "二号楼", "zone": "Asia/Urumqi", "office_from": "9:30", "office_to": 0.75}],
    "meters": [
        {
            "code": "E9",
            "resource": "电",
            "place": "L2",
            "register_kind": "累计示数",
            "multiplier": "40/3",
            "aliases": "a9；b9",
        },
        {"code": "E9", "register": "bill", "register_kind": "账单 bill", "priority": 20},
    ],
    "shares": [{"meter": "E9", "unit": "x", "part": "60%"}, {"meter": "E9", "unit": "412", "part": 40}],
}


def workbook(rows: dict[str, list[dict[str, Any]]], *, change: Callable[[Any], None] | None = None) -> bytes:
    """Fill sheets in as a person would, by column."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for sheet in SHEETS:
        page = book.add_worksheet(sheet.title)
        for at, column in enumerate(sheet.columns):
            page.write_string(0, at, column.header)
            for number, row in enumerate(rows.get(sheet.key, ()), 1):
                if column.key in row:
                    look = day if isinstance(row[column.key], datetime) else None
                    page.write(number, at, row[column.key], look)
    if change is not None:
        change(book)
    book.close()
    return target.getvalue()


def problems(world: World, data: bytes) -> list[tuple[str, str, int]]:
    found = template.look(world.session, world.parent, data)
    return [(one.code, one.sheet.rpartition(" ")[2], one.row) for one in found.problems]


def with_row(sheet: str, row: dict[str, Any]) -> bytes:
    return workbook(GOOD | {sheet: [*GOOD[sheet], row]})


def test_what_was_filled_in_becomes_the_organisation(world: World) -> None:
    found = template.look(world.session, world.parent, workbook(GOOD), "ours.xlsx")
    assert found.problems == []

    changes = template.take(world.session, world.parent, found.spec, now=NOW)

    assert {"unit:x", "unit:412", "place:L2", "meter:E9", "register:E9:bill"} <= set(changes.created)
    spec = organisation.describe(world.session, world.parent)
    units = {unit.code: (unit, parent) for unit, parent, _ in spec.all_units()}
    assert units["412"][1] == "x"
    assert [(str(f.value), f.since) for f in units["x"][0].facts] == [("1200", date(2025, 1, 1))]
    assert [(str(f.value), f.since, f.note) for f in units["b"][0].facts][-1] == ("30", date(2026, 3, 1), "合并")
    meter = metering.describe_meter(world.session, world.parent, "E9")
    assert ([one.multiplier for one in meter.registers], meter.aliases) == (["40/3", "1"], ["a9", "b9"])
    assert {one.unit: one.part for one in meter.shares} == {"x": 600_000, "412": 400_000}
    place = metering.describe_place(world.session, world.parent, "L2")
    assert (place.zone, place.office_from, place.office_to) == ("Asia/Urumqi", 570, 1080)
    assert not template.take(world.session, world.parent, found.spec, now=NOW)


def test_the_present_organisation_goes_out_and_in_without_a_change(world: World) -> None:
    session, admin = world.session, world.parent
    event = EventSpec(kind="reset", at=NOW)
    metering.add_event(session, admin, "tap", "", event)
    metering.set_hours(session, admin, "house", HoursSpec(since=date(2026, 1, 1), office_from=0, office_to=60))
    metering.set_shares(session, admin, "sub", [metering.ShareSpec(unit="a1", part="0.5%")], since=date(2026, 2, 1))

    found = template.look(session, admin, template.export(session, admin))

    assert found.problems == []
    assert not template.take(session, admin, found.spec, now=NOW)
    assert (len(session.scalars(select(MeterEvent)).all()), len(session.scalars(select(PlaceHours)).all())) == (1, 1)


def test_the_empty_template_has_headers_lists_examples_and_says_nothing(world: World) -> None:
    data = template.blank()
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))

    assert book.sheet_names == ["说明 Notes", *(sheet.title for sheet in SHEETS)]
    assert book.get_sheet_by_name("单位 Units").to_python()[0][0] == "单位编码*\nUnit code"
    assert str(book.get_sheet_by_name("单位 Units").to_python()[1][0]).startswith("示例")
    found = template.look(world.session, world.parent, data)
    assert (found.problems, found.spec.units, found.spec.meters) == ([], [], [])


@pytest.mark.parametrize(
    ("sheet", "row", "code", "said"),
    [
        ("units", {"zh": "无编码"}, "MISSING", "it is empty; fill it in."),
        ("units", {"code": "x", "parent": "hq"}, "TWICE", "'x' is there twice, first in row 3"),
        ("units", {"code": "y", "parent": "moon"}, "UNKNOWN_CODE", "'moon' is neither in the sheet 单位 Units"),
        ("units", {"code": "y"}, "TWO_TOPS", "'y' and 'hq' both have no parent"),
        ("units", {"code": "a", "parent": "a1"}, "CIRCLE", "'a' stands below itself"),
        (
            "units",
            {"code": "y", "parent": "hq", "kind": "galaxy"},
            "NOT_A_CHOICE",
            "'galaxy' is not one of the list: 机关",
        ),
        ("facts", {"unit": "a", "kind": "head_count", "value": "12,5x"}, "NOT_A_NUMBER", "'12,5x' is not a number"),
        ("facts", {"unit": "a", "kind": "head_count", "value": -1}, "NOT_A_NUMBER", "'-1' is not a number"),
        (
            "facts",
            {"unit": "a", "kind": "posts", "value": 1, "since": "31.1.26"},
            "NOT_A_DAY",
            "'31.1.26' is not a day",
        ),
        (
            "facts",
            {"unit": "x", "kind": "head_count", "value": 900, "since": "2026-01-01"},
            "FACT_NEEDS_REASON",
            "it goes from 1200 to 900, more than a tenth; say why in this column.",
        ),
        (
            "facts",
            {"unit": "a", "kind": "posts", "value": 1, "until": "1960-01-01"},
            "BACKWARDS",
            "'1960-01-01' is not after",
        ),
        ("places", {"code": "L3", "zone": "Beijing"}, "ZONE_UNKNOWN", "'Beijing' is not a time zone"),
        ("places", {"code": "L3", "office_from": "8.30 am"}, "NOT_A_TIME", "'8.30 am' is not a time of day"),
        ("meters", {"code": "E10", "place": "L2"}, "MISSING", "it is empty"),
        ("meters", {"code": "E10", "resource": "水", "place": "L2", "parent": "E9"}, "OTHER_RESOURCE", "'E9' measures"),
        (
            "meters",
            {"code": "E10", "resource": "电", "place": "L2", "aliases": "a9"},
            "ALIAS_TAKEN",
            "'a9' is what meter 'E9'",
        ),
        (
            "meters",
            {"code": "E10", "resource": "电", "place": "L2", "measure": "m³"},
            "MEASURE_UNKNOWN",
            "'m³' is not a measure",
        ),
        (
            "meters",
            {"code": "E10", "resource": "电", "place": "L2", "multiplier": 0},
            "NOT_A_MULTIPLIER",
            "'0' is not a",
        ),
        ("shares", {"meter": "E9", "unit": "b", "part": 1}, "AMBIGUOUS", "'1' may be 1 % or the whole"),
        (
            "shares",
            {"meter": "E9", "unit": "b", "part": 5},
            "TOO_MUCH",
            "the shares of 'E9' add up to 105 % on 1970-01-01",
        ),
        ("shares", {"meter": "E9", "unit": "b"}, "MISSING", "a share by percent needs its percentage"),
        (
            "shares",
            {"meter": "E9", "unit": "b", "by": "floor_area", "part": 5},
            "EXTRA_PART",
            "a share by a fact has no",
        ),
        ("shares", {"meter": "E9", "unit": "b", "part": "#REF!"}, "CELL_ERROR", "'#REF!' is a formula that failed"),
    ],
)
def test_what_is_wrong_is_named_by_sheet_row_column_and_remedy(
    world: World, sheet: str, row: dict[str, Any], code: str, said: str
) -> None:
    number = len(GOOD[sheet]) + 2
    found = template.look(world.session, world.parent, with_row(sheet, row))

    [problem] = [one for one in found.problems if one.code == code]
    assert problem.row == number
    assert problem.said("en").startswith(f"Sheet {problem.sheet}, row {number}, column {problem.column}: {said}")
    assert problem.said("zh").startswith("工作表")
    assert problem.column
    assert found.spec.units == []


def test_all_that_is_wrong_is_said_at_once(world: World) -> None:
    bad = {
        "units": [{"zh": "无"}, {"code": "q", "parent": "none"}],
        "facts": [{"unit": "q", "kind": "head_count", "value": "many"}],
        "shares": [{"meter": "none", "unit": "q", "part": 200}],
    }

    assert problems(world, workbook(bad)) == [
        ("MISSING", "Units", 2),
        ("UNKNOWN_CODE", "Units", 3),
        ("NOT_A_NUMBER", "Facts", 2),
        ("NOT_A_PERCENTAGE", "Shares", 2),
        ("UNKNOWN_CODE", "Shares", 2),
        ("MISSING", "Shares", 2),
    ]


def test_formulas_are_read_by_their_value(world: World) -> None:
    def fill(book: Any) -> None:
        page = book.get_worksheet_by_name("人数面积 Facts")
        page.write_row(1, 0, ["x", "head_count"])
        page.write_formula(1, 2, "=100+20", None, 120)

    found = template.look(world.session, world.parent, workbook(GOOD | {"facts": []}, change=fill))

    assert [str(fact.value) for unit, _, _ in found.spec.all_units() for fact in unit.facts] == ["120"]


def test_a_stray_column_or_a_missing_one_is_said(world: World) -> None:
    def fill(book: Any) -> None:
        page = book.get_worksheet_by_name("单位 Units")
        page.write_string(0, 7, "备注")
        page.write_string(0, 0, "编号")

    found = template.look(world.session, world.parent, workbook({}, change=fill))

    assert [(one.code, one.column, one.value) for one in found.problems] == [
        ("COLUMN_MISSING", "", ""),
        ("COLUMN_UNKNOWN", "A", "编号"),
        ("COLUMN_UNKNOWN", "H", "备注"),
    ]


def test_a_file_that_is_no_workbook_is_named(world: World) -> None:
    with pytest.raises(ConfigurationError) as refused:
        template.look(world.session, world.parent, b"unit,parent\n", "units.csv")

    assert (refused.value.code, refused.value.data["file"]) == ("TEMPLATE_UNREADABLE", "units.csv")
    target = BytesIO()
    xlsxwriter.Workbook(target).close()
    assert [one[0] for one in problems(world, target.getvalue())] == ["SHEET_MISSING"]


def test_the_template_is_for_administrators(world: World) -> None:
    for actor in (world.own, world.stranger):
        with pytest.raises((NotFound, Forbidden)):
            template.look(world.session, actor, template.blank())
        with pytest.raises((NotFound, Forbidden)):
            template.export(world.session, actor)
    assert template.export(world.session, SYSTEM)
    assert world.session.scalars(select(OrgUnit.code).where(OrgUnit.code == "x")).all() == []
    assert world.session.scalars(select(Meter.code).where(Meter.code == "E9")).all() == []
