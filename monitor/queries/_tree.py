"""The tree of units in memory: preorder, depth, sub-trees; read with one statement."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import OrgUnit


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


@dataclass(frozen=True)
class Tree:
    """All units in tree order: a parent before its children, siblings by position, then code."""

    rows: tuple[UnitRow, ...]

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


def load_tree(session: Session) -> Tree:
    """Read all units, whoever asks: scope is applied by the caller."""
    columns = (OrgUnit.id, OrgUnit.code, OrgUnit.parent_id, OrgUnit.name_zh, OrgUnit.name_en, OrgUnit.kind)
    found = session.execute(select(*columns).order_by(OrgUnit.position, OrgUnit.code)).all()
    below: dict[int | None, list[tuple[int, str, int | None, str, str, str]]] = defaultdict(list)
    for row in found:
        below[row.parent_id].append((row[0], row[1], row[2], row[3], row[4], row[5]))

    def walk(parent: int | None, depth: int) -> Iterator[UnitRow]:
        for row in below.get(parent, []):
            yield UnitRow(*row, depth)
            yield from walk(row[0], depth + 1)

    return Tree(tuple(walk(None, 0)))
