"""Bills against meters: exactly the bill's time, the same corrections and multipliers as everywhere, and what cannot be compared."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import metered
from monitor.database import readings as stored
from monitor.database.tables import AlertRule, Bill, DailyConsumption, Meter, OrgUnit, Register
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.domain.periods import Month, day_edges, to_day
from monitor.domain.readings import NO_START, storage_frame
from monitor.errors import NotFound
from monitor.queries import billing, checklist
from monitor.queries.billing import BillRow
from monitor.services import alerts, readings
from monitor.services.setup import apply_site, parse_site

NOW = datetime(2026, 5, 20, tzinfo=UTC)
FIRST = to_day(date(2026, 1, 1))
SPAN = (FIRST, to_day(date(2027, 1, 1)))
M3 = 1_000_000
ENDS = (0, 59, 120)  # two bimonthly bills: January and February, March and April
SITE = {
    "units": [{"code": "top", "units": [{"code": "a"}, {"code": "b"}]}],
    "places": [{"code": "house"}],
    "meters": [
        {
            "code": "tap",
            "zh": "水表",
            "resource": "water",
            "place": "house",
            "unit": "a",
            "registers": [
                {"kind": "cumulative", "step": 86_400, "multiplier": "10"},
                {"code": "bill", "kind": "bill", "priority": 20},
            ],
        },
        {"code": "plain", "resource": "water", "place": "house", "unit": "b", "registers": [{"kind": "cumulative"}]},
    ],
}


def edge(day: int) -> int:
    return int(day_edges("Asia/Shanghai", FIRST, FIRST + 200)[day])


class Desk:
    """A water meter read at midnights, multiplier 10, and its bills."""

    def __init__(self, session: Session) -> None:
        self.session = session
        apply_site(session, SYSTEM, parse_site(SITE), now=NOW)
        self.units = dict(session.query(OrgUnit.code, OrgUnit.id).all())
        rows = session.execute(
            select(Register.code, Register.id, Register.meter_id).join(Meter).where(Meter.code == "tap")
        )
        found = {code: (register, meter) for code, register, meter in rows}
        self.register, self.meter = found[""]
        self.bill = found["bill"][0]

    def put(self, register: int, rows: list[tuple[int, int, int]]) -> None:
        """Store readings (start, end, value in m³)."""
        frame = storage_frame(
            register_id=[register] * len(rows),
            end_at=[end for _, end, _ in rows],
            start_at=[start for start, _, _ in rows],
            value=[value * M3 for _, _, value in rows],
            quality=[0] * len(rows),
            row_no=list(range(len(rows))),
        )
        stored.rebuild_daily(self.session, stored.store_readings(self.session, frame, 1).touched)

    def read(self, days: range, *, without: range = range(0), step: int = 1) -> None:
        self.put(self.register, [(NO_START, edge(day), 100 + day * step) for day in days if day not in without])

    def billed(self, *quantities: int, amounts: tuple[int, ...] = ()) -> None:
        spans = list(zip(ENDS, ENDS[1:], quantities, strict=False))
        self.put(self.bill, [(edge(start), edge(end), value) for start, end, value in spans])
        for (_, end, _), yuan in zip(spans, amounts, strict=False):
            terms = {"amount": yuan * 100_000, "currency": "CNY", "invoice": "F-1", "run_id": 1}
            self.session.add(Bill(register_id=self.bill, end_at=edge(end), **terms))
        self.session.flush()

    def rows(self, now: datetime = NOW, unit: str = "top") -> list[BillRow]:
        return billing.compare(self.session, SYSTEM, self.units[unit], "water", *SPAN, now=now)

    def states(self, now: datetime = NOW) -> list[str]:
        return [row.state for row in self.rows(now)]


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


def test_a_bimonthly_bill_is_set_against_exactly_its_time(desk: Desk) -> None:
    desk.read(range(130))
    desk.billed(590, 650, amounts=(2950, 3575))
    one, two, running = desk.rows()

    assert [(row.billed, row.measured, row.difference) for row in (one, two)] == [
        (590 * M3, 590 * M3, 0),
        (650 * M3, 610 * M3, 40 * M3),
    ]
    assert (one.state, two.state, two.ratio) == ("agrees", "differs", Fraction(4, 61))
    assert (one.price, two.price, two.price_change, two.price_moved) == (5, Fraction(11, 2), Fraction(1, 10), False)
    assert (one.first, one.last) == (FIRST, FIRST + 58)
    assert (running.state, running.billed, running.measured) == ("not_due", None, 90 * M3)


def test_a_difference_is_allowed_as_the_rule_says_and_alarms_once(desk: Desk) -> None:
    desk.read(range(130))
    desk.billed(590, 650, amounts=(2950, 4000))
    assert desk.rows()[1].price_moved
    for _ in range(2):
        alerts.evaluate(desk.session, SYSTEM, now=NOW)
    [said] = alerts.open_subjects(desk.session, SYSTEM, "bill_differs")
    assert said.startswith("bill:tap:")
    march = [point.kind for point in checklist.points(desk.session, SYSTEM, desk.units["top"], Month(2026, 3), now=NOW)]
    assert march.count("bill") == 1
    desk.session.add(AlertRule(kind="bill_differs", enabled=True, limits={"difference": 7}))
    desk.session.flush()
    assert desk.states() == ["agrees", "agrees", "not_due"]
    alerts.evaluate(desk.session, SYSTEM, now=NOW)
    assert alerts.open_subjects(desk.session, SYSTEM, "bill_differs") == frozenset()


def test_a_register_goes_on_over_what_was_not_read(desk: Desk) -> None:
    desk.read(range(130), without=range(31, 62))
    desk.billed(590, 610)
    assert desk.states()[:2] == ["agrees", "agrees"]
    desk.session.query(DailyConsumption).delete()
    assert desk.states()[:2] == ["agrees", "agrees"]


def test_an_unread_stretch_at_the_end_is_not_comparable(desk: Desk) -> None:
    desk.read(range(100))
    desk.billed(590, 610)
    one, two = desk.rows()[:2]
    assert (one.state, two.state, two.difference, two.ratio) == ("agrees", "not_comparable", None, None)
    assert two.coverage == Fraction(40, 61)


def test_the_bill_that_does_not_come_is_overdue_ten_days_after_its_period(desk: Desk) -> None:
    desk.read(range(130))
    desk.billed(590, 610)
    end = datetime.fromtimestamp(edge(120 + 61), UTC)
    assert desk.states(end + timedelta(days=9))[-1] == "not_due"
    assert desk.states(end + timedelta(days=10))[-1] == "overdue"


def test_a_correction_a_replaced_bill_and_a_reading_off_the_edge_all_count(desk: Desk) -> None:
    desk.put(desk.register, [(NO_START, edge(0), 100), (NO_START, edge(58) + 43_200, 159), (NO_START, edge(120), 220)])
    desk.billed(590, 610)
    one = desk.rows()[0]
    assert one.divided > 0
    readings.replace(desk.session, SYSTEM, desk.bill, at=edge(59), value=Decimal(591), reason="typing error", now=NOW)
    assert desk.rows()[0].billed == 591 * M3
    readings.replace(desk.session, SYSTEM, desk.register, at=edge(120), value=Decimal(230), reason="photo", now=NOW)
    assert sum(row.measured or 0 for row in desk.rows()[:2]) == 1300 * M3


def test_who_sees_which_bills(desk: Desk) -> None:
    desk.read(range(130))
    desk.billed(590)
    own = Actor(1, "own", {desk.units["b"]: Role.VIEWER}, frozenset({desk.units["top"]}))
    assert billing.compare(desk.session, own, desk.units["b"], "", *SPAN, now=NOW) == []
    for who in (own, NOBODY):
        with pytest.raises(NotFound):
            billing.compare(desk.session, who, desk.units["a"], "", *SPAN, now=NOW)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    used=st.lists(st.integers(1, 5000), min_size=20, max_size=20),
    start=st.integers(0, 9),
    length=st.integers(1, 10),
    hours=st.sampled_from([0, 0, 7]),
)
def test_derived_days_and_the_readings_themselves_measure_the_same(
    desk: Desk, used: list[int], start: int, length: int, hours: int
) -> None:
    total = 10
    rows = [(NO_START, edge(0), total)]
    for day, one in enumerate(used, 1):
        total += one
        rows.append((NO_START, edge(day), total))
    desk.put(desk.register, rows)
    known = metered.load(desk.session, [desk.meter])
    key = (desk.meter, edge(start) + hours * 3600, edge(start + length))
    raw = metered._from_readings(desk.session, known, [desk.meter], key[1:])[desk.meter]
    summed = metered._from_days(desk.session, known, [key])
    whole = sum(used[start : start + length]) * 10 * M3
    if hours:
        assert summed == {}
        assert raw.quantity == whole - used[start] * 10 * M3 * 7 // 24
    else:
        assert (summed[key], raw.quantity) == (raw, whole)
