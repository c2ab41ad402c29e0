"""Real files: totals as their owners print them, counts as docs/real-files.md explains them, nothing new the second time."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.database.engine import Database
from monitor.database.tables import Meter, Place, Register, Source
from monitor.domain.access import SYSTEM
from monitor.intake import pipeline
from monitor.intake.pipeline import Preview

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AMR = "energy-sparks-amr/"


def table_after(repo: Path, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of docs/real-files.md."""
    text = (repo / "docs" / "real-files.md").read_text("utf-8").split(heading, 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def looked_at(file: Path, profile: str) -> Preview:
    return pipeline.preview("tabular", {"profile": profile}, [file])


def total(preview: Preview) -> Decimal:
    return sum((Decimal(row["display"]["value"]) for row in preview.to_json()["totals"]), Decimal(0))


def printed(value: Decimal, like: str) -> str:
    return str(round(value, len(like.partition(".")[2])) if "." in like else round(value))


def test_every_half_hourly_file_comes_out_as_documented(repo: Path, shared_data: Path) -> None:
    rows = table_after(repo, "## Half-hourly electricity")
    found = []
    for file, profile, *expected, _why in rows:
        shown = looked_at(shared_data / AMR / file, profile)
        counts = shown.to_json()["counts"]
        if expected[0] == "–":
            assert f"`{shown.error[0]}`" in _why
            found.append([file, "–", "–", "–", "–"])
        else:
            values = [str(counts[key]) for key in ("read", "accepted", "refused")]
            found.append([file, *values, printed(total(shown), expected[3])])

    assert found == [[row[0], *row[2:6]] for row in rows]


def test_no_half_hourly_file_is_forgotten(repo: Path, shared_data: Path) -> None:
    named = {row[0] for row in table_after(repo, "## Half-hourly electricity")}
    there = {p.relative_to(shared_data / AMR).as_posix() for p in (shared_data / AMR).rglob("*") if p.is_file()}

    assert there - named == {"date-test.xlsx"}


def test_the_documented_totals_are_those_of_the_owners(repo: Path, shared_data: Path) -> None:
    owners = (shared_data / "PEER_EXPECTED.md").read_text("utf-8")
    numbers = {row[5] for row in table_after(repo, "## Half-hourly electricity")} - {"–", "0"}
    ours_alone = {"2535.978", "732.199"}  # files with missing values, of which the owners drop whole days

    assert {number for number in numbers - ours_alone if number not in owners} == set()


def test_a_duplicate_row_warns_and_the_later_one_holds(shared_data: Path) -> None:
    shown = looked_at(shared_data / AMR / "row-per-day/duplicate-rows.csv", "energy-sparks-day").to_json()

    assert (shown["counts"]["repeated"], shown["counts"]["blank"]) == (9, 39)
    assert {issue["code"] for issue in shown["issues"]} == {"ROW_CONTRADICTED"}


def test_date_cells_read_as_their_owner_expects(shared_data: Path) -> None:
    from importers import _tabular_source as source
    from importers._tabular_profile import Profile

    profile = Profile.model_validate(
        {"meter": {"constant": "x"}, "time": {"column": 1, "interval": "1h"}, "value": {"column": 2}}
    )
    with source.tables(shared_data / AMR / "date-test.xlsx", "date-test.xlsx", profile) as tables:
        head = next(iter(tables)).head
    dated = [(row[2].removeprefix("@"), row[3].removesuffix("+00:00")) for row in head[1:] if row[2].startswith("@")]

    assert len(dated) == 12
    assert [read.removesuffix("T00:00:00") for read, _ in dated] == [expected for _, expected in dated]


def test_campus_buildings_come_out_as_documented(repo: Path, shared_data: Path) -> None:
    rows = table_after(repo, "## Campus buildings")
    found = []
    for building, *_ in rows:
        cells = [building]
        for year in ("2018", "2019"):
            name = f"UCam_Building_{building}-electricity-{year}.csv"
            shown = looked_at(shared_data / "campus-hourly" / name, "campus-hourly")
            assert shown.tally.read == 8760
            cells += [printed(total(shown), "0.0"), str(shown.tally.blank)]
        found.append(cells)

    assert found == rows


def test_campus_totals_are_those_of_the_owners(repo: Path, shared_data: Path) -> None:
    owners = (shared_data / "PEER_EXPECTED.md").read_text("utf-8").split("## campus-hourly", 1)[1]

    missing = [value for row in table_after(repo, "## Campus buildings") for value in row[1::2] if value not in owners]
    assert missing == []


@pytest.mark.parametrize("suffix", ["", "_fix"])
def test_water_registers_come_out_as_documented(repo: Path, shared_data: Path, suffix: str) -> None:
    rows = table_after(repo, "## Water registers")
    profile = "water-register-clean" if suffix else "water-register"
    found = []
    for name, *_ in rows:
        file = shared_data / "water-register-csv" / name.replace(".csv", f"{suffix}.csv")
        shown = looked_at(file, profile)
        found.append([name, str(shown.tally.read), str(shown.tally.accepted), printed(total(shown), "0")])

    assert found == rows


Fill = Callable[[str, str, str], int]


@pytest.fixture
def fill(database: Database) -> Fill:
    """Make a meter with a source of its own; gives the source's id."""

    def make(meter: str, profile: str, kind: str) -> int:
        with database.session(write=True) as session:
            resource = "water" if kind == "cumulative" else "electricity"
            place = Place(code=f"p-{meter}", name_zh="x", name_en="x", parent_id=None, area=None, zone="UTC")
            session.add(place)
            session.flush()
            row = Meter(code=meter, name_zh="x", name_en="x", resource=resource, place_id=place.id, parent_id=None)
            session.add(row)
            session.flush()
            session.add(Register(meter_id=row.id, kind=kind, measure="m³" if resource == "water" else "kWh"))
            source = Source(
                code=meter, name_zh="x", name_en="x", kind="tabular", options={"profile": profile}, created_at=NOW
            )
            session.add(source)
            session.flush()
            return source.id

    return make


@pytest.mark.parametrize(
    ("file", "made", "new"),
    [
        ("campus-hourly/UCam_Building_b13-electricity-2019.csv", ("b13", "campus-hourly", "interval"), 8518),
        ("water-register-csv/L37-0812-m1.csv", ("L37-0812-m1", "water-register", "cumulative"), 8720),
        (AMR + "row-per-day/valid.csv", ("10545307", "energy-sparks-day", "interval"), 48),
        (AMR + "example-sheffield-file.csv", ("2336533093112", "energy-sparks-sheffield", "interval"), 96),
    ],
)
def test_a_second_import_of_the_same_or_a_saved_file_changes_nothing(
    *,
    database: Database,
    shared_data: Path,
    tmp_path: Path,
    fill: Fill,
    file: str,
    made: tuple[str, str, str],
    new: int,
) -> None:
    source = fill(*made)
    original = shared_data / file
    header, *body = original.read_text("utf-8").splitlines()
    saved = tmp_path / original.name
    quoted = [",".join(f'"{cell}"' for cell in line.split(",")) for line in [header, *reversed(body)]]
    saved.write_text("\r\n".join(quoted) + "\r\n", encoding="utf-16", newline="")

    def bring(path: Path) -> tuple[Any, ...]:
        receipt = pipeline.import_file(
            database, source, path, actor=SYSTEM, now=NOW, archive=tmp_path / "archive", trigger="command"
        )
        return (receipt.state, receipt.new, receipt.changed, receipt.same, receipt.refused)

    assert bring(original) == ("done", new, 0, 0, 0)
    assert bring(original) == ("unchanged", 0, 0, 0, 0)
    assert bring(saved) == ("done", 0, 0, new, 0)


def test_the_months_of_a_preview_add_up_to_its_year(shared_data: Path) -> None:
    file = shared_data / "campus-hourly" / "UCam_Building_b0-electricity-2019.csv"
    rows = looked_at(file, "campus-hourly").to_json()["totals"]

    assert [row["month"] for row in rows] == [f"2019-{month:02d}" for month in range(1, 13)]
    assert sum(row["readings"] for row in rows) == (date(2020, 1, 1) - date(2019, 1, 1)).days * 24
