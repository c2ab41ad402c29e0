"""How a figure came to be: unit → meters with shares and sub-meters taken off → days → registers → readings → run and document."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.database.tables import (
    Correction,
    DailyConsumption,
    Document,
    Estimate,
    ImportRun,
    Reading,
    Register,
    Source,
    State,
)
from monitor.domain.access import Actor
from monitor.domain.amounts import Amount
from monitor.domain.periods import day_edges, from_day, to_day
from monitor.queries import _allocation as allocation
from monitor.queries._allocation import Ledger
from monitor.queries._meters import Layout, MeterFacts
from monitor.queries.scope import require_meter


@dataclass(frozen=True, slots=True)
class SharePart:
    """A dated share as it was applied: ppm on the days first..last-1, while its unit belonged to the sub-tree, and what it gave.

    `basis` percent, or the kind of fact that it was worked out from: `value` of the unit of `whole` of all that share
    (thousandths; both None where a fact is not known: then nothing is shared out). `stand` tells whether the meter's basis
    of paper counts for the unit: counts | aside | undecided.
    """

    unit_id: int
    unit_name_zh: str
    unit_name_en: str
    ppm: int
    first: int
    last: int
    amount: Amount
    basis: str = "percent"
    value: int | None = None
    whole: int | None = None
    stand: str = "counts"


@dataclass(frozen=True, slots=True)
class ChildPart:
    """A sub-meter taken off."""

    id: int
    code: str
    name_zh: str
    name_en: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class MeterPart:
    """A meter in a figure: gross − children = net; net × shares = share. `counted` tells whether it is in the assessed figure."""

    id: int
    code: str
    name_zh: str
    name_en: str
    purpose: str
    counted: bool
    gross: Amount
    children: list[ChildPart]
    net: Amount
    shares: list[SharePart]
    share: Amount
    basis: str = ""


@dataclass(frozen=True, slots=True)
class MovePart:
    """A move that changed what belonged to the figure: on day `at` a unit came into the sub-tree or left it."""

    unit_id: int
    unit_name_zh: str
    unit_name_en: str
    at: int
    came: bool


@dataclass(frozen=True, slots=True)
class BasisPart:
    """The basis of paper that applied to a unit in a year; "" where none is declared."""

    unit_id: int
    unit_name_zh: str
    unit_name_en: str
    year: int
    basis: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure opened: the shares of the counted meters add up to `amount` to the last integer."""

    unit_id: int
    resource: str
    start: int
    end: int
    amount: Amount
    coverage: Fraction
    meters: list[MeterPart]
    data_version: int
    moves: list[MovePart] = field(default_factory=list)
    bases: list[BasisPart] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """A register of a meter with its exact multiplier."""

    id: int
    code: str
    kind: str
    measure: str
    direction: str
    tariff: str
    counts: bool
    priority: int
    multiplier: Fraction


@dataclass(frozen=True, slots=True)
class MeterDay:
    """A day of a meter as derived: gross quantity, covered seconds of the day's length, estimated and off-hours part."""

    day: int
    quantity: int
    covered: int
    expected: int
    estimated: int
    off_hours: int
    known: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """A correction or estimate of a clerk; `end` is inclusive for corrections (an instant), exclusive for estimates (a day)."""

    id: int
    kind: str  # void | replace | estimate
    register_id: int | None
    start: int
    end: int
    value: int | None
    reason: str
    actor: str
    created_at: datetime
    voided_at: datetime | None


def figure(session: Session, actor: Actor, unit_id: int, resource: str, start: int, end: int) -> Explanation:  # noqa: PLR0917 - who, whose, what, from, to
    """Open the assessed figure of a unit over start..end-1; NotFound for a stranger. The meters that are deducted stand beside."""
    ledger = allocation.load(session, actor, unit_id, resource, start, end)
    amount = ledger.counted().amount()
    version = session.scalar(select(State.value).where(State.key == "data_version")) or 0
    parts = [_meter_part(ledger, meter) for meter in ledger.shared_meters()]
    return Explanation(
        unit_id, resource, start, end, amount, amount.coverage, parts, version, _moves(ledger), _bases(ledger)
    )


def _moves(ledger: Ledger) -> list[MovePart]:
    """List what came into the sub-tree and left it within the days, as whole sub-trees moved."""
    found = []
    for before, after in pairwise(ledger.structure.stretches):
        moved = {move.unit_id for move in ledger.tree.moves if move.at == after.first}
        then, now = set(before.tree.subtree(ledger.unit_id)), set(after.tree.subtree(ledger.unit_id))
        for unit_id in sorted(moved & (then ^ now)):
            unit = ledger.tree.by_id[unit_id]
            found.append(MovePart(unit_id, unit.name_zh, unit.name_en, after.first, came=unit_id in now))
    return found


def _bases(ledger: Ledger) -> list[BasisPart]:
    """List the basis that applied to each unit whose paper is measured on one, by year."""
    bases, tree = ledger.layout.bases, ledger.tree
    years = range(from_day(ledger.start).year, from_day(ledger.end - 1).year + 1)
    units = [tree.by_id[unit] for unit in ledger.inside if unit in bases.used]
    return [BasisPart(u.id, u.name_zh, u.name_en, year, bases.of(u.id, year)) for year in years for u in units]


