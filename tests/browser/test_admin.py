"""The whole story of an administrator in a real browser: a unit, a place, a shared meter and a person, each seen before it is made."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from waitress.server import create_server

from dashboard.app import create_app
from monitor.database.engine import Database
from tests.browser.conftest import Visit
from tests.dashboard import site as small

Begin = Callable[..., Visit]
SECTIONS = ("units", "places", "meters", "people", "tokens", "sources", "settings", "audit", "account")
THINGS = (
    "section=units&unit=finance",
    "section=places&place=house",
    "section=meters&meter=E-finance",
    "section=people&person=own",
    "section=sources&source=power",
    "section=sources&new=tabular",
)


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A small site of its own: what this story adds is not in the way of other tests."""
    folder = tmp_path_factory.mktemp("administered")
    (folder / "jieyue.db").write_bytes(sqlite_template.read_bytes())
    with Database(f"sqlite:///{folder / 'jieyue.db'}") as database:
        small.build(database)
        server = create_server(create_app(small.settings(folder), database).server, host="127.0.0.1", port=0, threads=8)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield SimpleNamespace(base=f"http://127.0.0.1:{server.effective_port}")
        server.close()
        thread.join(timeout=10)


def fill(found: Visit, action: str, **fields: str) -> None:
    """Type into the fields of a form, and choose in its lists."""
    form = found.page.locator(f"form.editor[action='/admin/{action}']")
    for name, value in fields.items():
        control = form.locator(f"[name='{name}']")
        if control.evaluate("one => one.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)


def press(found: Visit, action: str, word: str) -> None:
    found.page.locator(f"form.editor[action='/admin/{action}'] button:has-text('{word}')").click()


def preview_and_apply(found: Visit, action: str, thing: str) -> str:
    """Press the first button, read what would change, press the second, and come to the thing; give what was read."""
    press(found, action, "Show what changes")
    found.page.wait_for_selector(f"form.editor[action='/admin/{action}'] .note")
    read = str(found.page.inner_text(f"form.editor[action='/admin/{action}'] .note"))
    press(found, action, "Apply")
    found.page.wait_for_url(f"**{thing}&message=saved")
    found.page.wait_for_selector("#content .note.good")
    return read


def test_an_administrator_sets_up_a_bureau_and_its_liaison_sees_it_alone(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/admin?section=units")
    unit = {"code": "audit", "zh": "审计局", "en": "Audit Office", "kind": "bureau", "parent": "hq"}
    fill(found, "units/add", **unit, head_count="40")
    assert "unit:audit" in preview_and_apply(found, "units/add", "unit=audit")
    found.open("/admin?section=places")
    fill(found, "places/add", code="annex", zh="附楼", en="Annex", parent="house", office_from="08:30")
    assert "place:annex" in preview_and_apply(found, "places/add", "place=annex")
    found.open("/admin?section=meters")
    fill(found, "meters/add", code="E-annex", zh="附楼总表", en="Annex main meter", place="annex", seconds="3600")
    for number, code in enumerate(("audit", "finance")):
        press(found, "meters/add", "Add a line")
        fill(found, "meters/add", **{f"shares.{number}.unit": code, f"shares.{number}.by": "head_count"})
    assert "meter:E-annex:share:audit" in preview_and_apply(found, "meters/add", "meter=E-annex")
    assert "the other 100 % shared out by People who use energy" in found.page.inner_text("#content")
    found.open("/admin?section=people")
    fill(found, "people/add", login="zhao", name="赵", unit="audit", role="viewer")
    press(found, "people/add", "Add a person")
    found.page.wait_for_selector(".once code")
    password = found.page.inner_text(".once code")
    found.open("/")
    found.page.wait_for_selector(".board tbody tr :text('Audit Office')")
    found.open("/unit?unit=audit")
    assert "E-annex" in found.page.inner_text("#content")
    assert found.errors == []

    liaison = visit("", language="en")
    liaison.page.goto(liaison.base + "/login")
    liaison.page.fill("#login", "zhao")
    liaison.page.fill("#password", password)
    liaison.page.click("button[type=submit]")
    liaison.page.wait_for_selector(".board tbody tr :text('Audit Office')")
    assert "Finance Bureau" not in liaison.page.inner_text("#content")
    assert liaison.page.locator("nav a:has-text('Administration')").count() == 0
    assert liaison.errors == []


def test_what_was_typed_stays_beside_what_is_wrong_with_it(visit: Begin) -> None:
    found = visit(language="zh")
    found.open("/admin?section=units")
    fill(found, "units/add", code="finance", zh="另一个局", parent="hq", head_count="很多")
    press(found, "units/add", "查看影响")
    found.page.wait_for_selector("small.bad")
    form = found.page.locator("form.editor")

    assert form.locator("[name=zh]").input_value() == "另一个局"
    assert form.locator("[name=head_count]").input_value() == "很多"
    assert form.locator("[name=head_count]").get_attribute("aria-invalid") == "true"
    assert "NOT_A_NUMBER" in form.inner_text()
    assert form.locator("button:has-text('确认执行')").count() == 0
    assert found.errors == []


def test_a_change_after_the_preview_asks_for_another_preview(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/admin?section=meters&meter=E-finance")
    form = found.page.locator("form.editor[action='/admin/meters/change']")
    form.locator("[name=assessed]").uncheck()
    press(found, "meters/change", "Show what changes")
    form.locator("button:has-text('Apply')").wait_for()
    assert "Finance Bureau" in form.locator(".note").inner_text()
    form.locator("[name=assessed]").check()

    form.locator("button:has-text('Apply')").wait_for(state="detached")
    assert found.errors == []


def test_the_search_box_leaves_the_rows_that_have_all_its_words(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/admin?section=meters")
    found.page.fill(".search input", "education water")
    shown = found.page.locator("table.data tbody tr:visible")

    assert shown.count() == 1
    assert "W-education" in shown.inner_text()


@pytest.mark.parametrize(  # each two of language, theme and width meet
    ("language", "theme", "width"),
    [("zh", "light", 1440), ("en", "dark", 1440), ("zh", "dark", 390), ("en", "light", 390)],
)
def test_every_section_stands_can_be_read_and_used_at_any_width(
    visit: Begin, language: str, theme: str, width: int
) -> None:
    found, told = visit(language=language, theme=theme, width=width), dict[str, list[str]]()
    for query in (*(f"section={one}" for one in SECTIONS), *THINGS):
        found.open(f"/admin?{query}")

        assert found.page.locator("#content .panel").count() > 0, query
        assert found.overflow() <= 0, query
        assert found.page.locator(".admin > nav a[aria-current=page]").count() == 1, query
        told[query] = found.audit()
    assert {query: said for query, said in told.items() if said} == {}
    assert found.errors == []
    assert found.elsewhere == []
