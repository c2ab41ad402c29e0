"""What figures are made of, read in bulk: meters with their place, their shares and bases."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import Meter, MeterShare, Place
from monitor.domain.periods import day_edges, to_day
from monitor.queries._bases import Bases, load_bases
from monitor.queries._shares import FOREVER, PERCENT, ShareFacts, resolved
from monitor.queries._tree import Tree
from monitor.queries.scope import load_facts


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """A meter with the zone and calendar of its place."""

    id: int
    code: str
    name_zh: str
    name_en: str
    purpose: str
    assessed: bool
    parent_id: int | None
    zone: str
    country: str
    basis: str = ""


@dataclass(frozen=True)
class Layout:
    """The meters of a resource by id (in order of their codes) and the shares of each."""

    resource: str
    meters: dict[int, MeterFacts]
    shares: dict[int, list[ShareFacts]]
    bases: Bases

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """Give the sub-meters directly below each meter."""
        below: dict[int, list[int]] = defaultdict(list)
        for meter in self.meters.values():
            if meter.parent_id in self.meters:
                below[meter.parent_id].append(meter.id)
        return dict(below)

    def with_children(self, units: frozenset[int]) -> set[int]:
        """Give the meters shared to these units and the sub-meters that are taken off them."""
        own = {meter for meter, shares in self.shares.items() if any(share.unit_id in units for share in shares)}
        return own | {child for meter in own for child in self.children.get(meter, ())}

    @staticmethod
    def day_seconds(zone: str, start: int, end: int) -> npt.NDArray[np.int64]:
        """Give the length of each local day: 82,800, 86,400 or 90,000 s."""
        return np.diff(day_edges(zone, start, end))


def load_layout(session: Session, resource: str, tree: Tree) -> Layout:
    """Read the meters of a resource and their shares: two statements; one more each for shares by fact and for bases."""
    columns: tuple[Any, ...] = (
        Meter.id,
        Meter.code,
        Meter.name_zh,
        Meter.name_en,
        Meter.purpose,
        Meter.assessed,
        Meter.parent_id,
        Place.zone,
        Place.country,
        Meter.basis,
    )
    found = session.execute(
        select(*columns).join(Place, Place.id == Meter.place_id).where(Meter.resource == resource).order_by(Meter.code)
    )
    meters = {row[0]: MeterFacts(*row) for row in found}
    shares = _shares(session, resource, tree)
    bases = load_bases(
        session, resource, tree, ((meters[one.meter_id].basis, one) for of in shares.values() for one in of)
    )
    return Layout(resource, meters, shares, bases)


def _shares(session: Session, resource: str, tree: Tree) -> dict[int, list[ShareFacts]]:
    """Read the shares of each meter, those by fact worked out."""
    table = MeterShare
    columns = (table.meter_id, table.unit_id, table.ppm, table.valid_from, table.valid_to, table.basis)
    joined = select(*columns).join(Meter, Meter.id == table.meter_id).where(Meter.resource == resource)
    shares: dict[int, list[ShareFacts]] = defaultdict(list)
    for row in session.execute(joined.order_by(table.meter_id, table.valid_from, table.unit_id)):
        meter_id, unit_id, ppm, first, last, basis = row
        until = FOREVER if last is None else to_day(last)
        shares[meter_id].append(ShareFacts(meter_id, unit_id, ppm, to_day(first), until, basis))
    if not any(share.basis != PERCENT for listed in shares.values() for share in listed):
        return dict(shares)
    facts = load_facts(session)
    return {meter_id: resolved(listed, facts, tree) for meter_id, listed in shares.items()}
