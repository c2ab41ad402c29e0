"""What the readings of a usage point with a reading type are: meter, register, resource, measure, or why they are not taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from importers._green_button_codes import (
    AMOUNTS,
    AVERAGE,
    COMMODITIES,
    COUNTING,
    CURRENCIES,
    DIRECTIONS,
    INDICATING,
    LARGEST_POWER,
    SERVICES,
    UNITS,
    Unit,
)
from importers._green_button_feed import Entry, Node
from monitor.intake.contract import BILL, INTERVAL, N_

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
USAGE_POINT = "UsagePoint"
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say: the meter of the only usage point, names by title, registers by direction, and what files leave out."""

    meter: str
    by_title: bool
    registers: Mapping[str, str]
    resource: str
    measure: str
    bills: bool


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why readings are not taken, with the remedy; `data` fills the template."""

    code: str
    template: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Series:
    """What the readings of a meter reading are. `value` of `measure` = value of the file × `factor`; `step` 0: not said."""

    point: str
    meter: str = ""
    register: str = ""
    kind: str = INTERVAL
    resource: str = ""
    measure: str = ""
    factor: Fraction = Fraction(1)
    step: int = 0
    currency: str = ""
    wrong: Wrong | None = None


LOST = N_(
    "The links of the file do not say to which usage point {count} readings belong; they are left out. Get the file again, whole, or "
    "one usage point at a time."
)
UNNAMED = N_("The file gives the usage point of {count} readings no name; name its meter in the options of the source.")
SEVERAL = N_(
    "The source names the meter {meter}, but the file has several usage points; {count} readings are left out. Empty that option and "
    "give each meter the name of its usage point as alias."
)
NO_SERVICE = N_(
    "The file does not say whether usage point {point} delivers electricity or water; {count} readings are left out. Name the resource "
    "in the options of the source."
)
NOT_KEPT = N_(
    "Usage point {point} delivers {service}; of Green Button files only electricity and water are kept, {count} readings are left out. "
    "Export the others without it."
)
NO_UNIT = N_(
    "The file names no unit for {count} readings of usage point {point}; name the measure in the options of the source."
)
NO_AMOUNT_OF_IT = N_(
    "{count} readings of usage point {point} are in {unit}, which is no amount of {service} that is kept; they are left out. Export "
    "energy (Wh, J, or mean W) or volume (m³, L, ft³, gal)."
)
NO_AMOUNT = N_(
    "{count} readings of usage point {point} are no amounts of what was used ({field} = {value}); they are left out. Export interval "
    "data or register readings."
)
SCALE = N_(
    "{count} readings of usage point {point} have a powerOfTenMultiplier that cannot be ({value}); they are left out."
)


def lost() -> Series:
    """Give the series of blocks that no link joins to a usage point."""
    return Series("", wrong=Wrong("LINK_MISSING", LOST, {}))


def meaning(point: Node | None, kind: Node | None, wanted: Wanted, *, alone: bool) -> Series:
    """Say what readings are. `alone`: the document has no other usage point."""
    said = kind.fields if kind is not None else {}
    name = _name(point.entry, wanted) if point is not None else ""
    shown = name or (point.entry.title if point is not None else "") or "?"
    meter = wanted.meter or name
    service = _service(point, said)
    resource = SERVICES[service][0] if service in SERVICES else "" if service else wanted.resource
    unit = UNITS.get(said.get("uom", ""))
    wrong = (
        _unnamed(wanted, meter, alone=alone)
        or _not_kept(shown, service, resource)
        or _no_amount(shown, said, unit)
        or _no_measure(shown, said, unit, (resource, wanted))
    )
    if wrong is not None:
        return Series(shown, wrong=wrong)
    measure, factor = unit.of[resource] if unit is not None else (wanted.measure, Fraction(1))
    counting = COUNTING.get(said.get("accumulationBehaviour", ""), INTERVAL)
    step = said.get("intervalLength", "")
    return Series(
        point=shown,
        meter=meter,
        register=wanted.registers.get(DIRECTIONS[said.get("flowDirection", "")], ""),
        kind=BILL if wanted.bills and counting == INTERVAL else counting,
        resource=resource,
        measure=measure,
        factor=factor * Fraction(10) ** int(said.get("powerOfTenMultiplier") or 0),
        step=int(step) if _WHOLE.fullmatch(step) else 0,
        currency=CURRENCIES.get(said.get("currency", ""), ""),
    )


def _name(entry: Entry, wanted: Wanted) -> str:
    """Give what a usage point is called: its title, or the end of its path from its owner on, the same in each export."""
    if wanted.by_title:
        return entry.title
    for path in entry.own:
        parts = path.split("/")
        if USAGE_POINT in parts:
            at = parts.index(USAGE_POINT)
            return "/".join(parts[max(at - 2, 0) : at + 2])[:LONGEST_NAME]
    return entry.own[0][-LONGEST_NAME:] if entry.own else entry.title


def _service(point: Node | None, said: Mapping[str, str]) -> str:
    own = point.fields.get("kind", "") if point is not None else ""
    return own or COMMODITIES.get(said.get("commodity", ""), "")


def _unnamed(wanted: Wanted, meter: str, *, alone: bool) -> Wrong | None:
    if wanted.meter and not alone:
        return Wrong("METER_SEVERAL", SEVERAL, {"meter": wanted.meter})
    return None if meter else Wrong("METER_UNNAMED", UNNAMED, {})


def _not_kept(point: str, service: str, resource: str) -> Wrong | None:
    if resource:
        return None
    if not service:
        return Wrong("SERVICE_MISSING", NO_SERVICE, {"point": point})
    known = SERVICES[service][1] if service in SERVICES else service
    return Wrong("SERVICE_NOT_KEPT", NOT_KEPT, {"point": point, "service": known})


def _no_amount(point: str, said: Mapping[str, str], unit: Unit | None) -> Wrong | None:
    """Refuse extremes, states and sums over directions; of a power only the mean makes an amount."""
    qualifier, behaviour = said.get("dataQualifier", ""), said.get("accumulationBehaviour", "")
    direction = said.get("flowDirection", "")
    power = unit is not None and unit.power
    field = ""
    if (qualifier != AVERAGE) if power else (qualifier not in AMOUNTS):
        field = "dataQualifier"
    elif (behaviour not in COUNTING and not (power and behaviour in INDICATING)) or (
        power and COUNTING.get(behaviour, INTERVAL) != INTERVAL
    ):
        field = "accumulationBehaviour"
    elif direction not in DIRECTIONS:
        field = "flowDirection"
    data = {"point": point, "field": field, "value": said.get(field, "") or "–"}
    return Wrong("NOT_AN_AMOUNT", NO_AMOUNT, data) if field else None


def _no_measure(point: str, said: Mapping[str, str], unit: Unit | None, known: tuple[str, Wanted]) -> Wrong | None:
    resource, wanted = known
    uom, power = said.get("uom", ""), said.get("powerOfTenMultiplier") or "0"
    if not _WHOLE.fullmatch(power) or abs(int(power)) > LARGEST_POWER:
        return Wrong("MULTIPLIER_UNKNOWN", SCALE, {"point": point, "value": power})
    if uom in {"", "0"}:
        return None if wanted.measure else Wrong("UNIT_MISSING", NO_UNIT, {"point": point})
    if unit is None or resource not in unit.of:
        name = unit.name if unit is not None else f"uom {uom}"
        service = next(word for code, word in SERVICES.values() if code == resource)
        return Wrong("UNIT_WRONG", NO_AMOUNT_OF_IT, {"point": point, "unit": name, "service": service})
    return None
