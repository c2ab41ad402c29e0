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


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The small site with a hole and an editor, on a port of its own."""
    tmp_path = tmp_path_factory.mktemp("data")
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


def test_a_month_is_closed_on_a_phone_and_binds_the_editor(
    visit: Callable[..., Visit], served: SimpleNamespace
) -> None:
    found = visit("admin", language="en", width=390, theme="dark")
    page = found.page
    found.open("/data?unit=hq&resource=electricity&year=2026")
    page.locator("section[aria-label='Month close']").get_by_role("link", name="August 2026").click()
    page.wait_for_selector("text=Check list")
    page.get_by_role("button", name="Close the month").click()
    page.wait_for_selector("text=points of the check list are open")
    page.locator("input[name=note]").fill("the archives' meter is being repaired")
    page.get_by_role("button", name="Close the month").click()
    page.wait_for_selector("text=Closed by admin on")
    assert found.audit() == []
    assert found.overflow() <= 0

    editor = visit("editor", language="en")
    meter = served.ids.meters["E-finance"]
    editor.open(f"/data?unit=finance&resource=electricity&year=2026&month=8&meter={meter}&day=2026-08-20")
    editor.page.locator("#form-void summary").click()
    form = editor.page.locator("#form-void form")
    form.locator("input[name=reason]").fill("tidying up")
    form.get_by_role("button", name="Preview").click()
    form.locator("text=was closed for").wait_for()

    page.locator("input[name=reason]").fill("the bill came")
    page.get_by_role("button", name="Reopen the month").click()
    page.wait_for_selector("text=The month is open again.")
    page.wait_for_selector("text=the bill came")
    assert (found.errors, editor.errors) == ([], [])
