"""Units with their facts, moves and bases: the organisation's part of a site, brought in line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import func, select

from monitor.database.tables import OrgUnit, UnitBasis, UnitFact, UnitMove
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.services import _site_checks as checks
from monitor.services._site import BasisSpec, FactSpec, MoveSpec, UnitSpec
from monitor.services._site_rows import Rows, Wanted

TWO_TOPS = N_("'{key}' and '{other}' both have no parent; an organisation has one top unit.")


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit with its parent's code and its position among its siblings; None keeps it, or puts a new one behind them."""

    unit: UnitSpec
    parent: str | None
    position: int | None


def apply_units(rows: Rows, placed: Sequence[Placed], moves: Sequence[MoveSpec], *, strict: bool) -> None:
    """Bring units, their facts and moves in line; `strict` asks for a reason where a fact moves by more than a tenth."""
    rows.look_up(OrgUnit, {one.unit.code for one in placed} | {one.parent for one in placed if one.parent})
    position = {one.unit.code: one.position for one in placed}
    moved: dict[int, str] = {}
    for level in checks.parents_first((one.unit, one.parent) for one in placed):
        wanted = [_unit(rows, unit, parent, position[unit.code]) for unit, parent in level]
        before = {row.id: row.parent_id for row in rows.where(OrgUnit, "code", (unit.code for unit, _ in level))}
        found = [row for row, _ in rows.put_all(OrgUnit, wanted)]
        rows.name(OrgUnit, found)
        moved |= {row.id: row.code for row in found if row.id in before and before[row.id] != row.parent_id}
    _one_top(rows, placed)
    apply_facts(rows, [(one.unit.code, fact) for one in placed for fact in one.unit.facts], strict=strict)
    _moves(rows, moves)
    _standing(rows, moved, {move.unit for move in moves})


def _unit(rows: Rows, unit: UnitSpec, parent: str | None, position: int | None) -> Wanted:
    key = f"unit:{unit.code}"
    above = rows.find(OrgUnit, parent, key).id if parent else None
    values = {"name_zh": unit.name_zh, "name_en": unit.name_en, "kind": unit.kind, "parent_id": above}
    if position is not None:
        return Wanted(key, {"code": unit.code}, values | {"position": position})
    siblings = select(func.max(OrgUnit.position)).where(OrgUnit.parent_id == above)
    last = rows.session.scalar(siblings)
    return Wanted(key, {"code": unit.code}, values, {"position": 0 if last is None else last + 1})


def _one_top(rows: Rows, placed: Iterable[Placed]) -> None:
    tops = list(rows.session.scalars(select(OrgUnit.code).where(OrgUnit.parent_id.is_(None)).order_by(OrgUnit.id)))
    if len(tops) > 1:
        mine = [one.unit.code for one in placed if one.unit.code in tops]
        code = mine[-1] if mine else tops[-1]
        other = next(top for top in tops if top != code)
        raise ConfigurationError("SITE_TWO_TOPS", TWO_TOPS, key=code, other=other)


# ---------------------------------------------------------------- facts


def apply_facts(rows: Rows, facts: Sequence[tuple[str, FactSpec]], *, strict: bool) -> None:
    """Bring dated facts of units (by code) in line; see apply_units."""
    rows.look_up(OrgUnit, {code for code, _ in facts})
    wanted = []
    for code, fact in facts:
        key = {"unit_id": rows.find(OrgUnit, code, f"fact:{code}").id, "kind": fact.kind, "valid_from": fact.since}
        values = {"value": thousandths(fact.value), "valid_to": fact.until, "note": fact.note}
        wanted.append(Wanted(f"fact:{code}:{fact.kind}:{fact.since}", key, values))
    if strict:
        _reasoned(rows, wanted)
    rows.put_all(UnitFact, wanted)


def _reasoned(rows: Rows, wanted: Iterable[Wanted]) -> None:
    """Compare each fact with what it takes the place of, else with the one before it."""
    listed = sorted(wanted, key=lambda one: one.key["valid_from"])
    lines: dict[tuple[int, str], dict[date, int]] = {}
    for row in rows.where(UnitFact, "unit_id", {one.key["unit_id"] for one in listed}):
        lines.setdefault((row.unit_id, row.kind), {})[row.valid_from] = row.value
    for one in listed:
        since, value = one.key["valid_from"], one.values["value"]
        line = lines.setdefault((one.key["unit_id"], one.key["kind"]), {})
        earlier = [day for day in line if day < since]
        before = line.get(since, line[max(earlier)] if earlier else None)
        checks.reasoned(one.subject, before, value, one.values["note"])
        line[since] = value


