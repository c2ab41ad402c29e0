"""Targets judged: allowance, pace, forecast, every status; and the cases in which there is no verdict."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.indicators import Indicator, fact_kinds, per, time_weighted
from monitor.domain.periods import workdays, year_days
from monitor.domain.targets import Known, Status, TargetProgress, TargetTerms, progress

TERMS = TargetTerms(Indicator.TOTAL, 2026, 2025, 50_000)
START, END = year_days(2026)


def year(number: int, quantity: int | np.ndarray, missing: slice | None = None) -> pd.DataFrame:
    start, end = year_days(number)
    length = end - start
    frame = pd.DataFrame(
        {
            "day": np.arange(start, end),
            "quantity": np.broadcast_to(np.asarray(quantity, dtype=np.int64), length).copy(),
            "covered": np.full(length, 86_400),
            "expected": np.full(length, 86_400),
            "estimated": np.zeros(length, dtype=np.int64),
            "known": np.ones(length, dtype=bool),
        }
    )
    if missing is not None:
        frame.loc[frame.index[missing], ["quantity", "covered"]] = 0
        frame.loc[frame.index[missing], "known"] = False
    return frame


def judge(
    days: pd.DataFrame, base: pd.DataFrame, gone: int = 365, terms: TargetTerms = TERMS, **more: object
) -> TargetProgress:
    return progress(
        terms,
        days=days,
        baseline_days=base,
        workdays=workdays(*year_days(terms.year), "CN"),
        baseline_workdays=workdays(*year_days(terms.baseline_year), "CN"),
        as_of=START + gone - 1,
        known=Known(**more),  # type: ignore[arg-type]
    )


def codes(found: TargetProgress) -> list[str]:
    return [finding.code for finding in found.reasons]


@pytest.mark.parametrize(
    ("daily", "gone", "status"),
    [
        (900, 180, Status.ON_TRACK),
        (950, 180, Status.ON_TRACK),
        (960, 180, Status.BEHIND),
        (1200, 300, Status.USED_UP),
        (950, 365, Status.MET),
        (951, 365, Status.MISSED),
    ],
)
def test_each_status_comes_about(daily: int, gone: int, status: Status) -> None:
    found = judge(year(2026, daily), year(2025, 1000), gone)
    assert (found.status, codes(found)) == (status, [])


def test_saving_at_first_and_wasting_lately_is_at_risk() -> None:
    quantity = np.full(365, 880)
    quantity[150:] = 1080
    found = judge(year(2026, quantity), year(2025, 1000), 210)
    assert found.used.quantity is not None
    assert found.allowed is not None
    assert found.used.quantity <= found.allowed
    assert found.status is Status.AT_RISK
    assert found.runs_out is not None
    assert START + 210 < found.runs_out < END


def test_figures_of_an_even_year() -> None:
    found = judge(year(2026, 900), year(2025, 1000), 73)
    assert (found.allowance, found.allowed, found.remaining) == (346_750, 69_350, 281_050)
    assert found.pace == Fraction(65_700, 69_350)
    assert found.remaining_per_day == 281_050 // 292
    assert (found.forecast_low, found.forecast, found.forecast_high) == (328_500, 328_500, 328_500)
    assert found.runs_out is None


def test_the_allowance_follows_the_workdays_of_the_target_year() -> None:
    base_flags, flags = workdays(*year_days(2025), "CN"), workdays(*year_days(2026), "CN")
    base = year(2025, np.where(base_flags, 2000, 500))
    exact = year(2026, np.where(flags, 2000, 500))
    for gone in (31, 59, 150, 300):
        found = judge(exact, base, gone, TargetTerms(Indicator.TOTAL, 2026, 2025, 0))
        assert found.allowance is not None
        share = Fraction(int(exact["quantity"].iloc[:gone].sum()), int(exact["quantity"].sum()))
        assert found.allowed == int(found.allowance * share)


def test_a_missing_reading_is_never_a_saving() -> None:
    found = judge(year(2026, 1000, slice(100, 130)), year(2025, 1000))
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["COVERAGE_LOW"])
    assert found.reasons[0].data == {"coverage": "91.7", "least": "95.0"}


def test_a_verdict_that_hangs_on_what_is_missing_is_none() -> None:
    found = judge(year(2026, 960, slice(100, 110)), year(2025, 1000))
    assert found.used.quantity is not None
    assert found.allowance is not None
    assert found.used.quantity <= found.allowance
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["VERDICT_HANGS_ON_MISSING"])


def test_a_verdict_that_hangs_on_the_missing_part_of_the_baseline_is_none() -> None:
    found = judge(year(2026, 940), year(2025, 1000, slice(100, 110)))
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["VERDICT_HANGS_ON_BASELINE"])


def test_a_clear_saving_is_judged_though_a_little_is_missing() -> None:
    assert judge(year(2026, 800, slice(100, 110)), year(2025, 1000)).status is Status.MET


def test_days_left_out_of_the_frame_are_missing_and_not_fewer() -> None:
    found = judge(year(2026, 900).iloc[:300], year(2025, 1000))
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["COVERAGE_LOW"])


def test_a_baseline_with_too_little_is_none() -> None:
    assert codes(judge(year(2026, 900), year(2025, 1000, slice(0, 59)))) == [
        "BASELINE_COVERAGE_LOW",
        "BASELINE_MONTHS_EMPTY",
    ]
    assert codes(judge(year(2026, 900), year(2025, 1000, slice(0, 365)))) == ["BASELINE_MISSING"]
    assert codes(judge(year(2026, 0), year(2025, 0))) == ["BASELINE_ZERO"]


def test_a_declared_baseline_stands_for_the_measured_one() -> None:
    found = judge(year(2026, 900), year(2025, 1000, slice(0, 59)), declared_baseline=400_000)
    assert (found.allowance, found.status) == (380_000, Status.MET)


def test_a_year_that_has_not_begun_is_not_judged() -> None:
    found = judge(year(2026, 0, slice(0, 365)), year(2025, 1000), 0)
    assert (found.status, codes(found), found.allowed) == (Status.NOT_JUDGED, ["NOT_BEGUN"], 0)


def test_nothing_read_yet_is_not_nothing_used() -> None:
    found = judge(year(2026, 0, slice(0, 365)), year(2025, 1000), 40)
    assert (found.status, codes(found), found.used.quantity) == (Status.NOT_JUDGED, ["NO_READINGS"], None)


def test_an_intensity_grows_with_the_people() -> None:
    terms = TargetTerms(Indicator.PER_PERSON, 2026, 2025, 50_000)
    people = {"denominator": Fraction(120), "baseline_denominator": Fraction(100)}
    found = judge(year(2026, 1100), year(2025, 1000), terms=terms, **people)
    assert (found.allowance, found.status) == (416_100, Status.MET)
    assert judge(year(2026, 1100), year(2025, 1000)).status is Status.MISSED


def test_an_intensity_without_its_people_is_not_judged() -> None:
    terms = TargetTerms(Indicator.PER_PERSON, 2026, 2025, 50_000)
    found = judge(year(2026, 100), year(2025, 1000), terms=terms, baseline_denominator=Fraction(100))
    assert (found.status, codes(found)) == (Status.NOT_JUDGED, ["DENOMINATOR_MISSING"])


@given(st.lists(st.integers(0, 10**9), min_size=365, max_size=365), st.integers(1, 365))
def test_the_allowed_part_never_exceeds_the_year_and_is_whole_at_its_end(quantities: list[int], gone: int) -> None:
    quantities[0] = 1
    base = year(2025, np.array(quantities))
    found = judge(year(2026, 1), base, gone)
    last = judge(year(2026, 1), base)
    assert found.allowed is not None
    assert found.allowance is not None
    assert 0 <= found.allowed <= found.allowance
    assert last.allowed == last.allowance


def test_denominators_are_weighted_by_time() -> None:
    facts = [(100_000, 0, 10), (200_000, 10, None)]
    assert time_weighted(facts, 0, 20) == 150
    assert time_weighted(facts, 5, 10) == 100
    assert time_weighted([(100_000, 1, None)], 0, 20) is None
    assert time_weighted([(100_000, 0, None), (300_000, 15, None)], 0, 20) == 150
    assert per(300, Fraction(150)) == 2
    assert per(300, None) is None


def test_water_per_person_counts_those_who_use_water() -> None:
    assert fact_kinds(Indicator.PER_PERSON, "water") == ("water_head_count", "head_count")
    assert fact_kinds(Indicator.PER_PERSON, "electricity") == ("head_count",)
    assert fact_kinds(Indicator.PER_M2, "water") == ("floor_area",)
    assert fact_kinds(Indicator.TOTAL, "water") == ()


@pytest.mark.parametrize("gone", [100, 331, 332, 340])
def test_the_day_on_which_the_allowance_runs_out(gone: int) -> None:
    terms = TargetTerms(Indicator.TOTAL, 2026, 2025, 0)
    assert judge(year(2026, 1100), year(2025, 1000), gone, terms).runs_out == START + 331


def test_a_rate_that_keeps_the_allowance_never_runs_out() -> None:
    terms = TargetTerms(Indicator.TOTAL, 2026, 2025, 0)
    assert judge(year(2026, 1000), year(2025, 1000), 100, terms).runs_out is None
