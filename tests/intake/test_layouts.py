"""Layouts, clocks, numbers and encodings of tables, parsed without database or sandbox."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from importers.tabular import Tabular
from monitor.errors import ConfigurationError, DocumentRefused
from monitor.intake import registry
from monitor.intake.contract import NO_START, Chunk, Document
from tests.intake.conftest import ROWS

LONDON = {"column": "day", "format": "%Y-%m-%d", "zone": "Europe/London"}


def read(tmp_path: Path, body: str | bytes, profile: dict[str, Any], name: str = "file.csv") -> list[Chunk]:
    path = tmp_path / "document"
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return list(Tabular(Tabular.Options.model_validate({"profile": profile})).parse(Document(name, path)))


def values(chunks: list[Chunk]) -> list[float]:
    return [float(v) for chunk in chunks for v in chunk.frame["value"]]


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def days(columns: int, **time: Any) -> dict[str, Any]:
    value = {"first": 3, "count": columns, "measure": "kWh"}
    return {
        "layout": "days",
        "header": 1,
        "meter": {"column": 1},
        "time": LONDON | {"column": 2} | time,
        "value": value,
    }


@pytest.mark.parametrize(
    ("day", "columns", "filled", "hours"),
    [
        ("2026-03-29", 48, 46, 23),
        ("2026-03-29", 46, 46, 23),
        ("2026-10-25", 50, 50, 25),
        ("2026-10-26", 50, 48, 24),
        ("2026-10-25", 25, 25, 25),
        ("2026-10-25", 100, 100, 25),
    ],
)
def test_a_long_and_a_short_day_have_the_slots_they_have(
    tmp_path: Path, day: str, columns: int, filled: int, hours: int
) -> None:
    cells = ",".join(["1"] * filled + [""] * (columns - filled))
    head = ",".join(["m", "day", *[f"c{n}" for n in range(columns)]])

    chunks = read(tmp_path, f"{head}\nE,{day},{cells}\n", days(columns))

    frame = chunks[0].frame
    assert (len(frame), chunks[0].refused, chunks[0].issues) == (filled, 0, [])
    assert int(frame["end_at"].max() - frame["start_at"].min()) == hours * 3600
    assert (frame["start_at"].to_numpy()[1:] == frame["end_at"].to_numpy()[:-1]).all()


def test_a_value_in_a_slot_that_the_day_does_not_have_is_refused(tmp_path: Path) -> None:
    head = ",".join(["m", "day", *[f"c{n}" for n in range(48)]])

    chunks = read(tmp_path, f"{head}\nE,2026-03-29,{','.join(['1'] * 48)}\n", days(48))

    assert [(i.code, i.column) for i in chunks[0].issues] == [
        ("SLOT_NOT_EXISTING", "c46"),
        ("SLOT_NOT_EXISTING", "c47"),
    ]


def test_columns_named_by_clock_time_leave_the_hour_out_that_does_not_exist(tmp_path: Path) -> None:
    head = ",".join(["m", "day", *[f"c{n}" for n in range(24)]])
    cells = ",".join("" if n == 1 else str(n) for n in range(24))

    chunks = read(tmp_path, f"{head}\nE,2026-03-29,{cells}\n", days(24, long_days="clock"))

    frame = chunks[0].frame
    assert (len(frame), chunks[0].issues) == (23, [])
    assert int(frame.loc[frame["value"] == 2, "start_at"].iloc[0]) == utc("2026-03-29T01:00")


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_repeated_hour_is_told_apart_by_its_order(tmp_path: Path, newest_first: bool) -> None:
    labels = ["00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]
    lines = [f"E,2026-10-25 {label},{n}" for n, label in enumerate(labels)]
    profile = ROWS | {
        "time": {"column": "time", "format": "%Y-%m-%d %H:%M", "zone": "Europe/London", "interval": "30min"}
    }

    chunks = read(tmp_path, "\n".join(["meter,time,kWh", *(lines[::-1] if newest_first else lines)]) + "\n", profile)

    frame = chunks[0].frame.sort_values("value")
    first = utc("2026-10-24T23:30")
    assert list(frame["end_at"]) == [first + 1800 * n for n in range(6)]


def test_an_hour_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    profile = ROWS | {"time": {"column": "time", "format": "%Y-%m-%d %H:%M", "zone": "Europe/London", "interval": "1h"}}

    chunks = read(tmp_path, "meter,time,kWh\nE,2026-03-29 01:30,1\n", profile)

    assert [(i.code, i.row_no, i.value) for i in chunks[0].issues] == [("TIME_NOT_EXISTING", 2, "2026-03-29 01:30")]


def test_an_offset_in_the_text_counts(tmp_path: Path) -> None:
    profile = ROWS | {"time": {"column": "time", "format": "iso", "interval": "1h", "label": "start"}}
    body = "meter,time,kWh\nE,2026-10-25T01:00:00+01:00,1\nE,2026-10-25T01:00:00+00:00,2\n"

    frame = read(tmp_path, body, profile)[0].frame

    assert list(frame["start_at"]) == [utc("2026-10-25T00:00"), utc("2026-10-25T01:00")]


def test_meters_by_days_of_a_month_end_with_the_month(tmp_path: Path) -> None:
    profile = {
        "layout": "months",
        "meter": {"column": "表号"},
        "time": {"file_name": r"(?P<year>\d{4})年(?P<month>\d+)月", "zone": "Asia/Shanghai"},
        "value": {"columns": r"\d+日", "measure": "度"},
        "skip": "合计",
    }
    head = ",".join(["表号", *[f"{n}日" for n in range(1, 32)]])
    cells = ",".join([str(n) for n in range(1, 29)] + [""] * 3)

    chunks = read(tmp_path, f"{head}\nE-1,{cells}\n合计,{cells}\n", profile, "电量2026年2月.csv")

    frame = chunks[0].frame
    assert (values(chunks), chunks[0].issues) == ([float(n) for n in range(1, 29)], [])
    assert (int(frame["start_at"].min()), int(frame["end_at"].max())) == (
        utc("2026-01-31T16:00"),
        utc("2026-02-28T16:00"),
    )


SHEET: dict[str, Any] = {
    "layout": "sheets",
    "end": "抄表人",
    "skip": "合计",
    "meter": {"column": "表号"},
    "time": {"start": "上期抄表日", "end": "本期抄表日"},
    "value": {"column": "本期读数", "previous": "上期读数", "multiplier": "倍率", "usage": "用量", "measure": "度"},
}


def hand_sheet() -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, dated = book.add_worksheet("抄表"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["五月抄表记录"])
    sheet.write_row(2, 0, ["表号", "上期抄表日", "上期读数", "本期抄表日", "本期读数", "倍率", "用量"])
    for row, (code, before, now, usage) in enumerate([(412.0, 100, 150.5, 1010), ("E-2", 7, 9, 41)], 3):
        sheet.write_row(row, 0, [code, "", before, "", now, 20, usage])
        sheet.write_datetime(row, 1, datetime(2026, 5, 1), dated)  # noqa: DTZ001 - a cell has no zone
        sheet.write_datetime(row, 3, datetime(2026, 6, 1), dated)  # noqa: DTZ001 - a cell has no zone
    sheet.write_row(5, 0, ["合计", "", "", "", "", "", 1051])
    sheet.write_row(7, 0, ["抄表人:张"])
    book.close()
    return out.getvalue()


def test_a_hand_sheet_gives_both_readings_and_says_where_the_usage_does_not_fit(tmp_path: Path) -> None:
    chunk = read(tmp_path, hand_sheet(), SHEET, "抄表.xlsx")[0]

    frame = chunk.frame
    rows = sorted(zip(frame["meter"], frame["end_at"], frame["value"], frame["multiplier"], strict=True))
    before, now = utc("2026-04-30T16:00"), utc("2026-05-31T16:00")
    assert rows == [("412", before, 100, 20), ("412", now, 150.5, 20), ("E-2", before, 7, 20), ("E-2", now, 9, 20)]
    assert set(frame["start_at"]) == {NO_START}
    assert [(i.code, i.row_no, i.severity) for i in chunk.issues] == [("USAGE_DIFFERS", 5, "warning")]


def test_a_hand_sheet_as_bill_gives_the_product(tmp_path: Path) -> None:
    profile = SHEET | {"value": SHEET["value"] | {"kind": "bill"}}

    assert values(read(tmp_path, hand_sheet(), profile)) == [1010.0, 40.0]


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "expected"),
    [
        ("1234.5", ".", "", 1234.5),
        ('"1,234.5"', ".", ",", 1234.5),
        ('"1.234,5"', ",", ".", 1234.5),
        ('"12,5"', ",", "", 12.5),
        ("１２３４．５", ".", "", 1234.5),
        ("－3", ".", "", -3.0),
        ("1e3", ".", "", 1000.0),
        ('"12,5"', ".", ",", None),
        ('"1,234.5"', ".", "", None),
        ('"1.234,5"', ".", "", None),
        ('"1.234"', ",", "", None),
        ("inf", ".", "", None),
        ("nan", ".", "", None),
        ("True", ".", "", None),
        ("12 kWh", ".", "", None),
    ],
)
def test_a_number_is_read_right_or_refused(
    tmp_path: Path, cell: str, decimal: str, thousands: str, expected: float | None
) -> None:
    profile = ROWS | {"decimal": decimal, "thousands": thousands}

    chunks = read(tmp_path, f"meter,time,kWh\nE,2026-05-01 01:00,{cell}\n", profile)

    assert values(chunks) == ([] if expected is None else [expected])
    assert [i.code for i in chunks[0].issues] == (["NOT_A_NUMBER"] if expected is None else [])


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("gb18030", "gb18030"),
    ],
)
def test_the_encoding_of_chinese_text_is_found_and_shown(tmp_path: Path, encoding: str, shown: str) -> None:
    profile = ROWS | {"meter": {"column": "表号"}, "value": {"column": "电量(度)", "measure": "度"}}
    body = "表号,time,电量(度)\n东楼一号,2026-05-01 01:00,1\n".encode(encoding)

    chunk = read(tmp_path, body, profile)[0]

    assert (list(chunk.frame["meter"]), chunk.detected["encoding"]) == (["东楼一号"], shown)


def test_western_text_is_not_taken_for_chinese(tmp_path: Path) -> None:
    profile = ROWS | {"value": {"column": "Énergie", "measure": "kWh"}}
    body = "meter,time,Énergie\nHôtel de ville,2026-05-01 01:00,1\n".encode("cp1252")

    chunk = read(tmp_path, body, profile)[0]

    assert (list(chunk.frame["meter"]), chunk.detected["encoding"]) == (["Hôtel de ville"], "cp1252")


def test_a_declared_encoding_is_proved(tmp_path: Path) -> None:
    with pytest.raises(DocumentRefused) as caught:
        read(tmp_path, "meter,time,kWh\nÉ,2026-05-01 01:00,1\n".encode("cp1252"), ROWS | {"encoding": "utf-8"})

    assert caught.value.code == "ENCODING_WRONG"


def test_mean_power_keeps_its_measure_and_its_span(tmp_path: Path) -> None:
    profile = ROWS | {
        "time": ROWS["time"] | {"interval": "15min"},
        "value": {"column": "kWh", "kind": "power", "measure": "kW"},
    }

    frame = read(tmp_path, "meter,time,kWh\nE,2026-05-01 01:00,4\n", profile)[0].frame

    assert (list(frame["measure"]), int((frame["end_at"] - frame["start_at"]).iloc[0])) == (["kW"], 900)


def test_decimal_commas_in_a_comma_file_are_refused_from_the_first_row(tmp_path: Path) -> None:
    chunk = read(tmp_path, "meter,time,kWh\nE,2026-05-01 01:00,12,5\n", ROWS)[0]

    assert ([i.code for i in chunk.issues], len(chunk.frame)) == (["ROW_TOO_LONG"], 0)


def test_zeros_that_mean_missing_are_blank_however_written(tmp_path: Path) -> None:
    profile = ROWS | {"value": ROWS["value"] | {"missing": ["0", "NULL"]}}
    body = "meter,time,kWh\n" + "".join(f"E,2026-05-01 0{n}:00,{v}\n" for n, v in enumerate(["0", "0.0", "NULL", "3"]))

    chunk = read(tmp_path, body, profile)[0]

    assert (values([chunk]), chunk.blank, chunk.refused, chunk.read) == ([3.0], 3, 0, 4)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"value": {"column": "kWh", "mesure": "kWh"}}, "value.mesure"),
        ({"meter": {}}, "profile.meter"),
        ({"time": {"column": "time"}}, "profile"),
        ({"time": ROWS["time"] | {"zone": "Mars/Olympus"}}, "time.zone"),
        ({"skip": "("}, "skip"),
    ],
)
def test_a_wrong_profile_is_refused_by_key(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.build("tabular", {"profile": ROWS | change})

    assert (caught.value.code, reason in str(caught.value.data["key"])) == ("OPTIONS_INVALID", True)


def test_chunks_carry_no_more_than_their_share(tmp_path: Path) -> None:
    head = ",".join(["m", "day", *[f"c{n}" for n in range(96)]])
    dates = pd.date_range("2000-01-01", periods=2700).strftime("%Y-%m-%d")
    body = "\n".join([head, *[f"E,{day}," + ",".join(["1"] * 96) for day in dates]]) + "\n"

    lengths = [len(chunk.frame) for chunk in read(tmp_path, body, days(96, zone="UTC"))]

    assert lengths == [651 * 96] * 4 + [96 * 96]
