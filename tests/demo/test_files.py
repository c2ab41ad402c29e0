"""The demo's files: same seed and anchor, same bytes; the stories are in them."""

import hashlib
import io
import re
import zipfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.demo.compound import compound, only
from monitor.demo.delivery import Delivery, deliveries
from monitor.demo.series import Series
from monitor.demo.stories import Stories

ANCHOR = date(2026, 3, 10)


def _series(anchor: date = ANCHOR, further: int = 0) -> Series:
    stories = Stories(anchor)
    return Series(only(compound()), stories, (anchor - stories.start).days + further)


@pytest.fixture(scope="module")
def files() -> dict[str, Delivery]:
    return {delivery.name: delivery for delivery in deliveries(_series())}


def _digest(found: dict[str, Delivery]) -> str:
    whole = hashlib.sha256()
    for name in sorted(found):
        whole.update(name.encode() + found[name].body)
    return whole.hexdigest()


def test_the_same_seed_and_anchor_give_the_same_bytes(files: dict[str, Delivery]) -> None:
    again = {delivery.name: delivery for delivery in deliveries(_series())}
    assert _digest(again) == _digest(files)


def test_a_later_anchor_tells_the_same_past() -> None:
    early, late = _series(), _series(further=30)
    for code in ("E-A10", "W-A10", "E-D01", "E-S04"):
        point = early.compound.index[code]
        np.testing.assert_array_equal(early.gross(point), late.gross(point)[: early.days], err_msg=code)


def test_nothing_flows_backwards() -> None:
    series = _series()
    assert [point.code for point in series.compound.points if int(series.gross(point).min()) < 0] == []


def test_files_come_in_the_formats_of_several_vendors(files: dict[str, Delivery]) -> None:
    kinds = Counter((name.split("/")[0], Path(name).suffix.removeprefix(".")) for name in files)
    assert kinds == {
        ("p96", "csv"): 13 + 37 - 1 + 1,
        ("pgbk", "csv"): 13 + 1 + 3,
        ("preg", "zip"): 13 + 1,
        ("preg", "csv"): 3,
        ("wreg", "csv"): 13 + 1 + 3 + 1,
        ("meteo", "csv"): 13 + 1 + 3,
        ("phand", "xlsx"): 15,
        ("whand", "xlsx"): 15,
        ("pcut", "csv"): 13 + 37,
        ("cups", ""): 13 + 37,
        ("pcount", "csv"): 1 + 14,
        ("packs", "xlsx"): 14,
        ("bills", "csv"): 14,
    }


def test_the_weather_goes_on_from_file_to_file_and_is_that_of_the_place(files: dict[str, Delivery]) -> None:
    january, later = (
        files[f"meteo/逐时气温_{name}.csv"].body.decode("gb18030").split("\r\n") for name in ("202501", "202507")
    )
    degrees = [[float(line.split(",")[3]) for line in lines[1:-1]] for lines in (january, later)]
    assert january[0] == "区站号,站名,观测时间,气温(℃)"
    assert january[1].startswith("57655,青岚,2025-01-01 00:00,")
    assert january[-2].startswith("57655,青岚,2025-01-31 23:00,")
    assert [len(month) for month in degrees] == [31 * 24, 31 * 24]
    assert [2 < sum(month) / len(month) < 8 for month in degrees] == [True, False]
    assert 26 < sum(degrees[1]) / len(degrees[1]) < 32


def test_the_print_logs_have_titles_and_names_as_real_ones_do(files: dict[str, Delivery]) -> None:
    lines = files["pcut/papercut-print-log-2025-03.csv"].body.decode("gbk").split("\r\n")
    assert lines[0].startswith("PaperCut Print Logger - ")
    assert [len(lines[1].split(",")), lines[2][-1]] == [14, ","]
    assert "党组会议纪要" in "".join(lines)
    [first, *_] = files["cups/page_log-202503"].body.decode().splitlines()
    assert re.fullmatch(
        r"P-A\d\d-[A-Z]{3} [a-z]{3}\d\d \d+ \[.* \+0800\] total \d+ - pc-.* (A3|A4) (one|two)-sided.*", first
    )


