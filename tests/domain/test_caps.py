"""Caps: at most so much, in all or per person; the baseline year only gives the course, and its lack is said."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.amounts import PPM
from monitor.domain.indicators import Indicator
from monitor.domain.organisation import by_facts
from monitor.domain.targets import Kind, Status, TargetTerms
from tests.domain.test_targets import codes, judge, year

NOTHING = slice(0, 365)


def cap(amount: int, indicator: Indicator = Indicator.TOTAL) -> TargetTerms:
    return TargetTerms(indicator, 2026, 2025, 0, kind=Kind.CAP, cap=amount)


def test_a_cap_is_the_allowance_whatever_the_baseline_used() -> None:
    found = judge(year(2026, 900), year(2025, 5000), 180, cap(365_000))
    assert (found.allowance, found.status, codes(found)) == (365_000, Status.ON_TRACK, [])


def test_the_baseline_year_gives_a_cap_its_course() -> None:
    winter = np.full(365, 100)
    winter[:90] = 1900
    found = judge(year(2026, winter), year(2025, winter), 90, cap(int(winter.sum())))
    assert found.allowed is not None
    assert abs(found.allowed - 171_000) < 2000
    assert found.status is not Status.BEHIND or found.pace is not None


def test_without_a_baseline_a_cap_runs_evenly_and_says_so() -> None:
    found = judge(year(2026, 1000), year(2025, 0, NOTHING), 73, cap(365_000))
    assert (found.allowed, codes(found), found.status) == (73_000, ["COURSE_EVEN"], Status.ON_TRACK)
    over = judge(year(2026, 1001), year(2025, 0, NOTHING), 73, cap(365_000))
    assert over.status is Status.BEHIND


def test_a_cap_per_person_needs_the_people_of_its_own_year_only() -> None:
    terms = cap(36_500, Indicator.PER_PERSON)
    found = judge(year(2026, 900), year(2025, 1000), 180, terms, denominator=Fraction(10))
    assert (found.allowance, found.status) == (365_000, Status.ON_TRACK)
    missing = judge(year(2026, 900), year(2025, 1000), 180, terms)
    assert (missing.status, codes(missing), missing.allowance) == (Status.NOT_JUDGED, ["DENOMINATOR_MISSING"], None)


def test_a_closed_year_is_met_up_to_the_last_unit_of_a_cap() -> None:
    assert judge(year(2026, 1000), year(2025, 1000), 365, cap(365_000)).status is Status.MET
    assert judge(year(2026, 1000), year(2025, 1000), 365, cap(364_999)).status is Status.MISSED


def test_missing_days_are_no_saving_under_a_cap_either() -> None:
    found = judge(year(2026, 1000, slice(20, 60)), year(2025, 1000), 180, cap(365_000))
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["COVERAGE_LOW"])


@given(st.integers(0, PPM), st.lists(st.one_of(st.none(), st.integers(0, 10**9)), max_size=8))
def test_facts_share_out_exactly_what_is_left_or_nothing(rest: int, values: list[int | None]) -> None:
    parts = by_facts(rest, values)
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not sum(known):
        assert parts is None
    else:
        assert parts is not None
        assert sum(parts) == rest
        assert all(
            0 <= part - rest * value // sum(known) < len(known) for part, value in zip(parts, known, strict=True)
        )
