"""A year's targets in a real browser: set, shared out to three, the sum read, approved; the unit's own viewer sees its own."""

from collections.abc import Callable

from tests.browser.conftest import Visit

Begin = Callable[..., Visit]
CASCADE = "form[action='/targets/cascade']"
SET = "form[action='/targets/set']"


def test_a_target_is_set_shared_out_read_and_approved(visit: Begin) -> None:
    found = visit(language="en")
    page = found.page
    found.open("/targets?unit=hq&resource=water")
    page.click("summary:has-text('Change this target')")
    page.fill(f"{SET} input[name=amount]", "8")
    page.click(f"{SET} button[value=preview]")
    page.wait_for_selector(f"{SET} .note table")
    assert "Total use: -8.0% against 2025" in page.inner_text(f"{SET} .note")
    page.click(f"{SET} button[value=apply]")
    page.wait_for_selector("text=The target is set. It waits for approval.")
    assert "more than the unit itself" in page.inner_text("#content")

    page.click("summary:has-text('Share out to the sub-units')")
    page.select_option(f"{CASCADE} select[name=way]", "hand_percent")
    for index, percent in enumerate(("8", "9", "7")):
        page.fill(f"{CASCADE} input[name='hand.{index}.value']", percent)
    page.click(f"{CASCADE} button[value=preview]")
    page.wait_for_selector(f"{CASCADE} .note table")
    note = page.inner_text(f"{CASCADE} .note")
    assert "Not in it: Archives." in note
    assert "Nothing was given for it." in note
    page.click(f"{CASCADE} button[value=apply]")
    page.wait_for_selector("text=The targets of the sub-units are set.")

    rows = page.inner_text(".board tbody")
    assert [cut for cut in ("-8.0%", "-9.0%", "-7.0%") if cut not in rows] == []
    page.click("form[action='/targets/approve'] button")
    page.wait_for_selector("text=The target is approved.")
    assert "approved by admin" in page.inner_text("#content")
    assert found.errors + found.elsewhere == []


def test_the_viewer_of_one_unit_sees_its_own_promise_and_no_form(visit: Begin) -> None:
    found = visit("own", language="en")
    found.open("/targets")
    found.page.wait_for_selector(".board tbody tr")

    assert found.page.locator(".board tbody tr").count() == 1
    assert "Finance Bureau" in found.page.inner_text(".board tbody")
    assert "Education Bureau" not in found.page.inner_text("body")
    assert found.page.locator("#content form.editor").count() == 0
    assert found.errors + found.elsewhere == []


def test_the_page_of_targets_fits_a_phone(visit: Begin) -> None:
    for language, theme in (("zh", "light"), ("en", "dark")):
        found = visit(language=language, theme=theme, width=390)
        found.open("/targets?unit=hq&resource=paper")
        found.page.wait_for_selector(".board tbody tr")

        assert found.overflow() <= 0
        assert found.errors == []
