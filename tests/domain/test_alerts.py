"""What opens and closes an alert, and how holes in deliveries are found."""

import pytest

from monitor.domain.alerts import (
    RULES,
    Condition,
    Hole,
    coverage_verdict,
    holes,
    limits,
    pace_verdict,
    transition,
)
from monitor.domain.targets import Status


def days(text: str) -> frozenset[int]:
    """Give the days with data of a line such as `xx.x`."""
    return frozenset(day for day, sign in enumerate(text) if sign == "x")


def test_what_holds_opens_once_what_no_longer_holds_closes_once_and_what_is_undecided_stays() -> None:
    holding = [Condition("r", "new"), Condition("r", "stays")]
    first = transition(["stays", "gone", "unsure"], holding, ["unsure"])
    assert ([one.subject for one in first.opened], first.closed) == (["new"], ("gone",))
    again = transition(["stays", "new", "unsure"], holding, ["unsure"])
    assert (again.opened, again.closed) == ((), ())


def test_a_file_that_never_came_is_one_hole_of_the_source() -> None:
    given = {"a": days("xxx.xx"), "b": days("xxx.xx"), "c": days("xx..xx")}
    assert holes(given, "p96") == [Hole("p96", "", 3, 3, 3), Hole("p96", "c", 2, 2, 1)]


def test_days_after_the_last_data_are_late_but_no_hole() -> None:
    assert holes({"a": days("xx....."), "b": days("xxx....")}, "s") == []


def test_a_meter_of_its_own_source_has_a_hole_of_its_own() -> None:
    assert holes({"a": days("x..x")}, "s") == [Hole("s", "a", 1, 2, 1)]


@pytest.mark.parametrize(("least", "found"), [(1, 1), (2, 1), (3, 0)])
def test_holes_shorter_than_the_limit_are_left_out(least: int, found: int) -> None:
    assert len(holes({"a": days("x..x"), "b": days("xxxx"), "c": days("xxxx")}, "s", least=least)) == found


def test_a_hole_partly_filled_is_still_the_same_hole() -> None:
    before, rest = Hole("s", "a", 3, 9, 1), Hole("s", "a", 6, 9, 1)
    assert before.meets(rest)
    assert not before.meets(Hole("s", "b", 6, 9, 1))
    assert not before.meets(Hole("s", "a", 10, 12, 1))


def test_pace_is_over_back_or_undecided() -> None:
    verdicts = {status: pace_verdict(status) for status in Status}
    assert {status for status, said in verdicts.items() if said} == {Status.BEHIND, Status.USED_UP, Status.MISSED}
    assert {status for status, said in verdicts.items() if said is None} == {Status.AT_RISK, Status.NOT_JUDGED}


def test_no_longer_judged_needs_an_earlier_judgement() -> None:
    assert coverage_verdict(Status.NOT_JUDGED, [Status.NOT_JUDGED, Status.BEHIND])
    assert not coverage_verdict(Status.NOT_JUDGED, [Status.NOT_JUDGED])
    assert not coverage_verdict(Status.BEHIND, [Status.BEHIND])


def test_limits_are_the_defaults_or_what_was_chosen_within_the_range() -> None:
    assert limits("rows_refused", {}) == {"rows": 10}
    assert limits("delivery_missing", {"days": 100_000, "least": 3}) == {"days": 730, "least": 3, "share": 50}
    assert all(rule.sentence and rule.meaning for rule in RULES.values())