def _meter_part(ledger: Ledger, meter: MeterFacts) -> MeterPart:
    below = (ledger.layout.meters[child] for child in ledger.layout.children.get(meter.id, ()))
    children = [ChildPart(c.id, c.code, c.name_zh, c.name_en, ledger.gross(c.id).amount()) for c in below]
    shares = []
    for piece in ledger.pieces(meter.id):
        share, unit = piece.share, ledger.tree.by_id[piece.share.unit_id]
        part = SharePart(
            unit.id,
            unit.name_zh,
            unit.name_en,
            share.ppm,
            piece.first,
            piece.last,
            piece.series.amount(),
            basis=share.basis,
            value=share.value,
            whole=share.whole,
            stand=str(piece.stand),
        )
        shares.append(part)
    return MeterPart(
        meter.id,
        meter.code,
        meter.name_zh,
        meter.name_en,
        meter.purpose,
        meter.assessed,
        ledger.gross(meter.id).amount(),
        children,
        ledger.net(meter.id).amount(),
        shares,
        ledger.share(meter.id).amount(),
        meter.basis,
    )


def registers(session: Session, actor: Actor, meter_id: int) -> list[RegisterRow]:
    """List the registers of a meter that the actor may see by a share; NotFound for a stranger."""
    require_meter(session, actor, meter_id)
    found = session.scalars(
        select(Register).where(Register.meter_id == meter_id).order_by(Register.priority, Register.code)
    )
    return [
        RegisterRow(
            r.id,
            r.code,
            r.kind,
            r.measure,
            r.direction,
            r.tariff,
            r.counts,
            r.priority,
            Fraction(r.multiplier_num, r.multiplier_den),
        )
        for r in found
    ]


def meter_days(session: Session, actor: Actor, meter_id: int, start: int, end: int) -> list[MeterDay]:
    """Give the derived days start..end-1 of a meter, one for each; NotFound for a stranger."""
    zone = require_meter(session, actor, meter_id).zone
    table = DailyConsumption
    columns = (table.day, table.quantity, table.covered, table.estimated, table.off_hours)
    within = select(*columns).where(table.meter_id == meter_id, table.day >= start, table.day < end)
    found = {row[0]: row for row in session.execute(within)}
    lengths = Layout.day_seconds(zone, start, end)
    rows = []
    for day in range(start, end):
        _, quantity, covered, estimated, off_hours = found.get(day, (day, 0, 0, 0, 0))
        rows.append(
            MeterDay(
                day,
                quantity,
                covered,
                int(lengths[day - start]),
                estimated,
                off_hours,
                known=day in found,
            )
        )
    return rows


def overlays(session: Session, actor: Actor, meter_id: int) -> list[Overlay]:
    """List corrections and estimates of a meter, the voided too, newest first; NotFound for a stranger."""
    require_meter(session, actor, meter_id)
    own = select(Register.id).where(Register.meter_id == meter_id)
    corrections = session.scalars(select(Correction).where(Correction.register_id.in_(own)))
    estimates = session.scalars(select(Estimate).where(Estimate.meter_id == meter_id))
    rows = [
        Overlay(
            c.id,
            c.operation,
            c.register_id,
            c.start_at,
            c.end_at,
            c.value,
            c.reason,
            c.actor,
            c.created_at,
            c.voided_at,
        )
        for c in corrections
    ]
    rows += [
        Overlay(
            e.id,
            "estimate",
            None,
            to_day(e.start_day),
            to_day(e.end_day),
            e.quantity,
            e.reason,
            e.actor,
            e.created_at,
            e.voided_at,
        )
        for e in estimates
    ]
    return sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)


def readings(session: Session, actor: Actor, register_id: int, start: int, end: int, limit: int = 1000) -> pd.DataFrame:  # noqa: PLR0917 - who, which, from, to
    """Give the readings that the local days start..end-1 come from, both midnights included; NotFound for a stranger.

    Columns start_at, end_at (epoch s), value (as read), quality, run_id, row_no, document, source; by end.
    """
    meter_id = session.scalar(select(Register.meter_id).where(Register.id == register_id))
    zone = require_meter(session, actor, -1 if meter_id is None else meter_id).zone
    edges = day_edges(zone, start, end)
    columns = (
        Reading.start_at,
        Reading.end_at,
        Reading.value,
        Reading.quality,
        Reading.run_id,
        Reading.row_no,
        Document.name,
        Source.code,
    )
    query = (
        select(*columns)
        .outerjoin(ImportRun, ImportRun.id == Reading.run_id)
        .outerjoin(Document, Document.id == ImportRun.document_id)
        .outerjoin(Source, Source.id == ImportRun.source_id)
        .where(Reading.register_id == register_id, Reading.end_at >= int(edges[0]), Reading.end_at <= int(edges[-1]))
    )
    names = ["start_at", "end_at", "value", "quality", "run_id", "row_no", "document", "source"]
    return pd.DataFrame(
        [tuple(row) for row in session.execute(query.order_by(Reading.end_at).limit(limit))], columns=names
    )
