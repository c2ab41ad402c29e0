"""What administrators look at: people, the audit trail, what stands in the organisation."""

from datetime import date, timedelta

import pytest

from monitor.domain.access import SYSTEM, Role
from monitor.errors import Forbidden, NotFound
from monitor.queries import admin, managed
from monitor.services import accounts, metering, organisation
from monitor.services.organisation import FactSpec, UnitSpec
from tests.queries.conftest import NOW, World


def test_people_are_listed_with_their_roles_and_open_sessions(world: World) -> None:
    session = world.session
    user, _ = accounts.create_user(session, SYSTEM, "wang", "王", email="w@x.cn", now=NOW)
    accounts.grant(session, SYSTEM, user, world.units["a"], Role.EDITOR)
    accounts.open_session(session, user, NOW)
    accounts.open_session(session, user, NOW)

    found = admin.person(session, world.parent, "wang", now=NOW + timedelta(minutes=1))

    assert (found.name, found.email, found.sessions, found.seen_at) == ("王", "w@x.cn", 2, NOW)
    assert [(grant.unit_code, grant.role) for grant in found.grants] == [("a", "editor")]
    assert admin.person(session, world.parent, "wang", now=NOW + timedelta(days=1)).sessions == 0


def test_listing_people_takes_three_statements_however_many_they_are(world: World) -> None:
    counts = []
    for _ in range(2):
        with world.statements() as asked:
            admin.people(world.session, world.parent, now=NOW)
        counts.append(asked.count)
        for number in range(3):
            accounts.create_user(world.session, SYSTEM, f"p{number}{len(counts)}", "P", "a long enough one", now=NOW)
        world.session.flush()

    assert counts == [3, 3]


def test_the_trail_is_searched_by_thing_person_kind_and_time(world: World) -> None:
    session = world.session
    organisation.put_unit(session, world.parent, UnitSpec(code="c_1", zh="丙", parent="hq"), now=NOW)
    organisation.put_unit(
        session, world.parent, UnitSpec(code="cx1", zh="丁", parent="hq"), now=NOW + timedelta(days=1)
    )
    session.flush()

    def things(**wanted: object) -> list[str]:
        return [row.subject for row in admin.audit(session, world.parent, admin.Wanted(**wanted))]  # type: ignore[arg-type]

    assert things(subject="c_1") == ["unit:c_1"]
    assert things(subject="C_1", who=world.parent.login.upper(), action="create") == ["unit:c_1"]
    assert things(who=world.parent.login, since=NOW + timedelta(hours=1)) == ["unit:cx1"]
    assert things(who=world.parent.login, until=NOW + timedelta(hours=1)) == ["unit:c_1"]
    newest = admin.audit(session, world.parent, limit=1)[0]
    assert newest.id not in {row.id for row in admin.audit(session, world.parent, admin.Wanted(before_id=newest.id))}


def test_values_of_a_change_read_as_people_say_them(world: World) -> None:
    session = world.session
    organisation.set_fact(
        session, world.parent, "b", FactSpec(kind="head_count", value="21.5", since=date(2026, 2, 1)), now=NOW
    )
    metering.set_shares(
        session, world.parent, "tap", [metering.ShareSpec(unit="b", part="40%")], since=date(2026, 2, 1), now=NOW
    )

    rows = admin.history(session, world.parent, ["fact:b:", "meter:tap:"], unit_id=world.units["b"])
    told = [row.after for row in rows if row.after and ("2026-02-01" in row.subject)]

    assert {"unit": "b", "kind": "head_count", "value": "21.5"}.items() <= told[-1].items()
    assert {"meter": "tap", "unit": "b", "share": "40 %"}.items() <= told[0].items()


def test_a_unit_shows_all_that_is_dated_about_it(world: World) -> None:
    session = world.session
    organisation.move_unit(session, world.parent, "a1", "b", date(2026, 2, 1), note="合并", now=NOW)
    organisation.set_basis(session, world.parent, organisation.BasisSpec(unit="a1", year=2026, basis="packs"), now=NOW)

    found = managed.unit_detail(session, world.parent, "a1")

    assert found.parent_code == "b"
    assert [(one.at, one.from_code, one.to_code, one.note) for one in found.moves] == [
        (date(2026, 2, 1), "a", "b", "合并")
    ]
    assert [(one.resource, one.year, one.basis) for one in found.bases] == [("paper", 2026, "packs")]
    assert [one.value for one in managed.unit_detail(session, world.parent, "b").facts] == [20_000]


def test_meters_are_listed_with_the_units_of_the_day(world: World) -> None:
    rows = {row.code: row for row in managed.meters(world.session, world.parent, date(2026, 1, 5))}

    assert [(code, row.units, row.parent_code) for code, row in rows.items()] == [
        ("dorm", ("b",), ""),
        ("main", ("a", "b"), ""),
        ("sub", ("a1",), "main"),
        ("tap", ("b",), ""),
    ]
    assert [(row.code, row.meters) for row in managed.places(world.session, world.parent)] == [("house", 4)]


def test_whoever_manages_a_sub_tree_sees_its_meters_and_not_the_neighbours_shares(world: World) -> None:
    session = world.session
    user, _ = accounts.create_user(session, SYSTEM, "sub", "Sub", "a long enough one", now=NOW)
    accounts.grant(session, SYSTEM, user, world.units["a"], Role.ADMIN)
    from monitor.queries.scope import actor_for

    actor = actor_for(session, user)

    assert [(row.code, row.units) for row in managed.meters(session, actor, date(2026, 1, 5))] == [
        ("main", ("a",)),
        ("sub", ("a1",)),
    ]
    with pytest.raises(NotFound):
        managed.unit_detail(session, actor, "b")
    with pytest.raises(Forbidden):
        admin.audit(session, actor)
    with pytest.raises(NotFound):
        admin.history(session, actor, ["unit:b"], unit_id=world.units["b"])
