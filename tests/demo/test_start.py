"""The demo from end to end on its slice: everything comes in through the importers, and the stories are in the figures."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Document, ImportRun, Meter, Source
from monitor.demo import bills, build, drip, prepare
from monitor.demo.series import Series
from monitor.domain.access import SYSTEM
from monitor.domain.periods import from_day, to_day
from monitor.domain.targets import Status
from monitor.intake.pipeline import run_source
from monitor.queries import billing, scope
from monitor.queries import targets as judged
from monitor.services import accounts
from monitor.settings import DatabaseSettings, Settings

ANCHOR = date(2026, 6, 10)


class Started:
    """A demo that has been started once, and what it said."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.settings = Settings(data=folder, database=DatabaseSettings(url=address))
        self.database = Database(self.settings.database_url)
        self.said: list[str] = []
        prepare(self.settings, self.database, anchor=ANCHOR, size="slice", progress=self.said.append)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    address = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE demo_slice")
        address = server.replace("/postgres?", "/demo_slice?")
    started = Started(tmp_path_factory.mktemp("demo"), address)
    with started.database:
        yield started


@pytest.fixture
def session(demo: Started) -> Iterator[Session]:
    with demo.database.session() as session:
        yield session


@pytest.fixture(scope="module")
def series() -> Series:
    return build(ANCHOR, size="slice")


def _days(session: Session, code: str) -> dict[int, tuple[int, int]]:
    """Day → quantity and covered seconds of a meter."""
    meter = session.scalars(select(Meter.id).where(Meter.code == code)).one()
    found = select(DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered).where(
        DailyConsumption.meter_id == meter
    )
    return {day: (quantity, covered) for day, quantity, covered in session.execute(found)}


def _run_of(session: Session, name: str) -> ImportRun:
    found = select(ImportRun).join(Document, Document.id == ImportRun.document_id).where(Document.name == name)
    return session.scalars(found).one()


def _status(session: Session, code: str, resource: str) -> Status:
    unit = scope.unit_by_code(session, SYSTEM, code)
    [row] = [
        row
        for row in judged.progress(session, SYSTEM, unit.id, resource, ANCHOR.year, as_of=to_day(ANCHOR) - 1)
        if row.progress.terms.indicator == "total"
    ]
    return row.progress.status


def test_nothing_is_refused_and_every_file_has_its_receipt(session: Session) -> None:
    states = dict(session.execute(select(ImportRun.state, func.count()).group_by(ImportRun.state)).all())
    assert states.pop("unchanged") == 1
    assert set(states) == {"done"}
    assert session.scalar(select(func.sum(ImportRun.rows_refused))) == 0


def test_the_water_register_that_rolled_over_lost_nothing(session: Session, series: Series) -> None:
    code, _ = series.stories.rollover
    days = _days(session, code)
    assert sum(quantity for quantity, _ in days.values()) == int(series.gross(series.compound.index[code]).sum()) * 1000
    assert {covered for _, covered in days.values()} == {86_400}
    assert min(quantity for quantity, _ in days.values()) >= 0


def test_the_swapped_meter_counts_old_and_new(session: Session, series: Series) -> None:
    code, _ = series.stories.swap
    point = series.compound.index[code]
    days = _days(session, code)
    used = int(series.gross(point).sum()) // point.multiplier * point.multiplier
    assert sum(quantity for quantity, _ in days.values()) == used * 10_000
    assert {covered for _, covered in days.values()} == {86_400}


def test_the_day_whose_file_never_came_is_a_gap_and_no_zero(session: Session, series: Series) -> None:
    day = to_day(series.stories.never_came)
    assert _days(session, "E-A06").get(day, (0, 0)) == (0, 0)
    assert _days(session, "E-A06")[day - 1][1] == 86_400


def test_the_corrected_file_changes_exactly_what_differs(session: Session, series: Series) -> None:
    _, first, _ = series.stories.corrected
    run = _run_of(session, f"电量96点_{first:%Y%m}_更正.csv")
    assert (run.rows_new, run.rows_changed, run.rows_refused) == (0, 3 * 96, 0)
    assert run.rows_same == run.rows_read - 3 * 96
    day = to_day(first)
    assert (
        _days(session, "E-A06")[day][0]
        == int(series.gross(series.compound.index["E-A06"])[day - series.first].sum()) * 10_000
    )


def test_the_duplicate_file_changes_nothing(session: Session, series: Series) -> None:
    [run] = session.scalars(select(ImportRun).where(ImportRun.state == "unchanged"))
    assert (run.rows_new, run.rows_changed) == (0, 0)
    source = session.get_one(Source, run.source_id)
    assert source.code == "smart-water"


def test_the_department_that_really_saved_is_on_track(session: Session) -> None:
    assert _status(session, "HBJ-3", "electricity") is Status.ON_TRACK


def test_the_department_whose_data_are_missing_is_not_judged(session: Session) -> None:
    assert _status(session, "ZJJ-3", "electricity") is Status.NOT_JUDGED


def test_the_lights_at_night_put_the_department_behind(session: Session) -> None:
    assert _status(session, "RSJ-1", "electricity") in {Status.BEHIND, Status.USED_UP}


