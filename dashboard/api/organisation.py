"""Units and meters, as far as the token sees."""

from fractions import Fraction

from dashboard.api import models
from dashboard.api.ask import Ask, Route
from dashboard.api.models import Name
from dashboard.api.questions import MetersAsked, Nothing, UnitsAsked
from dashboard.api.values import cursor, cursor_after, decimal, page, ref
from monitor.domain.periods import from_day, to_day
from monitor.i18n import N_
from monitor.queries import inventory, scope
from monitor.queries.explain import RegisterRow
from monitor.queries.inventory import Listed
from monitor.queries.scope import UnitRow
from monitor.services.tokens import READ_METERS, READ_UNITS


def _units(ask: Ask) -> models.Units:
    rows = scope.units(ask.session, ask.actor)
    codes = {row.id: row.code for row in rows}
    shown, following = page(rows, lambda row: row.code, ask.question)
    return models.Units(items=[_unit(row, codes) for row in shown], next=following, data_version=ask.version)


def _unit(row: UnitRow, codes: dict[int, str]) -> models.Unit:
    parent = None if row.parent_id is None else codes.get(row.parent_id)
    return models.Unit(**ref(row).model_dump(), parent=parent, kind=row.kind, depth=row.depth)


def _one_unit(ask: Ask) -> models.UnitDetail:
    row = scope.unit_by_code(ask.session, ask.actor, ask.gaps["code"])
    rows = scope.units(ask.session, ask.actor)
    found = scope.denominators(ask.session, ask.actor, row.id, ask.latest)
    return models.UnitDetail(
        **_unit(row, {one.id: one.code for one in rows}).model_dump(),
        children=[ref(one) for one in rows if one.parent_id == row.id],
        facts=[
            models.Fact(
                kind=fact.kind,
                value=decimal(_thousandths(fact.value)),
                valid_from=fact.valid_from,
                valid_to=fact.valid_to,
                own=fact.own,
            )
            for fact in found
        ],
        data_version=ask.version,
    )


def _thousandths(value: int) -> Fraction:
    return Fraction(value, 1000)


def _meters(ask: Ask) -> models.Meters:
    asked: MetersAsked = ask.question
    day = ask.latest if asked.day is None else to_day(asked.day)
    unit = None if asked.unit is None else scope.unit_by_code(ask.session, ask.actor, asked.unit).id
    found = inventory.meters(
        ask.session,
        ask.actor,
        day,
        unit_id=unit,
        resource=asked.resource,
        after=cursor_after(asked),
        limit=asked.limit + 1,
    )
    shown = found[: asked.limit]
    return models.Meters(
        day=from_day(day),
        items=[_meter(row) for row in shown],
        next=cursor(shown[-1].code) if len(found) > asked.limit else None,
        data_version=ask.version,
    )


def _meter(row: Listed) -> models.Meter:
    return models.Meter(
        code=row.code,
        name=Name(zh=row.name_zh, en=row.name_en),
        resource=row.resource,
        purpose=row.purpose,
        assessed=row.assessed,
        basis=row.basis,
        parent=row.parent_code or None,
        place=models.Place(code=row.place_code, name=Name(zh=row.place_zh, en=row.place_en), zone=row.zone),
        shares=[
            models.Share(unit=s.unit_code, basis=s.basis, ppm=s.ppm, valid_from=s.valid_from, valid_to=s.valid_to)
            for s in row.shares
        ],
        registers=[_register(one) for one in row.registers],
    )


def _register(row: RegisterRow) -> models.Register:
    return models.Register(
        code=row.code,
        kind=row.kind,
        measure=row.measure,
        direction=row.direction,
        tariff=row.tariff,
        counts=row.counts,
        priority=row.priority,
        multiplier=str(row.multiplier),
    )


ROUTES = (
    Route("/units", READ_UNITS, N_("The units in sight, in tree order"), UnitsAsked, models.Units, _units),
    Route("/units/<code>", READ_UNITS, N_("A unit with its children and facts"), Nothing, models.UnitDetail, _one_unit),
    Route("/meters", READ_METERS, N_("Meters with place, shares and registers"), MetersAsked, models.Meters, _meters),
)
