"""The demo's inbox: what is there at the start, what arrives while it runs, and the declaration of its site."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from monitor.demo.build import build, due, fill, morning, withheld
from monitor.demo.site import site
from monitor.services.setup import parse_site

ANCHOR = date(2026, 1, 28)
NOW = datetime(2026, 1, 28, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    fill(folder, build(ANCHOR, size="slice"))
    return folder


def _names(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def test_the_power_file_of_the_last_day_is_held_back(inbox: Path) -> None:
    assert withheld(build(ANCHOR, size="slice")) == "p96/电量96点_20260127.csv"
    assert not (inbox / "p96/电量96点_20260127.csv").exists()
    assert (inbox / "p96/电量96点_20260126.csv").exists()


def test_filling_again_writes_nothing(inbox: Path) -> None:
    assert fill(inbox, build(ANCHOR, size="slice")) == []


def test_no_half_written_file_stays_behind(inbox: Path) -> None:
    assert sorted(name for name in _names(inbox) if name.split("/")[1].startswith(".")) == []


def test_files_arrive_as_the_mornings_come(inbox: Path) -> None:
    before = _names(inbox)
    assert due(inbox, ANCHOR, ANCHOR) == [("p96", date(2026, 1, 27), ANCHOR)]
    first = morning(inbox, ANCHOR, ANCHOR, size="slice", arrived=NOW)
    assert [file.name for file in first] == ["电量96点_20260127.csv"]
    assert morning(inbox, ANCHOR, ANCHOR, size="slice", arrived=NOW) == []
    later = morning(inbox, ANCHOR, ANCHOR + timedelta(days=25), size="slice", arrived=NOW)
    assert len(later) == 25 * 7 + 5
    assert sorted(
        file.name for file in later if file.parent.name in {"phand", "whand", "pcount", "packs", "bills"}
    ) == [
        "复印纸领用_202601.xlsx",
        "打印机计数_20260201.csv",
        "水电账单_202601.csv",
        "水表抄表_202602.xlsx",
        "电表抄表_202602.xlsx",
    ]
    assert morning(inbox, ANCHOR, ANCHOR + timedelta(days=25), size="slice", arrived=NOW) == []
    for name in _names(inbox) - before:
        (inbox / name).unlink()


def test_a_later_file_goes_on_where_the_earlier_one_ended(inbox: Path) -> None:
    day, following = ANCHOR, ANCHOR + timedelta(days=1)
    new = morning(inbox, ANCHOR, following, size="slice", arrived=NOW)
    [water] = [file for file in new if file.parent.name == "wreg"]
    rows = [line.split(",") for line in water.read_text(encoding="utf-8-sig").splitlines()[1:]]
    times = [row[1] for row in rows if row[0] == "W-A22"]
    assert times[0] == f"{day} 01:00"
    assert times[-1] == f"{following} 00:00"
    assert len(times) == 24
    values = [float(row[2]) for row in rows if row[0] == "W-A22"]
    before = (inbox / f"wreg/水表累计_{day - timedelta(days=1):%Y%m%d}.csv").read_text(encoding="utf-8-sig")
    last = float([line.split(",")[2] for line in before.splitlines() if line.startswith("W-A22")][-1])
    assert last <= values[0]
    assert values == sorted(values)
    for file in new:
        file.unlink()


@pytest.mark.parametrize("size", ["whole", "slice"])
def test_the_declaration_is_a_valid_site(size: str, tmp_path: Path) -> None:
    series = build(ANCHOR, size=size)
    spec = parse_site(site(series, tmp_path), name="demo")
    assert len(spec.all_units()) == 66
    printers, bureaux = len(series.paper.printers), len(series.paper.bureaux)
    assert len(spec.meters) == len(series.compound.points) + 2 * printers + bureaux + 1  # the weather station
    assert [source.code for source in spec.sources] == [
        "power-monitoring",
        "sub-metering",
        "dormitory-power",
        "smart-water",
        "weather-station",
        "power-sheets",
        "water-sheets",
        "utility-bills",
        "print-logger",
        "page-log",
        "device-counters",
        "paper-store",
    ]
    [swapped] = [meter for meter in spec.meters if any(register.events for register in meter.registers)]
    assert swapped.code == "E-A26"
    [event] = swapped.registers[0].events
    assert (event.kind, str(event.initial)) == ("replacement", "0.12")
    assert {(target.indicator, target.resource, target.reduction) for target in spec.targets} == {
        ("total", "electricity", 50_000),
        ("total", "water", 100_000),
        ("total", "paper", 50_000),
        ("per_person", "electricity", 50_000),
        ("per_m2", "electricity", 50_000),
        ("per_person", "water", 60_000),
    }