def test_the_running_toilet_shows_in_the_days_that_came_in(session: Session, series: Series) -> None:
    code, first, last, litres = series.stories.leak
    days = _days(session, code)
    leaking = [days[day][0] for day in range(to_day(first), to_day(last))]
    before = [days[day][0] for day in range(to_day(first) - 21, to_day(first))]
    more = (sum(leaking) - sum(before)) / 21 / 1000
    assert 0.8 * 24 * litres < more < 1.3 * 24 * litres
    assert min(leaking) >= 24 * litres * 1000


def test_logged_sheets_come_in_to_the_last_one(session: Session, series: Series) -> None:
    printers = series.paper.of("pcut")
    assert printers
    for printer in printers:
        days = _days(session, printer.code)
        assert sum(quantity for quantity, _ in days.values()) == int(series.paper.sheets[printer.code].sum()) * 1000
        assert sum(covered for _, covered in days.values()) >= (series.days - 1) * 86_400


def test_the_device_counts_what_the_log_has_not(session: Session, series: Series) -> None:
    printer = series.paper.printers[0]
    logged, counted = (_days(session, code) for code in (printer.code, f"PC{printer.code[1:]}"))
    last = max(day for day, (quantity, _) in counted.items() if quantity)
    before = sum(quantity for day, (quantity, _) in logged.items() if day < last)
    assert 1.0 < sum(quantity for quantity, _ in counted.values()) / before < 1.06


def test_no_title_and_no_name_of_a_print_job_is_kept(demo: Started) -> None:
    told = [
        word.encode(code)
        for word in ("党组会议纪要", "Annual work plan", "czj07", "PC-CZJ", "吴桂芳")
        for code in ("utf-8", "gb18030")
    ]
    kept = [path for path in demo.settings.data.rglob("*") if path.is_file() and "inbox" not in path.parts]
    assert len(kept) > 100
    assert [path.name for path in kept if any(word in path.read_bytes() for word in told)] == []


def test_paper_is_judged_by_the_basis_of_each_unit(session: Session) -> None:
    assert _status(session, "CZJ", "paper") is not Status.NOT_JUDGED
    assert _status(session, "HBJ", "paper") is Status.ON_TRACK


def test_one_bill_is_too_high_and_the_others_agree_with_their_meters(session: Session, series: Series) -> None:
    top = scope.units(session, SYSTEM)[0].id
    span = (to_day(ANCHOR.replace(month=1, day=1)), to_day(ANCHOR))
    rows = billing.compare(session, SYSTEM, top, "", *span, now=datetime(2026, 6, 10, 4, tzinfo=UTC))
    code, first = bills.story(series)

    assert [(row.code, from_day(row.first)) for row in rows if row.state == billing.DIFFERS] == [(code, first)]
    assert {row.resource for row in rows if row.state == billing.AGREES} == {"electricity", "water"}
    assert billing.NOT_DUE in {row.state for row in rows}


def test_hand_readings_become_days_that_keep_their_total(session: Session, series: Series) -> None:
    point = series.compound.index["E-S04"]
    shown = series.register(point)
    last = series.at(date(2026, 5, 20))
    used = (int(shown[last]) // 100 - int(shown[0]) // 100) * point.multiplier
    days = _days(session, "E-S04")
    assert sum(quantity for day, (quantity, _) in days.items() if day >= series.first) == used * 1_000_000


def test_three_people_can_sign_in_with_the_passwords_that_were_printed(demo: Started) -> None:
    lines = [line for line in demo.said if "password" in line]
    assert len(lines) == 3
    with demo.database.session(write=True) as session:
        for line in lines:
            words = line.split("Sign in as ")[1].split()
            login, password = words[0], words[4]
            assert accounts.authenticate(session, login, password, datetime.now(UTC)) is not None, login


def test_a_second_start_imports_nothing_and_names_the_sign_ins_again(demo: Started) -> None:
    said: list[str] = []
    with demo.database.session() as session:
        runs = session.scalar(select(func.count()).select_from(ImportRun))
    prepare(demo.settings, demo.database, progress=said.append)
    with demo.database.session() as session:
        assert session.scalar(select(func.count()).select_from(ImportRun)) == runs
    assert said[1:] == demo.said[-3:]


def test_a_file_arrives_a_minute_after_the_start_and_its_source_brings_it_in(demo: Started) -> None:
    now = datetime.now(UTC)
    assert drip(demo.settings, demo.database, now) == []
    [file] = drip(demo.settings, demo.database, now + timedelta(minutes=2))
    assert file.name == "电量96点_20260609.csv"
    assert drip(demo.settings, demo.database, now + timedelta(minutes=3)) == []
    with demo.database.session() as session:
        source = session.scalars(select(Source.id).where(Source.code == "power-monitoring")).one()
    receipts = run_source(
        demo.database, source, trigger="schedule", actor=SYSTEM, now=now, archive=demo.settings.archive
    )
    assert [(receipt.state, receipt.rows_new) for receipt in receipts] == [("done", 6 * 96)]
