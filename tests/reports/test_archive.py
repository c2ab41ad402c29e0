"""The archive: the same bytes for ever, versions only for other data, what changed since in words, permission on all."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from monitor.database.tables import AuditEvent, DailyConsumption, OrgUnit
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month, to_day
from monitor.errors import Forbidden, NotFound
from monitor.reports import archive
from monitor.reports.numbers import canonical
from monitor.services import reports
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import DAILY, KWH, NOW

LATER = NOW + timedelta(days=9)


def make(city: City, unit: str = "finance", language: str = "en", who: str = "own", *, later: bool = False) -> int:
    with city.database.session(write=True) as session:
        now = LATER if later else NOW
        return archive.make(session, city.people[who], city.units[unit], OCTOBER, language, now=now)


def correct(city: City, meter: str = "E1", more: int = 1000 * KWH) -> None:
    with city.database.session(write=True) as session:
        row = (DailyConsumption.meter_id == city.meters[meter], DailyConsumption.day == to_day(date(2026, 10, 5)))
        session.execute(update(DailyConsumption).where(*row).values(quantity=DAILY[meter][1] * KWH + more))


def stored(city: City, report_id: int) -> tuple[str, bytes]:
    with city.database.session() as session:
        return reports.fetch(session, city.people["own"], report_id)


def changes(city: City, report_id: int) -> list[archive.Change]:
    with city.database.session() as session:
        return archive.changed_since(session, city.people["own"], report_id, now=LATER)


def test_made_again_with_the_same_data_it_is_the_same_version_to_the_byte(city: City) -> None:
    first = make(city)
    before = stored(city, first)

    assert make(city, later=True) == first
    assert stored(city, first) == before


def test_a_correction_makes_the_next_version_and_leaves_the_first_as_it_was(city: City) -> None:
    first = make(city)
    before = stored(city, first)
    correct(city)
    second = make(city, later=True)

    with city.database.session() as session:
        rows = reports.archive(session, city.people["own"])
    assert [(row.id, row.version, row.month, row.language) for row in rows] == [
        (second, 2, OCTOBER, "en"),
        (first, 1, OCTOBER, "en"),
    ]
    assert stored(city, first) == before
    assert json.loads(stored(city, second)[0])["resources"][0]["month"]["now"]["quantity"] == (31 * 90 + 1000) * KWH


def test_what_is_stored_is_the_canonical_text_of_its_data(city: City) -> None:
    text, html = stored(city, make(city))

    assert canonical(json.loads(text)) == text
    assert html.decode().startswith("<!doctype html>")


def test_what_changed_since_says_line_then_and_now(city: City) -> None:
    report = make(city)
    assert changes(city, report) == []
    correct(city)

    found = changes(city, report)

    assert archive.Change("Electricity · In the month", "2,790 kWh", "3,790 kWh") in found
    assert archive.Change("Electricity · October 2026", "2,790 kWh", "3,790 kWh") in found
    assert archive.Change("Electricity · Counted", "2,790 kWh", "3,790 kWh") in found
    assert archive.Change("Electricity · Total use · Used so far", "27,360 kWh", "28,360 kWh") in found
    assert [change for change in found if change.field.startswith("Water")] == []


def test_a_change_below_the_printed_precision_is_told_with_all_its_digits(city: City) -> None:
    report = make(city)
    correct(city, more=1)

    month = next(change for change in changes(city, report) if change.field == "Electricity · In the month")

    assert (month.then, month.now) == ("2,790.000000 kWh", "2,790.000001 kWh")


def test_changes_are_told_in_the_language_of_the_report(city: City) -> None:
    report = make(city, language="zh")
    correct(city)

    assert archive.Change("电 · 当月", "2,790 kWh", "3,790 kWh") in changes(city, report)


def test_a_new_name_is_a_change_too(city: City) -> None:
    report = make(city)
    with city.database.session(write=True) as session:
        session.execute(update(OrgUnit).where(OrgUnit.code == "finance").values(name_en="Treasury"))

    assert changes(city, report) == [archive.Change("Unit", "Finance Bureau", "Treasury")]


def test_readings_that_arrive_later_leave_an_old_report_alone(city: City) -> None:
    report = make(city)
    day = to_day(date(2026, 11, 4))
    whole = {"covered": 86_400, "estimated": 0, "off_hours": 0, "rule_version": 1}
    with city.database.session(write=True) as session:
        session.add(DailyConsumption(meter_id=city.meters["E1"], day=day, quantity=77 * KWH, **whole))

    assert changes(city, report) == []


def test_each_language_has_its_own_versions(city: City) -> None:
    english, chinese = make(city), make(city, language="zh")

    assert english != chinese
    assert stored(city, english)[0] == stored(city, chinese)[0]


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_a_stranger_finds_no_report(city: City, who: str) -> None:
    report = make(city)
    actor = city.people[who]
    with city.database.session() as session:
        assert reports.archive(session, actor) == []
        for ask in (
            lambda: reports.find(session, actor, report),
            lambda: reports.fetch(session, actor, report),
            lambda: reports.latest(session, actor, city.units["finance"], OCTOBER, "en"),
            lambda: archive.changed_since(session, actor, report),
            lambda: archive.make(session, actor, city.units["finance"], OCTOBER, "en", now=NOW),
            lambda: reports.mark_sent(session, actor, report, ["x@example.org"], now=NOW),
        ):
            with pytest.raises(NotFound):
                ask()


def test_who_may_only_look_can_read_and_not_make(city: City) -> None:
    report = make(city)
    with city.database.session() as session:
        assert reports.find(session, city.people["looker"], report).version == 1
        with pytest.raises(Forbidden):
            archive.make(session, city.people["looker"], city.units["finance"], OCTOBER, "en", now=NOW)
        with pytest.raises(Forbidden):
            reports.mark_sent(session, city.people["looker"], report, ["x@example.org"], now=NOW)


def test_a_unit_does_not_find_its_parents_report_and_the_parent_finds_both(city: City) -> None:
    own, parent = make(city), make(city, "city", who="parent")

    with city.database.session() as session:
        assert [row.id for row in reports.archive(session, city.people["own"])] == [own]
        assert {row.id for row in reports.archive(session, city.people["parent"])} == {own, parent}
        assert [row.id for row in reports.archive(session, SYSTEM, city.units["city"])] == [parent]
        with pytest.raises(NotFound):
            reports.fetch(session, city.people["own"], parent)


def test_making_is_written_down_once(city: City) -> None:
    report = make(city)
    make(city, later=True)

    with city.database.session() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "report.make")).all()
    assert [(event.actor, event.subject) for event in events] == [("own", f"report:{report}")]


def test_an_unknown_report_is_not_found(city: City) -> None:
    with city.database.session() as session, pytest.raises(NotFound):
        reports.find(session, SYSTEM, 4711)


def test_a_file_name_is_plain_and_says_what_it_is(city: City) -> None:
    report = make(city, language="zh")
    with city.database.session() as session:
        row = reports.find(session, SYSTEM, report)

    assert archive.file_name(row) == "jieyue-finance-2026-10-zh-v1.html"
    assert archive.title(row) == "节能目标完成情况月报：财政局，2026年10月"
    assert row.month == Month(2026, 10)
