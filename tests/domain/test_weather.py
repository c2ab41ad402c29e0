"""Degree days and what they do to a use: exact where the arithmetic is, silent where the baseline does not suffice."""

import gzip
from csv import DictReader
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.baselines import Finding
from monitor.domain.changes import explained
from monitor.domain.periods import day_edges, from_day, to_day
from monitor.domain.readings import NO_START
from monitor.domain.resources import GAUGES, from_quantity, resource, to_quantities, to_quantity
from monitor.domain.weather import (
    Floats,
    Ints,
    Model,
    Observed,
    Rule,
    Year,
    daily_means,
    degree_days,
    fitted,
    observed,
    summed,
)

EDGES = np.arange(0, 10 * 86_400, 86_400)
FIRST = to_day(date(2025, 1, 1))
MONTHS = np.array([from_day(day).month for day in range(FIRST, FIRST + 365)])
WORKDAYS = np.array([from_day(day).weekday() < 5 for day in range(FIRST, FIRST + 365)])
YEAR_ROUND = 17 - 13 * np.cos((np.arange(365) - 15) * 2 * np.pi / 365)
ANY = Rule(most_cv_days=9.0, most_cv_months=9.0)


def at(*hours: float) -> tuple[Ints, Ints]:
    """Give starts and ends of readings of a moment."""
    return np.full(len(hours), NO_START), np.array([int(hour * 3600) for hour in hours])


def use_of(means: Floats, *, heating: float = 30.0, cooling: float = 90.0, noise: float = 0.0) -> Floats:
    below, above = degree_days(means, Rule())
    spread = np.random.default_rng(7).standard_normal(len(means)) * noise
    return np.asarray(1000 + 400 * WORKDAYS + heating * below + cooling * above + spread)


def year(use: Floats, means: Floats = YEAR_ROUND, by_months: dict[int, float] | None = None) -> Year:
    return Year(2025, use, WORKDAYS, means, MONTHS, by_months or {})


def told(found: Year, rule: Rule = ANY) -> Model | Finding:
    seen = observed(found, rule)
    return fitted(seen, 2025, rule) if isinstance(seen, Observed) else seen


def test_a_day_has_a_mean_if_twenty_of_its_hours_have_a_temperature() -> None:
    starts, ends = at(*range(20), *range(24, 43))

    means = daily_means(starts, ends, np.array([2.0] * 20 + [3.0] * 19), EDGES[:3])

    assert means[0] == 2.0
    assert np.isnan(means[1])


def test_readings_of_minutes_are_averaged_by_the_hour_first() -> None:
    starts, ends = at(*(hour for hour in range(24)), 5.25, 5.5, 5.75)

    means = daily_means(starts, ends, np.array([0.0] * 24 + [24.0] * 3), EDGES[:2])

    assert means[0] == pytest.approx(18.0 / 24)


def test_a_reading_with_a_start_holds_for_its_whole_span() -> None:
    means = daily_means(np.array([0, 86_400]), np.array([86_400, 3 * 86_400]), np.array([-5.0, 7.0]), EDGES[:5])

    assert means[:3].tolist() == [-5.0, 7.0, 7.0]
    assert np.isnan(means[3])


def test_a_day_of_twenty_three_hours_wants_nineteen() -> None:
    day = to_day(date(2026, 3, 29))
    edges = day_edges("Europe/London", day, day + 1)
    ends = int(edges[0]) + np.arange(19) * 3600

    assert daily_means(np.full(19, NO_START), ends, np.ones(19), edges).tolist() == [1.0]
    assert np.isnan(daily_means(np.full(18, NO_START), ends[:18], np.ones(18), edges)).all()


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=40), st.floats(0, 30), st.floats(0, 40))
def test_a_day_has_degree_days_on_one_side_alone_and_they_say_how_far(
    means: list[float], low: float, gap: float
) -> None:
    rule = Rule(heating_base=low, cooling_base=low + gap)
    heating, cooling = degree_days(np.array(means), rule)

    assert ((heating == 0) | (cooling == 0)).all()
    assert heating.min() >= 0 <= cooling.min()
    assert np.allclose(heating, np.maximum(low - np.array(means), 0))


def test_a_missing_day_counts_as_the_mean_day_of_its_month_and_too_many_as_unknown() -> None:
    values, months = np.full(59, 2.0), MONTHS[:59]
    values[3:5] = np.nan
    assert summed(values, months) == pytest.approx(118.0)

    values[3:7] = np.nan

    assert summed(values, months) == (1, 27, 31)


def test_what_the_weather_does_comes_back_from_days() -> None:
    model = told(year(use_of(YEAR_ROUND, noise=20)))

    assert isinstance(model, Model)
    assert (model.step, model.count) == ("day", 365)
    assert (model.heating, model.cooling) == (pytest.approx(30, abs=1), pytest.approx(90, abs=6))
    assert model.workday == pytest.approx(400, abs=10)
    assert model.r2 > 0.97
    assert model.cv < 0.03


def test_what_the_weather_does_comes_back_from_bills_of_months() -> None:
    use = use_of(YEAR_ROUND)
    bills = {month: float(use[month == MONTHS].sum()) for month in range(1, 13)}

    model = told(year(np.full(365, np.nan), by_months=bills))

    assert isinstance(model, Model)
    assert (model.step, model.count) == ("month", 12)
    assert (model.heating, model.cooling) == (pytest.approx(30, abs=0.5), pytest.approx(90, abs=3))


