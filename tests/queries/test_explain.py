"""From a figure down to the row of a file."""

import pytest

from monitor.database.tables import Correction, Document, Estimate, ImportRun, Reading, Register, Source
from monitor.domain.access import NOBODY
from monitor.domain.periods import day_edges, from_day
from monitor.errors import NotFound
from monitor.queries import consumption, explain
from tests.queries.conftest import DAY, NOW, World

WEEK = (DAY, DAY + 7)


@pytest.fixture
def register(world: World) -> int:
    """Two hourly readings of `sub` that came in with a file."""
    session = world.session
    source = Source(code="box", name_zh="箱", name_en="Box", kind="tabular", options={}, created_at=NOW)
    session.add(source)
    session.flush()
    document = Document(source_id=source.id, sha256="0" * 64, name="may.csv", size=1, kept_as="00/00", received_at=NOW)
    session.add(document)
    session.flush()
    run = ImportRun(source_id=source.id, document_id=document.id, state="done", trigger="hand", started_at=NOW)
    session.add(run)
    session.flush()
    register_id = session.query(Register.id).filter_by(meter_id=world.meters["sub"]).scalar()
    first = int(day_edges("Asia/Shanghai", DAY, DAY + 1)[0])
    for hour in (1, 2):
        end = first + hour * 3600
        session.add(
            Reading(
                register_id=register_id,
                end_at=end,
                start_at=end - 3600,
                value=hour,
                quality=0,
                run_id=run.id,
                row_no=hour + 1,
            )
        )
    session.flush()
    return int(register_id)


def test_the_shares_of_the_counted_meters_add_up_to_the_figure(world: World) -> None:
    world.days("main", [1001, 999])
    world.days("sub", [400, 398])
    world.days("dorm", [50, 50])

    for code in ("hq", "a", "a1", "b"):
        opened = explain.figure(world.session, world.parent, world.units[code], "electricity", *WEEK)
        figure = consumption.amount(world.session, world.parent, world.units[code], "electricity", *WEEK)

        assert opened.amount == figure
        assert sum(part.share.quantity or 0 for part in opened.meters if part.counted) == figure.quantity
        for part in opened.meters:
            assert sum(share.amount.quantity or 0 for share in part.shares) == part.share.quantity
            below = sum(child.amount.quantity or 0 for child in part.children)
            assert (part.gross.quantity or 0) - below == part.net.quantity


def test_a_day_opens_into_readings_with_their_file_and_row(world: World, register: int) -> None:
    world.days("sub", [3])

    days = explain.meter_days(world.session, world.own, world.meters["sub"], DAY, DAY + 2)
    rows = explain.readings(world.session, world.own, register, DAY, DAY + 1)

    assert [(day.quantity, day.known, day.expected) for day in days] == [(3, True, 86_400), (0, False, 86_400)]
    assert rows[["value", "row_no", "document", "source"]].to_numpy().tolist() == [
        [1, 2, "may.csv", "box"],
        [2, 3, "may.csv", "box"],
    ]
    assert [row.id for row in explain.registers(world.session, world.own, world.meters["sub"])] == [register]
    assert len(explain.readings(world.session, world.own, register, DAY, DAY + 1, limit=1)) == 1


def test_corrections_and_estimates_are_listed_newest_first(world: World, register: int) -> None:
    signed = {"reason": "typo", "actor": "li", "created_at": NOW}
    world.session.add(Correction(register_id=register, operation="void", start_at=1, end_at=2, **signed))
    world.session.add(
        Estimate(meter_id=world.meters["sub"], start_day=from_day(DAY), end_day=from_day(DAY + 1), quantity=9, **signed)
    )
    world.session.flush()

    listed = explain.overlays(world.session, world.own, world.meters["sub"])

    assert sorted((row.kind, row.start, row.value) for row in listed) == [("estimate", DAY, 9), ("void", 1, None)]


def test_a_stranger_opens_nothing(world: World, register: int) -> None:
    sub = world.meters["sub"]
    for actor in (world.stranger, NOBODY):
        for call in (
            lambda who: explain.figure(world.session, who, world.units["a1"], "electricity", *WEEK),
            lambda who: explain.meter_days(world.session, who, sub, *WEEK),
            lambda who: explain.registers(world.session, who, sub),
            lambda who: explain.overlays(world.session, who, sub),
            lambda who: explain.readings(world.session, who, register, *WEEK),
            lambda who: explain.readings(world.session, who, 999, *WEEK),
        ):
            with pytest.raises(NotFound):
                call(actor)


@pytest.mark.parametrize("code", ["a1", "hq"])
def test_a_figure_opens_with_five_statements_for_one_meter_and_for_three(world: World, code: str) -> None:
    for meter in ("main", "sub", "dorm"):
        world.days(meter, [1])

    with world.statements() as seen:
        explain.figure(world.session, world.parent, world.units[code], "electricity", *WEEK)

    assert seen.count == 5
