"""Places, meters, registers, events, shares and aliases as people edit them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.readings import rebuild_daily, store_readings
from monitor.database.tables import (
    DailyConsumption,
    ImportRun,
    Meter,
    MeterAlias,
    MeterShare,
    OrgUnit,
    Place,
    PlaceHours,
    Register,
    Source,
)
from monitor.domain.access import SYSTEM, Actor
from monitor.domain.readings import DTYPES
from monitor.errors import Conflict, JieyueError
from monitor.services import metering
from monitor.services.metering import EventSpec, HoursSpec, MeterSpec, PlaceSpec, RegisterSpec, ShareSpec
from monitor.services.setup import apply_site, parse_part, parse_site
from tests.queries.conftest import NOW, World
from tests.services.test_organisation import admin_of, code_of

JUNE = date(2026, 6, 1)
START = int(datetime(2026, 1, 4, 16, tzinfo=UTC).timestamp())


def share(unit: str, percent: str, **more: object) -> ShareSpec:
    return parse_part(ShareSpec, {"unit": unit, "part": percent, **more})


def shares(session: Session, meter: str) -> list[tuple[str, int, date, date | None]]:
    query = select(OrgUnit.code, MeterShare.ppm, MeterShare.valid_from, MeterShare.valid_to)
    query = query.join(OrgUnit, OrgUnit.id == MeterShare.unit_id).join(Meter, Meter.id == MeterShare.meter_id)
    rows = session.execute(query.where(Meter.code == meter).order_by(MeterShare.valid_from, OrgUnit.code))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def read(world: World, meter: str = "tap", days: int = 3) -> None:
    """Store an hourly register of 1 m³ an hour."""
    session = world.session
    source = Source(code="s", name_zh="", name_en="", kind="tabular", options={}, created_at=NOW)
    session.add(source)
    session.flush()
    run = ImportRun(source_id=source.id, state="done", trigger="hand", started_at=NOW)
    session.add(run)
    session.flush()
    register = session.scalar(select(Register.id).where(Register.meter_id == world.meters[meter]))
    steps = range(24 * days + 1)
    frame = pd.DataFrame(
        {
            "register_id": register,
            "start_at": -(2**62),
            "end_at": [START + step * 3600 for step in steps],
            "value": [step * 1_000_000 for step in steps],
            "quality": 0,
            "row_no": list(steps),
        }
    ).astype(DTYPES)
    rebuild_daily(session, store_readings(session, frame, run.id).touched)


def quantities(world: World, meter: str = "tap") -> list[int]:
    found = select(DailyConsumption.quantity).where(DailyConsumption.meter_id == world.meters[meter])
    return list(world.session.scalars(found.order_by(DailyConsumption.day)))


def out_of_hours(world: World, meter: str = "tap") -> list[int]:
    found = select(DailyConsumption.off_hours).where(DailyConsumption.meter_id == world.meters[meter])
    return list(world.session.scalars(found.order_by(DailyConsumption.day)))


# ---------------------------------------------------------------- places


def test_a_place_is_made_changed_and_removed(world: World) -> None:
    session, admin = world.session, world.parent
    spec = parse_part(PlaceSpec, {"code": "gate", "zh": "门卫", "parent": "house", "office_from": "07:30"})

    assert metering.put_place(session, admin, spec).created == ["place:gate"]
    assert metering.describe_place(session, admin, "gate").office_from == 450
    assert metering.remove_place(session, admin, "gate").removed == ["place:gate"]
    with pytest.raises(Conflict) as refused:
        metering.remove_place(session, admin, "house")
    assert str(refused.value) == (
        "STILL_IN_USE: Meters stand at 'house' (dorm, main, sub …); move or remove these first."
    )
    assert code_of(lambda: metering.put_place(session, admin_of(world, "a"), spec)) == "FORBIDDEN"


def test_dated_hours_change_what_was_out_of_hours_from_their_day_on(world: World) -> None:
    session, admin = world.session, world.parent
    read(world)
    before = out_of_hours(world)

    metering.set_hours(session, admin, "house", HoursSpec(since=date(2026, 1, 6), office_from=0, office_to=1440))

    assert out_of_hours(world) == [before[0], 0, 0]
    metering.put_place(session, admin, PlaceSpec(code="house", zh="楼", en="House renamed"))
    assert session.scalars(select(PlaceHours.office_to)).all() == [1440]  # naming a place keeps its hours
    metering.remove_hours(session, admin, "house", date(2026, 1, 6))
    assert out_of_hours(world) == before


# ---------------------------------------------------------------- meters and registers


def test_a_meter_is_made_and_changed_in_part(world: World) -> None:
    session, admin = world.session, world.parent
    spec = MeterSpec(code="gym", resource="electricity", place="house", shares=[share("b", "40%")], aliases=["G1"])

    metering.put_meter(session, admin, spec)
    changed = metering.change_meter(session, admin, "gym", assessed=False, purpose="let_out", parent="main")

    found = metering.describe_meter(session, admin, "gym")
    assert changed.changed == ["meter:gym"]
    assert (found.assessed, found.purpose, found.parent, found.aliases) == (False, "let_out", "main", ["G1"])
    assert [one.part for one in found.shares] == [400_000]
    assert not metering.put_meter(session, admin, found)
    assert code_of(lambda: metering.change_meter(session, admin, "gym", colour="red")) == "SITE_INVALID"
    assert code_of(lambda: metering.change_meter(session, admin, "gym", basis="guess")) == "SITE_INVALID"
    assert code_of(lambda: metering.change_meter(session, admin, "gym", parent="tap")) == "SITE_OTHER_RESOURCE"


def test_a_meter_goes_with_all_that_is_its_own_but_not_with_readings(world: World) -> None:
    session, admin = world.session, world.parent
    read(world)
    metering.set_alias(session, admin, "dorm", "D1")

    gone = metering.remove_meter(session, admin, "dorm")

    assert gone.removed == ["register:dorm:", "meter:dorm:share", "alias:D1", "meter:dorm"]
    assert session.scalars(select(MeterAlias.alias)).all() == []
    said = {}
    for meter in ("main", "tap"):
        with pytest.raises(Conflict) as refused:
            metering.remove_meter(session, admin, meter)
        said[meter] = str(refused.value)
    assert said == {
        "main": "STILL_IN_USE: 'main' has sub-meters (sub); give them another main meter first.",
        "tap": "STILL_IN_USE: 'tap' has readings; undo their imports first, or leave it and end its shares.",
    }


def test_another_multiplier_makes_the_days_anew(world: World) -> None:
    session, admin = world.session, world.parent
    read(world)
    assert quantities(world) == [24_000_000] * 3

    metering.put_register(session, admin, "tap", RegisterSpec(kind="cumulative", multiplier="40"))
    assert quantities(world) == [960_000_000] * 3

    event = EventSpec(kind="multiplier", at=datetime(2026, 1, 6, 0, tzinfo=UTC), multiplier="1/2")
    metering.add_event(session, admin, "tap", "", event)
    assert quantities(world)[2] == 12_000_000
    assert metering.describe_meter(session, admin, "tap").registers[0].events == [event]

    metering.remove_event(session, admin, "tap", "", "multiplier", event.at)
    assert quantities(world) == [960_000_000] * 3


def test_a_replacement_is_kept_in_the_registers_measure_and_does_not_go_with_a_change(world: World) -> None:
    session, admin = world.session, world.parent
    event = EventSpec(
        kind="replacement", at=datetime(2026, 1, 6, tzinfo=UTC), final=Decimal("31.5"), initial=Decimal(2)
    )
    metering.add_event(session, admin, "tap", "", event)

    metering.put_register(session, admin, "tap", RegisterSpec(kind="cumulative", digits=6))

    [register] = metering.describe_meter(session, admin, "tap").registers
    assert (register.digits, register.events) == (6, [event])


def test_the_kind_of_a_register_with_readings_stands_and_it_cannot_go(world: World) -> None:
    session, admin = world.session, world.parent
    read(world)

    assert code_of(lambda: metering.put_register(session, admin, "tap", RegisterSpec(kind="bill"))) == "STILL_IN_USE"
    assert code_of(lambda: metering.remove_register(session, admin, "tap", "")) == "STILL_IN_USE"
    metering.put_register(session, admin, "tap", RegisterSpec(code="bill", kind="bill", priority=20))
    assert metering.remove_register(session, admin, "tap", "bill").removed == ["register:tap:bill"]


# ---------------------------------------------------------------- shares


def test_shares_change_from_a_day_on_and_stay_before(world: World) -> None:
    session, admin = world.session, world.parent

    metering.set_shares(session, admin, "main", [share("a", "50%"), share("b", "50%")], since=JUNE)

    assert shares(session, "main") == [
        ("a", 600_000, date(1970, 1, 1), JUNE),
        ("b", 300_000, date(1970, 1, 1), JUNE),
        ("a", 500_000, JUNE, None),
        ("b", 500_000, JUNE, None),
    ]
    assert not metering.set_shares(session, admin, "main", [share("a", "50%"), share("b", "50%")], since=JUNE)
    metering.set_shares(session, admin, "main", [share("b", "100%")])
    assert shares(session, "main") == [("b", 1_000_000, date(1970, 1, 1), None)]


def test_shares_are_never_above_the_whole_nor_by_two_kinds_of_facts(world: World) -> None:
    session, admin = world.session, world.parent
    by_head, by_area = (
        parse_part(ShareSpec, {"unit": u, "by": by}) for u, by in (("a", "head_count"), ("b", "floor_area"))
    )

    for wanted, code in (
        ([share("a", "60%"), share("b", "41%")], "SITE_TOO_MUCH"),
        ([by_head, by_area], "SITE_MIXED_SHARES"),
    ):
        with pytest.raises(JieyueError) as refused, session.begin_nested():
            metering.set_shares(session, admin, "main", wanted, since=JUNE)
        assert refused.value.code == code
    assert metering.set_shares(session, admin, "main", [share("a", "60%"), by_area], since=JUNE)


# ---------------------------------------------------------------- aliases and roles


def test_an_alias_is_not_taken_from_another_meter(world: World) -> None:
    session, admin = world.session, world.parent
    metering.set_alias(session, admin, "tap", "W1")

    assert code_of(lambda: metering.set_alias(session, admin, "main", "W1")) == "ALIAS_TAKEN"
    metering.remove_alias(session, admin, "W1")
    assert metering.set_alias(session, admin, "main", "W1").created == ["alias:W1"]
    assert code_of(lambda: metering.remove_alias(session, admin, "W2")) == "NOT_FOUND"
    assert code_of(lambda: metering.set_alias(session, admin, "main", "W1", source="none")) == "NOT_FOUND"


def _edits(world: World, actor: Actor) -> dict[str, str]:
    session = world.session
    own = MeterSpec(code="new", resource="water", place="house", unit="a1")
    return {
        "own meter": _tried(lambda: metering.change_meter(session, actor, "sub", en="Sub")),
        "shared meter": _tried(lambda: metering.change_meter(session, actor, "main", en="Main")),
        "meter of another": _tried(lambda: metering.change_meter(session, actor, "tap", en="Tap")),
        "new for the own": _tried(lambda: metering.put_meter(session, actor, own)),
        "new for nobody": _tried(lambda: metering.put_meter(session, actor, own.model_copy(update={"unit": None}))),
        "give away": _tried(lambda: metering.set_shares(session, actor, "sub", [share("b", "10%")])),
    }


def _tried(change: object) -> str:
    try:
        change()  # type: ignore[operator]  # a function without arguments
    except JieyueError as error:
        return error.code
    return "done"


def test_a_meter_is_edited_by_who_manages_all_its_units(world: World) -> None:
    assert _edits(world, admin_of(world, "a")) == {
        "own meter": "done",
        "shared meter": "FORBIDDEN",
        "meter of another": "NOT_FOUND",
        "new for the own": "done",
        "new for nobody": "FORBIDDEN",
        "give away": "NOT_FOUND",
    }
    assert set(_edits(world, world.own).values()) == {"FORBIDDEN", "NOT_FOUND"}
    assert set(_edits(world, world.parent).values()) == {"done"}


def test_what_is_said_about_the_organisation_is_what_a_site_file_would_say(world: World) -> None:
    from monitor.services.organisation import describe

    spec = describe(world.session, world.parent)

    assert not apply_site(world.session, SYSTEM, parse_site(spec.model_dump(by_alias=True)), now=NOW)
    assert world.session.scalars(select(Place.code)).all() == ["house"]