def test_a_use_that_does_not_follow_the_weather_has_no_part_of_it() -> None:
    steady = told(year(use_of(YEAR_ROUND, heating=0, cooling=0, noise=60)))
    against = told(year(use_of(YEAR_ROUND, heating=-5, cooling=-9, noise=60)))

    assert [getattr(one, "code", one) for one in (steady, against)] == ["WEATHER_NO_EFFECT"] * 2


def test_only_what_is_clear_has_a_coefficient() -> None:
    model = told(year(use_of(YEAR_ROUND, cooling=0, noise=60)))

    assert isinstance(model, Model)
    assert (model.heating > 0, model.cooling) == (True, 0.0)


def test_too_few_days_too_much_scatter_and_too_little_explained_are_said_with_their_limits() -> None:
    few = use_of(YEAR_ROUND)
    few[:37] = np.nan
    wild = use_of(YEAR_ROUND, noise=700)
    spread = use_of(YEAR_ROUND, noise=250)

    found = [told(year(few)), told(year(wild), Rule()), told(year(spread), Rule(least_r2=0.9))]

    assert [getattr(one, "code", one) for one in found] == [
        "WEATHER_DAYS_FEW",
        "WEATHER_SCATTERED",
        "WEATHER_UNEXPLAINED",
    ]
    assert isinstance(found[0], Finding)
    assert found[0].data == {"count": 328, "year": 2025, "least": 329}
    assert isinstance(found[1], Finding)
    assert found[1].data["most"] == "30.0"


def test_a_year_without_heat_or_cold_is_told_by_the_other_alone() -> None:
    warm = YEAR_ROUND + 20
    model = told(year(use_of(warm, noise=20), warm))

    assert isinstance(model, Model)
    assert (model.heating, model.cooling > 0) == (0.0, True)


@settings(max_examples=60)
@given(
    st.integers(0, 10**15),
    st.integers(-(10**15), 10**15),
    st.lists(st.tuples(st.just("people"), st.fractions(0, 10)), max_size=3),
    st.tuples(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(-5000, 5000), st.floats(-5000, 5000)),
)
def test_with_the_weather_the_steps_still_add_up_to_the_change(
    before: int, now: int, factors: list[tuple[str, Fraction]], weather: tuple[float, float, float, float]
) -> None:
    model = Model("day", 365, 0.0, 0.0, weather[0], weather[1], 0.9, 0.1)
    part = model.part(weather[2], weather[3])

    steps = explained(before, now, factors, [("weather", part)])

    assert sum(quantity for _, quantity in steps) == now - before
    assert steps[-2] == ("weather", part)


@given(st.fractions(-90, 60, max_denominator=100))
def test_degrees_keep_their_zero_from_one_scale_to_another_and_back(value: Fraction) -> None:
    code = next(iter(GAUGES))
    for measure in resource(code).measures:
        shown = from_quantity(to_quantity(value, code, "°C"), code, measure.code)
        assert abs(to_quantity(shown, code, measure.code) - to_quantity(value, code, "°C")) <= 1

    assert to_quantities(np.array([32.0, 14.0, -40.0]), code, "℉").tolist() == [0, -10_000, -40_000]
    assert to_quantity(Fraction("273.15"), code, "K") == 0


def test_the_model_finds_what_was_put_into_a_public_test_building(shared_data: Path) -> None:
    """Daily use and hourly °F that come with opendsm: made with 4,000 kWh of heating and of cooling a year, bases 60 and 65 °F."""
    folder, stem = shared_data / "weather-normalisation", "il-electricity-cdd-hdd"

    def column(kind: str, time: str, value: str) -> list[tuple[datetime, float]]:
        with gzip.open(folder / f"{stem}-{kind}.csv.gz", "rt", encoding="utf-8") as lines:
            return [(datetime.fromisoformat(row[time]), float(row[value])) for row in DictReader(lines)]

    first, last, zone = to_day(date(2015, 12, 1)), to_day(date(2016, 12, 1)), "America/Chicago"
    heard = column("tempF", "dt", "tempF")
    ends = np.array([int(moment.astimezone(UTC).timestamp()) for moment, _ in heard])
    celsius = to_quantities(np.array([value for _, value in heard]), "outdoor_temperature", "°F") / 1000
    used = {
        to_day(moment.astimezone(ZoneInfo(zone)).date()): value for moment, value in column("daily", "start", "value")
    }
    days = range(first, last)
    found = Year(
        2016,
        np.array([used.get(day, np.nan) for day in days]),
        np.array([from_day(day).weekday() < 5 for day in days]),
        daily_means(np.full(len(ends), NO_START), ends, celsius, day_edges(zone, first, last)),
        np.array([from_day(day).month for day in days]),
    )
    fitting = Rule(heating_base=(60 - 32) / 1.8, cooling_base=(65 - 32) / 1.8)

    model = told(found, fitting)

    assert isinstance(model, Model)
    heating, cooling = degree_days(found.means, fitting)
    assert model.heating * np.nansum(heating) == pytest.approx(4000, rel=0.25)
    assert model.cooling * np.nansum(cooling) == pytest.approx(4000, rel=0.15)
    assert (model.r2 > 0.75, model.cv < 0.30) == (True, True)
    assert getattr(told(found, Rule()), "code", "") == "WEATHER_SCATTERED"  # with bases that are not this building's
