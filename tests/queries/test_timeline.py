"""What happened to a unit, on the time axis: each kind once, on its day, for those who may see the unit."""

from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.database.tables import (
    AuditEvent,
    Correction,
    Estimate,
    ImportRun,
    MeterAlias,
    MeterEvent,
    MeterShare,
    PeriodClose,
    Register,
    Source,
    Target,
    UnitFact,
    UnitMove,
)
from monitor.domain.periods import to_day
from monitor.errors import NotFound
from monitor.queries.timeline import Happening, timeline
from tests.queries.conftest import NOW, World

START = to_day(date(2026, 1, 1))
END = START + 59


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(days=number)


def noon(number: int) -> datetime:
    return datetime(2026, 1, 1, 4, tzinfo=UTC) + timedelta(days=number)


def ask(world: World, unit: str = "a1", resource: str = "electricity") -> list[Happening]:
    return timeline(world.session, world.parent, world.units[unit], resource, START, END)


def register(world: World, meter: str) -> int:
    found = world.session.query(Register.id).filter(Register.meter_id == world.meters[meter]).scalar()
    assert isinstance(found, int)
    return found


def put(world: World, *rows: object) -> None:
    world.session.add_all(rows)
    world.session.flush()


def test_swaps_corrections_and_estimates_of_its_meters_are_told(world: World) -> None:
    own = register(world, "sub")
    said = {"reason": "misread", "actor": "li", "created_at": NOW}
    at = int(noon(4).timestamp())
    put(
        world,
        MeterEvent(
            register_id=own, kind="replacement", at=noon(9), final_value=5, initial_value=1, note="old", actor="w"
        ),
        MeterEvent(register_id=own, kind="multiplier", at=noon(12), initial_value=40, final_value=1),
        Correction(register_id=own, operation="void", start_at=at, end_at=at + 2 * 86_400, **said),
        Correction(register_id=own, operation="replace", start_at=at, end_at=at, value=7, voided_at=NOW, **said),
        Estimate(meter_id=world.meters["sub"], start_day=day(20), end_day=day(22), quantity=8, **said),
        Correction(register_id=register(world, "dorm"), operation="void", start_at=at, end_at=at + 1, **said),
    )

    found = [(one.kind, one.first - START, one.last - START, one.what, one.after, one.withdrawn) for one in ask(world)]

    assert found == [
        ("estimate", 20, 21, "sub", 8, False),
        ("multiplier", 12, 12, "sub", 40_000_000, False),
        ("replacement", 9, 9, "sub", 1, False),
        ("replace", 4, 4, "sub", 7, True),
        ("void", 4, 6, "sub", None, False),
    ]


def test_days_without_data_are_one_line_for_all_meters_that_lack_them(world: World) -> None:
    for meter in ("main", "sub"):
        world.days(meter, [1] * 10 + [None] * 3 + [1] * 46, first=START)
    world.days("dorm", [1, None, 1] + [1] * 56, first=START)

    found = [(one.kind, one.first - START, one.last - START, one.what, one.others) for one in ask(world, "hq")]

    assert found == [("gap", 10, 12, "main", 1)]


def test_a_meter_read_by_the_clock_that_fell_silent_is_a_hole_to_the_end(world: World) -> None:
    world.session.query(Register).filter(Register.id == register(world, "sub")).update({"interval_seconds": 900})
    world.days("sub", [1] * 30, first=START)
    world.days("main", [1] * 30, first=START)

    found = [(one.kind, one.first - START, one.last - START, one.what) for one in ask(world, "hq")]

    assert found == [("gap", 30, 58, "sub")]


