"""Write the Excel template of an organisation: bilingual headers, drop-down lists, examples or the present rows, notes."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter

from monitor.services._site import BEGINNING, MeterSpec, RegisterSpec, SiteSpec
from monitor.services._template_columns import EXAMPLE, SHEETS, Column, Sheet, choice_text

ROWS = 2000  # rows that the drop-down lists reach
PERCENT = 10_000  # ppm
NOTES = (
    (
        "一行一项；带 * 的列必填，其余可留空。",
        "One thing in a row; a column with * must be filled in, others may stay empty.",
    ),
    (
        "编码是唯一的名字：别的表用它来引用，以后也用它来修改；改了编码就是新的一项。",
        "The code is the name that other sheets refer to, and by which it is changed later; another code is another thing.",
    ),
    (
        f"首列以“{EXAMPLE}”开头的行是示例，不会读入。",
        f"Rows whose first cell begins with {EXAMPLE} are examples and not read.",
    ),
    ("日期写成 2026-01-31；起始日留空表示一直如此。", "Days as 2026-01-31; an empty From means that it was always so."),
    (
        "人数或面积变动超过十分之一时，要写变动原因。",
        "Where a head count or an area moves by more than a tenth, say why in the last column.",
    ),
    (
        "同一计量点每天的百分比合计不得超过 100；余下的为未分摊。按人数或面积时百分比留空。",
        "The percentages of a meter are 100 at most on each day; the rest is not allocated. By a fact, leave Percent empty.",
    ),
    (
        "一个计量点有几个通道（如月度账单和小时数据）时，再写一行同样的计量点编码，填另一个通道。",
        "For a second register of a meter (a monthly bill beside an hourly feed) add a row with the same code and another register.",
    ),
    (
        "能耗定额按所用标准填写（每人或每平方米每年）；系统不带默认值。约束值不低于基准值，基准值不低于引导值；标准未给出的留空。",
        "Quotas are those of your standard, per person or m² and year; none is built in. Constraint ≥ reference ≥ guidance.",
    ),
    ("公式可以用，读入的是它的值。", "Formulas may be used; their values are read."),
    (
        "通道的换表、清零记录，地点的分期办公时间，以及单位调动，在系统中维护，读入本表不会改动。",
        "Replacements of meters, dated office hours and moves of units are kept in the program; reading this file leaves them.",
    ),
)


def write(spec: SiteSpec | None) -> bytes:
    """Give the workbook: with examples, or with the rows of an organisation."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    looks = {
        "head": book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DDE7E2", "border": 1, "locked": True}
        ),
        "example": book.add_format({"italic": True, "font_color": "#7A7A7A"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    _notes(book, looks)
    lists = {sheet.key: list(_rows(sheet, spec)) for sheet in SHEETS} if spec else {}
    for sheet in SHEETS:
        _sheet(book, sheet, lists.get(sheet.key), looks)
    book.close()
    return target.getvalue()


def _notes(book: Any, looks: dict[str, Any]) -> None:  # noqa: ANN401 - an untyped library
    page = book.add_worksheet("说明 Notes")
    page.set_column(0, 1, 70)
    for number, (zh, en) in enumerate(NOTES):
        page.write_string(number, 0, zh, looks["wrap"])
        page.write_string(number, 1, en, looks["wrap"])


def _sheet(book: Any, sheet: Sheet, rows: list[dict[str, Any]] | None, looks: dict[str, Any]) -> None:  # noqa: ANN401 - an untyped library
    page = book.add_worksheet(sheet.title)
    page.freeze_panes(1, 1)
    page.set_row(0, 32)
    for at, column in enumerate(sheet.columns):
        plain = (
            looks["day"]
            if column.kind == "day"
            else looks["text"]
            if column.kind in {"text", "ratio", "clock"}
            else None
        )
        page.set_column(at, at, column.width, plain)
        page.write_string(0, at, column.header, looks["head"])
        _list(page, at, column)
    examples = rows is None
    for number, row in enumerate(sheet.examples if rows is None else rows, 1):
        for at, column in enumerate(sheet.columns):
            value = row.get(column.key)
            if examples and at == 0:
                value = f"{EXAMPLE} {value}"
            _cell(page, (number, at), value, column, looks, example=examples)


def _list(page: Any, at: int, column: Column) -> None:  # noqa: ANN401 - an untyped library
    if column.choices is not None:
        texts = [choice_text(column.choices, code) for code in column.choices]
        page.data_validation(1, at, ROWS, at, {"validate": "list", "source": texts, "ignore_blank": True})
    elif column.refers:
        title = next(sheet.title for sheet in SHEETS if sheet.key == column.refers)
        source = f"='{title}'!$A$2:$A${ROWS}"
        page.data_validation(1, at, ROWS, at, {"validate": "list", "source": source, "error_type": "warning"})


def _cell(
    page: Any,  # noqa: ANN401 - an untyped library
    place: tuple[int, int],
    value: object,
    column: Column,
    looks: dict[str, Any],
    *,
    example: bool,
) -> None:
    look = looks["example"] if example else None
    if value is None or value == "":
        return
    if column.choices is not None:
        page.write_string(*place, choice_text(column.choices, str(value)), look)
    elif isinstance(value, date):
        page.write_datetime(*place, value, look or looks["day"])
    elif isinstance(value, int | Decimal) and column.kind in {"number", "whole", "percent"}:
        page.write_number(*place, value, look)
    else:
        page.write_string(*place, str(value), look)


# ---------------------------------------------------------------- the rows of an organisation


def _rows(sheet: Sheet, spec: SiteSpec) -> Iterator[dict[str, Any]]:
    makers = {"units": _units, "facts": _facts, "places": _places, "meters": _meters, "shares": _shares}
    makers["quotas"] = _quotas
    return iter(makers[sheet.key](spec))


def _units(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    for unit, parent, _ in spec.all_units():
        kind = unit.kind if unit.kind in {"organisation", "bureau", "department"} else None
        yield {"code": unit.code, "zh": unit.zh, "en": unit.en, "parent": parent, "kind": kind}


def _facts(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    for unit, _, _ in spec.all_units():
        for fact in unit.facts:
            row = fact.model_dump(include={"kind", "value", "until", "note"})
            yield {"unit": unit.code, "since": _since(fact.since), **row}


def _since(day: date) -> date | None:
    return None if day == BEGINNING else day


def _places(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    for place in spec.places:
        row = place.model_dump(exclude={"hours", "office_from", "office_to"})
        clocks = {
            name: f"{value // 60:02}:{value % 60:02}"
            for name, value in (("office_from", place.office_from), ("office_to", place.office_to))
        }
        yield row | clocks


def _meters(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    for meter in spec.meters:
        for number, register in enumerate(meter.registers):
            yield (_meter(meter) if number == 0 else {"code": meter.code}) | _register(register)


def _meter(meter: MeterSpec) -> dict[str, Any]:
    row = meter.model_dump(include={"code", "zh", "en", "resource", "place", "parent", "purpose", "basis"})
    return row | {"assessed": "yes" if meter.assessed else "no", "aliases": "; ".join(meter.aliases)}


def _register(register: RegisterSpec) -> dict[str, Any]:
    row = register.model_dump(include={"measure", "multiplier", "digits", "step", "priority", "tariff", "direction"})
    counts = "yes" if register.counts else "no"
    return row | {"register": register.code, "register_kind": register.kind, "counts": counts}


def _shares(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    for meter in spec.meters:
        for share in meter.all_shares():
            percent = Decimal(share.ppm) / PERCENT if share.by == "percent" else None
            part = f"{percent:f}%" if percent is not None and percent <= 1 else percent
            row = {"meter": meter.code, "unit": share.unit, "by": share.by, "part": part}
            yield row | {"since": _since(share.since), "until": share.until}


def _quotas(spec: SiteSpec) -> Iterable[dict[str, Any]]:
    return (quota.model_dump() for quota in spec.quotas)
