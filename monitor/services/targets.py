"""Set, approve and withdraw targets: every change is a new version, audited; what was promised before stays readable."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import OrgUnit, Target
from monitor.domain import resources
from monitor.domain.access import Action, Actor, may_approve
from monitor.domain.amounts import PPM
from monitor.domain.targets import Kind
from monitor.errors import ConfigurationError, Conflict, Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries.targets import Judged, progress

INDICATORS = ("total", "per_person", "per_m2")
NO_SUCH_TARGET = N_("There is no such target, or you may not see it.")
NOT_YOURS = N_("A target is approved by a manager of the unit above, or by an administrator.")
WITHDRAWN = N_("This version was withdrawn or replaced; open the page again and approve the one in force.")
KIND_UNKNOWN = N_("'{kind}' is not a kind of target; known: {known}")
CAP_NEEDED = N_("A cap needs an amount that is not below zero.")
TERMS = ("indicator", "year", "baseline_year", "kind", "reduction", "cap", "min_coverage")
LARGEST = 2**62  # what a column of the database takes


def set_target(  # noqa: PLR0913 - the terms of a promise, each by its name
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    *,
    year: int,
    baseline_year: int,
    reduction: int = 0,
    kind: str = "reduction",
    cap: int | None = None,
    indicator: str = "total",
    min_coverage: int = 950_000,
    note: str | None = None,
    cascaded_from: int | None = None,
    now: datetime | None = None,
) -> int:
    """Promise `reduction` ppm less of an indicator in `year` than in `baseline_year`, or (kind cap) at most `cap`.

    A cap is in thousandths of the base measure, per person or m² where the indicator says so. Gives the target's id. The
    same terms again change nothing (`note` None: as it was); others are the next version, not approved yet, and the version
    before is withdrawn.
    """
    actor.require(Action.SET_TARGET, unit_id)
    unit_code = session.scalar(select(OrgUnit.code).where(OrgUnit.id == unit_id))
    if unit_code is None:
        raise NotFound("NOT_FOUND", "There is no such unit, or you may not see it.")
    terms = {
        "indicator": indicator,
        "year": year,
        "baseline_year": baseline_year,
        "kind": kind,
        "reduction": reduction if kind == Kind.REDUCTION else 0,
        "cap": None if kind == Kind.REDUCTION else cap,
        "min_coverage": min_coverage,
    }
    _check(resource, indicator, (baseline_year, year), (reduction, min_coverage))
    _check_kind(kind, cap)
    before = in_force(session, unit_id, resource, indicator, year)
    if before is not None and _terms(before) == terms and note in {None, before.note}:
        return before.id
    moment = now or datetime.now(UTC)
    if before is not None:
        before.withdrawn_at = moment
        note = before.note if note is None and cascaded_from is None else note
    target = Target(
        unit_id=unit_id,
        resource=resource,
        **terms,
        version=_versions(session, unit_id, resource, indicator, year) + 1,
        note=note or "",
        cascaded_from=cascaded_from,
        actor=actor.login,
        created_at=moment,
    )
    session.add(target)
    session.flush()
    subject = f"target:{unit_code}:{resource}:{indicator}:{year}"
    after = terms | ({"note": note} if note else {}) | ({"cascaded_from": cascaded_from} if cascaded_from else {})
    record(session, actor, "target.set", subject, before=_terms(before) if before else None, after=after, at=moment)
    bump_data_version(session)
    return target.id


def preview_target(
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    *,
    year: int,
    baseline_year: int,
    **terms: Any,  # noqa: ANN401 - as set_target
) -> tuple[list[Judged], list[Judged]]:
    """Say how the unit's targets stand before and after `set_target` with these terms, which is then rolled back."""
    actor.require(Action.SET_TARGET, unit_id)
    before = progress(session, actor, unit_id, resource, year)
    made = session.begin_nested()
    try:
        set_target(session, actor, unit_id, resource, year=year, baseline_year=baseline_year, **terms)
        session.flush()
        after = progress(session, actor, unit_id, resource, year)
    finally:
        made.rollback()
    return before, after


