"""Which of the bases of paper counts for a unit in a year: the one declared, its own or its nearest ancestor's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import UnitBasis
from monitor.domain.periods import from_day, year_days
from monitor.queries._shares import ShareFacts
from monitor.queries._tree import Tree

Span = tuple[int, int]


class Stand(StrEnum):
    """What a meter with a basis is to a unit in a year."""

    COUNTS = "counts"
    ASIDE = "aside"  # another basis is the authoritative one
    UNDECIDED = "undecided"  # none is declared, or nothing measures by the one declared: the figure is missing


@dataclass(frozen=True)
class Bases:
    """The bases declared for a resource; `used` has the dated bases of the meters shared to each unit."""

    tree: Tree
    declared: dict[tuple[int, int], str] = field(default_factory=dict)
    used: dict[int, set[tuple[str, int, int]]] = field(default_factory=dict)
    _known: dict[tuple[int, int], str] = field(default_factory=dict, compare=False, repr=False)

    def of(self, unit_id: int, year: int) -> str:
        """Give the authoritative basis of a unit in a year, "" where none is declared.

        It comes from the nearest unit above as the tree stood at the end of the year.
        """
        key = (unit_id, year)
        if key not in self._known:
            chain = self.tree.on(year_days(year)[1] - 1).above(unit_id)
            self._known[key] = next((b for u in chain if (b := self.declared.get((u, year)))), "")
        return self._known[key]

    def in_use(self, unit_id: int, year: int) -> set[str]:
        """Give the bases of the meters shared to a unit itself on any day of a year."""
        first, end = year_days(year)
        return {basis for basis, since, until in self.used.get(unit_id, ()) if since < end and until > first}

    def stand(self, basis: str, unit_id: int, year: int) -> Stand:
        """Tell what a meter of this basis is to a unit that it is shared to."""
        chosen = self.of(unit_id, year)
        if chosen and chosen == basis:
            return Stand.COUNTS
        return Stand.ASIDE if chosen and self._measured(chosen, unit_id, year) else Stand.UNDECIDED

    def undecided(self, unit_id: int, year: int) -> bool:
        """Tell whether a meter of the unit has a basis and nothing says which counts."""
        return any(self.stand(basis, unit_id, year) is Stand.UNDECIDED for basis in self.in_use(unit_id, year))

    def _measured(self, basis: str, unit_id: int, year: int) -> bool:
        """Tell whether anything measures by a basis for the unit: a meter of its own, of a unit above or below it."""
        tree = self.tree.on(year_days(year)[1] - 1)
        return any(basis in self.in_use(unit, year) for unit in (*tree.above(unit_id), *tree.subtree(unit_id)))

    def spans(self, basis: str, unit_id: int, start: int, end: int) -> dict[Stand, list[Span]]:
        """Divide the days start..end-1 by what a meter of this basis is to the unit."""
        found: dict[Stand, list[Span]] = defaultdict(list)
        for year in range(from_day(start).year, from_day(end - 1).year + 1):
            first, last = year_days(year)
            found[self.stand(basis, unit_id, year)].append((max(first, start), min(last, end)))
        return found


def load_bases(session: Session, resource: str, tree: Tree, shares: Iterable[tuple[str, ShareFacts]]) -> Bases:
    """Read what is declared, where a meter of the resource has a basis at all (else no statement is needed)."""
    used: dict[int, set[tuple[str, int, int]]] = defaultdict(set)
    for basis, share in shares:
        if basis:
            used[share.unit_id].add((basis, share.valid_from, share.valid_to))
    if not used:
        return Bases(tree)
    columns = (UnitBasis.unit_id, UnitBasis.year, UnitBasis.basis)
    found = session.execute(select(*columns).where(UnitBasis.resource == resource))
    return Bases(tree, {(unit, year): basis for unit, year, basis in found}, dict(used))
