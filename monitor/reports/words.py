"""The words of a report that stand for codes: status, indicator, purpose, reason; and names in a language."""

from fractions import Fraction
from typing import Any

from monitor import i18n
from monitor.domain.resources import RESOURCES
from monitor.i18n import N_, translate

STATUS: dict[str, tuple[str, str]] = {  # word, sign: colour is never the only sign
    "on_track": (N_("On track"), "●"),
    "at_risk": (N_("At risk"), "◆"),
    "behind": (N_("Behind"), "▲"),
    "used_up": (N_("Allowance used up"), "■"),
    "not_judged": (N_("Not judged"), "?"),
    "met": (N_("Met"), "✔"),
    "missed": (N_("Missed"), "✖"),
}
COLOURS = {
    "on_track": "#2e7d4f", "met": "#2e7d4f", "at_risk": "#b7791f", "behind": "#b3372f", "missed": "#b3372f",
    "used_up": "#7f1d1d", "not_judged": "#6b7785",
}  # fmt: skip
GOOD, BAD = ("on_track", "met"), ("behind", "used_up", "missed")

INDICATOR = {"total": N_("Total use"), "per_person": N_("Use per person"), "per_m2": N_("Use per m²")}

DENOMINATOR = {
    "head_count": N_("Energy users"),
    "posts": N_("Authorised posts"),
    "water_head_count": N_("Water users"),
    "fte": N_("Full-time equivalents"),
    "floor_area": N_("Floor area"),
    "heated_area": N_("Heated area"),
}
BASIS = {"print_log": N_("Print logs"), "counter": N_("Counters"), "packs": N_("Packs issued")}
AREAS = ("floor_area", "heated_area")

PURPOSE = {
    "office": N_("Offices"),
    "canteen": N_("Canteen"),
    "server_room": N_("Server room"),
    "dormitory": N_("Dormitories"),
    "charging_pile": N_("Charging piles"),
    "let_out": N_("Let-out rooms"),
    "base_station": N_("Base stations"),
    "supply": N_("Supply"),
}


def status(code: str, language: str) -> str:
    """Give the word for a status with its sign."""
    word, sign = STATUS[code]
    return f"{sign} {translate(word, language)}"


def word(table: dict[str, str], code: str, language: str) -> str:
    """Give the word for a code; one that the table does not know is shown as it is."""
    return translate(table[code], language) if code in table else code


def name(row: dict[str, Any], language: str) -> str:
    """Give the name of a unit or meter in a language; the other language's, then the code, where it has none."""
    first, second = ("name_zh", "name_en") if language == "zh" else ("name_en", "name_zh")
    return str(row[first] or row[second] or row["code"])


PARTS = {"deducted": N_("deducted"), "not_allocated": N_("not allocated")}


def changed(row: dict[str, Any], language: str) -> tuple[str, str, str, str]:
    """Say a figure of a closed month that reads otherwise today: unit, what, as closed, today."""
    code = row["resource"]
    if row["part"] == "fact":
        label, of = word(DENOMINATOR, code, language), "m²" if code in AREAS else translate(N_("persons"), language)
        values = [
            i18n.MISSING if row[key] is None else f"{i18n.number(Fraction(row[key], 1000), language, 1)} {of}"
            for key in ("before", "now")
        ]
    else:
        label = str(getattr(RESOURCES[code], language)) if code in RESOURCES else code
        part = PARTS.get(row["part"])
        label += f" · {translate(part, language)}" if part else ""
        values = [i18n.quantity(row[key], code, language) for key in ("before", "now")]
    return name(row["unit"], language), label, values[0], values[1]
