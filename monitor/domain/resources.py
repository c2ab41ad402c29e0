"""The catalogue of resources and measures; conversions are exact rationals, quantities are 64-bit integers.

A quantity is a number of thousandths of the resource's base measure: mWh for electricity, mL for water,
thousandths of an A4 sheet for paper. Adding a resource is adding a row here, never a table, column or page. A gauge is a state
such as the temperature outside: read like a resource, but never summed, and in no list of what units use and save.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from monitor.errors import ConfigurationError

THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit of measure: `factor` base measures make one of it."""

    code: str
    zh: str
    en: str
    factor: Fraction
    aliases: tuple[str, ...] = ()
    power: bool = False  # a mean power (kW): an energy only together with a duration
    zero: Fraction = Fraction(0)  # where its scale begins, in base measures: 0 °F is −17.78 °C


@dataclass(frozen=True, slots=True)
class Resource:
    """A row of the catalogue: `base` is the measure of storage, `display` that of pages and reports."""

    code: str
    zh: str
    en: str
    base: str
    display: str
    measures: tuple[Measure, ...]
    digits: int  # decimals shown on pages
    weather: bool = True  # whether the weather may be behind a change of its use
    limits: tuple[int, int] | None = None  # of a gauge: what cannot be below or above, in base measures

    def measure(self, name: str) -> Measure:
        """Find a measure by code or alias, whatever its case and width; unknown names are an error, never a guess."""
        for measure in self.measures:
            if name == measure.code:
                return measure
        wanted = name.strip().casefold().replace("³", "3")
        for measure in self.measures:
            if wanted in {alias.casefold().replace("³", "3") for alias in (measure.code, measure.zh, *measure.aliases)}:
                return measure
        raise ConfigurationError(
            "MEASURE_UNKNOWN",
            "'{measure}' is not a measure of {resource}; known: {known}",
            measure=name,
            resource=self.code,
            known=", ".join(m.code for m in self.measures),
        )


def _energy() -> tuple[Measure, ...]:
    return (
        Measure("Wh", "瓦时", "Wh", Fraction(1)),
        Measure("kWh", "千瓦时", "kWh", Fraction(1000), ("度", "kw·h", "kw.h", "千瓦小时")),
        Measure("MWh", "兆瓦时", "MWh", Fraction(1_000_000)),
        Measure("万kWh", "万千瓦时", "10⁴ kWh", Fraction(10_000_000), ("万度",)),
        Measure("MJ", "兆焦", "MJ", Fraction(10_000, 36)),
        Measure("GJ", "吉焦", "GJ", Fraction(10_000_000, 36)),
        Measure("W", "瓦", "W", Fraction(1), power=True),
        Measure("kW", "千瓦", "kW", Fraction(1000), ("千瓦",), power=True),
    )


RESOURCES: dict[str, Resource] = {
    resource.code: resource
    for resource in (
        Resource("electricity", "电", "Electricity", "Wh", "kWh", _energy(), 0),
        Resource(
            "water",
            "水",
            "Water",
            "L",
            "m³",
            (
                Measure("L", "升", "L", Fraction(1), ("liter", "litre")),
                Measure("m³", "立方米", "m³", Fraction(1000), ("m3", "吨", "t", "立方", "cbm", "kL")),
                Measure("万m³", "万立方米", "10⁴ m³", Fraction(10_000_000), ("万吨",)),
            ),
            0,
        ),
        Resource(
            "paper",
            "纸",
            "Paper",
            "sheet",
            "sheet",
            (
                Measure("sheet", "张", "sheets", Fraction(1), ("sheets", "a4", "张(折A4)")),
                Measure("ream", "包", "reams", Fraction(500), ("reams", "pack")),
            ),
            0,
            weather=False,
        ),
    )
}

# What is a state rather than a use: never summed, never saved, of no unit. Meters of these stand at a place.
GAUGES: dict[str, Resource] = {
    "outdoor_temperature": Resource(
        "outdoor_temperature",
        "室外温度",
        "Outdoor temperature",
        "°C",
        "°C",
        (
            Measure("°C", "摄氏度", "°C", Fraction(1), ("℃", "C", "degC", "deg C", "celsius")),
            Measure("°F", "华氏度", "°F", Fraction(5, 9), ("℉", "F", "degF", "deg F"), zero=Fraction(-160, 9)),
            Measure("K", "开尔文", "K", Fraction(1), ("kelvin",), zero=Fraction(-27_315, 100)),
        ),
        1,
        limits=(-90, 60),
    )
}
MEASURED: dict[str, Resource] = RESOURCES | GAUGES


def resource(code: str) -> Resource:
    """Give the resource of this code; an unknown one is a ConfigurationError that lists what is known."""
    try:
        return MEASURED[code]
    except KeyError:
        raise ConfigurationError(
            "RESOURCE_UNKNOWN",
            "'{resource}' is not a resource; known: {known}",
            resource=code,
            known=", ".join(MEASURED),
        ) from None


def to_quantity(value: Fraction | int, resource_code: str, measure: str) -> int:
    """Convert one exact value into thousandths of the base measure, rounding half to even."""
    row = resource(resource_code).measure(measure)
    return round((Fraction(value) * row.factor + row.zero) * THOUSANDTHS)


def to_quantities(values: npt.NDArray[np.float64], resource_code: str, measure: str) -> npt.NDArray[np.int64]:
    """Convert finite values into thousandths of the base measure, shape kept; exact up to 2^53 thousandths.

    Written decimals come back to the digit: 22.1 kWh is 22,100,000 mWh.
    """
    row = resource(resource_code).measure(measure)
    factor = row.factor * THOUSANDTHS
    scaled = (
        values * float(factor)
        if factor.denominator == 1
        else values * float(factor.numerator) / float(factor.denominator)
    )
    return np.rint(scaled + float(row.zero * THOUSANDTHS) if row.zero else scaled).astype(np.int64)


def from_quantity(quantity: int, resource_code: str, measure: str | None = None) -> Fraction:
    """Give a quantity in `measure` (the display measure unless named), exactly."""
    row = resource(resource_code)
    shown = row.measure(measure or row.display)
    return (Fraction(quantity, THOUSANDTHS) - shown.zero) / shown.factor
