"""The one calculation behind every figure: meters net of their sub-meters, shared out to units, exact to the last integer.

Arrays have one row for each meter (or share) and one column for each day. Missing days carry 0 and `known` False; a
remainder is covered only where the meter and its sub-meters are. A unit's sub-tree is that of each day: where no unit
moved and no meter has a basis (paper), nothing is masked and nothing is paid for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, reduce

import numpy as np
from sqlalchemy.orm import Session

from monitor.database.days import days_of
from monitor.domain.access import Actor
from monitor.domain.amounts import PPM
from monitor.domain.periods import from_day
from monitor.queries._bases import Stand
from monitor.queries._meters import Layout, MeterFacts, load_layout, weights
from monitor.queries._series import Ints, Series, times_ppm
from monitor.queries._shares import ShareFacts
from monitor.queries._tree import Span, Structure, Tree, load_tree
from monitor.queries.scope import require_unit

__all__ = ["Ledger", "Piece", "Series", "load", "needed", "of_each_unit", "read", "times_ppm"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A share as it was applied to a unit of the sub-tree on the days first..last-1: while it belonged to it, by one stand."""

    share: ShareFacts
    first: int
    last: int
    stand: Stand
    series: Series


@dataclass(frozen=True)
class Ledger:
    """The meters of a resource over some days, seen from one unit and its sub-tree."""

    layout: Layout
    structure: Structure
    unit_id: int
    measured: dict[int, Series]
    weight: dict[int, int]
    _split: dict[int, tuple[list[tuple[ShareFacts, Series]], Series]] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """Give today's tree: names, and who may see what."""
        return self.structure.tree

    @property
    def start(self) -> int:
        """Give the first day."""
        return self.structure.start

    @property
    def end(self) -> int:
        """Give the day after the last."""
        return self.structure.end

    @cached_property
    def inside(self) -> dict[int, tuple[Span, ...]]:
        """Give the units of the sub-tree, each with the days on which it belonged to it."""
        return self.structure.members(self.unit_id)

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

    def _divided(self, meter_id: int) -> tuple[list[tuple[ShareFacts, Series]], Series]:
        if meter_id not in self._split:
            net = self.net(meter_id)
            self._split[meter_id] = _share_out(net, self.layout.shares.get(meter_id, []))
        return self._split[meter_id]

    def measured_shares(self, meter_id: int) -> list[tuple[ShareFacts, Series]]:
        """Give each dated share of a meter with its days, whatever its basis: floor of the ppm, the remainder to the day's largest.

        Below 1,000,000 ppm what is left over is nobody's: `rest`.
        """
        return self._divided(meter_id)[0]

    def rest(self, meter_id: int) -> Series:
        """Give what no share reaches."""
        return self._divided(meter_id)[1]

    def shares(self, meter_id: int) -> list[tuple[ShareFacts, Series]]:
        """Give each dated share as far as it counts: on the days of which the meter's basis is the unit's.

        Where no basis is decided on, all that was expected is missing.
        """
        basis = self.layout.meters[meter_id].basis
        parts = self.measured_shares(meter_id)
        if not basis:
            return parts
        return [(share, self._counting(basis, share, series)) for share, series in parts]

    def _counting(self, basis: str, share: ShareFacts, series: Series) -> Series:
        spans = self.layout.bases.spans(basis, share.unit_id, self.start, self.end)
        counted = series.only(spans[Stand.COUNTS])
        undecided = spans[Stand.UNDECIDED]
        return counted + series.only(undecided).missing() if undecided else counted

    def share(self, meter_id: int) -> Series:
        """Give what of a meter is the sub-tree's."""
        return self._mine(self.shares(meter_id))

    def _mine(self, parts: Iterable[tuple[ShareFacts, Series]]) -> Series:
        mine = (series.only(self.inside[share.unit_id]) for share, series in parts if share.unit_id in self.inside)
        return sum(mine, self._nothing())

    def pieces(self, meter_id: int) -> Iterator[Piece]:
        """Give the shares of the sub-tree in a meter as they were applied; they add up to `share`."""
        basis = self.layout.meters[meter_id].basis
        for share, series in self.measured_shares(meter_id):
            for since, until in self.inside.get(share.unit_id, ()):
                stands = {Stand.COUNTS: [(since, until)]}
                if basis:
                    stands = self.layout.bases.spans(basis, share.unit_id, since, until)
                for stand, spans in stands.items():
                    for first, last in _joined(spans):
                        days = max(first, share.valid_from), min(last, share.valid_to)
                        if days[0] < days[1]:
                            part = series.only([days])
                            if stand is not Stand.COUNTS:
                                part = part.missing() if stand is Stand.UNDECIDED else self._nothing()
                            yield Piece(share, *days, stand, part)

    def ppm(self, meter_id: int) -> int:
        """Give the sub-tree's part of a meter on the last day."""
        return sum(
            s.ppm
            for s in self.layout.shares.get(meter_id, ())
            if s.unit_id in self.inside
            and self.inside[s.unit_id][-1][1] == self.end
            and s.valid_from < self.end <= s.valid_to
        )

    def shared_meters(self) -> list[MeterFacts]:
        """Give the meters with a share of the sub-tree within the days, by code."""
        return [meter for meter in self.layout.meters.values() if self._reaches(meter.id)]

    def _reaches(self, meter_id: int) -> bool:
        return any(
            s.valid_from < last and s.valid_to > first
            for s in self.layout.shares.get(meter_id, ())
            for first, last in self.inside.get(s.unit_id, ())
        )

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
        """Give what no share of any meter reaches: the first top unit's, nothing for any other.

        Of meters with a basis only those of the top unit's own basis: the others measure the same paper again.
        """
        if self.unit_id not in self.tree.roots[:1]:
            return self._nothing()
        return sum((self._nobodys(meter) for meter in self.layout.meters.values()), self._nothing())

    def _nobodys(self, meter: MeterFacts) -> Series:
        rest = self.rest(meter.id)
        if not meter.basis:
            return rest
        years = range(from_day(self.start).year, from_day(self.end - 1).year + 1)
        same = {year for year in years if self.layout.bases.of(self.unit_id, year) == meter.basis}
        spans = self.layout.bases.spans(meter.basis, self.unit_id, self.start, self.end)
        return rest.only(span for listed in spans.values() for span in listed if from_day(span[0]).year in same)

    def everything(self) -> Series:
        """Give counted + deducted + not allocated."""
        return sum(self.deducted().values(), self.counted()) + self.not_allocated()

    def by_basis(self) -> dict[str, Series]:
        """Give what the assessed meters of each basis measured for the sub-tree, whichever of them counts."""
        found: dict[str, Series] = {}
        for meter in self.shared_meters():
            if meter.basis and meter.assessed:
                part = self._mine(self.measured_shares(meter.id))
                found[meter.basis] = found.get(meter.basis, self._nothing()) + part
        return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans that follow each other."""
    found: list[Span] = []
    for first, last in spans:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def _share_out(net: Series, shares: list[ShareFacts]) -> tuple[list[tuple[ShareFacts, Series]], Series]:
    """Share a meter's own days out: (each share's days, the rest that no share reaches); together exact.

    What is claimed by shares that cannot be worked out is expected of their units, on top, and covered for nobody.
    """
    if not shares:
        return [], net
    day = np.arange(net.start, net.start + len(net.quantity), dtype=np.int64)
    inside = [(day >= s.valid_from) & (day < s.valid_to) for s in shares]
    ppm = np.array([np.where(on, s.ppm, 0) for s, on in zip(shares, inside, strict=True)], dtype=np.int64)
    full = ppm.sum(axis=0) == PPM
    largest = ppm.argmax(axis=0)
    columns = np.arange(len(day))

    def exact(values: Ints) -> Ints:
        parts = times_ppm(values, ppm)
        parts[largest, columns] += np.where(full, values - parts.sum(axis=0), 0)
        return parts

    quantity, covered, expected, estimated = (
        exact(values) for values in (net.quantity, net.covered, net.expected, net.estimated)
    )
    given = expected.sum(axis=0)
    rest = Series(
        net.start,
        net.quantity - quantity.sum(axis=0),
        net.covered - covered.sum(axis=0),
        net.expected - given,
        net.estimated - estimated.sum(axis=0),
        net.known & (given != net.expected),
    )
    for n, share in enumerate(shares):
        if share.claim:
            expected[n] += np.where(inside[n], times_ppm(net.expected, share.claim), 0)
    parts = [
        (s, Series(net.start, quantity[n], covered[n], expected[n], estimated[n], net.known & (ppm[n] > 0)))
        for n, s in enumerate(shares)
    ]
    return parts, rest


def load(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int
) -> Ledger:
    """Read what the figures of one unit need; NotFound for a stranger. Five statements, however many meters."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    structure = tree.structure(start, end)
    weight = weights(session, layout, needed(layout, structure, unit_id), from_day(end - 1).year)
    return read(session, structure, layout, unit_id=unit_id, weight=weight)


