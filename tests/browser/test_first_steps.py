"""A new user in a real browser: from an empty database to a judged target, with real files."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from monitor.domain.access import SYSTEM
from monitor.services import accounts
from monitor.services._template_columns import SHEETS
from tests.browser.conftest import Visit, watch
from tests.dashboard import site as small

BOOK: dict[str, list[dict[str, Any]]] = {
    "units": [
        {"code": "campus", "zh": "校园", "en": "Campus", "kind": "机关 organisation"},
        {"code": "b0", "zh": "零号楼", "en": "Building 0", "parent": "campus", "kind": "局 bureau"},
    ],
    "facts": [{"unit": "b0", "kind": "用能人数 energy users", "value": 40}],
    "places": [{"code": "house", "zh": "楼", "zone": "Europe/London"}],
    "meters": [{"code": "b0", "zh": "零号楼电表", "resource": "电 electricity", "place": "house"}],
    "shares": [{"meter": "b0", "unit": "b0", "by": "百分比 percent", "part": 100}],
}


def workbook(folder: Path, name: str, rows: dict[str, list[dict[str, Any]]]) -> Path:
    """Fill the template in as a person would."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target)
    for sheet in SHEETS:
        page = book.add_worksheet(sheet.title)
        for at, column in enumerate(sheet.columns):
            page.write_string(0, at, column.header)
            for number, row in enumerate(rows.get(sheet.key, ()), 1):
                page.write(number, at, row.get(column.key, ""))
    book.close()
    path = folder / name
    path.write_bytes(target.getvalue())
    return path


@pytest.fixture
def empty(sqlite_template: Path, tmp_path: Path) -> Iterator[str]:
    """An installation with its first person and nothing else, served."""
    path = tmp_path / "jieyue.db"
    path.write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{path}") as database:
        with database.session(write=True) as session:
            accounts.create_user(session, SYSTEM, "admin", "Admin", small.PASSWORD, now=datetime.now(UTC))
        server = create_server(
            create_app(small.settings(tmp_path), database).server, host="127.0.0.1", port=0, threads=4
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.effective_port}"
        server.close()
        thread.join(timeout=10)


