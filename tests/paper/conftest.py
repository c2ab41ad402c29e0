"""A print server: three printers with aliases of its source, a counter, a department's packs; files brought in by hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Meter, MeterAlias, Place, Reading, Register, Source
from monitor.domain.access import SYSTEM
from monitor.intake import pipeline
from monitor.intake.pipeline import Receipt

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PRINTERS = ("Mono", "Colour", "Idle")


@pytest.fixture
def office(database: Database) -> dict[str, int]:
    """Meters of paper in Shanghai, one register each; gives code → register id."""
    ids = {}
    with database.session(write=True) as session:
        place = Place(code="p", name_zh="楼", name_en="House", zone="Asia/Shanghai", area=None, parent_id=None)
        session.add(place)
        session.flush()
        for code, kind, measure, basis in (
            *((f"PR-{name}", "event", "sheet", "print_log") for name in PRINTERS),
            ("CT-1", "cumulative", "sheet", "counter"),
            ("PK-办公室", "event", "ream", "packs"),
            ("PK-财务处", "event", "ream", "packs"),
        ):
            meter = Meter(
                code=code, name_zh=code, name_en=code, resource="paper", place_id=place.id, parent_id=None, basis=basis
            )
            session.add(meter)
            session.flush()
            register = Register(meter_id=meter.id, code="", kind=kind, measure=measure)
            session.add(register)
            session.flush()
            ids[code] = register.id
    return ids


@pytest.fixture
def make_source(database: Database, office: dict[str, int]) -> Callable[..., int]:
    """Make a source of a kind; each alias is of this source."""

    def make(kind: str, options: dict[str, Any], aliases: dict[str, str] | None = None, code: str = "print") -> int:
        with database.session(write=True) as session:
            source = Source(code=code, name_zh="打印", name_en="Print", kind=kind, options=options, created_at=NOW)
            session.add(source)
            session.flush()
            for alias, meter in (aliases or {}).items():
                found = session.scalars(select(Meter.id).where(Meter.code == meter)).one()
                session.add(MeterAlias(alias=alias, source_id=source.id, meter_id=found))
            return source.id

    return make


@pytest.fixture
def cups(make_source: Callable[..., int]) -> int:
    return make_source("cups_page_log", {}, {name: f"PR-{name}" for name in PRINTERS})


@pytest.fixture
def bring(database: Database, tmp_path: Path) -> Callable[..., Receipt]:
    """Import text as a file of a source."""

    def import_text(source_id: int, text: str | bytes, name: str = "page_log", **options: Any) -> Receipt:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        options = {"actor": SYSTEM, "now": NOW, "archive": tmp_path / "data" / "archive"} | options
        return pipeline.import_file(database, source_id, path, **options)

    return import_text


def job(when: str, sides: int = 1, printer: str = "Mono", number: int = 1, **more: str) -> str:
    """Give a job line; `when` is local: `2026-11-02 10:00:00`."""
    moment = datetime.strptime(when, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).strftime("%d/%b/%Y:%H:%M:%S")
    said = {"user": "nina", "title": "Agenda.pdf", "media": "A4", "duplex": "one-sided", "zone": "+0800"} | more
    return (
        f"{printer} {said['user']} {number} [{moment} {said['zone']}] total {sides} - localhost "
        f"{said['title']} {said['media']} {said['duplex']}\n"
    )


def days(session: Session, code: str) -> list[tuple[str, int, int, int]]:
    """Give day, thousandths of A4, covered seconds, thousandths off hours of a meter."""
    query = (
        select(DailyConsumption.day, DailyConsumption.quantity, DailyConsumption.covered, DailyConsumption.off_hours)
        .join(Meter, Meter.id == DailyConsumption.meter_id)
        .where(Meter.code == code)
        .order_by(DailyConsumption.day)
    )
    from monitor.domain.periods import from_day

    return [(from_day(row[0]).isoformat(), row[1], row[2], row[3]) for row in session.execute(query)]


def stored(session: Session) -> list[tuple[int, int, int]]:
    """Give register, instant and value of all readings that say something."""
    query = select(Reading.register_id, Reading.end_at, Reading.value).order_by(Reading.register_id, Reading.end_at)
    return [tuple(row) for row in session.execute(query)]  # type: ignore[misc]
