"""Targets and how they stand: a unit's, the board of all, units beside each other."""

from fractions import Fraction

from dashboard.api import models
from dashboard.api.ask import Ask, Route
from dashboard.api.questions import BoardAsked, ComparisonAsked, TargetsAsked
from dashboard.api.values import day, decimal, figure, fixed, page, quantity, reasons, ref
from monitor.domain.amounts import PPM
from monitor.domain.baselines import Finding
from monitor.domain.periods import from_day
from monitor.domain.resources import RESOURCES, from_quantity, resource
from monitor.domain.targets import Kind, TargetTerms
from monitor.i18n import N_
from monitor.queries import comparison, scope, targets
from monitor.queries.comparison import By, Comparison, Group, Grouping, Over
from monitor.queries.quotas import Judgement
from monitor.queries.targets import BoardRow, Judged
from monitor.services.tokens import READ_TARGETS


def _targets(ask: Ask) -> models.Targets:
    asked: TargetsAsked = ask.question
    unit = scope.unit_by_code(ask.session, ask.actor, asked.unit)
    year, as_of = ask.year_and_day(asked.year, asked.as_of)
    found = [
        judged
        for code in RESOURCES
        if asked.resource in {None, code}
        for judged in targets.progress(ask.session, ask.actor, unit.id, code, year, as_of)
    ]
    items = [target(judged) for judged in found]
    return models.Targets(year=year, as_of=from_day(as_of), items=items, data_version=ask.version)


def target(judged: Judged) -> models.Target:
    """Give a judged target with all its figures."""
    found, code = judged.progress, judged.resource
    return models.Target(
        id=judged.target_id,
        unit=ref(judged.unit),
        resource=code,
        measure=resource(code).display,
        terms=_terms(found.terms, code),
        status=found.status,
        as_of=from_day(found.as_of),
        closed=found.closed,
        used=figure(found.used, code),
        baseline=figure(found.baseline, code),
        allowance=quantity(found.allowance, code),
        allowed=quantity(found.allowed, code),
        pace=None if found.pace is None else fixed(found.pace),
        remaining=quantity(found.remaining, code),
        remaining_per_day=quantity(found.remaining_per_day, code),
        runs_out=day(found.runs_out),
        forecast=quantity(found.forecast, code),
        forecast_low=quantity(found.forecast_low, code),
        forecast_high=quantity(found.forecast_high, code),
        reasons=reasons(found.reasons),
    )


def _terms(terms: TargetTerms, code: str) -> models.Terms:
    return models.Terms(
        indicator=terms.indicator,
        kind=terms.kind,
        year=terms.year,
        baseline_year=terms.baseline_year,
        reduction=decimal(Fraction(terms.reduction, PPM)) if terms.kind is Kind.REDUCTION else None,
        cap=quantity(terms.cap, code),
        min_coverage=decimal(Fraction(terms.min_coverage, PPM)),
    )


def _board(ask: Ask) -> models.Board:
    asked: BoardAsked = ask.question
    year, as_of = ask.year_and_day(asked.year, asked.as_of)
    rows = targets.board(ask.session, ask.actor, year, as_of)
    shown, following = page(rows, lambda row: f"{row.resource}|{row.unit.code}", asked)
    items = [_item(row) for row in shown]
    return models.Board(year=year, as_of=from_day(as_of), items=items, next=following, data_version=ask.version)


def _item(row: BoardRow) -> models.BoardItem:
    return models.BoardItem(
        unit=ref(row.unit),
        resource=row.resource,
        target=None if row.judged is None else target(row.judged),
        months=[quantity(month, row.resource) for month in row.spark],
    )


def _comparison(ask: Ask) -> models.Comparison:
    asked: ComparisonAsked = ask.question
    year, as_of = ask.year_and_day(asked.year, asked.as_of)
    found = comparison.compare(ask.session, ask.actor, asked.resource, year, as_of, over=Over(asked.over))
    by, codes = By(asked.by), {row.unit.id: row.unit.code for row in found.rows}
    lines = [line for group in found.groups(by, Grouping(asked.group)) for line in _lines(group, by, codes, found)]
    shown, following = page(lines, lambda line: line.unit.code, asked)
    return models.Comparison(
        resource=found.resource,
        measure=resource(found.resource).display,
        by=by,
        group=asked.group,
        year=year,
        from_=from_day(found.start),
        to=from_day(max(found.end - 1, found.start)),
        items=list(shown),
        next=following,
        data_version=ask.version,
    )


def _lines(group: Group, by: By, codes: dict[int, str], found: Comparison) -> list[models.Compared]:
    key = codes.get(group.key) if isinstance(group.key, int) else (group.key or None)
    ranked = [
        _line(place.row, key, found, by, rank=place.rank, value=_value(place.value, by, found))
        for place in group.ranked
    ]
    return ranked + [_line(row, key, found, by, why=why) for row, why in group.unranked]


def _value(value: Fraction, by: By, found: Comparison) -> str:
    """Write a distance as a ratio, else display measures per person or m²."""
    if by is By.TARGET:
        return fixed(value)
    known = resource(found.resource)
    return fixed(value / 1000 / known.measure(known.display).factor)


def _line(
    row: comparison.Compared,
    group: str | None,
    found: Comparison,
    by: By,
    *,
    rank: int | None = None,
    value: str | None = None,
    why: tuple[Finding, ...] = (),
) -> models.Compared:
    return models.Compared(
        rank=rank,
        unit=ref(row.unit),
        group=group,
        value=value,
        used=figure(row.used, found.resource),
        quota=_quota(row.quotas.get(by)),
        reasons=reasons(why),
    )


def _quota(judged: Judgement | None) -> models.Quota | None:
    if judged is None:
        return None
    quota, band = judged.quota, judged.quota.band
    values = (
        None if one is None else decimal(from_quantity(one, quota.resource))
        for one in (band.constraint, band.reference, band.guidance)
    )
    constraint, reference, guidance = values
    return models.Quota(
        standing=judged.standing, constraint=constraint, reference=reference, guidance=guidance, source=quota.source
    )


ROUTES = (
    Route(
        "/targets", READ_TARGETS, N_("The targets of a unit and how they stand"), TargetsAsked, models.Targets, _targets
    ),
    Route("/board", READ_TARGETS, N_("All units in sight with their first targets"), BoardAsked, models.Board, _board),
    Route(
        "/comparison",
        READ_TARGETS,
        N_("Units ranked by distance to their target, per person or per m²"),
        ComparisonAsked,
        models.Comparison,
        _comparison,
    ),
)
