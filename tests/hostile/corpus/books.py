"""Workbooks, whole and mutilated: dates of both epochs, bombs, entities, lies about sizes."""

import struct
from collections.abc import Iterator
from typing import Any

from tests.hostile.case import Case, profile, read, refused
from tests.hostile.make import (
    BODY,
    CELLS,
    DATE,
    HEAD,
    MAIN,
    OLE,
    REL,
    STYLES,
    book,
    label,
    number,
    ole,
    record,
    row,
    sheet,
    stream,
    xls,
)

XLSX: dict[str, Any] = {"file": "readings.xlsx"}
XLS: dict[str, Any] = {"file": "readings.xls"}
SST = "xl/sharedStrings.xml"


def third(*cells: Any) -> bytes:
    """Give the plain workbook with one more row."""
    return book([sheet(BODY + row(4, *cells))])


def dated(serial: object, epoch: int = 1900) -> bytes:
    """Give the plain workbook with a row whose time is a date cell."""
    return book([sheet(BODY + row(4, "E-1", (f'<c r="@" s="1"><v>{serial}</v></c>',), 4))], epoch=epoch)


def xlsx() -> Iterator[Case]:
    """Cells of every kind."""
    yield read("a workbook", book([sheet(BODY)]), 2, kwh="3", **XLSX)
    yield read("a workbook that is called csv", book([sheet(BODY)]), 2, kwh="3")
    yield read("a workbook that is called xls", book([sheet(BODY)]), 2, kwh="3", **XLS)
    for serial, good, why in (
        (46143.125, 3, ""), (46143, 3, ""), (0.5, 2, "NOT_A_TIME"), (0, 2, "NOT_A_TIME"), (1, 2, "TIME_TOO_EARLY"), (59, 2, "TIME_TOO_EARLY"),
        (60, 2, "TIME_TOO_EARLY"), (61, 2, "TIME_TOO_EARLY"), (-3, 2, "NOT_A_TIME"), (2958465.5, 2, "NOT_A_TIME"),
        (2958466, 2, "NOT_A_TIME"), ("1e9", 2, "NOT_A_TIME"), ("1e300", 2, "NOT_A_TIME"), ("NaN", 2, "TIME_TOO_EARLY"),
    ):  # fmt: skip
        yield read(f"the date {serial}", dated(serial), good, 3 - good, why, "7" if good == 3 else "3", **XLSX)
    yield read("the date 44681.125 since 1904", dated(44681.125, 1904), 3, kwh="7", **XLSX)
    yield read("half past a second", dated(46143.1249999), 3, kwh="7", **XLSX)
    error = '<c r="@" t="e"><v>{}</v></c>'
    for name in ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"):
        yield read(
            f"{name} as value", third("E-1", "2026-05-01 03:00", (error.format(name),)), 2, 1, "CELL_EMPTY", "3", **XLSX
        )
        yield read(f"{name} as time", third("E-1", (error.format(name),), 4), 2, 1, "CELL_EMPTY", "3", **XLSX)
    formula = '<c r="@"><f>{}</f>{}</c>'
    yield read(
        "a formula with its value",
        third("E-1", "2026-05-01 03:00", (formula.format("2*2", "<v>4</v>"),)),
        3,
        kwh="7",
        **XLSX,
    )
    yield read(
        "a formula without its value",
        third("E-1", "2026-05-01 03:00", (formula.format("2*2", ""),)),
        2,
        1,
        "CELL_EMPTY",
        "3",
        **XLSX,
    )
    web = third("E-1", "2026-05-01 03:00", (formula.format("WEBSERVICE(&quot;http://localhost/&quot;)", "<v>4</v>"),))
    yield read("a formula that calls", web, 3, kwh="7", **XLSX)
    for name, text, good, why in (
        ("a text with commas", "1,234", 2, "NOT_A_NUMBER"), ("a number as text", "4", 3, ""), ("full-width", "４", 3, ""), ("blanks", "  ", 2, "CELL_EMPTY"),
        ("an apostrophe", "'4", 2, "NOT_A_NUMBER"), ("a unit", "4 kWh", 2, "NOT_A_NUMBER"),
    ):  # fmt: skip
        yield read(
            f"{name} as value",
            third("E-1", "2026-05-01 03:00", text),
            good,
            3 - good,
            why,
            "7" if good == 3 else "3",
            **XLSX,
        )
    for value, why in (
        ("1e308", "VALUE_TOO_LARGE"),
        ("-1e308", "VALUE_TOO_LARGE"),
        ("inf", "NOT_A_NUMBER"),
        ("NaN", "CELL_EMPTY"),
        ("abc", "NOT_A_NUMBER"),
    ):
        yield read(
            f"{value} in a number cell",
            third("E-1", "2026-05-01 03:00", (f'<c r="@"><v>{value}</v></c>',)),
            2,
            1,
            why,
            "3",
            **XLSX,
        )
    yield read(
        "a boolean as value",
        third("E-1", "2026-05-01 03:00", ('<c r="@" t="b"><v>1</v></c>',)),
        2,
        1,
        "NOT_A_NUMBER",
        "3",
        **XLSX,
    )
    yield read("a number as meter", third(4711, "2026-05-01 03:00", 4), 3, kwh="7", **XLSX)
    yield read(
        "a date as value",
        third("E-1", "2026-05-01 03:00", ('<c r="@" s="1"><v>46143</v></c>',)),
        2,
        1,
        "NOT_A_NUMBER",
        "3",
        **XLSX,
    )
    merged = sheet(
        BODY + row(4, None, "2026-05-01 03:00", 4), after='<mergeCells count="1"><mergeCell ref="A3:A4"/></mergeCells>'
    )
    yield read("merged meter cells", book([merged]), 2, 1, "CELL_EMPTY", "3", **XLSX)
    above = (
        row(1, "抄表记录表")
        + row(2, "单位", "", "2026")
        + BODY.replace('r="3"', 'r="5"').replace('r="2"', 'r="4"').replace('r="1"', 'r="3"')
    )
    yield read("titles above", book([sheet(above)]), 2, kwh="3", **XLSX)
    yield read(
        "other sheets",
        book([sheet(row(1, "封面")), sheet(BODY), sheet("")], ["封面", "数据", "空"]),
        2,
        kwh="3",
        **XLSX,
    )
    yield read("two sheets of readings", book([sheet(BODY), sheet(BODY.replace("E-1", "E-2"))]), 4, kwh="6", **XLSX)
    yield read("an odd sheet name", book([sheet(BODY)], ["&lt;b&gt;\u202e=1+1"]), 2, kwh="3", **XLSX)
    yield refused("no sheet of the profile", book([sheet(BODY)]), "NO_ROWS", options=profile(sheet="数据"), **XLSX)
    yield refused("no sheet with content", book([sheet("")]), "NO_ROWS", **XLSX)


