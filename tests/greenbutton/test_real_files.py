"""Real Green Button files: totals and counts as their owners assert them, tables as docs/real-files.md prints them."""

import re
import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from importers._green_button_feed import Records
from importers._green_button_reader import read
from monitor.intake import pipeline
from monitor.intake.contract import Document
from tests.test_real_files import table_after

LINE = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\+00:00, (?:(\d+) days, )?(\d+):00:00: ([\d.]+) (\w+)(?:\(\$([\d.]+)\))?"
)


def records(file: Path) -> Records:
    with tempfile.TemporaryFile() as spool:
        feed = read(Document(file.name, file), spool)
        assert (feed.issues, feed.refused) == ([], 0)
        return np.concatenate(list(feed.batches(100_000)))


def expected(file: Path) -> list[tuple[int, int, Decimal, Decimal]]:
    """Start, duration, value, cost of each line of the owners' expected results."""
    found = []
    for when, days, hours, value, _unit, cost in LINE.findall(file.read_text("utf-8")):
        start = int(datetime.fromisoformat(when + "+00:00").timestamp())
        found.append((start, int(days or 0) * 86_400 + int(hours) * 3600, Decimal(value), Decimal(cost or 0)))
    return found


def told(file: Path, scale: int) -> list[tuple[int, int, Decimal, Decimal]]:
    rows = records(file)
    return [
        (
            int(row["start"]),
            int(row["duration"]),
            Decimal(str(row["value"])) / scale,
            Decimal(str(np.nan_to_num(row["cost"]))) / 100_000,
        )
        for row in rows
    ]


def test_every_reading_is_the_one_that_the_owners_print(shared_data: Path) -> None:
    folder = shared_data / "greenbutton"
    pairs = [
        (path, folder / path.relative_to(folder).with_suffix("").with_suffix(".xml"))
        for path in sorted(folder.rglob("*.expected.txt"))
    ]
    found = {}
    for owners, file in pairs:
        scale = 1000 if file.name.startswith("gas") else 1  # their reader divides therms by the power of ten
        found[file.name] = (len(expected(owners)), told(file, scale) == expected(owners))

    assert found == {
        "TestGBDataHourlyNineDaysBinnedDaily.xml": (216, True),
        "electric_containerized.xml": (8, True),
        "gas_containerized.xml": (3, True),
        "gas_direct.xml": (5, True),
    }


def test_the_sums_of_the_coastal_house_are_those_of_its_owner(shared_data: Path) -> None:
    rows = records(shared_data / "greenbutton" / "cew821-sample_greenbutton_data.xml")
    between = rows[(rows["start"] >= 1_293_915_600) & (rows["start"] < 1_293_922_800)]

    assert (len(rows), rows["value"].sum(), between["value"].tolist()) == (362, 291_018, [852, 798])
    assert rows["value"][rows["start"] == 1_293_919_200].tolist() == [798]


def test_the_same_readings_in_other_units_are_the_same_numbers_or_refused_by_name(shared_data: Path) -> None:
    found: dict[str, Any] = {}
    for file in sorted((shared_data / "greenbutton" / "seed-units").glob("*.xml")):
        assert records(file)["value"].tolist() == [1790, 1792]
        shown = pipeline.preview("green_button", {}, [file]).to_json()
        counts = shown["counts"]
        found[file.stem] = (counts["accepted"], counts["refused"], [issue["code"] for issue in shown["issues"]])

    refused = (0, 2, ["SERVICE_NOT_KEPT"])
    assert found == {
        "electricity-wh": (2, 0, []),
        "gas-J--3": refused,
        "gas-MBtu": refused,
        "gas-therms--3": refused,
        "invalid-electricity-cf": (0, 2, ["UNIT_WRONG"]),
        "invalid-time-service-kind": refused,
    }


def test_every_file_comes_out_as_documented(repo: Path, shared_data: Path) -> None:
    table = table_after(repo, "## Green Button")
    folder = shared_data / "greenbutton"
    found = []
    for name, *_ in table:
        shown = pipeline.preview("green_button", {}, [folder / name]).to_json()
        total = sum((Decimal(row["display"]["value"]) for row in shown["totals"]), Decimal(0))
        found.append([name, *(str(shown["counts"][key]) for key in ("read", "accepted", "refused")), str(total)])

    assert found == [row[:5] for row in table]
    assert {row[0] for row in table} == {path.relative_to(folder).as_posix() for path in folder.rglob("*.xml")}
