"""Text: encodings, delimiters, quotes, line ends, NULs, lengths."""

import codecs
from collections.abc import Iterator

from tests.hostile.case import GOOD, HEADER, ROWS, Case, profile, read, refused

CHINESE = {"meter": {"column": "表号"}, "time": {"column": "抄表时间"}, "value": {"column": "电量（千瓦时）"}}
SHEET = "表号,抄表时间,电量（千瓦时）,备注\n甲楼,2026-05-01 01:00,1,正常\n甲楼,2026-05-01 02:00,2,换表后第一次抄表\n"
LINE = "E-1,2026-05-01 03:00,4\n"
KWH = {"kwh": "3"}


def encodings() -> Iterator[Case]:
    """Right in every encoding that an office writes; a damaged place costs its row."""
    chinese = profile(**CHINESE)
    for name in ("utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312", "utf-16", "utf-16-le", "utf-16-be"):
        if name in {"utf-16-le", "utf-16-be"}:  # without its mark it is no longer told from noise
            yield refused(f"Chinese in {name}", SHEET.encode(name), "COLUMN_MISSING", options=chinese)
        else:
            yield read(f"Chinese in {name}", SHEET.encode(name), 2, kwh="3", options=chinese)
        yield read(f"ASCII in {name}", GOOD.encode(name), 2, kwh="3")
    yield read(
        "UTF-16 with its mark, big end first",
        codecs.BOM_UTF16_BE + SHEET.encode("utf-16-be"),
        2,
        kwh="3",
        options=chinese,
    )
    yield read("accents in CP1252", (GOOD + "Café,2026-05-01 03:00,4\n").encode("cp1252"), 3, kwh="7")
    for name in ("utf-8", "gb18030", "gbk", "utf-16"):
        named = profile(**CHINESE, encoding=name)
        yield read(f"{name} as declared", SHEET.encode(name), 2, kwh="3", options=named)
    yield refused(
        "GBK declared as UTF-8", SHEET.encode("gbk"), "ENCODING_WRONG", options=profile(**CHINESE, encoding="utf-8")
    )
    yield refused(
        "an encoding that is none", SHEET.encode(), "ENCODING_UNKNOWN", options=profile(**CHINESE, encoding="utf-99")
    )
    yield refused(
        "an encoding of bytes", SHEET.encode(), "ENCODING_UNKNOWN", options=profile(**CHINESE, encoding="base64")
    )
    yield refused(
        "an encoding that is none of text",
        SHEET.encode(),
        "ENCODING_UNKNOWN",
        options=profile(**CHINESE, encoding="rot13"),
    )
    mixed = SHEET.encode() + "乙楼,2026-05-01 03:00,4,\n".encode("gbk")
    yield read("UTF-8 with a row of GBK", mixed, 2, 1, "TEXT_DAMAGED", "3", options=chinese)
    late = SHEET.encode() * 1 + "甲楼,2026-05-01 03:00,4,".encode() + "备注".encode("gbk") + b"\n"
    yield read("UTF-8 with a remark in GBK", late, 3, kwh="7", options=chinese)
    yield read(
        "UTF-8 cut within a character",
        (SHEET + "甲楼,2026-05-01 03:00,4,好").encode()[:-1],
        3,
        kwh="7",
        options=chinese,
    )
    yield read("UTF-16 cut within a character", SHEET.encode("utf-16")[:-1], 2, kwh="3", options=chinese)
    yield read(
        "GB18030 cut within a character",
        (SHEET + "甲楼,2026-05-01 03:00,4,好").encode("gb18030")[:-1],
        3,
        kwh="7",
        options=chinese,
    )
    overlong = SHEET.encode() + b"\xc0\xaf\xe0\x80\xaf,2026-05-01 03:00,4,\n"
    yield read("an overlong slash", overlong, 2, 1, "TEXT_DAMAGED", "3", options=chinese)
    yield read(
        "halves of a character",
        SHEET.encode() + b"\xed\xa0\x80,2026-05-01 03:00,4,\n",
        2,
        1,
        "TEXT_DAMAGED",
        "3",
        options=chinese,
    )
    yield read(
        "beyond the last character",
        SHEET.encode() + b"\xf4\x90\x80\x80,2026-05-01 03:00,4,\n",
        2,
        1,
        "TEXT_DAMAGED",
        "3",
        options=chinese,
    )
    yield read(
        "a damaged number",
        SHEET.encode() + "甲楼,2026-05-01 03:00,".encode() + b"4\xff,\n",
        2,
        1,
        "NOT_A_NUMBER",
        "3",
        options=chinese,
    )
    yield read(
        "a damaged time",
        SHEET.encode() + "甲楼,2026-05-01 0\ufffd:00,4,\n".encode(),
        2,
        1,
        "NOT_A_TIME",
        "3",
        options=chinese,
    )
    yield read("two marks of order", codecs.BOM_UTF8 * 2 + GOOD.encode(), 2, kwh="3")
    yield read(
        "marks of order at each file's start",
        codecs.BOM_UTF8 + GOOD.encode() + codecs.BOM_UTF8 + LINE.encode(),
        3,
        kwh="7",
    )
    yield read("emoji, rare characters", (GOOD + "💧𠮷,2026-05-01 03:00,4\n").encode(), 3, kwh="7")
    yield read("marks of direction", (GOOD + "E\u202e-1,2026-05-01 03:00,4\n").encode(), 3, kwh="7")