@pytest.fixture
def visit(browser: Any, empty: str) -> Iterator[Visit]:
    """Sign in for the first time."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    context.add_cookies([{"name": "language", "value": "en", "url": empty}])
    found = Visit(context.new_page(), empty)
    watch(found)
    found.page.goto(empty + "/login")
    found.page.fill("#login", "admin")
    found.page.fill("#password", small.PASSWORD)
    found.page.click("button[type=submit]")
    found.page.wait_for_url("**/welcome", timeout=20_000)
    found.page.wait_for_selector("#step-1")
    yield found
    context.close()


def step(found: Visit, number: int) -> Any:
    """Give a step of the page, opened."""
    panel = found.page.locator(f"#step-{number}")
    if panel.locator("details:not([open]) > summary").count():
        panel.locator("summary").first.click()
    return panel


def press(panel: Any, label: str) -> None:
    panel.get_by_role("button", name=label).first.click()


def arrived(found: Visit, what: str) -> None:
    found.page.wait_for_url(f"**/welcome?message={what}*", timeout=60_000)
    found.page.wait_for_selector("#step-1")


def bring(found: Visit, path: Path, run: int) -> str:
    """Preview a file, import it and give what the preview said."""
    panel = step(found, 4)
    panel.locator("input[type=file]").set_input_files(path)
    panel.locator("select[name=layout]").select_option("campus-hourly")
    press(panel, "Preview")
    panel.locator(".note").wait_for(timeout=60_000)
    said = str(panel.locator(".note").inner_text())
    press(panel, "Import, and keep it as a source")
    arrived(found, f"file&run={run}")
    return said


def test_from_an_empty_database_to_a_judged_target(visit: Visit, tmp_path: Path, shared_data: Path) -> None:
    files = shared_data / "campus-hourly"

    # The template can be had, and a wrong one says which cells are to be mended.
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download the template").first.click()
    assert download.value.suggested_filename == "jieyue-organisation.xlsx"
    wrong = BOOK | {"facts": [{"unit": "b9", "kind": "用能人数 energy users", "value": "forty"}]}
    panel = step(visit, 1)
    panel.locator("input[type=file]").set_input_files(workbook(tmp_path, "wrong.xlsx", wrong))
    press(panel, "Set it up")
    panel.locator(".note.bad").wait_for()
    said = panel.locator(".note.bad").inner_text()
    assert "Sheet 人数面积 Facts, row 2" in said
    assert "'forty' is not a number" in said
    assert "'b9' is neither in the sheet" in said

    # The right one becomes organisation and meters; still signed in, with the role of an administrator.
    panel.locator("input[type=file]").set_input_files(workbook(tmp_path, "right.xlsx", BOOK))
    press(panel, "Set it up")
    arrived(visit, "organisation")
    assert "Units: 2" in step(visit, 1).inner_text()
    assert "Meters: 1" in step(visit, 3).inner_text()

    # Two real files through a bundled layout, looked at first.
    for run, year in enumerate((2018, 2019), 1):
        preview = bring(visit, files / f"UCam_Building_b0-electricity-{year}.csv", run)
        assert "was read with the layout campus-hourly" in preview
    assert "Files imported: 2" in step(visit, 4).inner_text()

    # A target whose baseline lies behind it is refused beside its field and keeps what was typed; then it is judged.
    panel = step(visit, 5)
    panel.locator("select[name=unit]").select_option("b0")
    panel.locator("input[name=year]").fill("2019")
    panel.locator("input[name=baseline]").fill("2019")
    panel.locator("input[name=percent]").fill("4.5")
    press(panel, "Set the target")
    panel.locator("small.bad").first.wait_for()
    assert panel.locator("input[name=percent]").input_value() == "4.5"
    panel.locator("input[name=baseline]").fill("2018")
    press(panel, "Set the target")
    visit.page.wait_for_url(re.compile(r"/\?.*unit=b0"), timeout=30_000)
    visit.page.wait_for_selector("#content .panel")
    card = visit.page.locator("#content").inner_text()
    assert re.search(r"On track|At risk|Behind|used up|Met|Missed|Not judged", card)
    assert re.search(r"\d{3},\d{3}\s*kWh", card)
    assert visit.errors == []
    assert visit.elsewhere == []


def fill(form: Any, name: str, at: int, **values: str) -> None:
    """Fill in fields of a line as a person would: a choice is chosen, anything else typed."""
    for key, value in values.items():
        field = form.locator(f"[name='{name}.{at}.{key}']")
        field.select_option(value) if field.evaluate("one => one.tagName") == "SELECT" else field.fill(value)


def hours(folder: Path, year: int) -> Path:
    """Write a year of a building as the campus files are, where they do not stand beside the project."""
    path = folder / f"UCam_Building_b0-electricity-{year}.csv"
    start = datetime(year, 1, 1)  # noqa: DTZ001 - the files say their clock in the profile
    days = (datetime(year + 1, 1, 1) - start).days  # noqa: DTZ001 - as above
    lines = [f"{start + timedelta(hours=at)},{9 + at % 24}.5" for at in range(days * 24)]
    path.write_text("\n".join(["datetime,equipment load [kWh]", *lines]), encoding="utf-8")
    return path


def units_by_hand(visit: Visit) -> None:
    """Set up three levels with people and area; what is wrong stands beside its field, and what was typed stays."""
    form = step(visit, 1).locator("form").nth(1)
    form.locator("input[name=zh]").fill("剑桥大学后勤处")
    fill(form, "units", 0, code="sci", zh="理学院", head_count="many", floor_area="12000")
    fill(form, "units", 1, code="sci")
    press(form, "Set it up")
    form.locator("small.bad").first.wait_for()
    assert form.locator("[name='units.0.head_count'][aria-invalid=true]").input_value() == "many"
    assert form.locator("[name='units.1.code'][aria-invalid=true]").count() == 1
    fill(form, "units", 0, head_count="420")
    fill(form, "units", 1, code="phys", parent="sci", head_count="150", kind="department")
    fill(form, "units", 2, code="chem", parent="sci", kind="department")
    press(form, "Set it up")
    arrived(visit, "organisation")

    form = step(visit, 1).locator("form").nth(2)
    fill(form, "facts", 0, unit="chem", value="210", since="2018-01-01")
    press(form, "Save")
    arrived(visit, "facts")


def meters_by_hand(visit: Visit) -> None:
    """Set up a place with its clock and hours, a main meter with a multiplier shared out two ways, and a sub-meter below it."""
    form = step(visit, 2).locator("form")
    fill(form, "places", 0, code="b0", zh="零号楼", zone="Europe/London", country="GB", office_from="09:00")
    press(form, "Add places")
    arrived(visit, "places")
    form = step(visit, 3).locator("form")
    press(form, "Add a line")
    fill(form, "meters", 0, code="b0", zh="总表", place="b0", multiplier="2", unit="")
    fill(form, "meters", 1, code="b0-lab", zh="实验室", place="b0", parent="b0", unit="chem")
    press(form, "Add meters")
    arrived(visit, "meters")
    panel = step(visit, 3)
    assert "nobody's (not allocated): b0." in panel.inner_text()
    form = panel.locator("form").nth(1)
    press(form, "Add a line")
    press(form, "Add a line")
    fill(form, "shares", 0, unit="phys", part="40")
    fill(form, "shares", 1, unit="chem", by="head_count")
    press(form, "Save")
    arrived(visit, "shares")
    assert "chem: People who use energy; phys 40 %" in step(visit, 3).inner_text()


def test_by_hand_from_nothing_to_a_judged_target_without_a_file_editor(
    visit: Visit, tmp_path: Path, repo: Path
) -> None:
    units_by_hand(visit)
    meters_by_hand(visit)

    # Two years of a real file, and a target that is judged: of the sub-meter nothing came, so it is not, and says why.
    real = repo.parent / "shared" / "data" / "campus-hourly"
    for run, year in enumerate((2018, 2019), 1):
        bring(visit, real / f"UCam_Building_b0-electricity-{year}.csv" if real.is_dir() else hours(tmp_path, year), run)
    panel = step(visit, 5)
    panel.locator("select[name=unit]").select_option("phys")
    panel.locator("input[name=year]").fill("2019")
    panel.locator("input[name=baseline]").fill("2018")
    press(panel, "Set the target")
    visit.page.wait_for_url(re.compile(r"/\?.*unit=phys"), timeout=30_000)
    visit.page.wait_for_selector("#content .panel")
    assert "Not judged" in visit.page.locator("#content .card").first.inner_text()

    # Without the sub-meter (it was not built in after all) it is judged.
    visit.open("/admin?section=meters&meter=b0-lab")
    form = visit.page.locator("form[action='/admin/meters/remove']")
    press(form, "Remove …")
    press(form, "Yes, remove")
    visit.page.wait_for_url("**message=removed*")
    visit.open("/?unit=phys&year=2019")
    card = visit.page.locator("#content .card").first.inner_text()
    assert re.search(r"Met|Missed", card)
    assert re.search(r"\d{2,3},\d{3}\s*kWh", card)
    assert visit.errors == []
    assert visit.elsewhere == []
