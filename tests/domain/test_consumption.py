"""The arithmetic that everything hangs on: nothing lost, nothing gained, nothing below zero, nothing guessed silently."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.consumption import EstimateTerms, daily
from monitor.domain.periods import day_edges, to_day, workdays
from monitor.domain.readings import NO_START
from monitor.domain.registers import Event, Points, RegisterTerms, steps, tidy
from monitor.domain.spread import Days

DAYS = 12


def calendar(zone: str = "Asia/Shanghai", first: date = date(2026, 3, 2), count: int = DAYS) -> Days:
    start = to_day(first)
    return Days(start, day_edges(zone, start, start + count), workdays(start, start + count, "CN"))


CALENDAR = calendar()
START = int(CALENDAR.edges[0])
END = int(CALENDAR.edges[-1])


def points(*rows: tuple[int, int, int] | tuple[int, int], reg: int = 0) -> Points:
    """Readings (end, value) or (start, end, value)."""
    full = [row if len(row) == 3 else (NO_START, *row) for row in rows]
    start, end, value = (np.array(column, dtype=np.int64) for column in zip(*full, strict=True))
    return Points(np.full(len(full), reg, dtype=np.int64), end, start, value, np.zeros(len(full), dtype=np.int64))


def together(*parts: Points) -> Points:
    return Points(*(np.concatenate([getattr(p, n) for p in parts]) for n in Points.__dataclass_fields__))


def meter(kind: str = "cumulative", **fields: object) -> RegisterTerms:
    return RegisterTerms(1, 7, kind, **fields)  # type: ignore[arg-type]


def rows(frame: pd.DataFrame) -> list[tuple[int, int, int, int]]:
    """Day after the first, quantity, covered hours, estimated."""
    return [
        (int(day) - CALENDAR.first, int(quantity), int(covered) // 3600, int(estimated))
        for day, quantity, covered, estimated in frame[["day", "quantity", "covered", "estimated"]].to_numpy()
    ]


instants = st.integers(START, END)


@given(st.tuples(instants, instants).filter(lambda span: span[0] < span[1]), st.integers(-(10**15), 10**15))
def test_splitting_a_span_conserves_its_total_and_its_seconds(span: tuple[int, int], value: int) -> None:
    found = daily(points((*span, value)), [meter("bill")], CALENDAR)
    assert found["quantity"].sum() == value
    assert found["covered"].sum() == span[1] - span[0]


@given(st.lists(st.tuples(instants, st.integers(0, 10**13)), min_size=2, max_size=12, unique_by=lambda row: row[0]))
def test_a_rising_register_gives_its_last_less_its_first(readings: list[tuple[int, int]]) -> None:
    rising = [(at, value) for (at, _), value in zip(sorted(readings), sorted(v for _, v in readings), strict=True)]
    found = daily(points(*rising), [meter()], CALENDAR)
    assert found["quantity"].sum() == rising[-1][1] - rising[0][1]
    assert found["covered"].sum() == rising[-1][0] - rising[0][0]
    assert (found["quantity"] >= 0).all()
    assert (found["off_hours"] <= found["quantity"]).all()


@given(
    st.integers(4, 8),
    st.integers(0, 10**8),
    st.lists(st.integers(0, 9_999), min_size=1, max_size=30),
)
def test_a_register_that_rolls_over_gives_the_truth(digits: int, first: int, increments: list[int]) -> None:
    turn = 10**digits * 1000
    limit = turn // (2 if digits <= 5 else 10)
    true = [min(step * turn // 20_000, limit) for step in increments]
    shown = (first * 1000 + np.cumsum([0, *true])) % turn
    readings = points(*((START + 1800 * n, int(value)) for n, value in enumerate(shown)))
    found = daily(readings, [meter(rollover=turn, digits=digits)], CALENDAR)
    assert found["quantity"].sum() == sum(true)


@given(
    st.lists(st.integers(0, 10**9), min_size=6, max_size=6),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(1, 86_399),
)
def test_a_swapped_meter_loses_nothing(increments: list[int], first: int, fresh: int, moment: int) -> None:
    before, last, after, *rest = increments
    at = START + 86_400 + moment
    old = [(START, first), (START + 86_400, first + before)]
    new = [(START + 2 * 86_400 + n * 3600, fresh + after + sum(rest[:n])) for n in range(4)]
    swap = Event("replacement", at, first + before + last, fresh)
    found = daily(points(*old, *new), [meter(events=(swap,))], CALENDAR)
    assert found["quantity"].sum() == sum(increments)
    assert found["covered"].sum() == new[-1][0] - START


def test_a_swap_whose_last_value_is_unknown_leaves_its_span_open() -> None:
    swap = Event("replacement", START + 86_400 + 43_200, None, 0)
    readings = points((START, 50), (START + 86_400, 70), (START + 2 * 86_400, 10))
    found = daily(readings, [meter(events=(swap,))], CALENDAR)
    assert rows(found) == [(0, 20, 24, 0), (1, 10, 12, 0)]


def test_a_reset_begins_at_zero() -> None:
    reset = Event("reset", START + 3600, 120, None)
    found = daily(points((START, 100), (START + 7200, 30)), [meter(events=(reset,))], CALENDAR)
    assert rows(found) == [(0, 50, 2, 0)]


def test_an_unexplained_drop_is_uncovered_and_never_negative() -> None:
    found = daily(
        points(*((START + 86_400 * n, v) for n, v in enumerate([100, 200, 50, 150]))),
        [meter(interval=86_400)],
        CALENDAR,
    )
    assert rows(found) == [(0, 100, 24, 0), (2, 100, 24, 0)]


def test_a_single_reading_out_of_line_is_set_aside_and_the_total_kept() -> None:
    low = daily(
        points(*((START + 86_400 * n, v) for n, v in enumerate([100, 200, 20, 300]))),
        [meter(interval=86_400)],
        CALENDAR,
    )
    assert rows(low) == [(0, 100, 24, 0), (1, 50, 24, 50), (2, 50, 24, 50)]
    high = [100, 200, 9000, 300, 400]
    found = daily(points(*((START + 86_400 * n, v) for n, v in enumerate(high))), [meter(interval=86_400)], CALENDAR)
    assert rows(found) == [(0, 100, 24, 0), (1, 50, 24, 50), (2, 50, 24, 50), (3, 100, 24, 0)]


def test_a_gap_is_never_zero() -> None:
    readings = points((START, 0), (START + 3600, 10), (START + 4 * 86_400, 970))
    found = daily(readings, [meter(interval=3600)], CALENDAR)
    assert found["quantity"].sum() == 970
    assert (found["quantity"] > 0).all()
    assert list(found["covered"]) == [86_400] * 4
    assert found["estimated"].sum() == 960


def test_missing_intervals_have_no_row_and_cost_coverage() -> None:
    readings = points((START, START + 3600, 5), (START + 3 * 86_400, START + 3 * 86_400 + 7200, 8))
    assert rows(daily(readings, [meter("interval", interval=3600)], CALENDAR)) == [(0, 5, 1, 0), (3, 8, 2, 0)]


def test_an_interval_within_a_day_is_measured_and_a_bill_over_days_estimated() -> None:
    readings = together(points((START, START + 7200, 5)), points((START + 86_400, START + 3 * 86_400, 9), reg=1))
    terms = [meter("interval", interval=900), RegisterTerms(2, 8, "bill")]
    assert rows(daily(readings, terms, CALENDAR)) == [(0, 5, 2, 0), (1, 4, 24, 4), (2, 5, 24, 5)]


def test_daily_readings_at_eight_are_measured_though_they_cross_midnight() -> None:
    readings = points(*((START + 8 * 3600 + n * 86_400, 24 * n) for n in range(3)))
    found = daily(readings, [meter(interval=86_400)], CALENDAR)
    assert rows(found) == [(0, 16, 16, 0), (1, 24, 24, 0), (2, 8, 8, 0)]


def test_overlapping_intervals_are_never_summed() -> None:
    readings = points((START, START + 7200, 10), (START + 3600, START + 9000, 50), (START + 7200, START + 10_800, 7))
    assert rows(daily(readings, [meter("interval", interval=3600)], CALENDAR)) == [(0, 17, 3, 0)]


@given(st.permutations(range(12)), st.integers(0, 11))
def test_order_and_repetition_do_not_matter(order: list[int], again: int) -> None:
    values = np.cumsum([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8])
    ordered = points(*((START + 50_000 * n, int(v)) for n, v in enumerate(values)))
    mixed = ordered.take(np.array([*order, again]))
    terms = [meter(interval=3600)]
    pd.testing.assert_frame_equal(daily(mixed, terms, CALENDAR), daily(ordered, terms, CALENDAR))


@given(st.lists(st.integers(1, 10**9), min_size=2, max_size=40), st.integers(1, 600), st.integers(1, 7))
def test_multipliers_lose_nothing_by_rounding(increments: list[int], numerator: int, denominator: int) -> None:
    values = np.cumsum(increments)
    readings = points(*((START + 7000 * n, int(v)) for n, v in enumerate(values)))
    found = daily(readings, [meter(multiplier=(numerator, denominator))], CALENDAR)
    exact = int(values[-1]) * numerator // denominator - int(values[0]) * numerator // denominator
    assert found["quantity"].sum() == exact


def test_a_change_of_multiplier_holds_from_its_moment() -> None:
    change = Event("multiplier", START + 86_400, 1, 40)
    readings = points((START, 0), (START + 86_400, 10), (START + 2 * 86_400, 20))
    found = daily(readings, [meter(multiplier=(20, 1), events=(change,), interval=86_400)], CALENDAR)
    assert rows(found) == [(0, 200, 24, 0), (1, 400, 24, 0)]


def test_a_change_of_multiplier_between_two_readings_divides_by_time_and_says_so() -> None:
    change = Event("multiplier", START + 43_200, 1, 40)
    found = daily(points((START, 0), (START + 86_400, 10)), [meter(multiplier=(20, 1), events=(change,))], CALENDAR)
    assert rows(found) == [(0, 300, 24, 300)]


@pytest.mark.parametrize(("first", "hours"), [(date(2026, 3, 28), [24, 23, 24]), (date(2026, 10, 24), [24, 25, 24])])
def test_days_of_23_and_25_hours_hold(first: date, hours: list[int]) -> None:
    local = calendar("Europe/Berlin", first, 3)
    begin, end = int(local.edges[0]), int(local.edges[-1])
    whole = daily(points((begin, end, sum(hours) * 100)), [meter("bill")], local)
    assert list(whole["covered"]) == [one * 3600 for one in hours]
    assert list(whole["quantity"]) == [one * 100 for one in hours]
    quarter = points(*((at, at + 900, 1) for at in range(begin, end, 900)))
    found = daily(quarter, [meter("interval", interval=900)], local)
    assert list(found["quantity"]) == [one * 4 for one in hours]
    assert list(found["estimated"]) == [0, 0, 0]


def test_off_hours_are_nights_and_days_off() -> None:
    hourly = points(*((START + 3600 * n, START + 3600 * (n + 1), 10) for n in range(24 * 7)))
    found = daily(hourly, [meter("interval", interval=3600)], CALENDAR)
    assert list(found["off_hours"]) == [140, 140, 140, 140, 140, 240, 240]


def test_off_hours_of_a_whole_day_reading_are_divided_by_time() -> None:
    found = daily(points((START, START + 86_400, 2400)), [meter("interval", interval=86_400)], CALENDAR)
    assert list(found["off_hours"]) == [1400]


# ---------------------------------------------------------------- registers of one meter


def day(number: int, value: int, reg: int, *, hours: int = 24) -> Points:
    begin = START + number * 86_400
    return points((begin, begin + hours * 3600, value), reg=reg)


def one_of(id: int, **fields: object) -> RegisterTerms:
    return RegisterTerms(id, 7, **{"kind": "interval", "interval": 86_400, **fields})  # type: ignore[arg-type]


def test_the_smallest_priority_that_covers_the_day_wins() -> None:
    readings = together(day(0, 100, 0), day(0, 90, 1), day(1, 40, 0, hours=10), day(1, 95, 1), day(2, 9, 0, hours=3))
    terms = [one_of(1, priority=1), one_of(2, priority=2)]
    assert rows(daily(readings, terms, CALENDAR)) == [(0, 100, 24, 0), (1, 95, 24, 0), (2, 9, 3, 0)]


def test_tariffs_add_up_and_are_covered_as_far_as_all_are() -> None:
    readings = together(day(0, 70, 0), day(0, 30, 1), day(1, 70, 0), day(1, 20, 1, hours=12))
    assert rows(daily(readings, [one_of(1), one_of(2)], CALENDAR)) == [(0, 100, 24, 0), (1, 90, 12, 0)]


def test_a_bill_is_never_added_to_the_intervals_of_the_same_meter() -> None:
    readings = together(day(0, 70, 0), day(0, 75, 1))
    assert rows(daily(readings, [one_of(1), one_of(2, kind="bill")], CALENDAR)) == [(0, 70, 24, 0)]


def test_export_is_taken_off_and_what_does_not_count_is_ignored() -> None:
    readings = together(day(0, 70, 0), day(0, 30, 1), day(0, 999, 2))
    terms = [one_of(1), one_of(2, sign=-1), one_of(3, counts=False)]
    assert rows(daily(readings, terms, CALENDAR)) == [(0, 40, 24, 0)]


# ---------------------------------------------------------------- overlays


@given(st.integers(0, 10**12), st.integers(1, DAYS))
def test_an_estimate_is_kept_whole_where_nothing_is_known(quantity: int, length: int) -> None:
    estimate = EstimateTerms(7, CALENDAR.first, CALENDAR.first + length, quantity)
    found = daily(points((START - 10, START - 5, 1)), [meter("interval")], CALENDAR, estimates=[estimate])
    assert found["quantity"].sum() == found["estimated"].sum() == quantity
    assert len(found) == length


def test_a_measured_day_is_not_estimated_over() -> None:
    estimate = EstimateTerms(7, CALENDAR.first, CALENDAR.first + 2, 500)
    found = daily(day(0, 10, 0, hours=1), [meter("interval", interval=3600)], CALENDAR, estimates=[estimate])
    assert rows(found) == [(0, 10, 1, 0), (1, 250, 24, 250)]


def test_a_voided_register_reading_is_bridged() -> None:
    readings = points((START, 0), (START + 86_400, 5000), (START + 2 * 86_400, 20))
    voided = [(0, "void", START + 80_000, START + 86_400, None)]
    found = daily(readings, [meter(interval=86_400)], CALENDAR, corrections=voided)
    assert rows(found) == [(0, 10, 24, 10), (1, 10, 24, 10)]


def test_a_replaced_reading_stands_also_where_none_was() -> None:
    readings = points((START, 0), (START + 2 * 86_400, 20))
    replaced = [(0, "replace", START + 86_399, START + 86_400, 15)]
    found = daily(readings, [meter(interval=86_400)], CALENDAR, corrections=replaced)
    assert rows(found) == [(0, 15, 24, 0), (1, 5, 24, 0)]


def test_steps_never_overlap_whatever_comes() -> None:
    noise = np.random.default_rng(5)
    for _ in range(200):
        end = noise.integers(START, END, 30)
        start = np.where(noise.random(30) < 0.3, NO_START, end - noise.integers(-100, 90_000, 30))
        readings = tidy(
            Points(np.zeros(30, dtype=np.int64), end, start, noise.integers(-9, 9, 30), np.zeros(30, dtype=np.int64))
        )
        found = steps(readings, [meter("interval", interval=900)])
        assert (found.start < found.end).all()
        assert (found.start[1:] >= found.end[:-1]).all()
