"""Print logs, half written, rotated, mixed up, mean."""

from collections.abc import Iterator
from typing import Any

from tests.hostile.case import Case, read, refused

CUPS: dict[str, Any] = {"kind": "cups_page_log", "options": {}, "file": "page_log"}
CUT: dict[str, Any] = {"kind": "papercut_print_log", "options": {}, "file": "papercut-print-log-2020-05-29.csv"}
LINE = "Level4-Mono li 7 [23/Nov/2026:15:34:16 +0800] total 4 - 10.0.0.1 title A4 one-sided\n"
LOG = LINE + LINE.replace(" 7 ", " 8 ").replace(":16 ", ":17 ")
TOP = "PaperCut Print Logger - http://www.papercut.com/\r\n"
NAMES = "Time,User,Pages,Copies,Printer,Document Name,Client,Paper Size,Language,Height,Width,Duplex,Grayscale,Size\r\n"
JOB = '2020-05-29 17:50:10,li,2,1,HP-01,"title",PC1,A4,PCL6,,,NOT DUPLEX,GRAYSCALE,19kb,\r\n'
FILE = TOP + NAMES + JOB + JOB.replace("17:50", "17:51")


def page_logs() -> Iterator[Case]:
    """Lines of a page_log."""
    yield read("a page_log", LOG.encode(), 2, **CUPS)
    yield read("an empty page_log", b"", 0, **CUPS)
    for name, line in (
        ("half a line", LINE[:40]), ("no line at all", "hello\n"), ("a day that is none", LINE.replace("23/Nov", "31/Nov")),
        ("a month that is none", LINE.replace("Nov", "Nov".upper())), ("an hour that is none", LINE.replace(":15:34", ":25:34")),
        ("copies that are none", LINE.replace("total 4", "total x")), ("minus four copies", LINE.replace("total 4", "total -4")),
        ("copies beyond all", LINE.replace("total 4", "total 99999999999")), ("a job beyond all", LINE.replace(" 7 ", f" {'7' * 30} ")),
        ("full-width copies", LINE.replace("total 4", "total ４")), ("a line of 10,000", "x" * 10_000 + "\n"),
        ("a printer without a name", LINE.removeprefix("Level4-Mono ")), ("no offset", LINE.replace(" +0800", "")),
        ("binary", "\x01\x02\x03\n"), ("a title of brackets", "[" * 3000 + "\n"), ("a title of blanks", "a " * 4000 + "\n"),
    ):  # fmt: skip
        code = "TIME_UNREADABLE" if name in {"a day that is none", "an hour that is none"} else "LINE_UNREADABLE"
        yield read(f"page_log: {name}", (LOG + line).encode(), 2, 1, code, **CUPS)
    for name, line in (
        ("a title with its form in it", LINE.replace("title", "x li 9 [01/Jan/2020:00:00:00 +0000] total 9 - h t A4")),
        ("a title of marks", LINE.replace("title", "=1+1 <b> \u202e ' \" ; -- {x} %s")), ("a title in GBK", LINE.replace("title", "\xd6\xd0")),
        ("an hour later by its offset", LINE.replace("+0800", "+0900").replace(" 7 ", " 9 ")),
        ("an offset that no zone has", LINE.replace("+0800", "+9959").replace(" 7 ", " 9 ")),
        ("the year 9999", LINE.replace("2026", "9999").replace(" 7 ", " 9 ")), ("the year 1", LINE.replace("2026", "0001").replace(" 7 ", " 9 ")),
    ):  # fmt: skip
        late = line.replace(" 7 ", " 10 ").replace(":16 ", ":18 ")
        good, why = (2, "TIME_IN_FUTURE") if "9999" in late else (2, "TIME_UNREADABLE") if "/0001" in late else (3, "")
        yield read(f"page_log: {name}", (LOG + late).encode("latin-1", "replace"), good, 3 - good, why, **CUPS)
    yield read(
        "page_log: a size that nobody knows",
        (LOG + LINE.replace(" A4 ", " Z9 ").replace(":16 ", ":19 ")).encode(),
        3,
        0,
        "PAPER_UNKNOWN",
        **CUPS,
    )
    yield read("page_log: the same line again", (LOG + LINE).encode(), 2, 0, "JOB_REPEATED", **CUPS)
    yield read("page_log: CRLF", LOG.replace("\n", "\r\n").encode(), 2, **CUPS)
    yield read("page_log: NULs in a title", LOG.encode().replace(b"title", b"ti\0tle"), 2, **CUPS)
    yield read(
        "page_log: a hole of NULs", LOG.encode() * 30 + bytes(300) + b"\n", 2, 1, "JOB_REPEATED LINE_UNREADABLE", **CUPS
    )
    for name, body, code in (
        ("a page", b"<!DOCTYPE html><html>", "HTML_PAGE"), ("noise", bytes(range(256)) * 9, "NOT_A_TABLE"), ("a text", b"hello\nworld\n", "NOT_A_PAGE_LOG"),
        ("gzip", b"\x1f\x8b\x08" + bytes(50), "NOT_A_TABLE"), ("NULs", bytes(5000), "EMPTY"), ("UTF-16", LOG.encode("utf-16"), "NOT_A_PAGE_LOG"),
    ):  # fmt: skip
        yield refused(f"page_log: {name}", body, code, **CUPS)
    yield refused("page_log: 12 MB without a line end", lambda: b"x" * (12 << 20), "NOT_A_PAGE_LOG", **CUPS)
    yield read(
        "page_log: 12 MB in a last line", lambda: LOG.encode() + b"x" * (12 << 20), 2, 1, "LINE_UNREADABLE", **CUPS
    )


