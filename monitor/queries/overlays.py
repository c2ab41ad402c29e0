"""What people changed in the data: corrections, estimates and hand readings with who, when, why, before and after; meter events."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    Correction,
    Estimate,
    ImportRun,
    Meter,
    MeterEvent,
    Reading,
    ReadingRevision,
    Register,
    Source,
)
from monitor.domain.access import Action, Actor
from monitor.domain.periods import day_edges, to_day
from monitor.errors import NotFound
from monitor.i18n import N_
from monitor.queries._expected import spans
from monitor.queries._meters import load_layout
from monitor.queries._tree import load_tree
from monitor.queries.scope import require_unit

HAND = "hand"
ALWAYS = (0, 100_000)
NO_SUCH_RUN = N_("There is no such import run, or you may not see it.")


@dataclass(frozen=True, slots=True)
class Overlay:
    """A change by hand: `start`/`end` are instants; `before` what the source had said, `after` what counts instead.

    `count` is the number of readings left out of a void. `kind`: void | replace | estimate | entry.
    """

    id: int
    kind: str
    meter_id: int
    code: str
    start: int
    end: int
    before: int | None
    after: int | None
    count: int
    reason: str
    actor: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A replacement, reset or change of multiplier of a meter."""

    meter_id: int
    code: str
    register: str
    kind: str
    at: datetime
    final_value: int | None
    initial_value: int | None
    note: str
    actor: str


@dataclass(frozen=True, slots=True)
class UndoRow:
    """A reading that an undo would touch: what it is now, and what it returns to (None: it goes)."""

    meter: str
    resource: str
    end_at: int
    now: int
    then: int | None


def _own(session: Session, actor: Actor, unit_id: int, resource: str) -> dict[int, tuple[str, str]]:
    """Give code and zone of the meters ever shared to a unit's sub-tree."""
    tree = load_tree(session)
    require_unit(actor, tree, unit_id)
    layout = load_layout(session, resource, tree)
    own = spans(layout, tree, [unit_id], ALWAYS).get(unit_id, {})
    return {meter: (layout.meters[meter].code, layout.meters[meter].zone) for meter in own}


def overlays(session: Session, actor: Actor, unit_id: int, resource: str, *, limit: int = 500) -> list[Overlay]:
    """List what was changed by hand on the meters of a unit's sub-tree, withdrawn changes too, newest first."""
    own = _own(session, actor, unit_id, resource)
    registers = {
        row.id: row.meter_id
        for row in session.execute(select(Register.id, Register.meter_id).where(Register.meter_id.in_(own)))
    }
    found = [*_corrections(session, own, registers), *_estimates(session, own), *_entries(session, own, registers)]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return found[:limit]


Own = dict[int, tuple[str, str]]


def _corrections(session: Session, own: Own, registers: dict[int, int]) -> list[Overlay]:
    found = []
    for row in session.scalars(select(Correction).where(Correction.register_id.in_(registers))):
        meter = registers[row.register_id]
        within = select(Reading.value).where(
            Reading.register_id == row.register_id, Reading.end_at > row.start_at, Reading.end_at <= row.end_at
        )
        values = list(session.scalars(within.order_by(Reading.end_at.desc()).limit(10_000)))
        before = values[0] if row.operation == "replace" and values else None
        when = (row.created_at, row.voided_at, row.voided_at is not None)
        what = (row.start_at, row.end_at, before, row.value, len(values))
        found.append(Overlay(row.id, row.operation, meter, own[meter][0], *what, row.reason, row.actor, *when))
    return found


def _estimates(session: Session, own: Own) -> list[Overlay]:
    found = []
    for row in session.scalars(select(Estimate).where(Estimate.meter_id.in_(own))):
        code, zone = own[row.meter_id]
        first, end = to_day(row.start_day), to_day(row.end_day)
        edges = day_edges(zone, first, end)
        when = (row.created_at, row.voided_at, row.voided_at is not None)
        what = (int(edges[0]), int(edges[-1]), None, row.quantity, 0)
        found.append(Overlay(row.id, "estimate", row.meter_id, code, *what, row.reason, row.actor, *when))
    return found


def _entries(session: Session, own: Own, registers: dict[int, int]) -> list[Overlay]:
    """Read the receipts of hand readings; what they say of register and value was kept with them."""
    chosen = select(ImportRun).join(Source, Source.id == ImportRun.source_id).where(Source.code == HAND)
    found = []
    for run in session.scalars(chosen.order_by(ImportRun.id.desc()).limit(5000)):
        told = run.detected
        meter = registers.get(int(told.get("register", -1)))
        if meter is not None:
            undone = run.state == "undone"
            what = (int(told["at"]), int(told["at"]), told.get("before"), told.get("value"), 1)
            when = (run.started_at, None, undone)
            why = str(told.get("reason", ""))
            found.append(Overlay(run.id, "entry", meter, own[meter][0], *what, why, run.actor, *when))
    return found


def events(session: Session, actor: Actor, unit_id: int, resource: str) -> list[Event]:
    """List replacements, resets and changes of multiplier of a unit's meters, newest first."""
    own = _own(session, actor, unit_id, resource)
    chosen = (
        select(MeterEvent, Register.meter_id, Register.code)
        .join(Register, Register.id == MeterEvent.register_id)
        .where(Register.meter_id.in_(own))
        .order_by(MeterEvent.at.desc())
    )
    return [
        Event(meter, own[meter][0], code, row.kind, row.at, row.final_value, row.initial_value, row.note, row.actor)
        for row, meter, code in session.execute(chosen)
    ]


def undo_preview(session: Session, actor: Actor, run_id: int, limit: int = 200) -> list[UndoRow]:
    """Say what undoing a run would do to its readings: which go, which return to what an earlier run had said.

    For those who may import; readings that a later run has said anew stay as they are and are not listed.
    """
    if not actor.may_everywhere(Action.VIEW):
        raise NotFound("NOT_FOUND", NO_SUCH_RUN)
    actor.require_everywhere(Action.IMPORT)
    earlier = (
        select(ReadingRevision.value)
        .where(
            ReadingRevision.replaced_by == run_id,
            ReadingRevision.register_id == Reading.register_id,
            ReadingRevision.end_at == Reading.end_at,
        )
        .limit(1)
        .scalar_subquery()
    )
    chosen = (
        select(Meter.code, Meter.resource, Reading.end_at, Reading.value, earlier)
        .join(Register, Register.id == Reading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(Reading.run_id == run_id)
        .order_by(earlier.is_(None), Meter.code, Reading.end_at)
        .limit(limit)
    )
    return [UndoRow(row[0], row[1], row[2], row[3], row[4]) for row in session.execute(chosen)]
