"""Declare and withdraw quotas (能耗定额): the one door for the page, the site file and the Excel template; audited, nothing is deleted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.state import bump_data_version
from monitor.database.tables import OrgUnit, QuotaBand
from monitor.domain import resources
from monitor.domain.access import Action, Actor, may_approve
from monitor.domain.quotas import Band, problem
from monitor.errors import ConfigurationError, Forbidden, NotFound
from monitor.i18n import N_
from monitor.queries import quotas
from monitor.queries._quotas import INDICATORS
from monitor.queries._tree import load_tree
from monitor.queries.quotas import Judgement

NO_SUCH_UNIT = N_("There is no such unit, or you may not see it.")
NO_SUCH_QUOTA = N_("There is no such quota, or you may not see it.")
NOT_YOURS = N_("A quota is declared by a manager of the unit above, or by an administrator.")
INDICATOR_UNKNOWN = N_("A quota is per person or per m²; '{indicator}' is neither.")
YEARS_WRONG = N_("The quota ends in {to}, before it begins in {first}; correct one of the two years.")
SOURCE_NEEDED = N_("Say where the quota comes from: standard, table, climate zone.")
PROBLEMS = {
    "QUOTA_EMPTY": N_("A quota needs at least one of the constraint, reference and guidance values."),
    "QUOTA_NOT_ABOVE_ZERO": N_(
        "The values of a quota are above zero; leave a value empty where the standard names none."
    ),
    "QUOTA_ORDER": N_("The constraint value is at least the reference value, and that at least the guidance value."),
}
NAMES = ("year_to", "constraint_value", "reference_value", "guidance_value", "source", "note")


def declare(
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    *,
    indicator: str,
    years: tuple[int, int | None],
    band: Band,
    source: str,
    note: str = "",
    now: datetime | None = None,
) -> int:
    """Declare the band of a unit and its sub-tree for the years first..last (None: until another begins); gives its id.

    Values are thousandths of the base measure per person or m² and year. Another one of the same unit, resource, indicator and
    first year is replaced and stays in the history; the same again changes nothing. Nobody declares for his own unit unless
    he is an administrator: Forbidden.
    """
    code = _require(session, actor, unit_id)
    _check(resource, indicator, years, band, source)
    terms = {
        "year_to": years[1],
        "constraint_value": band.constraint,
        "reference_value": band.reference,
        "guidance_value": band.guidance,
        "source": source.strip(),
        "note": note.strip(),
    }
    query = select(QuotaBand).filter_by(unit_id=unit_id, resource=resource, indicator=indicator, year_from=years[0])
    standing = session.scalars(query.where(QuotaBand.withdrawn_at.is_(None)).order_by(QuotaBand.id)).all()
    before = _terms(standing[-1]) if standing else None
    if before == terms:
        return standing[-1].id
    moment = now or datetime.now(UTC)
    for row in standing:
        row.withdrawn_at = moment
    key = {"unit_id": unit_id, "resource": resource, "indicator": indicator, "year_from": years[0]}
    made = QuotaBand(**key, **terms, actor=actor.login, created_at=moment)
    session.add(made)
    session.flush()
    record(
        session, actor, "quota.declare", _subject(code, made), before=before, after=terms | {"id": made.id}, at=moment
    )
    bump_data_version(session)
    return made.id


def withdraw(session: Session, actor: Actor, quota_id: int, *, reason: str, now: datetime | None = None) -> None:
    """Take a quota back, with a reason; it stays in the history. Withdrawing twice changes nothing."""
    row = session.get(QuotaBand, quota_id)
    if row is None or not actor.may(Action.VIEW, row.unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_QUOTA)
    code = _require(session, actor, row.unit_id)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at = now or datetime.now(UTC)
    after = {"id": row.id, "reason": reason}
    record(session, actor, "quota.withdraw", _subject(code, row), before=_terms(row), after=after, at=row.withdrawn_at)
    bump_data_version(session)


def preview(
    session: Session,
    actor: Actor,
    unit_id: int,
    resource: str,
    *,
    indicator: str,
    years: tuple[int, int | None],
    band: Band,
    source: str,
    look: tuple[int, int],
) -> list[tuple[int, Judgement | None, Judgement | None]]:
    """Say where the unit and those directly below stand before and after `declare`, which is then rolled back.

    `look` is the year and the last day to look at; gives (unit id, before, after) for each.
    """
    _require(session, actor, unit_id)
    units = [unit_id, *load_tree(session).children.get(unit_id, ())]
    before = _standings(session, actor, units, resource, indicator, look)
    made = session.begin_nested()
    try:
        declare(session, actor, unit_id, resource, indicator=indicator, years=years, band=band, source=source)
        after = _standings(session, actor, units, resource, indicator, look)
    finally:
        made.rollback()
    return list(zip(units, before, after, strict=True))


def _standings(  # noqa: PLR0917 - who, whose, of what, when
    session: Session, actor: Actor, units: Sequence[int], resource: str, indicator: str, seen: tuple[int, int]
) -> list[Judgement | None]:
    found = []
    for unit in units:
        judged = quotas.standing(session, actor, unit, resource, seen[0], as_of=seen[1])
        found.append(next((one for one in judged if one.quota.indicator == indicator), None))
    return found


def _require(session: Session, actor: Actor, unit_id: int) -> str:
    """Give the unit's code; refuse whoever may not declare for it."""
    row = session.execute(select(OrgUnit.code, OrgUnit.parent_id).where(OrgUnit.id == unit_id)).one_or_none()
    if row is None or not actor.may(Action.VIEW, unit_id):
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    if not may_approve(actor, unit_id, row.parent_id):
        raise Forbidden("FORBIDDEN", NOT_YOURS)
    return str(row.code)


def _check(resource: str, indicator: str, years: tuple[int, int | None], band: Band, source: str) -> None:
    resources.resource(resource)
    if indicator not in INDICATORS:
        raise ConfigurationError("INDICATOR_UNKNOWN", INDICATOR_UNKNOWN, indicator=indicator)
    first, last = years
    if last is not None and last < first:
        raise ConfigurationError("QUOTA_YEARS", YEARS_WRONG, first=first, to=last)
    wrong = problem(band)
    if wrong:
        raise ConfigurationError(wrong, PROBLEMS[wrong])
    if not source.strip():
        raise ConfigurationError("QUOTA_SOURCE", SOURCE_NEEDED)


def _terms(row: QuotaBand) -> dict[str, object]:
    return {name: getattr(row, name) for name in NAMES}


def _subject(code: str, row: QuotaBand) -> str:
    return f"quota:{code}:{row.resource}:{row.indicator}:{row.year_from}"
