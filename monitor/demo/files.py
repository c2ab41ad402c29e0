"""Files as different vendors write them: encodings, layouts, titles and totals; the same values give the same bytes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter

from monitor.demo.load import Ints

STAMP = (2020, 1, 1, 0, 0, 0)  # inside archives: no clock may leak into the bytes


def quarter_hours() -> list[str]:
    """Name the 96 columns of a day by their end: 00:15 … 24:00."""
    return [f"{m // 60:02d}:{m % 60:02d}" for m in range(15, 1441, 15)]


def hundredths(values: Ints) -> list[str]:
    """Write hundredths as decimals: 1234 → 12.34."""
    return [f"{v // 100}.{v % 100:02d}" for v in values.tolist()]


def thousandths(values: Ints) -> list[str]:
    """Write thousandths as decimals: 1234 → 1.234."""
    return [f"{v // 1000}.{v % 1000:03d}" for v in values.tolist()]


def day_rows(title: str, rows: Iterable[tuple[date, str, str, Ints]]) -> bytes:
    """Write row per meter-day with 96 columns of hundredths: GBK, a title line, CRLF."""
    lines = [title, ",".join(["日期", "表号", "名称", *quarter_hours(), "日合计"])]
    for day, code, name, values in rows:
        lines.append(",".join([day.isoformat(), code, name, *hundredths(values), f"{int(values.sum()) / 100:.2f}"]))
    return "\r\n".join([*lines, ""]).encode("gb18030")


def reading_rows(rows: Iterable[tuple[str, Sequence[str], Sequence[str]]]) -> bytes:
    """Write row per reading (meter, end of the interval, kWh, status): GBK, CRLF."""
    lines = ["表号,时间,电量(kWh),状态"]
    for code, times, values in rows:
        lines += [f"{code},{time},{value},正常" for time, value in zip(times, values, strict=True)]
    return "\r\n".join([*lines, ""]).encode("gb18030")


def register_rows(header: str, rows: Iterable[tuple[str, Sequence[str], Sequence[str]]]) -> bytes:
    """Write cumulative registers, row per reading (meter, instant, register): UTF-8 with BOM, LF."""
    lines = [header]
    for code, times, values in rows:
        lines += [f"{code},{time},{value}" for time, value in zip(times, values, strict=True)]
    return "\n".join([*lines, ""]).encode("utf-8-sig")


def archive(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Pack files into a ZIP whose bytes depend on nothing else."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as zipped:
        for name, body in members:
            info = ZipInfo(name, STAMP)
            info.compress_type = ZIP_DEFLATED
            info.create_system = 3
            zipped.writestr(info, body)
    return out.getvalue()


def hand_sheet(title: str, head: Sequence[str], rows: Sequence[Sequence[object]], total: float) -> bytes:
    """Write a monthly reading sheet as the property office does: title, header in row 3, total and signature below."""
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(*STAMP[:3], tzinfo=UTC).replace(tzinfo=None), "author": "后勤服务中心"})
    sheet = book.add_worksheet("抄表记录")
    bold, dated = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write(0, 0, title, bold)
    sheet.write_row(2, 0, head, bold)
    for number, row in enumerate(rows, 3):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, datetime(value.year, value.month, value.day), dated)  # noqa: DTZ001 - a cell has no zone
            else:
                sheet.write(number, column, value)
    sheet.write_row(3 + len(rows), 0, ["合计", "", "", "", "", "", "", "", total])
    sheet.write_row(5 + len(rows), 0, ["抄表人:", "", "", "审核:"])
    book.close()
    return out.getvalue()


def times(first: date, days: int, step: int, pattern: str) -> list[str]:
    """Name the ends of the slots of some days; the last of a day is 00:00 of the next."""
    begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - local clock, as the vendor writes it
    return [(begin + timedelta(seconds=step * (n + 1))).strftime(pattern) for n in range(days * 86_400 // step)]
