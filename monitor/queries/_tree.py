"""The tree of units in memory: preorder, depth, sub-trees, and how it stood on a day gone by; read with one statement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import OrgUnit, UnitMove
from monitor.domain.periods import from_day, to_day

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as pages show it; `depth` and `parent_id` count from the topmost unit that the actor may see."""

    id: int
    code: str
    parent_id: int | None
    name_zh: str
    name_en: str
    kind: str
    depth: int


@dataclass(frozen=True, slots=True)
class Move:
    """From day `at` on a unit stands below another."""

    unit_id: int
    at: int
    from_parent_id: int | None
    to_parent_id: int | None


@dataclass(frozen=True)
class Tree:
    """All units in tree order: a parent before its children, siblings by position, then code; `moves` by day, first to last."""

    rows: tuple[UnitRow, ...]
    moves: tuple[Move, ...] = ()
    _before: dict[int, "Tree"] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def by_id(self) -> dict[int, UnitRow]:
        """Give the row of each id."""
        return {row.id: row for row in self.rows}

    @cached_property
    def children(self) -> dict[int | None, list[int]]:
        """Give the ids below each id; None has the top units."""
        below: dict[int | None, list[int]] = defaultdict(list)
        for row in self.rows:
            below[row.parent_id].append(row.id)
        return below

    @property
    def roots(self) -> list[int]:
        """Give the top units; the first carries what is not allocated."""
        return self.children.get(None, [])

    def subtree(self, unit_id: int) -> list[int]:
        """Give a unit and all below it, in tree order."""
        return [unit_id, *(deeper for child in self.children.get(unit_id, []) for deeper in self.subtree(child))]

    def above(self, unit_id: int) -> Iterator[int]:
        """Give a unit and all above it, up to the top."""
        at: int | None = unit_id
        while at is not None and at in self.by_id:
            yield at
            at = self.by_id[at].parent_id

    def on(self, day: int) -> "Tree":
        """Give the tree as it stood on a day: the moves after it taken back, the last first."""
        later = sum(move.at > day for move in self.moves)
        if not later:
            return self
        if later not in self._before:
            parents = {row.id: row.parent_id for row in self.rows}
            for move in reversed(self.moves[-later:]):
                parents[move.unit_id] = move.from_parent_id
            self._before[later] = Tree(_grown(self.rows, parents))
        return self._before[later]

    def structure(self, start: int, end: int, *, as_in: int | None = None) -> "Structure":
        """Give how the units stood on the days start..end-1; with `as_in`, as on the same days of that year.

        The latter is for one calendar year: a target compares its baseline year by the structure of its own year.
        """
        year = from_day(start).year
        cuts = {
            edge
            for move in self.moves
            if as_in is None or from_day(move.at).year == as_in
            if start < (edge := move.at if as_in is None else _same_day(move.at, year, late=True)) < end
        }
        edges = [start, *sorted(cuts), end]
        stretches = [
            Stretch(first, last, self.on(first if as_in is None else _same_day(first, as_in)))
            for first, last in pairwise(edges)
        ]
        return Structure(self, start, end, tuple(stretches), assumed=as_in not in {None, year})


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days first..last-1, on which the units stood as in `tree`."""

    first: int
    last: int
    tree: Tree


@dataclass(frozen=True)
class Structure:
    """How the units stood over some days: one stretch unless a unit moved within them; `tree` is today's."""

    tree: Tree
    start: int
    end: int
    stretches: tuple[Stretch, ...]
    assumed: bool = False  # the structure of another year

    def members(self, unit_id: int) -> dict[int, tuple[Span, ...]]:
        """Give the units of the sub-tree, each with the days (first, last-exclusive) on which it belonged to it."""
        found: dict[int, tuple[Span, ...]] = {}
        for stretch in self.stretches:
            for unit in stretch.tree.subtree(unit_id):
                before = found.get(unit, ())
                first = stretch.first
                if before and before[-1][1] == first:
                    first, before = before[-1][0], before[:-1]
                found[unit] = (*before, (first, stretch.last))
        return found

    def reach(self, unit_id: int) -> frozenset[int]:
        """Give all units whose consumption belongs to any unit of today's sub-tree on any of the days."""
        today = self.tree.subtree(unit_id)
        found = set(today)
        for stretch in self.stretches:
            if stretch.tree is not self.tree:
                found.update(below for unit in today for below in stretch.tree.subtree(unit))
        return frozenset(found)


def _same_day(day: int, year: int, *, late: bool = False) -> int:
    """Give the same day of another year; 29 February is the 28th where there is none, or 1 March if `late`."""
    found = from_day(day)
    try:
        return to_day(found.replace(year=year))
    except ValueError:
        return to_day(date(year, 2, 28)) + late


def _grown(rows: tuple[UnitRow, ...], parents: Mapping[int, int | None]) -> tuple[UnitRow, ...]:
    """Put rows into tree order by their parents."""
    below: dict[int | None, list[UnitRow]] = defaultdict(list)
    for row in rows:
        below[parents[row.id]].append(row)

    def walk(parent: int | None, depth: int) -> Iterator[UnitRow]:
        for row in below.get(parent, ()):
            yield UnitRow(row.id, row.code, parent, row.name_zh, row.name_en, row.kind, depth)
            yield from walk(row.id, depth + 1)

    return tuple(walk(None, 0))


def load_tree(session: Session) -> Tree:
    """Read all units with their moves, whoever asks: scope is applied by the caller."""
    columns = (OrgUnit.id, OrgUnit.code, OrgUnit.parent_id, OrgUnit.name_zh, OrgUnit.name_en, OrgUnit.kind)
    moved = (UnitMove.at, UnitMove.from_parent_id, UnitMove.to_parent_id)
    query = select(*columns, *moved).outerjoin(UnitMove, UnitMove.unit_id == OrgUnit.id)
    units: dict[int, UnitRow] = {}
    moves: list[Move] = []
    for row in session.execute(query.order_by(OrgUnit.position, OrgUnit.code)):
        units.setdefault(row[0], UnitRow(row[0], row[1], row[2], row[3], row[4], row[5], 0))
        if row[6] is not None:
            moves.append(Move(row[0], to_day(row[6]), row[7], row[8]))
    parents = {row.id: row.parent_id for row in units.values()}
    rows = _grown(tuple(units.values()), parents)
    return Tree(rows, tuple(sorted(moves, key=lambda move: (move.at, move.unit_id))))
