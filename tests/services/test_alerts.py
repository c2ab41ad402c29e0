"""Alerts on a real database: opened and closed on changes only, heard by the channels that want them, acknowledged with a note."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    Alert,
    AuditEvent,
    Document,
    ImportRun,
    Notification,
    OrgUnit,
    Reading,
    Register,
    Source,
)
from monitor.domain.access import NOBODY, SYSTEM, Role
from monitor.domain.periods import to_day
from monitor.errors import ConfigurationError, Conflict, Forbidden, NotFound
from monitor.queries import alerts as read
from monitor.services import alerts, channels
from monitor.services.channels import ChannelSpec
from tests.queries.conftest import NOW, World, person, world

__all__ = ["world"]
TODAY = to_day(NOW.date())


def deliver(world: World, code: str, meters: list[str]) -> int:
    """Let a source have brought the newest reading of these meters; give its last run."""
    source = Source(code=code, name_zh="电表", name_en="Power meters", kind="tabular", options={}, created_at=NOW)
    world.session.add(source)
    world.session.flush()
    run = ImportRun(source_id=source.id, state="done", trigger="schedule", started_at=NOW)
    world.session.add(run)
    world.session.flush()
    for meter in meters:
        register = world.session.scalar(select(Register.id).where(Register.meter_id == world.meters[meter]))
        if register is None:
            register = Register(meter_id=world.meters[meter], kind="interval", measure="kWh", interval_seconds=3600)
            world.session.add(register)
            world.session.flush()
            register = register.id
        row = {"start_at": None, "value": 1, "quality": 0, "run_id": run.id, "row_no": 1}
        world.session.add(Reading(register_id=register, end_at=int(NOW.timestamp()), **row))
    world.session.flush()
    return run.id


def standing(session: Session) -> list[tuple[str, str]]:
    chosen = select(Alert.rule, Alert.subject).where(Alert.closed_at.is_(None)).order_by(Alert.id)
    return [tuple(row) for row in session.execute(chosen)]


def test_a_day_that_never_came_opens_one_alert_and_filling_it_closes_it(world: World) -> None:
    deliver(world, "power", ["main", "sub", "dorm"])
    for meter in ("main", "sub", "dorm"):
        world.days(meter, [5, 5, None, 5], first=TODAY - 4)

    changes = [len(alerts.evaluate(world.session, SYSTEM, now=NOW)) for _ in range(3)]
    assert changes == [1, 0, 0]
    [row] = read.listed(world.session, world.parent, state="open")
    assert (row.rule, row.name_zh, row.data["meters"]) == ("delivery_missing", "电表", 3)
    assert "although later days came (3 meters)" in read.said(row, "en")

    for meter in ("main", "sub", "dorm"):
        world.days(meter, [5], first=TODAY - 2)
    assert [len(alerts.evaluate(world.session, SYSTEM, now=NOW + timedelta(hours=1))) for _ in range(2)] == [1, 0]
    assert standing(world.session) == []


def test_an_unfilled_hole_stays_open_however_old_it_grows(world: World) -> None:
    deliver(world, "power", ["main"])
    world.days("main", [5, None, 5], first=TODAY - 4)
    alerts.evaluate(world.session, SYSTEM, now=NOW)
    world.days("main", [5] * 300, first=TODAY - 1)
    alerts.evaluate(world.session, SYSTEM, now=NOW + timedelta(days=290))
    assert standing(world.session) == [("delivery_missing", f"meter:main:{TODAY - 3}")]


def test_a_hole_of_one_meter_is_seen_by_its_unit_and_not_by_the_neighbour(world: World) -> None:
    deliver(world, "power", ["sub"])
    world.days("sub", [5, None, 5], first=TODAY - 4)
    alerts.evaluate(world.session, SYSTEM, now=NOW)
    assert [read.open_count(world.session, who) for who in (world.own, world.parent, world.stranger, NOBODY)] == [
        1,
        1,
        0,
        0,
    ]


def refused(world: World, source_id: int, rows: int, state: str = "done") -> None:
    document = Document(source_id=source_id, sha256=f"{rows:064}", name="f.csv", size=1, kept_as="f", received_at=NOW)
    world.session.add(document)
    world.session.flush()
    more = {"rows_read": 100, "rows_refused": rows, "document_id": document.id}
    world.session.add(ImportRun(source_id=source_id, state=state, trigger="schedule", started_at=NOW, **more))
    world.session.flush()


def test_more_refused_rows_than_allowed_open_and_the_next_good_file_closes(world: World) -> None:
    run = world.session.get_one(ImportRun, deliver(world, "power", []))
    refused(world, run.source_id, 11)
    alerts.evaluate(world.session, SYSTEM, now=NOW)
    assert standing(world.session) == [("rows_refused", "power")]
    refused(world, run.source_id, 10)
    alerts.evaluate(world.session, SYSTEM, now=NOW)
    assert standing(world.session) == []
    refused(world, run.source_id, 0, state="refused")
    alerts.evaluate(world.session, SYSTEM, now=NOW)
    assert standing(world.session) == [("rows_refused", "power")]


def test_a_rule_that_is_off_opens_nothing_and_closes_what_it_had_open(world: World) -> None:
    run = world.session.get_one(ImportRun, deliver(world, "power", []))
    refused(world, run.source_id, 50)
    alerts.set_rule(world.session, world.parent, "rows_refused", enabled=True, limits={"rows": "100"})
    assert len(alerts.evaluate(world.session, SYSTEM, now=NOW)) == 0
    alerts.set_rule(world.session, world.parent, "rows_refused", enabled=True, limits={"rows": "10"})
    assert len(alerts.evaluate(world.session, SYSTEM, now=NOW)) == 1
    alerts.set_rule(world.session, world.parent, "rows_refused", enabled=False)
    assert len(alerts.evaluate(world.session, SYSTEM, now=NOW)) == 1
    assert standing(world.session) == []
    with pytest.raises(ConfigurationError) as wrong:
        alerts.set_rule(world.session, world.parent, "rows_refused", enabled=True, limits={"rows": "-1"})
    assert wrong.value.code == "LIMIT_WRONG"


def test_acknowledging_wants_a_note_and_the_role_and_is_written_down(world: World) -> None:
    hq = world.units["hq"]
    for unit in (world.units["a1"], None):
        world.session.add(Alert(rule="over_pace", subject=f"x{unit}", unit_id=unit, opened_at=NOW, data={}))
    world.session.flush()
    first, whole = world.session.scalars(select(Alert.id).order_by(Alert.id)).all()
    with pytest.raises(Forbidden):
        alerts.acknowledge(world.session, world.own, first, "ok")
    for who in (world.stranger, NOBODY):
        with pytest.raises(NotFound):
            alerts.acknowledge(world.session, who, first, "ok")
        with pytest.raises(NotFound):
            alerts.acknowledge(world.session, who, whole, "ok")
    editor = person(world.session, "editor", world.units["a1"], Role.EDITOR)
    with pytest.raises(Conflict) as empty:
        alerts.acknowledge(world.session, editor, first, "  ")
    assert empty.value.code == "NOTE_MISSING"
    alerts.acknowledge(world.session, editor, first, "lamp is being replaced", now=NOW)
    row = read.alert(world.session, editor, first)
    assert (row.state, row.acknowledged_by, row.note) == ("acknowledged", "editor", "lamp is being replaced")
    assert [step.what for step in read.history(world.session, editor, first)] == ["opened", "acknowledged"]
    assert world.session.scalar(select(AuditEvent.actor).where(AuditEvent.subject == f"alert:{first}")) == "editor"
    assert read.counts(world.session, world.parent) == {"open": 1, "acknowledged": 1}
    assert world.session.get_one(OrgUnit, hq).code == "hq"


def test_what_nothing_can_close_by_itself_is_closed_when_acknowledged(world: World) -> None:
    alerts.open_alert(world.session, SYSTEM, alerts.JOB_BEYOND_WINDOW, "import:power", now=NOW, data={"count": 2})
    alert_id = world.session.scalars(select(Alert.id)).one()
    alerts.acknowledge(world.session, world.parent, alert_id, "imported by hand", now=NOW)
    assert read.alert(world.session, world.parent, alert_id).state == "closed"
    with pytest.raises(Conflict) as closed:
        alerts.acknowledge(world.session, world.parent, alert_id, "again")
    assert closed.value.code == "ALERT_CLOSED"


def test_each_channel_hears_of_the_rules_and_units_that_it_wants_once(world: World) -> None:
    wanted = [
        ChannelSpec("mail", "all@example.cn"),
        ChannelSpec("mail", "a@example.cn", unit_id=world.units["a"]),
        ChannelSpec("mail", "b@example.cn", unit_id=world.units["b"]),
        ChannelSpec("mail", "late@example.cn", rules=("source_late",)),
        ChannelSpec("mail", "off@example.cn", enabled=False),
    ]
    ids = {one.address: channels.save_channel(world.session, world.parent, one, now=NOW) for one in wanted}
    for _ in range(2):
        alerts.open_alert(world.session, SYSTEM, "over_pace", "u", now=NOW, unit_id=world.units["a1"])
    alerts.close_alert(world.session, SYSTEM, "over_pace", "u", now=NOW)
    names = {number: address.split("@")[0] for address, number in ids.items()}
    chosen = select(Notification.channel_id, Notification.event).order_by(Notification.id)
    heard = [(names[channel], event) for channel, event in world.session.execute(chosen)]
    assert heard == [("all", "opened"), ("a", "opened"), ("all", "closed"), ("a", "closed")]


@pytest.mark.parametrize(
    ("kind", "address", "code"),
    [
        ("mail", "nobody", "MAIL_ADDRESS"),
        ("mail", "a@b.cn, c@d.cn", "MAIL_ADDRESS"),
        ("mail", "a@b.cn\nBcc: x@y.cn", "MAIL_ADDRESS"),
        ("webhook", "ftp://example.cn/x", "WEBHOOK_ADDRESS"),
        ("webhook", "file:///etc/passwd", "WEBHOOK_ADDRESS"),
        ("webhook", "https://user:pass@example.cn/", "WEBHOOK_ADDRESS"),
        ("smoke", "signals", "CHANNEL_KIND"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(world: World, kind: str, address: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as wrong:
        channels.save_channel(world.session, world.parent, ChannelSpec(kind, address))
    assert wrong.value.code == code


def test_the_key_in_a_webhook_shows_in_no_list_and_no_audit_trail(world: World) -> None:
    spec = ChannelSpec("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=secret-secret-1234")
    made = channels.save_channel(world.session, world.parent, spec, now=datetime.now(UTC))
    told = str([world.session.scalars(select(AuditEvent.after)).all(), read.channels(world.session, world.parent)])
    assert "secret" not in told
    assert channels.address_of(world.session, world.parent, made)[1] == spec.address
    channels.remove_channel(world.session, world.parent, made)
    assert read.channels(world.session, world.parent) == []