def mutilated() -> Iterator[Case]:
    """Workbooks that are broken or mean harm."""
    yield refused("without xl/workbook.xml", book([sheet(BODY)], more={"xl/workbook.xml": None}), "NO_ROWS", **XLSX)
    for part in ("xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"):
        yield refused(f"without {part}", book([sheet(BODY)], more={part: None}), "WORKBOOK_DAMAGED", **XLSX)
    yield refused(
        "noise for a workbook", book([sheet(BODY)], more={"xl/workbook.xml": b"\0\1\2"}), "WORKBOOK_DAMAGED", **XLSX
    )
    yield refused("a sheet cut short", book([sheet(BODY)[:-40]]), "WORKBOOK_DAMAGED", **XLSX)
    yield refused(
        "a string that is not there",
        third("E-1", "2026-05-01 03:00", ('<c r="@" t="s"><v>999</v></c>',)),
        "WORKBOOK_DAMAGED",
        **XLSX,
    )
    yield refused("a NUL as entity", third("E&#0;1", "2026-05-01 03:00", 4), "WORKBOOK_DAMAGED", **XLSX)
    yield refused("half a character as entity", third("E&#xD800;1", "2026-05-01 03:00", 4), "WORKBOOK_DAMAGED", **XLSX)
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield refused(
        "an entity of a file",
        book([sheet(BODY + row(4, "&x;", "2026-05-01 03:00", 4), outside)]),
        "WORKBOOK_DAMAGED",
        **XLSX,
    )
    far = '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>'
    yield refused(
        "an entity of an address",
        book([sheet(BODY + row(4, "&x;", "2026-05-01 03:00", 4), far)]),
        "WORKBOOK_DAMAGED",
        **XLSX,
    )
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    billion = f'<!DOCTYPE a [<!ENTITY l0 "lol">{laughs}]>'
    yield refused(
        "a billion laughs",
        book([sheet(BODY + row(4, "&l9;", "2026-05-01 03:00", 4), billion)]),
        "WORKBOOK_DAMAGED",
        **XLSX,
    )
    yield read("laughs that nobody hears", book([sheet(BODY, billion)]), 2, kwh="3", **XLSX)
    yield read("100,000 open tags", book([sheet(BODY, after="<a>" * 100_000)]), 2, kwh="3", **XLSX)
    yield read(
        "a cell in the last row",
        book([sheet(BODY + '<row r="200000"><c r="C200000"><v>1</v></c></row>')]),
        2,
        1,
        "CELL_EMPTY",
        "3",
        **XLSX,
    )
    yield read(
        "a cell in the last column",
        book([sheet(BODY + '<row r="4"><c r="XFD4"><v>1</v></c></row>')]),
        2,
        kwh="3",
        **XLSX,
    )
    yield refused(
        "a cell in the last row and column",
        book([sheet(BODY + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')]),
        "PARSER_DIED",
        **XLSX,
    )
    yield refused(
        "a cell that is nowhere",
        book([sheet(BODY + '<row r="99999999999"><c r="ZZZZZ99999999999"><v>1</v></c></row>')]),
        "PARSER_DIED",
        **XLSX,
    )
    lie = sheet(BODY).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    yield read("a dimension that lies", book([lie]), 2, kwh="3", **XLSX)
    million = "".join(f'<row r="{n}">{"<c><v>1</v></c>" * 100}</row>' for n in range(4, 10_004))
    yield read("a million cells", lambda: book([sheet(BODY + million)]), 2, 10_000, "NOT_A_TIME", "3", **XLSX)
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1_000_000))
    many = f"{HEAD}<workbook {MAIN} {REL}><sheets>{listed}</sheets></workbook>"
    yield refused(
        "a million sheets", lambda: book([sheet(BODY)], more={"xl/workbook.xml": many}), "SHEETS_TOO_MANY", **XLSX
    )
    yield refused(
        "70 MB of empty strings",
        lambda: book([sheet(BODY)], more={SST: f"{HEAD}<sst {MAIN}>{'<si/>' * (14 << 20)}</sst>"}),
        "UNPACKED_TOO_LARGE",
        **XLSX,
    )
    yield refused(
        "72 MB of rows", lambda: book([sheet(BODY + '<row r="9"/>' * (6 << 20))]), "UNPACKED_TOO_LARGE", **XLSX
    )
    yield refused(
        "100 MB of a part that nobody reads",
        lambda: book([sheet(BODY)], more={"xl/media/x.bin": bytes(100 << 20)}),
        "UNPACKED_TOO_LARGE",
        **XLSX,
    )
    locked = OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    yield refused("a locked workbook", locked, "ENCRYPTED", **XLSX)
    body = book([sheet(BODY)])
    for at in (30, 200, len(body) // 2, len(body) - 30):
        yield refused(f"cut after {at} bytes", body[:at], "ARCHIVE_DAMAGED", **XLSX)
    wrong = body.replace(b"PK\x01\x02", b"PK\x09\x09", 1)
    yield refused("a directory that is none", wrong, "ARCHIVE_DAMAGED", **XLSX)
    yield read(
        "styles that are none",
        book([sheet(BODY)], more={"xl/styles.xml": STYLES.replace("<cellXfs", "<x").replace("cellXfs>", "x>")}),
        2,
        kwh="3",
        **XLSX,
    )


def old() -> Iterator[Case]:
    """.xls: a compound file with records in it, each of which may lie."""
    more = label(3, 0, "E-1")
    yield read("an old workbook", xls(), 2, kwh="3", **XLS)
    yield read("an old workbook that is called csv", xls(), 2, kwh="3")
    for serial, epoch, good, why in (
        (46143.125, 0, 3, ""), (44681.125, 1, 3, ""), (-5, 0, 2, "TIME_TOO_EARLY"), (1e300, 0, 2, "NOT_A_TIME"), (0.5, 0, 2, "NOT_A_TIME"),
        (60, 0, 2, "TIME_TOO_EARLY"), (2958466.0, 0, 2, "NOT_A_TIME"), (float("nan"), 0, 2, "NOT_A_TIME"), (float("inf"), 0, 2, "NOT_A_TIME"),
    ):  # fmt: skip
        cells = CELLS + more + number(3, 1, serial, DATE) + number(3, 2, 4)
        yield read(
            f"the old date {serial} of epoch {epoch}",
            xls(cells, epoch=epoch),
            good,
            3 - good,
            why,
            "7" if good == 3 else "3",
            **XLS,
        )
    time = more + label(3, 1, "2026-05-01 03:00")
    for value, why in ((float("nan"), "CELL_EMPTY"), (float("inf"), "NOT_A_NUMBER"), (1e308, "VALUE_TOO_LARGE")):
        yield read(f"{value} in an old cell", xls(CELLS + time + number(3, 2, value)), 2, 1, why, "3", **XLS)
    failed = record(0x0205, struct.pack("<HHHBB", 3, 2, 0, 0x2A, 1))
    yield read("an old failed formula", xls(CELLS + time + failed), 2, 1, "CELL_EMPTY", "3", **XLS)
    yield read(
        "a NUL in an old cell",
        xls(CELLS + label(3, 0, "E\0001") + label(3, 1, "2026-05-01 03:00") + number(3, 2, 4)),
        2,
        1,
        "TEXT_DAMAGED",
        "3",
        **XLS,
    )
    yield read("a NUL in an old name", xls(title="a\0b"), 2, kwh="3", **XLS)
    yield read("the last cell of all", xls(CELLS + number(65535, 255, 1)), 2, kwh="3", **XLS)
    yield read(
        "four billion strings", xls(extra=record(0x00FC, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF))), 2, kwh="3", **XLS
    )
    yield read("a table of 684 GB", xls()[:44] + struct.pack("<I", 0x50000000) + xls()[48:], 2, kwh="3", **XLS)
    for name, body in (
        (
            "two billion strings, and one",
            xls(extra=record(0x00FC, struct.pack("<IIHB", 2**31 - 1, 2**31 - 1, 0xFFFF, 1))),
        ),
        ("a chain that bites its tail", ole(stream(CELLS), fat={2: 2})),
        ("a chain that goes back", ole(stream(CELLS), fat={9: 2})),
        ("a chain that leaves the file", ole(stream(CELLS), fat={3: 0x7FFFFFF0})),
        ("2 GB of stream", ole(stream(CELLS), size=0x7FFFFFFF)),
        ("a sheet that begins nowhere", xls(offset=2**31)),
        ("a sheet that begins in a record", xls(offset=5)),
        ("no stream of a workbook", ole(stream(CELLS), "Something")),
        ("a compound file of zeros", OLE + bytes(4000)),
        ("a compound file cut short", xls()[:1500]),
        ("a record longer than the file", xls(CELLS + struct.pack("<HH", 0x0204, 0xFFFF))),
    ):
        yield refused(name, bytes(body), "WORKBOOK_DAMAGED", **XLS)


CASES = [*xlsx(), *mutilated(), *old()]
