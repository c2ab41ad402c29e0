"""Builds the compound in its two sizes and puts its files into the inbox."""

import os
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.demo.compound import compound, only
from monitor.demo.delivery import (
    DAILY,
    FEEDS,
    Delivery,
    deliveries,
    delivers,
    name_of,
    render,
    sheet,
    sheet_name,
    sheets,
)
from monitor.demo.series import Series
from monitor.demo.stories import Stories

ZONE = ZoneInfo("Asia/Shanghai")


def build(anchor: date, *, size: str = "whole", until: date | None = None) -> Series:
    """Give the compound's series from 1 January of the year before up to `until` (exclusive; the anchor unless named).

    `size` is "whole" or "slice" (eleven buildings that have all the stories).
    """
    stories = Stories(anchor)
    sizes = {"whole": compound(), "slice": only(compound())}
    return Series(sizes[size], stories, ((until or anchor) - stories.start).days)


def withheld(series: Series) -> str:
    """Name the file that arrives while the demo runs: the power of the day before the anchor."""
    anchor = series.stories.anchor
    return name_of("p96", anchor - timedelta(days=1), anchor)


def put(inbox: Path, delivery: Delivery, *, arrived: datetime | None = None) -> Path:
    """Lay a file into the inbox, whole or not at all; its time is the morning after the last day it covers."""
    target = inbox / delivery.name
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.part")
    partial.write_bytes(delivery.body)
    late = timedelta(hours=30) if "_更正" in delivery.name or "_副本" in delivery.name else timedelta(hours=6)
    moment = arrived or datetime(delivery.end.year, delivery.end.month, delivery.end.day, tzinfo=ZONE) + late
    os.utime(partial, (moment.timestamp(), moment.timestamp()))
    partial.replace(target)
    return target


def fill(inbox: Path, series: Series) -> list[Path]:
    """Put every file of the past into the inbox, without the one that arrives later; files that are there stay."""
    later = withheld(series)
    missing = (d for d in deliveries(series) if d.name != later and not (inbox / d.name).exists())
    return [put(inbox, delivery) for delivery in missing]


def due(inbox: Path, anchor: date, today: date, feeds: Iterable[str] = FEEDS) -> list[tuple[str, date, date]]:
    """Give what should have arrived since the anchor by the morning of `today` and is not there: feed, first, end."""
    found: list[tuple[str, date, date]] = []
    day = anchor - timedelta(days=1)
    while day < today:
        following = day + timedelta(days=1)
        found += [
            (feed, day, following)
            for feed in feeds
            if feed in DAILY
            and not (inbox / name_of(feed, day, following)).exists()
            and (feed == "p96" or day >= anchor)
        ]
        day = following
    return found


def morning(inbox: Path, anchor: date, today: date, *, size: str = "whole", arrived: datetime) -> list[Path]:
    """Put in what is due by the morning of `today`; nothing where all is there."""
    missing = due(inbox, anchor, today)
    if not missing:
        return []
    series = build(anchor, size=size, until=max(today, anchor))
    new = [
        put(inbox, render(feed, series, first, end), arrived=arrived)
        for feed, first, end in missing
        if delivers(series, feed)
    ]
    wanted = [
        (feed, first, end)
        for feed, first, end in sheets(series)
        if end >= anchor and not (inbox / sheet_name(feed, end)).exists()
    ]
    return new + [put(inbox, sheet(feed, series, first, end), arrived=arrived) for feed, first, end in wanted]
