"""The page Alerts through the application: who sees which, acknowledging, rules and channels."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from monitor.database.tables import Alert, AlertChannel, AlertRule
from tests.dashboard import site as small
from tests.dashboard.conftest import Web, csrf, said, visit


@pytest.fixture
def both(web: Web) -> list[int]:
    """An alert of the education bureau, and one of the whole."""
    with web.database.session(write=True) as session:
        unit = web.ids.units["education"]
        data = {"unit": unit, "resource": "water", "year": 2026, "pace": 1123, "status": "behind"}
        rows = [
            Alert(rule="over_pace", subject="e", unit_id=unit, opened_at=small.NOW, data=data),
            Alert(rule="source_late", subject="power", opened_at=small.NOW, data={"last": 1, "late_after": 2}),
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def post(client: FlaskClient, path: str, **form: Any) -> Any:
    return client.post(path, data={"csrf": csrf(client), **form})


def test_each_sees_the_alerts_of_the_own_units(web: Web, both: list[int]) -> None:
    pages = {login: said(visit(web.client(login), "/alerts")) for login in ("own", "parent", "stranger")}
    assert all(word in pages["parent"] for word in ("教育局，水：已达当前允许用量的 112.3%。", "电表日报"))
    for login in ("own", "stranger"):
        assert not [word for word in ("教育局", "电表日报") if word in pages[login]]
    assert "ALERT" not in said(visit(web.client("own"), "/alerts", f"?alert={both[0]}"))
    assert "112.3" not in said(visit(web.client("own"), "/alerts", f"?alert={both[0]}"))


def test_an_alert_leads_to_its_evidence_and_keeps_its_note(web: Web, both: list[int]) -> None:
    client = web.client("admin")
    assert "/unit?unit=education&resource=water&year=2026" in said(visit(client, "/alerts", f"?alert={both[0]}"))
    assert "/imports?source=power" in said(visit(client, "/alerts", f"?alert={both[1]}"))
    assert "note" in post(client, "/admin/alerts/acknowledge", alert=both[0], note="").json["errors"]
    assert post(client, "/admin/alerts/acknowledge", alert=both[0], note="拖把池阀门已报修").json["go"]
    assert "拖把池阀门已报修" in said(visit(client, "/alerts", "?state=acknowledged"))
    assert post(web.client("parent"), "/admin/alerts/acknowledge", alert=both[1], note="x").status_code == 403


def test_rules_and_channels_are_set_by_administrators_alone(web: Web) -> None:
    client = web.client("admin")
    assert post(client, "/admin/alerts/rule", kind="rows_refused", enabled="1", rows="99").json["go"]
    assert "rows" in post(client, "/admin/alerts/rule", kind="rows_refused", enabled="1", rows="many").json["errors"]
    channel = {"kind": "mail", "language": "zh", "address": "a@example.cn", "enabled": "1", "rule.over_pace": "1"}
    assert post(client, "/admin/alerts/channel", **channel).json["go"]
    assert "address" in post(client, "/admin/alerts/channel", **{**channel, "address": "nobody"}).json["errors"]
    with web.database.session() as session:
        assert session.get_one(AlertRule, "rows_refused").limits == {"rows": 99}
        row = session.scalars(select(AlertChannel)).one()
        assert (row.rules, row.address) == (["over_pace"], "a@example.cn")
    tested = post(client, "/admin/alerts/channel", channel=row.id, step="test", **channel)
    assert "MAIL_NOT_SET" in said(tested)
    for login in ("parent", "own", "stranger"):
        assert post(web.client(login), "/admin/alerts/channel", **channel).status_code in {403, 404}
        assert "a@example.cn" not in said(visit(web.client(login), "/alerts"))
    assert post(client, "/admin/alerts/channel", channel=row.id, step="remove").json["go"]
    with web.database.session() as session:
        assert session.scalars(select(AlertChannel)).all() == []
