"""Quotas: three values in order, one word for each figure, and the twelve months that are held against them."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.periods import Month, from_day, to_day, year_days
from monitor.domain.quotas import Band, Standing, holds, judge, judged_days, problem

LIMIT = st.one_of(st.none(), st.integers(1, 10**9))
BANDS = (
    st.tuples(LIMIT, LIMIT, LIMIT)
    .map(
        lambda three: Band(
            *(None if one is None else ordered.pop() for ordered in [sorted(v for v in three if v)] for one in three)
        )
    )
    .filter(lambda band: band.named)
)
VALUES = st.fractions(min_value=0, max_value=2 * 10**9)
ORDER = [Standing.ADVANCED, Standing.REASONABLE, Standing.COMPLIANT, Standing.BEYOND, Standing.RECTIFY]
WHOLE = Band(75_800, 45_900, 26_200)


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        (Fraction(0), Standing.ADVANCED),
        (Fraction(26_200), Standing.ADVANCED),
        (Fraction(26_200_001, 1000), Standing.REASONABLE),
        (Fraction(45_900), Standing.REASONABLE),
        (Fraction(75_800), Standing.COMPLIANT),
        (Fraction(75_800_001, 1000), Standing.RECTIFY),
        (None, Standing.NOT_JUDGED),
    ],
)
def test_each_value_belongs_to_the_better_side(value: Fraction | None, standing: Standing) -> None:
    assert judge(WHOLE, value) is standing


@given(BANDS)
def test_bands_in_order_are_bands(band: Band) -> None:
    assert problem(band) == ""


@given(BANDS, VALUES, VALUES)
def test_less_use_is_never_judged_worse(band: Band, one: Fraction, other: Fraction) -> None:
    better, worse = sorted((one, other))
    assert ORDER.index(judge(band, better)) <= ORDER.index(judge(band, worse))


@given(BANDS, VALUES)
def test_a_word_is_given_only_for_a_value_that_the_standard_names(band: Band, value: Fraction) -> None:
    found = judge(band, value)
    named = {"guidance": Standing.ADVANCED, "reference": Standing.REASONABLE, "constraint": Standing.COMPLIANT}
    words = {named[name] for name, _ in band.named}
    assert found in words | {Standing.BEYOND if band.constraint is None else Standing.RECTIFY}
    assert (found in words) == (value <= max(limit for _, limit in band.named))


@given(BANDS)
def test_what_is_not_known_is_never_a_good_word(band: Band) -> None:
    assert judge(band, None) is Standing.NOT_JUDGED


@pytest.mark.parametrize(
    ("band", "code"),
    [
        (Band(), "QUOTA_EMPTY"),
        (Band(0, None, None), "QUOTA_NOT_ABOVE_ZERO"),
        (Band(5, -1, None), "QUOTA_NOT_ABOVE_ZERO"),
        (Band(2**62), "QUOTA_NOT_ABOVE_ZERO"),
        (Band(10, 20, None), "QUOTA_ORDER"),
        (Band(10, None, 20), "QUOTA_ORDER"),
        (Band(30, 10, 20), "QUOTA_ORDER"),
        (Band(10, 10, 10), ""),
    ],
)
def test_three_values_out_of_order_are_refused(band: Band, code: str) -> None:
    assert problem(band) == code


@pytest.mark.parametrize(
    ("year", "as_of", "first", "last"),
    [
        (2026, date(2026, 12, 31), date(2026, 1, 1), date(2026, 12, 31)),
        (2026, date(2027, 3, 5), date(2026, 1, 1), date(2026, 12, 31)),
        (2026, date(2026, 10, 30), date(2025, 10, 1), date(2026, 9, 30)),
        (2026, date(2026, 10, 31), date(2025, 11, 1), date(2026, 10, 31)),
        (2026, date(2026, 1, 5), date(2025, 1, 1), date(2025, 12, 31)),
        (2024, date(2024, 2, 29), date(2023, 3, 1), date(2024, 2, 29)),
    ],
)
def test_a_year_that_runs_is_held_against_the_last_twelve_whole_months(
    year: int, as_of: date, first: date, last: date
) -> None:
    start, end = judged_days(year, to_day(as_of))
    assert (from_day(start), from_day(end - 1)) == (first, last)


@given(st.integers(1991, 2099), st.integers(-400, 400))
def test_it_is_always_twelve_whole_months_that_are_over(year: int, offset: int) -> None:
    as_of = year_days(year)[1] - 1 + offset
    start, end = judged_days(year, as_of)
    first, last = from_day(start), from_day(end)
    assert (first.day, last.day, last.year - first.year, last.month - first.month) == (1, 1, 1, 0)
    assert end <= as_of + 1
    assert Month(last.year, last.month).start == end


@pytest.mark.parametrize(("year", "held"), [(2025, False), (2026, True), (2028, True), (2029, False)])
def test_a_row_holds_for_its_years(year: int, held: bool) -> None:
    assert holds(year, 2026, 2028) is held
    assert holds(year, 2026, None) is (year >= 2026)