def needed(layout: Layout, structure: Structure, unit_id: int) -> set[int]:
    """Name the meters that a unit's figures, and those of its sub-units, come from.

    All for the first top unit, which has what is not allocated.
    """
    if unit_id in structure.tree.roots[:1]:
        return set(layout.meters)
    return layout.with_children(structure.reach(unit_id))


def read(session: Session, structure: Structure, layout: Layout, *, unit_id: int, weight: dict[int, int]) -> Ledger:
    """Put the ledger of one unit together from a layout and weights already read: one statement."""
    wanted = needed(layout, structure, unit_id)
    return Ledger(
        layout, structure, unit_id, _measured(session, layout, wanted, (structure.start, structure.end), weight), weight
    )


def of_each_unit(ledger: Ledger) -> dict[int, Series]:
    """Give the assessed figure of each unit of the ledger's sub-tree, sub-trees summed: what `counted` gives for it."""
    structure = ledger.structure
    reach = structure.reach(ledger.unit_id)
    own = {unit: Series.empty(ledger.start, ledger.end) for unit in reach}
    for meter in ledger.layout.meters.values():
        if meter.assessed and any(share.unit_id in reach for share in ledger.layout.shares.get(meter.id, ())):
            for share, series in ledger.shares(meter.id):
                if share.unit_id in reach:
                    own[share.unit_id] += series
    if len(structure.stretches) == 1:
        found = _summed_up(own, structure.stretches[0].tree)
    else:
        parts = [
            _summed_up({unit: series.only([(one.first, one.last)]) for unit, series in own.items()}, one.tree)
            for one in structure.stretches
        ]
        found = {unit: sum((part[unit] for part in parts[1:]), parts[0][unit]) for unit in reach}
    return {unit: found[unit] for unit in structure.tree.subtree(ledger.unit_id)}


def _summed_up(own: dict[int, Series], tree: Tree) -> dict[int, Series]:
    """Add each unit's days to those of the unit above it."""
    found = dict(own)
    for row in reversed(tree.rows):
        if row.id in found and row.parent_id in found:
            found[row.parent_id] += found[row.id]
    return found


def _measured(
    session: Session, layout: Layout, wanted: set[int], span: tuple[int, int], weight: dict[int, int]
) -> dict[int, Series]:
    """Give the gross days of each wanted meter as arrays."""
    start, end = span
    ids = sorted(wanted)
    days = days_of(session, layout.resource, ids, start, end)
    found: dict[int, Series] = {}
    lengths: dict[str, Ints] = defaultdict()
    for n, meter_id in enumerate(ids):
        zone = layout.meters[meter_id].zone
        if zone not in lengths:
            lengths[zone] = layout.day_seconds(zone, start, end)
        factor = weight[meter_id]
        found[meter_id] = Series(
            start,
            days.quantity[n],
            days.covered[n] * factor,
            lengths[zone] * factor,
            days.estimated[n],
            days.known[n],
        )
    return found
