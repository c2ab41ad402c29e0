"""Places and their dated office hours: brought in line with a site."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from monitor.database.tables import Meter, Place, PlaceHours
from monitor.services import _site_checks as checks
from monitor.services._site import PlaceSpec
from monitor.services._site_rows import Rows, Wanted
from monitor.services._site_units import thousandths

SPANS = frozenset({"zone"})  # where days begin and end
WORK = frozenset({"country", "office_from", "office_to"})  # which seconds of them are office hours


@dataclass(frozen=True, slots=True)
class Stale:
    """Meters whose derived days must be made anew: all of them, or only the part out of hours."""

    days: set[int]
    hours: set[int]


def apply_places(rows: Rows, places: Sequence[PlaceSpec]) -> Stale:
    """Bring places and hours in line; tells whose derived days must be made anew."""
    rows.look_up(Place, {place.code for place in places} | {place.parent for place in places if place.parent})
    changed: dict[int, frozenset[str]] = {}
    for level in checks.parents_first((place, place.parent) for place in places):
        found = rows.put_all(Place, [_place(rows, place, parent) for place, parent in level])
        rows.name(Place, [row for row, _ in found])
        changed |= {row.id: names for row, names in found if names}
    _no_circle(rows, {key for key, names in changed.items() if "parent_id" in names})
    spans = {key for key, names in changed.items() if names & SPANS}
    work = {key for key, names in changed.items() if names & WORK} | _hours(rows, places)
    return Stale(*({meter.id for meter in rows.where(Meter, "place_id", some)} for some in (spans, work - spans)))


def _no_circle(rows: Rows, changed: set[int]) -> None:
    if changed:
        found = rows.session.execute(select(Place.id, Place.parent_id, Place.code)).all()
        parents: dict[int, int | None] = {row.id: row.parent_id for row in found}
        checks.no_circle(parents, {row.id: row.code for row in found if row.id in changed})


def _place(rows: Rows, place: PlaceSpec, parent: str | None) -> Wanted:
    key = f"place:{place.code}"
    values = place.model_dump(include={"kind", "zone", "country", "office_from", "office_to"})
    values |= {"name_zh": place.name_zh, "name_en": place.name_en}
    values["area"] = None if place.area is None else thousandths(place.area)
    values["parent_id"] = rows.find(Place, parent, key).id if parent else None
    return Wanted(key, {"code": place.code}, values)


def _hours(rows: Rows, places: Sequence[PlaceSpec]) -> set[int]:
    codes = {rows.find(Place, place.code, "hours").id: place.code for place in places}
    wanted = [
        Wanted(
            f"hours:{place.code}:{hours.since}",
            {"place_id": rows.find(Place, place.code, "hours").id, "valid_from": hours.since},
            {"office_from": hours.office_from, "office_to": hours.office_to},
        )
        for place in places
        for hours in place.hours
    ]
    found = rows.put_all(PlaceHours, wanted)
    stored = rows.where(PlaceHours, "place_id", codes)
    gone = rows.prune(((f"hours:{codes[row.place_id]}", row) for row in stored), [row for row, _ in found])
    return {row.place_id for row, names in found if names} | {row.place_id for row in gone}