def withdraw(session: Session, actor: Actor, target_id: int, *, reason: str = "", now: datetime | None = None) -> None:
    """Take a target back; it stays in the history, with who and why. Withdrawing twice changes nothing."""
    target = _target(session, actor, target_id)
    actor.require(Action.SET_TARGET, target.unit_id)
    if target.withdrawn_at is not None:
        return
    target.withdrawn_at = now or datetime.now(UTC)
    after = {"version": target.version} | ({"reason": reason} if reason else {})
    subject = _subject(session, target)
    record(session, actor, "target.withdraw", subject, before=_terms(target), after=after, at=target.withdrawn_at)
    bump_data_version(session)


def approve(session: Session, actor: Actor, target_id: int, *, now: datetime | None = None) -> None:
    """Approve the version in force; approving twice changes nothing, and setting other terms asks for it anew.

    For a manager of the unit above or an administrator of the unit: Forbidden otherwise. Conflict TARGET_WITHDRAWN for a
    version that is in force no more.
    """
    target = _target(session, actor, target_id)
    parent_id = session.scalar(select(OrgUnit.parent_id).where(OrgUnit.id == target.unit_id))
    if not may_approve(actor, target.unit_id, parent_id):
        raise Forbidden("FORBIDDEN", NOT_YOURS)
    if target.withdrawn_at is not None:
        raise Conflict("TARGET_WITHDRAWN", WITHDRAWN)
    if target.approved_at is not None:
        return
    target.approved_by, target.approved_at = actor.login, now or datetime.now(UTC)
    after = {"version": target.version}
    record(session, actor, "target.approve", _subject(session, target), after=after, at=target.approved_at)
    bump_data_version(session)


def in_force(session: Session, unit_id: int, resource: str, indicator: str, year: int) -> Target | None:
    """Give the row of the highest version that is not withdrawn."""
    query = select(Target).filter_by(unit_id=unit_id, resource=resource, indicator=indicator, year=year)
    standing = query.where(Target.withdrawn_at.is_(None)).order_by(Target.version.desc()).limit(1)
    return session.scalars(standing).one_or_none()


def _target(session: Session, actor: Actor, target_id: int) -> Target:
    target = session.get(Target, target_id)
    if target is None or not actor.may(Action.VIEW, target.unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_TARGET)
    return target


def _subject(session: Session, target: Target) -> str:
    unit_code = session.scalar(select(OrgUnit.code).where(OrgUnit.id == target.unit_id))
    return f"target:{unit_code}:{target.resource}:{target.indicator}:{target.year}"


def _versions(session: Session, unit_id: int, resource: str, indicator: str, year: int) -> int:
    query = select(func.max(Target.version)).filter_by(
        unit_id=unit_id, resource=resource, indicator=indicator, year=year
    )
    return session.scalar(query) or 0


def _terms(target: Target) -> dict[str, int | str | None]:
    return {name: getattr(target, name) for name in TERMS}


def _check(resource: str, indicator: str, years: tuple[int, int], ppm: tuple[int, int]) -> None:
    """Refuse terms that cannot be judged."""
    resources.resource(resource)
    baseline_year, year = years
    reduction, min_coverage = ppm
    if indicator not in INDICATORS:
        raise ConfigurationError(
            "INDICATOR_UNKNOWN",
            "'{indicator}' is not an indicator; known: {known}",
            indicator=indicator,
            known=", ".join(INDICATORS),
        )
    if baseline_year >= year:
        raise ConfigurationError(
            "BASELINE_NOT_BEFORE",
            "The baseline year {baseline} must lie before the target's year {year}.",
            baseline=baseline_year,
            year=year,
        )
    if not -PPM < reduction < PPM or not 0 <= min_coverage <= PPM:
        raise ConfigurationError("SHARE_OUT_OF_RANGE", "Reduction and least coverage are shares between 0 and 100 %.")


def _check_kind(kind: str, cap: int | None) -> None:
    """Refuse a kind that is none, and a cap without an amount."""
    if kind not in set(Kind):
        raise ConfigurationError("TARGET_KIND_UNKNOWN", KIND_UNKNOWN, kind=kind, known=", ".join(Kind))
    if kind == Kind.CAP and (cap is None or not 0 <= cap < LARGEST):
        raise ConfigurationError("CAP_NEEDED", CAP_NEEDED)
