"""Bring the rows of an installation in line with a site file, each by its natural key, and write down what changed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.audit import record
from monitor.database.tables import (
    Base,
    Baseline,
    Meter,
    MeterAlias,
    MeterEvent,
    MeterShare,
    OrgUnit,
    Place,
    PlaceHours,
    Register,
    Source,
    UnitBasis,
    UnitFact,
)
from monitor.domain.access import Actor
from monitor.domain.amounts import PPM
from monitor.domain.resources import resource, to_quantity
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.queries._registers import last_readings
from monitor.services._site import (
    BaselineSpec,
    BasisSpec,
    HoursSpec,
    MeterSpec,
    Named,
    RegisterSpec,
    SiteSpec,
    SourceSpec,
    TargetSpec,
    UnitSpec,
    moment,
)
from monitor.services.targets import in_force, set_target

NO_SUCH = N_("'{key}' refers to '{wanted}', which the site does not have; add it or correct the code.")
CIRCLE = N_("'{key}' is its own ancestor; correct 'parent'.")
TOO_MUCH = N_("The shares of '{key}' add up to {percent} % on {day}; make it 100 % at most.")
TWO_TOPS = N_("'{key}' and '{other}' both have no parent; an organisation has one top unit.")
OTHER_RESOURCE = N_("'{key}' is a sub-meter of '{other}', which measures another resource; correct 'parent'.")


Row = TypeVar("Row", bound=Base)
Spec = TypeVar("Spec", bound=Named)


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed: subjects such as `meter:E-0412`; a second run of the same has none."""

    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    same: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything changed."""
        return bool(self.created or self.changed or self.removed)


class Applier:
    """Holds the session and what changed so far; `stale` are the meters whose derived days must be made anew."""

    def __init__(self, session: Session, actor: Actor, now: datetime | None) -> None:
        self.session = session
        self.actor = actor
        self.now = now or datetime.now(UTC)
        self.created: list[str] = []
        self.changed: list[str] = []
        self.removed: list[str] = []
        self.same = 0
        self.stale: set[int] = set()

    def apply(self, spec: SiteSpec) -> None:
        """Apply all parts, those that others refer to first."""
        self._units(spec.all_units())
        for basis in spec.bases:
            self._basis(basis)
        self._places(spec)
        self._meters(spec.meters)
        for source in spec.sources:
            self.source(source)
        for baseline in spec.baselines:
            self._baseline(baseline)
        for target in spec.targets:
            self._target(target)

    def rebuild(self) -> None:
        """Make the derived days of the changed meters anew."""
        known = sorted(last_readings(self.session, self.stale))
        if known:
            from monitor.database.readings import rebuild_meters  # noqa: PLC0415 - numpy-heavy; most set-ups have no readings yet

            self.session.flush()
            rebuild_meters(self.session, known)

    # -------------------------------------------------------------- rows

    def put(self, model: type[Row], subject: str, key: dict[str, Any], values: dict[str, Any]) -> tuple[Row, bool]:
        """Give the row of this key with these values, made or changed where needed, and whether anything was."""
        row = self.session.scalars(select(model).filter_by(**key)).one_or_none()
        if row is None:
            row = model(**key, **values)
            self.session.add(row)
            self.session.flush()
            self.created.append(subject)
            record(self.session, self.actor, "setup.create", subject, after=plain(key | values), at=self.now)
            return row, True
        before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
        if not before:
            self.same += 1
            return row, False
        for name in before:
            setattr(row, name, values[name])
        self.session.flush()
        self.changed.append(subject)
        after = {name: values[name] for name in before}
        record(self.session, self.actor, "setup.change", subject, before=plain(before), after=plain(after), at=self.now)
        return row, True

    def prune(self, model: type[Base], subject: str, rows: Iterable[Any], keep: set[int]) -> bool:
        """Delete those of the rows whose id is not kept; tells whether any was."""
        gone = [row for row in rows if row.id not in keep]
        for row in gone:
            columns = {column.key: getattr(row, column.key) for column in model.__table__.columns}
            record(self.session, self.actor, "setup.remove", subject, before=plain(columns), at=self.now)
            self.removed.append(subject)
            self.session.delete(row)
        self.session.flush()
        return bool(gone)

    def find(self, model: type[Any], code: str, key: str) -> Any:  # noqa: ANN401 - a row of `model`
        """Give the row of a code that something refers to."""
        row = self.session.scalars(select(model).where(model.code == code)).one_or_none()
        if row is None:
            raise ConfigurationError("SITE_REFERENCE", NO_SUCH, key=key, wanted=code)
        return row

    # -------------------------------------------------------------- parts

    def _units(self, units: list[tuple[UnitSpec, str | None, int]]) -> None:
        for unit, parent, position in _parents_first(units):
            key = f"unit:{unit.code}"
            above = self.find(OrgUnit, parent, key).id if parent else None
            if above is None:
                self._only_top(unit.code)
            values = {
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
                "kind": unit.kind,
                "parent_id": above,
                "position": position,
            }
            row, _ = self.put(OrgUnit, key, {"code": unit.code}, values)
            for fact in unit.facts:
                subject = f"fact:{unit.code}:{fact.kind}:{fact.since}"
                found = {"unit_id": row.id, "kind": fact.kind, "valid_from": fact.since}
                self.put(
                    UnitFact,
                    subject,
                    found,
                    {"value": thousandths(fact.value), "valid_to": fact.until, "note": fact.note},
                )

    def _basis(self, spec: BasisSpec) -> None:
        key = f"basis:{spec.unit}:{spec.resource}:{spec.year}"
        found = {"unit_id": self.find(OrgUnit, spec.unit, key).id, "resource": spec.resource, "year": spec.year}
        self.put(UnitBasis, key, found, {"basis": spec.basis})

    def _only_top(self, code: str) -> None:
        other = self.session.scalar(select(OrgUnit.code).where(OrgUnit.parent_id.is_(None), OrgUnit.code != code))
        if other is not None:
            raise ConfigurationError("SITE_TWO_TOPS", TWO_TOPS, key=code, other=other)

    def _places(self, spec: SiteSpec) -> None:
        for place, parent, _ in _parents_first([(place, place.parent, 0) for place in spec.places]):
            key = f"place:{place.code}"
            values = place.model_dump(include={"kind", "zone", "country", "office_from", "office_to"})
            values |= {
                "name_zh": place.name_zh,
                "name_en": place.name_en,
                "area": None if place.area is None else thousandths(place.area),
            }
            values["parent_id"] = self.find(Place, parent, key).id if parent else None
            row, changed = self.put(Place, key, {"code": place.code}, values)
            changed |= self._hours(row, place.hours)
            if changed:
                self.stale |= set(self.session.scalars(select(Meter.id).where(Meter.place_id == row.id)))

    def _hours(self, place: Place, hours: list[HoursSpec]) -> bool:
        subject, changed, kept = f"hours:{place.code}", False, set()
        for spec in hours:
            values = {"office_from": spec.office_from, "office_to": spec.office_to}
            key = {"place_id": place.id, "valid_from": spec.since}
            row, other = self.put(PlaceHours, f"{subject}:{spec.since}", key, values)
            kept.add(row.id)
            changed |= other
        rows = self.session.scalars(select(PlaceHours).where(PlaceHours.place_id == place.id))
        return self.prune(PlaceHours, subject, rows, kept) or changed

    def _meters(self, meters: list[MeterSpec]) -> None:
        for meter, parent, _ in _parents_first([(meter, meter.parent, 0) for meter in meters]):
            key = f"meter:{meter.code}"
            above = self.find(Meter, parent, key) if parent else None
            if above is not None and above.resource != meter.resource:
                raise ConfigurationError("SITE_OTHER_RESOURCE", OTHER_RESOURCE, key=key, other=above.code)
            values = meter.model_dump(include={"resource", "purpose", "assessed", "basis"})
            values |= {"name_zh": meter.name_zh, "name_en": meter.name_en, "parent_id": above.id if above else None}
            values["place_id"] = self.find(Place, meter.place, key).id
            row, changed = self.put(Meter, key, {"code": meter.code}, values)
            for register in meter.registers:
                changed |= self._register(row, register)
            self._shares(row, meter)
            self._aliases(row, None, meter.aliases)
            if changed:
                self.stale.add(row.id)

    def _register(self, meter: Meter, spec: RegisterSpec) -> bool:
        subject = f"register:{meter.code}:{spec.code}"
        row_of = resource(meter.resource)
        values = spec.model_dump(include={"kind", "direction", "tariff", "counts", "priority", "digits"})
        ratio = Fraction(spec.multiplier)
        values |= {
            "multiplier_num": ratio.numerator,
            "multiplier_den": ratio.denominator,
            "interval_seconds": spec.step,
        }
        values["measure"] = row_of.measure(spec.measure or row_of.display).code
        row, changed = self.put(Register, subject, {"meter_id": meter.id, "code": spec.code}, values)
        kept = set()
        for event in spec.events:
            final = (
                None if event.final is None else to_quantity(Fraction(event.final), meter.resource, values["measure"])
            )
            initial = (
                None
                if event.initial is None
                else to_quantity(Fraction(event.initial), meter.resource, values["measure"])
            )
            if event.multiplier is not None:
                initial, final = Fraction(event.multiplier).as_integer_ratio()
            found = {"register_id": row.id, "kind": event.kind, "at": moment(event.at)}
            facts = {"final_value": final, "initial_value": initial, "note": event.note}
            stored, other = self.put(MeterEvent, f"{subject}:{event.kind}:{event.at.isoformat()}", found, facts)
            kept.add(stored.id)
            changed |= other
        events = self.session.scalars(select(MeterEvent).where(MeterEvent.register_id == row.id))
        return self.prune(MeterEvent, subject, events, kept) or changed

    def _shares(self, meter: Meter, spec: MeterSpec) -> None:
        subject = f"meter:{meter.code}:share"
        shares = spec.all_shares()
        _check_sums(meter.code, [(share.since, share.until, share.ppm) for share in shares])
        kept = set()
        for share in shares:
            unit = self.find(OrgUnit, share.unit, subject)
            found = {"meter_id": meter.id, "unit_id": unit.id, "valid_from": share.since}
            values = {"ppm": share.ppm, "basis": share.by, "valid_to": share.until}
            row, _ = self.put(MeterShare, f"{subject}:{unit.code}:{share.since}", found, values)
            kept.add(row.id)
        self.prune(
            MeterShare, subject, self.session.scalars(select(MeterShare).where(MeterShare.meter_id == meter.id)), kept
        )

    def _aliases(self, meter: Meter, source_id: int | None, aliases: list[str]) -> None:
        for alias in aliases:
            self.put(MeterAlias, f"alias:{alias}", {"alias": alias, "source_id": source_id}, {"meter_id": meter.id})

    def source(self, spec: SourceSpec) -> None:
        key = f"source:{spec.code}"
        values = spec.model_dump(include={"kind", "options", "schedule", "zone", "late_after", "catch_up", "enabled"})
        values |= {"name_zh": spec.name_zh, "name_en": spec.name_en}
        exists = self.session.scalar(select(Source.id).where(Source.code == spec.code))
        row, _ = self.put(
            Source, key, {"code": spec.code}, values | ({} if exists else {"created_at": self.now, "cursor": {}})
        )
        for alias, meter in spec.aliases.items():
            self._aliases(self.find(Meter, meter, key), row.id, [alias])

    def _baseline(self, spec: BaselineSpec) -> None:
        key = f"baseline:{spec.unit}:{spec.resource}:{spec.year}"
        unit = self.find(OrgUnit, spec.unit, key)
        declared = spec.quantity
        quantity = (
            None
            if declared is None
            else to_quantity(Fraction(declared), spec.resource, resource(spec.resource).display)
        )
        found = {"unit_id": unit.id, "resource": spec.resource, "year": spec.year, "version": 1}
        values = {"quantity": quantity, "provisional": spec.provisional, "note": spec.note}
        exists = self.session.scalar(select(Baseline.id).filter_by(**found))
        self.put(Baseline, key, found, values | ({} if exists else {"created_at": self.now, "actor": self.actor.login}))

    def _target(self, spec: TargetSpec) -> None:
        terms = spec.model_dump(include={"indicator", "year", "baseline_year", "reduction", "min_coverage"})
        for code in spec.units:
            subject = f"target:{code}:{spec.resource}:{spec.indicator}:{spec.year}"
            unit = self.find(OrgUnit, code, subject)
            before = in_force(self.session, unit.id, spec.resource, spec.indicator, spec.year)
            target_id = set_target(self.session, self.actor, unit.id, spec.resource, **terms, now=self.now)
            if before is None:
                self.created.append(subject)
            elif before.id == target_id:
                self.same += 1
            else:
                self.changed.append(subject)


def thousandths(value: Decimal) -> int:
    """Give a declared number (persons, m²) in thousandths."""
    return round(Fraction(value) * 1000)


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Make values fit for JSON."""
    return {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in values.items()}


def _parents_first(specs: list[tuple[Spec, str | None, int]]) -> list[tuple[Spec, str | None, int]]:
    """Order by depth; what refers outside the list counts as a top. A circle is refused."""
    parents = {spec.code: parent for spec, parent, _ in specs}

    def depth(code: str) -> int:
        seen = 0
        at: str | None = code
        while at is not None and at in parents:
            seen, at = seen + 1, parents[at]
            if seen > len(parents):
                raise ConfigurationError("SITE_CIRCLE", CIRCLE, key=code)
        return seen

    return sorted(specs, key=lambda item: depth(item[0].code))


def _check_sums(code: str, shares: list[tuple[date, date | None, int]]) -> None:
    """Refuse shares that give out more than there is on some day."""
    steps: dict[date, int] = defaultdict(int)
    for since, until, ppm in shares:
        steps[since] += ppm
        if until is not None:
            steps[until] -= ppm
    given = 0
    for day in sorted(steps):
        given += steps[day]
        if given > PPM:
            raise ConfigurationError(
                "SITE_TOO_MUCH", TOO_MUCH, key=code, percent=str(Decimal(given) / 10_000), day=day.isoformat()
            )
