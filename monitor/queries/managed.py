"""What stands in the organisation, for those who manage it: a unit's dated facts, places, meters with their shares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from monitor.database.tables import Meter, MeterShare, OrgUnit, Place, UnitBasis, UnitFact, UnitMove
from monitor.domain.access import Action, Actor
from monitor.errors import NotFound
from monitor.i18n import N_

NO_SUCH_UNIT = N_("There is no such unit, or you may not see it.")


@dataclass(frozen=True, slots=True)
class FactRow:
    """A dated fact; `value` in thousandths."""

    kind: str
    value: int
    valid_from: date
    valid_to: date | None
    note: str


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move: from this day on below `to_code`, before it below `from_code`."""

    at: date
    from_code: str
    to_code: str
    note: str


@dataclass(frozen=True, slots=True)
class BasisRow:
    """The authoritative basis of a resource and year."""

    resource: str
    year: int
    basis: str


@dataclass(frozen=True, slots=True)
class UnitDetail:
    """A unit with all that is dated about it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    kind: str
    position: int
    parent_code: str
    facts: tuple[FactRow, ...]
    moves: tuple[MoveRow, ...]
    bases: tuple[BasisRow, ...]


def unit_detail(session: Session, actor: Actor, code: str) -> UnitDetail:
    """Give a unit to those who manage it. NotFound where there is none or it may not be seen, Forbidden for who only sees it."""
    row = session.scalars(select(OrgUnit).where(OrgUnit.code == code)).one_or_none()
    if row is None:
        raise NotFound("NOT_FOUND", NO_SUCH_UNIT)
    actor.require(Action.MANAGE_ORGANISATION, row.id)
    codes: dict[int | None, str] = {None: ""}
    codes |= {found: name for found, name in session.execute(select(OrgUnit.id, OrgUnit.code))}  # noqa: C416 - typed rows
    facts = select(UnitFact).where(UnitFact.unit_id == row.id).order_by(UnitFact.kind, UnitFact.valid_from.desc())
    moves = select(UnitMove).where(UnitMove.unit_id == row.id).order_by(UnitMove.at.desc())
    bases = select(UnitBasis).where(UnitBasis.unit_id == row.id).order_by(UnitBasis.resource, UnitBasis.year.desc())
    return UnitDetail(
        row.id,
        row.code,
        row.name_zh,
        row.name_en,
        row.kind,
        row.position,
        codes[row.parent_id],
        tuple(FactRow(one.kind, one.value, one.valid_from, one.valid_to, one.note) for one in session.scalars(facts)),
        tuple(
            MoveRow(one.at, codes[one.from_parent_id], codes[one.to_parent_id], one.note)
            for one in session.scalars(moves)
        ),
        tuple(BasisRow(one.resource, one.year, one.basis) for one in session.scalars(bases)),
    )


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place in tree order; hours in minutes of the day, area in thousandths of m²; `meters` stand in it."""

    id: int
    code: str
    parent_id: int | None
    name_zh: str
    name_en: str
    kind: str
    zone: str
    country: str
    office_from: int
    office_to: int
    area: int | None
    depth: int = 0
    meters: int = 0


_PLACE = tuple(getattr(Place, name) for name in list(PlaceRow.__dataclass_fields__)[:11])


def places(session: Session, actor: Actor) -> list[PlaceRow]:
    """List all places, a place before what is in it, to those who manage any unit; none to others. Two statements."""
    if not (actor.system or actor.units(Action.MANAGE_ORGANISATION)):
        return []
    counts: dict[int, int] = {}
    for place_id in session.scalars(select(Meter.place_id)):
        counts[place_id] = counts.get(place_id, 0) + 1
    below: dict[int | None, list[dict[str, Any]]] = {}
    for row in session.execute(select(*_PLACE).order_by(Place.code)).mappings():
        below.setdefault(row["parent_id"], []).append(dict(row))
    found: list[PlaceRow] = []

    def walk(parent: int | None, depth: int) -> None:
        for values in below.get(parent, []):
            found.append(PlaceRow(**values, depth=depth, meters=counts.get(values["id"], 0)))
            walk(values["id"], depth + 1)

    walk(None, 0)
    return found


@dataclass(frozen=True, slots=True)
class MeterLine:
    """A meter as a list shows it; `units` are the codes of the units that it is shared to on that day."""

    id: int
    code: str
    name_zh: str
    name_en: str
    resource: str
    purpose: str
    assessed: bool
    basis: str
    place_code: str
    place_zh: str
    place_en: str
    parent_code: str
    units: tuple[str, ...]


def meters(session: Session, actor: Actor, on: date) -> list[MeterLine]:
    """List the meters shared (ever) to units that the actor manages, by code; all for who manages the whole. Two statements."""
    mine, everything = actor.units(Action.MANAGE_ORGANISATION), actor.may_everywhere(Action.MANAGE_ORGANISATION)
    if not (mine or everything):
        return []
    parent = aliased(Meter)
    columns = (Meter.id, Meter.code, Meter.name_zh, Meter.name_en, Meter.resource, Meter.purpose, Meter.assessed)
    others = (Meter.basis, Place.code, Place.name_zh, Place.name_en, parent.code)
    query = select(*columns, *others).join(Place, Place.id == Meter.place_id)
    rows = session.execute(query.outerjoin(parent, parent.id == Meter.parent_id).order_by(Meter.code)).all()
    shares = select(
        MeterShare.meter_id, MeterShare.unit_id, OrgUnit.code, MeterShare.valid_from, MeterShare.valid_to
    ).join(OrgUnit, OrgUnit.id == MeterShare.unit_id)
    shown: dict[int, list[str]] = {}
    managed: set[int] = set()
    for meter_id, unit_id, code, since, until in session.execute(shares.order_by(OrgUnit.code)):
        if unit_id in mine:
            managed.add(meter_id)
        if since <= on and (until is None or on < until) and (everything or unit_id in mine):
            shown.setdefault(meter_id, []).append(code)
    return [_line(row, shown.get(row[0], [])) for row in rows if everything or row[0] in managed]


def _line(row: Sequence[Any], units: list[str]) -> MeterLine:
    values: dict[str, Any] = dict(
        zip(MeterLine.__dataclass_fields__, (*row[:11], row[11] or "", tuple(units)), strict=True)
    )
    return MeterLine(**values)
