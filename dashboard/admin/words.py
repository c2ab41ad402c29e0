"""Words for codes, and the choices that several forms offer."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from dashboard.context import Context
from monitor.domain.access import Action
from monitor.domain.resources import MEASURED, RESOURCES
from monitor.i18n import N_
from monitor.queries import managed, scope

ROLES = {
    "viewer": N_("Viewer"),
    "editor": N_("Editor"),
    "manager": N_("Manager"),
    "admin": N_("Administrator"),
}
ROLE_HINTS = {
    "viewer": N_("sees figures and reports"),
    "editor": N_("also enters and corrects readings, handles alerts"),
    "manager": N_("also imports, sets targets, sends reports"),
    "admin": N_("also manages the organisation and people"),
}
UNIT_KINDS = {
    "organisation": N_("Organisation"),
    "bureau": N_("Bureau"),
    "department": N_("Department"),
    "division": N_("Division"),
    "institution": N_("Institution"),
}
FACTS = {
    "head_count": N_("People who use energy"),
    "posts": N_("Established posts"),
    "water_head_count": N_("People who use water"),
    "fte": N_("Full-time equivalents"),
    "floor_area": N_("Floor area (m²)"),
    "heated_area": N_("Heated area (m²)"),
}
BASES = {
    "print_log": N_("Print logs"),
    "counter": N_("Device counters"),
    "packs": N_("Packs issued"),
}
PLACE_KINDS = {"site": N_("Site"), "building": N_("Building"), "floor": N_("Floor"), "room": N_("Room")}
PURPOSES = {
    "office": N_("Office"),
    "canteen": N_("Canteen"),
    "server_room": N_("Server room"),
    "dormitory": N_("Dormitory"),
    "charging_pile": N_("Charging piles"),
    "let_out": N_("Let out"),
    "base_station": N_("Base station"),
    "supply": N_("Supply"),
}
REGISTER_KINDS = {
    "interval": N_("Amounts per interval"),
    "cumulative": N_("Running total"),
    "bill": N_("Bills"),
    "event": N_("Single events"),
    "gauge": N_("A state, such as a temperature"),
}
EVENTS = {
    "replacement": N_("Meter replaced"),
    "reset": N_("Register reset"),
    "multiplier": N_("New multiplier"),
}
INDENT = "\u2003"


def options(here: Context, words: Mapping[str, str], *, now: str = "") -> list[tuple[str, str]]:
    """Give choices with their words; a value in use that is not among them stays possible."""
    found = [(code, here.say(word)) for code, word in words.items()]
    return found if not now or now in words else [*found, (now, now)]


def role_options(here: Context) -> list[tuple[str, str]]:
    """Give the roles, each with what it may do."""
    return [(code, f"{here.say(word)} – {here.say(ROLE_HINTS[code])}") for code, word in ROLES.items()]


def unit_options(here: Context, session: Session, action: Action = Action.MANAGE_ORGANISATION) -> list[tuple[str, str]]:
    """Give the units on which the reader may do this, as a tree: code and indented name."""
    return [
        (row.code, f"{INDENT * row.depth}{scope.name(row, here.language)} · {row.code}")
        for row in scope.units(session, here.actor)
        if here.actor.may(action, row.id)
    ]


def place_options(here: Context, session: Session) -> list[tuple[str, str]]:
    """Give the places as a tree: code and indented name."""
    return [
        (row.code, f"{INDENT * row.depth}{scope.name(row, here.language)} · {row.code}")
        for row in managed.places(session, here.actor)
    ]


def resource_options(here: Context) -> list[tuple[str, str]]:
    """Give the resources."""
    return [(row.code, row.zh if here.language == "zh" else row.en) for row in RESOURCES.values()]


def measured_options(here: Context) -> list[tuple[str, str]]:
    """Give what a meter may measure: the resources, and gauges such as the temperature outside."""
    return [(row.code, row.zh if here.language == "zh" else row.en) for row in MEASURED.values()]


def resource_name(here: Context, code: str) -> str:
    """Name a resource."""
    row = MEASURED.get(code)
    return code if row is None else row.zh if here.language == "zh" else row.en


def clock(minutes: int) -> str:
    """Write minutes of the day as a time."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
