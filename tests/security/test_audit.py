"""Generated: every public service that writes leaves a line in the audit log, with who, what, to which thing, and no secret."""

import inspect
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent
from monitor.domain.access import Role
from monitor.domain.periods import Month
from monitor.errors import JieyueError
from monitor.services.metering import MeterSpec, PlaceSpec, RegisterSpec
from monitor.services.organisation import UnitSpec
from monitor.services.setup import parse_site
from tests.queries.conftest import DAY, World, world
from tests.queries.matrix import arguments, public, things

__all__ = ["world"]
SERVICES = {name: f for name, f in public().items() if f.__module__.startswith("monitor.services")}
TWO = RegisterSpec(code="two", kind="cumulative")
WRITES = re.compile(r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)\"?", re.IGNORECASE)


@contextmanager
def writes(session: Session) -> Iterator[set[str]]:
    """Collect the tables that are written to."""
    found: set[str] = set()

    def look(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if match := WRITES.match(statement):
            found.add(match[1])

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", look)
    try:
        yield found
        session.flush()
    finally:
        event.remove(connection, "before_cursor_execute", look)


# What has to be there first, by the service that puts it there.
BEFORE = {
    "closing.reopen": "closing.close",
    "identities.unlink": "identities.link",
    "metering.remove_alias": "metering.set_alias",
    "metering.remove_event": "metering.add_event",
    "metering.remove_hours": "metering.set_hours",
    "metering.remove_meter": "metering.put_meter",
    "metering.remove_place": "metering.put_place",
    "metering.remove_register": "metering.put_meter",
    "organisation.remove_basis": "organisation.set_basis",
    "organisation.remove_fact": "organisation.set_fact",
    "organisation.remove_move": "organisation.move_unit",
    "organisation.remove_unit": "organisation.put_unit",
}
NEW = {
    "metering.remove_meter": MeterSpec(code="new", resource="water", place="house", unit="b"),
    "metering.remove_place": PlaceSpec(code="new", zh="新"),
    "organisation.remove_unit": UnitSpec(code="new", zh="新", parent="hq"),
    "metering.remove_register": MeterSpec(
        code="tap", resource="water", place="house", unit="b", registers=[RegisterSpec(kind="cumulative"), TWO]
    ),
}
INSTEAD: dict[str, dict[str, Any]] = {
    "accounts.create_user": {"login": "newcomer", "password": "canary password"},
    "accounts.grant": {"role": Role.EDITOR},
    "accounts.set_password": {"password": "canary password"},
    "closing.close": {"note": "all in", "month": Month(2026, 1)},
    "closing.reopen": {"month": Month(2026, 1)},
    "metering.change_meter": {"purpose": "canteen"},
    "metering.remove_meter": {"meter": "new"},
    "metering.remove_place": {"place": "new"},
    "metering.remove_register": {"register": "two"},
    "metering.put_register": {"spec": TWO},
    "metering.remove_event": {"kind": "reset"},
    "organisation.remove_basis": {"resource": "paper"},
    "organisation.remove_fact": {"since": date(1970, 1, 1)},
    "organisation.remove_unit": {"unit": "new"},
    "readings.estimate": {"start": DAY, "end": DAY + 2},
    "readings.void": {"start": DAY * 86_400, "end": DAY * 86_400 + 7200},
    "reports.store": {"data": '{"other": 1}'},
    "setup.apply_site": {"spec": parse_site({"places": [{"code": "fresh", "zh": "新"}]})},
    "sources.configure": {"spec": parse_site({"sources": [{"code": "s", "kind": "tabular"}]}).sources[0]},
}
# Written without a line: what the machine notes by itself, and what can be derived again.
UNTOLD = {
    "alerts.apply",  # an alert opened or closed by the rules is its own record, with when and why
    "alerts.close_alert",
    "alerts.evaluate",
    "alerts.open_alert",
    "reports.keep_file",  # the workbook of a stored report, made again from its data at any time
    "targets.preview_target",  # taken back before it returns
}


def called(name: str, world: World, given: dict[str, Any]) -> tuple[str, set[str], list[AuditEvent]]:
    """Call a service as the administrator and undo it: how it ended, which tables it wrote, the lines it left."""
    session, undo = world.session, world.session.begin_nested()
    ended, lines = "done", []
    if name in BEFORE:
        _call(BEFORE[name], world, given, NEW.get(name))
    last = session.scalar(select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(1)) or 0
    with writes(session) as tables:
        try:
            _call(name, world, given)
        except JieyueError as error:
            ended = error.code
    if undo.is_active:
        lines = list(session.scalars(select(AuditEvent).where(AuditEvent.id > last)))
        for line in lines:
            session.expunge(line)
        undo.rollback()
    return ended, tables - {"audit_event", "state"}, lines


def _call(name: str, world: World, given: dict[str, Any], spec: Any = None) -> None:
    asked = arguments(SERVICES[name], world.parent, given, world)
    if spec is not None:
        asked = {key: spec if type(value) is type(spec) else value for key, value in asked.items()}
    SERVICES[name](**{**asked, **INSTEAD.get(name, {})})


# What does not come to an end with such arguments, and why that is enough.
NOT_HERE = {
    "cascade.apply_cascade",  # sets targets through targets.set_target
    "corrections.withdraw_entry",  # through readings.undo_run
    "template.look",  # reads a workbook
}
BARE = {"accounts.end_sessions", "schedule.run_now"}  # nothing about the thing changes
ASKED = sorted(name for name, function in SERVICES.items() if "actor" in inspect.signature(function).parameters)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_service_that_writes_says_who_did_what(world: World, cheap_passwords: None) -> None:
    given = things(world)
    found = {name: called(name, world, given) for name in ASKED}
    untold = {name: sorted(tables) for name, (_, tables, lines) in found.items() if tables and not lines}
    told = [(name, line) for name, (_, _, lines) in found.items() for line in lines]

    assert set(untold) - UNTOLD == set(), untold
    assert {name for name, (ended, _, _) in found.items() if ended != "done"} == NOT_HERE
    assert [name for name, line in told if line.actor != world.parent.login or ":" not in line.subject] == []
    assert [name for name, line in told if "canary" in json.dumps([line.before, line.after])] == []
    assert [name for name, line in told if line.before is None and line.after is None and name not in BARE] == []
