"""Sub-trees, sub-meters counted once, shares that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.organisation import net, share_out, subtree
from monitor.errors import Conflict

quantities = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=5)


@given(quantities, st.lists(st.integers(1, 1000), min_size=1, max_size=7))
def test_shares_of_the_whole_add_up_to_the_last_integer(values: list[int], weights: list[int]) -> None:
    ppm = [weight * 1_000_000 // sum(weights) for weight in weights]
    ppm[0] += 1_000_000 - sum(ppm)
    parts, rest = share_out(np.array(values), ppm)
    assert list(sum(parts)) == values
    assert not rest.any()


@given(quantities, st.lists(st.integers(1, 100_000), min_size=1, max_size=7))
def test_what_shares_leave_is_not_allocated_and_nothing_is_lost(values: list[int], ppm: list[int]) -> None:
    parts, rest = share_out(np.array(values), ppm)
    assert list(sum(parts) + rest) == values
    assert [int(part[0]) for part in parts] == [values[0] * share // 1_000_000 for share in ppm]


def test_the_remainder_of_rounding_goes_to_the_largest_share() -> None:
    parts, _ = share_out(np.array([10, 11]), [333_333, 333_334, 333_333])
    assert [list(part) for part in parts] == [[3, 3], [4, 5], [3, 3]]


def test_more_than_the_whole_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        share_out(np.array([1]), [600_000, 600_000])
    assert refused.value.code == "SHARES_ABOVE_WHOLE"


def test_sub_meters_are_taken_off_once() -> None:
    gross = np.array([100, 50])
    assert list(net(gross, [np.array([30, 20]), np.array([10, 40])])) == [60, -10]
    assert list(gross) == [100, 50]


def test_a_sub_tree_has_parents_before_children() -> None:
    parents = {1: None, 2: 1, 3: 1, 4: 2, 5: None}
    assert subtree(parents, 1) == [1, 2, 4, 3]
    assert subtree(parents, 3) == [3]


def test_a_loop_is_refused() -> None:
    with pytest.raises(Conflict) as refused:
        subtree({1: 2, 2: 1}, 1)
    assert refused.value.code == "TREE_LOOP"
