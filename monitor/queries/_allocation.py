"""The one calculation behind every figure: meters net of their sub-meters, shared out to units, exact to the last integer.

Arrays have one row for each meter (or share) and one column for each day. Missing days carry 0 and `known` False; a
remainder is covered only where the meter and its sub-meters are. A unit's sub-tree is that of each day: where no unit
moved and no meter has a basis (paper), nothing is masked and nothing is paid for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from sqlalchemy.orm import Session

from monitor.domain.access import Actor
from monitor.domain.periods import from_day, year_days
from monitor.queries._bases import Stand
from monitor.queries._book import Book
from monitor.queries._meters import Layout, MeterFacts, load_layout
from monitor.queries._series import Rows, Series, times_ppm
from monitor.queries._shares import ShareFacts
from monitor.queries._split import Split, share_out
from monitor.queries._tree import Span, Structure, Tree, load_tree
from monitor.queries.scope import require_unit

__all__ = ["Book", "Ledger", "Piece", "Series", "load", "needed", "of_each_unit", "read", "times_ppm"]


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
    measured: Rows
    weight: dict[int, int]

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
        return self._net[meter_id]

    @cached_property
    def _net(self) -> Rows:
        """Give what `net` says of each meter of which all sub-meters are there."""
        below = {one: listed for one, listed in self.layout.children.items() if one in self.measured.at}
        lacking = {one for one, listed in below.items() if any(child not in self.measured.at for child in listed)}
        whole = [one for one in self.measured if one not in lacking]
        found = Rows(
            whole,
            self.measured.series.rows([self.measured.at[one] for one in whole]) if below else self.measured.series,
        )
        for one, listed in below.items():
            if one not in lacking:
                found.series.put(found.at[one], self._remainder(one, listed))
        return found

    def _remainder(self, meter_id: int, children: Sequence[int]) -> Series:
        own, below = self.measured[meter_id], [self.measured[child] for child in children]
        weight = self.weight[meter_id]
        rest = own.quantity - sum(child.quantity for child in below)
        partial = own.covered < own.expected
        quantity = np.where(own.known, np.where(partial, np.maximum(rest, 0), rest), 0)
        seconds = [own.covered // weight]
        seconds += [one.covered // self.weight[child] for child, one in zip(children, below, strict=True)]
        covered = reduce(np.minimum, seconds) * weight
        estimated = np.clip(own.estimated, 0, np.maximum(quantity, 0))
        return Series(self.start, quantity, covered, own.expected, estimated, own.known)

    @cached_property
    def split(self) -> Split:
        """Give the dated shares of all meters with their days, whatever a meter's basis, and what no share reaches."""
        return share_out(self._net, self.layout.shares)

    @cached_property
    def counting(self) -> Series:
        """Give the days of `split.shares` as far as they count: on the days of which the meter's basis is the unit's.

        Where no basis is decided on, all that was expected is missing.
        """
        shares, parts, meters = self.split.shares, self.split.parts, self.layout.meters
        based = [row for row, share in enumerate(shares) if meters[share.meter_id].basis]
        if not based:
            return parts
        spans = [
            self.layout.bases.spans(meters[shares[row].meter_id].basis, shares[row].unit_id, self.start, self.end)
            for row in based
        ]
        mine = parts.rows(based)
        counts, undecided = (
            np.array([mine.mask(one[stand]) for one in spans]) for stand in (Stand.COUNTS, Stand.UNDECIDED)
        )
        found = parts.copy()
        found.put(based, mine.where(counts) + mine.where(undecided).missing())
        return found

    def measured_shares(self, meter_id: int) -> list[tuple[ShareFacts, Series]]:
        """Give each dated share of a meter with its days, whatever its basis: floor of the ppm, the remainder to the day's largest.

        Below 1,000,000 ppm what is left over is nobody's: `rest`.
        """
        return [(self.split.shares[row], self.split.parts.rows(row)) for row in self.split.of[meter_id]]

    def rest(self, meter_id: int) -> Series:
        """Give what no share reaches."""
        return self.split.rest[meter_id]

    def shares(self, meter_id: int) -> list[tuple[ShareFacts, Series]]:
        """Give each dated share of a meter as far as it counts: see `counting`."""
        return [(self.split.shares[row], self.counting.rows(row)) for row in self.split.of[meter_id]]

    def share(self, meter_id: int) -> Series:
        """Give what of a meter is the sub-tree's."""
        return self._mine(self.counting, [meter_id])

    def _mine(self, parts: Series, meters: Iterable[int]) -> Series:
        """Add up what of some meters is the sub-tree's, on the days on which the units of the shares belonged to it."""
        rows = [row for one in meters for row in self.split.of[one] if self.split.shares[row].unit_id in self.inside]
        mine = parts.rows(rows)
        if len(self.structure.stretches) > 1 and rows:
            mine = mine.where(np.array([mine.mask(self.inside[self.split.shares[row].unit_id]) for row in rows]))
        return mine.together()

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
        return self._mine(self.counting, (meter.id for meter in self.shared_meters() if meter.assessed))

    def deducted(self) -> dict[str, Series]:
        """Give what is deducted, by purpose."""
        of: dict[str, list[int]] = defaultdict(list)
        for meter in self.shared_meters():
            if not meter.assessed:
                of[meter.purpose].append(meter.id)
        return {purpose: self._mine(self.counting, of[purpose]) for purpose in sorted(of)}

    def not_allocated(self) -> Series:
        """Give what no share of any meter reaches: the first top unit's, nothing for any other.

        Of meters with a basis only those of the top unit's own basis: the others measure the same paper again.
        """
        if self.unit_id not in self.tree.roots[:1]:
            return self._nothing()
        rest = self.split.rest
        plain = rest.series.rows([rest.at[meter.id] for meter in self.layout.meters.values() if not meter.basis])
        return sum((self._nobodys(meter) for meter in self.layout.meters.values() if meter.basis), plain.together())

    def _nobodys(self, meter: MeterFacts) -> Series:
        rest = self.rest(meter.id)
        years = range(from_day(self.start).year, from_day(self.end - 1).year + 1)
        same = {year for year in years if self.layout.bases.of(self.unit_id, year) == meter.basis}
        spans = self.layout.bases.spans(meter.basis, self.unit_id, self.start, self.end)
        return rest.only(span for listed in spans.values() for span in listed if from_day(span[0]).year in same)

    def everything(self) -> Series:
        """Give counted + deducted + not allocated."""
        return sum(self.deducted().values(), self.counted()) + self.not_allocated()

    def by_basis(self) -> dict[str, Series]:
        """Give what the assessed meters of each basis measured for the sub-tree, whichever of them counts."""
        of: dict[str, list[int]] = defaultdict(list)
        for meter in self.shared_meters():
            if meter.basis and meter.assessed:
                of[meter.basis].append(meter.id)
        return {basis: self._mine(self.split.parts, meters) for basis, meters in of.items()}


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans that follow each other."""
    found: list[Span] = []
    for first, last in spans:
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


def load(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int
) -> Ledger:
    """Read what the figures of one unit need; NotFound for a stranger. Four statements, however many meters."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    structure = tree.structure(start, end)
    book, year = Book(session, layout, needed(layout, structure, unit_id)), from_day(end - 1).year
    book.days(min(year_days(year - 1)[0], start), max(year_days(year)[1], end))
    return read(book, structure, unit_id=unit_id, weight=book.weights(year))


