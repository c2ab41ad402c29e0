"""The one calculation behind every figure: meters net of their sub-meters, shared out to units, exact to the last integer.

Arrays have one row for each meter (or share) and one column for each day. Missing days carry 0 and `known` False; a
remainder is covered only where the meter and its sub-meters are.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.amounts import PPM, Amount
from monitor.domain.periods import from_day
from monitor.queries._meters import Layout, MeterFacts, ShareFacts, daily_rows, load_layout, weights
from monitor.queries._tree import Tree, load_tree
from monitor.queries.scope import require_unit

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Series:
    """Days of something: quantity, covered and expected weighted seconds, estimated part, known; `start` is the first day."""

    start: int
    quantity: Ints
    covered: Ints
    expected: Ints
    estimated: Ints
    known: Flags

    @classmethod
    def empty(cls, start: int, end: int) -> "Series":
        """Give days of nothing: nothing measured, nothing expected."""
        zero = np.zeros(end - start, dtype=np.int64)
        return cls(start, zero, zero, zero, zero, np.zeros(end - start, dtype=np.bool_))

    def __add__(self, other: "Series") -> "Series":
        return Series(
            self.start,
            self.quantity + other.quantity,
            self.covered + other.covered,
            self.expected + other.expected,
            self.estimated + other.estimated,
            self.known | other.known,
        )

    def frame(self) -> pd.DataFrame:
        """Give the day frame: day, quantity, covered, expected, estimated, known."""
        return pd.DataFrame(
            {
                "day": np.arange(self.start, self.start + len(self.quantity), dtype=np.int64),
                "quantity": self.quantity,
                "covered": self.covered,
                "expected": self.expected,
                "estimated": self.estimated,
                "known": self.known,
            }
        )

    def amount(self, start: int | None = None, end: int | None = None) -> Amount:
        """Sum the days start..end-1 (all unless named); a quantity of None where no day is known."""
        part = slice(
            None if start is None else max(start - self.start, 0), None if end is None else max(end - self.start, 0)
        )
        known = bool(self.known[part].any())
        return Amount(
            int(self.quantity[part].sum()) if known else None,
            int(self.covered[part].sum()),
            int(self.expected[part].sum()),
            int(self.estimated[part].sum()),
        )


def times_ppm(values: Ints, ppm: Ints | int) -> Ints:
    """Give floor(values × ppm ÷ 1,000,000) without overflow of 64 bits."""
    return values // PPM * ppm + values % PPM * ppm // PPM


@dataclass(frozen=True)
class Ledger:
    """The meters of a resource over some days, seen from one unit and its sub-tree."""

    layout: Layout
    tree: Tree
    unit_id: int
    start: int
    end: int
    measured: dict[int, Series]
    weight: dict[int, int]
    _shares: dict[int, list[tuple[ShareFacts, Series]]] = field(default_factory=dict)

    @cached_property
    def inside(self) -> frozenset[int]:
        """Give the units of the sub-tree."""
        return frozenset(self.tree.subtree(self.unit_id))

    def _nothing(self) -> Series:
        return Series.empty(self.start, self.end)

    def gross(self, meter_id: int) -> Series:
        """Give what the meter measured itself."""
        return self.measured[meter_id]

    def net(self, meter_id: int) -> Series:
        """Give the meter without its sub-meters; known where it is, covered where all of them are.

        While the meter itself has gaps its remainder is never less than zero: the sub-meters cannot have used what it missed.
        """
        own = self.measured[meter_id]
        below = [self.measured[child] for child in self.layout.children.get(meter_id, ())]
        if not below:
            return own
        weight = self.weight[meter_id]
        known = own.known
        rest = own.quantity - sum(child.quantity for child in below)
        partial = own.covered < own.expected
        quantity = np.where(known, np.where(partial, np.maximum(rest, 0), rest), 0)
        seconds = [own.covered // weight]
        seconds += [self.measured[child].covered // self.weight[child] for child in self.layout.children[meter_id]]
        covered = reduce(np.minimum, seconds) * weight
        return Series(
            self.start, quantity, covered, own.expected, np.clip(own.estimated, 0, np.maximum(quantity, 0)), known
        )

    def shares(self, meter_id: int) -> list[tuple[ShareFacts, Series]]:
        """Give each dated share of a meter with its days: floor of the ppm, the remainder to the day's largest share.

        Below 1,000,000 ppm what is left over is nobody's: `rest`.
        """
        if meter_id not in self._shares:
            self._shares[meter_id] = list(self._share_out(self.net(meter_id), self.layout.shares.get(meter_id, ())))
        return self._shares[meter_id]

    def _share_out(self, net: Series, shares: Iterable[ShareFacts]) -> Iterable[tuple[ShareFacts, Series]]:
        listed = list(shares)
        if not listed:
            return []
        day = np.arange(self.start, self.end, dtype=np.int64)
        ppm = np.array([np.where((day >= s.valid_from) & (day < s.valid_to), s.ppm, 0) for s in listed], dtype=np.int64)
        full = ppm.sum(axis=0) == PPM
        largest = ppm.argmax(axis=0)
        columns = np.arange(self.end - self.start)

        def exact(values: Ints) -> Ints:
            parts = times_ppm(values, ppm)
            parts[largest, columns] += np.where(full, values - parts.sum(axis=0), 0)
            return parts

        quantity, estimated, covered, expected = (
            exact(net.quantity),
            exact(net.estimated),
            exact(net.covered),
            exact(net.expected),
        )
        return [
            (s, Series(self.start, quantity[n], covered[n], expected[n], estimated[n], net.known & (ppm[n] > 0)))
            for n, s in enumerate(listed)
        ]

    def rest(self, meter_id: int) -> Series:
        """Give what no share reaches."""
        net = self.net(meter_id)
        parts = self.shares(meter_id)
        if not parts:
            return net
        given = reduce(lambda one, other: one + other, (series for _, series in parts))
        reached = given.expected == net.expected
        return Series(
            self.start,
            net.quantity - given.quantity,
            net.covered - given.covered,
            net.expected - given.expected,
            net.estimated - given.estimated,
            net.known & ~reached,
        )

    def share(self, meter_id: int) -> Series:
        """Give what of a meter is the sub-tree's."""
        mine = (series for share, series in self.shares(meter_id) if share.unit_id in self.inside)
        return sum(mine, self._nothing())

    def ppm(self, meter_id: int) -> int:
        """Give the sub-tree's part of a meter on the last day."""
        return sum(
            s.ppm
            for s in self.layout.shares.get(meter_id, ())
            if s.unit_id in self.inside and s.valid_from < self.end <= s.valid_to
        )

    def shared_meters(self) -> list[MeterFacts]:
        """Give the meters with a share of the sub-tree within the days, by code."""
        return [meter for meter in self.layout.meters.values() if self._reaches(meter.id)]

    def _reaches(self, meter_id: int) -> bool:
        shares = self.layout.shares.get(meter_id, ())
        return any(s.unit_id in self.inside and s.valid_from < self.end and s.valid_to > self.start for s in shares)

    def counted(self) -> Series:
        """Give the assessed figure (考核量)."""
        return sum((self.share(m.id) for m in self.shared_meters() if m.assessed), self._nothing())

    def deducted(self) -> dict[str, Series]:
        """Give what is deducted, by purpose."""
        found: dict[str, Series] = {}
        for meter in self.shared_meters():
            if not meter.assessed:
                found[meter.purpose] = found.get(meter.purpose, self._nothing()) + self.share(meter.id)
        return dict(sorted(found.items()))

    def not_allocated(self) -> Series:
        """Give what no share of any meter reaches: the first top unit's, nothing for any other."""
        if self.unit_id not in self.tree.roots[:1]:
            return self._nothing()
        return sum((self.rest(meter) for meter in self.layout.meters), self._nothing())

    def everything(self) -> Series:
        """Give counted + deducted + not allocated."""
        return sum(self.deducted().values(), self.counted()) + self.not_allocated()


