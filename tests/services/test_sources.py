"""Sources are configured by those who import, with options that their importer takes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.state import data_version
from monitor.database.tables import AuditEvent, Meter, MeterAlias, OrgUnit, Place, Source
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.services.sources import SourceSpec, configure, forget_aliases, importer_of, set_enabled

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SPEC = SourceSpec(code="box", zh="信箱", kind="tabular", options={"inbox": "/in"}, schedule="30 2 * * *")


def takes_inbox_only(kind: str, options: Mapping[str, Any]) -> None:
    if kind != "tabular" or set(options) != {"inbox"}:
        raise ConfigurationError("OPTION_UNKNOWN", "'{key}' is not an option.", key=next(iter(options)))


def test_a_source_is_made_then_changed_and_the_same_again_changes_nothing(session: Session) -> None:
    first = configure(session, SYSTEM, SPEC, check=takes_inbox_only, now=NOW)
    version = data_version(session)

    assert configure(session, SYSTEM, SPEC, check=takes_inbox_only, now=NOW) == first
    assert data_version(session) == version
    other = SPEC.model_copy(update={"schedule": ""})
    assert configure(session, SYSTEM, other, check=takes_inbox_only, now=NOW) == first
    session.flush()
    assert session.execute(select(Source.schedule, Source.name_en)).all() == [("", "信箱")]
    assert session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all() == ["setup.create", "setup.change"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"options": {"outbox": 1}}, "OPTION_UNKNOWN"),
        ({"schedule": "every day"}, "SCHEDULE_INVALID"),
        ({"schedule": "99 2 * * *"}, "SCHEDULE_INVALID"),
        ({"zone": "Mars/Base"}, "ZONE_UNKNOWN"),
    ],
)
def test_what_no_importer_or_clock_understands_is_refused(session: Session, change: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        configure(session, SYSTEM, SPEC.model_copy(update=change), check=takes_inbox_only)

    assert refused.value.code == code
    assert session.scalars(select(Source)).all() == []


def test_switching_off_and_on_is_written_down_once_each(session: Session) -> None:
    source = configure(session, SYSTEM, SPEC, check=takes_inbox_only, now=NOW)

    for enabled in (False, False, True):
        set_enabled(session, SYSTEM, source, enabled=enabled, now=NOW)

    session.flush()
    events = session.execute(
        select(AuditEvent.after).where(AuditEvent.action == "source.enable").order_by(AuditEvent.id)
    ).all()
    assert events == [({"enabled": False},), ({"enabled": True},)]


def test_only_those_who_import_for_the_whole_may_touch_sources(session: Session) -> None:
    session.add(OrgUnit(code="top", name_zh="总", name_en="Top"))
    session.flush()
    top = session.scalars(select(OrgUnit.id)).one()
    source = configure(session, SYSTEM, SPEC, check=takes_inbox_only, now=NOW)
    below = Actor(1, "below", {top + 1: Role.ADMIN}, frozenset({top}))

    for actor, refusal in (
        (NOBODY, NotFound),
        (below, Forbidden),
        (Actor(2, "e", {top: Role.EDITOR}, frozenset({top})), Forbidden),
    ):
        with pytest.raises(refusal):
            configure(session, actor, SPEC, check=takes_inbox_only)
        with pytest.raises(refusal):
            set_enabled(session, actor, source, enabled=False)
        with pytest.raises(refusal):
            importer_of(session, actor, source)
    assert importer_of(session, SYSTEM, source) == ("tabular", {"inbox": "/in"})
    set_enabled(session, Actor(3, "m", {top: Role.MANAGER}, frozenset({top})), source, enabled=False)
    with pytest.raises(NotFound):
        set_enabled(session, SYSTEM, 999, enabled=False)
    with pytest.raises(NotFound):
        importer_of(session, SYSTEM, 999)


def test_names_that_a_source_no_longer_uses_are_forgotten_and_no_others(session: Session) -> None:
    configure(session, SYSTEM, SPEC, check=takes_inbox_only, now=NOW)
    configure(session, SYSTEM, SPEC.model_copy(update={"code": "other"}), check=takes_inbox_only, now=NOW)
    place = Place(code="house", name_zh="楼", name_en="House")
    session.add(place)
    session.flush()
    meter = Meter(code="E-1", name_zh="表", name_en="Meter", resource="electricity", place_id=place.id)
    session.add(meter)
    session.flush()
    ids = {row.code: row.id for row in session.scalars(select(Source))}
    named = (("a", "box"), ("b", "box"), ("a", "other"))
    session.add_all(MeterAlias(alias=alias, source_id=ids[code], meter_id=meter.id) for alias, code in named)
    session.flush()

    assert forget_aliases(session, SYSTEM, "box", keep={"b"}, now=NOW) == ["a"]
    assert forget_aliases(session, SYSTEM, "box", keep={"b"}, now=NOW) == []
    left = session.execute(select(MeterAlias.alias, MeterAlias.source_id).order_by(MeterAlias.id)).all()
    assert [tuple(row) for row in left] == [("b", ids["box"]), ("a", ids["other"])]
    with pytest.raises(NotFound):
        forget_aliases(session, SYSTEM, "gone", keep=())
