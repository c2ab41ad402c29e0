"""A target shared out: exact to the last integer, sums and means checked, nobody's part guessed."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.cascade import Member, Promise, State, Way, allowance, apportion, cascade, check_mean, check_sum
from monitor.domain.indicators import Indicator
from monitor.domain.targets import Kind

FIVE = Promise(Kind.REDUCTION, 50_000)
WHOLES = st.integers(0, 10**15)
WEIGHTS = st.lists(st.integers(0, 10**12).map(Fraction), min_size=1, max_size=40)


def member(key: int, baseline: int | None, people: int | None = None, before: int | None = None) -> Member:
    now = None if people is None else Fraction(people)
    return Member(key, baseline, now, now, now if before is None else Fraction(before))


def codes(found: object) -> list[str | None]:
    return [share.problem.code if share.problem else None for share in found.shares]  # type: ignore[attr-defined]


@given(WHOLES, WEIGHTS)
def test_parts_add_up_to_the_whole_and_are_never_one_off(whole: int, weights: list[Fraction]) -> None:
    parts = apportion(whole, weights)

    assert sum(parts) == (whole if any(weights) else 0)
    total = sum(weights)
    assert all(abs(part - whole * weight / total) < 1 for part, weight in zip(parts, weights, strict=True) if total)


@given(WHOLES, WEIGHTS)
def test_equal_weights_differ_by_one_at_most_and_no_weight_gets_nothing(whole: int, weights: list[Fraction]) -> None:
    parts = apportion(whole, weights)

    for one, weight in zip(parts, weights, strict=True):
        assert weight or not one
        assert all(abs(one - other) <= 1 for other, same in zip(parts, weights, strict=True) if same == weight)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=30), st.integers(0, 900_000), st.integers(0, 10**11))
def test_by_baseline_the_children_and_what_is_kept_are_the_allowance(bases: list[int], ppm: int, own: int) -> None:
    children = [member(key, base) for key, base in enumerate(bases, 1)]
    parent = member(0, sum(bases) + own)
    promise = Promise(Kind.REDUCTION, ppm)
    found = cascade(promise, parent, children, indicator=Indicator.TOTAL, way=Way.BASELINE)
    whole = allowance(promise, parent, Indicator.TOTAL)
    assert whole is not None
    given_out = sum(share.allowance or 0 for share in found.shares)

    assert 0 <= given_out <= whole
    assert own or given_out == (whole if any(bases) else 0)
    assert all(share.promise is not None and share.promise.cap == share.allowance for share in found.shares)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=30), st.integers(0, 900_000))
def test_equal_percentages_of_all_children_check_as_equal(bases: list[int], ppm: int) -> None:
    children = [member(key, base) for key, base in enumerate(bases, 1)]
    found = cascade(
        Promise(Kind.REDUCTION, ppm), member(0, sum(bases)), children, indicator=Indicator.TOTAL, way=Way.EQUAL
    )

    assert found.check.state is State.EQUAL
    assert {share.promise for share in found.shares} == {Promise(Kind.REDUCTION, ppm)}


@given(st.lists(st.tuples(st.integers(1, 10**10), st.integers(1, 5000)), min_size=1, max_size=20))
def test_intensities_by_baseline_have_the_units_own_as_their_weighted_mean(pairs: list[tuple[int, int]]) -> None:
    children = [member(key, base, people) for key, (base, people) in enumerate(pairs, 1)]
    parent = member(0, sum(base for base, _ in pairs), sum(people for _, people in pairs))
    found = cascade(FIVE, parent, children, indicator=Indicator.PER_PERSON, way=Way.BASELINE)

    assert found.check.state is State.EQUAL


def test_a_child_without_a_baseline_is_named_and_its_part_stays_with_the_unit() -> None:
    children = [member(1, 600), member(2, None), member(3, 200)]
    found = cascade(Promise(Kind.CAP, cap=900), member(0, 1000), children, indicator=Indicator.TOTAL, way=Way.BASELINE)

    assert [share.allowance for share in found.shares] == [540, None, 180]
    assert codes(found) == [None, "NO_BASELINE", None]
    assert (found.check.state, found.check.by, found.check.missing) == (State.BELOW, -180, (2,))


def test_without_the_whole_nobodys_part_of_it_is_guessed() -> None:
    children = [member(1, 600, 60), member(2, 200, None)]
    parent = Member(0, 800, None)
    found = cascade(FIVE, parent, children, indicator=Indicator.TOTAL, way=Way.HEADS)

    assert codes(found) == ["WHOLE_UNKNOWN", "NO_HEADS"]
    assert all(share.promise is None for share in found.shares)
    assert found.check.state is State.UNKNOWN


def test_by_head_count_a_large_office_is_allowed_more() -> None:
    children = [member(1, 100, 10), member(2, 100, 20), member(3, 100, 40)]
    found = cascade(Promise(Kind.CAP, cap=100), member(0, 300, 70), children, indicator=Indicator.TOTAL, way=Way.HEADS)

    assert [share.allowance for share in found.shares] == [14, 29, 57]
    assert found.check.state is State.EQUAL


def test_a_percentage_can_be_promised_before_the_baseline_is_known() -> None:
    found = cascade(FIVE, member(0, 1000), [member(1, None), member(2, 500)], indicator=Indicator.TOTAL, way=Way.EQUAL)

    assert [share.promise for share in found.shares] == [FIVE, FIVE]
    assert [share.allowance for share in found.shares] == [None, 475]
    assert codes(found) == ["NO_BASELINE", None]


def test_a_cap_of_a_total_becomes_the_percentage_that_it_means_never_less() -> None:
    found = cascade(
        Promise(Kind.CAP, cap=666), member(0, 1000), [member(1, 1000)], indicator=Indicator.TOTAL, way=Way.EQUAL
    )

    assert found.shares[0].promise == Promise(Kind.REDUCTION, 334_000)
    assert found.check.state is State.EQUAL


def test_what_was_negotiated_is_checked_as_given() -> None:
    children = [member(1, 500), member(2, 500), member(3, 100)]
    hand = {1: Promise(Kind.REDUCTION, 100_000), 2: Promise(Kind.CAP, cap=520)}
    found = cascade(FIVE, member(0, 1000), children, indicator=Indicator.TOTAL, way=Way.HAND, hand=hand)

    assert [share.allowance for share in found.shares] == [450, 520, None]
    assert codes(found) == [None, None, "NOT_GIVEN"]
    assert (found.check.state, found.check.by, found.check.missing) == (State.ABOVE, 20, (3,))


def test_an_intensity_needs_the_denominators_of_both_years_for_a_reduction_and_of_one_for_a_cap() -> None:
    lone = Member(1, 1000, None, Fraction(10), None)

    assert allowance(FIVE, lone, Indicator.PER_PERSON) is None
    assert allowance(Promise(Kind.CAP, cap=7), lone, Indicator.PER_PERSON) == 70
    assert allowance(FIVE, member(1, 1000, 20, before=10), Indicator.PER_PERSON) == 1900


def test_a_mean_is_weighted_by_people_not_by_units() -> None:
    found = check_mean(
        Fraction(110), [(1, Fraction(100), Fraction(90)), (2, Fraction(200), Fraction(10)), (3, None, None)]
    )

    assert (found.state, found.parts, found.missing) == (State.EQUAL, 110, (3,))


def test_a_check_without_the_units_own_is_unknown_and_a_thousandth_each_is_rounding() -> None:
    assert check_sum(None, [(1, 5)]).state is State.UNKNOWN
    assert check_sum(5, [(1, None)]).state is State.UNKNOWN
    assert check_sum(10, [(1, 4), (2, 4)]).state is State.EQUAL
    assert check_sum(10, [(1, 4), (2, 3)]).state is State.BELOW
