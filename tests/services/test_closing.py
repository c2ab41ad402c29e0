"""A closed month: figures kept as reported, changes by hand refused, corrections of the supplier taken and listed, reopened with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database import readings as stored
from monitor.database.tables import (
    Alert,
    AuditEvent,
    DailyConsumption,
    ImportRun,
    PeriodClose,
    Reading,
    Register,
    Source,
)
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.domain.closing import Figure, differences, fingerprint, read, written
from monitor.domain.periods import Month, day_edges
from monitor.domain.readings import NO_START, storage_frame
from monitor.errors import Conflict, Forbidden, NotFound
from monitor.queries import checklist, closing, consumption
from monitor.services import alerts, metering, organisation, readings
from monitor.services import closing as service
from monitor.services._site import EventSpec, FactSpec, ShareSpec
from monitor.services.setup import apply_site, parse_part, parse_site

NOW = datetime(2026, 3, 5, tzinfo=UTC)
JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
M3 = 1_000_000
FACTS = [{"kind": "head_count", "value": "20"}]
SITE = {
    "units": [{"code": "top", "zh": "机关", "units": [{"code": "a", "zh": "甲局", "facts": FACTS}, {"code": "b"}]}],
    "places": [{"code": "house"}],
    "meters": [
        {
            "code": code,
            "resource": "water",
            "place": "house",
            "unit": unit,
            "registers": [{"kind": "cumulative", "step": 86_400}],
        }
        for code, unit in (("tap", "a"), ("well", "b"))
    ],
}


@dataclass
class Town:
    """Two water meters read every midnight of January and February: a m³ a day, of `well` two."""

    session: Session
    units: dict[str, int]
    meters: dict[str, int]
    registers: dict[str, int]
    run: int
    manager: Actor
    clerk: Actor

    def edge(self, day: int, month: Month = JANUARY) -> int:
        return int(day_edges("Asia/Shanghai", month.start, month.start + 60)[day])

    def close(self, month: Month = JANUARY, unit: str = "top") -> int:
        return service.close(self.session, self.manager, self.units[unit], month, "all is well", now=NOW)

    def differing(self, unit: str = "top") -> list[tuple[str, str, int | None]]:
        found = closing.changed(self.session, self.manager, self.units[unit], year=2026)
        return [(one.unit, one.part, one.amount) for changed in found for one in changed.differences]

    def later(self, meter: str, day: int, value: int, *, at: int | None = None) -> int:
        """Let the supplier say something else of a midnight; gives the run."""
        run = new_run(self.session)
        put(self.session, self.registers[meter], [(self.edge(day) if at is None else at, value)], run)
        return run


def new_run(session: Session) -> int:
    source = session.scalars(select(Source)).first()
    if source is None:
        source = Source(code="file", name_zh="文件", name_en="File", kind="tabular", options={}, created_at=NOW)
        session.add(source)
        session.flush()
    run = ImportRun(source_id=source.id, state="done", trigger="hand", started_at=NOW)
    session.add(run)
    session.flush()
    return run.id


def put(session: Session, register: int, rows: list[tuple[int, int]], run: int) -> None:
    frame = storage_frame(
        register_id=[register] * len(rows),
        end_at=[at for at, _ in rows],
        start_at=[NO_START] * len(rows),
        value=[value * M3 for _, value in rows],
        quality=[0] * len(rows),
        row_no=list(range(2, len(rows) + 2)),
    )
    stored.rebuild_daily(session, stored.store_readings(session, frame, run).touched)


@pytest.fixture
def town(session: Session) -> Town:
    from monitor.database.tables import Meter, OrgUnit

    apply_site(session, SYSTEM, parse_site(SITE), now=NOW)
    units = dict(session.query(OrgUnit.code, OrgUnit.id).all())
    meters = dict(session.query(Meter.code, Meter.id).all())
    registers = dict(session.query(Meter.code, Register.id).join(Register, Register.meter_id == Meter.id).all())
    everywhere = dict.fromkeys(units.values(), Role.ADMIN)
    run = new_run(session)
    found = Town(
        session,
        units,
        meters,
        registers,
        run,
        Actor(1, "wang", everywhere, frozenset({units["top"]})),
        Actor(2, "li", {units["a"]: Role.EDITOR}, frozenset({units["top"]})),
    )
    for code, step in (("tap", 1), ("well", 2)):
        put(session, registers[code], [(found.edge(day), 100 + step * day) for day in range(60)], run)
    return found


def refused(call: Callable[[], object]) -> Conflict:
    with pytest.raises(Conflict) as found:
        call()
    return found.value


def test_what_is_kept_is_what_every_page_says(town: Town) -> None:
    row = town.session.get_one(PeriodClose, town.close())
    kept = read(row.data)

    assert fingerprint(row.data) == row.sha256
    for code, unit in town.units.items():
        for resource in ("water",):
            span = (JANUARY.start, JANUARY.end)
            said = consumption.amount(town.session, town.manager, unit, resource, *span)
            one = kept[code, resource, "counted"]
            assert (one.quantity, one.estimated, one.coverage) == (said.quantity, said.estimated, said.coverage)
    assert kept["a", "head_count", "fact"].quantity == 20_000
    assert town.differing() == []


@pytest.mark.parametrize("month", [JANUARY, FEBRUARY])
def test_changes_by_hand_of_a_closed_month_are_refused_and_leave_nothing(town: Town, month: Month) -> None:
    session, clerk, register = town.session, town.clerk, town.registers["tap"]
    correction = readings.void(session, clerk, register, start=town.edge(9), end=town.edge(10), reason="x", now=NOW)
    estimate = readings.estimate(
        session, clerk, town.meters["tap"], start=JANUARY.start - 3, end=JANUARY.start, quantity=Decimal(3), reason="x"
    )
    before_january = Month(2025, 12)
    town.close()
    town.close(before_january)
    calls: list[Callable[[], object]] = [
        lambda: readings.void(session, clerk, register, start=town.edge(4), end=town.edge(5), reason="x", now=NOW),
        lambda: readings.replace(session, clerk, register, at=town.edge(31), value=Decimal(130), reason="x", now=NOW),
        lambda: readings.enter(session, clerk, register, at=town.edge(3) + 3600, value=Decimal("103.5"), now=NOW),
        lambda: readings.withdraw_correction(session, clerk, correction, now=NOW),
        lambda: readings.withdraw_estimate(session, clerk, estimate, now=NOW),
        lambda: readings.undo_run(session, town.manager, town.run, now=NOW),
    ]
    days = select(DailyConsumption.meter_id, DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered)
    before = set(session.execute(days).all())
    if month == FEBRUARY:  # what lies wholly in the open month goes
        readings.replace(session, clerk, register, at=town.edge(40), value=Decimal("140.2"), reason="x", now=NOW)
        assert set(session.execute(days).all()) != before
        return
    audited = session.scalars(select(AuditEvent.id)).all()
    for call in calls:
        error = refused(call)
        assert (error.code, error.data["who"]) == ("MONTH_CLOSED", "wang")
        assert "机关" in str(error)
    assert set(session.execute(days).all()) == before
    assert session.scalars(select(AuditEvent.id)).all() == audited
    assert session.get_one(ImportRun, town.run).state == "done"


def test_a_closing_of_one_unit_binds_its_own_meters_alone(town: Town) -> None:
    town.close(unit="b")
    readings.replace(
        town.session, town.clerk, town.registers["tap"], at=town.edge(5), value=Decimal("105.1"), reason="x", now=NOW
    )
    error = refused(
        lambda: readings.replace(
            town.session, town.manager, town.registers["well"], at=town.edge(5), value=Decimal(111), reason="x", now=NOW
        )
    )
    assert error.data["month"] == "2026-01"


def test_shares_facts_and_meter_changes_of_a_closed_month_are_refused_and_of_an_open_one_not(town: Town) -> None:
    session, boss = town.session, town.manager
    town.close()
    share = parse_part(ShareSpec, {"unit": "b", "part": "100%"})
    fact = {"kind": "head_count", "value": "21"}
    swap = {"kind": "replacement", "final": 110, "initial": 0}
    calls: list[Callable[[str], object]] = [
        lambda day: metering.set_shares(session, boss, "tap", [share], since=date.fromisoformat(day), now=NOW),
        lambda day: organisation.set_fact(session, boss, "a", parse_part(FactSpec, {**fact, "since": day}), now=NOW),
        lambda day: metering.add_event(
            session, boss, "tap", "", parse_part(EventSpec, {**swap, "at": f"{day}T12:00:00+08:00"}), now=NOW
        ),
    ]
    for call in calls:
        assert refused(lambda call=call: call("2026-01-20")).code == "MONTH_CLOSED"  # type: ignore[misc]
    assert town.differing() == []
    for call in calls:
        call("2026-02-20")
    assert town.differing() == []


def test_an_import_is_taken_and_what_changed_is_listed_with_one_alert_until_it_agrees_again(town: Town) -> None:
    session = town.session
    town.close()
    town.later("tap", 31, 132)  # the last midnight of January: February has as much less
    assert town.differing() == [("top", "counted", M3), ("a", "counted", M3)]
    assert town.differing("a") == [("a", "counted", M3)]
    assert town.differing("b") == []

    def said() -> list[tuple[str, int, bool]]:
        rows = session.scalars(select(Alert).where(Alert.rule == "closed_changed").order_by(Alert.id))
        return [(row.data["month"], row.data["count"], row.closed_at is None) for row in rows]

    for _ in range(3):
        alerts.evaluate(session, SYSTEM, now=NOW)
    assert said() == [("2026-01", 2, True)]
    town.later("tap", 31, 131)
    assert town.differing() == []
    alerts.evaluate(session, SYSTEM, now=NOW)
    assert said() == [("2026-01", 2, False)]


def test_a_correction_that_came_by_import_does_not_bind_other_changes(town: Town) -> None:
    town.close()
    town.later("tap", 31, 132)
    since = date(2026, 2, 10)
    metering.set_shares(
        town.session, town.manager, "tap", [parse_part(ShareSpec, {"unit": "b", "part": "100%"})], since=since, now=NOW
    )
    assert [row[0] for row in town.differing()] == ["top", "a"]


def test_the_check_list_asks_for_a_note_and_reopening_for_a_reason_and_all_is_written_down(town: Town) -> None:
    session, boss, top = town.session, town.manager, town.units["top"]
    assert refused(lambda: service.close(session, boss, top, Month(2026, 3), now=NOW)).code == "MONTH_NOT_OVER"
    assert refused(lambda: service.reopen(session, boss, top, JANUARY, "x", now=NOW)).code == "MONTH_NOT_CLOSED"
    session.query(Reading).filter(Reading.end_at == town.edge(12)).delete()
    session.query(DailyConsumption).filter(DailyConsumption.day == JANUARY.start + 12).delete()
    kinds = [point.kind for point in checklist.points(session, boss, top, JANUARY, now=NOW)]
    assert kinds == ["missing"]
    assert refused(lambda: service.close(session, boss, top, JANUARY, " ", now=NOW)).code == "NOTE_MISSING"
    service.close(session, boss, top, JANUARY, "meter read twice", now=NOW)
    assert refused(lambda: service.close(session, boss, top, JANUARY, "x", now=NOW)).code == "MONTH_CLOSED_ALREADY"
    assert refused(lambda: service.close(session, boss, town.units["a"], JANUARY, "x", now=NOW)).code == (
        "MONTH_CLOSED_ALREADY"
    )
    assert refused(lambda: service.reopen(session, boss, top, JANUARY, " ", now=NOW)).code == "REASON_MISSING"
    service.reopen(session, boss, top, JANUARY, "the bill came", now=NOW)
    service.close(session, boss, top, JANUARY, "again", now=NOW)

    listed = closing.history(session, boss, top, year=2026)
    assert [(one.note, one.reopened_reason, one.standing, one.intact) for one in listed] == [
        ("again", "", True, True),
        ("meter read twice", "the bill came", False, True),
    ]
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.subject == "month:top:2026-01"))
    assert list(actions) == ["month.close", "month.reopen", "month.close"]


def test_who_may_close_and_what_a_unit_below_hears_of_it(town: Town) -> None:
    session, top = town.session, town.units["top"]
    town.close()
    for who, error in ((NOBODY, NotFound), (town.clerk, NotFound)):
        with pytest.raises(error):
            service.close(session, who, top, FEBRUARY, "x", now=NOW)
    with pytest.raises(Forbidden):
        service.close(session, town.clerk, town.units["a"], FEBRUARY, "x", now=NOW)
    [heard] = closing.history(session, town.clerk, town.units["a"])
    assert (heard.closed_by, heard.note, heard.code) == ("wang", "", "")
    with pytest.raises(NotFound):
        closing.history(session, town.clerk, town.units["b"])


def test_a_unit_that_moves_later_changes_nothing_of_what_was_closed(town: Town) -> None:
    session, boss = town.session, town.manager
    town.close(unit="a")
    organisation.move_unit(session, boss, "b", to="a", at=date(2026, 2, 10), now=NOW)
    assert town.differing("a") == []
    organisation.remove_move(session, boss, "b", date(2026, 2, 10), now=NOW)
    organisation.move_unit(
        session, boss, "b", to="a", at=date(2026, 1, 10), now=NOW
    )  # into what is closed: taken, listed
    assert {unit for unit, _, _ in town.differing("a")} == {"a", "b"}


FIGURES = st.builds(
    Figure,
    st.none() | st.integers(-(2**62), 2**62),
    *(st.integers(0, 2**62) for _ in range(5)),
)
KEYS = st.tuples(st.sampled_from("abc"), st.sampled_from(["water", "paper"]), st.sampled_from(["counted", "fact"]))


@given(kept=st.dictionaries(KEYS, FIGURES), now=st.dictionaries(KEYS, FIGURES))
def test_what_is_written_is_read_and_only_what_differs_is_listed(
    kept: dict[tuple[str, str, str], Figure], now: dict[tuple[str, str, str], Figure]
) -> None:
    text, mark = written("top", "2026-01", kept)
    assert (read(text), fingerprint(text)) == (kept, mark)
    assert differences(kept, read(text)) == []
    listed = {(one.unit, one.resource, one.part) for one in differences(kept, now)}
    nothing = Figure(None).reads()
    assert listed == {
        key
        for key in kept.keys() | now.keys()
        if (kept[key].reads() if key in kept else nothing) != (now[key].reads() if key in now else nothing)
    }
