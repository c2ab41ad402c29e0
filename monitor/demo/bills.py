"""What the utilities bill: power each month, water every other; close to what the meters say, but for one bill."""

from datetime import date, timedelta
from zlib import crc32

from monitor.demo.compound import Point
from monitor.demo.series import Series

EACH = 4  # meters of power, and of water, that have bills
PRICES = {"electricity": (0.72, "kWh"), "water": (4.90, "m³")}
HEAD = "计量点编号,账期起,账期止,用量,计量单位,金额(元),发票号"
TOO_HIGH = 1.087


def billed(series: Series) -> list[Point]:
    """Give the meters with bills: main meters of feeds that no other story is told of."""
    stories = series.stories
    told = {
        stories.saved,
        *(one[0] for one in (stories.lights, stories.leak, stories.swap, stories.corrected, stories.gap)),
    }
    chosen = [
        point for point in series.compound.points if point.code not in told and not point.parent and point.assessed
    ]
    return [point for feed in ("p96", "wreg") for point in [one for one in chosen if one.feed == feed][:EACH]]


def story(series: Series) -> tuple[str, date]:
    """Name the meter whose bill is too high, and the first day of that month: the last but one before the anchor."""
    last = series.stories.anchor.replace(day=1) - timedelta(days=1)
    return billed(series)[0].code, (last.replace(day=1) - timedelta(days=1)).replace(day=1)


def write(series: Series, first: date, end: date) -> bytes:
    """Write the bills of a month: those of water for two months, in every even one."""
    wrong, lines = story(series), [HEAD]
    for point in billed(series):
        begin = first
        if point.resource == "water":
            begin = (first - timedelta(days=1)).replace(day=1)
            if first.month % 2 or begin < series.stories.start:
                continue
        used = int(series.gross(point)[series.at(begin) : series.at(end)].sum())
        factor = 1 + (crc32(f"{point.code}{first}".encode()) % 21 - 10) / 1000
        factor = TOO_HIGH if (point.code, first) == wrong else factor
        price, measure = PRICES[point.resource]
        quantity = round(used / (100 if point.resource == "electricity" else 1000) * factor)
        number = f"{crc32(f'{point.code}{end}'.encode()):010d}"
        last = end - timedelta(days=1)
        lines.append(f"{point.code},{begin},{last},{quantity},{measure},{quantity * price:.2f},{number}")
    return "\r\n".join([*lines, ""]).encode("gb18030")