def load(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int
) -> Ledger:
    """Read what the figures of one unit need; NotFound for a stranger. Five statements, however many meters."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource)
    weight = weights(session, layout, needed(layout, tree, unit_id), from_day(end - 1).year)
    return read(session, tree, layout, (start, end), unit_id=unit_id, weight=weight)


def needed(layout: Layout, tree: Tree, unit_id: int) -> set[int]:
    """Name the meters that a unit's figures come from: all for the first top unit, which has what is not allocated."""
    return set(layout.meters) if unit_id in tree.roots[:1] else layout.with_children(frozenset(tree.subtree(unit_id)))


def read(
    session: Session, tree: Tree, layout: Layout, span: tuple[int, int], *, unit_id: int, weight: dict[int, int]
) -> Ledger:
    """Put the ledger of one unit together from a layout and weights already read: one statement."""
    wanted = needed(layout, tree, unit_id)
    return Ledger(layout, tree, unit_id, *span, _measured(session, layout, wanted, span, weight), weight)


def of_each_unit(ledger: Ledger) -> dict[int, Series]:
    """Give the assessed figure of each unit of the ledger's sub-tree, sub-trees summed: what `counted` gives for it."""
    found = {unit: Series.empty(ledger.start, ledger.end) for unit in ledger.inside}
    for meter in ledger.shared_meters():
        for share, series in ledger.shares(meter.id) if meter.assessed else ():
            if share.unit_id in found:
                found[share.unit_id] += series
    for unit in reversed(ledger.tree.subtree(ledger.unit_id)):
        parent = ledger.tree.by_id[unit].parent_id
        if parent is not None and parent in found:
            found[parent] += found[unit]
    return found


def _measured(
    session: Session, layout: Layout, wanted: set[int], span: tuple[int, int], weight: dict[int, int]
) -> dict[int, Series]:
    """Give the gross days of each wanted meter as arrays."""
    start, end = span
    ids = sorted(wanted)
    shape = (len(ids), end - start)
    quantity, covered, estimated = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    known = np.zeros(shape, dtype=np.bool_)
    rows = daily_rows(session, ids, start, end)
    if len(rows):
        at = (np.searchsorted(np.array(ids), rows[:, 0]), rows[:, 1] - start)
        quantity[at], covered[at], estimated[at] = rows[:, 2], rows[:, 3], rows[:, 4]
        known[at] = True  # a day of which nothing is known has no row
    found: dict[int, Series] = {}
    lengths: dict[str, Ints] = defaultdict()
    for n, meter_id in enumerate(ids):
        zone = layout.meters[meter_id].zone
        if zone not in lengths:
            lengths[zone] = layout.day_seconds(zone, start, end)
        factor = weight[meter_id]
        found[meter_id] = Series(
            start, quantity[n], covered[n] * factor, lengths[zone] * factor, estimated[n], known[n]
        )
    return found