def test_moves_facts_and_shares_are_told_with_who_did_it(world: World) -> None:
    a1, b = world.units["a1"], world.units["b"]
    put(
        world,
        UnitMove(unit_id=a1, at=day(31), from_parent_id=b, to_parent_id=world.units["a"], actor="wang", created_at=NOW),
        UnitFact(unit_id=a1, kind="head_count", value=10_000, valid_from=date(2025, 1, 1), valid_to=day(14)),
        UnitFact(unit_id=a1, kind="head_count", value=12_000, valid_from=day(14), note="new posts"),
        AuditEvent(at=NOW, actor="chen", action="setup.create", subject=f"fact:a1:head_count:{day(14)}"),
        AuditEvent(at=NOW, actor="zhao", action="setup.create", subject=f"meter:sub:share:b:{day(40)}"),
    )
    world.session.query(MeterShare).filter(MeterShare.meter_id == world.meters["sub"]).update({"valid_to": day(40)})
    put(
        world,
        MeterShare(meter_id=world.meters["sub"], unit_id=a1, ppm=700_000, valid_from=day(40)),
        MeterShare(meter_id=world.meters["sub"], unit_id=b, ppm=300_000, valid_from=day(40)),
    )

    found = [(one.kind, one.first - START, one.what, one.before, one.after, one.actor) for one in ask(world)]

    assert found == [
        ("share", 40, "sub", 1_000_000, 700_000, "zhao"),
        ("moved", 31, "a1", None, None, "wang"),
        ("fact", 14, "a1", 10_000, 12_000, "chen"),
    ]


def test_where_a_unit_went_is_named_only_to_those_who_see_it(world: World) -> None:
    ends = {"from_parent_id": world.units["b"], "to_parent_id": world.units["a"]}
    put(world, UnitMove(unit_id=world.units["a1"], at=day(31), created_at=NOW, **ends))

    ways = [
        timeline(world.session, who, world.units["a1"], "electricity", START, END)[0].detail
        for who in (world.parent, world.own)
    ]

    assert ways == ["b → a", "… → …"]


def test_targets_and_closed_months_are_told_on_the_day_they_were_decided(world: World) -> None:
    hq = world.units["hq"]
    put(
        world,
        Target(
            unit_id=world.units["a1"],
            resource="electricity",
            indicator="total",
            year=2026,
            baseline_year=2025,
            reduction=50_000,
            version=2,
            actor="li",
            created_at=noon(3),
            approved_by="wang",
            approved_at=noon(5),
        ),
        PeriodClose(
            unit_id=hq,
            month="2026-01",
            data="{}",
            sha256="0" * 64,
            closed_at=noon(35),
            closed_by="wang",
            reopened_at=noon(36),
        ),
    )

    found = [(one.kind, one.first - START, one.detail, one.what, one.actor) for one in ask(world)]

    assert found == [
        ("reopened", 36, "2026-01", "hq", ""),
        ("closed", 35, "2026-01", "hq", "wang"),
        ("target", 5, "approved:total:2026", "a1", "wang"),
        ("target", 3, "changed:total:2026", "a1", "li"),
    ]
    below = timeline(world.session, world.own, world.units["a1"], "electricity", START, END)
    assert [one.what for one in below if one.kind == "closed"] == [""]


def test_an_import_taken_back_is_told_without_its_receipt_to_those_who_see_a_part(world: World) -> None:
    source = Source(code="s", name_zh="源", name_en="Source", kind="tabular", options={}, created_at=NOW)
    other = Source(code="o", name_zh="源", name_en="Other", kind="tabular", options={}, created_at=NOW)
    put(world, source, other)
    run = {
        "state": "undone",
        "trigger": "hand",
        "actor": "li",
        "started_at": NOW,
        "first_at": noon(2),
        "last_at": noon(6),
    }
    put(
        world,
        MeterAlias(alias="x", source_id=source.id, meter_id=world.meters["sub"]),
        ImportRun(source_id=source.id, **run),
        ImportRun(source_id=other.id, **run),
    )

    whole, part = (
        timeline(world.session, who, world.units["a1"], "electricity", START, END) for who in (world.parent, world.own)
    )

    assert [(one.kind, one.first - START, one.last - START, one.actor) for one in whole] == [("undone", 2, 6, "li")]
    assert [(whole[0].run_id is None), (part[0].run_id is None)] == [False, True]


def test_a_stranger_learns_nothing_and_the_statements_are_few(world: World) -> None:
    with pytest.raises(NotFound):
        timeline(world.session, world.stranger, world.units["a1"], "electricity", START, END)
    with world.statements() as sent:
        ask(world, "hq")

    assert sent.count == 15
