"""Meters with registers, events, shares and aliases: brought in line with a site."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select

from monitor.database.tables import Meter, MeterAlias, MeterEvent, MeterShare, OrgUnit, Place, Register
from monitor.domain.resources import resource, to_quantity
from monitor.errors import ConfigurationError, Conflict
from monitor.i18n import N_
from monitor.services import _site_checks as checks
from monitor.services._site import EventSpec, MeterSpec, RegisterSpec, moment
from monitor.services._site_rows import Rows, Wanted

OTHER_RESOURCE = N_("'{key}' is a sub-meter of '{other}', which measures another resource; correct 'parent'.")
ALIAS_TAKEN = N_("'{alias}' is what meter '{other}' is called; take it from there first, or use another name.")


def apply_meters(rows: Rows, meters: Sequence[MeterSpec], *, strict: bool) -> set[int]:
    """Bring meters in line, shares, events and aliases exactly; gives those whose derived days must be made anew.

    `strict` refuses to take an alias from another meter.
    """
    rows.look_up(Meter, {meter.code for meter in meters} | {meter.parent for meter in meters if meter.parent})
    rows.look_up(Place, {meter.place for meter in meters})
    stale: set[int] = set()
    moved: set[int] = set()
    for level in checks.parents_first((meter, meter.parent) for meter in meters):
        found = rows.put_all(Meter, [_meter(rows, meter, parent) for meter, parent in level])
        rows.name(Meter, [row for row, _ in found])
        stale |= {row.id for row, names in found if "place_id" in names}
        moved |= {row.id for row, names in found if "parent_id" in names}
    _no_circle(rows, moved)
    stale |= _registers(rows, meters)
    _shares(rows, meters)
    own = {meter.code: meter.aliases for meter in meters}
    apply_aliases(rows, None, [(code, alias) for code, listed in own.items() for alias in listed], strict=strict)
    _other_aliases(rows, own)
    return stale


def _meter(rows: Rows, meter: MeterSpec, parent: str | None) -> Wanted:
    key = f"meter:{meter.code}"
    above = rows.find(Meter, parent, key) if parent else None
    if above is not None and above.resource != meter.resource:
        raise ConfigurationError("SITE_OTHER_RESOURCE", OTHER_RESOURCE, key=key, other=above.code)
    values = meter.model_dump(include={"resource", "purpose", "assessed", "basis"})
    values |= {"name_zh": meter.name_zh, "name_en": meter.name_en, "parent_id": above.id if above else None}
    values["place_id"] = rows.find(Place, meter.place, key).id
    return Wanted(key, {"code": meter.code}, values)


def _no_circle(rows: Rows, changed: set[int]) -> None:
    if changed:
        found = rows.session.execute(select(Meter.id, Meter.parent_id, Meter.code)).all()
        parents: dict[int, int | None] = {row.id: row.parent_id for row in found}
        checks.no_circle(parents, {row.id: row.code for row in found if row.id in changed})


# ---------------------------------------------------------------- registers and their events


def _registers(rows: Rows, meters: Sequence[MeterSpec]) -> set[int]:
    specs = [(rows.find(Meter, meter.code, "register"), spec) for meter in meters for spec in meter.registers]
    found = rows.put_all(Register, [_register(meter, spec) for meter, spec in specs])
    stale = {row.meter_id for row, names in found if names - {"tariff"}}
    subjects = {
        row.id: f"register:{meter.code}:{spec.code}" for (row, _), (meter, spec) in zip(found, specs, strict=True)
    }
    wanted = [
        _event(subjects[row.id], row, meter.resource, event)
        for (row, _), (meter, spec) in zip(found, specs, strict=True)
        for event in spec.events
    ]
    events = rows.put_all(MeterEvent, wanted)
    stored = rows.where(MeterEvent, "register_id", subjects)
    gone = rows.prune(((subjects[row.register_id], row) for row in stored), [row for row, _ in events])
    meter_of = {row.id: row.meter_id for row, _ in found}
    touched = [row for row, other in events if other] + gone
    return stale | {meter_of[row.register_id] for row in touched}


def _register(meter: Meter, spec: RegisterSpec) -> Wanted:
    row_of = resource(meter.resource)
    ratio = Fraction(spec.multiplier)
    values = spec.model_dump(include={"kind", "direction", "tariff", "counts", "priority", "digits"})
    values |= {"multiplier_num": ratio.numerator, "multiplier_den": ratio.denominator, "interval_seconds": spec.step}
    values["measure"] = row_of.measure(spec.measure or row_of.display).code
    return Wanted(f"register:{meter.code}:{spec.code}", {"meter_id": meter.id, "code": spec.code}, values)


def _event(subject: str, register: Register, resource_code: str, event: EventSpec) -> Wanted:
    def quantity(value: Decimal | None) -> int | None:
        return None if value is None else to_quantity(Fraction(value), resource_code, register.measure)

    initial, final = quantity(event.initial), quantity(event.final)
    if event.multiplier is not None:
        initial, final = Fraction(event.multiplier).as_integer_ratio()
    at: datetime = moment(event.at)
    key = {"register_id": register.id, "kind": event.kind, "at": at}
    return Wanted(
        f"{subject}:{event.kind}:{at.isoformat()}",
        key,
        {"final_value": final, "initial_value": initial, "note": event.note},
    )


# ---------------------------------------------------------------- shares


def _shares(rows: Rows, meters: Sequence[MeterSpec]) -> None:
    rows.look_up(OrgUnit, {share.unit for meter in meters for share in meter.all_shares()})
    subjects: dict[int, str] = {}
    wanted = []
    for spec in meters:
        meter = rows.find(Meter, spec.code, "share")
        subject = subjects[meter.id] = f"meter:{spec.code}:share"
        shares = spec.all_shares()
        checks.sums(spec.code, [(share.since, share.until, share.ppm) for share in shares])
        checks.one_kind(spec.code, [(share.since, share.until, share.by) for share in shares])
        for share in shares:
            unit = rows.find(OrgUnit, share.unit, subject)
            key = {"meter_id": meter.id, "unit_id": unit.id, "valid_from": share.since}
            values = {"ppm": share.ppm, "basis": share.by, "valid_to": share.until}
            wanted.append(Wanted(f"{subject}:{unit.code}:{share.since}", key, values))
    found = rows.put_all(MeterShare, wanted)
    stored = rows.where(MeterShare, "meter_id", subjects)
    rows.prune(((subjects[row.meter_id], row) for row in stored), [row for row, _ in found])


# ---------------------------------------------------------------- aliases


def apply_aliases(rows: Rows, source_id: int | None, named: Iterable[tuple[str, str]], *, strict: bool = False) -> None:
    """Let a source (None: all) call meters so: (meter's code, alias)."""
    listed = list(named)
    rows.look_up(Meter, {code for code, _ in listed})
    wanted = [
        Wanted(
            f"alias:{alias}",
            {"alias": alias, "source_id": source_id},
            {"meter_id": rows.find(Meter, code, f"alias:{alias}").id},
        )
        for code, alias in listed
    ]
    if strict:
        _not_taken(rows, wanted)
    rows.put_all(MeterAlias, wanted)


def _not_taken(rows: Rows, wanted: Iterable[Wanted]) -> None:
    listed = {(one.key["alias"], one.key["source_id"]): one.values["meter_id"] for one in wanted}
    for row in rows.where(MeterAlias, "alias", {alias for alias, _ in listed}):
        if listed.get((row.alias, row.source_id), row.meter_id) != row.meter_id:
            other = rows.session.get_one(Meter, row.meter_id)
            raise Conflict("ALIAS_TAKEN", ALIAS_TAKEN, alias=row.alias, other=other.code)


def _other_aliases(rows: Rows, own: dict[str, list[str]]) -> None:
    """Forget the aliases for all sources that the meters no longer have."""
    listed = {rows.find(Meter, code, "alias").id: set(aliases) for code, aliases in own.items()}
    for row in rows.where(MeterAlias, "meter_id", listed):
        if row.source_id is None and row.alias not in listed[row.meter_id]:
            rows.remove(f"alias:{row.alias}", row)
    rows.session.flush()
