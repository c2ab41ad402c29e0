"""What figures are made of, read in bulk: meters with place and shares, their derived days, their usual consumption."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import Session

from monitor.database.tables import DailyConsumption, Meter, MeterShare, Place
from monitor.domain.periods import DAY_SECONDS, day_edges, to_day, year_days
from monitor.queries._bases import Bases, load_bases
from monitor.queries._shares import FOREVER, PERCENT, ShareFacts, resolved
from monitor.queries._tree import Tree
from monitor.queries.scope import load_facts

WEIGHT = 1000  # base measures a day that weigh 1: a year of seconds times all of a big city's weight stays below 2^63


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


def weights(session: Session, layout: Layout, wanted: Iterable[int], year: int) -> dict[int, int]:
    """Give each wanted meter's weight in coverage: its usual consumption without its sub-meters, in WEIGHT a day, at least 1.

    Usual is the year before; a meter without data there is known by the year itself, so what arrives later does not change
    the coverage of a month gone by. Without any data a meter weighs like the mean of all that have some (a second statement).
    """
    meters = sorted(wanted)
    rates = _rates(session, year, DailyConsumption.meter_id.in_(meters))
    usual = 0
    if any(meter_id not in rates for meter_id in meters):
        every = _rates(session, year, DailyConsumption.meter_id.in_(sorted(layout.meters))).values()
        usual = sum(every) // len(every) if every else 0
    gross = {meter_id: rates.get(meter_id, usual) for meter_id in meters}
    below = layout.children
    net = {
        meter_id: rate - sum(gross.get(child, 0) for child in below.get(meter_id, ()))
        for meter_id, rate in gross.items()
    }
    return {meter_id: max(rate // WEIGHT, 1) for meter_id, rate in net.items()}


def _rates(session: Session, year: int, which: ColumnElement[bool]) -> dict[int, int]:
    """Give thousandths per covered 86,400 s of each meter that has data."""
    table = DailyConsumption
    (first, cut), last = year_days(year - 1), year_days(year)[1]
    query = select(table.meter_id, *_sums(table.day < cut), *_sums(table.day >= cut))
    rates: dict[int, int] = {}
    within = query.where(which, table.day >= first, table.day < last)
    for meter_id, before, covered_before, now, covered_now in session.execute(within.group_by(table.meter_id)):
        quantity, covered = (before, covered_before) if covered_before else (now, covered_now)
        if covered:
            rates[meter_id] = max(quantity * DAY_SECONDS // covered, 0)
    return rates


def _sums(when: ColumnElement[bool]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """Sum quantity and covered seconds of the days that count."""
    table = DailyConsumption
    quantity = cast(func.sum(case((when, table.quantity), else_=0)), BigInteger)
    return quantity, cast(func.sum(case((when, table.covered), else_=0)), BigInteger)
