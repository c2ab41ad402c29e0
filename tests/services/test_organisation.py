"""Units, facts, moves and bases as people edit them."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.state import data_version
from monitor.database.tables import AuditEvent, OrgUnit, RoleGrant, Target, UnitBasis, UnitFact, UnitMove
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Conflict, Forbidden, JieyueError, NotFound
from monitor.queries.scope import actor_for
from monitor.services import accounts, organisation, visits
from monitor.services.organisation import BasisSpec, FactSpec, SiteSpec, UnitSpec
from monitor.services.setup import apply_site, parse_site
from tests.queries.conftest import NOW, World

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)


def audit(session: Session) -> list[tuple[str, str, str]]:
    rows = session.execute(select(AuditEvent.actor, AuditEvent.action, AuditEvent.subject).order_by(AuditEvent.id))
    return [(row[0], row[1], row[2]) for row in rows]


def fact(value: str, since: date, note: str = "", kind: str = "head_count") -> FactSpec:
    return FactSpec.model_validate({"kind": kind, "value": value, "since": since, "note": note})


def parents(session: Session) -> dict[str, str | None]:
    rows = session.execute(select(OrgUnit.id, OrgUnit.code, OrgUnit.parent_id)).all()
    codes = {row.id: row.code for row in rows}
    return {row.code: codes.get(row.parent_id) for row in rows}


def moves(session: Session) -> list[tuple[str, date, str, str]]:
    codes: dict[int, str] = {row.id: row.code for row in session.execute(select(OrgUnit.id, OrgUnit.code))}
    rows = session.scalars(select(UnitMove).order_by(UnitMove.unit_id, UnitMove.at))
    return [(codes[row.unit_id], row.at, codes[row.from_parent_id or 0], codes[row.to_parent_id or 0]) for row in rows]


def admin_of(world: World, unit: str) -> Actor:
    user_id, _ = accounts.create_user(world.session, SYSTEM, f"admin-{unit}", "Admin", now=NOW)
    accounts.grant(world.session, SYSTEM, user_id, world.units[unit], Role.ADMIN)
    return actor_for(world.session, user_id)


def code_of(change: Callable[[], object]) -> str:
    with pytest.raises(JieyueError) as refused:
        change()
    return refused.value.code


# ---------------------------------------------------------------- units


def test_a_unit_is_made_behind_its_siblings_changed_and_each_is_written_down(world: World) -> None:
    session, admin = world.session, world.parent
    before, lines = data_version(session), len(audit(session))

    made = organisation.put_unit(session, admin, UnitSpec(code="c", zh="丙局", parent="hq"))
    changed = organisation.put_unit(session, admin, UnitSpec(code="c", zh="丙局", en="Bureau C"))
    same = organisation.put_unit(session, admin, UnitSpec(code="c", zh="丙局", en="Bureau C"))

    unit = session.scalars(select(OrgUnit).where(OrgUnit.code == "c")).one()
    assert (unit.name_en, unit.position, unit.parent_id) == ("Bureau C", 2, world.units["hq"])
    assert (made.created, changed.changed, bool(same)) == (["unit:c"], ["unit:c"], False)
    assert audit(session)[lines:] == [("parent", "setup.create", "unit:c"), ("parent", "setup.change", "unit:c")]
    assert data_version(session) == before + 2


def test_a_unit_that_stands_elsewhere_without_a_day_always_stood_there(world: World) -> None:
    organisation.put_unit(world.session, world.parent, UnitSpec(code="a1", zh="甲一处", parent="b"))

    assert parents(world.session)["a1"] == "b"
    assert moves(world.session) == []


def test_there_is_one_top_and_no_circle(world: World) -> None:
    session, admin = world.session, world.parent

    assert code_of(lambda: organisation.put_unit(session, admin, UnitSpec(code="other"))) == "SITE_TWO_TOPS"
    session.rollback()


@pytest.mark.parametrize("goal", ["a", "a1"])
def test_a_unit_never_stands_below_itself(world: World, goal: str) -> None:
    session, admin = world.session, world.parent

    for change in (
        lambda: organisation.put_unit(session, admin, UnitSpec(code="a", parent=goal)),
        lambda: organisation.move_unit(session, admin, "a", goal, JUNE),
    ):
        with pytest.raises(ConfigurationError) as refused, session.begin_nested():
            change()
        assert refused.value.code == "SITE_CIRCLE"


def test_an_administrator_of_a_bureau_edits_the_bureau_and_nothing_beside_it(world: World) -> None:
    session, mine = world.session, admin_of(world, "a")

    assert organisation.put_unit(session, mine, UnitSpec(code="a2", parent="a"))
    assert organisation.set_fact(session, mine, "a1", fact("5", JUNE))
    assert code_of(lambda: organisation.set_fact(session, mine, "b", fact("5", JUNE))) == "NOT_FOUND"
    assert code_of(lambda: organisation.put_unit(session, mine, UnitSpec(code="a3", parent="b"))) == "NOT_FOUND"
    assert code_of(lambda: organisation.move_unit(session, mine, "a1", "b", JUNE)) == "NOT_FOUND"
    assert code_of(lambda: organisation.move_unit(session, mine, "a", "a1", JUNE)) == "NOT_FOUND"
    assert code_of(lambda: organisation.describe(session, mine)) == "FORBIDDEN"


# ---------------------------------------------------------------- moves


def test_a_move_keeps_where_the_unit_stood_before(world: World) -> None:
    session, admin = world.session, world.parent

    organisation.move_unit(session, admin, "a1", "b", JUNE, note="reorganised")
    organisation.move_unit(session, admin, "a1", "hq", JULY)

    assert parents(session)["a1"] == "hq"
    assert moves(session) == [("a1", JUNE, "a", "b"), ("a1", JULY, "b", "hq")]
    assert not organisation.move_unit(session, admin, "a1", "hq", JULY)
    assert code_of(lambda: organisation.move_unit(session, admin, "a1", "a", JUNE)) == "MOVE_NOT_LAST"


def test_a_move_of_the_same_day_takes_the_place_of_the_first_and_back_again_is_no_move(world: World) -> None:
    session, admin = world.session, world.parent
    organisation.move_unit(session, admin, "a1", "b", JUNE)

    organisation.move_unit(session, admin, "a1", "hq", JUNE)
    assert moves(session) == [("a1", JUNE, "a", "hq")]

    organisation.move_unit(session, admin, "a1", "a", JUNE)
    assert (moves(session), parents(session)["a1"]) == ([], "a")


@pytest.mark.parametrize(
    ("gone", "left", "stands"),
    [(JUNE, [("a1", JULY, "a", "hq")], "hq"), (JULY, [("a1", JUNE, "a", "b")], "b")],
)
def test_a_move_taken_back_never_was(world: World, gone: date, left: list[Any], stands: str) -> None:
    session, admin = world.session, world.parent
    organisation.move_unit(session, admin, "a1", "b", JUNE)
    organisation.move_unit(session, admin, "a1", "hq", JULY)

    organisation.remove_move(session, admin, "a1", gone)

    assert (moves(session), parents(session)["a1"]) == (left, stands)
    assert code_of(lambda: organisation.remove_move(session, admin, "a1", gone)) == "NOT_FOUND"


def test_a_site_file_says_where_units_stood_and_twice_changes_nothing(world: World) -> None:
    site = {
        "units": [{"code": "hq", "units": [{"code": "a"}, {"code": "b", "units": [{"code": "a1"}]}]}],
        "moves": [{"unit": "a1", "at": JUNE, "from": "a", "note": "reorganised"}],
    }

    first = apply_site(world.session, SYSTEM, parse_site(site), now=NOW)
    second = apply_site(world.session, SYSTEM, parse_site(site), now=NOW)

    assert "move:a1:2026-06-01" in first.created
    assert (moves(world.session), parents(world.session)["a1"]) == ([("a1", JUNE, "a", "b")], "b")
    assert not second
    assert not apply_site(world.session, SYSTEM, organisation.describe(world.session, world.parent), now=NOW)


def test_where_a_unit_is_said_to_stand_otherwise_its_last_move_leads_there(world: World) -> None:
    organisation.move_unit(world.session, world.parent, "a1", "b", JUNE)

    organisation.put_unit(world.session, world.parent, UnitSpec(code="a1", parent="hq"))

    assert moves(world.session) == [("a1", JUNE, "a", "hq")]


# ---------------------------------------------------------------- facts


def test_a_fact_that_jumps_says_why(world: World) -> None:
    session, admin = world.session, world.parent

    assert code_of(lambda: organisation.set_fact(session, admin, "b", fact("22.1", JUNE))) == "FACT_NEEDS_REASON"
    assert organisation.set_fact(session, admin, "b", fact("22", JUNE))
    assert organisation.set_fact(session, admin, "b", fact("40", JULY, note="two offices joined"))
    assert code_of(lambda: organisation.set_fact(session, admin, "b", fact("20", JULY))) == "FACT_NEEDS_REASON"
    assert organisation.set_fact(session, admin, "b", fact("100", JUNE, kind="floor_area"))  # the first of its kind

    rows = session.scalars(select(UnitFact).where(UnitFact.kind == "head_count").order_by(UnitFact.valid_from))
    assert [(row.value, row.note) for row in rows] == [(20_000, ""), (22_000, ""), (40_000, "two offices joined")]


def test_the_refusal_of_a_fact_names_unit_value_and_remedy(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        organisation.set_fact(world.session, world.parent, "b", fact("30", JUNE))

    assert str(refused.value) == (
        "FACT_NEEDS_REASON: 'fact:b:head_count:2026-06-01' goes from 20 to 30, more than a tenth; say why in the note."
    )


def test_a_fact_removed_lets_the_one_before_hold_on(world: World) -> None:
    session, admin = world.session, world.parent
    organisation.set_fact(session, admin, "b", fact("21", JUNE))

    organisation.remove_fact(session, admin, "b", "head_count", JUNE)

    assert session.scalars(select(UnitFact.value)).all() == [20_000]
    assert code_of(lambda: organisation.remove_fact(session, admin, "b", "head_count", JUNE)) == "NOT_FOUND"


def test_a_basis_is_named_changed_and_taken_back(world: World) -> None:
    session, admin = world.session, world.parent

    organisation.set_basis(session, admin, BasisSpec(unit="hq", year=2026, basis="packs"))
    organisation.set_basis(session, admin, BasisSpec(unit="hq", year=2026, basis="print_log"))
    assert session.scalars(select(UnitBasis.basis)).all() == ["print_log"]

    organisation.remove_basis(session, admin, "hq", "paper", 2026)
    assert session.scalars(select(UnitBasis.basis)).all() == []


# ---------------------------------------------------------------- removing


def test_a_unit_goes_only_where_nothing_hangs_on_it(world: World) -> None:
    session, admin = world.session, world.parent
    organisation.put_unit(session, admin, UnitSpec(code="c", parent="hq", facts=[fact("3", JUNE)]))
    organisation.set_basis(session, admin, BasisSpec(unit="c", year=2026, basis="packs"))

    gone = organisation.remove_unit(session, admin, "c")

    assert gone.removed == ["fact:c:head_count:2026-06-01", "basis:c:paper:2026", "unit:c"]
    assert "c" not in parents(session)


def test_the_refusal_to_remove_a_unit_says_what_hangs_on_it(world: World) -> None:
    session, admin = world.session, world.parent
    terms = {"resource": "water", "indicator": "total", "year": 2026, "baseline_year": 2025, "reduction": 1}
    organisation.put_unit(session, admin, UnitSpec(code="c", parent="hq"))
    session.add(Target(unit_id=session.scalar(select(OrgUnit.id).where(OrgUnit.code == "c")), created_at=NOW, **terms))
    session.flush()
    said = {}
    for unit in ("a", "b", "c"):
        with pytest.raises(Conflict) as refused:
            organisation.remove_unit(session, admin, unit)
        said[unit] = str(refused.value)

    assert said == {
        "a": "STILL_IN_USE: 'a' has sub-units (a1); move or remove these first.",
        "b": "STILL_IN_USE: Meters are shared to 'b' (dorm, main, tap); share them out otherwise first.",
        "c": "STILL_IN_USE: 'c' has targets (years 2026); it stays for the record.",
    }


# ---------------------------------------------------------------- the first organisation


def test_the_first_person_sets_up_the_first_organisation_and_becomes_its_administrator(session: Session) -> None:
    first, _ = accounts.create_user(session, SYSTEM, "first", "First", now=NOW)
    second, _ = accounts.create_user(session, SYSTEM, "second", "Second", now=NOW)
    who, other = actor_for(session, first), actor_for(session, second)
    token = accounts.open_session(session, first, NOW)
    spec = SiteSpec(units=[UnitSpec(code="top", zh="机关")])

    assert organisation.founder(session) == first
    with pytest.raises(NotFound):
        organisation.found(session, NOBODY, spec)
    with pytest.raises(Forbidden):
        organisation.found(session, other, spec)
    organisation.found(session, who, spec, now=NOW)

    assert organisation.founder(session) is None
    assert session.scalars(select(RoleGrant.role)).all() == ["admin"]
    assert visits.find(session, token, NOW) is not None  # still signed in
    assert audit(session)[-2:] == [("first", "setup.create", "unit:top"), ("first", "user.grant", "user:first")]
    with pytest.raises(NotFound):
        organisation.found(session, other, spec)
    assert not organisation.found(session, actor_for(session, first), spec)


def test_what_is_refused_leaves_nothing(world: World) -> None:
    session, before = world.session, world.session.scalar(select(func.count()).select_from(AuditEvent))
    with pytest.raises(ConfigurationError), session.begin_nested():
        organisation.put_unit(session, world.parent, UnitSpec(code="x", parent="a", units=[UnitSpec(code="hq")]))

    assert "x" not in parents(session)
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == before
