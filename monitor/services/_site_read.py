"""The present organisation as a site file would say it: read in bulk, to be shown, changed in part, or handed out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    Meter,
    MeterAlias,
    MeterEvent,
    MeterShare,
    OrgUnit,
    Place,
    PlaceHours,
    QuotaBand,
    Register,
    UnitBasis,
    UnitFact,
    UnitMove,
)
from monitor.domain.resources import from_quantity
from monitor.services._site import (
    BasisSpec,
    EventSpec,
    FactSpec,
    HoursSpec,
    MeterSpec,
    MoveSpec,
    PlaceSpec,
    QuotaSpec,
    RegisterSpec,
    ShareSpec,
    SiteSpec,
    UnitSpec,
)


def read_site(session: Session) -> SiteSpec:
    """Read units, facts, moves, bases, places, meters and quotas; sources, baselines and targets are left out."""
    return SiteSpec(
        units=read_units(session),
        moves=read_moves(session),
        bases=_bases(session),
        places=read_places(session),
        meters=read_meters(session),
        quotas=_quotas(session),
    )


def read_units(session: Session) -> list[UnitSpec]:
    """Read all units, each with those below it, siblings in their order."""
    facts: dict[int, list[FactSpec]] = defaultdict(list)
    for fact in session.scalars(select(UnitFact).order_by(UnitFact.kind, UnitFact.valid_from)):
        facts[fact.unit_id].append(fact_of(fact))
    below: dict[int | None, list[OrgUnit]] = defaultdict(list)
    for row in session.scalars(select(OrgUnit).order_by(OrgUnit.position, OrgUnit.code)):
        below[row.parent_id].append(row)

    def walk(parent: int | None) -> list[UnitSpec]:
        return [
            UnitSpec(
                code=row.code,
                zh=row.name_zh,
                en=row.name_en,
                kind=row.kind,
                facts=facts.get(row.id, []),
                units=walk(row.id),
            )
            for row in below.get(parent, ())
        ]

    return walk(None)


def fact_of(row: UnitFact) -> FactSpec:
    """Give a fact as a site file would say it."""
    return FactSpec.model_validate(
        {
            "kind": row.kind,
            "value": Decimal(row.value) / 1000,
            "since": row.valid_from,
            "until": row.valid_to,
            "note": row.note,
        }
    )


def read_moves(session: Session, unit_id: int | None = None) -> list[MoveSpec]:
    """Read the moves of all units, or of one, by unit and day."""
    codes = _codes(session, OrgUnit)
    query = select(UnitMove).order_by(UnitMove.unit_id, UnitMove.at)
    rows = session.scalars(query if unit_id is None else query.where(UnitMove.unit_id == unit_id))
    return [
        MoveSpec(unit=codes[row.unit_id], at=row.at, before=codes[row.from_parent_id], note=row.note)
        for row in rows
        if row.from_parent_id is not None
    ]


def _bases(session: Session) -> list[BasisSpec]:
    codes = _codes(session, OrgUnit)
    rows = session.scalars(select(UnitBasis).order_by(UnitBasis.unit_id, UnitBasis.resource, UnitBasis.year))
    return [
        BasisSpec.model_validate(
            {"unit": codes[row.unit_id], "resource": row.resource, "year": row.year, "basis": row.basis}
        )
        for row in rows
    ]


def _quotas(session: Session) -> list[QuotaSpec]:
    """Read the quotas in force, in the order of units, resources and years."""
    codes = _codes(session, OrgUnit)
    query = select(QuotaBand).where(QuotaBand.withdrawn_at.is_(None))
    order = (QuotaBand.unit_id, QuotaBand.resource, QuotaBand.indicator, QuotaBand.year_from, QuotaBand.id)
    found = {
        (row.unit_id, row.resource, row.indicator, row.year_from): row
        for row in session.scalars(query.order_by(*order))
    }
    return [_quota(row, codes[row.unit_id]) for row in found.values()]


def _quota(row: QuotaBand, unit: str) -> QuotaSpec:
    values = {"constraint": row.constraint_value, "reference": row.reference_value, "guidance": row.guidance_value}
    given: dict[str, Any] = {
        name: None if value is None else _decimal(from_quantity(value, row.resource)) for name, value in values.items()
    }
    names = ("resource", "indicator", "year_from", "year_to", "source", "note")
    return QuotaSpec.model_validate(given | {"unit": unit} | {name: getattr(row, name) for name in names})


def read_places(session: Session, code: str | None = None) -> list[PlaceSpec]:
    """Read all places, parents first, or the one of a code."""
    codes = _codes(session, Place)
    query = select(Place).order_by(Place.code)
    rows = session.scalars(query if code is None else query.where(Place.code == code)).all()
    hours: dict[int, list[HoursSpec]] = defaultdict(list)
    for one in session.scalars(select(PlaceHours).order_by(PlaceHours.valid_from)):
        spec = HoursSpec(since=one.valid_from, office_from=one.office_from, office_to=one.office_to)
        hours[one.place_id].append(spec)
    specs = [_place(row, codes, hours.get(row.id, [])) for row in rows]
    return _parents_first(specs) if code is None else specs


def _place(row: Place, codes: dict[int, str], hours: list[HoursSpec]) -> PlaceSpec:
    return PlaceSpec(
        code=row.code,
        zh=row.name_zh,
        en=row.name_en,
        parent=None if row.parent_id is None else codes[row.parent_id],
        kind=row.kind,
        zone=row.zone,
        country=row.country,
        office_from=row.office_from,
        office_to=row.office_to,
        area=None if row.area is None else Decimal(row.area) / 1000,
        hours=hours,
    )


# ---------------------------------------------------------------- meters


def read_meters(session: Session, codes: Sequence[str] | None = None) -> list[MeterSpec]:
    """Read all meters, main meters first, or those of some codes."""
    query = select(Meter).order_by(Meter.code)
    rows = session.scalars(query if codes is None else query.where(Meter.code.in_(codes))).all()
    ids = [row.id for row in rows]
    every = codes is None
    names = {
        "place": _codes(session, Place),
        "meter": _codes(session, Meter, None if every else {row.parent_id for row in rows if row.parent_id}),
    }
    shares = _shares(session, None if every else MeterShare.meter_id.in_(ids))
    registers = _registers(session, {row.id: row.resource for row in rows}, every=every)
    aliases = _aliases(session, None if every else MeterAlias.meter_id.in_(ids))
    specs = [
        MeterSpec.model_validate(
            {
                "code": row.code,
                "zh": row.name_zh,
                "en": row.name_en,
                "resource": row.resource,
                "place": names["place"][row.place_id],
                "parent": None if row.parent_id is None else names["meter"][row.parent_id],
                "purpose": row.purpose,
                "assessed": row.assessed,
                "basis": row.basis,
                "shares": shares.get(row.id, []),
                "registers": registers.get(row.id, []),
                "aliases": aliases.get(row.id, []),
            }
        )
        for row in rows
    ]
    return _parents_first(specs) if every else specs


def _shares(session: Session, which: ColumnElement[bool] | None) -> dict[int, list[ShareSpec]]:
    query = select(MeterShare, OrgUnit.code).join(OrgUnit, OrgUnit.id == MeterShare.unit_id)
    query = query.order_by(MeterShare.valid_from, OrgUnit.code)
    found: dict[int, list[ShareSpec]] = defaultdict(list)
    for row, code in session.execute(query if which is None else query.where(which)):
        part = {"part": row.ppm} if row.basis == "percent" else {}
        given = {"unit": code, "by": row.basis, "since": row.valid_from, "until": row.valid_to, **part}
        found[row.meter_id].append(ShareSpec.model_validate(given))
    return found


def _registers(session: Session, resources: dict[int, str], *, every: bool) -> dict[int, list[RegisterSpec]]:
    query, happened = select(Register).order_by(Register.id), select(MeterEvent).order_by(MeterEvent.at)
    if not every:
        own = Register.meter_id.in_(resources)
        query = query.where(own)
        happened = happened.where(MeterEvent.register_id.in_(select(Register.id).where(own)))
    rows = session.scalars(query).all()
    events: dict[int, list[MeterEvent]] = defaultdict(list)
    for event in session.scalars(happened):
        events[event.register_id].append(event)
    found: dict[int, list[RegisterSpec]] = defaultdict(list)
    for row in rows:
        code = resources[row.meter_id]
        spec = {name: getattr(row, name) for name in ("code", "kind", "measure", "direction", "tariff", "counts")}
        spec |= {"priority": row.priority, "digits": row.digits, "step": row.interval_seconds}
        spec["multiplier"] = str(Fraction(row.multiplier_num, row.multiplier_den))
        spec["events"] = [_event(event, code, row.measure) for event in events.get(row.id, ())]
        found[row.meter_id].append(RegisterSpec.model_validate(spec))
    return found


def _event(row: MeterEvent, resource: str, measure: str) -> EventSpec:
    given: dict[str, Any] = {"kind": row.kind, "at": row.at, "note": row.note}
    if row.kind == "multiplier":
        given["multiplier"] = str(Fraction(row.initial_value or 1, row.final_value or 1))
    else:
        for name, value in (("final", row.final_value), ("initial", row.initial_value)):
            given[name] = None if value is None else _decimal(from_quantity(value, resource, measure))
    return EventSpec.model_validate(given)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _aliases(session: Session, which: ColumnElement[bool] | None) -> dict[int, list[str]]:
    query = select(MeterAlias).where(MeterAlias.source_id.is_(None)).order_by(MeterAlias.alias)
    found: dict[int, list[str]] = defaultdict(list)
    for row in session.scalars(query if which is None else query.where(which)):
        found[row.meter_id].append(row.alias)
    return found


def _codes(session: Session, model: type[Any], ids: Iterable[int] | None = None) -> dict[int, str]:
    query = select(model.id, model.code)
    found = session.execute(query if ids is None else query.where(model.id.in_(sorted(ids)))).all()
    return {row.id: row.code for row in found}


def _parents_first(specs: list[Any]) -> list[Any]:
    parents = {spec.code: spec.parent for spec in specs}

    def depth(spec: Any) -> int:  # noqa: ANN401 - a place or a meter
        steps, at = 0, spec.parent
        while at in parents:
            steps, at = steps + 1, parents[at]
        return steps

    return sorted(specs, key=depth)
