"""What a line of the time axis is, and of whom it is read."""

from dataclasses import dataclass, field

from monitor.domain.access import Action, Actor
from monitor.queries._expected import Span
from monitor.queries._meters import Layout, MeterFacts
from monitor.queries._tree import Tree, UnitRow


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on the local days first..last: `what` it befell (code of meter or unit, "" the unit itself) with its names.

    `kind`: replacement | reset | multiplier | void | replace | estimate | gap | share | moved | fact | target | closed | reopened
    | undone. `detail` says more of the kind (which fact, what became of a target, the month closed); `before` and `after` are
    thousandths of the resource's base measure, of a person or m² (fact), or ppm of a multiplier. `others`: the same befell
    so many more. `withdrawn` was taken back. `meter_id` and `run_id` are what a link may open.
    """

    first: int
    last: int
    kind: str
    what: str
    name_zh: str
    name_en: str
    detail: str = ""
    before: int | None = None
    after: int | None = None
    reason: str = ""
    actor: str = ""
    withdrawn: bool = False
    others: int = 0
    meter_id: int | None = None
    run_id: int | None = None


@dataclass(frozen=True)
class Mine:
    """Who asks, of which unit: its meters with the days on which they are its own, and the days asked for."""

    actor: Actor
    tree: Tree
    layout: Layout
    unit_id: int
    own: dict[int, list[Span]]
    span: Span
    below: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "below", frozenset(self.tree.subtree(self.unit_id)))

    def within(self, first: int, last: int) -> bool:
        """Tell whether the days first..last meet those asked for."""
        return first < self.span[1] and last >= self.span[0]

    def unit(self, unit_id: int | None) -> UnitRow | None:
        """Give a unit if the asker may see it."""
        row = None if unit_id is None else self.tree.by_id.get(unit_id)
        return row if row is not None and self.actor.may(Action.VIEW, row.id) else None


def shown_as(row: MeterFacts | UnitRow) -> tuple[str, str, str]:
    """Give code and names."""
    return row.code, row.name_zh, row.name_en
