"""Paper as its sources write it: two kinds of print log, the monthly round of the device counters, the store room's book."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import xlsxwriter

from monitor.demo.files import STAMP
from monitor.demo.paper import Jobs, Paper

VENDOR = "PaperCut Print Logger - http://www.papercut.com/"
HEADER = "Time,User,Pages,Copies,Printer,Document Name,Client,Paper Size,Language,Height,Width,Duplex,Grayscale,Size"
_SUBJECTS = (
    "关于进一步加强公共机构节能管理的通知",
    "党组会议纪要",
    "预算执行情况表",
    "Annual work plan",
    "调研报告(征求意见稿)",
)
_ENDINGS = (".docx", ".xlsx", ".pdf", " - 副本.docx", " [终稿].pdf", ' "定".docx')
_HANDS = ("周建国", "吴桂芳", "郑海燕", "孙志强")


def _title(number: int) -> str:
    return f"{_SUBJECTS[number % len(_SUBJECTS)]}{number // 30}{_ENDINGS[number % len(_ENDINGS)]}"


def _days(paper: Paper, first: date, end: date) -> range:
    return range(paper.at(first), paper.at(end))


def print_logger(paper: Paper, first: date, end: date) -> bytes:
    """Write a log of PaperCut Print Logger for [first, end): GBK, vendor line, a comma too many at each row's end, CRLF."""
    printers = paper.of("pcut")
    lines = [VENDOR, HEADER]
    for index in _days(paper, first, end):
        day = paper.stories.start + timedelta(days=index)
        for p, s, user, title, pages, copies, duplex, large in _rows(paper.jobs("pcut", index)):
            printer = printers[p]
            name = _title(title).replace('"', '""')
            lines.append(
                f"{day} {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d},{printer.bureau.lower()}{user:02d},{pages},{copies},{printer.code},"
                f'"{name}",PC-{printer.bureau}-{user:02d},{"A3" if large else "A4"},PCL6,,,{"" if duplex else "NOT "}DUPLEX,GRAYSCALE,{pages * 19}kb,'
            )
    return "\r\n".join([*lines, ""]).encode("gb18030")


def page_log(paper: Paper, first: date, end: date) -> bytes:
    """Write a page_log of CUPS for [first, end): one line a job, its total, UTF-8, the title as it is."""
    printers = paper.of("cups")
    lines = []
    for index in _days(paper, first, end):
        day = paper.stories.start + timedelta(days=index)
        stamp = day.strftime("%d/%b/%Y")
        for number, (p, s, user, title, pages, copies, duplex, large) in enumerate(_rows(paper.jobs("cups", index)), 1):
            printer = printers[p]
            lines.append(
                f"{printer.code} {printer.bureau.lower()}{user:02d} {index * 1000 + number} "
                f"[{stamp}:{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d} +0800] total {pages * copies} - "
                f"pc-{printer.bureau.lower()}-{user:02d} {_title(title)} {'A3' if large else 'A4'} "
                f"{'two-sided-long-edge' if duplex else 'one-sided'}"
            )
    return "\n".join([*lines, ""]).encode()


def _rows(jobs: Jobs) -> list[tuple[int, ...]]:
    columns = (jobs.printer, jobs.second, jobs.user, jobs.title, jobs.pages, jobs.copies, jobs.duplex, jobs.large)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def counters(paper: Paper, day: date) -> bytes:
    """Write the counters of all devices as read on the morning of a day: GBK, CRLF."""
    lines = ["打印机编号,抄表日期,累计出纸(折A4张)"]
    lines += [f"{printer.code},{day:%Y/%m/%d} 08:00,{paper.counter(printer, day)}" for printer in paper.printers]
    return "\r\n".join([*lines, ""]).encode("gb18030")


def store_book(paper: Paper, first: date, end: date) -> bytes:
    """Write the store room's book of a month: packs issued to each bureau on two days, with who took them."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(*STAMP[:3], tzinfo=UTC).replace(tzinfo=None), "author": "机关后勤仓库"})
    sheet = book.add_worksheet("领用登记")
    dated, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
    sheet.write_row(0, 0, ["日期", "部门", "数量(包)", "领用人", "备注"], bold)
    row = 0
    for number, bureau in enumerate(paper.bureaux):
        packs = paper.packs(bureau.code, first, end)
        parts = ((3 + number % 5, packs - packs // 3), (17 + number % 5, packs // 3))
        for after, count in parts:
            day = first + timedelta(days=after)
            if count and day < end:
                row += 1
                sheet.write_datetime(row, 0, datetime(day.year, day.month, day.day), dated)  # noqa: DTZ001 - a cell has no zone
                sheet.write_row(row, 1, [bureau.zh, count, _HANDS[number % len(_HANDS)], ""])
    book.close()
    return out.getvalue()
