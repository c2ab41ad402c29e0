"""Small builders: archives, bare workbooks of both kinds, part by part, so that each part can be wrong."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DATE = 1  # the style of a cell that is a date


def zipped(*members: tuple[str, bytes | str]) -> bytes:
    """Pack members in their order; a name may come twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            info = zipfile.ZipInfo(name, (2026, 5, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, body)
    return out.getvalue()


def row(number: int, *cells: Any) -> str:
    """Give a row of a sheet: texts, numbers, or XML as it is (in a tuple)."""
    parts = []
    for at, cell in enumerate(cells):
        place = f"{chr(65 + at)}{number}"
        if isinstance(cell, tuple):
            parts.append(cell[0].replace("@", place))
        elif isinstance(cell, str):
            parts.append(f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{cell}</t></is></c>')
        elif cell is not None:
            parts.append(f'<c r="{place}"><v>{cell}</v></c>')
    return f'<row r="{number}">{"".join(parts)}</row>'


def sheet(rows: str, before: str = "", after: str = "") -> str:
    """Give a sheet's XML."""
    return f"{HEAD}{before}<worksheet {MAIN}><sheetData>{rows}</sheetData>{after}</worksheet>"


BODY = row(1, "meter", "time", "kWh") + row(2, "E-1", "2026-05-01 01:00", 1) + row(3, "E-1", "2026-05-01 02:00", 2)
STYLES = (
    f'{HEAD}<styleSheet {MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/>'
    '</borders><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def book(
    sheets: Sequence[str], names: Sequence[str] = (), *, more: Mapping[str, Any] | None = None, epoch: int = 1900
) -> bytes:
    """Give an .xlsx of these sheets; `more` adds parts, or takes their place, or (None) leaves them out."""
    titles = [*names, *(f"Sheet{n}" for n in range(len(names) + 1, len(sheets) + 1))]
    listed = "".join(f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>' for n, title in enumerate(titles, 1))
    linked = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    linked += f'<Relationship Id="rIdS" Type="{OFFICE}/styles" Target="styles.xml"/>'
    linked += f'<Relationship Id="rIdT" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    since = '<workbookPr date1904="1"/>' if epoch == 1904 else ""
    parts: dict[str, Any] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"{HEAD}<workbook {MAIN} {REL}>{since}<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{linked}</Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": text for n, text in enumerate(sheets, 1)},
    }
    parts |= more or {}
    return zipped(*[(name, body) for name, body in parts.items() if body is not None])


# ---------------------------------------------------------------- .xls


def record(kind: int, body: bytes = b"") -> bytes:
    """Give a BIFF record."""
    return struct.pack("<HH", kind, len(body)) + body


def label(row_no: int, column: int, text: str) -> bytes:
    """Give a cell of text."""
    return record(0x0204, struct.pack("<HHHHB", row_no, column, 0, len(text), 1) + text.encode("utf-16-le"))


def number(row_no: int, column: int, value: float, style: int = 0) -> bytes:
    """Give a cell of a number; style DATE makes it a date."""
    return record(0x0203, struct.pack("<HHHd", row_no, column, style, value))


def stream(
    cells: bytes, *, epoch: int = 0, extra: bytes = b"", offset: int | None = None, title: str = "Sheet1"
) -> bytes:
    """Give the workbook stream of an .xls with one sheet; `extra` stands among the globals, `offset` may lie."""
    start = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)) + record(
        0x0042, struct.pack("<H", 1200)
    )
    start += record(0x0022, struct.pack("<H", epoch))
    for key in (0, 22):
        start += record(0x00E0, struct.pack("<HHHBBBBIiH", 0, key, 0, 0, 0, 0, 0, 0, 0, 0))
    start += extra
    name = struct.pack("<BB", len(title), 1) + title.encode("utf-16-le")
    size = len(start) + 4 + 6 + len(name) + 4
    where = size if offset is None else offset
    start += record(0x0085, struct.pack("<IBB", where, 0, 0) + name) + record(0x000A)
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    return start + begin + cells + record(0x000A)


def ole(
    content: bytes, name: str = "Workbook", *, fat: Mapping[int, int] | None = None, size: int | None = None
) -> bytes:
    """Wrap a stream in a compound file; `fat` overwrites entries of its table, `size` the stream's declared length."""
    content = content.ljust(4096, b"\0")
    sectors = -(-len(content) // 512)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table += [0xFFFFFFFF] * (128 - len(table))
    for at, value in (fat or {}).items():
        table[at] = value
    head = (
        OLE
        + bytes(16)
        + struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    )
    head += struct.pack("<I", 0) + b"\xff" * 4 * 108

    def entry(title: str, kind: int, child: int, first: int, length: int) -> bytes:
        raw = title.encode("utf-16-le") + b"\0\0"
        body = (
            raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36)
        )
        return body + struct.pack("<II4x", first, length)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(
        name, 2, 0xFFFFFFFF, 2, len(content) if size is None else size
    )
    return head + struct.pack("<128I", *table) + folder.ljust(512, b"\0") + content.ljust(sectors * 512, b"\0")


CELLS = b"".join(label(0, n, text) for n, text in enumerate(("meter", "time", "kWh")))
CELLS += label(1, 0, "E-1") + label(1, 1, "2026-05-01 01:00") + number(1, 2, 1)
CELLS += label(2, 0, "E-1") + label(2, 1, "2026-05-01 02:00") + number(2, 2, 2)


def xls(cells: bytes = CELLS, **rest: Any) -> bytes:
    """Give an .xls of one sheet."""
    return ole(stream(cells, **rest))
