"""Sources, receipts and refused rows, for those who look after the whole organisation."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.database.tables import Alert, ImportIssue, ImportRun, Source
from monitor.domain.access import NOBODY
from monitor.errors import NotFound
from monitor.queries import operations
from tests.queries.conftest import NOW, World


def add_source(world: World, code: str, runs: int, schedule: str = "") -> list[int]:
    source = Source(
        code=code, name_zh=code, name_en=code, kind="tabular", options={}, schedule=schedule, created_at=NOW
    )
    world.session.add(source)
    world.session.flush()
    ids = []
    for number in range(runs):
        started = NOW + timedelta(hours=number)
        run = ImportRun(source_id=source.id, state="done", trigger="schedule", started_at=started, rows_new=number)
        world.session.add(run)
        world.session.flush()
        ids.append(run.id)
        world.session.add(
            ImportIssue(
                run_id=run.id,
                severity="refused",
                code="NOT_A_NUMBER",
                template="{value}",
                file="f.csv",
                row_no=3,
                value="x",
            )
        )
    world.session.flush()
    return ids


@pytest.mark.parametrize("sources", [1, 3])
def test_sources_come_with_their_last_receipt_in_four_statements(world: World, sources: int) -> None:
    for number in range(sources):
        add_source(world, f"s{number}", runs=number)
    world.session.add(Alert(rule="source_late", subject="s0", opened_at=NOW))
    world.session.flush()

    with world.statements() as seen:
        listed = operations.sources(world.session, world.parent, now=NOW)

    assert seen.count == 4
    assert [row.code for row in listed] == [f"s{number}" for number in range(sources)]
    assert [row.last_run.rows_new if row.last_run else None for row in listed] == [None, 0, 1][:sources]
    assert [row.late for row in listed] == [True, False, False][:sources]


def test_the_next_run_is_told_in_the_zone_of_the_source(world: World) -> None:
    add_source(world, "nightly", 0, schedule="30 2 * * *")
    add_source(world, "by hand", 0)

    due = {row.code: row.next_run for row in operations.sources(world.session, world.parent, now=NOW)}

    assert due["by hand"] is None
    assert due["nightly"] == datetime(2026, 3, 1, 18, 30, tzinfo=UTC)


def test_receipts_come_newest_first_with_the_number_of_their_issues(world: World) -> None:
    first = add_source(world, "one", 2)
    second = add_source(world, "two", 1)

    listed = operations.runs(world.session, world.parent)

    assert [row.id for row in listed] == [*second, *reversed(first)]
    assert [row.issues_total for row in listed] == [1, 1, 1]
    assert [row.id for row in operations.runs(world.session, world.parent, limit=1)] == second
    own = operations.runs(world.session, world.parent, source_id=listed[-1].source_id)
    assert [row.id for row in own] == list(reversed(first))
    assert operations.run(world.session, world.parent, first[0]).rows_new == 0
    assert [(i.code, i.row_no, i.value) for i in operations.issues(world.session, world.parent, first[0])] == [
        ("NOT_A_NUMBER", 3, "x")
    ]


def test_those_who_see_only_a_part_get_nothing_of_the_whole(world: World) -> None:
    run_id = add_source(world, "one", 1)[0]

    for actor in (world.own, world.stranger, NOBODY):
        assert operations.sources(world.session, actor) == []
        assert operations.runs(world.session, actor) == []
        with pytest.raises(NotFound):
            operations.run(world.session, actor, run_id)
        with pytest.raises(NotFound):
            operations.issues(world.session, actor, run_id)
    with pytest.raises(NotFound):
        operations.run(world.session, world.parent, 999)
