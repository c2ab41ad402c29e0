"""Quotas (能耗定额) as rows and judgements: the band in force for each unit, and a figure held against it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import QuotaBand
from monitor.domain.baselines import Finding
from monitor.domain.indicators import Indicator
from monitor.domain.periods import year_days
from monitor.domain.quotas import Band, Standing, holds, judge
from monitor.queries._intensities import Intensity
from monitor.queries._tree import Tree

INDICATORS = (Indicator.PER_PERSON, Indicator.PER_M2)
Rules = dict[tuple[int, Indicator], "Quota"]  # by unit and indicator


@dataclass(frozen=True, slots=True)
class Quota:
    """A declared band: of the unit itself (`own`) or of one above. Years are inclusive; `year_to` None is open."""

    id: int
    resource: str
    indicator: Indicator
    band: Band
    year_from: int
    year_to: int | None
    source: str
    note: str
    own: bool
    actor: str
    created_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""  # "" where other terms took its place
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where a unit stands: its use per person or m² over the days start..end-1 against the quota of `year`.

    `reasons` say why it is not judged.
    """

    year: int
    start: int
    end: int
    quota: Quota
    figure: Intensity
    standing: Standing

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """Say why it is not judged; nothing where it is."""
        return self.figure.reasons


def rules(session: Session, tree: Tree, resource: str, year: int) -> Rules:
    """Give the quota in force of every unit: the nearest unit above, as it stood at the year's end, with one of that year."""
    query = select(QuotaBand).where(QuotaBand.resource == resource, QuotaBand.withdrawn_at.is_(None))
    own = {
        (row.unit_id, Indicator(row.indicator)): row
        for row in session.scalars(query.order_by(QuotaBand.year_from, QuotaBand.id))
        if holds(year, row.year_from, row.year_to)
    }
    if not own:
        return {}
    then = tree.on(year_days(year)[1] - 1)
    found: Rules = {}
    for unit_id in then.by_id:
        for indicator in INDICATORS:
            nearest = next((u for u in then.above(unit_id) if (u, indicator) in own), None)
            if nearest is not None:
                found[unit_id, indicator] = quota_of(own[nearest, indicator], own=nearest == unit_id)
    return found


def quota_of(row: QuotaBand, *, own: bool, ended: tuple[str, str] = ("", "")) -> Quota:
    """Give a row as it is read; `ended` says who withdrew it and why."""
    band = Band(row.constraint_value, row.reference_value, row.guidance_value)
    return Quota(
        row.id,
        row.resource,
        Indicator(row.indicator),
        band,
        row.year_from,
        row.year_to,
        row.source,
        row.note,
        own,
        row.actor,
        row.created_at,
        row.withdrawn_at,
        *ended,
    )


def standing_id(session: Session, unit_id: int, resource: str, indicator: str, year_from: int) -> int | None:
    """Give the id of the quota in force that was declared on a unit from a year on; None where there is none."""
    query = select(QuotaBand.id).filter_by(unit_id=unit_id, resource=resource, indicator=indicator, year_from=year_from)
    return session.scalar(query.where(QuotaBand.withdrawn_at.is_(None)).order_by(QuotaBand.id.desc()).limit(1))


def judgement(quota: Quota, figure: Intensity, year: int, span: tuple[int, int]) -> Judgement:
    """Hold a figure of twelve months against a quota."""
    return Judgement(year, *span, quota, figure, judge(quota.band, figure.value))
