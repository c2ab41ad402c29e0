"""From what a file says to what we know: alias → meter → register, and the measure's factor; per distinct name, not per row."""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from monitor.database.tables import Meter, MeterAlias, Register
from monitor.domain.resources import GAUGES, MEASURED, RESOURCES, Measure, Resource
from monitor.errors import ConfigurationError
from monitor.i18n import N_
from monitor.intake.contract import EVENT, GAUGE


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reading goes: the register, how it is shown, and what its measure is."""

    register_id: int
    meter: str
    register: str
    kind: str
    resource: str
    measure: str
    power: bool
    multiplier: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why a reading goes nowhere, with the remedy in the sentence."""

    code: str
    template: str
    data: dict[str, Any] = field(default_factory=dict)


class Resolve(Protocol):
    """Finds the target of a meter, register and measure as a file names them."""

    def find(self, meter: str, register: str, measure: str, *, kind: str, resource: str) -> Target | Unresolved:
        """Give the target, or why there is none."""


def measured(resource: str, measure: str, kind: str = "") -> tuple[Resource, Measure] | Unresolved:
    """Find a measure, in a named resource or else in the only one that has it; never a guess."""
    codes = [resource] if resource else list(GAUGES if kind == GAUGE else RESOURCES)
    found: list[tuple[Resource, Measure]] = []
    for code in codes:
        try:
            found.append((MEASURED[code], MEASURED[code].measure(measure)))
        except (ConfigurationError, KeyError):
            continue
    if len(found) == 1:
        return found[0]
    known = ", ".join(m.code for code in codes if code in MEASURED for m in MEASURED[code].measures)
    template = N_("'{measure}' is not a known unit of measure; known: {known}. Name the unit in the profile.")
    if not measure:
        template = N_("The profile does not say in which unit of measure the values are; known: {known}.")
    return Unresolved("MEASURE_UNKNOWN", template, {"measure": measure, "known": known})


class FileNames:
    """Resolves without a database, for previews: every name in the file is a meter of its own."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], int] = {}

    def find(self, meter: str, register: str, measure: str, *, kind: str, resource: str) -> Target | Unresolved:
        """Give a target for any name; only the measure must be known."""
        found = measured(resource, measure, kind)
        if isinstance(found, Unresolved):
            return found
        number = self._ids.setdefault((meter, register), len(self._ids) + 1)
        return Target(number, meter, register, kind, found[0].code, found[1].code, found[1].power)


class Known:
    """Resolves against meters, aliases and registers of the database, read once for a document."""

    def __init__(self, session: Session, source_id: int) -> None:
        meters = session.execute(select(Meter.id, Meter.code, Meter.resource)).all()
        self._meters = {row.id: (row.code, row.resource) for row in meters}
        self._names = {row.code: row.id for row in meters}
        wanted = select(MeterAlias.alias, MeterAlias.meter_id).where(
            or_(MeterAlias.source_id.is_(None), MeterAlias.source_id == source_id)
        )
        for alias, meter_id in session.execute(wanted.order_by(MeterAlias.source_id.is_not(None))).all():
            self._names[alias] = meter_id  # the source's own aliases come last and win
        owned = select(MeterAlias.meter_id).where(MeterAlias.source_id == source_id)
        self._own = sorted(set(session.scalars(owned)))
        self._found: dict[tuple[str, ...], Target | Unresolved] = {}
        self._registers: dict[int, list[Any]] = defaultdict(list)
        for register in session.execute(
            select(
                Register.id,
                Register.meter_id,
                Register.code,
                Register.kind,
                Register.measure,
                Register.multiplier_num,
                Register.multiplier_den,
            ).order_by(Register.id)
        ):
            self._registers[register.meter_id].append(register)

    def find(self, meter: str, register: str, measure: str, *, kind: str, resource: str) -> Target | Unresolved:
        """Give the register of the meter that takes readings of this kind."""
        key = (meter, register, measure, kind, resource)
        if key not in self._found:
            self._found[key] = self._find(meter, register, measure, kind=kind, resource=resource)
        return self._found[key]

    def _find(self, meter: str, register: str, measure: str, *, kind: str, resource: str) -> Target | Unresolved:
        meter_id = self._names.get(meter)
        if meter_id is None:
            template = N_("No meter is called '{meter}'. Make the meter, or give an existing one this name as alias.")
            return Unresolved("METER_UNKNOWN", template, {"meter": meter})
        code, own = self._meters[meter_id]
        if resource and resource != own:
            template = N_("Meter '{meter}' measures {own}, the profile says {resource}.")
            return Unresolved("RESOURCE_DIFFERS", template, {"meter": code, "own": own, "resource": resource})
        row = self._register(meter_id, code, register, kind)
        if isinstance(row, Unresolved):
            return row
        found = measured(own, measure or row.measure)
        if isinstance(found, Unresolved):
            return found
        multiplier = Fraction(row.multiplier_num, row.multiplier_den)
        return Target(row.id, code, row.code, kind, own, found[1].code, found[1].power, multiplier)

    def event_registers(self) -> list[int]:
        """Give the event registers of the meters to which this source itself gives a name: it speaks for them all."""
        return [row.id for meter in self._own for row in self._registers[meter] if row.kind == EVENT]

    def _register(self, meter_id: int, meter: str, register: str, kind: str) -> Any | Unresolved:  # noqa: ANN401 - a row
        fitting = [r for r in self._registers[meter_id] if r.kind == kind and (not register or r.code == register)]
        if len(fitting) == 1:
            return fitting[0]
        data = {"meter": meter, "kind": kind, "register": register}
        if fitting:
            template = N_("Meter '{meter}' has several registers for {kind} readings; name one in the profile.")
            return Unresolved("REGISTER_AMBIGUOUS", template, data)
        template = N_("Meter '{meter}' has no register for {kind} readings; add one to the meter.")
        if register:
            template = N_("Meter '{meter}' has no register '{register}' for {kind} readings; add one to the meter.")
        return Unresolved("REGISTER_UNKNOWN", template, data)
