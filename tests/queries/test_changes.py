"""A change explained: people, workdays, the rest, to the last integer; nothing is explained where too little was measured."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.database.tables import UnitFact
from monitor.domain.access import SYSTEM
from monitor.domain.changes import explained
from monitor.domain.periods import to_day, workdays, year_days
from monitor.errors import NotFound
from monitor.queries import consumption
from monitor.queries.changes import Change, change
from tests.queries.conftest import World

LAST, THIS = year_days(2025), year_days(2026)
FEBRUARY_END = to_day(date(2026, 2, 28))


@given(
    st.integers(0, 10**15),
    st.integers(-(10**15), 10**15),
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.fractions(0, 10)), max_size=4),
)
def test_the_steps_add_up_to_the_change(before: int, now: int, factors: list[tuple[str, Fraction]]) -> None:
    steps = explained(before, now, factors)
    assert sum(quantity for _, quantity in steps) == now - before
    assert [kind for kind, _ in steps] == [*(kind for kind, _ in factors), "rest"]


def people(world: World, before: int, now: int) -> None:
    rows = ((before, date(2024, 1, 1), date(2026, 1, 1)), (now, date(2026, 1, 1), None))
    for value, first, last in rows:
        fact = UnitFact(unit_id=world.units["a1"], kind="head_count", value=value * 1000, valid_from=first)
        fact.valid_to = last
        world.session.add(fact)
    world.session.flush()


def ask(world: World) -> Change:
    return change(world.session, world.own, world.units["a1"], "electricity", 2026, FEBRUARY_END)


def test_more_people_and_the_rest(world: World) -> None:
    people(world, 10, 11)
    world.days("sub", [1000] * 365, first=LAST[0])
    world.days("sub", [1150] * 59, first=THIS[0])

    found = ask(world)

    assert [(step.kind, step.quantity) for step in found.steps] == [
        ("head_count", 5900),
        ("workdays", 0),
        ("rest", 2950),
    ]
    assert found.now == consumption.amount(
        world.session, SYSTEM, world.units["a1"], "electricity", THIS[0], FEBRUARY_END + 1
    )
    assert found.before.quantity == 59_000


def test_a_calendar_with_other_workdays_explains_its_part(world: World) -> None:
    for first, end in ((LAST[0], LAST[1]), (THIS[0], FEBRUARY_END + 1)):
        flags = workdays(first, end, "CN").tolist()
        world.days("sub", [1000 if flag else 400 for flag in flags], first=first)

    found = ask(world)

    assert found.unknown == ("head_count", "floor_area")
    assert [step.kind for step in found.steps] == ["workdays", "rest"]
    assert found.steps[-1].quantity in {0, 1}
    assert found.now.quantity is not None
    assert found.before.quantity is not None
    assert sum(step.quantity for step in found.steps) == found.now.quantity - found.before.quantity


def test_with_gaps_nothing_is_explained(world: World) -> None:
    world.days("sub", [1000] * 365, first=LAST[0])
    world.days("sub", [1000] * 30, first=THIS[0])

    found = ask(world)

    assert found.steps == ()
    assert [reason.code for reason in found.reasons] == ["CHANGE_UNMEASURED"]
    with pytest.raises(NotFound):
        change(world.session, world.stranger, world.units["a1"], "electricity", 2026, FEBRUARY_END)
