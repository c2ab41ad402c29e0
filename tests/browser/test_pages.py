"""Every page in a real browser: both languages, both themes, phone width; readable, nothing sticks out, no errors, nobody else asked."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.browser.conftest import Visit
from tests.dashboard import site as small

Begin = Callable[..., Visit]
TITLES = {
    "/": ("总览", "Overview"),
    "/unit?unit=finance": ("财政局", "Finance Bureau"),
    "/unit?unit=archives&resource=water": ("档案馆", "Archives"),
    "/compare": ("对标", "Compare"),
    "/targets?unit=hq": ("目标", "Targets"),
    "/imports": ("导入", "Imports"),
    "/receipt?run=2": ("导入记录", "Receipt"),
    "/meter?meter=1&as_of=2026-09-15&day=2026-09-15": ("E-finance", "E-finance"),
    "/data?unit=archives&resource=electricity&year=2026&month=7&meter=1": ("数据", "Data"),
    "/alerts": ("告警", "Alerts"),
    "/reports": ("报告", "Reports"),
    "/welcome": ("第 5 步", "Step 5"),
    "/nowhere": ("没有此页面", "There is no such page"),
}


@pytest.mark.parametrize(  # each two of language, theme and width meet
    ("language", "theme", "width"),
    [("zh", "light", 1280), ("en", "dark", 1280), ("zh", "dark", 390), ("en", "light", 390)],
)
def test_every_page_stands_can_be_read_and_used_and_asks_nobody_else(
    visit: Begin, language: str, theme: str, width: int
) -> None:
    found, told = visit(language=language, theme=theme, width=width), dict[str, list[str]]()
    for path, titles in TITLES.items():
        found.open(path)

        told[path] = found.audit()
        assert titles[language == "en"] in found.page.inner_text("#content"), path
        assert found.page.get_attribute("html", "data-mantine-color-scheme") == theme
        assert found.overflow() <= 0, path
    assert {path: said for path, said in told.items() if said} == {}
    assert found.errors == []
    assert found.elsewhere == []


def test_charts_are_drawn(visit: Begin) -> None:
    found = visit()
    found.open("/unit?unit=finance")
    found.page.wait_for_selector(".js-plotly-plot .main-svg")
    found.page.locator(".js-plotly-plot").nth(4).wait_for()

    assert found.page.locator(".js-plotly-plot .heatmaplayer .hm").count() == 2
    assert found.page.locator(".js-plotly-plot .barlayer .trace").count() == 3
    assert found.errors == []


def test_a_board_sorts_the_worst_first_by_a_columns_head(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/")
    found.page.click(".board th[data-field=electricity] button")
    found.page.wait_for_selector(".board th[data-field=electricity][aria-sort=ascending]")
    rows = [row.inner_text() for row in found.page.locator(".board tbody tr").all()]

    assert "Education Bureau" in rows[0]
    assert "Behind" in rows[0]


def test_a_filter_goes_into_the_address_and_a_link_brings_it_back(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/unit?unit=finance&year=2026")
    found.page.click("text=Water")
    found.page.wait_for_url("**resource=water**")
    found.page.locator("input[role=combobox], .mantine-Select-input").nth(1).click()
    found.page.click("[role=option]:has-text('2025')")
    found.page.wait_for_url("**year=2025**")
    address = found.page.url.removeprefix(found.base)
    again = visit(language="en")
    again.open(address)

    assert "resource=water" in address
    assert "31 Dec 2025" in again.page.inner_text(".head")
    assert found.errors + again.errors == []


def test_a_figure_opens_down_to_the_receipt(visit: Begin) -> None:
    found = visit(language="en")
    found.open("/unit?unit=finance")
    found.page.locator("button.linkish").first.click()
    found.page.wait_for_selector(".mantine-Drawer-body table")
    found.page.click(".mantine-Drawer-body a:has-text('E-finance')")
    found.page.wait_for_url("**/meter**")
    found.page.click("table a:has-text('2026-09-15')")
    found.page.wait_for_url("**day=2026-09-15**")
    found.page.locator("table a:has-text('power-2026-09-15.csv')").first.click()
    found.page.wait_for_url("**/receipt**")
    found.page.wait_for_selector("text=Refused rows")

    assert "'12,5' is not a number" in found.page.inner_text("#content")
    assert found.errors == []


def test_on_a_phone_the_menu_opens_and_a_link_closes_it(visit: Begin) -> None:
    found = visit(language="en", width=390)
    found.open("/")
    assert (
        not found.page.locator("nav a.nav >> text=Imports").is_visible()
        or found.page.locator("nav a.nav >> text=Imports").bounding_box()["x"] < 0
    )
    found.page.click("#burger")
    found.page.locator("a.nav:has-text('Imports')").click()
    found.page.wait_for_url("**/imports")
    found.page.wait_for_selector("text=What came in")

    assert found.errors == []


def test_language_and_theme_change_in_place(visit: Begin) -> None:
    found = visit(language="zh")
    found.open("/unit?unit=finance")
    found.page.click("button:has-text('English')")
    found.page.wait_for_selector("h1:has-text('Finance Bureau')")
    found.page.click("button[title=Dark]")
    found.page.wait_for_selector("html[data-mantine-color-scheme=dark]")

    assert found.page.url == found.base + "/unit?unit=finance"
    assert found.errors == []


def test_signing_out_leads_back_to_the_sign_in_page(visit: Begin) -> None:
    found = visit(language="en")
    found.page.click("button[title='Sign out']")
    found.page.wait_for_selector("#password")
    found.page.goto(found.base + "/unit")

    assert found.page.url.startswith(found.base + "/login?next=%2Funit")
    assert found.errors == []


def test_an_uploaded_file_is_previewed_and_imported(visit: Begin, served: SimpleNamespace) -> None:
    found = visit(language="en")
    found.open("/imports")
    found.page.set_input_files(
        "#upload input[type=file]", {"name": "today.csv", "mimeType": "text/csv", "buffer": small.UPLOAD}
    )
    found.page.wait_for_url("**/preview**")
    found.page.click("text=Import this file")
    found.page.wait_for_url("**/receipt**")
    found.page.wait_for_selector("h1:has-text('today.csv')")

    assert "abc" in found.page.inner_text("#content")
    assert found.errors == []
    assert found.elsewhere == []