def test_the_power_files_are_gbk_with_a_title_and_96_columns(files: dict[str, Delivery]) -> None:
    lines = files["p96/电量96点_202501.csv"].body.decode("gbk").split("\r\n")
    assert lines[0] == "青岚市政府大院电力监控系统 日电量报表(kWh) 202501"
    assert len(lines[1].split(",")) == 3 + 96 + 1
    assert lines[1].split(",")[3] == "00:15"
    assert lines[1].split(",")[98] == "24:00"
    assert len(lines) == 2 + 31 * 6 + 1


def test_the_archives_carry_no_clock(files: dict[str, Delivery]) -> None:
    with zipfile.ZipFile(io.BytesIO(files["preg/energy_202501.zip"].body)) as zipped:
        assert [(info.filename, info.date_time) for info in zipped.infolist()] == [
            ("energy_202501.csv", (2020, 1, 1, 0, 0, 0))
        ]


def test_one_daily_file_never_came(files: dict[str, Delivery]) -> None:
    stories = Stories(ANCHOR)
    days = {
        delivery.first
        for name, delivery in files.items()
        if name.startswith("p96/") and len(name) == len("p96/电量96点_20260301.csv")
    }
    due = {stories.ago(n) for n in range(1, (ANCHOR - date(2026, 2, 1)).days + 1)}
    assert due - days == {stories.never_came}


def test_the_duplicate_has_the_bytes_of_the_first_file(files: dict[str, Delivery]) -> None:
    month = f"{Stories(ANCHOR).duplicate:%Y%m}"
    assert files[f"wreg/水表累计_{month}_副本.csv"].body == files[f"wreg/水表累计_{month}.csv"].body


def test_the_corrected_file_differs_in_three_days_of_one_meter(files: dict[str, Delivery]) -> None:
    code, first, end = Stories(ANCHOR).corrected
    wrong = files[f"p96/电量96点_{first:%Y%m}.csv"].body.decode("gbk").split("\r\n")
    right = files[f"p96/电量96点_{first:%Y%m}_更正.csv"].body.decode("gbk").split("\r\n")
    differing = [a.split(",") for a, b in zip(right, wrong, strict=True) if a != b]
    assert [(row[0], row[1]) for row in differing] == [
        ((first + timedelta(days=n)).isoformat(), code) for n in range((end - first).days)
    ]


def test_a_register_rolls_over_and_the_flow_goes_on() -> None:
    series = _series()
    code, day = series.stories.rollover
    point = series.compound.index[code]
    shown = series.register(point)
    steps = np.diff(shown)
    assert int((steps < 0).sum()) == 1
    assert abs(int(np.flatnonzero(steps < 0)[0]) // 24 - series.at(day)) <= 1
    assert int(np.mod(steps, 10**point.digits * 1000).sum()) == int(series.gross(point).sum())


def test_a_swapped_meter_shows_less_and_loses_nothing() -> None:
    series = _series()
    point = series.compound.index[series.stories.swap[0]]
    shown, slot = series.register(point), series.swap_slot(point)
    final, initial = series.swap_values(point)
    assert shown[slot + 1] < shown[slot]
    counted = (final - int(shown[0])) + (int(shown[-1]) - initial)
    assert counted == int(series.gross(point).sum()) // point.multiplier


def test_the_lights_burn_at_night_since_the_day_of_the_story() -> None:
    series = _series()
    code, since = series.stories.lights
    nights = series.gross(series.compound.index[code])[:, 4:20].mean(axis=1)
    at = series.at(since)
    assert nights[at : at + 30].mean() > 2 * nights[at - 30 : at].mean()


def test_the_leak_runs_for_three_weeks() -> None:
    series = _series()
    code, first, end, litres = series.stories.leak
    low = series.gross(series.compound.index[code])[:, 1:5].min(axis=1)
    assert np.flatnonzero(low >= litres * 0.99).tolist() == list(range(series.at(first), series.at(end)))
    assert (end - first).days == 21


def test_a_gateway_was_off_and_its_rows_are_not_in_the_files(files: dict[str, Delivery]) -> None:
    code, first, end = Stories(ANCHOR).gap
    days = set()
    for name, delivery in files.items():
        if name.startswith("p96/"):
            days |= {line.split(",")[0] for line in delivery.body.decode("gbk").split("\r\n") if f",{code}," in line}
    start = date(2025, 1, 1)
    every = {start + timedelta(days=n) for n in range((ANCHOR - start).days)}
    off = {first + timedelta(days=n) for n in range((end - first).days)}
    assert {date.fromisoformat(day) for day in days} == every - off - {Stories(ANCHOR).never_came}
