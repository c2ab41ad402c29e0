"""An editor finds a hole, fills it by hand with a reason after a look at what it would change, and takes it back."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.database.tables import DailyConsumption, Reading, Register
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import to_day
from monitor.services import accounts
from tests.browser.conftest import Visit
from tests.dashboard import site as small

HOLE = date(2026, 9, 10)
PAGE = "/data?unit=finance&resource=electricity&year=2026"


def dig(database: Database, meter: int) -> None:
    """Take the readings of one day away, and its derived day."""
    end = to_day(HOLE) * 86_400 + 16 * 3600  # the day ends at 16:00 UTC
    with database.session(write=True) as session:
        register = session.query(Register.id).filter(Register.meter_id == meter).scalar()
        session.execute(
            delete(Reading).where(Reading.register_id == register, Reading.end_at > end - 86_400, Reading.end_at <= end)
        )
        session.execute(
            delete(DailyConsumption).where(DailyConsumption.meter_id == meter, DailyConsumption.day == to_day(HOLE))
        )


@pytest.fixture
def served(sqlite_template: Path, tmp_path: Path) -> Iterator[SimpleNamespace]:
    """The small site with a hole and an editor, on a port of its own."""
    (tmp_path / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{tmp_path / 'jieyue.db'}") as database:
        ids = small.build(database)
        dig(database, ids.meters["E-finance"])
        with database.session(write=True) as session:
            user, _ = accounts.create_user(session, SYSTEM, "editor", "Editor", small.PASSWORD)
            accounts.grant(session, SYSTEM, user, ids.units["finance"], Role.EDITOR)
        server = create_server(
            create_app(small.settings(tmp_path), database).server, host="127.0.0.1", port=0, threads=8
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield SimpleNamespace(base=f"http://127.0.0.1:{server.effective_port}", ids=ids)
        server.close()
        thread.join(timeout=10)


def september(page: Any) -> str:
    """Give the cell of September in the grid."""
    return str(page.inner_text(".months table.data tbody tr:first-child td:nth-child(11)"))


def test_an_editor_fills_a_hole_after_a_look_and_takes_it_back(visit: Callable[..., Visit]) -> None:
    found = visit("editor", language="en")
    page = found.page
    found.open(PAGE)
    before = september(page)
    page.click(".months table.data tbody tr:first-child td:nth-child(11) a")
    page.wait_for_selector("text=Meters by day")
    assert page.inner_text(".dense table.data tbody tr:nth-child(2) td:nth-child(11)") == "✖"
    page.click(".dense table.data tbody tr:nth-child(2) td:nth-child(11) a")
    form = page.locator("#form-enter form")
    form.wait_for()
    assert form.locator("input[name=at]").input_value().startswith("2026-09-11T00:00")

    form.locator("input[name=value]").fill("512.5")
    form.locator("input[name=reason]").fill("read from the display")
    form.get_by_role("button", name="Preview").click()
    form.locator("text=days of this meter would change.").wait_for()
    looked = form.locator("table").last.inner_text()
    assert "10 Sept 2026\t–\t512" in looked or "10 Sept 2026\t–\t513" in looked
    form.get_by_role("button", name="Apply").click()
    page.wait_for_selector("text=Applied.")
    page.wait_for_selector("text=read from the display")
    assert page.inner_text(".dense table.data tbody tr:nth-child(2) td:nth-child(11)") == "●"
    assert september(page) != before

    page.get_by_role("button", name="Withdraw").click()
    page.wait_for_selector("text=Withdrawn. What had been read counts again.")
    page.wait_for_selector(".months table.data")
    assert september(page) == before
    assert found.errors == []
