"""Who sees which units."""

import pytest
from sqlalchemy import update

from monitor.database.tables import RoleGrant, User
from monitor.domain.access import NOBODY, SYSTEM, Action, Role
from monitor.domain.periods import to_day
from monitor.errors import Forbidden, NotFound
from monitor.queries import scope
from tests.queries.conftest import DAY, NOW, World, person


def test_each_sees_the_sub_tree_of_his_grants_in_tree_order(world: World) -> None:
    def seen(actor: scope.Actor) -> list[tuple[str, int]]:
        return [(row.code, row.depth) for row in scope.units(world.session, actor)]

    assert seen(world.parent) == [("hq", 0), ("a", 1), ("a1", 2), ("b", 1)]
    assert seen(world.own) == [("a1", 0)]
    assert seen(world.stranger) == [("b", 0)]
    assert seen(NOBODY) == []
    assert seen(SYSTEM) == seen(world.parent)


def test_what_may_not_be_seen_is_not_there(world: World) -> None:
    for actor in (world.stranger, NOBODY):
        with pytest.raises(NotFound):
            scope.unit(world.session, actor, world.units["a1"])
        with pytest.raises(NotFound):
            scope.unit_by_code(world.session, actor, "a1")
    with pytest.raises(NotFound):
        scope.unit(world.session, SYSTEM, 999)

    assert scope.unit_by_code(world.session, world.own, "a1") == scope.unit(world.session, world.own, world.units["a1"])


def test_the_strongest_of_several_grants_holds(world: World) -> None:
    mixed = person(world.session, "mixed", world.units["hq"], "viewer")
    world.session.add(RoleGrant(user_id=mixed.user_id, unit_id=world.units["a"], role="editor"))
    world.session.flush()

    actor = scope.actor_for(world.session, mixed.user_id or 0)

    assert actor.roles == {
        world.units["hq"]: Role.VIEWER,
        world.units["a"]: Role.EDITOR,
        world.units["a1"]: Role.EDITOR,
        world.units["b"]: Role.VIEWER,
    }


def test_a_disabled_person_is_nobody(world: World) -> None:
    world.session.execute(update(User).where(User.id == world.own.user_id).values(disabled=True))

    assert scope.actor_for(world.session, world.own.user_id or 0) == NOBODY
    assert scope.actor_for(world.session, 999) == NOBODY


def test_a_meter_is_seen_by_whom_it_is_shared_to(world: World) -> None:
    sub = world.meters["sub"]

    assert scope.require_meter(world.session, world.own, sub).code == "sub"
    assert scope.require_meter(world.session, world.parent, sub, Action.EDIT_READINGS).zone == "Asia/Shanghai"
    with pytest.raises(NotFound):
        scope.require_meter(world.session, world.stranger, sub)
    with pytest.raises(Forbidden):
        scope.require_meter(world.session, world.own, sub, Action.EDIT_READINGS)


def test_a_fact_is_summed_upwards_only_where_every_sub_unit_has_one(world: World) -> None:
    below = scope.denominators(world.session, world.parent, world.units["b"], DAY)

    assert [(fact.kind, fact.value, fact.own) for fact in below] == [("head_count", 20_000, True)]
    assert to_day(below[0].valid_from) == 0
    assert scope.denominators(world.session, world.parent, world.units["hq"], DAY) == []
    with pytest.raises(NotFound):
        scope.denominators(world.session, world.stranger, world.units["a"], DAY)


def test_a_name_falls_back_to_the_other_language(world: World) -> None:
    row = scope.unit_by_code(world.session, SYSTEM, "a")

    assert (scope.name(row, "zh"), scope.name(row, "en")) == ("甲局", "Bureau A")
    assert scope.name(scope.MeterRow(1, "m", "", "Only", "water", "UTC"), "zh") == "Only"
    assert NOW.tzinfo is not None
