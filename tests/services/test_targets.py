"""Targets are promised, promised anew and withdrawn; all versions stay."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import AuditEvent, OrgUnit, Target
from monitor.domain.access import NOBODY, SYSTEM, Actor, Role
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.services import targets

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TERMS = {"year": 2026, "baseline_year": 2025, "reduction": 50_000, "now": NOW}


@pytest.fixture
def unit(session: Session) -> int:
    row = OrgUnit(code="a", name_zh="甲", name_en="A")
    session.add(row)
    session.flush()
    return row.id


def test_the_same_terms_again_change_nothing_and_others_are_the_next_version(session: Session, unit: int) -> None:
    first = targets.set_target(session, SYSTEM, unit, "water", **TERMS)

    assert targets.set_target(session, SYSTEM, unit, "water", **TERMS) == first
    second = targets.set_target(session, SYSTEM, unit, "water", **(TERMS | {"reduction": 60_000}))
    session.flush()
    versions = session.execute(select(Target.id, Target.version, Target.withdrawn_at).order_by(Target.version)).all()
    assert versions == [(first, 1, NOW), (second, 2, None)]
    events = session.execute(select(AuditEvent.action, AuditEvent.subject)).all()
    assert events == [("target.set", "target:a:water:total:2026")] * 2


def test_a_withdrawn_target_is_no_longer_in_force_but_kept(session: Session, unit: int) -> None:
    target = targets.set_target(session, SYSTEM, unit, "water", **TERMS)

    targets.withdraw(session, SYSTEM, target, now=NOW)
    targets.withdraw(session, SYSTEM, target, now=NOW)

    session.flush()
    assert targets.in_force(session, unit, "water", "total", 2026) is None
    assert session.scalars(select(AuditEvent.action)).all() == ["target.set", "target.withdraw"]
    again = targets.set_target(session, SYSTEM, unit, "water", **TERMS)
    assert session.scalar(select(Target.version).where(Target.id == again)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"baseline_year": 2026}, "BASELINE_NOT_BEFORE"),
        ({"indicator": "per_dog"}, "INDICATOR_UNKNOWN"),
        ({"reduction": 1_000_000}, "SHARE_OUT_OF_RANGE"),
    ],
)
def test_terms_that_cannot_be_judged_are_refused(
    session: Session, unit: int, change: dict[str, object], code: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        targets.set_target(session, SYSTEM, unit, "water", **(TERMS | change))

    assert refused.value.code == code


def test_only_managers_of_the_unit_promise(session: Session, unit: int) -> None:
    target = targets.set_target(session, Actor(1, "m", {unit: Role.MANAGER}), unit, "water", **TERMS)

    for actor, refusal in (
        (NOBODY, NotFound),
        (Actor(2, "s", {unit + 1: Role.ADMIN}), NotFound),
        (Actor(3, "e", {unit: Role.EDITOR}), Forbidden),
    ):
        with pytest.raises(refusal):
            targets.set_target(session, actor, unit, "water", **TERMS)
        with pytest.raises(refusal):
            targets.withdraw(session, actor, target)
    with pytest.raises(NotFound):
        targets.set_target(session, SYSTEM, 999, "water", **TERMS)
