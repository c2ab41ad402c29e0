"""What falls due when: pure, with real calendars."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import ConfigurationError
from monitor.scheduling.plan import Crontab, Due, WorkingDay, thinned
from tests.scheduling.conftest import at


def periods(calendar: Crontab | WorkingDay, after: str, until: str) -> list[str]:
    return [due.period for due in calendar.due(at(after), at(until))]


def test_a_nightly_schedule_falls_due_once_a_night_in_its_own_zone() -> None:
    due = list(Crontab("0 2 * * *", "Asia/Shanghai").due(at("2026-05-01T00:00"), at("2026-05-03T00:00")))
    assert due == [
        Due("2026-05-02T02:00", at("2026-05-01T18:00")),
        Due("2026-05-03T02:00", at("2026-05-02T18:00")),
    ]


def test_the_bounds_are_after_and_until() -> None:
    assert periods(Crontab("0 2 * * *", "UTC"), "2026-05-01T02:00", "2026-05-02T02:00") == ["2026-05-02T02:00"]


def test_a_half_past_one_that_comes_twice_in_autumn_is_one_period() -> None:
    found = periods(Crontab("30 1 * * *", "Europe/London"), "2026-10-24T12:00", "2026-10-26T12:00")
    assert found == ["2026-10-25T01:30", "2026-10-26T01:30"]


def test_a_scheduler_that_wakes_between_the_two_half_past_ones_runs_no_second() -> None:
    london = Crontab("30 1 * * *", "Europe/London")
    first = list(london.due(at("2026-10-24T12:00"), at("2026-10-25T00:40")))
    assert [due.period for due in first] == ["2026-10-25T01:30"]
    assert list(london.due(first[0].at, at("2026-10-25T02:00"))) == []


def test_an_hourly_schedule_in_spring_and_autumn_names_each_local_hour_once() -> None:
    hourly = Crontab("0 * * * *", "Europe/London")
    spring = list(hourly.due(at("2026-03-28T23:59"), at("2026-03-29T02:00")))
    autumn = periods(hourly, "2026-10-24T22:59", "2026-10-25T02:00")
    assert spring == [
        Due("2026-03-29T00:00", at("2026-03-29T00:00")),
        Due("2026-03-29T01:00", at("2026-03-29T01:00")),
        Due("2026-03-29T02:00", at("2026-03-29T01:00")),
        Due("2026-03-29T03:00", at("2026-03-29T02:00")),
    ]
    assert autumn == ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]


def test_a_half_past_one_that_spring_takes_away_is_due_at_the_jump() -> None:
    due = list(Crontab("30 1 * * *", "Europe/London").due(at("2026-03-28T12:00"), at("2026-03-29T12:00")))
    assert due == [Due("2026-03-29T01:30", at("2026-03-29T01:00"))]


def test_a_line_that_is_no_crontab_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        list(Crontab("every day", "UTC").due(at("2026-05-01T00:00"), at("2026-05-02T00:00")))
    assert refusal.value.code == "SCHEDULE_WRONG"


def test_the_report_falls_due_on_the_third_working_day_for_the_month_before() -> None:
    due = list(WorkingDay(3, 7, "Asia/Shanghai", "CN").due(at("2025-09-20T00:00"), at("2025-11-30T00:00")))
    # 1–8 October are holidays, Saturday 11 October is worked; November begins with a weekend
    assert due == [Due("2025-09", at("2025-10-10T23:00")), Due("2025-10", at("2025-11-04T23:00"))]


def test_every_minute_after_a_weekend_off_is_one_look_for_each_hour() -> None:
    now = at("2026-05-04T08:00")
    due = [Due(f"{m:%Y-%m-%dT%H:%M}", m) for m in (now - timedelta(minutes=n) for n in range(180, -1, -1))]
    kept = thinned(due, now)
    assert [item.period[11:] for item in kept[:4]] == ["05:59", "06:59", "07:00", "07:01"]
    assert len(kept) == 63


def test_thinning_leaves_hourly_and_rarer_schedules_alone() -> None:
    now = datetime(2026, 5, 4, 8, tzinfo=UTC)
    due = [Due(f"{m:%Y-%m-%dT%H:%M}", m) for m in (now - timedelta(hours=n) for n in range(50, -1, -1))]
    assert thinned(due, now) == due