def needed(layout: Layout, structure: Structure, unit_id: int) -> set[int]:
    """Name the meters that a unit's figures, and those of its sub-units, come from.

    All for the first top unit, which has what is not allocated.
    """
    if unit_id in structure.tree.roots[:1]:
        return set(layout.meters)
    return layout.with_children(structure.reach(unit_id))


def read(book: Book, structure: Structure, *, unit_id: int, weight: dict[int, int]) -> Ledger:
    """Put the ledger of one unit together from days and weights."""
    wanted = needed(book.layout, structure, unit_id)
    measured = book.measured(wanted, structure.start, structure.end, weight)
    return Ledger(book.layout, structure, unit_id, measured, weight)


def of_each_unit(ledger: Ledger) -> Rows:
    """Give the assessed figure of each unit of the ledger's sub-tree, sub-trees summed: what `counted` gives for it."""
    structure = ledger.structure
    reach = sorted(structure.reach(ledger.unit_id))
    own = Rows(reach, Series.empty(ledger.start, ledger.end, len(reach)))
    meters = ledger.layout.meters
    rows = [
        (own.at[share.unit_id], row)
        for row, share in enumerate(ledger.split.shares)
        if share.unit_id in own.at and meters[share.meter_id].assessed
    ]
    if rows:
        to, which = np.array(sorted(rows), dtype=np.int64).T
        begin = np.flatnonzero(np.diff(to, prepend=-1))
        own.series.put(to[begin], ledger.counting.rows(which).added(begin))
    if len(structure.stretches) == 1:
        found = _summed_up(own, structure.stretches[0].tree).series
    else:
        parts = [
            _summed_up(Rows(reach, own.series.where(own.series.mask([(one.first, one.last)]))), one.tree).series
            for one in structure.stretches
        ]
        found = sum(parts[1:], parts[0])
    units = structure.tree.subtree(ledger.unit_id)
    return Rows(units, found.rows([own.at[unit] for unit in units]))


def _summed_up(own: Rows, tree: Tree) -> Rows:
    """Add each unit's days to those of the unit above it, in place."""
    *numbers, known = own.series.arrays()
    for row in reversed(tree.rows):
        if row.id in own.at and row.parent_id in own.at:
            here, above = own.at[row.id], own.at[row.parent_id]
            for array in numbers:
                array[above] += array[here]
            known[above] |= known[here]
    return own
