"""Closing a month on the page Data: the check list, the note, what is refused afterwards, what changed, reopening; and bills."""

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from monitor.database.state import bump_data_version
from monitor.database.tables import DailyConsumption, PeriodClose
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import Month
from monitor.services import accounts, readings
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, visit

AUGUST = "?unit=hq&resource=electricity&year=2026&close=2026-08"


@pytest.fixture
def manager(web: Web) -> FlaskClient:
    with web.database.session(write=True) as session:
        user, _ = accounts.create_user(session, SYSTEM, "manager", "Manager", small.PASSWORD)
        accounts.grant(session, SYSTEM, user, web.ids.units["hq"], Role.MANAGER)
    return web.client("manager")


def post(client: FlaskClient, what: str, **form: Any) -> Any:
    return client.post(f"/admin/data/{what}", data={"csrf": csrf(client), "unit": "hq", "month": "2026-08", **form})


def test_a_month_is_closed_after_its_check_list_guarded_compared_and_reopened(web: Web, manager: FlaskClient) -> None:
    page = said(visit(manager, "/data", AUGUST))
    assert all(word in page for word in ("检查清单", "档案馆", "要求至少 90.0%"))
    assert "note" in post(manager, "close").json["errors"]
    assert post(manager, "close", note="缺数已核实").json["go"].startswith("/data?unit=hq&year=2026&close=2026-08")
    page = said(visit(manager, "/data", AUGUST))
    assert all(word in page for word in ("manager 于", "缺数已核实", "所有数字均与结账时一致", "重新开账"))

    estimate = {"meter": web.ids.meters["E-archives"], "first": "2026-08-03", "last": "2026-08-03", "value": "700"}
    answer = post(manager, "estimate", step="apply", reason="as before", **estimate)
    assert "[MONTH_CLOSED]" in answer.json["message"]
    assert "manager" in answer.json["message"]

    with web.database.session(write=True) as session:
        key = {"meter_id": web.ids.meters["E-finance"], "day": Month(2026, 8).start + 2}
        session.query(DailyConsumption).filter_by(**key).one().quantity += 7_000_000
        bump_data_version(session)
    page = said(visit(manager, "/data", AUGUST))
    assert "▲ 已结账，之后有变动" in page
    rows = manager.get("/export/closed-changes.csv" + AUGUST).text.splitlines()
    assert [line.split(",")[:2] for line in rows[1:]] == [["2026-08", "市级机关"], ["2026-08", "财政局"]]
    own = web.client("own").get("/export/closed-changes.csv?unit=finance&year=2026").text.splitlines()
    assert [line.split(",")[1] for line in own[1:]] == ["财政局"]

    assert "reason" in post(manager, "reopen").json["errors"]
    assert post(manager, "reopen", reason="供电公司更正").json["go"]
    assert post(manager, "close", note="更正后").json["go"]
    page = said(visit(manager, "/data", AUGUST))
    assert all(word in page for word in ("供电公司更正", "缺数已核实", "更正后"))
    assert manager.get("/export/closings.csv" + AUGUST).text.count("2026-08,") == 2


@pytest.mark.parametrize("login", ["own", "parent", "stranger"])
def test_those_who_are_no_managers_close_nothing(web: Web, login: str) -> None:
    assert post(web.client(login), "close", note="x").status_code in {403, 404}
    with web.database.session() as session:
        assert session.query(PeriodClose).count() == 0


@pytest.mark.parametrize("month", ["2026-13", "x", "", "2026-8-1", "9999-12"])
def test_a_month_that_is_none_is_refused(manager: FlaskClient, month: str) -> None:
    answer = post(manager, "close", month=month, note="x")
    assert answer.status_code == 200
    assert "go" not in answer.json
    assert "结账" in said(visit(manager, "/data", f"?unit=hq&close={month}"))


def test_bills_stand_beside_what_was_measured(web: Web, manager: FlaskClient) -> None:
    from monitor.services import metering
    from monitor.services._site import RegisterSpec
    from monitor.services.setup import parse_part

    with web.database.session(write=True) as session:
        spec = parse_part(RegisterSpec, {"code": "bill", "kind": "bill", "measure": "kWh", "priority": 30})
        metering.put_register(session, SYSTEM, "E-education", spec, now=small.NOW)
    with web.database.session(write=True) as session:
        from monitor.database.tables import Register

        register = session.query(Register).filter_by(code="bill").one().id
        month = Month(2026, 7)
        start, end = (int(edge) for edge in _edges(month))
        readings.enter(session, SYSTEM, register, at=end, value=Decimal(30000), start=start, now=small.NOW)
    page = said(visit(manager, "/data", "?unit=education&resource=electricity&year=2026"))
    assert all(word in page for word in ("账单与表计核对", "E-education", "不可比"))
    assert "30000" in manager.get("/export/bills.csv?unit=education&resource=electricity&year=2026").text


def _edges(month: Month) -> list[int]:
    from monitor.domain.periods import day_edges

    return [int(edge) for edge in day_edges("Asia/Shanghai", month.start, month.end)[[0, -1]]]
