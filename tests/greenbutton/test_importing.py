"""Green Button files brought in: once and again, cut and whole, directions apart, days of the local clock, bills, the inbox."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import Bill, DailyConsumption, Meter, MeterAlias, Place, Reading, Register, Source
from monitor.domain.access import SYSTEM
from monitor.domain.periods import from_day
from monitor.intake import pipeline
from monitor.intake.pipeline import Receipt
from tests.greenbutton.feeds import POINT, START, block, feed, house, kind, meter_reading, point, reading

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KWH = 1_000_000  # thousandths of a Wh


@pytest.fixture
def bring(database: Database, tmp_path: Path) -> Callable[..., Receipt]:
    """A house in Los Angeles that takes and gives power, and its source; imports a text as a file of it."""
    with database.session(write=True) as session:
        place = Place(code="p", name_zh="x", name_en="x", parent_id=None, area=None, zone="America/Los_Angeles")
        session.add(place)
        session.flush()
        meter = Meter(code="E-1", name_zh="x", name_en="x", resource="electricity", place_id=place.id, parent_id=None)
        session.add(meter)
        session.flush()
        for code, sort, direction in (
            ("in", "interval", "import"),
            ("out", "interval", "export"),
            ("bill", "bill", "import"),
        ):
            session.add(Register(meter_id=meter.id, code=code, kind=sort, measure="kWh", direction=direction))
        made = {
            name: Source(
                code=name,
                name_zh="x",
                name_en="x",
                kind="green_button",
                created_at=NOW,
                options={"forward": "in", "reverse": "out", **options},
            )
            for name, options in (("feeds", {"inbox": str(tmp_path)}), ("bills", {"bills": True, "forward": "bill"}))
        }
        session.add_all(made.values())
        session.flush()
        session.add(MeterAlias(alias=POINT, source_id=None, meter_id=meter.id))
        ids = {name: source.id for name, source in made.items()}

    def import_text(text: str, source: str = "feeds", name: str = "usage.xml") -> Receipt:
        path = tmp_path / name
        path.write_text(text)
        return pipeline.import_file(database, ids[source], path, actor=SYSTEM, now=NOW, archive=tmp_path / "archive")

    return import_text


def counts(receipt: Receipt) -> tuple[Any, ...]:
    return (receipt.state, receipt.new, receipt.changed, receipt.same, receipt.refused)


def solar(taken: list[str], given: list[str]) -> str:
    """A feed of what a house took from the grid and gave to it."""
    parts = [point(), meter_reading(1), meter_reading(2), kind(1, flowDirection=1), kind(2, flowDirection=19)]
    return feed(*parts, block(*taken), block(*given, number=2))


def test_a_file_again_changes_nothing_and_a_corrected_one_what_differs(bring: Callable[..., Receipt]) -> None:
    hours = [reading(n, flag) for n, flag in enumerate(("10", "20", "30"))]

    assert counts(bring(house(*hours, flowDirection=1))) == ("done", 3, 0, 0, 0)
    assert counts(bring(house(*hours, flowDirection=1))) == ("unchanged", 0, 0, 0, 0)
    assert counts(bring(house(*reversed(hours), flowDirection=1))) == ("done", 0, 0, 3, 0)
    assert counts(bring(house(*hours[:2], reading(2, "31"), flowDirection=1))) == ("done", 0, 1, 2, 0)


def test_a_cut_file_brings_what_it_has_and_the_whole_one_the_rest(bring: Callable[..., Receipt]) -> None:
    whole = house(*(reading(n) for n in range(10)), flowDirection=1)

    cut = bring(whole[: len(whole) // 2])

    assert (cut.state, cut.refused, cut.tally.issues[0].code) == ("done", 1, "XML_BROKEN")
    assert counts(bring(whole)) == ("done", 10 - cut.new, 0, cut.new, 0)


def test_what_goes_to_the_grid_is_taken_from_what_was_used_and_stored_apart(
    bring: Callable[..., Receipt], database: Database
) -> None:
    both = solar(*([reading(n, value) for n in range(24)] for value in ("3000", "1000")))

    assert counts(bring(both)) == ("done", 48, 0, 0, 0)
    with database.session() as session:
        stored = session.execute(
            select(Register.code, Reading.value).join(Register, Register.id == Reading.register_id).distinct()
        )
        assert sorted(map(tuple, stored)) == [("in", 3 * KWH), ("out", KWH)]
        assert sum(session.scalars(select(DailyConsumption.quantity))) == 24 * 2 * KWH


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2025, 11, 2), 25), (date(2026, 3, 9), 24)])
def test_a_day_of_the_local_clock_has_the_hours_that_it_has(
    bring: Callable[..., Receipt], database: Database, day: date, hours: int
) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    start = int(midnight) + (7 if day == date(2025, 11, 2) or day == date(2026, 3, 9) else 8) * 3600

    bring(solar(*([reading(n, value, start=start) for n in range(hours)] for value in ("1000", "0"))))

    with database.session() as session:
        found = session.execute(select(DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered)).all()
    assert [(from_day(row.day), row.quantity, row.covered) for row in found] == [(day, hours * KWH, hours * 3600)]


def test_bills_keep_their_money(bring: Callable[..., Receipt], database: Database) -> None:
    month = reading(0, "300", step=2_592_000, start=START - 2_592_000, more="<e:cost>5100000</e:cost>")

    assert counts(bring(house(month, powerOfTenMultiplier=3, currency=840, flowDirection=1), "bills")) == (
        "done",
        1,
        0,
        0,
        0,
    )
    with database.session() as session:
        bill = session.scalars(select(Bill)).one()
    assert (bill.amount, bill.currency) == (5_100_000, "USD")


def test_an_unknown_usage_point_is_named_with_what_to_do(bring: Callable[..., Receipt]) -> None:
    receipt = bring(house(flowDirection=1).replace(POINT, "RetailCustomer/8/UsagePoint/2"))

    assert (receipt.state, receipt.refused) == ("refused", 2)
    assert receipt.tally.issues[0].data["meter"] == "RetailCustomer/8/UsagePoint/2"
    assert "alias" in receipt.tally.issues[0].template


def test_an_inbox_gives_each_file_once_and_a_changed_one_again(tmp_path: Path) -> None:
    from monitor.intake import registry

    importer = registry.build("green_button", {"inbox": str(tmp_path)})
    (tmp_path / "a.xml").write_text(house())
    (tmp_path / "b.csv").write_text("no feed")
    first = list(importer.fetch({}, NOW))
    cursor = first[-1].cursor_after
    again = list(importer.fetch(cursor, NOW))
    (tmp_path / "a.xml").write_text(house(reading(0)))
    changed = list(importer.fetch(cursor, NOW))

    assert [[document.name for document in found] for found in (first, again, changed)] == [["a.xml"], [], ["a.xml"]]
    assert list(registry.build("green_button", {}).fetch({}, NOW)) == []