def delimiters() -> Iterator[Case]:
    """Right by each delimiter; asked where it is another one."""
    for name, sign in (("semicolon", ";"), ("tab", "\t"), ("bar", "|")):
        yield read(f"{name}", GOOD.replace(",", sign).encode(), 2, kwh="3")
    yield read("a sep line", b"sep=;\n" + GOOD.replace(",", ";").encode(), 2, kwh="3")
    yield read("a sep line in capitals", b"SEP=;\r\n" + GOOD.replace(",", ";").encode(), 2, kwh="3")
    yield read("a sep line with nothing", b"sep=\n" + GOOD.encode(), 2, kwh="3")
    yield refused("a sep line alone", b"sep=,\n", "COLUMN_MISSING")
    yield read("declared tab", GOOD.replace(",", "\t").encode(), 2, kwh="3", options=profile(delimiter="tab"))
    yield refused("declared as two signs", GOOD.encode(), "DELIMITER_WRONG", options=profile(delimiter="::"))
    yield refused("declared wrong", GOOD.encode(), "COLUMN_MISSING", options=profile(delimiter="^"))
    yield refused("full-width commas", GOOD.replace(",", "，").encode(), "COLUMN_MISSING")
    yield refused(
        "declared full-width comma",
        GOOD.replace(",", "，").encode(),
        "DELIMITER_WRONG",
        options=profile(delimiter="，"),
    )
    yield refused("declared quotation mark", GOOD.encode(), "DELIMITER_WRONG", options=profile(delimiter='"'))
    yield refused("declared line end", GOOD.encode(), "DELIMITER_WRONG", options=profile(delimiter="\n"))
    yield refused("declared NUL", GOOD.encode(), "DELIMITER_WRONG", options=profile(delimiter="\0"))
    yield refused("blanks", GOOD.replace(",", "  ").encode(), "COLUMN_MISSING")
    yield read(
        "a decimal comma in a comma file",
        b"meter,time,kWh\nE-1,2026-05-01 01:00,1\nE-1,2026-05-01 02:00,2,5\n",
        1,
        1,
        "ROW_TOO_LONG",
        "1",
    )
    yield read("blanks around", GOOD.replace(",", " , ").encode(), 2, kwh="3")


def quotes() -> Iterator[Case]:
    """An open quotation mark costs what cannot be told from it."""
    yield read(
        "all quoted",
        "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in GOOD.splitlines()).encode(),
        2,
        kwh="3",
    )
    yield read("a doubled one", (GOOD + '"E ""1""",2026-05-01 03:00,4\n').encode(), 3, kwh="7")
    yield read("a line end in a cell", (GOOD + '"E\n1",2026-05-01 03:00,4\n').encode(), 3, 0, "LINES_IN_QUOTES", "7")
    yield read("open to the end", (GOOD + '"E-1,2026-05-01 03:00,4\n').encode(), 2, 1, "QUOTE_NOT_CLOSED", "3")
    yield read(
        "open, rows after it", (GOOD + '"E-1,2026-05-01 03:00,4\n' + LINE * 5).encode(), 2, 6, "QUOTE_NOT_CLOSED", "3"
    )
    yield refused("open in the first row", (HEADER + '"E-1,2026-05-01 03:00,4\n' + LINE).encode(), "QUOTE_NOT_CLOSED")
    yield refused("open in the header", ('"' + GOOD).encode(), "COLUMN_MISSING")
    swallowed = (
        HEADER.replace("\n", ",note\n")
        + 'E-1,2026-05-01 01:00,1,"a\nE-1,2026-05-01 02:00,2,b"\nE-1,2026-05-01 03:00,4,\n'
    )
    yield read("one that swallows a row", swallowed.encode(), 2, 0, "LINES_IN_QUOTES", "5")
    yield read("one in the middle", (GOOD + 'E"1,2026-05-01 03:00,4\n').encode(), 3, kwh="7")
    yield read("typographic ones", (GOOD + "“E-1”,2026-05-01 03:00,4\n").encode(), 3, kwh="7")
    yield read("single ones", (GOOD + "'E-1',2026-05-01 03:00,4\n").encode(), 3, kwh="7")
    yield read("a quoted number", (GOOD + 'E-1,2026-05-01 03:00,"4"\n').encode(), 3, kwh="7")
    yield read("Excel's own text form", (GOOD + '="E-1",2026-05-01 03:00,4\n').encode(), 3, kwh="7")


