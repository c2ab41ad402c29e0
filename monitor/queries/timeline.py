"""What happened to a unit, on the time axis: meters, corrections, holes, moves, facts, shares, targets, closed months, undone imports."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import ImportRun, MeterAlias, Reading, Register
from monitor.domain.access import Action, Actor
from monitor.domain.periods import local_day
from monitor.queries._expected import spans
from monitor.queries._meters import load_layout
from monitor.queries._timeline_meters import of_meters, own_registers
from monitor.queries._timeline_rows import Happening, Mine, shown_as
from monitor.queries._timeline_units import of_units
from monitor.queries._tree import load_tree
from monitor.queries.scope import require_unit

__all__ = ["Happening", "timeline"]

MOST_RUNS = 1000


def timeline(  # noqa: PLR0917 - who, whose, what, from, to
    session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int, *, limit: int = 2000
) -> list[Happening]:
    """List what bears on a unit's use of a resource on the days start..end-1, the newest first; NotFound for a stranger.

    It concerns the meters shared to the unit's sub-tree and the units in it; a unit that the asker may not see is not named.
    """
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    own = spans(layout, tree, [unit_id], (start, end)).get(unit_id, {})
    mine = Mine(actor, tree, layout, unit_id, own, (start, end))
    registers = own_registers(session, own)
    found = [
        *of_meters(session, mine, registers),
        *of_units(session, mine),
        *_undone(session, mine, registers),
    ]
    return sorted(found, key=lambda one: (-one.first, one.kind, one.what))[:limit]


def _undone(session: Session, mine: Mine, registers: dict[int, int]) -> Iterable[Happening]:
    """Give imports that were taken back and had readings of the days shown, of the sources that read the unit's meters.

    What a run had said is gone with it; its source stands for it. The receipt is for those who see the whole organisation.
    """
    query = (
        select(ImportRun)
        .where(ImportRun.state == "undone", ImportRun.first_at.is_not(None))
        .order_by(ImportRun.id.desc())
        .limit(MOST_RUNS)
    )
    runs = list(session.scalars(query))
    if not runs or not registers:
        return
    sources = _sources(session, registers)
    for run in runs:
        told = registers.get(int(run.detected.get("register", -1)))
        if told is None and (run.source_id not in sources or "register" in run.detected):
            continue
        zone = next(iter(mine.layout.meters.values())).zone if told is None else mine.layout.meters[told].zone
        days = [
            local_day(int(moment.timestamp()), zone) for moment in (run.first_at, run.last_at or run.first_at) if moment
        ]
        if mine.within(days[0], days[-1]):
            whole = mine.actor.may_everywhere(Action.VIEW)
            what = shown_as(mine.layout.meters[told]) if told is not None else ("", "", "")
            yield Happening(
                days[0], days[-1], "undone", *what, actor=run.actor, run_id=run.id if whole else None, meter_id=told
            )


def _sources(session: Session, registers: dict[int, int]) -> set[int]:
    """Give the sources that read the unit's meters: those that name one, and those that read one last."""
    meters = set(registers.values())
    found: set[int | None] = set(
        session.scalars(select(MeterAlias.source_id).where(MeterAlias.meter_id.in_(meters)).distinct())
    )
    last = (
        select(Reading.run_id)
        .where(Reading.register_id == Register.id)
        .order_by(Reading.end_at.desc())
        .limit(1)
        .correlate(Register)
        .scalar_subquery()
    )
    newest = select(last).where(Register.id.in_(registers))
    found |= set(session.scalars(select(ImportRun.source_id).where(ImportRun.id.in_(newest)).distinct()))
    return {source for source in found if source is not None}
