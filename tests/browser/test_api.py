"""The page on which the interface is tried: everything from this machine, and "try it" works with a token."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select

from monitor.database.tables import User
from monitor.domain.access import SYSTEM
from monitor.services import tokens
from tests.browser.conftest import Visit

Begin = Callable[..., Visit]


def token(served: SimpleNamespace) -> str:
    """Make a token for the parent's viewer in the served database."""
    now = datetime.now(UTC)
    with served.database.session(write=True) as session:
        user_id = session.scalar(select(User.id).where(User.login == "parent"))
        until = now + timedelta(days=1)
        return tokens.create(session, SYSTEM, "t", tokens.SCOPES, expires_at=until, user_id=user_id, now=now)[1]


def test_the_interface_can_be_tried_and_nothing_leaves_the_machine(visit: Begin, served: SimpleNamespace) -> None:
    found = visit(language="en")
    page = found.page
    page.goto(f"{found.base}/api/docs")
    page.wait_for_selector(".opblock")

    assert page.locator(".opblock").count() == 13
    page.click(".btn.authorize")
    page.fill(".auth-container input", token(served))
    page.click(".auth-btn-wrapper .authorize")
    page.click(".auth-btn-wrapper .btn-done")
    page.click("#operations-units-units .opblock-summary-control")
    page.click("#operations-units-units .execute")
    answered = "#operations-units-units .live-responses-table"
    page.wait_for_selector(f"{answered} tr.response")

    assert page.inner_text(f"{answered} tr.response .response-col_status").strip() == "200"
    assert "Finance Bureau" in page.inner_text(answered)
    assert found.errors == []
    assert found.elsewhere == []


def test_the_description_is_read_in_the_readers_language_and_on_a_phone(visit: Begin) -> None:
    found = visit(language="zh", width=390)
    found.page.goto(f"{found.base}/api/docs")
    found.page.wait_for_selector(".opblock")

    assert "可见的单位，按组织树顺序" in found.page.inner_text("#swagger")
    assert found.overflow() <= 0
    assert found.errors == []
