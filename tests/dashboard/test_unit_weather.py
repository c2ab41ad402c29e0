"""A weather station among the meters: what it says on the Unit page and its own, and that no other page takes it for a resource."""

import math
from datetime import UTC, date, datetime

import pytest

from dashboard.pages import PAGES, admin, compare, data, meter, overview, targets, unit
from monitor.database.tables import Place, QuotaBand, Reading, Register
from monitor.domain.access import SYSTEM
from monitor.domain.periods import day_edges, to_day
from monitor.queries import inventory
from monitor.services import metering, template
from monitor.services.setup import parse_part
from tests.dashboard import site as small
from tests.dashboard.api.conftest import token_of
from tests.dashboard.conftest import Web
from tests.dashboard.test_pages import reading, text

FIRST, END = to_day(date(2025, 1, 1)), to_day(small.LAST) + 1


def station(web: Web, *, until: int = END) -> int:
    """Put a station up that reported the mean of each day; gives the meter's id."""
    with web.database.session(write=True) as session:
        place = session.query(Place.code).scalar()
        spec = {
            "code": "T-1",
            "zh": "气象站",
            "en": "Weather station",
            "resource": "outdoor_temperature",
            "place": place,
        }
        metering.put_meter(session, SYSTEM, parse_part(metering.MeterSpec, spec))
        register = session.query(Register).filter_by(kind="gauge").one()
        edges = day_edges("Asia/Shanghai", FIRST, until)
        for day in range(FIRST, until):
            begin, end = (int(edges[day - FIRST + more]) for more in (0, 1))
            mean = 17 - 15 * math.cos((day - FIRST - 15) / 58.09)
            row = {"start_at": begin, "end_at": end, "quality": 0, "run_id": web.ids.run_id, "row_no": 1}
            session.add(Reading(register_id=register.id, value=round(mean * 1000), **row))
        return int(register.meter_id)


@pytest.mark.parametrize(("language", "said"), [("en", "heating degree days"), ("zh", "采暖度日数")])
def test_the_page_says_what_the_weather_did_or_why_it_cannot(web: Web, language: str, said: str) -> None:
    with reading(web, language=language):
        without = text(unit.layout(unit="finance"))
    station(web)
    with reading(web, language=language):
        page = text(unit.layout(unit="finance"))
        paper = text(unit.layout(unit="finance", resource="paper"))
    lines = web.client("admin").get("/export/weather.csv?unit=finance&year=2026").data.decode("utf-8-sig").splitlines()

    assert {"en": "No temperature outside is read", "zh": "没有室外温度读数"}[language] in without
    assert said in page or {"en": "Weather is not split off", "zh": "天气影响未单列"}[language] in page
    assert {"en": "No temperature outside", "zh": "没有室外温度"}[language] not in page + paper
    assert len(lines) == 1 + 9
    assert lines[1].startswith("2026-01,")
    assert lines[1].endswith(",100,100")


def test_the_station_has_a_page_of_its_own_below_zero_and_all(web: Web) -> None:
    found = station(web, until=FIRST + 40)
    with reading(web, language="en"):
        page = text(meter.layout(meter=str(found), start="2025-01-01", as_of="2025-02-10"))

    assert "Mean of the day" in page
    assert "state" in page
    assert "2025-01-16" in page
    lines = web.client("admin").get(f"/export/meter-days.csv?meter={found}&start=2025-01-01&as_of=2025-02-01").data
    assert lines.decode("utf-8-sig").splitlines()[-1].startswith("2025-01-01,2.")


def test_no_list_of_what_units_use_has_the_temperature(web: Web) -> None:
    station(web, until=FIRST + 40)
    for language, name in (("en", "Outdoor temperature"), ("zh", "室外温度")):
        with reading(web, language=language):
            pages = [page.layout() for page in (overview, compare, targets, data, unit)]
            assert [page for page in pages if name in text(page)] == []
            assert len(PAGES) > len(pages)
    client = web.client("admin")
    assert "T-1" not in client.get("/export/meters.csv?unit=hq&resource=outdoor_temperature").data.decode()


def test_a_quota_in_force_stands_below_the_figures_per_person(web: Web) -> None:
    with web.database.session(write=True) as session:
        band = {"constraint_value": 10**12, "reference_value": 10**11, "guidance_value": 10**10}
        quota = QuotaBand(
            unit_id=web.ids.units["hq"],
            resource="water",
            indicator="per_person",
            year_from=2025,
            source="DB37/T 4452-2021",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            **band,
        )
        session.add(quota)
    with reading(web, language="en"):
        water, power = (text(unit.layout(unit="finance", resource=code)) for code in ("water", "electricity"))

    assert water.count("DB37/T 4452-2021") == 1
    assert "DB37/T 4452-2021" not in power


def test_administration_template_and_programs_know_the_station(web: Web) -> None:
    station(web, until=FIRST + 3)
    with reading(web, language="en") as here:
        listed = text(admin.layout(section="meters"))
        one = text(admin.layout(section="meters", meter="T-1"))
        with here.session() as session:
            book = template.export(session, here.actor)
            seen = template.look(session, here.actor, book)
            meters = inventory.meters(session, here.actor, day=END)
    token = token_of(web, "admin")
    client = web.app.server.test_client()
    answers = [
        client.get(f"/api/v1/{address}", headers={"Authorization": f"Bearer {token}"})
        for address in ("meters", "consumption?meter=T-1&from=2025-01-01&to=2025-01-03")
    ]

    assert "Outdoor temperature" in listed
    assert "A state, such as a temperature" in one
    assert [(row.code, row.resource) for row in meters if row.code == "T-1"] == [("T-1", "outdoor_temperature")]
    assert [one.status_code for one in answers] == [200, 200]
    assert "outdoor_temperature" in answers[0].text
    assert '"quantity":null' in answers[1].text.replace(" ", "")
    assert "T-1" in str([row for row in seen.spec.meters if row.code == "T-1"])
