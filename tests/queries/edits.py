"""What the functions that edit the organisation are called with in the access matrix: things of the unit `b`."""

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from monitor.services import metering, organisation
from monitor.services.setup import parse_part

SINCE = date(2026, 2, 1)
AT = datetime(2026, 2, 1, tzinfo=UTC)
NAMED: dict[str, Any] = {
    "unit": "b",
    "to": "a",
    "place": "house",
    "meter": "tap",
    "register": "",
    "alias": "T-1",
    "kind": "head_count",
    "since": SINCE,
    "at": SINCE,
}
SPECS: dict[type, Any] = {
    organisation.UnitSpec: organisation.UnitSpec(code="b", zh="秘密"),
    organisation.BasisSpec: organisation.BasisSpec(unit="b", year=2026, basis="packs"),
    organisation.FactSpec: parse_part(organisation.FactSpec, {"kind": "head_count", "value": 21}),
    organisation.SiteSpec: organisation.SiteSpec(),
    metering.PlaceSpec: metering.PlaceSpec(code="house", zh="秘密"),
    metering.HoursSpec: metering.HoursSpec(since=SINCE, office_from=0, office_to=60),
    metering.MeterSpec: metering.MeterSpec(code="tap", resource="water", place="house", unit="b"),
    metering.RegisterSpec: metering.RegisterSpec(kind="cumulative"),
    metering.EventSpec: metering.EventSpec(kind="reset", at=AT),
}


def arguments(function: Callable[..., Any]) -> dict[str, Any]:
    """Give the arguments of a function of `organisation`, `metering` or `preview`; nothing for any other."""
    if function.__module__.rpartition(".")[2] not in {"organisation", "metering", "preview", "template"}:
        return {}
    wanted = inspect.signature(function).parameters.values()
    specs = {p.name: SPECS[p.annotation] for p in wanted if p.annotation in SPECS}
    instants = {p.name: AT for p in wanted if p.name == "at" and p.annotation is datetime}
    return {**NAMED, "shares": [], "change": lambda _: None, "data": b"", **specs, **instants}
