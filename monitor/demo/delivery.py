"""Which files the vendors deliver, and when: months for the past, a catch-up file, days for the last weeks, hand sheets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from monitor.demo import bills, climate, files, paper_files
from monitor.demo.compound import Point
from monitor.demo.load import Ints
from monitor.demo.series import Series
from monitor.domain.periods import to_day

DAILY = ("p96", "pgbk", "preg", "wreg", "meteo", "pcut", "cups")
WALKS = ("phand", "whand")
MONTHLY = ("pcount", "packs", "bills")
FEEDS = (*DAILY, *WALKS, *MONTHLY)
LOGS = ("pcut", "cups")
BY_DAYS = ("p96", *LOGS)  # the running month comes day by day
READ_ON = 20  # day of the month on which the property office walks round
RECENT = 3  # days that come one by one where the running month otherwise came in one file


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file: name below the inbox, bytes, and the first day it covers and the day after the last."""

    name: str
    body: bytes
    first: date
    end: date


def months(start: date, end: date) -> Iterator[tuple[date, date]]:
    """Cut [start, end) at the first of each month."""
    while start < end:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(following, end)
        start = following


def periods(feed: str, series: Series) -> Iterator[tuple[date, date]]:
    """Give the half-open periods of the files of a feed up to the anchor."""
    stories = series.stories
    anchor, start = stories.anchor, stories.start
    running = max(start, stories.ago(14).replace(day=1))
    yield from months(start, running)
    one_by_one = running if feed in BY_DAYS else max(running, stories.ago(RECENT))
    if running < one_by_one:
        yield running, one_by_one
    while one_by_one < anchor:
        yield one_by_one, one_by_one + timedelta(days=1)
        one_by_one += timedelta(days=1)


def label(first: date, end: date) -> str:
    """Name a period in a file name: 202505, 20251101-20251119 or 20251120."""
    if end - first == timedelta(days=1):
        return f"{first:%Y%m%d}"
    if first.day == 1 and end.day == 1:
        return f"{first:%Y%m}"
    return f"{first:%Y%m%d}-{end - timedelta(days=1):%Y%m%d}"


def points(series: Series, feed: str) -> list[Point]:
    """Give the meters that a feed delivers."""
    return [point for point in series.compound.points if point.feed == feed]


def delivers(series: Series, feed: str) -> bool:
    """Tell whether a feed has anything to deliver: a slice of the compound may lack its meters or printers."""
    if feed == "bills":
        return bool(bills.billed(series))
    if feed in MONTHLY:
        return bool(series.paper.printers)
    return feed == "meteo" or bool(series.paper.of(feed) if feed in LOGS else points(series, feed))


def name_of(feed: str, first: date, end: date) -> str:
    """Name the file of a feed for [first, end), below the inbox."""
    if feed == "pcut":
        return f"pcut/papercut-print-log-{first:%Y-%m}{'' if (end - first).days > 1 else f'-{first:%d}'}.csv"
    if feed == "cups":
        return f"cups/page_log-{label(first, end)}"
    prefix = {"p96": "电量96点", "pgbk": "分项电量", "preg": "energy", "wreg": "水表累计", "meteo": "逐时气温"}[feed]
    packed = feed == "preg" and (end - first).days > 1
    return f"{feed}/{prefix}_{label(first, end)}.{'zip' if packed else 'csv'}"


def render(feed: str, series: Series, first: date, end: date, *, wrong: bool = False) -> Delivery:
    """Write the file of a feed for [first, end); `wrong` with the values that are corrected later."""
    if feed == "p96":
        body = _p96(series, first, end, wrong=wrong)
    elif feed in LOGS:
        write = paper_files.print_logger if feed == "pcut" else paper_files.page_log
        body = write(series.paper, first, end)
    else:
        body = {"pgbk": _pgbk, "preg": _preg, "wreg": _wreg, "meteo": _meteo}[feed](series, first, end)
    return Delivery(name_of(feed, first, end), body, first, end)


def _p96(series: Series, first: date, end: date, *, wrong: bool) -> bytes:
    bad_code, bad_first, bad_end = series.stories.corrected
    gap_code, gap_first, gap_end = series.stories.gap
    rows = []
    day = first
    while day < end:
        for point in points(series, "p96"):
            if point.code == gap_code and gap_first <= day < gap_end:
                continue
            values = series.gross(point)[series.at(day)]
            if wrong and point.code == bad_code and bad_first <= day < bad_end:
                values = values * 2
            rows.append((day, point.code, point.zh, values))
        day += timedelta(days=1)
    title = f"青岚市政府大院电力监控系统 日电量报表(kWh) {label(first, end)}"
    return files.day_rows(title, rows)


def _slots(series: Series, point: Point, first: date, end: date) -> Ints:
    return series.gross(point)[series.at(first) : series.at(end)].ravel()


def _pgbk(series: Series, first: date, end: date) -> bytes:
    ends = files.times(first, (end - first).days, 900, "%Y/%m/%d %H:%M")
    rows = [(p.code, ends, files.hundredths(_slots(series, p, first, end))) for p in points(series, "pgbk")]
    return files.reading_rows(rows)


def _registers(series: Series, point: Point, first: date, end: date, pattern: str) -> tuple[list[str], Ints]:
    """Register readings after `first` up to `end`; the very first file has the reading at its start too."""
    per_day = 86_400 // point.step
    low, high = series.at(first) * per_day, series.at(end) * per_day
    ends = files.times(first, (end - first).days, point.step, pattern)
    values = series.register(point)[low + 1 : high + 1]
    if low:
        return ends, values
    before = files.times(first - timedelta(days=1), 1, point.step, pattern)[-1:]
    return before + ends, series.register(point)[low : high + 1]


