"""The page Data through the application: who sees what, a change looked at first, made, and withdrawn; an import undone."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from monitor.database.tables import DailyConsumption, Estimate, ImportRun
from monitor.domain.access import SYSTEM, Role
from monitor.domain.periods import to_day
from monitor.services import accounts
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, visit

PAGE = "?unit=archives&resource=electricity&year=2026&month=6"
DAY = "2026-06-03"  # one of the days that the archives lack


@pytest.fixture
def editor(web: Web) -> FlaskClient:
    with web.database.session(write=True) as session:
        user, _ = accounts.create_user(session, SYSTEM, "editor", "Editor", small.PASSWORD)
        accounts.grant(session, SYSTEM, user, web.ids.units["archives"], Role.EDITOR)
    return web.client("editor")


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={"csrf": csrf(client), **form})


def estimate(web: Web, client: FlaskClient, step: str, **more: Any) -> Any:
    form = {
        "meter": web.ids.meters["E-archives"],
        "first": DAY,
        "last": DAY,
        "value": "700",
        "reason": "as the day before",
    }
    return post(client, "/admin/data/estimate", step=step, **{**form, **more})


def days(web: Web) -> int:
    with web.database.session() as session:
        table = DailyConsumption
        found = select(table.day).where(table.meter_id == web.ids.meters["E-archives"], table.day == to_day_of(DAY))
        return len(session.scalars(found).all())


def to_day_of(text: str) -> int:
    from datetime import date

    return to_day(date.fromisoformat(text))


def test_the_grid_names_the_units_that_one_may_see(web: Web) -> None:
    seen = {login: said(visit(web.client(login), "/data")) for login in ("own", "parent", "stranger")}
    assert "财政局" in seen["own"]
    assert not [word for word in ("教育局", "E-education") if word in seen["own"]]
    assert "教育局" in seen["parent"]
    assert "财政局" not in seen["stranger"]


def test_a_hole_shows_in_grid_calendar_and_list_with_the_way_to_the_form(web: Web, editor: FlaskClient) -> None:
    page = said(visit(editor, "/data", PAGE))
    assert all(word in page for word in ("◐", "补录或更正", f"day={DAY}", "各计量点每天"))


def test_a_preview_changes_nothing_and_apply_does_and_withdrawing_takes_it_back(web: Web, editor: FlaskClient) -> None:
    looked = estimate(web, editor, "preview")
    assert looked.json["tone"] in {"good", "warn"}
    with web.database.session() as session:
        assert session.scalars(select(Estimate)).all() == []

    assert estimate(web, editor, "apply").json["go"].startswith("/data?message=done")
    with web.database.session() as session:
        made = session.scalars(select(Estimate)).one()
        assert (made.reason, made.actor) == ("as the day before", "editor")
    page = said(visit(editor, "/data", PAGE))
    assert "as the day before" in page
    assert editor.get("/export/overlays.csv" + PAGE).text.count("as the day before") == 1

    back = {"kind": "estimate", "id": made.id, "back": "unit=archives&year=2026&evil=//x"}
    answer = post(editor, "/data/withdraw", **back)
    assert (answer.status_code, answer.location) == (303, "/data?message=withdrawn&unit=archives&year=2026")
    with web.database.session() as session:
        assert session.scalars(select(Estimate)).one().voided_at is not None


def test_a_change_without_a_reason_is_refused_beside_its_field(web: Web, editor: FlaskClient) -> None:
    answer = estimate(web, editor, "apply", reason=" ")
    assert "reason" in answer.json["errors"]


@pytest.mark.parametrize("login", ["own", "stranger", "parent"])
def test_those_who_may_not_edit_change_nothing(web: Web, login: str) -> None:
    client = web.client(login)
    assert estimate(web, client, "apply").status_code in {403, 404}
    assert post(client, "/data/withdraw", kind="estimate", id=1).status_code in {403, 404}
    assert post(client, "/admin/imports/undo", run=web.ids.run_id, reason="x").status_code in {403, 404}
    assert days(web) == 0


def test_an_import_is_undone_with_a_reason_that_the_receipt_keeps(web: Web) -> None:
    client = web.client("admin")
    receipt = said(visit(client, "/receipt", f"?run={web.ids.run_id}"))
    assert "撤销这次导入" in receipt
    assert "字符编码" in receipt
    assert "reason" in post(client, "/admin/imports/undo", run=web.ids.run_id, reason="").json["errors"]
    assert post(client, "/admin/imports/undo", run=web.ids.run_id, reason="wrong month").json["go"]
    with web.database.session() as session:
        run = session.get_one(ImportRun, web.ids.run_id)
        assert (run.state, run.detected["undone_reason"]) == ("undone", "wrong month")
    page = said(visit(client, "/receipt", f"?run={web.ids.run_id}"))
    assert "wrong month" in page
    assert "将删除" not in page


def test_tables_of_imports_and_meters_come_as_files_by_scope(web: Web) -> None:
    meter = web.ids.meters["E-finance"]
    views = ("sources", "runs", f"meter-days?meter={meter}", f"readings?meter={meter}&day=2026-09-10")
    addresses = [view.replace("?", ".csv?") if "?" in view else view + ".csv" for view in views]
    sizes = {
        login: [len(web.client(login).get(f"/export/{path}").text.splitlines()) > 1 for path in addresses]
        for login in ("admin", "own", "stranger")
    }
    assert sizes == {"admin": [True] * 4, "own": [False, False, True, True], "stranger": [False] * 4}