def thousandths(value: Decimal) -> int:
    """Give a declared number (persons, m²) in thousandths."""
    return round(Fraction(value) * 1000)


# ---------------------------------------------------------------- moves


def _moves(rows: Rows, moves: Sequence[MoveSpec]) -> None:
    """Let the moves of each unit named be exactly those listed; where each leads to follows from the next one and the tree."""
    rows.look_up(OrgUnit, {move.unit for move in moves} | {move.before for move in moves})
    by_unit: dict[str, list[MoveSpec]] = {}
    for move in sorted(moves, key=lambda one: one.at):
        by_unit.setdefault(move.unit, []).append(move)
    wanted = [one for code, listed in by_unit.items() for one in _moves_of(rows, code, listed)]
    found = [row for row, _ in rows.put_all(UnitMove, wanted)]
    units = {rows.find(OrgUnit, code, f"move:{code}").id: code for code in by_unit}
    stored = rows.where(UnitMove, "unit_id", units)
    rows.prune(((f"move:{units[row.unit_id]}:{row.at}", row) for row in stored), found)


def _moves_of(rows: Rows, code: str, listed: Sequence[MoveSpec]) -> list[Wanted]:
    subject = f"move:{code}"
    unit = rows.find(OrgUnit, code, subject)
    froms = [rows.find(OrgUnit, move.before, subject).id for move in listed]
    fresh = {"created_at": rows.now, "actor": rows.actor.login}
    return [
        Wanted(
            f"{subject}:{move.at}",
            {"unit_id": unit.id, "at": move.at},
            {"from_parent_id": before, "to_parent_id": to, "note": move.note},
            fresh,
        )
        for move, before, to in zip(listed, froms, [*froms[1:], unit.parent_id], strict=True)
    ]


def _standing(rows: Rows, moved: dict[int, str], listed: set[str]) -> None:
    """Where units stand otherwise now: their last move leads there, and nothing ever stood below itself."""
    last: dict[int, UnitMove] = {}
    for row in sorted(rows.where(UnitMove, "unit_id", moved), key=lambda row: row.at):
        last[row.unit_id] = row
    for unit_id, move in last.items():
        unit = rows.find(OrgUnit, moved[unit_id], "move")
        if moved[unit_id] not in listed and move.to_parent_id != unit.parent_id:
            key = {"unit_id": unit_id, "at": move.at}
            rows.put_all(UnitMove, [Wanted(f"move:{unit.code}:{move.at}", key, {"to_parent_id": unit.parent_id})])
    if moved or listed:
        _never_below_itself(rows)


def _never_below_itself(rows: Rows) -> None:
    """Go back through the moves: on no day may a unit stand below itself."""
    found = rows.session.execute(select(OrgUnit.id, OrgUnit.parent_id, OrgUnit.code)).all()
    codes = {row.id: row.code for row in found}
    parents: dict[int, int | None] = {row.id: row.parent_id for row in found}
    checks.no_circle(parents, codes)
    for move in rows.session.scalars(select(UnitMove).order_by(UnitMove.at.desc(), UnitMove.id.desc())):
        parents[move.unit_id] = move.from_parent_id
        checks.no_circle(parents, {move.unit_id: codes[move.unit_id]})


# ---------------------------------------------------------------- bases


def apply_bases(rows: Rows, bases: Sequence[BasisSpec]) -> None:
    """Bring the authoritative bases in line."""
    rows.look_up(OrgUnit, {one.unit for one in bases})
    wanted = []
    for one in bases:
        subject = f"basis:{one.unit}:{one.resource}:{one.year}"
        key = {
            "unit_id": rows.find(OrgUnit, one.unit, subject).id,
            "resource": one.resource,
            "year": one.year,
        }
        wanted.append(Wanted(subject, key, {"basis": one.basis}, {"actor": rows.actor.login}))
    rows.put_all(UnitBasis, wanted)
