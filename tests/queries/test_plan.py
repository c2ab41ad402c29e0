"""What was promised, as a tree: baselines with their origin, sums checked, who set and approved, every version."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from monitor.database.tables import Baseline
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.domain.cascade import Promise, State, Way
from monitor.domain.periods import to_day, year_days
from monitor.domain.targets import Kind
from monitor.errors import ConfigurationError, Conflict, Forbidden, NotFound
from monitor.queries import plan
from monitor.services import cascade, targets
from tests.queries.conftest import NOW, World, person

LAST = to_day(date(2026, 2, 28))
TERMS = {"year": 2026, "baseline_year": 2025, "min_coverage": 0, "now": NOW}
LATER = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def used(world: World) -> World:
    """Give 2025 to the main meter (10 a day: a 6, b 3, 1 to nobody), of which 4 a day are the sub-meter's of a1."""
    first, end = year_days(2025)
    world.days("main", [10_000] * (end - first), first=first)
    world.days("sub", [4_000] * (end - first), first=first)
    return world


def found(world: World, code: str, actor: Actor | None = None) -> plan.PlanRow:
    rows = plan.plan(world.session, actor or world.parent, "electricity", 2026, LAST).of(world.units[code])
    return rows[0]


def promised(world: World, code: str, reduction: int = 50_000, **more: object) -> int:
    terms = TERMS | {"reduction": reduction} | more
    return targets.set_target(world.session, SYSTEM, world.units[code], "electricity", **terms)  # type: ignore[arg-type]


def test_a_row_has_baseline_allowance_and_who_set_it(used: World) -> None:
    promised(used, "b", note="agreed")

    row = found(used, "b")

    assert (row.baseline.quantity, row.origin, row.baseline.coverage) == (365 * 1_800, plan.MEASURED, 1)
    assert row.allowance == 365 * 1_800 * 95 // 100
    assert row.version is not None
    assert (row.version.actor, row.version.created_at, row.version.note) == ("system", NOW, "agreed")
    assert row.version.approved_at is None
    assert (row.check, row.may_set, row.may_approve) == (None, True, True)


def test_a_unit_without_a_target_shows_its_baseline_all_the_same(used: World) -> None:
    row = found(used, "b")

    assert (row.version, row.baseline_year, row.baseline.quantity) == (None, 2025, 365 * 1_800)


def test_a_declared_baseline_stands_for_the_measured_one_and_says_so(used: World) -> None:
    for year, quantity, provisional in ((2025, 1_000_000, False), (2024, None, True)):
        used.session.add(
            Baseline(
                unit_id=used.units["b"],
                resource="electricity",
                year=year,
                quantity=quantity,
                provisional=provisional,
                created_at=NOW,
            )
        )
    promised(used, "b")

    assert (found(used, "b").origin, found(used, "b").baseline.quantity) == (plan.DECLARED, 1_000_000)
    promised(used, "a1", baseline_year=2024)
    assert found(used, "a1").origin == plan.MISSING


def test_a_baseline_year_that_still_runs_is_provisional(used: World) -> None:
    promised(used, "b")

    rows = plan.plan(used.session, used.parent, "electricity", 2026, to_day(date(2025, 11, 30)))

    assert rows.of(used.units["b"])[0].origin == plan.PROVISIONAL


def test_the_sum_of_the_children_is_checked_against_the_unit(used: World) -> None:
    promised(used, "hq")
    promised(used, "a")
    assert found(used, "hq").check is not None
    assert found(used, "hq").check.missing == (used.units["b"],)  # type: ignore[union-attr]
    promised(used, "b")

    equal = found(used, "hq").check
    promised(used, "b", 0)
    above = found(used, "hq").check

    assert equal is not None
    assert above is not None
    assert (equal.state, equal.missing) == (State.EQUAL, ())
    assert (above.state, above.by) == (State.ABOVE, 365 * 90)


def test_a_unit_sees_its_own_promise_alone_and_may_not_touch_it(used: World) -> None:
    for code in ("hq", "a", "a1", "b"):
        promised(used, code)

    rows = plan.plan(used.session, used.own, "electricity", 2026, LAST)

    assert [(row.unit.code, row.may_set, row.may_approve) for row in rows] == [("a1", False, False)]
    assert len(plan.plan(used.session, NOBODY, "electricity", 2026, LAST)) == 0


def test_the_tree_takes_as_many_statements_for_one_target_as_for_three(used: World) -> None:
    promised(used, "hq")
    used.session.flush()
    with used.statements() as one:
        plan.plan(used.session, used.parent, "electricity", 2026, LAST)
    promised(used, "a")
    promised(used, "b")
    used.session.flush()
    with used.statements() as three:
        plan.plan(used.session, used.parent, "electricity", 2026, LAST)

    assert one.count == three.count


def test_history_has_every_version_with_who_took_it_back_and_why(used: World) -> None:
    first = promised(used, "b")
    targets.approve(used.session, used.parent, first, now=NOW)
    second = promised(used, "b", 60_000, now=LATER)
    targets.withdraw(used.session, used.parent, second, reason="the house is being rebuilt", now=LATER)
    used.session.flush()

    versions = plan.history(used.session, used.parent, used.units["b"], "electricity", 2026)

    assert [(one.number, one.terms.reduction, one.approved_by) for one in versions] == [
        (2, 60_000, ""),
        (1, 50_000, "parent"),
    ]
    assert [(one.withdrawn_by, one.reason) for one in versions] == [
        ("parent", "the house is being rebuilt"),
        ("", ""),
    ]
    with pytest.raises(NotFound):
        plan.history(used.session, used.own, used.units["b"], "electricity", 2026)