def _preg(series: Series, first: date, end: date) -> bytes:
    rows = []
    for point in points(series, "preg"):
        ends, values = _registers(series, point, first, end, "%Y-%m-%d %H:%M:%S")
        rows.append((point.code, ends, files.hundredths(values)))
    body = files.register_rows("DeviceID,ReadTime,ActiveEnergy(kWh)", rows)
    return files.archive([(f"energy_{label(first, end)}.csv", body)]) if (end - first).days > 1 else body


def _wreg(series: Series, first: date, end: date) -> bytes:
    rows = []
    for point in points(series, "wreg"):
        ends, values = _registers(series, point, first, end, "%Y-%m-%d %H:%M")
        rows.append((point.code, ends, files.thousandths(values)))
    return files.register_rows("水表编号,抄表时间,累计流量(m3)", rows)


def _meteo(series: Series, first: date, end: date) -> bytes:
    """The temperature at each full hour, from the first day of the series on, so that spells of weather run through."""
    tenths = climate.hourly(series.first, to_day(end))[series.at(first) * 24 :]
    rows = files.times(first - timedelta(days=1), (end - first).days + 1, 3600, "%Y-%m-%d %H:%M")[23:-1]
    lines = ["区站号,站名,观测时间,气温(℃)"]
    lines += [f"{climate.STATION[2:]},青岚,{at},{value / 10:.1f}" for at, value in zip(rows, tenths, strict=True)]
    return "\r\n".join([*lines, ""]).encode("gb18030")


def walks(series: Series) -> list[tuple[date, date]]:
    """Give (previous, current) day of each walk-round: at the turn of the year, then every 20th before the end of the series."""
    start = series.stories.start
    end = start + timedelta(days=series.days)
    days = [first.replace(day=READ_ON) for first, _ in months(start, end)]
    at = [date(start.year - 1, 12, READ_ON), start, *(day for day in days if day < end)]
    return list(pairwise(at))


def sheets(series: Series) -> list[tuple[str, date, date]]:
    """Give feed, first and end of each sheet that comes once a month: walk-rounds, device counters, the store room's book, bills."""
    stories = series.stories
    end = stories.start + timedelta(days=series.days)
    walked = [(feed, *walk) for feed in WALKS if delivers(series, feed) for walk in walks(series)]
    turns = [first for first, _ in months(stories.start, end)] + ([end] if end.day == 1 else [])
    begun = [("pcount", stories.start, stories.start)]
    return walked + [
        row
        for row in begun + [(feed, *month) for feed in MONTHLY for month in pairwise(turns)]
        if delivers(series, row[0])
    ]


def sheet(feed: str, series: Series, previous: date, current: date) -> Delivery:
    """Write one of `sheets`."""
    if feed in WALKS:
        return hand(feed, series, previous, current)
    if feed == "bills":
        return Delivery(sheet_name(feed, current), bills.write(series, previous, current), previous, current)
    counted = feed == "pcount"
    body = (
        paper_files.counters(series.paper, current)
        if counted
        else paper_files.store_book(series.paper, previous, current)
    )
    return Delivery(sheet_name(feed, current), body, previous, current)


def sheet_name(feed: str, current: date) -> str:
    """Name the sheet of a month, below the inbox; the one at the turn of the year belongs to December."""
    if feed == "bills":
        return f"bills/水电账单_{current - timedelta(days=1):%Y%m}.csv"
    if feed in MONTHLY:
        name = (
            f"打印机计数_{current:%Y%m%d}.csv"
            if feed == "pcount"
            else f"复印纸领用_{current - timedelta(days=1):%Y%m}.xlsx"
        )
        return f"{feed}/{name}"
    return f"{feed}/{'电表' if feed == 'phand' else '水表'}抄表_{current - timedelta(days=1):%Y%m}.xlsx"


def hand(feed: str, series: Series, previous: date, current: date) -> Delivery:
    """Write the sheet of one walk-round: 上期读数, 本期读数, 倍率."""
    last_digit = 100 if feed == "phand" else 1000
    rows: list[list[object]] = []
    total = 0
    for number, point in enumerate(points(series, feed), 1):
        shown = series.register(point) // last_digit
        now = int(shown[series.at(current)])
        before = int(shown[series.at(previous)]) if previous >= series.stories.start else now - (int(shown[12]) - now)
        used = (now - before) % 10**point.digits * point.multiplier
        total += used
        rows.append([number, point.code, point.zh, previous, before, current, now, point.multiplier, used])
    kind, measure = ("电表", "度") if feed == "phand" else ("水表", "吨")
    head = ["序号", "表号", "名称", "上期抄表日", "上期读数", "本期抄表日", "本期读数", "倍率", f"用量({measure})"]
    month = current - timedelta(days=1)
    title = f"青岚市政府大院 {month.year}年{month.month}月 {kind}抄表记录"
    return Delivery(sheet_name(feed, current), files.hand_sheet(title, head, rows, total), previous, current)


def deliveries(series: Series) -> Iterator[Delivery]:
    """Give every file up to the anchor, feed by feed in order of time, with the missing, doubled and corrected ones."""
    stories = series.stories
    for feed in DAILY:
        if not delivers(series, feed):
            continue
        for first, end in periods(feed, series):
            if feed == "p96" and first == stories.never_came:
                continue
            faulty = feed == "p96" and first <= stories.corrected[1] < end
            delivery = render(feed, series, first, end, wrong=faulty)
            yield delivery
            if faulty:
                right = render(feed, series, first, end)
                yield Delivery(right.name.replace(".csv", "_更正.csv"), right.body, first, end)
            if feed == "wreg" and first == stories.duplicate:
                yield Delivery(delivery.name.replace(".csv", "_副本.csv"), delivery.body, first, end)
    for feed, previous, current in sheets(series):
        yield sheet(feed, series, previous, current)
