"""What the numbers of an ESPI file mean: services, units, qualities, ways of counting, directions, currencies."""

from dataclasses import dataclass
from fractions import Fraction

from monitor.intake.contract import CUMULATIVE, ESTIMATED, INTERVAL, MEASURED, N_, SUSPECT

ELECTRICITY, WATER = "electricity", "water"

# ServiceCategory/kind: what is delivered. Those of the catalogue of resources have its code, the others only a name.
SERVICES: dict[str, tuple[str, str]] = {
    "0": (ELECTRICITY, N_("electricity (service kind 0)")),
    "1": ("", N_("gas (service kind 1)")),
    "2": (WATER, N_("water (service kind 2)")),
    "3": ("", N_("time (service kind 3)")),
    "4": ("", N_("heat (service kind 4)")),
    "5": ("", N_("refuse (service kind 5)")),
    "6": ("", N_("sewerage (service kind 6)")),
    "7": ("", N_("rates (service kind 7)")),
    "8": ("", N_("television licences (service kind 8)")),
    "9": ("", N_("internet (service kind 9)")),
}
# ReadingType/commodity says it where the usage point does not.
COMMODITIES: dict[str, str] = {"1": "0", "2": "0", "7": "1", "9": "2", "11": "6", "12": "4"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of ReadingType/uom: its name, and for each resource that may have it a measure and how many of it one is."""

    name: str
    of: dict[str, tuple[str, Fraction]]
    power: bool = False


def _volume(name: str, litres: Fraction) -> Unit:
    return Unit(name, {WATER: ("L", litres)})


UNITS: dict[str, Unit] = {
    "72": Unit("Wh", {ELECTRICITY: ("Wh", Fraction(1))}),
    "31": Unit("J", {ELECTRICITY: ("MJ", Fraction(1, 1_000_000))}),
    "38": Unit("W", {ELECTRICITY: ("W", Fraction(1))}, power=True),
    "42": Unit("m³", {WATER: ("m³", Fraction(1))}),
    "134": _volume("L", Fraction(1)),
    "119": _volume("ft³", Fraction("28.316846592")),
    "128": _volume("US gal", Fraction("3.785411784")),
    "130": _volume("imp gal", Fraction("4.54609")),
    "5": Unit("A", {}),
    "29": Unit("V", {}),
    "33": Unit("Hz", {}),
    "61": Unit("VA", {}),
    "63": Unit("var", {}),
    "65": Unit("cos φ", {}),
    "71": Unit("VAh", {}),
    "73": Unit("varh", {}),
    "106": Unit("Ah", {}),
    "132": Unit("Btu", {}),
    "169": Unit("therm", {}),
}
LARGEST_POWER = 18  # of powerOfTenMultiplier; what is beyond is no measurement

FORECAST, ADJUSTED = -1, -2
# ReadingQuality/quality. The worst of several holds.
QUALITIES: dict[str, int] = {
    "0": MEASURED,
    "7": ESTIMATED,  # put in by hand
    "8": ESTIMATED,
    "9": ESTIMATED,
    "10": SUSPECT,
    "11": MEASURED,  # calculated from what was measured
    "12": FORECAST,
    "13": ESTIMATED,  # mixed
    "14": MEASURED,  # raw
    "15": ADJUSTED,
    "16": SUSPECT,
    "17": MEASURED,
    "18": MEASURED,
    "19": MEASURED,
}

# ReadingType/accumulationBehaviour: an amount of each interval, or a register that counts on. What is not here is a state.
COUNTING: dict[str, str] = {
    "": INTERVAL,
    "0": INTERVAL,
    "4": INTERVAL,
    "1": CUMULATIVE,
    "3": CUMULATIVE,
    "9": CUMULATIVE,
}
INDICATING = {"6", "12"}  # of a power: the way of reading it, while dataQualifier says what was read
AVERAGE = "2"
AMOUNTS = {"", "0", "12", "26"}  # ReadingType/dataQualifier: none, normal, sum; the others are extremes and thresholds

NOT_SAID, FORWARD, REVERSE, NET = "", "forward", "reverse", "net"
DIRECTIONS: dict[str, str] = {"": NOT_SAID, "0": NOT_SAID, "1": FORWARD, "19": REVERSE, "4": NET}

CURRENCIES: dict[str, str] = {
    "36": "AUD", "124": "CAD", "156": "CNY", "208": "DKK", "344": "HKD", "356": "INR", "392": "JPY", "410": "KRW", "554": "NZD",
    "578": "NOK", "702": "SGD", "752": "SEK", "756": "CHF", "826": "GBP", "840": "USD", "901": "TWD", "978": "EUR",
}  # fmt: skip
COST = 100_000  # of ReadingType's currency are one: costs are whole numbers