# ---------------------------------------------------------------- sharing out


def test_a_preview_by_baseline_keeps_what_the_unit_uses_itself(used: World) -> None:
    target = promised(used, "a")

    preview = cascade.preview_cascade(used.session, used.parent, target, Way.BASELINE)

    whole = preview.allowance
    assert whole is not None
    assert [(unit.code, baseline) for unit, baseline, _ in preview.lines] == [("a1", 365 * 4_000)]
    share = preview.lines[0][2]
    assert share.promise == Promise(Kind.CAP, cap=share.allowance)
    assert preview.check.state is State.BELOW  # its own part of the main meter, 3.6 a day, stays with it
    assert share.allowance == whole * 4_000 // 7_600
    assert found(used, "a1").version is None


def test_applied_the_children_have_versions_that_name_the_target_above(used: World) -> None:
    target = promised(used, "hq")

    ids = cascade.apply_cascade(used.session, used.parent, target, Way.BASELINE, now=NOW)

    below = [found(used, code) for code in ("a", "b")]
    assert [row.version.id for row in below if row.version] == ids
    assert {row.version.cascaded_from for row in below if row.version} == {target}
    check, own = found(used, "hq").check, found(used, "hq").allowance
    assert check is not None
    assert (check.state, sum(row.allowance or 0 for row in below)) == (State.EQUAL, own)
    again = cascade.apply_cascade(used.session, used.parent, target, Way.BASELINE, now=LATER)
    assert again == ids


def test_by_head_count_a_child_without_heads_is_named_and_nothing_written(used: World) -> None:
    target = promised(used, "hq")

    preview = cascade.preview_cascade(used.session, used.parent, target, Way.HEADS)

    assert [share.problem.code for _, _, share in preview.lines if share.problem] == ["NO_HEADS", "WHOLE_UNKNOWN"]
    with pytest.raises(ConfigurationError) as refused:
        cascade.apply_cascade(used.session, used.parent, target, Way.HEADS)
    assert refused.value.code == "CASCADE_NOTHING"


def test_negotiated_values_are_written_as_they_were_given(used: World) -> None:
    target = promised(used, "hq")
    hand = {used.units["a"]: Promise(Kind.REDUCTION, 80_000), used.units["b"]: Promise(Kind.CAP, cap=600_000)}

    cascade.apply_cascade(used.session, used.parent, target, Way.HAND, hand)

    terms = [row.version.terms for row in (found(used, "a"), found(used, "b")) if row.version]
    assert [(one.kind, one.reduction, one.cap) for one in terms] == [
        (Kind.REDUCTION, 80_000, None),
        (Kind.CAP, 0, 600_000),
    ]


def test_a_target_replaced_meanwhile_is_not_shared_out(used: World) -> None:
    target = promised(used, "hq")
    promised(used, "hq", 60_000)

    with pytest.raises(NotFound):
        cascade.preview_cascade(used.session, used.parent, target, Way.EQUAL)


# ---------------------------------------------------------------- who may what


def test_a_manager_sets_below_his_unit_and_the_one_above_approves(used: World) -> None:
    session: Session = used.session
    manager = person(session, "manager", used.units["a"], Role.MANAGER)
    above = person(session, "above", used.units["hq"], Role.MANAGER)
    terms = TERMS | {"reduction": 50_000}
    own = targets.set_target(session, manager, used.units["a"], "electricity", **terms)  # type: ignore[arg-type]
    below = targets.set_target(session, manager, used.units["a1"], "electricity", **terms)  # type: ignore[arg-type]

    targets.approve(session, manager, below, now=NOW)
    with pytest.raises(Forbidden):
        targets.approve(session, manager, own)
    targets.approve(session, above, own, now=NOW)

    assert [found(used, code).version.approved_by for code in ("a", "a1")] == ["above", "manager"]  # type: ignore[union-attr]


def test_a_change_asks_for_approval_anew_and_an_old_version_gets_none(used: World) -> None:
    first = promised(used, "b")
    targets.approve(used.session, used.parent, first, now=NOW)
    promised(used, "b", 60_000)

    version = found(used, "b").version
    assert version is not None
    assert (version.number, version.approved_at) == (2, None)
    with pytest.raises(Conflict):
        targets.approve(used.session, used.parent, first)


def test_a_look_at_other_terms_leaves_the_target_as_it_was(used: World) -> None:
    promised(used, "b")
    terms = {"year": 2026, "baseline_year": 2025, "kind": "cap", "cap": 500_000, "min_coverage": 0}

    before, after = targets.preview_target(used.session, used.parent, used.units["b"], "electricity", **terms)  # type: ignore[arg-type]

    assert before[0].progress.allowance == 365 * 1_800 * 95 // 100
    assert after[0].progress.allowance == 500_000
    assert len(plan.history(used.session, used.parent, used.units["b"], "electricity", 2026)) == 1


@pytest.mark.parametrize(
    ("terms", "code"), [({"kind": "wish"}, "TARGET_KIND_UNKNOWN"), ({"kind": "cap"}, "CAP_NEEDED")]
)
def test_a_kind_that_is_none_and_a_cap_without_an_amount_are_refused(
    used: World, terms: dict[str, str], code: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        promised(used, "b", **terms)
    assert refused.value.code == code
