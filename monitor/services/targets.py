"""Set and withdraw targets: every change is a new version, audited; what was promised before stays readable."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import OrgUnit, Target
from monitor.domain import resources
from monitor.domain.access import Action, Actor
from monitor.domain.amounts import PPM
from monitor.errors import ConfigurationError, NotFound
from monitor.i18n import N_

INDICATORS = ("total", "per_person", "per_m2")
NO_SUCH_TARGET = N_("There is no such target, or you may not see it.")
TERMS = ("indicator", "year", "baseline_year", "reduction", "min_coverage")


def set_target(
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    *,
    year: int,
    baseline_year: int,
    reduction: int,
    indicator: str = "total",
    min_coverage: int = 950_000,
    now: datetime | None = None,
) -> int:
    """Promise `reduction` ppm less of an indicator in `year` than in `baseline_year`; gives the target's id.

    The same terms again change nothing; other terms are the next version, and the version before is withdrawn.
    """
    actor.require(Action.SET_TARGET, unit_id)
    unit_code = session.scalar(select(OrgUnit.code).where(OrgUnit.id == unit_id))
    if unit_code is None:
        raise NotFound("NOT_FOUND", "There is no such unit, or you may not see it.")
    terms = {
        "indicator": indicator,
        "year": year,
        "baseline_year": baseline_year,
        "reduction": reduction,
        "min_coverage": min_coverage,
    }
    _check(resource, indicator, (baseline_year, year), (reduction, min_coverage))
    before = in_force(session, unit_id, resource, indicator, year)
    if before is not None and _terms(before) == terms:
        return before.id
    moment = now or datetime.now(UTC)
    if before is not None:
        before.withdrawn_at = moment
    version = _versions(session, unit_id, resource, indicator, year) + 1
    target = Target(unit_id=unit_id, resource=resource, **terms, version=version, actor=actor.login, created_at=moment)
    session.add(target)
    session.flush()
    subject = f"target:{unit_code}:{resource}:{indicator}:{year}"
    record(session, actor, "target.set", subject, before=_terms(before) if before else None, after=terms, at=moment)
    bump_data_version(session)
    return target.id


def withdraw(session: Session, actor: Actor, target_id: int, *, now: datetime | None = None) -> None:
    """Take a target back; it stays in the history. Withdrawing twice changes nothing."""
    target = session.get(Target, target_id)
    if target is None or not actor.may(Action.VIEW, target.unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_TARGET)
    actor.require(Action.SET_TARGET, target.unit_id)
    if target.withdrawn_at is not None:
        return
    target.withdrawn_at = now or datetime.now(UTC)
    unit_code = session.scalar(select(OrgUnit.code).where(OrgUnit.id == target.unit_id))
    subject = f"target:{unit_code}:{target.resource}:{target.indicator}:{target.year}"
    record(session, actor, "target.withdraw", subject, before=_terms(target), at=target.withdrawn_at)
    bump_data_version(session)


def in_force(session: Session, unit_id: int, resource: str, indicator: str, year: int) -> Target | None:
    """Give the row of the highest version that is not withdrawn."""
    query = select(Target).filter_by(unit_id=unit_id, resource=resource, indicator=indicator, year=year)
    standing = query.where(Target.withdrawn_at.is_(None)).order_by(Target.version.desc()).limit(1)
    return session.scalars(standing).one_or_none()


def _versions(session: Session, unit_id: int, resource: str, indicator: str, year: int) -> int:
    query = select(func.max(Target.version)).filter_by(
        unit_id=unit_id, resource=resource, indicator=indicator, year=year
    )
    return session.scalar(query) or 0


def _terms(target: Target) -> dict[str, int | str]:
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
