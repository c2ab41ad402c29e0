"""Places and their dated office hours: brought in line with a site."""

from collections.abc import Sequence

from sqlalchemy import select

from monitor.database.tables import Meter, Place, PlaceHours
from monitor.services import _site_checks as checks
from monitor.services._site import PlaceSpec
from monitor.services._site_rows import Rows, Wanted
from monitor.services._site_units import thousandths


def apply_places(rows: Rows, places: Sequence[PlaceSpec]) -> set[int]:
    """Bring places and hours in line; gives the meters whose derived days must be made anew."""
    rows.look_up(Place, {place.code for place in places} | {place.parent for place in places if place.parent})
    changed: set[int] = set()
    for level in checks.parents_first((place, place.parent) for place in places):
        wanted = [_place(rows, place, parent) for place, parent in level]
        found = rows.put_all(Place, wanted)
        rows.name(Place, [row for row, _ in found])
        changed |= {row.id for row, other in found if other}
    changed |= _hours(rows, places)
    if changed:
        found_all = rows.session.execute(select(Place.id, Place.parent_id)).all()
        parents: dict[int, int | None] = {row.id: row.parent_id for row in found_all}
        codes = {row.id: row.code for row in rows.where(Place, "id", changed)}
        checks.no_circle(parents, codes)
    return {meter.id for meter in rows.where(Meter, "place_id", changed)}


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
    return {row.place_id for row, other in found if other} | {row.place_id for row in gone}
