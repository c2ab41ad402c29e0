"""The page about the first day does what it says: its commands run word for word, its tables come out."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from monitor import i18n
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.domain.amounts import change
from monitor.domain.periods import Month, to_day, year_days
from monitor.domain.targets import Status
from monitor.queries import consumption, scope, targets

NEW_YEARS_EVE = to_day(date(2019, 12, 31))
YEAR_2018, YEAR_2019 = year_days(2018), year_days(2019)


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def table(page: str, heading: str) -> list[list[str]]:
    """Give the body of the table whose first header cell is `heading`."""
    lines = page[page.index(f"| {heading} |") :].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2 : lines.index("")]]


@pytest.fixture(scope="module")
def page(repo: Path) -> str:
    return (repo / "docs" / "first-day.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def done(page: str, repo: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The folder after all commands, and what each block printed."""
    folder = tmp_path_factory.mktemp("first-day")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("JIEYUE_")}
    environ |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "EXAMPLES": str(repo / "examples" / "first-day"),
        "DATA": str(shared_data),
    }
    marker = "---- next block ----"
    script = f"\necho '{marker}'\n".join(blocks(page, "sh"))
    ran = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return folder / "campus", ran.stdout.split(marker)


@pytest.fixture(scope="module")
def database(done: tuple[Path, list[str]]) -> Iterator[Database]:
    with Database(f"sqlite:///{done[0] / 'jieyue-data' / 'jieyue.db'}") as database:
        yield database


def test_the_preview_counts_the_zeros_as_missing(done: tuple[Path, list[str]]) -> None:
    said = json.loads((done[0] / "preview.json").read_text(encoding="utf-8"))
    counts = {name: said["counts"][name] for name in ("read", "accepted", "blank", "refused")}
    months = [Decimal(str(total["display"]["value"])) for total in said["totals"]]

    assert counts == {"read": 8760, "accepted": 8518, "blank": 242, "refused": 0}
    assert (len(months), sum(months)) == (12, Decimal("458664.7"))


def test_setting_up_twice_changes_nothing(done: tuple[Path, list[str]]) -> None:
    first, second = (line for line in done[1][2].splitlines() if "created" in line)

    assert first.endswith("0 changed, 0 removed, 0 the same.")
    assert "0 created, 0 changed, 0 removed" in second


def test_the_same_file_again_brings_nothing_new(done: tuple[Path, list[str]]) -> None:
    said = json.loads((done[0] / "again.json").read_text(encoding="utf-8"))

    assert (said["state"], said["counts"]["new"], said["counts"]["changed"]) == ("unchanged", 0, 0)


def test_the_table_of_buildings_is_what_comes_out(page: str, database: Database) -> None:
    with database.session() as session:
        judged = {
            row.unit.code: row.judged
            for row in targets.board(session, SYSTEM, 2019, NEW_YEARS_EVE)
            if row.resource == "electricity"
        }
        rows = []
        for unit in scope.units(session, SYSTEM):
            before = consumption.amount(session, SYSTEM, unit.id, "electricity", *YEAR_2018)
            now = consumption.amount(session, SYSTEM, unit.id, "electricity", *YEAR_2019)
            verdict = judged[unit.code]
            assert verdict is not None
            assert (verdict.progress.used, verdict.progress.baseline) == (now, before)
            rows.append(
                [
                    unit.code,
                    *(i18n.quantity(amount.quantity, "electricity", "en", measure=False) for amount in (before, now)),
                    i18n.percent(change(now.quantity, before.quantity), "en", sign=True),
                    *(i18n.coverage(amount.coverage, "en") for amount in (before, now)),
                    verdict.progress.status.value.replace("_", " "),
                ]
            )

    order = [row[0] for row in table(page, "unit")]
    assert sorted(rows, key=lambda row: order.index(row[0])) == table(page, "unit")


def test_what_hangs_on_the_missing_hours_is_not_judged_and_says_so(database: Database) -> None:
    with database.session() as session:
        unit = scope.unit_by_code(session, SYSTEM, "b11")
        found = targets.progress(session, SYSTEM, unit.id, "electricity", 2019, NEW_YEARS_EVE)[0].progress

    assert found.status is Status.NOT_JUDGED
    assert [reason.code for reason in found.reasons] == ["VERDICT_HANGS_ON_BASELINE"]


def test_the_second_look_states_what_the_missing_hours_could_change(page: str, database: Database) -> None:
    with database.session() as session:
        b11, b13 = (
            targets.progress(
                session, SYSTEM, scope.unit_by_code(session, SYSTEM, code).id, "electricity", 2019, NEW_YEARS_EVE
            )[0].progress
            for code in ("b11", "b13")
        )

    larger = (b11.baseline.if_complete() or 0) * 95 // 100
    stated = [b13.used.if_complete(), b13.allowance, b11.used.quantity, b11.allowance, larger]
    for figure in stated:
        assert i18n.quantity(figure, "electricity", "en", measure=False) in page


def test_water_without_a_baseline_is_honestly_not_judged(database: Database) -> None:
    with database.session() as session:
        unit = scope.unit_by_code(session, SYSTEM, "campus")
        found = targets.progress(session, SYSTEM, unit.id, "water", 2019, NEW_YEARS_EVE)[0].progress

    assert found.status is Status.NOT_JUDGED
    assert "BASELINE_MISSING" in {reason.code for reason in found.reasons}


def test_december_is_what_the_page_says_and_the_report_says_the_same(
    page: str, database: Database, done: tuple[Path, list[str]]
) -> None:
    stated = {row[0].partition(",")[0]: row[1:] for row in table(page, "campus, December")}
    with database.session() as session:
        unit = scope.unit_by_code(session, SYSTEM, "campus")
        found = {
            resource: [
                i18n.quantity(
                    consumption.amount(session, SYSTEM, unit.id, resource, m.start, m.end).quantity,
                    resource,
                    "en",
                    measure=False,
                )
                for m in (Month(2018, 12), Month(2019, 12))
            ]
            for resource in ("electricity", "water")
        }
    english, chinese = (
        (done[0] / f"december-{language}.html").read_text(encoding="utf-8") for language in ("en", "zh")
    )

    assert found == stated
    for figure in (found["electricity"][0], found["electricity"][1], found["water"][1]):
        assert figure in english
        assert figure in chinese


def test_the_gap_in_the_water_registers_is_marked_as_estimated(database: Database) -> None:
    with database.session() as session:
        unit = scope.unit_by_code(session, SYSTEM, "campus")
        first = to_day(date(2019, 12, 1))
        frame = consumption.days(session, SYSTEM, unit.id, "water", first, first + 4)

    estimated = frame["estimated"].to_numpy()
    assert (estimated[:2] == frame["quantity"].to_numpy()[:2]).all()
    assert estimated[3] < frame["quantity"].to_numpy()[3]