def lines() -> Iterator[Case]:
    """Line ends, lengths, things between the rows."""
    for name, end in (("CRLF", "\r\n"), ("CR", "\r")):
        yield read(f"{name}", GOOD.replace("\n", end).encode(), 2, kwh="3")
    yield read("no last line end", GOOD.rstrip().encode(), 2, kwh="3")
    yield read("blank lines everywhere", GOOD.replace("\n", "\n\n").encode(), 2, kwh="3")
    yield read("lines of commas", (GOOD + ",,\n,,\n").encode(), 2, kwh="3")
    yield read("form feeds before the header", ("note\x0bnote\x0cnote\x85\u2028\n" + GOOD).encode(), 2, kwh="3")
    yield read("sixty rows before", ("x\n" * 59 + GOOD).encode(), 2, kwh="3")
    yield refused("sixty-one rows before", ("x\n" * 61 + GOOD).encode(), "COLUMN_MISSING")
    yield read("the header again", (GOOD + GOOD).encode(), 2, 1, "NOT_A_TIME", "3")
    yield read("a short row", (GOOD + "E-1,2026-05-01 03:00\n").encode(), 2, 1, "CELL_EMPTY", "3")
    yield read("a row of four", (GOOD + "E-1,2026-05-01 03:00,4,\n").encode(), 3, kwh="7")
    yield read("a row of five", (GOOD + "E-1,2026-05-01 03:00,4,,5\n").encode(), 2, 1, "ROW_TOO_LONG", "3")
    yield read(
        "a row of a hundred",
        (GOOD + "E-1,2026-05-01 03:00" + ",4" * 98 + "\n" + LINE).encode(),
        3,
        1,
        "ROW_TOO_LONG",
        "7",
    )
    yield read("a row of a million", (GOOD + "4," * 1_000_000 + "\n" + LINE).encode(), 3, 1, "ROW_TOO_LONG", "7")
    yield read(
        "a hundred rows of a thousand", (GOOD + ("4," * 1000 + "\n") * 100).encode(), 2, 100, "ROW_TOO_LONG", "3"
    )
    yield refused("every other row of a thousand", (GOOD + ("4," * 1000 + "\n" + LINE) * 100).encode(), "ROWS_UNEVEN")
    yield refused("one line of 50 MB", lambda: b"x" * (50 << 20), "COLUMN_MISSING")
    yield read("a last line of 50 MB", lambda: GOOD.encode() + b"x" * (50 << 20), 2, 1, "CELL_EMPTY", "3")
    yield read("a cell of 1 MB", (GOOD + "E" * (1 << 20) + ",2026-05-01 03:00,4\n").encode(), 3, kwh="7")
    yield read(
        "a number of 10,000 digits",
        (GOOD + f"E-1,2026-05-01 03:00,{'9' * 10_000}\n").encode(),
        2,
        1,
        "NOT_A_NUMBER",
        "3",
    )
    yield read("100,000 bad rows", (GOOD + "E-1,x,y\n" * 100_000).encode(), 2, 100_000, "NOT_A_TIME", "3")
    yield read(
        "NUL in a number", GOOD.encode() + b"E-1,2026-05-01 03:00,1\x0023\n" + b"#" * 0, 2, 1, "NOT_A_NUMBER", "3"
    )
    yield read("NUL in a meter", GOOD.encode() + b"E\x001,2026-05-01 03:00,1\n", 2, 1, "TEXT_DAMAGED", "3")
    yield read("NUL in a time", GOOD.encode() + b"E-1,2026-05-01\x00 03:00,1\n", 2, 1, "NOT_A_TIME", "3")
    yield read(
        "a hole of NULs late in the file",
        GOOD.encode() + b"#,,\n" * 4000 + bytes(512) + b"\n" + LINE.encode(),
        3,
        4001,
        "CELL_EMPTY",
        "7",
    )
    yield refused("a hole of NULs at its start", bytes(2048) + GOOD.encode(), "NOT_A_TABLE")
    yield read("Ctrl-Z at the end", GOOD.encode() + b"\x1a", 2, 1, "CELL_EMPTY", "3")
    yield read("bells", GOOD.encode() + b"\x07E-1,2026-05-01 03:00,4\n", 3, kwh="7")
    yield refused("only blanks", b" \t\r\n" * 100, "EMPTY")
    yield refused("nothing", b"", "EMPTY")
    yield refused("NULs alone", bytes(100_000), "EMPTY")
    yield refused("a header alone", HEADER.encode(), "NO_ROWS")
    yield refused("other columns", b"a,b,c\n1,2,3\n", "COLUMN_MISSING")
    yield refused(
        "a column by number that is not there",
        GOOD.encode(),
        "NO_ROWS",
        options=profile(meter={"column": 900}, skip=".*"),
    )
    yield refused(
        "a file name without its meter",
        GOOD.encode(),
        "METER_NOT_IN_NAME",
        options={"profile": {**ROWS, "meter": {"file_name": "M(\\d+)"}}},
    )


CASES = [*encodings(), *delimiters(), *quotes(), *lines()]