def papercut() -> Iterator[Case]:
    """Rows of a PaperCut file."""
    yield read("a PaperCut file", FILE.encode(), 2, **CUT)
    for name in ("gbk", "cp1252", "utf-8-sig"):
        title = "标题" if name == "gbk" else "Übersicht"
        yield read(f"PaperCut in {name}", FILE.replace("title", title).encode(name), 2, **CUT)
    for name, row, why in (
        ("a time that is none", JOB.replace("17:50", "27:50"), "NOT_A_TIME"), ("a day that is none", JOB.replace("05-29", "02-30"), "NOT_A_TIME"),
        ("another form of time", JOB.replace("2020-05-29", "29.05.2020"), "NOT_A_TIME"), ("pages in words", JOB.replace(",2,1,", ",two,1,"), "NOT_A_NUMBER"),
        ("minus two pages", JOB.replace(",2,1,", ",-2,1,"), "NOT_A_NUMBER"), ("pages beyond all", JOB.replace(",2,1,", ",99999999999,1,"), "NOT_A_NUMBER"),
        ("pages times copies beyond all", JOB.replace(",2,1,", ",9999999,9999999,"), "NOT_A_NUMBER"), ("full-width pages", JOB.replace(",2,1,", ",２,1,"), "NOT_A_NUMBER"),
        ("no pages", JOB.replace(",2,1,", ",,1,"), "NOT_A_NUMBER"), ("no printer", JOB.replace("HP-01", ""), "PRINTER_MISSING"),
        ("half a row", JOB[:30] + "\r\n", "ROW_UNREADABLE"), ("a row too long", JOB.strip() + "x,y,z\r\n", "ROW_UNREADABLE"), ("the year 1", JOB.replace("2020", "0001"), "NOT_A_TIME"),
        ("the year 9999", JOB.replace("2020", "9999"), "TIME_IN_FUTURE"), ("1979", JOB.replace("2020", "1979"), "TIME_TOO_EARLY"),
    ):  # fmt: skip
        yield read(f"PaperCut: {name}", (FILE + row).encode(), 2, 1, why, **CUT)
    for name, title, good in (
        ("formulas", "=1+1", 3), ("quotes", 'a ""quoted"" b', 3), ("a line end", "a\r\nb", 3), ("markup", "<script>", 3), ("commas", "a,b,c", 3), ("a NUL", "a\0b", 3),
    ):  # fmt: skip
        yield read(
            f"PaperCut: a title of {name}",
            (FILE + JOB.replace("title", title).replace("17:50", "17:52")).encode(),
            good,
            **CUT,
        )
    yield read(
        "PaperCut: bytes of no code page",
        (FILE + JOB.replace("17:50", "17:52")).encode().replace(b"title", b"\x81\xff\x8d", 1),
        3,
        **CUT,
    )
    yield read(
        "PaperCut: a damaged printer",
        (FILE + JOB.replace("17:50", "17:52")).encode().replace(b"HP-01", b"HP\xff01", 1),
        3,
        **CUT,
    )
    yield read(
        "PaperCut: an open quotation mark",
        (FILE + JOB.replace('title"', "title") + JOB).encode(),
        2,
        2,
        "ROW_UNREADABLE",
        **CUT,
    )
    for name, body, code in (
        ("nothing", b"", "EMPTY"), ("the vendor's line alone", TOP.encode(), "NOT_PAPERCUT"), ("another table", b"a,b,c\n1,2,3\n", "NOT_PAPERCUT"),
        ("a page", b"<html><title>daily</title>", "HTML_PAGE"), ("a header in other words", (TOP + NAMES.replace("Pages", "Seiten") + JOB).encode(), "NOT_PAPERCUT"),
        ("NULs", bytes(5000), "EMPTY"), ("noise", bytes(range(256)) * 9, "NOT_A_TABLE"), ("a title of 2 MB", (FILE + JOB.replace("title", "x" * (2 << 20))).encode(), "QUOTE_NOT_CLOSED_ANYWHERE"),
    ):  # fmt: skip
        yield refused(f"PaperCut: {name}", body, code, **CUT)


CASES = [*page_logs(), *papercut()]
