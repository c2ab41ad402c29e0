"""Quotas in a real browser: looked at, declared, drawn on Compare, opened to the division, withdrawn with a reason."""

from collections.abc import Callable

from tests.browser.conftest import Visit

Begin = Callable[..., Visit]
DECLARE = "form[action='/targets/quota']"
WITHDRAW = "form[action='/targets/unquota']"


def test_a_quota_is_declared_drawn_opened_and_withdrawn(visit: Begin) -> None:
    found = visit(language="en")
    page = found.page
    found.open("/targets?unit=hq&resource=electricity")
    page.click("summary:has-text('Declare a quota')")
    page.select_option(f"{DECLARE} select[name=indicator]", "per_person")
    page.fill(f"{DECLARE} input[name=constraint]", "100")
    page.fill(f"{DECLARE} input[name=reference]", "200")
    page.fill(f"{DECLARE} input[name=source]", "Standard 1, table 2, zone B")
    page.click(f"{DECLARE} button[value=preview]")
    page.wait_for_selector("text=The constraint value is at least the reference value")
    page.fill(f"{DECLARE} input[name=constraint]", "900")
    page.click(f"{DECLARE} button[value=preview]")
    page.wait_for_selector(f"{DECLARE} .note table")
    assert "no quota" in page.inner_text(f"{DECLARE} .note")
    page.click(f"{DECLARE} button[value=apply]")
    page.wait_for_selector("text=The quota is declared.")

    found.open("/compare?resource=electricity&by=per_person&among=all")
    page.wait_for_selector("text=Held against the quota of")
    page.wait_for_selector(".legendtext >> nth=1", state="attached")
    legend = page.locator(".legendtext").all_text_contents()
    assert [word for word in ("Reference value", "Constraint value") if word not in legend] == []
    page.click("summary:has-text('The figures behind this') >> nth=0")
    page.click("table >> text=Open the figure >> nth=0")
    page.wait_for_selector("#opened >> text=÷ coverage")
    assert "Standard 1, table 2, zone B" in page.inner_text("#opened")

    found.open("/targets?unit=hq&resource=electricity")
    page.click("summary:has-text('Change or withdraw this quota')")
    page.fill(f"{WITHDRAW} input[name=reason]", "wrong zone")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click(f"{WITHDRAW} button")
    page.wait_for_selector("text=The quota is withdrawn; it stays in the history.")
    assert found.errors + found.elsewhere == []
