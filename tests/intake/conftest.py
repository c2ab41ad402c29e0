"""A small site for imports: meters, registers, aliases and a source of tables."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor.database.engine import Database
from monitor.database.tables import Meter, MeterAlias, Place, Register, Source
from monitor.domain.access import SYSTEM
from monitor.intake import pipeline
from monitor.intake.pipeline import Receipt

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
ROWS: dict[str, Any] = {
    "layout": "rows",
    "resource": "electricity",
    "meter": {"column": "meter"},
    "time": {"column": "time", "format": "%Y-%m-%d %H:%M", "zone": "Asia/Shanghai", "label": "end", "interval": "1h"},
    "value": {"column": "kWh", "measure": "kWh"},
}


@pytest.fixture
def site(database: Database) -> dict[str, int]:
    """Meters E-1 (interval, cumulative, bill), E-2 (interval; alias `second`), W-1 (water); gives code → register id."""
    with database.session(write=True) as session:
        place = Place(code="p", name_zh="楼", name_en="House", parent_id=None, area=None)
        session.add(place)
        session.flush()
        ids = {}
        for code, resource, kinds, measure in (
            ("E-1", "electricity", ("interval", "cumulative", "bill"), "kWh"),
            ("E-2", "electricity", ("interval",), "kWh"),
            ("W-1", "water", ("cumulative",), "m³"),
        ):
            meter = Meter(code=code, name_zh=code, name_en=code, resource=resource, place_id=place.id, parent_id=None)
            session.add(meter)
            session.flush()
            for kind in kinds:
                step = 3600 if kind == "interval" else 0
                register = Register(meter_id=meter.id, code=kind, kind=kind, measure=measure, interval_seconds=step)
                session.add(register)
                session.flush()
                ids[f"{code} {kind}"] = register.id
        second = session.scalars(select(Meter.id).where(Meter.code == "E-2")).one()
        session.add(MeterAlias(alias="second", source_id=None, meter_id=second))
    return ids


@pytest.fixture
def make_source(database: Database, site: dict[str, int]) -> Callable[..., int]:
    def make(profile: dict[str, Any], *, code: str = "files", inbox: str = "") -> int:
        with database.session(write=True) as session:
            options = {"profile": profile, "inbox": inbox}
            source = Source(code=code, name_zh="表", name_en="Files", kind="tabular", options=options, created_at=NOW)
            session.add(source)
            session.flush()
            return source.id

    return make


@pytest.fixture
def bring(database: Database, tmp_path: Path) -> Callable[..., Receipt]:
    """Import a text as a file through a source."""

    def import_text(source_id: int, text: str | bytes, name: str = "file.csv", **options: Any) -> Receipt:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        options = {"actor": SYSTEM, "now": NOW, "archive": tmp_path / "archive"} | options
        return pipeline.import_file(database, source_id, path, **options)

    return import_text
