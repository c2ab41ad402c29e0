"""The report of a closed month says by whom and when it was closed, and what reads otherwise since; an open one is as it was."""

from sqlalchemy import select

from monitor.database.tables import DailyConsumption
from monitor.domain.access import SYSTEM
from monitor.domain.periods import Month
from monitor.reports import html, monthly, xlsx
from monitor.services import closing
from tests.reports.conftest import OCTOBER, City
from tests.reports.site import NOW

SEPTEMBER = Month(2026, 9)


def test_the_report_names_the_closing_and_what_changed_since(city: City) -> None:
    unit = city.units["city"]
    with city.database.session(write=True) as session:
        before = monthly.build(session, SYSTEM, unit, SEPTEMBER, now=NOW)
        closing.close(session, city.person("parent"), unit, SEPTEMBER, "as agreed", now=NOW)
        kept = monthly.build(session, SYSTEM, unit, SEPTEMBER, now=NOW)
    assert "closing" not in before["quality"]
    assert (kept["quality"]["closing"]["by"], kept["quality"]["closing"]["count"]) == ("parent", 0)

    with city.database.session(write=True) as session:
        row = session.scalars(
            select(DailyConsumption).where(
                DailyConsumption.day == SEPTEMBER.start + 3,
                DailyConsumption.meter_id == next(iter(city.meters.values())),
            )
        ).one()
        row.quantity += 5_000_000
    with city.database.session() as session:
        data = monthly.build(session, SYSTEM, unit, SEPTEMBER, now=NOW)
        open_month = monthly.build(session, SYSTEM, unit, OCTOBER, now=NOW)
    assert "closing" not in open_month["quality"]
    changed = data["quality"]["closing"]["changed"]
    assert changed
    assert all(one["now"] != one["before"] for one in changed)
    for language, words in (("zh", "本月由 parent 于"), ("en", "The month was closed by parent on")):
        assert words in html.render(data, language).decode()
        assert xlsx.render(data, language)[:2] == b"PK"
